// Activations with their slopes, as one table: the number of a row is what TypeScript calls it by
// (engine/ops/activations.ts has the same list).
#include "vmath.h"

// The softplus of x by tanh is n / (n + 2), with n = w (w + 2) and w = exp(x).
static inline vfloat mish_exponential(vfloat x) { return v_exp(v_minimum(x, v_splat(20))); }

static inline vfloat mish(vfloat x) {
  const vfloat w = mish_exponential(x), n = w * (w + v_splat(2));
  return x * n / (n + v_splat(2));
}

static inline vfloat mish_slope(vfloat x) {
  const vfloat w = mish_exponential(x), n = w * (w + v_splat(2)), sum = n + v_splat(2);
  const vfloat bend = v_splat(4) * w * (w + v_splat(1)) / (sum * sum);
  // Where the exponential was cut off, the slope is one; x times nothing must not be NaN.
  return n / sum + v_select(x < v_splat(20), x * bend, v_splat(0) * x);
}

static inline vfloat silu_slope(vfloat x) {
  return v_sigmoid(x) + v_select(v_absolute(x) < v_splat(100), x, v_splat(0)) * v_sigmoid_slope(x);
}

static inline vfloat gelu(vfloat x) { return x * v_normal(x, v_bell(x)); }

static inline vfloat gelu_slope(vfloat x) {
  const vfloat bell = v_bell(x);
  return v_normal(x, bell) + x * bell * v_splat(0.398942280f);
}

// x is cut off where nothing changes any more, so that its cube is finite.
static inline vfloat gelu_tanh_argument(vfloat x) {
  x = v_minimum(v_maximum(x, v_splat(-20)), v_splat(20));
  return x * (v_splat(1.59576912f) + v_splat(0.0713548163f) * x * x);
}

static inline vfloat gelu_tanh_slope(vfloat x) {
  const vfloat u = gelu_tanh_argument(x);
  const vfloat cut = v_minimum(v_maximum(x, v_splat(-20)), v_splat(20));
  const vfloat du = v_splat(1.59576912f) + v_splat(0.214064449f) * cut * cut;
  return v_sigmoid(u) + cut * du * v_sigmoid_slope(u);
}

static inline vfloat tanh_slope(vfloat x) { return v_splat(4) * v_sigmoid_slope(x + x); }

// x where it is above `low` and below `high`, else `outside`: NaN counts as between.
static inline vfloat between(vfloat x, float low, float high, vfloat inside, vfloat outside) {
  return v_select((x <= v_splat(low)) | (x >= v_splat(high)), outside, inside);
}

static inline vfloat v_relu6(vfloat x) { return v_minimum(v_relu(x), v_splat(6)); }

static inline vfloat hard_sigmoid(vfloat x) {
  return v_relu6(x + v_splat(3)) * v_splat(1.0f / 6);
}

static inline vfloat hard_swish_slope(vfloat x) {
  const vfloat ends = v_select(x > v_splat(0), v_splat(1), v_splat(0));
  return between(x, -3, 3, x * v_splat(1.0f / 3) + v_splat(0.5f), ends);
}

#define SELU_SCALE 1.05070098f
#define SELU_ALPHA 1.67326324f

// An exponential linear unit: `scale` times x, or `scale` `alpha` (exp(x) - 1) below zero.
static inline vfloat elu_of(vfloat x, float scale, float alpha) {
  return v_splat(scale) * v_select(x < v_splat(0), v_splat(alpha) * v_elu(x), x);
}
static inline vfloat elu_slope(vfloat x, float scale, float alpha) {
  const vfloat below = v_splat(alpha) * v_exp(v_minimum(x, v_splat(0)));
  return v_splat(scale) * v_select(x < v_splat(0), below, v_splat(1));
}

// Name, value and slope, as expressions in the vector x and the parameter a.
#define ACTIVATIONS(ROW)                                                                        \
  ROW(RELU6, v_relu6(x), between(x, 0, 6, v_splat(1), v_splat(0)))                              \
  ROW(LEAKY_RELU, v_select(x > v_splat(0), x, v_splat(a) * x),                                  \
      v_select(x > v_splat(0), v_splat(1), v_splat(a)))                                         \
  ROW(ELU, elu_of(x, 1, a), elu_slope(x, 1, a))                                                 \
  ROW(SELU, elu_of(x, SELU_SCALE, SELU_ALPHA), elu_slope(x, SELU_SCALE, SELU_ALPHA))            \
  ROW(GELU, gelu(x), gelu_slope(x))                                                             \
  ROW(GELU_TANH, x *v_sigmoid(gelu_tanh_argument(x)), gelu_tanh_slope(x))                       \
  ROW(SILU, x *v_sigmoid(x), silu_slope(x))                                                     \
  ROW(MISH, mish(x), mish_slope(x))                                                             \
  ROW(SOFTPLUS, v_softplus(x), v_sigmoid(x))                                                    \
  ROW(SIGMOID, v_sigmoid(x), v_sigmoid_slope(x))                                                \
  ROW(TANH, v_tanh(x), tanh_slope(x))                                                           \
  ROW(HARD_SIGMOID, hard_sigmoid(x), between(x, -3, 3, v_splat(1.0f / 6), v_splat(0)))          \
  ROW(HARD_SWISH, x *hard_sigmoid(x), hard_swish_slope(x))

enum {
#define ROW(name, value, slope) ACTIVATION_##name,
  ACTIVATIONS(ROW)
#undef ROW
};

#define FOR_ELEMENTS(to, expression)                                   \
  for (offset i = first; i < last; i += LANES) {                       \
    const vfloat x = v_load(from + i);                                 \
    v_store_part(to + i, expression, (int)MIN((offset)LANES, last - i)); \
  }

// y = f(x). Range: elements.
static void activation(int kind, float a, const float *from, float *y, offset first, offset last) {
  switch (kind) {
#define ROW(name, value, slope)          \
  case ACTIVATION_##name:                \
    FOR_ELEMENTS(y, value)               \
    break;
    ACTIVATIONS(ROW)
#undef ROW
  }
}

// dx = dy f'(x). Range: elements.
static void activation_gradient(int kind, float a, const float *from, const float *dy, float *dx,
                                offset first, offset last) {
  switch (kind) {
#define ROW(name, value, slope)                \
  case ACTIVATION_##name:                      \
    FOR_ELEMENTS(dx, v_load(dy + i) * (slope)) \
    break;
    ACTIVATIONS(ROW)
#undef ROW
  }
}

// ---- a ReLU with a learned slope a channel below zero. Ranges: rows of channels ----

static void prelu(const float *x, int channels, const float *slope, float *y, offset first,
                  offset last) {
  for (offset row = first; row < last; row++)
    for (int i = 0; i < channels; i += LANES) {
      const vfloat x_i = v_load(x + row * channels + i);
      const vfloat y_i = v_select(x_i > v_splat(0), x_i, x_i * v_load(slope + i));
      v_store_part(y + row * channels + i, y_i, channels - i);
    }
}

// dx, and the products whose sums are the gradients of the slopes.
static void prelu_gradient(const float *x, const float *dy, int channels, const float *slope,
                           float *dx, float *products, offset first, offset last) {
  for (offset row = first; row < last; row++)
    for (int i = 0; i < channels; i += LANES) {
      const offset at = row * channels + i;
      const vfloat x_i = v_load(x + at), dy_i = v_load(dy + at);
      const vint above = x_i > v_splat(0);
      v_store_part(dx + at, v_select(above, dy_i, dy_i * v_load(slope + i)), channels - i);
      v_store_part(products + at, v_select(above, v_splat(0), dy_i * x_i), channels - i);
    }
}
