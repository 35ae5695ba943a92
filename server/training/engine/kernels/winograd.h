// Convolutions with filters of 3x3 at stride 1, by minimal filtering: a product of matrices for each of
// the points of winogradTransforms.h. What is not finite shows in all outputs of its tiles.
#ifndef LIGHTBENCH_WINOGRAD_H
#define LIGHTBENCH_WINOGRAD_H

#include "product.h"
#include "winogradTransforms.h"

// Fewer channels do not pay for the transforms.
#define WINOGRAD_CHANNELS 16
// Tiles of a block, and the floats of a block, which stay in the caches.
#define MOST_BLOCK_TILES 96
#define BLOCK_FLOATS 131072

// The tiles that cover one side of the outputs.
static inline int tiles_along(int outputs) { return divide_up(outputs, TILE_OUTPUTS); }

static inline int tiles_of(const conv_shape *s) {
  return tiles_along(s->out_height) * tiles_along(s->out_width);
}

// Whether a convolution is worth transforming, also with regard to the outputs that tiles compute in
// vain at the edges.
static int is_winograd(const conv_shape *s) {
  const int is_plain = s->filter_height == FILTER_TAPS && s->filter_width == FILTER_TAPS &&
                       s->stride_y == 1 && s->stride_x == 1 && s->dilation_y == 1 &&
                       s->dilation_x == 1;
  return is_plain && MIN(s->in_channels, s->out_channels) >= WINOGRAD_CHANNELS &&
         POINTS * tiles_of(s) < 6 * s->out_height * s->out_width;
}

// Floats from point to point, for so many of one: never a multiple of a page, whose lines would drive one
// another out of the cache.
static inline offset point_step(offset floats) { return floats + 64 / sizeof(float); }

// Tiles of a block for rows of so many floats a tile and point.
static int block_tiles(int floats) {
  const int tiles = MIN(MOST_BLOCK_TILES, BLOCK_FLOATS / (POINTS * floats));
  return round_up(MAX(tiles, 2 * TILE_ROWS), TILE_ROWS);
}

// The tiles of all images, as the pixels of a grid over the inputs.
static gather tile_grid(const conv_shape *s, const float *x) {
  return (gather){.source = x,
                  .height = s->in_height,
                  .width = s->in_width,
                  .depth = s->in_channels,
                  .grid_height = tiles_along(s->out_height),
                  .grid_width = tiles_along(s->out_width),
                  .step_y = TILE_OUTPUTS,
                  .step_x = TILE_OUTPUTS};
}

static inline offset tiles_of_image(const gather *g) {
  return (offset)g->grid_height * g->grid_width;
}

// ---- inputs ----

// Floats of a copy of a tile's inputs; the last vector reaches over the end.
static inline int patch_floats(int depth) { return POINTS * depth + LANES; }

// Copies the inputs of a tile at an edge, [row][column][depth], with zeros for the padding.
static void copy_tile(const gather *g, const float *image, int top, int left, float *patch) {
  const int depth = g->depth;
  for (int i = 0; i < TILE_INPUTS; i++)
    for (int j = 0; j < TILE_INPUTS; j++, patch += depth) {
      const int y = top + i, x = left + j;
      const int is_inside = (unsigned)y < (unsigned)g->height && (unsigned)x < (unsigned)g->width;
      const float *from = image + ((offset)y * g->width + x) * depth;
      for (int d = 0; d < depth; d += LANES)
        v_store(patch + d, is_inside ? v_load(from + d) : v_splat(0));
    }
}

// Where the inputs that a tile sees begin, and whether all of them lie in the image.
typedef struct {
  int top, left, is_whole;
} tile_inputs;

static inline tile_inputs inputs_of_tile(const conv_shape *s, pixel at) {
  const int top = at.y * TILE_OUTPUTS - s->pad_top, left = at.x * TILE_OUTPUTS - s->pad_left;
  return (tile_inputs){top, left,
                       top >= 0 && left >= 0 && top + TILE_INPUTS <= s->in_height &&
                           left + TILE_INPUTS <= s->in_width};
}

// The inputs of a tile, whose rows are *row floats apart: in the image, or copied to the patch.
static inline const float *find_tile(const conv_shape *s, const gather *g, pixel at, float *patch,
                                     offset *row) {
  const tile_inputs seen = inputs_of_tile(s, at);
  const offset width = (offset)g->width * g->depth;
  const float *image = g->source + at.image * g->height * width;
  if (seen.is_whole) {
    *row = width;
    return image + seen.top * width + (offset)seen.left * g->depth;
  }
  copy_tile(g, image, seen.top, seen.left, patch);
  *row = (offset)TILE_INPUTS * g->depth;
  return patch;
}

// The inputs of one tile to points `step` apart.
static inline void transform_tile(const float *x, offset row, int depth, float *to, offset step) {
  for (int d = 0; d < depth; d += LANES)
    transform_both(inputs_to_points, TILE_INPUTS, TILE_INPUTS, x + d, (steps){row, depth}, to + d,
                   (steps){TILE_INPUTS * step, step});
}

// The inputs of `count` tiles: to[point][tile][stride], with `step` from point to point.
static void transform_inputs(const conv_shape *s, const gather *g, pixel at, int count,
                             float *patch, float *to, int stride, offset step) {
  for (int i = 0; i < count; i++, to += stride) {
    offset row;
    const float *x = find_tile(s, g, at, patch, &row);
    transform_tile(x, row, g->depth, to, step);
    move_pixel(g, &at, 1);
  }
}

// ---- filter ----

// The first `count` of one vector of weights that are `stride` apart.
static inline vfloat load_strided(const float *from, offset stride, int count) {
  if (stride == 1 && count >= LANES) return v_load(from);
  vfloat values = v_splat(0);
  for (int i = 0; i < MIN(count, LANES); i++) values[i] = from[i * stride];
  return values;
}

// Packs weights [tap][row][column] with any strides into panels [panel][point][row][TILE_COLUMNS].
// The range is in panels.
static void pack_points(const float *from, int rows, int columns, offset tap_stride,
                        offset row_stride, offset column_stride, float *packed, int first,
                        int last) {
  const offset step = (offset)rows * TILE_COLUMNS;
  for (int panel = first; panel < last; panel++)
    for (int row = 0; row < rows; row++)
      for (int half = 0; half < TILE_COLUMNS; half += LANES) {
        const int column = panel * TILE_COLUMNS + half;
        float *to = packed + panel * POINTS * step + row * TILE_COLUMNS + half;
        float taps[FILTER_TAPS * FILTER_TAPS * LANES];
        UNROLL for (int tap = 0; tap < FILTER_TAPS * FILTER_TAPS; tap++) {
          const float *weight = from + tap * tap_stride + row * row_stride + column * column_stride;
          v_store(taps + tap * LANES, load_strided(weight, column_stride, columns - column));
        }
        transform_both(taps_to_points, FILTER_TAPS, TILE_INPUTS, taps,
                       (steps){FILTER_TAPS * LANES, LANES}, to, (steps){TILE_INPUTS * step, step});
      }
}

// ---- the convolution ----

// A block of tiles, transformed: inputs[point][tile][depth] and products[point][tile][columns], where depth
// and columns are whole vectors. Rows after the last tile hold what was there before.
typedef struct {
  int tiles, depth, columns;
  offset input_step, product_step;
  float *inputs, *products;
} tile_block;

static tile_block plan_block(int depth, int columns) {
  tile_block block = {.depth = round_up(depth, LANES), .columns = round_up(columns, LANES)};
  block.tiles = block_tiles(block.depth + block.columns);
  block.input_step = point_step((offset)block.tiles * block.depth);
  block.product_step = point_step((offset)block.tiles * block.columns);
  return block;
}

static tile_block carve_block(int depth, int columns, char **cursor) {
  tile_block block = plan_block(depth, columns);
  block.inputs = carve(cursor, POINTS * block.input_step * sizeof(float));
  block.products = carve(cursor, POINTS * block.product_step * sizeof(float));
  return block;
}

// For a convolution, and for the adjoint of one, where depth and columns are exchanged.
static int winograd_scratch_bytes(const conv_shape *s) {
  const tile_block there = plan_block(s->in_channels, s->out_channels);
  const tile_block back = plan_block(s->out_channels, s->in_channels);
  const offset floats = POINTS * MAX(there.input_step + there.product_step,
                                     back.input_step + back.product_step);
  return (int)(floats + patch_floats(s->in_channels)) * 4 + 3 * 64;
}

// One product of matrices a point, for `count` tiles.
static void multiply_points(const tile_block *block, int count, const float *packed, int depth) {
  const int none = 0;
  const offset panel_stride = (offset)depth * TILE_COLUMNS;
  for (int point = 0; point < POINTS; point++)
    for (int column = 0; column < block->columns; column += TILE_COLUMNS) {
      const float *panel = packed + ((offset)(column / TILE_COLUMNS) * POINTS + point) * panel_stride;
      for (int i = 0; i < count; i += TILE_ROWS) {
        const float *x = block->inputs + point * block->input_step + (offset)i * block->depth;
        float *y = block->products + point * block->product_step + (offset)i * block->columns + column;
        const float *rows[TILE_ROWS];
        tile sums;
        UNROLL for (int j = 0; j < TILE_ROWS; j++) {
          rows[j] = x + (offset)j * block->depth;
          sums.low[j] = sums.high[j] = v_splat(0);
        }
        const int width = block->columns - column;
        if (width > LANES) add_rows(rows, 1, depth, panel, &none, 0, 2, &sums);
        else add_rows(rows, 1, depth, panel, &none, 0, 1, &sums);
        UNROLL for (int j = 0; j < TILE_ROWS; j++) {
          v_store(y + (offset)j * block->columns, sums.low[j]);
          if (width > LANES) v_store(y + (offset)j * block->columns + LANES, sums.high[j]);
        }
      }
    }
}

// Stores the outputs of one tile, whose products begin at `products`.
static inline void finish_outputs(const conv_shape *s, const tile_block *block, pixel at,
                                  const float *products, const float *bias, int relu, float *y) {
  const int k = s->out_channels, top = at.y * TILE_OUTPUTS, left = at.x * TILE_OUTPUTS;
  const int rows = MIN(TILE_OUTPUTS, s->out_height - top);
  const int columns = MIN(TILE_OUTPUTS, s->out_width - left);
  const offset row = (offset)s->out_width * k;
  float *to = y + ((offset)at.image * s->out_height + top) * row + (offset)left * k;
  for (int column = 0; column < k; column += LANES) {
    float outputs[TILE_OUTPUTS * TILE_OUTPUTS * LANES];
    transform_both(points_to_outputs, TILE_INPUTS, TILE_OUTPUTS, products + column,
                   (steps){TILE_INPUTS * block->product_step, block->product_step}, outputs,
                   (steps){TILE_OUTPUTS * LANES, LANES});
    const vfloat first = bias ? v_load(bias + column) : v_splat(0);
    UNROLL for (int i = 0; i < TILE_OUTPUTS * TILE_OUTPUTS; i++) {
      if (i / TILE_OUTPUTS >= rows || i % TILE_OUTPUTS >= columns) continue;
      const vfloat sum = v_load(outputs + i * LANES) + first, value = relu ? v_relu(sum) : sum;
      v_store_part(to + (i / TILE_OUTPUTS) * row + (i % TILE_OUTPUTS) * k + column, value,
                   k - column);
    }
  }
}

// y = x * filter + bias, followed by a ReLU if asked; the filter is packed as points. Range: images.
static void winograd(const conv_shape *s, const float *x, const float *packed, const float *bias,
                     int relu, float *y, void *scratch, int first, int last) {
  char *cursor = scratch;
  const gather g = tile_grid(s, x);
  const tile_block block = carve_block(s->in_channels, s->out_channels, &cursor);
  float *patch = (float *)cursor;
  const offset end = last * tiles_of_image(&g);
  for (offset start = first * tiles_of_image(&g); start < end; start += block.tiles) {
    const int count = (int)MIN((offset)block.tiles, end - start);
    pixel at = pixel_at(&g, start);
    transform_inputs(s, &g, at, count, patch, block.inputs, block.depth, block.input_step);
    multiply_points(&block, count, packed, s->in_channels);
    for (int i = 0; i < count; i++) {
      finish_outputs(s, &block, at, block.products + (offset)i * block.columns, bias, relu, y);
      move_pixel(&g, &at, 1);
    }
  }
}

#endif
