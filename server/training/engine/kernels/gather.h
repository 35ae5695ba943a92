// Where the pixels of a grid find the rows of values that a convolution multiplies.
#ifndef LIGHTBENCH_GATHER_H
#define LIGHTBENCH_GATHER_H

#include "tile.h"

// Pixel (y, x) of the grid has its taps at (y * step_y + tap_y, x * step_x + tap_x) of the source.
typedef struct {
  const float *source;
  int height, width, depth;
  int grid_height, grid_width;
  int step_y, step_x;
  int taps;
  const int *tap_y, *tap_x;
  // So many taps, from every multiple of this number on, are neighbours in a row of the source,
  // from the left to the right; all these runs begin and end in the same columns.
  int run;
} gather;

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

typedef struct {
  int image, y, x;
} pixel;

static inline pixel pixel_at(const gather *g, offset index) {
  offset row = index / g->grid_width;
  return (pixel){(int)(row / g->grid_height), (int)(row % g->grid_height),
                 (int)(index % g->grid_width)};
}

// Moves on by some pixels of one row, or to the begin of the next.
static inline void move_pixel(const gather *g, pixel *p, int by) {
  p->x += by;
  if (p->x < g->grid_width) return;
  p->x = 0;
  if (++p->y < g->grid_height) return;
  p->y = 0;
  p->image++;
}

// Where the taps of some pixels begin: their place in the source, and its offset.
typedef struct {
  int y[TILE_ROWS], x[TILE_ROWS];
  offset start[TILE_ROWS];
} windows;

static inline offset source_offset(const gather *g, pixel p) {
  const offset row = (offset)p.image * g->height + p.y * g->step_y;
  return (row * g->width + p.x * g->step_x) * g->depth;
}

// The windows of a tile of `count` pixels, repeating the last; moves the pixel on.
static inline void find_windows(const gather *g, pixel *at, int count, windows *w) {
  if (count == TILE_ROWS && at->x + TILE_ROWS <= g->grid_width) {
    const int y = at->y * g->step_y, x = at->x * g->step_x, step = g->step_x * g->depth;
    const offset start = source_offset(g, *at);
    for (int i = 0; i < TILE_ROWS; i++) {
      w->y[i] = y;
      w->x[i] = x + i * g->step_x;
      w->start[i] = start + i * step;
    }
    move_pixel(g, at, TILE_ROWS);
    return;
  }
  for (int i = 0; i < TILE_ROWS; i++) {
    w->y[i] = at->y * g->step_y;
    w->x[i] = at->x * g->step_x;
    w->start[i] = source_offset(g, *at);
    if (i + 1 < count) move_pixel(g, at, 1);
  }
  move_pixel(g, at, 1);
}

// Whether no edge of the source cuts the runs of these pixels: each can be read as one long row.
static inline int has_whole_runs(const gather *g, const windows *w) {
  const int left = g->tap_x[0], right = g->tap_x[g->run - 1];
  int whole = g->run > 1;
  for (int i = 0; i < TILE_ROWS; i++) whole &= w->x[i] + left >= 0 && w->x[i] + right < g->width;
  return whole;
}

// Notes the addresses of the rows of a tile, [tap][TILE_ROWS], for one tap of `step`. A row of
// zeros stands for the padding.
static inline void point_rows(const gather *g, const windows *w, int step, const float *zeros,
                              const float **rows) {
  for (int tap = 0; tap < g->taps; tap += step, rows += TILE_ROWS) {
    const int y = g->tap_y[tap], x = g->tap_x[tap];
    const offset shift = ((offset)y * g->width + x) * g->depth;
    for (int i = 0; i < TILE_ROWS; i++) {
      const int inside = (unsigned)(w->y[i] + y) < (unsigned)g->height &
                         (unsigned)(w->x[i] + x) < (unsigned)g->width;
      rows[i] = inside ? g->source + (w->start[i] + shift) : zeros;
    }
  }
}

#endif
