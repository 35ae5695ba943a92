// Exponentials of the values of a row, above the largest.
#ifndef LIGHTBENCH_SOFTMAX_H
#define LIGHTBENCH_SOFTMAX_H

#include "reduction.h"
#include "vmath.h"

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

#endif
