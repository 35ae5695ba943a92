// Sums and maxima that several kernels take. Sums run over blocks in single precision, and over the
// blocks in double precision, always in the same order: results are close to exact and the same for any
// division of the work.
#ifndef LIGHTBENCH_REDUCTION_H
#define LIGHTBENCH_REDUCTION_H

#include "simd.h"

#define SUM_BLOCK 64

// ---- along rows ----

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

// ---- down columns ----

// What is summed: x, or (x - mean)^2.
enum { SUM_OF_X, SUM_OF_SQUARES };

static inline vfloat term_of(int kind, const float *x, const float *mean) {
  if (kind == SUM_OF_X) return v_load(x);
  const vfloat d = v_load(x) - v_load(mean);
  return d * d;
}

// Columns at once, whose sums stay in registers.
#define SUM_COLUMNS (4 * LANES)

// Adds some rows of the first `width` columns to their totals.
static inline void add_rows_down(int kind, const float *x, const float *mean, offset rows, int step,
                                 int width, double *totals) {
  float part[SUM_COLUMNS];
  vfloat sums[4] = {v_splat(0), v_splat(0), v_splat(0), v_splat(0)};
  for (offset row = 0; row < rows; row++, x += step)
    UNROLL for (int i = 0; i < 4; i++)
      if (i * LANES < width) sums[i] += term_of(kind, x + i * LANES, mean + i * LANES);
  UNROLL for (int i = 0; i < 4; i++) v_store(part + i * LANES, sums[i]);
  for (int i = 0; i < width; i++) totals[i] += (double)part[i];
}

// totals[column] = the sum over `rows` rows.
static inline void sum_down(int kind, const float *x, const float *mean, offset rows, int columns,
                            double *totals) {
  for (int i = 0; i < columns; i++) totals[i] = 0;
  for (offset start = 0; start < rows; start += SUM_BLOCK) {
    const offset count = MIN((offset)SUM_BLOCK, rows - start);
    for (int base = 0; base < columns; base += SUM_COLUMNS) {
      const float *from = x + start * columns + base;
      const int width = columns - base;
      if (width >= SUM_COLUMNS)
        add_rows_down(kind, from, mean + base, count, columns, SUM_COLUMNS, totals + base);
      else add_rows_down(kind, from, mean + base, count, columns, width, totals + base);
    }
  }
}

// Long columns are summed in groups of rows, which threads share, and the groups are then added in
// order. How rows are grouped depends on their number alone.
#define MOST_GROUPS 32

static int row_groups(offset rows) {
  return (int)MIN((offset)MOST_GROUPS, (rows + SUM_BLOCK - 1) / SUM_BLOCK);
}

static inline offset group_start(offset rows, int group) {
  const offset blocks = (rows + SUM_BLOCK - 1) / SUM_BLOCK;
  return MIN(rows, blocks * group / row_groups(rows) * SUM_BLOCK);
}

static inline double add_groups(const double *totals, int groups, int columns, int column) {
  double sum = 0;
  for (int group = 0; group < groups; group++) sum += totals[(offset)group * columns + column];
  return sum;
}

// The sum of `count` numbers, each times a weight (or one), in four running sums of fixed places.
static double weighted_sum(const double *x, const float *weight, int count) {
  double sums[4] = {0, 0, 0, 0};
  for (int i = 0; i < count; i++) sums[i % 4] += weight ? x[i] * (double)weight[i] : x[i];
  return sums[0] + sums[1] + (sums[2] + sums[3]);
}

#endif
