// Sums, means and maxima over one axis of [outer, reduced, inner], and softmax over the last axis.
// Sums run over blocks in single precision, and over the blocks in double precision, always in the
// same order: results are close to exact and the same for any division of the work.
#include "vmath.h"

#define SUM_BLOCK 64

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

// ---- inner > 1: down columns ----

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

static inline void sum_groups(int kind, const float *x, const float *mean, offset rows, int columns,
                              double *totals, int first, int last) {
  for (int group = first; group < last; group++) {
    const offset start = group_start(rows, group), end = group_start(rows, group + 1);
    sum_down(kind, x + start * columns, mean, end - start, columns,
             totals + (offset)group * columns);
  }
}

// Sums of x, and of (x - mean)^2. Ranges: groups.
static void group_sums(const float *x, offset rows, int columns, double *totals, int first,
                       int last) {
  sum_groups(SUM_OF_X, x, x, rows, columns, totals, first, last);
}
static void group_squares(const float *x, const float *mean, offset rows, int columns,
                          double *totals, int first, int last) {
  sum_groups(SUM_OF_SQUARES, x, mean, rows, columns, totals, first, last);
}

static inline double add_groups(const double *totals, int groups, int columns, int column) {
  double sum = 0;
  for (int group = 0; group < groups; group++) sum += totals[(offset)group * columns + column];
  return sum;
}

// y[column] = factor * the sum of all groups. Range: columns.
static void group_totals(const double *totals, int groups, int columns, double factor, float *y,
                         int first, int last) {
  for (int i = first; i < last; i++) y[i] = (float)(add_groups(totals, groups, columns, i) * factor);
}

// y[o, column] = factor * the sum over the reduced axis. Range: outer blocks.
static void sum_columns(const float *x, offset rows, int inner, double factor, float *y,
                        double *totals, int first, int last) {
  for (int o = first; o < last; o++) {
    const float *from = x + o * rows * inner;
    sum_down(SUM_OF_X, from, from, rows, inner, totals);
    for (int i = 0; i < inner; i++) y[(offset)o * inner + i] = (float)(totals[i] * factor);
  }
}

// Range: columns (of every outer block).
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

// ---- the sum of all products of two tensors, in double precision ----

#define DOT_BLOCK 4096

static int dot_blocks(offset count) { return (int)((count + DOT_BLOCK - 1) / DOT_BLOCK); }

// sums[block] = the sum of a b over a block. Range: blocks.
static void dot(const float *a, const float *b, offset count, double *sums, offset first,
                offset last) {
  for (offset block = first; block < last; block++) {
    double sum = 0;
    for (offset i = block * DOT_BLOCK; i < MIN((block + 1) * DOT_BLOCK, count); i++)
      sum += (double)a[i] * (double)b[i];
    sums[block] = sum;
  }
}

// *y = the sum of all blocks, in order. Range: the one number.
static void dot_total(const double *sums, int blocks, float *y, offset first, offset last) {
  double sum = 0;
  for (int block = 0; block < blocks; block++) sum += sums[block];
  for (offset i = first; i < last; i++) y[i] = (float)sum;
}
