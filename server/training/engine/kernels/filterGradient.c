// The gradients of a convolution's filter and bias.
//
// They sum over all pixels of the batch, a block of pixels at a time. Where there are many
// channels, the rows under a tap are multiplied with dy where they lie; where there are few, the
// rows under all taps are copied side by side, as patches, and multiplied as one matrix. The batch
// is divided into parts, whose sums are added at the end in order. All this depends on the shape
// alone.
#include "patches.h"
#include "winogradFilterGradient.h"

// Pixels over which sums stay in registers, and floats of patches that stay in the caches.
#define GRADIENT_PIXELS 192
#define GRADIENT_FLOATS 49152
// Memory for the parts, in floats; and the units of work that there should be for threads to share.
#define GRADIENT_PART_FLOATS (4 << 20)
#define GRADIENT_UNITS 8

// Shorter rows of pixels are not multiplied where they lie.
#define SHORTEST_STRIP 7

typedef struct {
  // Whether rows are copied to patches.
  int copies;
  // Values of a patch, and the step from one to the next: more, and never a multiple of a page.
  int length, stride;
  // Pixels in a block; blocks of the batch.
  int pixels, blocks;
  // Parts of the batch, and slices of the columns of each.
  int parts, slices;
} gradient_plan;

// The sums of a part: the gradient of the filter, then that of the bias.
static offset part_size(const conv_shape *s) {
  return (offset)(taps_of(s) * s->in_channels + 1) * s->out_channels;
}

static gradient_plan plan_gradient(const conv_shape *s) {
  gradient_plan plan;
  const int c = s->in_channels, width = s->out_width;
  // Each tap's last tile may be a part of one.
  plan.copies = 8 * round_up(c, TILE_ROWS) > 9 * c || width < SHORTEST_STRIP;
  plan.length = taps_of(s) * s->in_channels;
  plan.stride = round_up(plan.length, 16) + 16;
  plan.pixels = MAX(GRADIENT_PIXELS / 4, MIN(GRADIENT_PIXELS, GRADIENT_FLOATS / plan.length));
  if (!plan.copies) plan.pixels = MAX(1, GRADIENT_PIXELS / width) * MIN(GRADIENT_PIXELS, width);
  const offset pixels = (offset)s->batch * s->out_height * s->out_width;
  plan.blocks = (int)((pixels + plan.pixels - 1) / plan.pixels);
  const int affordable =
      (int)MAX((offset)1, MIN((offset)GRADIENT_PARTS, GRADIENT_PART_FLOATS / part_size(s)));
  plan.parts = MAX(1, MIN(plan.blocks, affordable));
  const int panels = divide_up(s->out_channels, TILE_COLUMNS);
  plan.slices = MIN(panels, divide_up(GRADIENT_UNITS, plan.parts));
  return plan;
}

static int conv2d_filter_gradient_parts(const conv_shape *s) {
  return is_winograd(s) ? plan_points(s).parts : plan_gradient(s).parts;
}

// The number of units of work: its range.
static int conv2d_filter_gradient_units(const conv_shape *s) {
  if (is_winograd(s)) return plan_points(s).parts * plan_points(s).slices;
  const gradient_plan plan = plan_gradient(s);
  return plan.parts * plan.slices;
}

static int conv2d_filter_gradient_scratch_bytes(const conv_shape *s) {
  if (is_winograd(s)) return point_gradient_scratch_bytes(s);
  const gradient_plan plan = plan_gradient(s);
  const int zeros = s->filter_width * s->in_channels + LANES;
  const int patch = plan.copies ? plan.stride : 0;
  const int block = plan.pixels * (patch + TILE_COLUMNS) + TILE_ROWS;
  return (2 * taps_of(s) + zeros + block) * 4 + 5 * 64;
}

// Copies the columns of one panel, `width` of them, for `count` pixels from `start` on, side by
// side, and adds them to the gradient of the bias.
static inline void pack_slopes(const slopes *from, int is_masked, offset start, int count, int column,
                               int width, float *to, float *bias) {
  vfloat sum[2] = {v_splat(0), v_splat(0)};
  offset at = start * from->columns + column;
  for (int i = 0; i < count; i++, at += from->columns, to += TILE_COLUMNS) {
    UNROLL for (int half = 0; half < TILE_COLUMNS; half += LANES) {
      if (half >= width) continue;
      const vfloat slope = slope_at(from, is_masked, at + half);
      v_store(to + half, slope);
      sum[half / LANES] += slope;
    }
  }
  for (int half = 0; half < width; half += LANES)
    v_store_part(bias + half, v_load(bias + half) + sum[half / LANES], width - half);
}

// Adds one block of patches times the slopes of one panel.
static void add_patches(const gradient_plan *plan, const float *patches, const float *panel,
                        int count, int columns, int width, float *dw) {
  for (int row = 0; row < plan->length; row += TILE_ROWS) {
    float *to = dw + (offset)row * columns;
    const int rows = MIN(TILE_ROWS, plan->length - row);
    tile sums;
    load_tile(to, columns, rows, width, &sums);
    if (width > LANES) add_columns(patches + row, plan->stride, count, panel, 2, &sums);
    else add_columns(patches + row, plan->stride, count, panel, 1, &sums);
    store_tile(to, columns, rows, width, &sums);
  }
}

// Pixels of a row of the grid, and their number in the block.
typedef struct {
  pixel first;
  int count, index;
} segment;

static int find_segments(const gather *g, pixel at, int count, segment *segments) {
  int found = 0;
  for (int i = 0; i < count;) {
    const int pixels = MIN(count - i, g->grid_width - at.x);
    segments[found++] = (segment){at, pixels, i};
    move_pixel(g, &at, pixels);
    i += pixels;
  }
  return found;
}

// Pixels of a segment for which a tap lies inside of the source: their rows and their slopes.
typedef struct {
  const float *x, *panel;
  int count;
} strip;

static int find_strips(const gather *g, const segment *segments, int count, int tap,
                       const float *panel, strip *strips) {
  const int first = divide_up(-g->tap_x[tap], g->step_x);
  const int end = divide_up(g->width - g->tap_x[tap], g->step_x);
  int found = 0;
  for (int i = 0; i < count; i++) {
    const pixel at = segments[i].first;
    const int y = at.y * g->step_y + g->tap_y[tap];
    const int skip = MAX(0, first - at.x), pixels = MIN(end - at.x, segments[i].count) - skip;
    if (y < 0 || y >= g->height || pixels <= 0) continue;
    const int x = (at.x + skip) * g->step_x + g->tap_x[tap];
    const offset row = (offset)at.image * g->height + y;
    strips[found++] = (strip){g->source + (row * g->width + x) * g->depth,
                              panel + (segments[i].index + skip) * TILE_COLUMNS, pixels};
  }
  return found;
}

// Adds the products of one tap's rows with the slopes of one panel.
static void add_strips(const gather *g, const strip *strips, int count, int columns, int width,
                       float *dw) {
  const int step = g->step_x * g->depth;
  for (int row = 0; row < g->depth; row += TILE_ROWS) {
    float *to = dw + (offset)row * columns;
    const int rows = MIN(TILE_ROWS, g->depth - row);
    tile sums;
    load_tile(to, columns, rows, width, &sums);
    if (width > LANES)
      for (int i = 0; i < count; i++)
        add_columns(strips[i].x + row, step, strips[i].count, strips[i].panel, 2, &sums);
    else
      for (int i = 0; i < count; i++)
        add_columns(strips[i].x + row, step, strips[i].count, strips[i].panel, 1, &sums);
    store_tile(to, columns, rows, width, &sums);
  }
}

// A block of pixels, and what is known of it.
typedef struct {
  const gather *g;
  const gradient_plan *plan;
  const float *patches;
  int count, segments;
  segment segment[GRADIENT_PIXELS];
} gradient_block;

// Adds one block times the slopes of one panel.
static void add_block(const gradient_block *block, const float *panel, int columns, int width,
                      float *dw) {
  const gather *g = block->g;
  if (block->plan->copies) {
    add_patches(block->plan, block->patches, panel, block->count, columns, width, dw);
    return;
  }
  strip strips[GRADIENT_PIXELS];
  for (int tap = 0; tap < g->taps; tap++) {
    const int count = find_strips(g, block->segment, block->segments, tap, panel, strips);
    add_strips(g, strips, count, columns, width, dw + (offset)tap * g->depth * columns);
  }
}

// One part's sums for one slice of the columns.
static void part_filter_gradient(const conv_shape *s, const gradient_plan *plan, const float *x,
                                 const slopes *slope, float *sums, void *scratch, int part,
                                 int slice) {
  char *cursor = scratch;
  const int taps = taps_of(s), k = s->out_channels, panels = divide_up(k, TILE_COLUMNS);
  int *tap_y = carve(&cursor, taps * sizeof(int)), *tap_x = carve(&cursor, taps * sizeof(int));
  const gather g = forward_gather(s, x, tap_y, tap_x);
  const int zero_count = g.run * s->in_channels + LANES;
  float *zeros = carve(&cursor, zero_count * sizeof(float));
  float *panel = carve(&cursor, plan->pixels * TILE_COLUMNS * sizeof(float));
  float *patches = (float *)cursor, *bias = sums + (offset)plan->length * k;
  const offset pixels = (offset)s->batch * s->out_height * s->out_width, blocks = plan->blocks;
  const int first = slice * panels / plan->slices * TILE_COLUMNS;
  const int last = MIN(k, (slice + 1) * panels / plan->slices * TILE_COLUMNS);
  gradient_block block = {.g = &g, .plan = plan, .patches = patches};
  fill_zero(zeros, zero_count);
  for (int row = 0; row <= plan->length; row++)
    fill_zero(sums + (offset)row * k + first, last - first);
  for (offset i = blocks * part / plan->parts; i < blocks * (part + 1) / plan->parts; i++) {
    const offset start = i * plan->pixels;
    const pixel at = pixel_at(&g, start);
    block.count = (int)MIN((offset)plan->pixels, pixels - start);
    if (plan->copies) gather_patches(&g, at, block.count, zeros, patches, plan->stride);
    else block.segments = find_segments(&g, at, block.count, block.segment);
    for (int column = first; column < last; column += TILE_COLUMNS) {
      const int width = MIN(TILE_COLUMNS, last - column);
      if (slope->y) pack_slopes(slope, 1, start, block.count, column, width, panel, bias + column);
      else pack_slopes(slope, 0, start, block.count, column, width, panel, bias + column);
      add_block(&block, panel, k, width, sums + column);
    }
  }
}

// parts = the gradients of filter and bias by the parts of the batch; where y is given, dy lies
// behind the ReLU at y. Range: units, which are parts by slices.
static void conv2d_filter_gradient(const conv_shape *s, const float *x, const float *dy,
                                   const float *y, float *parts, void *scratch, int first,
                                   int last) {
  const slopes slope = {dy, y, s->out_channels};
  const offset size = part_size(s);
  if (is_winograd(s)) {
    const point_plan plan = plan_points(s);
    for (int unit = first; unit < last; unit++)
      part_point_gradient(s, &plan, x, &slope, parts + unit / plan.slices * size, scratch,
                          unit / plan.slices, unit % plan.slices);
    return;
  }
  const gradient_plan plan = plan_gradient(s);
  for (int unit = first; unit < last; unit++) {
    const int part = unit / plan.slices, slice = unit % plan.slices;
    part_filter_gradient(s, &plan, x, &slope, parts + part * size, scratch, part, slice);
  }
}

// to = the sum of all parts, in order; they are `step` apart. Range: elements.
static void add_parts(const float *parts, int count, offset step, float *to, offset first,
                      offset last) {
  for (offset i = first; i < last; i += LANES) {
    vfloat sum = v_load(parts + i);
    for (int part = 1; part < count; part++) sum += v_load(parts + part * step + i);
    v_store_part(to + i, sum, (int)MIN((offset)LANES, last - i));
  }
}
