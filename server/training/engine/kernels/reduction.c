// Sums, means and maxima over one axis of [outer, reduced, inner], and the product of two tensors.
#include "reduction.h"

// ---- inner = 1: along rows. Range: rows ----

// y[row] = factor * the sum of x[row].
static void sum_rows(const float *x, offset count, double factor, float *y, offset first, offset last) {
  for (offset row = first; row < last; row++)
    y[row] = (float)(sum_row(x + row * count, count) * factor);
}

static void maximum_rows(const float *x, offset count, float *y, offset first, offset last) {
  for (offset row = first; row < last; row++) y[row] = row_maximum(x + row * count, count);
}

// ---- inner > 1: down columns ----

// totals[group][column] = the sums of x. Range: groups.
static void group_sums(const float *x, offset rows, int columns, double *totals, int first,
                       int last) {
  for (int group = first; group < last; group++) {
    const offset start = group_start(rows, group), end = group_start(rows, group + 1);
    sum_down(x + start * columns, end - start, columns, totals + (offset)group * columns);
  }
}

// found[group][column] = the moments of x. Range: groups.
static void group_moments(const float *x, offset rows, int columns, moments *found, int first,
                          int last) {
  for (int group = first; group < last; group++) {
    const offset start = group_start(rows, group), end = group_start(rows, group + 1);
    moments_down(x + start * columns, end - start, columns, found + (offset)group * columns);
  }
}

// Mean and variance of every column, from the moments of all groups. Range: columns.
static void moment_totals(const moments *found, int groups, offset rows, int columns, float *mean,
                          float *variance, int first, int last) {
  for (int i = first; i < last; i++) {
    moments all = {0, 0};
    for (int group = 0; group < groups; group++) {
      const offset start = group_start(rows, group), end = group_start(rows, group + 1);
      merge_moments(&all, (double)start, found[(offset)group * columns + i], (double)(end - start));
    }
    mean[i] = (float)all.mean;
    variance[i] = (float)(all.squares / (double)rows);
  }
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
    sum_down(from, rows, inner, totals);
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
