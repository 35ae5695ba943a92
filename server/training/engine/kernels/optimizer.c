// Updates of variables in place, in one pass over a variable and what the optimizer remembers of it.
// Numbers that change from step to step, the rates, lie in memory. Ranges are elements.
#include "simd.h"

// average = momentum average + (1 - momentum) value
static void move_towards(float *average, const float *value, double momentum, offset first,
                         offset last) {
  const vfloat kept = v_splat((float)momentum), rest = v_splat((float)(1 - momentum));
  for (offset i = first; i < last; i += LANES) {
    const vfloat moved = v_load(average + i) * kept + v_load(value + i) * rest;
    v_store_part(average + i, moved, (int)MIN((offset)LANES, last - i));
  }
}

// w = w - rate g; rates: learning rate.
static void update_sgd(float *w, const float *g, const float *rates, offset first, offset last) {
  const vfloat rate = v_splat(rates[0]);
  for (offset i = first; i < last; i += LANES)
    v_store_part(w + i, v_load(w + i) - v_load(g + i) * rate, (int)MIN((offset)LANES, last - i));
}

// m = momentum m + g, then w = w - rate m or, looking ahead (Nesterov), w - rate (g + momentum m);
// rates: learning rate.
static void update_momentum(float *w, const float *g, float *m, const float *rates, double momentum,
                            int looks_ahead, offset first, offset last) {
  const vfloat rate = v_splat(rates[0]), kept = v_splat((float)momentum);
  for (offset i = first; i < last; i += LANES) {
    const int count = (int)MIN((offset)LANES, last - i);
    const vfloat gradient = v_load(g + i), m1 = v_load(m + i) * kept + gradient;
    const vfloat direction = looks_ahead ? gradient + m1 * kept : m1;
    v_store_part(w + i, v_load(w + i) - direction * rate, count);
    v_store_part(m + i, m1, count);
  }
}

// Adam: m = beta1 m + (1 - beta1) g, v = beta2 v + (1 - beta2) g^2 and
// w = w - rate m / (correction sqrt(v) + epsilon); rates: the learning rate corrected for the bias of
// m, and the correction of the root for that of v.
static void update_adam(float *w, const float *g, float *m, float *v, const float *rates,
                        double beta1, double beta2, double epsilon, offset first, offset last) {
  const vfloat rate = v_splat(rates[0]), correction = v_splat(rates[1]);
  const vfloat kept1 = v_splat((float)beta1), rest1 = v_splat((float)(1 - beta1));
  const vfloat kept2 = v_splat((float)beta2), rest2 = v_splat((float)(1 - beta2));
  for (offset i = first; i < last; i += LANES) {
    const int count = (int)MIN((offset)LANES, last - i);
    const vfloat gradient = v_load(g + i);
    const vfloat m1 = v_load(m + i) * kept1 + gradient * rest1;
    const vfloat v1 = v_load(v + i) * kept2 + gradient * gradient * rest2;
    const vfloat root = v_sqrt(v1) * correction + v_splat((float)epsilon);
    v_store_part(w + i, v_load(w + i) - m1 / root * rate, count);
    v_store_part(m + i, m1, count);
    v_store_part(v + i, v1, count);
  }
}
