// Convolution of NHWC images and its two gradients, for any stride, dilation and padding.
#include "product.c"

// The images of few channels whose filter gradient goes through copied patches.
#define SHALLOW_GRADIENT 8
// Pixels over which the filter gradient's sums stay in registers.
#define GRADIENT_PIXELS 192

static inline int taps_of(const conv_shape *s) { return s->filter_height * s->filter_width; }

// Where the forward convolution reads: tap (i, j) of output (y, x) is input
// (y * stride + i * dilation - pad, ...). Fills tap_y and tap_x.
static gather forward_gather(const conv_shape *s, const float *x, int *tap_y, int *tap_x) {
  for (int i = 0; i < s->filter_height; i++)
    for (int j = 0; j < s->filter_width; j++) {
      tap_y[i * s->filter_width + j] = i * s->dilation_y - s->pad_top;
      tap_x[i * s->filter_width + j] = j * s->dilation_x - s->pad_left;
    }
  const int run = s->dilation_x == 1 ? s->filter_width : 1;
  return (gather){.source = x,
                  .height = s->in_height,
                  .width = s->in_width,
                  .depth = s->in_channels,
                  .grid_height = s->out_height,
                  .grid_width = s->out_width,
                  .step_y = s->stride_y,
                  .step_x = s->stride_x,
                  .taps = taps_of(s),
                  .tap_y = tap_y,
                  .tap_x = tap_x,
                  .run = run};
}

static int conv2d_scratch_bytes(const conv_shape *s) {
  return (int)(product_scratch_bytes(taps_of(s), s->filter_width,
                                     MAX(s->in_channels, s->out_channels)) +
               3 * (taps_of(s) * sizeof(int) + 64));
}

// ---- forward ----

// Packs the filter for the forward product. Range: panels of output channels.
static void conv2d_pack(const conv_shape *s, const float *filter, float *packed, int first, int last) {
  const int c = s->in_channels, k = s->out_channels;
  pack_panels(filter, taps_of(s), c, k, (offset)c * k, k, 1, packed, first, last);
}

// y = x * filter + bias, followed by a ReLU if asked. Range: images.
static void conv2d(const conv_shape *s, const float *x, const float *packed, const float *bias, int relu,
            float *y, void *scratch, int first, int last) {
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

// Packs the filter turned over, [tap][out][in]. Range: panels of input channels.
static void conv2d_input_gradient_pack(const conv_shape *s, const float *filter, float *packed, int first,
                                int last) {
  const int c = s->in_channels, k = s->out_channels;
  pack_panels(filter, taps_of(s), k, c, (offset)c * k, 1, k, packed, first, last);
}

// The taps that reach inputs (phase_y + a * stride, phase_x + b * stride), and where they come
// from: output (a + tap_y, b + tap_x). Returns their number.
static int phase_taps(const conv_shape *s, int phase_y, int phase_x, int *tap_y, int *tap_x,
                      int *tap_offset) {
  int count = 0;
  for (int i = 0; i < s->filter_height; i++) {
    const int y = phase_y + s->pad_top - i * s->dilation_y;
    if (y % s->stride_y != 0) continue;
    for (int j = 0; j < s->filter_width; j++) {
      const int x = phase_x + s->pad_left - j * s->dilation_x;
      if (x % s->stride_x != 0) continue;
      tap_y[count] = y / s->stride_y;
      tap_x[count] = x / s->stride_x;
      tap_offset[count++] = (i * s->filter_width + j) * s->out_channels * TILE_COLUMNS;
    }
  }
  return count;
}

// The gradient of the inputs of one phase. A phase that no tap reaches is set to zero.
static void phase_input_gradient(const conv_shape *s, const float *dy, const float *packed,
                                 float *dx, int phase_y, int phase_x, void *scratch, int first,
                                 int last) {
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
                    .run = 1};
  const weights w = {packed, (offset)taps * s->out_channels * TILE_COLUMNS, tap_offset, 0, 0};
  const offset row = (offset)s->in_width * c, image = row * s->in_height;
  const target t = {dx + phase_y * row + (offset)phase_x * c, image, row * s->stride_y,
                    (offset)c * s->stride_x, c};
  const offset pixels = (offset)rows * columns;
  gather_product(&g, &w, &t, cursor, first * pixels, last * pixels);
}

// dx = the gradient of x. Inputs of one phase (position modulo stride) are reached by the same
// taps, so each phase is a product of its own. Range: images.
static void conv2d_input_gradient(const conv_shape *s, const float *dy, const float *packed, float *dx,
                           void *scratch, int first, int last) {
  for (int y = 0; y < MIN(s->stride_y, s->in_height); y++)
    for (int x = 0; x < MIN(s->stride_x, s->in_width); x++)
      phase_input_gradient(s, dy, packed, dx, y, x, scratch, first, last);
}

// ---- gradient of the filter ----

static inline int gradient_is_shallow(const conv_shape *s) {
  return s->in_channels < SHALLOW_GRADIENT && s->in_channels % TILE_ROWS != 0;
}

// The number of row tiles of the filter's gradient: its range.
static int conv2d_filter_gradient_tiles(const conv_shape *s) {
  return gradient_is_shallow(s) ? divide_up(taps_of(s) * s->in_channels, TILE_ROWS)
                                : taps_of(s) * divide_up(s->in_channels, TILE_ROWS);
}

static int conv2d_filter_gradient_scratch_bytes(const conv_shape *s) {
  if (!gradient_is_shallow(s)) return 64;
  const int taps = taps_of(s), stride = round_up(taps * s->in_channels, TILE_ROWS);
  const int zeros = s->filter_width * s->in_channels;
  return (int)((2 * taps + zeros + GRADIENT_PIXELS * stride) * 4 + 4 * 64);
}

static inline void load_tile(const float *from, offset stride, int rows, vfloat low[TILE_ROWS],
                             vfloat high[TILE_ROWS]) {
  UNROLL for (int i = 0; i < TILE_ROWS; i++) {
    const float *p = from + MIN(i, rows - 1) * stride;
    low[i] = v_load(p);
    high[i] = v_load(p + LANES);
  }
}

static inline void store_tile(float *to, offset stride, int rows, int columns,
                              const vfloat low[TILE_ROWS], const vfloat high[TILE_ROWS]) {
  UNROLL for (int i = 0; i < TILE_ROWS; i++) {
    if (i < rows) store_row(to + i * stride, low[i], high[i], columns);
  }
}

// Adds the outer products of `count` pixels: x[p][i] * dy[p][j].
static inline void add_outer(const float *x, offset x_stride, const float *dy, offset dy_stride,
                             int count, vfloat low[TILE_ROWS], vfloat high[TILE_ROWS]) {
  for (int p = 0; p < count; p++, x += x_stride, dy += dy_stride) {
    const vfloat d0 = v_load(dy), d1 = v_load(dy + LANES);
    UNROLL for (int i = 0; i < TILE_ROWS; i++) {
      const vfloat a = v_splat(x[i]);
      low[i] = v_multiply_add(a, d0, low[i]);
      high[i] = v_multiply_add(a, d1, high[i]);
    }
  }
}

// Copies the rows of every pixel of a block side by side: patches[pixel * stride].
static void gather_patches(const gather *g, pixel at, int count, const float *zeros,
                           float *patches, int stride) {
  for (int i = 0; i < count; i++, patches += stride, next_pixel(g, &at)) {
    float *to = patches;
    for (int tap = 0; tap < g->taps;) {
      const float *from = run_of(g, at, tap, zeros);
      const int taps = from ? g->run - tap % g->run : 1;
      if (!from) from = row_of(g, at, tap, zeros);
      for (int d = 0; d < taps * g->depth; d++) *to++ = from[d];
      tap += taps;
    }
    while (to < patches + stride) *to++ = 0;
  }
}

// Few channels: patches of a block of pixels are copied first, then multiplied as one matrix.
static void shallow_filter_gradient(const conv_shape *s, const float *x, const float *dy,
                                    float *dw, void *scratch, int first, int last) {
  char *cursor = scratch;
  const int taps = taps_of(s), k = s->out_channels, length = taps * s->in_channels;
  const int stride = round_up(length, TILE_ROWS);
  int *tap_y = carve(&cursor, taps * sizeof(int)), *tap_x = carve(&cursor, taps * sizeof(int));
  const gather g = forward_gather(s, x, tap_y, tap_x);
  const int row_length = g.run * s->in_channels;
  float *zeros = carve(&cursor, row_length * sizeof(float)), *patches = (float *)cursor;
  const offset pixels = (offset)s->batch * s->out_height * s->out_width;
  fill_zero(zeros, row_length);
  for (offset start = 0; start < pixels; start += GRADIENT_PIXELS) {
    const int count = (int)MIN((offset)GRADIENT_PIXELS, pixels - start);
    gather_patches(&g, pixel_at(&g, start), count, zeros, patches, stride);
    for (int tile = first; tile < last; tile++)
      for (int column = 0; column < k; column += TILE_COLUMNS) {
        const int row = tile * TILE_ROWS, rows = MIN(TILE_ROWS, length - row);
        float *to = dw + (offset)row * k + column;
        vfloat low[TILE_ROWS], high[TILE_ROWS];
        load_tile(to, k, rows, low, high);
        add_outer(patches + row, stride, dy + start * k + column, k, count, low, high);
        store_tile(to, k, rows, MIN(TILE_COLUMNS, k - column), low, high);
      }
  }
}

// The images and output rows over which one visit of a tile sums.
typedef struct {
  int image, images, row, rows;
} pixel_block;

// Adds one block's part of one tile: the sums over the block stay in registers.
static void add_block(const conv_shape *s, const float *x, const float *dy, float *dw, int tile,
                      pixel_block block) {
  const int c = s->in_channels, k = s->out_channels, channel_tiles = divide_up(c, TILE_ROWS);
  const int tap = tile / channel_tiles, channel = tile % channel_tiles * TILE_ROWS;
  const int shift_y = tap / s->filter_width * s->dilation_y - s->pad_top;
  const int shift_x = tap % s->filter_width * s->dilation_x - s->pad_left;
  // The output columns whose input column lies inside the image.
  const int left = MAX(0, divide_up(-shift_x, s->stride_x));
  const int right = MIN(s->out_width, divide_up(s->in_width - shift_x, s->stride_x));
  if (right <= left) return;
  const int rows = MIN(TILE_ROWS, c - channel);
  for (int column = 0; column < k; column += TILE_COLUMNS) {
    float *to = dw + ((offset)tap * c + channel) * k + column;
    vfloat low[TILE_ROWS], high[TILE_ROWS];
    load_tile(to, k, rows, low, high);
    for (int n = block.image; n < block.image + block.images; n++)
      for (int oy = block.row; oy < block.row + block.rows; oy++) {
        const int y = oy * s->stride_y + shift_y;
        if (y < 0 || y >= s->in_height) continue;
        const offset from = ((offset)n * s->in_height + y) * s->in_width + left * s->stride_x;
        const offset pixel = ((offset)n * s->out_height + oy) * s->out_width + left;
        add_outer(x + (from + shift_x) * c + channel, (offset)s->stride_x * c,
                  dy + pixel * k + column, k, right - left, low, high);
      }
    store_tile(to, k, rows, MIN(TILE_COLUMNS, k - column), low, high);
  }
}

static void deep_filter_gradient(const conv_shape *s, const float *x, const float *dy, float *dw,
                                 int first, int last) {
  const int pixels = s->out_height * s->out_width;
  const int images = MAX(1, divide_up(GRADIENT_PIXELS, 2 * pixels));
  const int rows =
      images > 1 ? s->out_height : MIN(s->out_height, divide_up(GRADIENT_PIXELS, s->out_width));
  for (int n = 0; n < s->batch; n += images)
    for (int row = 0; row < s->out_height; row += rows)
      for (int tile = first; tile < last; tile++)
        add_block(s, x, dy, dw, tile,
                  (pixel_block){n, MIN(images, s->batch - n), row, MIN(rows, s->out_height - row)});
}

// dw = the gradient of the filter, summed over the batch. Range: row tiles of dw.
static void conv2d_filter_gradient(const conv_shape *s, const float *x, const float *dy, float *dw,
                            void *scratch, int first, int last) {
  const int c = s->in_channels, k = s->out_channels, shallow = gradient_is_shallow(s);
  for (int tile = first; tile < last; tile++) {
    const int channel_tiles = divide_up(c, TILE_ROWS);
    const int row = shallow ? tile * TILE_ROWS
                            : tile / channel_tiles * c + tile % channel_tiles * TILE_ROWS;
    const int end = shallow ? taps_of(s) * c : (tile / channel_tiles + 1) * c;
    fill_zero(dw + (offset)row * k, (offset)MIN(TILE_ROWS, end - row) * k);
  }
  if (shallow) shallow_filter_gradient(s, x, dy, dw, scratch, first, last);
  else deep_filter_gradient(s, x, dy, dw, first, last);
}
