// Maximum and average pooling of NHWC images and their gradients. A window is clipped at the image's
// edge: padding is never a maximum and is not counted in an average. A NaN in a window is its maximum,
// so that it is not hidden. Ties go to the first pixel in reading order. Ranges are images.
#include "simd.h"

// The part of a window that lies inside the image, as taps [y0, y1) by [x0, x1) and the input position
// of tap (0, 0).
typedef struct {
  int y0, y1, x0, x1, y, x;
} window;

static inline window window_at(const conv_shape *s, int oy, int ox) {
  window w;
  w.y = oy * s->stride_y - s->pad_top;
  w.x = ox * s->stride_x - s->pad_left;
  w.y0 = MAX(0, divide_up(-w.y, s->dilation_y));
  w.x0 = MAX(0, divide_up(-w.x, s->dilation_x));
  w.y1 = MIN(s->filter_height, divide_up(s->in_height - w.y, s->dilation_y));
  w.x1 = MIN(s->filter_width, divide_up(s->in_width - w.x, s->dilation_x));
  return w;
}

// The offset of tap (i, j) of a window, in pixels of its image.
static inline offset tap_pixel(const conv_shape *s, window w, int i, int j) {
  return (offset)(w.y + i * s->dilation_y) * s->in_width + w.x + j * s->dilation_x;
}

#define FOR_TAPS(w)                       \
  for (int i = (w).y0; i < (w).y1; i++)   \
    for (int j = (w).x0; j < (w).x1; j++)

static inline vint is_new_maximum(vfloat value, vfloat best) {
  return (value > best) | ((value != value) & (best == best));
}

EXPORT(max_pool)
void max_pool(const conv_shape *s, const float *x, float *y, int first, int last) {
  const int c = s->in_channels;
  const offset in_image = (offset)s->in_height * s->in_width * c;
  float *to = y + (offset)first * s->out_height * s->out_width * c;
  for (int n = first; n < last; n++)
    for (int oy = 0; oy < s->out_height; oy++)
      for (int ox = 0; ox < s->out_width; ox++, to += c) {
        const window w = window_at(s, oy, ox);
        const float *image = x + n * in_image;
        for (int channel = 0; channel < c; channel += LANES) {
          vfloat best = v_splat(-__builtin_inff());
          FOR_TAPS(w) {
            const vfloat value = v_load(image + tap_pixel(s, w, i, j) * c + channel);
            best = v_select(is_new_maximum(value, best), value, best);
          }
          v_store_part(to + channel, best, c - channel);
        }
      }
}

static inline void add_part(float *to, vfloat value, int count) {
  if (count >= LANES) v_store(to, v_load(to) + value);
  else
    for (int i = 0; i < count; i++) to[i] += value[i];
}

// Adds dy to the gradient of the first maximum of one window, for up to LANES channels.
static inline void route_to_maximum(const conv_shape *s, window w, const float *x, vfloat dy,
                                    float *dx, int count) {
  const int c = s->in_channels;
  vfloat best = v_load(x + tap_pixel(s, w, w.y0, w.x0) * c);
  vint winner = v_splat_int(w.y0 * s->filter_width + w.x0);
  FOR_TAPS(w) {
    const vfloat value = v_load(x + tap_pixel(s, w, i, j) * c);
    const vint better = is_new_maximum(value, best);
    best = v_select(better, value, best);
    winner = (better & v_splat_int(i * s->filter_width + j)) | (~better & winner);
  }
  FOR_TAPS(w) {
    const vint wins = winner == v_splat_int(i * s->filter_width + j);
    add_part(dx + tap_pixel(s, w, i, j) * c, (vfloat)((vint)dy & wins), count);
  }
}

EXPORT(max_pool_gradient)
void max_pool_gradient(const conv_shape *s, const float *x, const float *dy, float *dx, int first,
                       int last) {
  const int c = s->in_channels;
  const offset in_image = (offset)s->in_height * s->in_width * c;
  const float *from = dy + (offset)first * s->out_height * s->out_width * c;
  fill_zero(dx + first * in_image, (last - first) * in_image);
  for (int n = first; n < last; n++)
    for (int oy = 0; oy < s->out_height; oy++)
      for (int ox = 0; ox < s->out_width; ox++, from += c) {
        const window w = window_at(s, oy, ox);
        if (w.y0 >= w.y1 || w.x0 >= w.x1) continue;
        for (int channel = 0; channel < c; channel += LANES) {
          const offset start = n * in_image + channel;
          route_to_maximum(s, w, x + start, v_load(from + channel), dx + start, c - channel);
        }
      }
}

static inline float one_over_count(window w) {
  return 1.0f / (float)((w.y1 - w.y0) * (w.x1 - w.x0));
}

EXPORT(average_pool)
void average_pool(const conv_shape *s, const float *x, float *y, int first, int last) {
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
          FOR_TAPS(w) sum += v_load(image + tap_pixel(s, w, i, j) * c + channel);
          v_store_part(to + channel, sum * v_splat(one_over_count(w)), c - channel);
        }
      }
}

EXPORT(average_pool_gradient)
void average_pool_gradient(const conv_shape *s, const float *dy, float *dx, int first, int last) {
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
          FOR_TAPS(w) add_part(image + tap_pixel(s, w, i, j) * c + channel, share, c - channel);
        }
      }
}
