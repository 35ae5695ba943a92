// Depthwise convolution of NHWC images and its two gradients, for any stride, dilation and padding.
// Every channel has a filter of its own, so filters are [height, width, channels] and vectors run
// over the channels. Taps outside the image are left out. Ranges are rows of results, of all images.
#include "simd.h"

// One tap of the filter over a row of results: what it reads for the first of them, in a source row
// where that lies at column `x`, and its weights.
typedef struct {
  const float *source, *weights;
  int x;
} depth_tap;

// A row of results as a sum over taps: result i reads column x + i * step of a tap's source row.
typedef struct {
  depth_tap *taps;
  int count;
  // Columns of the source, results, and columns from one result to the next.
  int width, results, step;
  int channels;
  // Results [inside, outside) have all their taps in the source.
  int inside, outside;
} depth_row;

static int depthwise_scratch_bytes(const conv_shape *s) {
  return (int)(2 * s->filter_height * s->filter_width * sizeof(depth_tap) + 2 * 64);
}

// The results for which a tap lies in the source: [first, last).
static inline int first_inside(const depth_row *r, const depth_tap *tap) {
  return MIN(r->results, MAX(0, divide_up(-tap->x, r->step)));
}
static inline int last_inside(const depth_row *r, const depth_tap *tap) {
  return MAX(0, MIN(r->results, divide_up(r->width - tap->x, r->step)));
}

static inline void add_tap(depth_row *r, const float *source, const float *weights, int x) {
  depth_tap *tap = r->taps + r->count++;
  *tap = (depth_tap){source + (offset)x * r->channels, weights, x};
  r->inside = MAX(r->inside, first_inside(r, tap));
  r->outside = MAX(r->inside, MIN(r->outside, last_inside(r, tap)));
}

// The row of results `y` of an image: taps that lie above or below the image are left out.
static depth_row forward_row(const conv_shape *s, const float *x, const float *filter, int image,
                             int y, depth_tap *taps) {
  const int c = s->in_channels;
  depth_row r = {taps, 0, s->in_width, s->out_width, s->stride_x, c, 0, s->out_width};
  for (int i = 0; i < s->filter_height; i++) {
    const int from = y * s->stride_y - s->pad_top + i * s->dilation_y;
    if (from < 0 || from >= s->in_height) continue;
    const float *source = x + ((offset)image * s->in_height + from) * s->in_width * c;
    for (int j = 0; j < s->filter_width; j++)
      add_tap(&r, source, filter + (offset)(i * s->filter_width + j) * c,
              j * s->dilation_x - s->pad_left);
  }
  return r;
}

// The gradients of a row `y` of an image that lie at columns phase, phase + stride, ...: the same
// taps reach all of them.
static depth_row gradient_row(const conv_shape *s, const float *dy, const float *filter, int image,
                              int y, int phase, depth_tap *taps) {
  const int c = s->in_channels, results = divide_up(s->in_width - phase, s->stride_x);
  depth_row r = {taps, 0, s->out_width, results, 1, c, 0, results};
  for (int i = 0; i < s->filter_height; i++) {
    const int above = y + s->pad_top - i * s->dilation_y, from = above / s->stride_y;
    if (above % s->stride_y != 0 || from < 0 || from >= s->out_height) continue;
    const float *source = dy + ((offset)image * s->out_height + from) * s->out_width * c;
    for (int j = 0; j < s->filter_width; j++) {
      const int left = phase + s->pad_left - j * s->dilation_x;
      if (left % s->stride_x != 0) continue;
      add_tap(&r, source, filter + (offset)(i * s->filter_width + j) * c, left / s->stride_x);
    }
  }
  return r;
}

// Computes neighbouring results, from `first` on, over all taps: a vector of weights is loaded once
// for all of them. In every form the taps are added in one order, so that the bits are the same.
#define DEFINE_RESULTS(name, results)                                                           \
  static void name(const depth_tap *taps, int count, const depth_row *r, int first,             \
                   const float *bias, int relu, float *to, offset to_step) {                    \
    const int c = r->channels;                                                                  \
    const offset step = (offset)r->step * c, at = first * step;                                 \
    for (int channel = 0; channel < c; channel += LANES) {                                      \
      const vfloat start = bias ? v_load(bias + channel) : v_splat(0);                          \
      vfloat sum[results];                                                                      \
      UNROLL for (int i = 0; i < results; i++) sum[i] = start;                                  \
      for (int tap = 0; tap < count; tap++) {                                                   \
        const vfloat weight = v_load(taps[tap].weights + channel);                              \
        const float *from = taps[tap].source + at + channel;                                    \
        UNROLL for (int i = 0; i < results; i++) sum[i] =                                       \
            v_multiply_add(v_load(from + i * step), weight, sum[i]);                            \
      }                                                                                         \
      UNROLL for (int i = 0; i < results; i++) v_store_part(                                    \
          to + (first + i) * to_step + channel, relu ? v_relu(sum[i]) : sum[i], c - channel);   \
    }                                                                                           \
  }

DEFINE_RESULTS(one_result, 1)
DEFINE_RESULTS(two_results, 2)
DEFINE_RESULTS(four_results, 4)
DEFINE_RESULTS(eight_results, 8)

// A result at the border, over the taps that lie inside.
static void border_result(const depth_row *r, int idx, const float *bias, int relu, float *to,
                          offset to_step) {
  depth_tap *some = r->taps + r->count;
  int count = 0;
  for (int tap = 0; tap < r->count; tap++) {
    const int x = r->taps[tap].x + idx * r->step;
    if (x >= 0 && x < r->width) some[count++] = r->taps[tap];
  }
  one_result(some, count, r, idx, bias, relu, to, to_step);
}

static void depth_results(const depth_row *r, const float *bias, int relu, float *to,
                          offset to_step) {
  for (int i = 0; i < r->inside; i++) border_result(r, i, bias, relu, to, to_step);
  for (int i = r->inside; i < r->outside;) {
    const int left = r->outside - i, count = left >= 8 ? 8 : left >= 4 ? 4 : left >= 2 ? 2 : 1;
    if (count == 8) eight_results(r->taps, r->count, r, i, bias, relu, to, to_step);
    else if (count == 4) four_results(r->taps, r->count, r, i, bias, relu, to, to_step);
    else if (count == 2) two_results(r->taps, r->count, r, i, bias, relu, to, to_step);
    else one_result(r->taps, r->count, r, i, bias, relu, to, to_step);
    i += count;
  }
  for (int i = r->outside; i < r->results; i++) border_result(r, i, bias, relu, to, to_step);
}

// y = x * filter + bias, followed by a ReLU if asked.
static void depthwise(const conv_shape *s, const float *x, const float *filter, const float *bias,
                      int relu, float *y, void *scratch, offset first, offset last) {
  const int c = s->in_channels;
  for (offset row = first; row < last; row++) {
    const int image = (int)(row / s->out_height), line = (int)(row % s->out_height);
    const depth_row r = forward_row(s, x, filter, image, line, scratch);
    depth_results(&r, bias, relu, y + row * s->out_width * c, c);
  }
}

// dx = the gradient of x.
static void depthwise_input_gradient(const conv_shape *s, const float *dy, const float *filter,
                                     float *dx, void *scratch, offset first, offset last) {
  const int c = s->in_channels;
  for (offset row = first; row < last; row++) {
    const int image = (int)(row / s->in_height), line = (int)(row % s->in_height);
    float *to = dx + row * s->in_width * c;
    for (int phase = 0; phase < MIN(s->stride_x, s->in_width); phase++) {
      const depth_row r = gradient_row(s, dy, filter, image, line, phase, scratch);
      depth_results(&r, NULL, 0, to + (offset)phase * c, (offset)c * s->stride_x);
    }
  }
}

// ---- gradient of the filter ----
//
// The rows of the batch are divided into parts, by the shape alone, and the sums of the parts are
// added at the end in order. Within a part, the products of a row are summed in registers.

#define DEPTH_PARTS 32
#define DEPTH_PART_FLOATS (4 << 20)

static int depthwise_parts(const conv_shape *s) {
  const offset rows = (offset)s->batch * s->out_height;
  const offset size = (offset)s->filter_height * s->filter_width * s->in_channels;
  return (int)MAX((offset)1, MIN(MIN((offset)DEPTH_PARTS, rows), DEPTH_PART_FLOATS / size));
}

// Adds the products of results [first, last) with what some taps read to the gradients `to` of the
// taps' weights.
#define DEFINE_PRODUCTS(name, count)                                                            \
  static void name(const depth_row *r, const depth_tap *taps, const float *dy, int first,       \
                   int last, float *to) {                                                       \
    const int c = r->channels;                                                                  \
    const offset step = (offset)r->step * c;                                                    \
    if (first >= last) return;                                                                  \
    for (int channel = 0; channel < c; channel += LANES) {                                      \
      const float *from[count], *d = dy + (offset)first * c + channel;                          \
      vfloat sum[count];                                                                        \
      UNROLL for (int tap = 0; tap < count; tap++) {                                            \
        from[tap] = taps[tap].source + first * step + channel;                                  \
        sum[tap] = v_splat(0);                                                                  \
      }                                                                                         \
      offset at = 0;                                                                            \
      for (int i = first; i < last; i++, at += step, d += c) {                                  \
        const vfloat value = v_load(d);                                                         \
        UNROLL for (int tap = 0; tap < count; tap++) sum[tap] =                                 \
            v_multiply_add(v_load(from[tap] + at), value, sum[tap]);                            \
      }                                                                                         \
      UNROLL for (int tap = 0; tap < count; tap++) add_part(                                    \
          to + (taps[tap].weights - to) + channel, sum[tap], c - channel);                      \
    }                                                                                           \
  }

DEFINE_PRODUCTS(one_product, 1)
DEFINE_PRODUCTS(three_products, 3)
DEFINE_PRODUCTS(nine_products, 9)

// Adds the products of a row to the gradients `to`, where each tap says which weights are its own.
static void add_row_products(const depth_row *r, const float *dy, float *to) {
  for (int i = 0; i < r->count;) {
    const int left = r->count - i, count = left >= 9 ? 9 : left >= 3 ? 3 : 1;
    if (count == 9) nine_products(r, r->taps + i, dy, r->inside, r->outside, to);
    else if (count == 3) three_products(r, r->taps + i, dy, r->inside, r->outside, to);
    else one_product(r, r->taps + i, dy, r->inside, r->outside, to);
    i += count;
  }
  for (const depth_tap *tap = r->taps; tap < r->taps + r->count; tap++) {
    const int start = first_inside(r, tap), end = last_inside(r, tap);
    one_product(r, tap, dy, start, MIN(r->inside, end), to);
    one_product(r, tap, dy, MAX(r->outside, start), end, to);
  }
}

// parts = the gradients of the filter by the parts of the batch. Range: parts.
static void depthwise_filter_gradient(const conv_shape *s, const float *x, const float *dy,
                                      float *parts, void *scratch, int first, int last) {
  const int c = s->in_channels, count = depthwise_parts(s);
  const offset rows = (offset)s->batch * s->out_height;
  const offset size = (offset)s->filter_height * s->filter_width * c;
  for (int part = first; part < last; part++) {
    float *to = parts + part * size;
    fill_zero(to, size);
    for (offset row = rows * part / count; row < rows * (part + 1) / count; row++) {
      const int image = (int)(row / s->out_height), line = (int)(row % s->out_height);
      const depth_row r = forward_row(s, x, to, image, line, scratch);
      add_row_products(&r, dy + row * s->out_width * c, to);
    }
  }
}
