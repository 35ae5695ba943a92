// Reordering of axes.
#include "elementwise.c"

// to = from with its axes in another order. The shape holds the axes of the result and, as a_step,
// the step of each in `from`. Range: elements of the result.
static void transpose(const broadcast *s, const float *from, float *to, offset first, offset last) {
  const int inner = s->size[s->rank - 1], step = s->a_step[s->rank - 1];
  for (offset at = first; at < last;) {
    const offset row = at / inner, column = at % inner;
    const int count = (int)MIN(inner - column, last - at);
    const float *line = from + row_start(s, s->a_step, row) + column * step;
    for (int i = 0; i < count; i++) to[at + i] = line[(offset)i * step];
    at += count;
  }
}
