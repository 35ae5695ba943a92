// Patches: the rows of values under all taps of a pixel, copied side by side.
#ifndef LIGHTBENCH_PATCHES_H
#define LIGHTBENCH_PATCHES_H

#include "gather.h"

// Copies `length` values for each of `count` pixels, as whole vectors: the last reaches over the
// end.
static inline void copy_rows(const float *from, int step, int count, int length, float *to,
                             int stride) {
  for (int i = 0; i < count; i++, from += step, to += stride)
    for (int d = 0; d < length; d += LANES) v_store(to + d, v_load(from + d));
}

// Copies what lies under one run of taps for one pixel, some of whose taps lie beside the source.
static inline void copy_cut_run(const gather *g, const float *row, int x, const float *zeros,
                                float *to) {
  for (int j = 0; j < g->run; j++, to += g->depth) {
    const int inside = x + j >= 0 && x + j < g->width;
    copy_rows(inside ? row + (offset)(x + j) * g->depth : zeros, 0, 1, g->depth, to, 0);
  }
}

// Copies what lies under one run of taps for `count` pixels of a row. Vectors reach over the end;
// what follows is written later or never read.
static void gather_run(const gather *g, pixel at, int count, int tap, const float *zeros,
                       float *to, int stride) {
  const int y = at.y * g->step_y + g->tap_y[tap], x = at.x * g->step_x + g->tap_x[tap];
  const int length = g->run * g->depth, step = g->step_x * g->depth;
  if (y < 0 || y >= g->height) {
    copy_rows(zeros, 0, count, length, to, stride);
    return;
  }
  const float *row = g->source + ((offset)at.image * g->height + y) * g->width * g->depth;
  // The pixels whose runs are whole.
  const int first = MIN(count, MAX(0, divide_up(-x, g->step_x)));
  const int end = MAX(first, MIN(count, divide_up(g->width - g->run + 1 - x, g->step_x)));
  for (int i = 0; i < first; i++)
    copy_cut_run(g, row, x + i * g->step_x, zeros, to + (offset)i * stride);
  const float *whole = row + ((offset)x + first * g->step_x) * g->depth;
  float *there = to + (offset)first * stride;
  // Short runs are common, and a loop over one vector is slow.
  if (length <= LANES) copy_rows(whole, step, end - first, LANES, there, stride);
  else copy_rows(whole, step, end - first, length, there, stride);
  for (int i = end; i < count; i++)
    copy_cut_run(g, row, x + i * g->step_x, zeros, to + (offset)i * stride);
}

// Copies the rows of every pixel of a block side by side: patches[pixel * stride].
static void gather_patches(const gather *g, pixel at, int count, const float *zeros,
                           float *patches, int stride) {
  while (count > 0) {
    const int pixels = MIN(count, g->grid_width - at.x);
    for (int tap = 0; tap < g->taps; tap += g->run)
      gather_run(g, at, pixels, tap, zeros, patches + tap * g->depth, stride);
    move_pixel(g, &at, pixels);
    patches += (offset)pixels * stride;
    count -= pixels;
  }
}

#endif
