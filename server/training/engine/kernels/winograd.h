// Convolutions with filters of 3x3 at stride 1, by minimal filtering F(2x2, 3x3): Winograd's, as in
// Lavin and Gray, "Fast algorithms for convolutional neural networks", 2016.
//
// A tile is 2x2 outputs, which see 4x4 inputs. Inputs and filter are transformed to 16 points each, where
// the convolution is one product of matrices a point: 16 multiplications instead of 36, for a few
// additions. The transforms only add and halve, so results are as near to the true ones as those of
// the direct sums. What is not finite shows in all outputs of its tiles.
#ifndef LIGHTBENCH_WINOGRAD_H
#define LIGHTBENCH_WINOGRAD_H

#include "product.h"

#define TILE_OUTPUTS 2
#define TILE_INPUTS 4
#define POINTS (TILE_INPUTS * TILE_INPUTS)
// Fewer channels do not pay for the transforms.
#define WINOGRAD_CHANNELS 16
// Tiles of a block, and the floats of a block, which stay in the caches.
#define MOST_BLOCK_TILES 96
#define BLOCK_FLOATS 131072

// The tiles that cover one side of the outputs.
static inline int tiles_along(int outputs) { return divide_up(outputs, TILE_OUTPUTS); }

// Whether a convolution is worth transforming, also with regard to the outputs that tiles compute in
// vain at the edges.
static int is_winograd(const conv_shape *s) {
  const int is_plain = s->filter_height == 3 && s->filter_width == 3 && s->stride_y == 1 &&
                       s->stride_x == 1 && s->dilation_y == 1 && s->dilation_x == 1;
  const int tiles = tiles_along(s->out_height) * tiles_along(s->out_width);
  return is_plain && MIN(s->in_channels, s->out_channels) >= WINOGRAD_CHANNELS &&
         POINTS * tiles < 6 * s->out_height * s->out_width;
}

// The convolution that gives the gradient of the inputs, of a filter that is turned over.
static conv_shape turned_over(const conv_shape *s) {
  conv_shape turned = *s;
  turned.in_height = s->out_height, turned.in_width = s->out_width;
  turned.in_channels = s->out_channels;
  turned.out_height = s->in_height, turned.out_width = s->in_width;
  turned.out_channels = s->in_channels;
  turned.pad_top = s->filter_height - 1 - s->pad_top;
  turned.pad_left = s->filter_width - 1 - s->pad_left;
  return turned;
}

// Floats from point to point, for so many of one: never a multiple of a page, whose lines would drive one
// another out of the cache.
static inline offset point_step(offset floats) { return floats + 64 / sizeof(float); }

// Tiles of a block for rows of so many floats a tile and point.
static int block_tiles(int floats) {
  const int tiles = MIN(MOST_BLOCK_TILES, BLOCK_FLOATS / (POINTS * floats));
  return round_up(MAX(tiles, 2 * TILE_ROWS), TILE_ROWS);
}

// Where the tiles, as pixels of a grid, find their inputs.
static gather tile_gather(const conv_shape *s, const float *x, int *tap_y, int *tap_x) {
  for (int i = 0; i < POINTS; i++) {
    tap_y[i] = i / TILE_INPUTS - s->pad_top;
    tap_x[i] = i % TILE_INPUTS - s->pad_left;
  }
  return (gather){.source = x,
                  .height = s->in_height,
                  .width = s->in_width,
                  .depth = s->in_channels,
                  .grid_height = tiles_along(s->out_height),
                  .grid_width = tiles_along(s->out_width),
                  .step_y = TILE_OUTPUTS,
                  .step_x = TILE_OUTPUTS,
                  .taps = POINTS,
                  .tap_y = tap_y,
                  .tap_x = tap_x,
                  .run = TILE_INPUTS};
}

static inline offset tiles_of_image(const gather *g) {
  return (offset)g->grid_height * g->grid_width;
}

// ---- transforms ----

// The inputs of one tile, whose 16 rows are TILE_ROWS addresses apart, to points `step` apart.
static inline void transform_tile(const float *const *rows, int depth, float *to, offset step) {
  for (int d = 0; d < depth; d += LANES) {
    vfloat t[POINTS];
    UNROLL for (int i = 0; i < POINTS; i += TILE_INPUTS) {
      const vfloat x0 = v_load(rows[i * TILE_ROWS] + d);
      const vfloat x1 = v_load(rows[(i + 1) * TILE_ROWS] + d);
      const vfloat x2 = v_load(rows[(i + 2) * TILE_ROWS] + d);
      const vfloat x3 = v_load(rows[(i + 3) * TILE_ROWS] + d);
      t[i] = x0 - x2, t[i + 1] = x1 + x2, t[i + 2] = x2 - x1, t[i + 3] = x1 - x3;
    }
    UNROLL for (int j = 0; j < TILE_INPUTS; j++) {
      const vfloat x0 = t[j], x1 = t[4 + j], x2 = t[8 + j], x3 = t[12 + j];
      v_store(to + j * step + d, x0 - x2);
      v_store(to + (4 + j) * step + d, x1 + x2);
      v_store(to + (8 + j) * step + d, x2 - x1);
      v_store(to + (12 + j) * step + d, x1 - x3);
    }
  }
}

// The inputs of `count` tiles: to[point][tile][stride], with `step` from point to point. The last tile is
// repeated up to a full register tile.
static void transform_inputs(const gather *g, pixel at, int count, const float *zeros, float *to,
                             int stride, offset step) {
  const float *rows[POINTS * TILE_ROWS];
  for (int i = 0; i < count; i += TILE_ROWS) {
    windows of;
    find_windows(g, &at, MIN(TILE_ROWS, count - i), &of);
    point_rows(g, &of, 1, zeros, rows);
    for (int j = 0; j < TILE_ROWS; j++)
      transform_tile(rows + j, g->depth, to + (offset)(i + j) * stride, step);
  }
}

// Three taps to four points.
#define TRANSFORM_TAPS(g0, g1, g2, to, at, step)                      \
  do {                                                                \
    const vfloat outer = v_splat(0.5f) * ((g0) + (g2)), middle = v_splat(0.5f) * (g1); \
    to[at] = g0, to[at + step] = outer + middle;                      \
    to[at + 2 * step] = outer - middle, to[at + 3 * step] = g2;       \
  } while (0)

// Nine taps to 16 points.
static inline void transform_taps(const vfloat *g, vfloat *points) {
  vfloat t[4 * 3];
  UNROLL for (int j = 0; j < 3; j++) TRANSFORM_TAPS(g[j], g[3 + j], g[6 + j], t, j, 3);
  UNROLL for (int i = 0; i < 4; i++)
    TRANSFORM_TAPS(t[3 * i], t[3 * i + 1], t[3 * i + 2], points, 4 * i, 1);
}

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
        vfloat taps[9], points[POINTS];
        UNROLL for (int tap = 0; tap < 9; tap++) {
          const float *weight = from + tap * tap_stride + row * row_stride + column * column_stride;
          taps[tap] = load_strided(weight, column_stride, columns - column);
        }
        transform_taps(taps, points);
        UNROLL for (int point = 0; point < POINTS; point++)
          v_store(to + point * step, points[point]);
      }
}

// ---- the convolution ----

// A block of tiles, transformed: inputs[point][tile][depth] and products[point][tile][columns], where depth
// and columns are whole vectors.
typedef struct {
  int tiles, depth, columns;
  offset input_step, product_step;
  float *inputs, *products;
} tile_block;

static tile_block plan_block(const conv_shape *s) {
  tile_block block = {.depth = round_up(s->in_channels, LANES),
                      .columns = round_up(s->out_channels, LANES)};
  block.tiles = block_tiles(block.depth + block.columns);
  block.input_step = point_step((offset)block.tiles * block.depth);
  block.product_step = point_step((offset)block.tiles * block.columns);
  return block;
}

static int winograd_scratch_bytes(const conv_shape *s) {
  const tile_block block = plan_block(s);
  const offset floats = POINTS * (block.input_step + block.product_step) + block.depth;
  return (int)(2 * POINTS + floats) * 4 + 5 * 64;
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

// One vector of the four outputs of a tile, from its points.
static inline void transform_outputs(const float *points, offset step, vfloat *outputs) {
  vfloat t[2 * TILE_INPUTS];
  UNROLL for (int j = 0; j < TILE_INPUTS; j++) {
    const vfloat m0 = v_load(points + j * step), m1 = v_load(points + (4 + j) * step);
    const vfloat m2 = v_load(points + (8 + j) * step), m3 = v_load(points + (12 + j) * step);
    t[j] = m0 + m1 + m2, t[4 + j] = m1 - m2 - m3;
  }
  UNROLL for (int i = 0; i < 2; i++) {
    const vfloat m0 = t[4 * i], m1 = t[4 * i + 1], m2 = t[4 * i + 2], m3 = t[4 * i + 3];
    outputs[2 * i] = m0 + m1 + m2, outputs[2 * i + 1] = m1 - m2 - m3;
  }
}

// Stores the outputs of one tile, whose products begin at `points`.
static inline void finish_outputs(const conv_shape *s, const tile_block *block, pixel at,
                                  const float *points, const float *bias, int relu, float *y) {
  const int k = s->out_channels, top = at.y * TILE_OUTPUTS, left = at.x * TILE_OUTPUTS;
  const int rows = MIN(TILE_OUTPUTS, s->out_height - top);
  const int columns = MIN(TILE_OUTPUTS, s->out_width - left);
  const offset row = (offset)s->out_width * k;
  float *to = y + ((offset)at.image * s->out_height + top) * row + (offset)left * k;
  for (int column = 0; column < k; column += LANES) {
    vfloat outputs[TILE_OUTPUTS * TILE_OUTPUTS];
    transform_outputs(points + column, block->product_step, outputs);
    const vfloat first = bias ? v_load(bias + column) : v_splat(0);
    UNROLL for (int i = 0; i < TILE_OUTPUTS * TILE_OUTPUTS; i++) {
      if (i / TILE_OUTPUTS >= rows || i % TILE_OUTPUTS >= columns) continue;
      const vfloat value = relu ? v_relu(outputs[i] + first) : outputs[i] + first;
      v_store_part(to + (i / TILE_OUTPUTS) * row + (i % TILE_OUTPUTS) * k + column, value,
                   k - column);
    }
  }
}

// y = x * filter + bias, followed by a ReLU if asked; the filter is packed as points. Range: images.
static void winograd(const conv_shape *s, const float *x, const float *packed, const float *bias,
                     int relu, float *y, void *scratch, int first, int last) {
  char *cursor = scratch;
  int *tap_y = carve(&cursor, POINTS * sizeof(int)), *tap_x = carve(&cursor, POINTS * sizeof(int));
  const gather g = tile_gather(s, x, tap_y, tap_x);
  tile_block block = plan_block(s);
  float *zeros = carve(&cursor, block.depth * sizeof(float));
  block.inputs = carve(&cursor, POINTS * block.input_step * sizeof(float));
  block.products = (float *)cursor;
  fill_zero(zeros, block.depth);
  const offset end = last * tiles_of_image(&g);
  for (offset start = first * tiles_of_image(&g); start < end; start += block.tiles) {
    const int count = (int)MIN((offset)block.tiles, end - start);
    pixel at = pixel_at(&g, start);
    transform_inputs(&g, at, count, zeros, block.inputs, block.depth, block.input_step);
    multiply_points(&block, count, packed, s->in_channels);
    for (int i = 0; i < count; i++) {
      finish_outputs(s, &block, at, block.products + (offset)i * block.columns, bias, relu, y);
      move_pixel(&g, &at, 1);
    }
  }
}

#endif
