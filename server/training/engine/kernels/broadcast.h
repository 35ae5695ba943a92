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

// A row of the result, and where it begins in both operands.
typedef struct {
  int32_t place[MOST_AXES];
  offset a, b;
} broadcast_row;

static inline broadcast_row row_at(const broadcast *s, offset row) {
  broadcast_row at = {.a = 0, .b = 0};
  for (int axis = s->rank - 2; axis >= 0; axis--) {
    at.place[axis] = (int32_t)(row % s->size[axis]);
    at.a += (offset)at.place[axis] * s->a_step[axis];
    at.b += (offset)at.place[axis] * s->b_step[axis];
    row /= s->size[axis];
  }
  return at;
}

// Goes on to the next row: divisions would take longer than a short row does.
static inline void move_row(const broadcast *s, broadcast_row *at) {
  for (int axis = s->rank - 2; axis >= 0; axis--) {
    at->a += s->a_step[axis];
    at->b += s->b_step[axis];
    if (++at->place[axis] < s->size[axis]) return;
    at->place[axis] = 0;
    at->a -= (offset)s->size[axis] * s->a_step[axis];
    at->b -= (offset)s->size[axis] * s->b_step[axis];
  }
}

#endif
