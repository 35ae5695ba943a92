// Penalties on weights. Sums run over blocks of fixed size.
#include "reduction.h"
#include "vmath.h"

// How many weights are summed at once; threads share the blocks.
#define PENALTY_BLOCK 4096

static int penalty_blocks(offset count) {
  return (int)((count + PENALTY_BLOCK - 1) / PENALTY_BLOCK);
}

// totals[block] = the sum of l1 |w| + l2 w^2. Range: blocks.
static void penalty_sums(const float *w, offset count, double l1, double l2, double *totals,
                         int first, int last) {
  for (int block = first; block < last; block++) {
    const offset start = (offset)block * PENALTY_BLOCK, end = MIN(start + PENALTY_BLOCK, count);
    double sizes = 0, squares = 0;
    for (offset i = start; i < end; i += LANES) {
      const vfloat x = v_load(w + i), size = v_absolute(x), square = x * x;
      for (int lane = 0; lane < (int)MIN((offset)LANES, end - i); lane++) {
        sizes += (double)size[lane];
        squares += (double)square[lane];
      }
    }
    totals[block] = l1 * sizes + l2 * squares;
  }
}

// y = the sum of all blocks. Range: one.
static void penalty_total(const double *totals, int blocks, float *y, int first, int last) {
  for (int i = first; i < last; i++) y[i] = (float)weighted_sum(totals, 0, blocks);
}

// dw = dy (l1 sign(w) + 2 l2 w), where dy is one number. Range: elements.
static void penalty_gradient(const float *w, const float *dy, float l1, float l2, float *dw,
                             offset first, offset last) {
  const vfloat above = v_splat(*dy);
  for (offset i = first; i < last; i += LANES) {
    const vfloat x = v_load(w + i);
    const vfloat slope = v_splat(l1) * v_sign(x) + v_splat(2 * l2) * x;
    v_store_part(dw + i, above * slope, (int)MIN((offset)LANES, last - i));
  }
}
