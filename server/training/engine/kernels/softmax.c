// Softmax over rows of `count`. Range: rows.
#include "softmax.h"

static void softmax(const float *x, int count, float *y, offset first, offset last) {
  for (offset row = first; row < last; row++) {
    float *to = y + row * count;
    const float factor = (float)(1 / exponentials_of_row(x + row * count, count, to));
    for (int i = 0; i < count; i++) to[i] *= factor;
  }
}
