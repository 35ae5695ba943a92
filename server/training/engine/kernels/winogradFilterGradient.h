// The gradients of filter and bias of a convolution that is computed at Winograd's points: a product
// of matrices a point, whose sums over all tiles become the gradient at the end.
#ifndef LIGHTBENCH_WINOGRAD_FILTER_GRADIENT_H
#define LIGHTBENCH_WINOGRAD_FILTER_GRADIENT_H

#include "winogradInputGradient.h"

// Sums of a slice, in floats: they stay in the caches, and are few enough for every thread to have its own.
#define MOST_POINT_SUMS (1 << 19)

typedef struct {
  // Tiles of a block; blocks of the batch.
  int tiles, blocks;
  // Parts of the batch, and slices of the panels of each.
  int parts, slices;
  // Floats of a tile's transformed inputs, for one point; and rows of a panel of sums.
  int depth, rows;
  // Most panels of a slice.
  int panels;
  // Floats from point to point.
  offset input_step, slope_step;
} point_plan;

static point_plan plan_points(const conv_shape *s) {
  point_plan plan = {.depth = round_up(s->in_channels, LANES),
                     .rows = round_up(s->in_channels, TILE_ROWS)};
  const int panels = divide_up(s->out_channels, TILE_COLUMNS);
  const int affordable = MOST_POINT_SUMS / (POINTS * plan.rows * TILE_COLUMNS);
  plan.slices = divide_up(panels, MAX(1, MIN(panels, affordable)));
  plan.panels = divide_up(panels, plan.slices);
  plan.slices = divide_up(panels, plan.panels);
  plan.tiles = block_tiles(plan.depth + plan.panels * TILE_COLUMNS);
  plan.input_step = point_step((offset)plan.tiles * plan.depth);
  plan.slope_step = point_step((offset)plan.tiles * plan.panels * TILE_COLUMNS);
  const offset tiles =
      (offset)s->batch * tiles_along(s->out_height) * tiles_along(s->out_width);
  plan.blocks = (int)((tiles + plan.tiles - 1) / plan.tiles);
  plan.parts = MIN(plan.blocks, GRADIENT_PARTS);
  return plan;
}

static int point_gradient_scratch_bytes(const conv_shape *s) {
  const point_plan plan = plan_points(s);
  const offset blocks = POINTS * (plan.input_step + plan.slope_step) + TILE_ROWS;
  const offset sums = (offset)POINTS * plan.rows * plan.panels * TILE_COLUMNS;
  return (int)(patch_floats(s->in_channels) + blocks + sums) * 4 + 4 * 64;
}

// The slopes of `count` tiles and one panel: to[point][tile][TILE_COLUMNS], `step` floats from point to
// point. They are added to the gradient of the bias.
static void pack_point_slopes(const conv_shape *s, const gather *g, const slopes *from, pixel at,
                              int count, int column, int width, float *to, offset step,
                              float *bias) {
  vfloat sum[2] = {v_splat(0), v_splat(0)};
  for (int i = 0; i < count; i++, to += TILE_COLUMNS) {
    sum[0] += transform_slopes(s, from, at, column, to, step);
    if (width > LANES) sum[1] += transform_slopes(s, from, at, column + LANES, to + LANES, step);
    move_pixel(g, &at, 1);
  }
  for (int half = 0; half < width; half += LANES)
    v_store_part(bias + half, v_load(bias + half) + sum[half / LANES], width - half);
}

// Adds the products of `count` tiles at all points: sums[point][panel][row][TILE_COLUMNS].
static void add_points(const point_plan *plan, const float *inputs, const float *slope, int count,
                       int depth, int columns, float *sums) {
  const int panels = divide_up(columns, TILE_COLUMNS);
  for (int point = 0; point < POINTS; point++)
    for (int panel = 0; panel < panels; panel++) {
      const offset there = (offset)point * plan->panels + panel;
      const float *w = slope + point * plan->slope_step + (offset)panel * plan->tiles * TILE_COLUMNS;
      const float *x = inputs + point * plan->input_step;
      const int is_wide = columns - panel * TILE_COLUMNS > LANES;
      for (int row = 0; row < depth; row += TILE_ROWS) {
        float *to = sums + (there * plan->rows + row) * TILE_COLUMNS;
        tile here;
        load_tile(to, TILE_COLUMNS, TILE_ROWS, TILE_COLUMNS, &here);
        if (is_wide) add_columns(x + row, plan->depth, count, w, 2, &here);
        else add_columns(x + row, plan->depth, count, w, 1, &here);
        store_tile(to, TILE_COLUMNS, TILE_ROWS, TILE_COLUMNS, &here);
      }
    }
}

// The gradient of the filter, for the columns of one slice, from the sums at all points.
static void finish_taps(const conv_shape *s, const point_plan *plan, const float *sums, int first,
                        int last, float *dw) {
  const int c = s->in_channels, k = s->out_channels;
  const offset step = (offset)plan->panels * plan->rows * TILE_COLUMNS;
  for (int row = 0; row < c; row++)
    for (int column = 0; column < last - first; column += LANES) {
      const offset panel = column / TILE_COLUMNS, half = column % TILE_COLUMNS;
      const float *from = sums + (panel * plan->rows + row) * TILE_COLUMNS + half;
      float taps[FILTER_TAPS * FILTER_TAPS * LANES];
      transform_both(points_to_taps, TILE_INPUTS, FILTER_TAPS, from,
                     (steps){TILE_INPUTS * step, step}, taps, (steps){FILTER_TAPS * LANES, LANES});
      UNROLL for (int tap = 0; tap < FILTER_TAPS * FILTER_TAPS; tap++)
        v_store_part(dw + ((offset)tap * c + row) * k + first + column, v_load(taps + tap * LANES),
                     last - first - column);
    }
}

// One part's gradients for one slice of the columns: those of the filter, then those of the bias.
static void part_point_gradient(const conv_shape *s, const point_plan *plan, const float *x,
                                const slopes *from, float *to, void *scratch, int part,
                                int slice) {
  char *cursor = scratch;
  const int k = s->out_channels, columns = plan->panels * TILE_COLUMNS;
  const gather g = tile_grid(s, x);
  float *patch = carve(&cursor, patch_floats(s->in_channels) * sizeof(float));
  float *inputs = carve(&cursor, (POINTS * plan->input_step + TILE_ROWS) * sizeof(float));
  float *packed = carve(&cursor, POINTS * plan->slope_step * sizeof(float));
  float *sums = (float *)cursor, *bias = to + (offset)FILTER_TAPS * FILTER_TAPS * s->in_channels * k;
  const int first = slice * columns, last = MIN(k, first + columns);
  const offset tiles = s->batch * tiles_of_image(&g), blocks = plan->blocks;
  fill_zero(sums, (offset)POINTS * plan->rows * columns);
  fill_zero(bias + first, last - first);
  for (offset i = blocks * part / plan->parts; i < blocks * (part + 1) / plan->parts; i++) {
    const offset start = i * plan->tiles;
    const pixel at = pixel_at(&g, start);
    const int count = (int)MIN((offset)plan->tiles, tiles - start);
    transform_inputs(s, &g, at, count, patch, inputs, plan->depth, plan->input_step);
    for (int column = first; column < last; column += TILE_COLUMNS)
      pack_point_slopes(s, &g, from, at, count, column, MIN(TILE_COLUMNS, last - column),
                        packed + (offset)(column - first) * plan->tiles, plan->slope_step,
                        bias + column);
    add_points(plan, inputs, packed, count, s->in_channels, last - first, sums);
  }
  finish_taps(s, plan, sums, first, last, to);
}

#endif
