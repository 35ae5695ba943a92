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

// Columns at once, whose sums stay in registers.
#define SUM_COLUMNS (4 * LANES)

// Sums some rows of the first `width` columns of x, less `shift` where that is given; and the squares.
static inline void add_rows_down(const float *x, const float *shift, offset rows, int step, int width,
                                 float *sums, float *squares) {
  vfloat sum[4] = {v_splat(0), v_splat(0), v_splat(0), v_splat(0)}, square[4], less[4];
  UNROLL for (int i = 0; i < 4; i++) {
    square[i] = v_splat(0);
    less[i] = shift && i * LANES < width ? v_load(shift + i * LANES) : v_splat(0);
  }
  for (offset row = 0; row < rows; row++, x += step)
    UNROLL for (int i = 0; i < 4; i++) {
      if (i * LANES >= width) continue;
      const vfloat value = shift ? v_load(x + i * LANES) - less[i] : v_load(x + i * LANES);
      sum[i] += value;
      if (squares) square[i] = v_multiply_add(value, value, square[i]);
    }
  UNROLL for (int i = 0; i < 4; i++) {
    v_store(sums + i * LANES, sum[i]);
    if (squares) v_store(squares + i * LANES, square[i]);
  }
}

// totals[column] = the sum over `rows` rows.
static inline void sum_down(const float *x, offset rows, int columns, double *totals) {
  for (int i = 0; i < columns; i++) totals[i] = 0;
  for (offset start = 0; start < rows; start += SUM_BLOCK) {
    const offset count = MIN((offset)SUM_BLOCK, rows - start);
    for (int base = 0; base < columns; base += SUM_COLUMNS) {
      const float *from = x + start * columns + base;
      const int width = MIN(SUM_COLUMNS, columns - base);
      float sums[SUM_COLUMNS];
      if (width == SUM_COLUMNS) add_rows_down(from, NULL, count, columns, SUM_COLUMNS, sums, NULL);
      else add_rows_down(from, NULL, count, columns, width, sums, NULL);
      for (int i = 0; i < width; i++) totals[base + i] += (double)sums[i];
    }
  }
}

// The mean of some values, and the sum of the squares of their deviations from it.
typedef struct {
  double mean, squares;
} moments;

// Adds the moments of `more` values to those of `count` (Chan, Golub and LeVeque, "Algorithms for computing
// the sample variance", 1983).
static inline void merge_moments(moments *to, double count, moments from, double more) {
  const double share = more / (count + more), apart = from.mean - to->mean;
  to->mean += apart * share;
  to->squares += from.squares + apart * apart * count * share;
}

// Merges the moments of `count` rows of some columns, at most SUM_COLUMNS. Deviations are taken from the
// block's own mean, so that a large one costs no digits, and what that is off by is put right.
static inline void merge_block(const float *x, offset count, int step, int width, offset before,
                               moments *to) {
  float sums[SUM_COLUMNS], mean[SUM_COLUMNS], squares[SUM_COLUMNS];
  const int is_full = width == SUM_COLUMNS;
  if (is_full) add_rows_down(x, NULL, count, step, SUM_COLUMNS, sums, NULL);
  else add_rows_down(x, NULL, count, step, width, sums, NULL);
  for (int i = 0; i < SUM_COLUMNS; i++) mean[i] = i < width ? sums[i] / (float)count : 0;
  if (is_full) add_rows_down(x, mean, count, step, SUM_COLUMNS, sums, squares);
  else add_rows_down(x, mean, count, step, width, sums, squares);
  for (int i = 0; i < width; i++) {
    const double off = (double)sums[i] / (double)count;
    const moments block = {(double)mean[i] + off, (double)squares[i] - off * (double)sums[i]};
    merge_moments(&to[i], (double)before, block, (double)count);
  }
}

// to[column] = the moments of `rows` rows.
static inline void moments_down(const float *x, offset rows, int columns, moments *to) {
  for (int i = 0; i < columns; i++) to[i] = (moments){0, 0};
  for (offset start = 0; start < rows; start += SUM_BLOCK)
    for (int base = 0; base < columns; base += SUM_COLUMNS)
      merge_block(x + start * columns + base, MIN((offset)SUM_BLOCK, rows - start), columns,
                  MIN(SUM_COLUMNS, columns - base), start, to + base);
}

// Long columns are summed in groups of rows, which threads share, and the groups are then added in
// order. How rows are grouped depends on their number alone.
#define MOST_GROUPS 64

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
