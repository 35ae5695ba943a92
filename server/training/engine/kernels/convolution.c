// Convolution of NHWC images and its two gradients, for any stride, dilation and padding.
#include "product.c"

// The filter gradient: pixels over which sums stay in registers, floats of copied patches that stay
// in the caches, and parts of the batch that are summed on their own.
#define GRADIENT_PIXELS 192
#define GRADIENT_FLOATS 49152
#define GRADIENT_PARTS 16
// Memory for the parts, in floats; and the units of work that there should be for threads to share.
#define GRADIENT_PART_FLOATS (4 << 20)
#define GRADIENT_UNITS 8

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
//
// It sums over all pixels of the batch. A block of pixels at a time, the rows under the taps are
// copied side by side, as patches, and multiplied with dy as two matrices. The batch is divided into
// parts, whose sums are added at the end in order. All this depends on the shape alone.

typedef struct {
  // Values of a patch, and the step from one to the next: more, and never a multiple of a page.
  int length, stride;
  // Pixels in a block; blocks of the batch.
  int pixels, blocks;
  // Parts of the batch, and slices of the columns of each.
  int parts, slices;
} gradient_plan;

static gradient_plan plan_gradient(const conv_shape *s) {
  gradient_plan plan;
  plan.length = taps_of(s) * s->in_channels;
  plan.stride = round_up(plan.length, 16) + 16;
  plan.pixels = MAX(GRADIENT_PIXELS / 4, MIN(GRADIENT_PIXELS, GRADIENT_FLOATS / plan.length));
  const offset pixels = (offset)s->batch * s->out_height * s->out_width;
  plan.blocks = (int)((pixels + plan.pixels - 1) / plan.pixels);
  const offset size = (offset)plan.length * s->out_channels;
  const int affordable = (int)MAX((offset)1, MIN((offset)GRADIENT_PARTS, GRADIENT_PART_FLOATS / size));
  plan.parts = MAX(1, MIN(plan.blocks, affordable));
  const int panels = divide_up(s->out_channels, TILE_COLUMNS);
  plan.slices = MIN(panels, divide_up(GRADIENT_UNITS, plan.parts));
  return plan;
}

static int conv2d_filter_gradient_parts(const conv_shape *s) { return plan_gradient(s).parts; }

// The number of units of work: its range.
static int conv2d_filter_gradient_units(const conv_shape *s) {
  const gradient_plan plan = plan_gradient(s);
  return plan.parts * plan.slices;
}

static int conv2d_filter_gradient_scratch_bytes(const conv_shape *s) {
  const gradient_plan plan = plan_gradient(s);
  const int zeros = s->filter_width * s->in_channels + LANES;
  return (2 * taps_of(s) + zeros + plan.pixels * plan.stride + TILE_ROWS) * 4 + 4 * 64;
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

// Copies the rows of every pixel of a block side by side: patches[pixel * stride]. Vectors reach over
// the end of a row; what follows is written later or never read.
static void gather_patches(const gather *g, pixel at, int count, const float *zeros,
                           float *patches, int stride) {
  for (int i = 0; i < count; i++, patches += stride, next_pixel(g, &at)) {
    float *to = patches;
    for (int tap = 0; tap < g->taps;) {
      const float *from = run_of(g, at, tap, zeros);
      const int taps = from ? g->run - tap % g->run : 1;
      if (!from) from = row_of(g, at, tap, zeros);
      for (int d = 0; d < taps * g->depth; d += LANES) v_store(to + d, v_load(from + d));
      to += taps * g->depth;
      tap += taps;
    }
  }
}

// Adds one block of patches times dy to the columns of one panel.
static void add_patches(const conv_shape *s, const gradient_plan *plan, const float *patches,
                        const float *dy, int count, int column, float *dw) {
  const int k = s->out_channels, columns = MIN(TILE_COLUMNS, k - column);
  for (int row = 0; row < plan->length; row += TILE_ROWS) {
    float *to = dw + (offset)row * k + column;
    const int rows = MIN(TILE_ROWS, plan->length - row);
    vfloat low[TILE_ROWS], high[TILE_ROWS];
    load_tile(to, k, rows, low, high);
    add_outer(patches + row, plan->stride, dy + column, k, count, low, high);
    store_tile(to, k, rows, columns, low, high);
  }
}

// One part's sum for one slice of the columns.
static void part_filter_gradient(const conv_shape *s, const gradient_plan *plan, const float *x,
                                 const float *dy, float *dw, void *scratch, int part, int slice) {
  char *cursor = scratch;
  const int taps = taps_of(s), k = s->out_channels;
  int *tap_y = carve(&cursor, taps * sizeof(int)), *tap_x = carve(&cursor, taps * sizeof(int));
  const gather g = forward_gather(s, x, tap_y, tap_x);
  const int zero_count = g.run * s->in_channels + LANES;
  float *zeros = carve(&cursor, zero_count * sizeof(float)), *patches = (float *)cursor;
  const offset pixels = (offset)s->batch * s->out_height * s->out_width;
  const int panels = divide_up(k, TILE_COLUMNS);
  const int first = slice * panels / plan->slices * TILE_COLUMNS;
  const int last = MIN(k, (slice + 1) * panels / plan->slices * TILE_COLUMNS);
  const offset blocks = plan->blocks;
  fill_zero(zeros, zero_count);
  for (int row = 0; row < plan->length; row++) fill_zero(dw + (offset)row * k + first, last - first);
  for (offset block = blocks * part / plan->parts; block < blocks * (part + 1) / plan->parts;
       block++) {
    const offset start = block * plan->pixels;
    const int count = (int)MIN((offset)plan->pixels, pixels - start);
    gather_patches(&g, pixel_at(&g, start), count, zeros, patches, plan->stride);
    for (int column = first; column < last; column += TILE_COLUMNS)
      add_patches(s, plan, patches, dy + start * k, count, column, dw);
  }
}

// parts = the gradients of the filter by the parts of the batch. Range: units, which are parts by
// slices.
static void conv2d_filter_gradient(const conv_shape *s, const float *x, const float *dy,
                                   float *parts, void *scratch, int first, int last) {
  const gradient_plan plan = plan_gradient(s);
  const offset size = (offset)plan.length * s->out_channels;
  for (int unit = first; unit < last; unit++) {
    const int part = unit / plan.slices, slice = unit % plan.slices;
    part_filter_gradient(s, &plan, x, dy, parts + part * size, scratch, part, slice);
  }
}

// to = the sum of all parts, in order. Range: elements.
static void add_parts(const float *parts, int count, offset size, float *to, offset first,
                      offset last) {
  for (offset i = first; i < last; i += LANES) {
    vfloat sum = v_load(parts + i);
    for (int part = 1; part < count; part++) sum += v_load(parts + part * size + i);
    v_store_part(to + i, sum, (int)MIN((offset)LANES, last - i));
  }
}
