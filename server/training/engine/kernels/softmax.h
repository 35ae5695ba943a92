// Softmax of LANES rows at a time, one a lane: a network has as few as two classes, which would leave
// vectors along a row nearly empty, while there are many rows.
#ifndef LIGHTBENCH_SOFTMAX_H
#define LIGHTBENCH_SOFTMAX_H

#include "vmath.h"

// Room for the logits, the softmax and the truth of LANES rows.
static int softmax_scratch_bytes(int classes) {
  return 3 * (classes * LANES * (int)sizeof(float) + 64);
}

static inline float *carve_columns(char **cursor, int classes) {
  return carve(cursor, (size_t)classes * LANES * sizeof(float));
}

// Which lanes belong to the first `count` rows.
static inline vint first_lanes(int count) {
  vint lane;
  UNROLL for (int i = 0; i < LANES; i++) lane[i] = i;
  return lane < v_splat_int(count);
}

// Columns of `count` rows, at most LANES: vector k holds value k of every row. The last row stands for
// those that are not there.
static inline void take_columns(const float *rows, int count, int classes, float *columns) {
  for (int base = 0; base < classes; base += LANES) {
    const int width = MIN(LANES, classes - base);
    for (int lane = 0; lane < LANES; lane++) {
      const float *from = rows + (offset)MIN(lane, count - 1) * classes + base;
      for (int k = 0; k < width; k++) columns[(base + k) * LANES + lane] = from[k];
    }
  }
}

// The rows that these columns belong to.
static inline void give_rows(const float *columns, int count, int classes, float *rows) {
  for (int base = 0; base < classes; base += LANES) {
    const int width = MIN(LANES, classes - base);
    for (int lane = 0; lane < count; lane++) {
      float *to = rows + (offset)lane * classes + base;
      for (int k = 0; k < width; k++) to[k] = columns[(base + k) * LANES + lane];
    }
  }
}

// A sum with what rounding has taken from it so far (Kahan): exact to the last digits, however many
// values are added.
typedef struct {
  vfloat sum, lost;
} exact_sum;

static inline void add_exactly(exact_sum *to, vfloat value) {
  const vfloat added = value - to->lost, sum = to->sum + added;
  // An infinite sum has lost nothing that could be put back.
  to->lost = v_select(sum - sum == v_splat(0), (sum - to->sum) - added, v_splat(0));
  to->sum = sum;
}

// The largest logit of each row, and the sum of all exponentials above it but its own, which is one:
// so the rest keeps its digits.
typedef struct {
  vfloat top, rest;
} row_exponentials;

// Makes e = exp(z - the largest of the row) of columns z.
static inline row_exponentials exponentials_of_rows(const float *z, int classes, float *e) {
  vfloat top = v_load(z);
  for (int k = 1; k < classes; k++) top = v_maximum(v_load(z + k * LANES), top);
  exact_sum rest = {v_splat(0), v_splat(0)};
  vint has_top = v_splat_int(0);
  for (int k = 0; k < classes; k++) {
    const vfloat x = v_load(z + k * LANES), value = v_exp(x - top);
    const vint is_top = (x == top) & ~has_top;
    has_top |= is_top;
    add_exactly(&rest, v_select(is_top, v_splat(0), value));
    v_store(e + k * LANES, value);
  }
  return (row_exponentials){top, rest.sum};
}

#endif
