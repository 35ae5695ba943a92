// What gradients of filters share: the slopes they are made of, and tiles of sums in memory.
#ifndef LIGHTBENCH_SLOPES_H
#define LIGHTBENCH_SLOPES_H

#include "tile.h"

// Parts of the batch that are summed on their own.
#define GRADIENT_PARTS 16

// What the gradients are made of: dy or, where y is given, the part of it that came through the
// ReLU at y.
typedef struct {
  const float *dy, *y;
  int columns;
} slopes;

// One vector of slopes; `is_masked` is whether y is given.
static inline vfloat slope_at(const slopes *from, int is_masked, offset at) {
  const vfloat slope = v_load(from->dy + at);
  return is_masked ? v_select(v_load(from->y + at) <= v_splat(0), v_splat(0), slope) : slope;
}

static inline void load_tile(const float *from, offset stride, int rows, int width, tile *sums) {
  UNROLL for (int i = 0; i < TILE_ROWS; i++) {
    const float *p = from + MIN(i, rows - 1) * stride;
    sums->low[i] = v_load(p);
    sums->high[i] = width > LANES ? v_load(p + LANES) : sums->low[i];
  }
}

static inline void store_tile(float *to, offset stride, int rows, int width, const tile *sums) {
  if (rows == TILE_ROWS && width == TILE_COLUMNS) {
    UNROLL for (int i = 0; i < TILE_ROWS; i++) store_row(to + i * stride, sums, i, TILE_COLUMNS);
    return;
  }
  UNROLL for (int i = 0; i < TILE_ROWS; i++) {
    if (i < rows) store_row(to + i * stride, sums, i, width);
  }
}

#endif
