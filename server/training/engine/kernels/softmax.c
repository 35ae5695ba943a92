// Softmax over rows of `count`. Range: rows.
#include "softmax.h"

static void softmax(const float *x, int count, float *y, void *scratch, offset first, offset last) {
  char *cursor = scratch;
  float *z = carve_columns(&cursor, count), *p = carve_columns(&cursor, count);
  for (offset row = first; row < last; row += LANES) {
    const int rows = (int)MIN((offset)LANES, last - row);
    take_columns(x + row * count, rows, count, z);
    const vfloat factor = v_splat(1) / (v_splat(1) + exponentials_of_rows(z, count, p).rest);
    for (int k = 0; k < count; k++) v_store(p + k * LANES, v_load(p + k * LANES) * factor);
    give_rows(p, rows, count, y + row * count);
  }
}
