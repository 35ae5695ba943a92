// The product that convolutions, their input gradients and matrix products share:
//
//   target[pixel, column] = bias[column] + sum over taps t and depth d of
//                           source[row(pixel, t), d] * weights[t, d, column]
//
// The rows of the source are read where they are, through a table of their addresses, for a block
// of tiles that is multiplied with one panel after the other: panel and rows should stay in the
// caches.
#ifndef LIGHTBENCH_PRODUCT_H
#define LIGHTBENCH_PRODUCT_H

#include "gather.h"

#define BLOCK_TILES 16
#define BLOCK_ROWS (BLOCK_TILES * TILE_ROWS)

// Where the results of a grid go, in elements.
typedef struct {
  float *start;
  offset image_stride, row_stride, pixel_stride;
  int columns;
} target;

// Packed weights: tap t of this product begins at tap_offset[t] within a panel.
typedef struct {
  const float *packed;
  offset panel_stride;
  const int *tap_offset;
  const float *bias;
  int relu;
} weights;

// The rows of one tile: addresses [tap][TILE_ROWS] of `depth` values, each for `step` taps.
typedef struct {
  const float *const *rows;
  int taps, depth, step;
} tile_rows;

// The bias, where the sums of a tile begin.
static inline void begin_tile(const weights *w, int column, int width, tile *sums) {
  vfloat low = v_splat(0), high = v_splat(0);
  if (w->bias) {
    low = v_load(w->bias + column);
    // A second vector that begins past the last bias is not there to be read.
    if (width > LANES) high = v_load(w->bias + column + LANES);
  }
  UNROLL for (int i = 0; i < TILE_ROWS; i++) sums->low[i] = low, sums->high[i] = high;
}

// Stores a tile of `count` rows by `width` columns.
static inline void finish_tile(const weights *w, tile *sums, float *const *targets, int column,
                               int count, int width) {
  if (w->relu) {
    UNROLL for (int i = 0; i < TILE_ROWS; i++) {
      sums->low[i] = v_relu(sums->low[i]);
      sums->high[i] = v_relu(sums->high[i]);
    }
  }
  if (count >= TILE_ROWS && width == TILE_COLUMNS) {
    UNROLL for (int i = 0; i < TILE_ROWS; i++)
      store_row(targets[i] + column, sums, i, TILE_COLUMNS);
    return;
  }
  UNROLL for (int i = 0; i < TILE_ROWS; i++) {
    if (i < count) store_row(targets[i] + column, sums, i, width);
  }
}

// Computes and stores one tile of `count` rows by the columns of one panel.
static inline void product_tile(const tile_rows *x, const weights *w, int panel,
                                float *const *targets, int count, int columns) {
  const int column = panel * TILE_COLUMNS, width = MIN(TILE_COLUMNS, columns - column);
  const float *from = w->packed + panel * w->panel_stride;
  tile sums;
  begin_tile(w, column, width, &sums);
  if (width > LANES) add_rows(x->rows, x->taps, x->depth, from, w->tap_offset, x->step, 2, &sums);
  else add_rows(x->rows, x->taps, x->depth, from, w->tap_offset, x->step, 1, &sums);
  finish_tile(w, &sums, targets, column, count, width);
}

// Multiplies a block of tiles, `count` rows, with all panels.
static void product_block(const tile_rows *tiles, int count, const weights *w,
                          float *const *targets, int columns) {
  for (int panel = 0; panel * TILE_COLUMNS < columns; panel++)
    for (int i = 0; i < count; i += TILE_ROWS)
      product_tile(&tiles[i / TILE_ROWS], w, panel, targets + i, count - i, columns);
}

static size_t product_scratch_bytes(int taps, int run, int depth) {
  const size_t rows = (size_t)BLOCK_ROWS * taps * sizeof(float *);
  return rows + (size_t)run * depth * sizeof(float) + 4 * 64;
}

// Where the results of `count` pixels go, from a pixel on.
static inline void find_targets(const gather *g, const target *t, pixel at, int count,
                                float **targets) {
  for (int i = 0; i < count;) {
    float *to = t->start + at.image * t->image_stride + at.y * t->row_stride +
                at.x * t->pixel_stride;
    const int pixels = MIN(count - i, g->grid_width - at.x);
    for (int j = 0; j < pixels; j++) targets[i + j] = to + j * t->pixel_stride;
    move_pixel(g, &at, pixels);
    i += pixels;
  }
}

// The whole product for pixels [first, last) of the grid, counted through all images.
static void gather_product(const gather *g, const weights *w, const target *t, void *scratch,
                           offset first, offset last) {
  char *cursor = scratch;
  const int longest = g->run * g->depth;
  float *zeros = carve(&cursor, (size_t)longest * sizeof(float)), *targets[BLOCK_ROWS];
  const float **rows = (const float **)cursor;
  tile_rows tiles[BLOCK_TILES];
  fill_zero(zeros, longest);
  for (offset start = first; start < last; start += BLOCK_ROWS) {
    const int count = (int)MIN((offset)BLOCK_ROWS, last - start);
    pixel at = pixel_at(g, start);
    find_targets(g, t, at, count, targets);
    for (int i = 0; i < count; i += TILE_ROWS) {
      const float **these = rows + (offset)i * g->taps;
      windows of;
      find_windows(g, &at, MIN(TILE_ROWS, count - i), &of);
      const int step = has_whole_runs(g, &of) ? g->run : 1;
      point_rows(g, &of, step, zeros, these);
      tiles[i / TILE_ROWS] = (tile_rows){these, g->taps / step, g->depth * step, step};
    }
    product_block(tiles, count, w, targets, t->columns);
  }
}

#endif
