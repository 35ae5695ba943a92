// Local response normalization, over neighbouring channels. Ranges: rows of channels.
#include "vmath.h"

// y = x s^-beta with s = bias + alpha * the sum of x^2 over the channels at most `radius` away.
typedef struct {
  int channels, radius;
  float bias, alpha, beta;
} response_shape;

static int local_response_scratch_bytes(int channels, int radius) {
  return 2 * (channels + 2 * radius + 3 * LANES) * (int)sizeof(float) + 256;
}

// Sums of squares of one row, from a copy with `radius` zeros on both sides.
static void fill_padded(const float *x, int channels, int radius, float *padded) {
  fill_zero(padded, channels + 2 * radius + LANES);
  for (int i = 0; i < channels; i++) padded[radius + i] = x[i];
}

static inline vfloat window_sum(const float *padded, int i, int radius) {
  vfloat sum = v_splat(0);
  for (int k = 0; k <= 2 * radius; k++) sum += v_load(padded + i + k);
  return sum;
}

static inline vfloat response_sum(const response_shape *s, const float *padded, int i) {
  vfloat sum = v_splat(0);
  for (int k = 0; k <= 2 * s->radius; k++) {
    const vfloat x = v_load(padded + i + k);
    sum += x * x;
  }
  return v_splat(s->bias) + v_splat(s->alpha) * sum;
}

static inline vfloat v_power(vfloat x, float exponent) {
  return v_exp(v_splat(exponent) * v_log(x));
}

static void local_response_norm(const float *x, int channels, int radius, float bias, float alpha,
                                float beta, float *y, void *scratch, offset first, offset last) {
  const response_shape s = {channels, radius, bias, alpha, beta};
  float *padded = scratch;
  for (offset row = first; row < last; row++) {
    fill_padded(x + row * channels, channels, radius, padded);
    for (int i = 0; i < channels; i += LANES) {
      const vfloat factor = v_power(response_sum(&s, padded, i), -beta);
      v_store_part(y + row * channels + i, v_load(x + row * channels + i) * factor, channels - i);
    }
  }
}

static void local_response_norm_gradient(const float *x, const float *dy, int channels, int radius,
                                         float bias, float alpha, float beta, float *dx,
                                         void *scratch, offset first, offset last) {
  const response_shape s = {channels, radius, bias, alpha, beta};
  float *padded = scratch, *shares = padded + channels + 2 * radius + 2 * LANES;
  for (offset row = first; row < last; row++) {
    const offset at = row * channels;
    fill_padded(x + at, channels, radius, padded);
    fill_zero(shares, channels + 2 * radius + LANES);
    for (int i = 0; i < channels; i += LANES) {
      const vfloat sum = response_sum(&s, padded, i), factor = v_power(sum, -beta);
      const vfloat slope = v_load(dy + at + i) * factor;
      v_store_part(shares + radius + i, slope * v_load(x + at + i) / sum, channels - i);
      v_store_part(dx + at + i, slope, channels - i);
    }
    for (int i = 0; i < channels; i += LANES) {
      const vfloat common = v_splat(2 * alpha * beta) * window_sum(shares, i, radius);
      v_store_part(dx + at + i, v_load(dx + at + i) - v_load(x + at + i) * common, channels - i);
    }
  }
}
