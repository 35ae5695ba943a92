// Maximum, average and L2 pooling of NHWC images and their gradients. A window is clipped at the
// image's edge: padding is never a maximum and is not counted in an average. A NaN in a window is
// its maximum, so that it is not hidden. Ties go to the first pixel in reading order. Ranges are
// images.
#include "simd.h"

// The part of a window that lies inside the image: rows by columns of taps, from an offset in the
// image on, in elements.
typedef struct {
  int rows, columns;
  offset start;
} window;

static inline window window_at(const conv_shape *s, int oy, int ox) {
  const int y = oy * s->stride_y - s->pad_top, x = ox * s->stride_x - s->pad_left;
  const int bottom = y + (s->filter_height - 1) * s->dilation_y;
  const int right = x + (s->filter_width - 1) * s->dilation_x;
  // Nearly all windows lie inside, and divisions are slow.
  if (y >= 0 && x >= 0 && bottom < s->in_height && right < s->in_width)
    return (window){s->filter_height, s->filter_width,
                    ((offset)y * s->in_width + x) * s->in_channels};
  const int y0 = MAX(0, divide_up(-y, s->dilation_y)), x0 = MAX(0, divide_up(-x, s->dilation_x));
  const int y1 = MIN(s->filter_height, divide_up(s->in_height - y, s->dilation_y));
  const int x1 = MIN(s->filter_width, divide_up(s->in_width - x, s->dilation_x));
  const offset pixel = (offset)(y + y0 * s->dilation_y) * s->in_width + x + x0 * s->dilation_x;
  return (window){MAX(0, y1 - y0), MAX(0, x1 - x0), pixel * s->in_channels};
}

static inline offset row_step(const conv_shape *s) {
  return (offset)s->dilation_y * s->in_width * s->in_channels;
}

static inline offset column_step(const conv_shape *s) {
  return (offset)s->dilation_x * s->in_channels;
}

// Visits the taps of a window in reading order: `tap` counts them, `at` is the offset of the tap's
// pixel.
#define FOR_TAPS(s, w)                                                               \
  for (int i = 0, tap = 0; i < (w).rows; i++)                                        \
    for (offset j = 0, at = (w).start + i * row_step(s); j < (w).columns;            \
         j++, tap++, at += column_step(s))

static inline vint is_new_maximum(vfloat value, vfloat best) {
  return ~(value <= best) & (best == best);
}

// A window of two by two pixels, the usual one: the offsets of its pixels from its start.
typedef struct {
  offset right, below;
} square;

static inline int is_square(window w) { return w.rows == 2 && w.columns == 2; }

static inline vfloat maximum_of_square(const float *x, square q) {
  vfloat best = v_load(x);
  const vfloat b = v_load(x + q.right), c = v_load(x + q.below), d = v_load(x + q.below + q.right);
  best = v_select(is_new_maximum(b, best), b, best);
  best = v_select(is_new_maximum(c, best), c, best);
  return v_select(is_new_maximum(d, best), d, best);
}

static inline vfloat where(vint mask, vfloat value) { return (vfloat)((vint)value & mask); }

// Gives dy to the first maximum of a square and zero to the other pixels, for `count` channels. No
// other window reaches these pixels.
static inline void route_in_square(const float *x, square q, vfloat dy, float *dx, int count) {
  const vfloat a = v_load(x), b = v_load(x + q.right);
  const vfloat c = v_load(x + q.below), d = v_load(x + q.below + q.right);
  const vint take_b = is_new_maximum(b, a);
  const vfloat upper = v_select(take_b, b, a);
  const vint take_c = is_new_maximum(c, upper);
  const vint take_d = is_new_maximum(d, v_select(take_c, c, upper));
  v_store_part(dx, where(~(take_b | take_c | take_d), dy), count);
  v_store_part(dx + q.right, where(take_b & ~(take_c | take_d), dy), count);
  v_store_part(dx + q.below, where(take_c & ~take_d, dy), count);
  v_store_part(dx + q.below + q.right, where(take_d, dy), count);
}

static void max_pool(const conv_shape *s, const float *x, float *y, int first, int last) {
  const int c = s->in_channels;
  const offset in_image = (offset)s->in_height * s->in_width * c;
  const square q = {column_step(s), row_step(s)};
  float *to = y + (offset)first * s->out_height * s->out_width * c;
  for (int n = first; n < last; n++)
    for (int oy = 0; oy < s->out_height; oy++)
      for (int ox = 0; ox < s->out_width; ox++, to += c) {
        const window w = window_at(s, oy, ox);
        const float *image = x + n * in_image;
        if (is_square(w)) {
          for (int channel = 0; channel < c; channel += LANES)
            v_store_part(to + channel, maximum_of_square(image + w.start + channel, q), c - channel);
          continue;
        }
        for (int channel = 0; channel < c; channel += LANES) {
          vfloat best = v_splat(-__builtin_inff());
          FOR_TAPS(s, w) {
            const vfloat value = v_load(image + at + channel);
            best = v_select(is_new_maximum(value, best), value, best);
          }
          v_store_part(to + channel, best, c - channel);
        }
      }
}

// Adds dy to the gradient of the first maximum of one window, for up to LANES channels.
static inline void route_to_maximum(const conv_shape *s, window w, const float *x, vfloat dy,
                                    float *dx, int count) {
  vfloat best = v_load(x + w.start);
  vint winner = v_splat_int(0);
  FOR_TAPS(s, w) {
    const vfloat value = v_load(x + at);
    const vint better = is_new_maximum(value, best);
    best = v_select(better, value, best);
    winner = v_select_int(better, v_splat_int(tap), winner);
  }
  FOR_TAPS(s, w) {
    const vint wins = winner == v_splat_int(tap);
    add_part(dx + at, (vfloat)((vint)dy & wins), count);
  }
}

// Whether windows of two by two pixels touch every pixel of an image once.
static inline int squares_cover(const conv_shape *s) {
  return s->filter_height == 2 && s->filter_width == 2 && s->stride_y == 2 && s->stride_x == 2 &&
         s->dilation_y == 1 && s->dilation_x == 1 && s->pad_top == 0 && s->pad_left == 0 &&
         s->out_height * 2 == s->in_height && s->out_width * 2 == s->in_width;
}

static void max_pool_gradient(const conv_shape *s, const float *x, const float *dy, float *dx, int first,
                       int last) {
  const int c = s->in_channels;
  const offset in_image = (offset)s->in_height * s->in_width * c;
  const float *from = dy + (offset)first * s->out_height * s->out_width * c;
  const square q = {column_step(s), row_step(s)};
  const int apart = s->stride_y >= s->filter_height && s->stride_x >= s->filter_width &&
                    s->dilation_y == 1 && s->dilation_x == 1;
  if (!squares_cover(s)) fill_zero(dx + first * in_image, (last - first) * in_image);
  for (int n = first; n < last; n++)
    for (int oy = 0; oy < s->out_height; oy++)
      for (int ox = 0; ox < s->out_width; ox++, from += c) {
        const window w = window_at(s, oy, ox);
        if (w.rows * w.columns == 0) continue;
        for (int channel = 0; channel < c; channel += LANES) {
          const offset start = n * in_image + channel;
          const offset at = start + w.start;
          if (apart && is_square(w))
            route_in_square(x + at, q, v_load(from + channel), dx + at, c - channel);
          else route_to_maximum(s, w, x + start, v_load(from + channel), dx + start, c - channel);
        }
      }
}

static inline float one_over_count(window w) {
  return 1.0f / (float)(w.rows * w.columns);
}

static void average_pool(const conv_shape *s, const float *x, float *y, int first, int last) {
  const int c = s->in_channels;
  const offset in_image = (offset)s->in_height * s->in_width * c;
  float *to = y + (offset)first * s->out_height * s->out_width * c;
  for (int n = first; n < last; n++)
    for (int oy = 0; oy < s->out_height; oy++)
      for (int ox = 0; ox < s->out_width; ox++, to += c) {
        const window w = window_at(s, oy, ox);
        const float *image = x + n * in_image;
        for (int channel = 0; channel < c; channel += LANES) {
          vfloat sum = v_splat(0);
          FOR_TAPS(s, w) sum += v_load(image + at + channel);
          v_store_part(to + channel, sum * v_splat(one_over_count(w)), c - channel);
        }
      }
}

static void average_pool_gradient(const conv_shape *s, const float *dy, float *dx, int first, int last) {
  const int c = s->in_channels;
  const offset in_image = (offset)s->in_height * s->in_width * c;
  const float *from = dy + (offset)first * s->out_height * s->out_width * c;
  fill_zero(dx + first * in_image, (last - first) * in_image);
  for (int n = first; n < last; n++)
    for (int oy = 0; oy < s->out_height; oy++)
      for (int ox = 0; ox < s->out_width; ox++, from += c) {
        const window w = window_at(s, oy, ox);
        float *image = dx + n * in_image;
        for (int channel = 0; channel < c; channel += LANES) {
          const vfloat share = v_load(from + channel) * v_splat(one_over_count(w));
          FOR_TAPS(s, w) add_part(image + at + channel, share, c - channel);
        }
      }
}

// y = the root of the sum of squares of a window.
static void l2_pool(const conv_shape *s, const float *x, float *y, int first, int last) {
  const int c = s->in_channels;
  const offset in_image = (offset)s->in_height * s->in_width * c;
  float *to = y + (offset)first * s->out_height * s->out_width * c;
  for (int n = first; n < last; n++)
    for (int oy = 0; oy < s->out_height; oy++)
      for (int ox = 0; ox < s->out_width; ox++, to += c) {
        const window w = window_at(s, oy, ox);
        const float *image = x + n * in_image;
        for (int channel = 0; channel < c; channel += LANES) {
          vfloat sum = v_splat(0);
          FOR_TAPS(s, w) {
            const vfloat value = v_load(image + at + channel);
            sum = v_multiply_add(value, value, sum);
          }
          v_store_part(to + channel, v_sqrt(sum), c - channel);
        }
      }
}

// dx = the sum of dy x / y over all windows of a pixel; nothing where a window is zero.
static void l2_pool_gradient(const conv_shape *s, const float *x, const float *y, const float *dy,
                             float *dx, int first, int last) {
  const int c = s->in_channels;
  const offset in_image = (offset)s->in_height * s->in_width * c;
  offset from = (offset)first * s->out_height * s->out_width * c;
  fill_zero(dx + first * in_image, (last - first) * in_image);
  for (int n = first; n < last; n++)
    for (int oy = 0; oy < s->out_height; oy++)
      for (int ox = 0; ox < s->out_width; ox++, from += c) {
        const window w = window_at(s, oy, ox);
        const offset image = n * in_image;
        for (int channel = 0; channel < c; channel += LANES) {
          const vfloat root = v_load(y + from + channel);
          const vfloat slope = v_load(dy + from + channel) / root;
          const vfloat share = v_select(root == v_splat(0), v_splat(0), slope);
          FOR_TAPS(s, w) {
            const offset pixel = image + at + channel;
            add_part(dx + pixel, share * v_load(x + pixel), c - channel);
          }
        }
      }
}
