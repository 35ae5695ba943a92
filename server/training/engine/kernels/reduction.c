// Sums, means and maxima over one axis of [outer, reduced, inner], and softmax over the last axis.
// Sums run over blocks in single precision, and over the blocks in double precision, always in the
// same order: results are close to exact and the same for any division of the work.
#include "vmath.h"

#define SUM_BLOCK 64
#define STRIP 1024

// ---- inner = 1: along rows. Range: rows ----

static double sum_row(const float *x, offset count) {
  double total = 0;
  offset i = 0;
  while (i + LANES <= count) {
    const offset end = MIN(i + SUM_BLOCK * LANES, count - count % LANES);
    vfloat sum = v_splat(0);
    for (; i < end; i += LANES) sum += v_load(x + i);
    total += v_sum_lanes(sum);
  }
  for (; i < count; i++) total += (double)x[i];
  return total;
}

// y[row] = factor * the sum of x[row].
static void sum_rows(const float *x, offset count, double factor, float *y, offset first, offset last) {
  for (offset row = first; row < last; row++)
    y[row] = (float)(sum_row(x + row * count, count) * factor);
}

static inline float larger(float a, float b) { return a > b || a != a ? a : b; }

static float row_maximum(const float *x, offset count) {
  float best = -__builtin_inff();
  offset i = 0;
  if (count >= LANES) {
    vfloat most = v_load(x);
    for (i = LANES; i + LANES <= count; i += LANES) most = v_maximum(most, v_load(x + i));
    for (int lane = 0; lane < LANES; lane++) best = larger(best, most[lane]);
  }
  for (; i < count; i++) best = larger(best, x[i]);
  return best;
}

static void maximum_rows(const float *x, offset count, float *y, offset first, offset last) {
  for (offset row = first; row < last; row++) y[row] = row_maximum(x + row * count, count);
}

// ---- inner > 1: down columns. Range: columns (of every outer block) ----

typedef struct {
  float part[STRIP + LANES];
  double total[STRIP];
} strip_sums;

static inline void clear_strip(strip_sums *s, int width) {
  for (int i = 0; i < width; i++) s->total[i] = 0;
}

static inline void add_part_to_total(strip_sums *s, int width) {
  for (int i = 0; i < width; i++) s->total[i] += (double)s->part[i];
}

static void sum_strip(const float *x, offset rows, offset stride, int width, strip_sums *s) {
  clear_strip(s, width);
  for (offset start = 0; start < rows; start += SUM_BLOCK) {
    fill_zero(s->part, width);
    const offset end = MIN(start + SUM_BLOCK, rows);
    for (offset row = start; row < end; row++) {
      const float *from = x + row * stride;
      for (int i = 0; i < width; i += LANES)
        v_store(s->part + i, v_load(s->part + i) + v_load(from + i));
    }
    add_part_to_total(s, width);
  }
}

// y[o, column] = factor * the sum over the reduced axis.
static void sum_columns(const float *x, int outer, offset rows, int inner, double factor, float *y,
                 int first, int last) {
  strip_sums sums;
  for (int o = 0; o < outer; o++)
    for (int column = first; column < last; column += STRIP) {
      const int width = MIN(STRIP, last - column);
      sum_strip(x + o * rows * inner + column, rows, inner, width, &sums);
      for (int i = 0; i < width; i++)
        y[(offset)o * inner + column + i] = (float)(sums.total[i] * factor);
    }
}

static void maximum_columns(const float *x, int outer, offset rows, int inner, float *y, int first,
                     int last) {
  for (int o = 0; o < outer; o++) {
    const float *from = x + o * rows * inner;
    float *to = y + (offset)o * inner;
    for (int i = first; i < last; i++) to[i] = from[i];
    for (offset row = 1; row < rows; row++)
      for (int i = first; i < last; i++) to[i] = larger(to[i], from[row * inner + i]);
  }
}

// ---- softmax over rows of `count` ----

static double exponentials_of_row(const float *x, int count, float *y) {
  const vfloat top = v_splat(row_maximum(x, count));
  double total = 0;
  for (int i = 0; i < count; i += LANES) {
    const vfloat e = v_exp(v_load(x + i) - top);
    v_store_part(y + i, e, count - i);
    for (int lane = 0; lane < MIN(LANES, count - i); lane++) total += (double)e[lane];
  }
  return total;
}

static void softmax(const float *x, int count, float *y, offset first, offset last) {
  for (offset row = first; row < last; row++) {
    float *to = y + row * count;
    const float factor = (float)(1 / exponentials_of_row(x + row * count, count, to));
    for (int i = 0; i < count; i++) to[i] *= factor;
  }
}
