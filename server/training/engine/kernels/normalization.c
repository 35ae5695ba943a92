// Batch normalization over rows [rows, channels]: statistics, application and gradient. Statistics
// come from the sums of reduction.c.
#include "reduction.c"

static inline vfloat reciprocal_deviation(const float *variance, float epsilon) {
  return v_splat(1) / v_sqrt(v_load(variance) + v_splat(epsilon));
}

// y = (x - mean) / sqrt(variance + epsilon) * gamma + beta. Range: rows.
static void batch_norm(const float *x, int channels, const float *mean, const float *variance,
                const float *gamma, const float *beta, float epsilon, float *y, offset first,
                offset last) {
  for (int base = 0; base < channels; base += STRIP) {
    const int width = MIN(STRIP, channels - base);
    float scale[STRIP + LANES];
    for (int i = 0; i < width; i += LANES)
      v_store(scale + i, reciprocal_deviation(variance + base + i, epsilon) *
                             v_load(gamma + base + i));
    for (offset row = first; row < last; row++) {
      const float *from = x + row * channels + base;
      float *to = y + row * channels + base;
      for (int i = 0; i < width; i += LANES) {
        const vfloat d = v_load(from + i) - v_load(mean + base + i);
        const vfloat y_i = v_multiply_add(d, v_load(scale + i), v_load(beta + base + i));
        v_store_part(to + i, y_i, width - i);
      }
    }
  }
}

// The sums that the gradients of gamma and beta are made of: dy (x - mean), and dy. Range: groups.
static void batch_norm_sums(const float *x, const float *dy, const float *mean, offset rows,
                            int channels, double *products, double *sums, int first, int last) {
  sum_groups(SUM_OF_PRODUCTS, x, dy, mean, rows, channels, products, first, last);
  sum_groups(SUM_OF_X, dy, dy, dy, rows, channels, sums, first, last);
}

// The gradients of gamma and beta, from the sums of all groups. Range: channels.
static void batch_norm_totals(const double *products, const double *sums, int groups, int channels,
                              const float *variance, float epsilon, float *d_gamma, float *d_beta,
                              int first, int last) {
  for (int i = first; i < last; i++) {
    const double deviation = (double)__builtin_sqrtf(variance[i] + epsilon);
    d_gamma[i] = (float)(add_groups(products, groups, channels, i) / deviation);
    d_beta[i] = (float)add_groups(sums, groups, channels, i);
  }
}

// dx = gamma / deviation * (dy - mean(dy) - normalized x * mean(dy * normalized x)), from the sums
// of all `rows` rows. Range: rows.
static void batch_norm_gradient(const float *x, const float *dy, offset rows, int channels,
                         const float *mean, const float *variance, const float *gamma,
                         const float *d_gamma, const float *d_beta, float epsilon, float *dx,
                         offset first, offset last) {
  const vfloat share = v_splat(1.0f / (float)rows);
  for (int base = 0; base < channels; base += STRIP) {
    const int width = MIN(STRIP, channels - base);
    float scale[STRIP + LANES], slope[STRIP + LANES], shift[STRIP + LANES];
    for (int i = 0; i < width; i += LANES) {
      const vfloat inverse = reciprocal_deviation(variance + base + i, epsilon);
      v_store(scale + i, inverse * v_load(gamma + base + i));
      v_store(slope + i, v_load(d_gamma + base + i) * share * inverse);
      v_store(shift + i, v_load(d_beta + base + i) * share);
    }
    for (offset row = first; row < last; row++) {
      const offset at = row * channels + base;
      for (int i = 0; i < width; i += LANES) {
        const vfloat d = v_load(x + at + i) - v_load(mean + base + i);
        const vfloat rest = v_load(dy + at + i) - v_load(shift + i) - d * v_load(slope + i);
        v_store_part(dx + at + i, rest * v_load(scale + i), width - i);
      }
    }
  }
}
