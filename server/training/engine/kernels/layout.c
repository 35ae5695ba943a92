// Copies of blocks: reordering of axes, parts of tensors, and repetition.
#include "broadcast.h"
#include "simd.h"

// Copies a block of values whose axes have any steps in `from` (a_step; 0 repeats a value) and in
// `to` (b_step). Range: elements of the block.
static void copy_block(const broadcast *s, const float *from, float *to, offset first,
                       offset last) {
  const int inner = s->size[s->rank - 1];
  const offset a_step = s->a_step[s->rank - 1], b_step = s->b_step[s->rank - 1];
  for (offset at = first; at < last;) {
    const offset row = at / inner, column = at % inner;
    const int count = (int)MIN(inner - column, last - at);
    const float *a = from + row_start(s, s->a_step, row) + column * a_step;
    float *b = to + row_start(s, s->b_step, row) + column * b_step;
    if (a_step == 1 && b_step == 1)
      for (int i = 0; i < count; i += LANES) v_store_part(b + i, v_load(a + i), count - i);
    else
      for (int i = 0; i < count; i++) b[i * b_step] = a[i * a_step];
    at += count;
  }
}
