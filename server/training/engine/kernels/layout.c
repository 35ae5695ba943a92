// Copies of blocks: reordering of axes, parts of tensors, and repetition.
#include "broadcast.h"
#include "simd.h"

// Copies `count` values that lie any steps apart.
static inline void copy_row(const float *from, offset from_step, float *to, offset to_step,
                            int count) {
  if (from_step == 1 && to_step == 1)
    for (int i = 0; i < count; i += LANES) v_store_part(to + i, v_load(from + i), count - i);
  else
    for (int i = 0; i < count; i++) to[i * to_step] = from[i * from_step];
}

// Copies a block of values whose axes have any steps in `from` (a_step; 0 repeats a value) and in
// `to` (b_step). Range: elements of the block.
static void copy_block(const broadcast *s, const float *from, float *to, offset first,
                       offset last) {
  const int inner = s->size[s->rank - 1];
  const offset a_step = s->a_step[s->rank - 1], b_step = s->b_step[s->rank - 1];
  broadcast_row row = row_at(s, first / inner);
  for (offset at = first, column = first % inner; at < last; column = 0) {
    const int count = (int)MIN(inner - column, last - at);
    copy_row(from + row.a + column * a_step, a_step, to + row.b + column * b_step, b_step, count);
    move_row(s, &row);
    at += count;
  }
}
