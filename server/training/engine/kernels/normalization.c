// Batch normalization over rows [rows, channels]: statistics, application and gradient. Statistics
// come from the sums of reduction.c.
#include "reduction.c"

static inline vfloat reciprocal_deviation(const float *variance, float epsilon) {
  return v_splat(1) / v_sqrt(v_load(variance) + v_splat(epsilon));
}

// The factors of (x - mean) for up to STRIP channels from `base` on.
static inline void fill_scale(const float *variance, const float *gamma, float epsilon, int width,
                              float *scale) {
  for (int i = 0; i < width; i += LANES)
    v_store(scale + i, reciprocal_deviation(variance + i, epsilon) * v_load(gamma + i));
}

// What a channel is normalized with.
typedef struct {
  const float *mean, *variance, *gamma, *beta;
  float epsilon;
  // Whether a ReLU follows.
  int relu;
} batch_norm_parameters;

// y = (x - mean) / sqrt(variance + epsilon) * gamma + beta, then a ReLU if asked. Range: rows.
static void batch_norm(const float *x, int channels, const float *mean, const float *variance,
                       const float *gamma, const float *beta, float epsilon, int relu, float *y,
                       offset first, offset last) {
  for (int base = 0; base < channels; base += STRIP) {
    const int width = MIN(STRIP, channels - base);
    float scale[STRIP + LANES];
    fill_scale(variance + base, gamma + base, epsilon, width, scale);
    for (offset row = first; row < last; row++) {
      const float *from = x + row * channels + base;
      float *to = y + row * channels + base;
      for (int i = 0; i < width; i += LANES) {
        const vfloat d = v_load(from + i) - v_load(mean + base + i);
        const vfloat y_i = v_multiply_add(d, v_load(scale + i), v_load(beta + base + i));
        v_store_part(to + i, relu ? v_relu(y_i) : y_i, width - i);
      }
    }
  }
}

// dy behind the ReLU: what came through it. Whether a value did is worked out again from x, exactly
// as on the way forward.
static inline vfloat through_relu(vfloat dy, vfloat deviation, const float *scale,
                                  const float *beta) {
  const vfloat y = v_multiply_add(deviation, v_load(scale), v_load(beta));
  return v_select(y <= v_splat(0), v_splat(0), dy);
}

// The sums that the gradients of gamma and beta are made of: dy (x - mean), and dy; for rows
// [start, end).
static inline void sum_gradients(const float *x, const float *dy, const batch_norm_parameters *p,
                                 offset start, offset end, int channels, double *products,
                                 double *sums) {
  float product[STRIP + LANES], sum[STRIP + LANES], scale[STRIP + LANES];
  for (int base = 0; base < channels; base += STRIP) {
    const int width = MIN(STRIP, channels - base);
    const float *beta = p->beta + base;
    fill_scale(p->variance + base, p->gamma + base, p->epsilon, width, scale);
    for (int i = base; i < base + width; i++) products[i] = sums[i] = 0;
    for (offset block = start; block < end; block += SUM_BLOCK) {
      fill_zero(product, width);
      fill_zero(sum, width);
      for (offset row = block; row < MIN(block + SUM_BLOCK, end); row++)
        for (int i = 0; i < width; i += LANES) {
          const offset at = row * channels + base + i;
          const vfloat d = v_load(x + at) - v_load(p->mean + base + i);
          vfloat slope = v_load(dy + at);
          if (p->relu) slope = through_relu(slope, d, scale + i, beta + i);
          v_store(product + i, v_multiply_add(d, slope, v_load(product + i)));
          v_store(sum + i, v_load(sum + i) + slope);
        }
      for (int i = 0; i < width; i++) products[base + i] += (double)product[i];
      for (int i = 0; i < width; i++) sums[base + i] += (double)sum[i];
    }
  }
}

// Range: groups of rows.
static void batch_norm_sums(const float *x, const float *dy, const float *mean,
                            const float *variance, const float *gamma, const float *beta,
                            float epsilon, int relu, offset rows, int channels, double *products,
                            double *sums, int first, int last) {
  const batch_norm_parameters p = {mean, variance, gamma, beta, epsilon, relu};
  for (int group = first; group < last; group++)
    sum_gradients(x, dy, &p, group_start(rows, group), group_start(rows, group + 1), channels,
                  products + (offset)group * channels, sums + (offset)group * channels);
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
static void batch_norm_gradient(const float *x, const float *dy, const float *mean,
                                const float *variance, const float *gamma, const float *beta,
                                float epsilon, int relu, offset rows, int channels,
                                const float *d_gamma, const float *d_beta, float *dx, offset first,
                                offset last) {
  const vfloat share = v_splat(1.0f / (float)rows);
  for (int base = 0; base < channels; base += STRIP) {
    const int width = MIN(STRIP, channels - base);
    float scale[STRIP + LANES], slope[STRIP + LANES], shift[STRIP + LANES];
    fill_scale(variance + base, gamma + base, epsilon, width, scale);
    for (int i = 0; i < width; i += LANES) {
      const vfloat inverse = reciprocal_deviation(variance + base + i, epsilon);
      v_store(slope + i, v_load(d_gamma + base + i) * share * inverse);
      v_store(shift + i, v_load(d_beta + base + i) * share);
    }
    for (offset row = first; row < last; row++) {
      const offset at = row * channels + base;
      for (int i = 0; i < width; i += LANES) {
        const vfloat d = v_load(x + at + i) - v_load(mean + base + i);
        vfloat through = v_load(dy + at + i);
        if (relu) through = through_relu(through, d, scale + i, beta + base + i);
        const vfloat rest = through - v_load(shift + i) - d * v_load(slope + i);
        v_store_part(dx + at + i, rest * v_load(scale + i), width - i);
      }
    }
  }
}
