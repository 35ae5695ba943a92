// Convolution of NHWC images and its two gradients, for any stride, dilation and padding.
#include "winogradInputGradient.h"

static int conv2d_scratch_bytes(const conv_shape *s) {
  const conv_shape turned = turned_over(s);
  int most = 0;
  if (is_winograd(s)) most = winograd_scratch_bytes(s);
  if (is_winograd(&turned)) most = MAX(most, winograd_scratch_bytes(&turned));
  return MAX(most, (int)(product_scratch_bytes(taps_of(s), s->filter_width,
                                     MAX(s->in_channels, s->out_channels)) +
               3 * (taps_of(s) * sizeof(int) + 64)));
}

// Floats of a packed filter.
static int conv2d_packed_floats(const conv_shape *s) {
  const int points = is_winograd(s) ? POINTS : taps_of(s);
  return packed_floats(points, s->in_channels, s->out_channels);
}

static int conv2d_input_gradient_packed_floats(const conv_shape *s) {
  const int points = way_back(s) == DIRECT_SUMS ? taps_of(s) : POINTS;
  return packed_floats(points, s->out_channels, s->in_channels);
}

// ---- forward ----

// Packs the filter for the forward product. Range: panels of output channels.
static void conv2d_pack(const conv_shape *s, const float *filter, float *packed, int first, int last) {
  const int c = s->in_channels, k = s->out_channels;
  if (is_winograd(s)) pack_points(filter, c, k, (offset)c * k, k, 1, packed, first, last);
  else pack_panels(filter, taps_of(s), c, k, (offset)c * k, k, 1, packed, first, last);
}

// y = x * filter + bias, followed by a ReLU if asked. Range: images.
static void conv2d(const conv_shape *s, const float *x, const float *packed, const float *bias, int relu,
            float *y, void *scratch, int first, int last) {
  if (is_winograd(s)) {
    winograd(s, x, packed, bias, relu, y, scratch, first, last);
    return;
  }
  char *cursor = scratch;
  const int taps = taps_of(s), k = s->out_channels;
  int *tap_y = carve(&cursor, taps * sizeof(int)), *tap_x = carve(&cursor, taps * sizeof(int));
  int *tap_offset = carve(&cursor, taps * sizeof(int));
  for (int tap = 0; tap < taps; tap++) tap_offset[tap] = tap * s->in_channels * TILE_COLUMNS;
  const gather g = forward_gather(s, x, tap_y, tap_x);
  const weights w = {packed, (offset)taps * s->in_channels * TILE_COLUMNS, tap_offset, bias, relu};
  const offset row = (offset)s->out_width * k, image = row * s->out_height;
  const target t = {y, image, row, k, k};
  const offset pixels = (offset)s->out_height * s->out_width;
  gather_product(&g, &w, &t, cursor, first * pixels, last * pixels);
}

// ---- gradient of the input ----

// Packs the filter with rows and columns exchanged, [tap][out][in], and but for the adjoint turned over, the
// last tap first. Range: panels of input channels.
static void conv2d_input_gradient_pack(const conv_shape *s, const float *filter, float *packed, int first,
                                int last) {
  const int c = s->in_channels, k = s->out_channels, taps = taps_of(s), way = way_back(s);
  const offset tap = (offset)c * k;
  const float *end = filter + (taps - 1) * tap;
  if (way == ADJOINT) pack_points(filter, k, c, tap, 1, k, packed, first, last);
  else if (way == TURNED_OVER) pack_points(end, k, c, -tap, 1, k, packed, first, last);
  else pack_panels(end, taps, k, c, -tap, 1, k, packed, first, last);
}

// The taps that reach inputs (phase_y + a * stride, phase_x + b * stride), and where they come
// from: output (a + tap_y, b + tap_x), from the left to the right. Returns their number.
static int phase_taps(const conv_shape *s, int phase_y, int phase_x, int *tap_y, int *tap_x,
                      int *tap_offset) {
  const int last = taps_of(s) - 1;
  int count = 0;
  for (int i = s->filter_height - 1; i >= 0; i--) {
    const int y = phase_y + s->pad_top - i * s->dilation_y;
    if (y % s->stride_y != 0) continue;
    for (int j = s->filter_width - 1; j >= 0; j--) {
      const int x = phase_x + s->pad_left - j * s->dilation_x;
      if (x % s->stride_x != 0) continue;
      tap_y[count] = y / s->stride_y;
      tap_x[count] = x / s->stride_x;
      tap_offset[count++] = (last - i * s->filter_width - j) * s->out_channels * TILE_COLUMNS;
    }
  }
  return count;
}

// The gradient of the inputs of one phase, with a bias. A phase that no tap reaches has the bias
// alone, or zero.
static void phase_input_gradient(const conv_shape *s, const float *dy, const float *packed,
                                 const float *bias, int relu, float *dx, int phase_y, int phase_x,
                                 void *scratch, int first, int last) {
  char *cursor = scratch;
  const int taps = taps_of(s), c = s->in_channels;
  int *tap_y = carve(&cursor, taps * sizeof(int)), *tap_x = carve(&cursor, taps * sizeof(int));
  int *tap_offset = carve(&cursor, taps * sizeof(int));
  const int count = phase_taps(s, phase_y, phase_x, tap_y, tap_x, tap_offset);
  const int rows = divide_up(s->in_height - phase_y, s->stride_y);
  const int columns = divide_up(s->in_width - phase_x, s->stride_x);
  const gather g = {.source = dy,
                    .height = s->out_height,
                    .width = s->out_width,
                    .depth = s->out_channels,
                    .grid_height = rows,
                    .grid_width = columns,
                    .step_y = 1,
                    .step_x = 1,
                    .taps = count,
                    .tap_y = tap_y,
                    .tap_x = tap_x,
                    .run = s->stride_x == 1 && s->dilation_x == 1 ? s->filter_width : 1};
  const weights w = {packed, (offset)taps * s->out_channels * TILE_COLUMNS, tap_offset, bias, relu};
  const offset row = (offset)s->in_width * c, image = row * s->in_height;
  const target t = {dx + phase_y * row + (offset)phase_x * c, image, row * s->stride_y,
                    (offset)c * s->stride_x, c};
  const offset pixels = (offset)rows * columns;
  gather_product(&g, &w, &t, cursor, first * pixels, last * pixels);
}

// dx = the gradient of x. Inputs of one phase (position modulo stride) are reached by the same
// taps, so each phase is a product of its own. As a layer, this is the transposed convolution: then a
// bias is added, followed by a ReLU if asked. Range: images.
static void conv2d_input_gradient(const conv_shape *s, const float *dy, const float *packed,
                                  const float *bias, int relu, float *dx, void *scratch, int first,
                                  int last) {
  const conv_shape turned = turned_over(s);
  switch (way_back(s)) {
    case ADJOINT: winograd_adjoint(s, dy, packed, bias, relu, dx, scratch, first, last); return;
    case TURNED_OVER:
      winograd(&turned, dy, packed, bias, relu, dx, scratch, first, last);
      return;
  }
  for (int y = 0; y < MIN(s->stride_y, s->in_height); y++)
    for (int x = 0; x < MIN(s->stride_x, s->in_width); x++)
      phase_input_gradient(s, dy, packed, bias, relu, dx, y, x, scratch, first, last);
}
