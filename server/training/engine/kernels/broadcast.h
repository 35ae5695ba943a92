// How the axes of a result lie in its operands, where some of these are repeated.
#ifndef LIGHTBENCH_BROADCAST_H
#define LIGHTBENCH_BROADCAST_H

#include "base.h"

#define MOST_AXES 6

// The axes of a result and the steps of both operands along them, in elements; the last axis is the
// innermost, where a step is 1 or, for a repeated operand, 0. TypeScript merges axes before it
// calls.
typedef struct {
  int32_t rank;
  int32_t size[MOST_AXES], a_step[MOST_AXES], b_step[MOST_AXES];
} broadcast;

// Where row `row` of the result begins in an operand.
static inline offset row_start(const broadcast *s, const int32_t *step, offset row) {
  offset start = 0;
  for (int axis = s->rank - 2; axis >= 0; axis--) {
    start += row % s->size[axis] * step[axis];
    row /= s->size[axis];
  }
  return start;
}

#endif
