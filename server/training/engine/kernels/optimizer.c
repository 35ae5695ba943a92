// Updates of variables, in one pass over a variable and what the optimizer remembers of it.
#include "simd.h"

// Adam: m' = beta1 m + (1 - beta1) g, v' = beta2 v + (1 - beta2) g^2 and
// w' = w - rate m' / (correction sqrt(v') + epsilon). Range: elements.
static void adam(const float *w, const float *g, const float *m, const float *v, float beta1,
                 float rest1, float beta2, float rest2, float rate, float correction, float epsilon,
                 float *new_w, float *new_m, float *new_v, offset first, offset last) {
  for (offset i = first; i < last; i += LANES) {
    const int count = (int)MIN((offset)LANES, last - i);
    const vfloat gradient = v_load(g + i);
    const vfloat m1 = v_load(m + i) * v_splat(beta1) + gradient * v_splat(rest1);
    const vfloat v1 = v_load(v + i) * v_splat(beta2) + gradient * gradient * v_splat(rest2);
    const vfloat root = v_sqrt(v1) * v_splat(correction) + v_splat(epsilon);
    const vfloat w1 = v_load(w + i) - m1 / root * v_splat(rate);
    v_store_part(new_m + i, m1, count);
    v_store_part(new_v + i, v1, count);
    v_store_part(new_w + i, w1, count);
  }
}
