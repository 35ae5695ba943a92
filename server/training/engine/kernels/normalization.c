// Batch normalization over rows [rows, channels]: statistics, application and gradient. Ranges are
// channels where sums are made, rows where they are applied.
#include "reduction.c"

// mean and (population) variance of every channel, in two passes: the variance of the deviations
// does not lose digits when the mean is large. Range: channels.
static void channel_moments(const float *x, offset rows, int channels, float *mean, float *variance,
                     int first, int last) {
  strip_sums sums;
  for (int channel = first; channel < last; channel += STRIP) {
    const int width = MIN(STRIP, last - channel);
    sum_strip(x + channel, rows, channels, width, &sums);
    for (int i = 0; i < width; i++) mean[channel + i] = (float)(sums.total[i] / (double)rows);
    clear_strip(&sums, width);
    for (offset start = 0; start < rows; start += SUM_BLOCK) {
      fill_zero(sums.part, width);
      for (offset row = start; row < MIN(start + SUM_BLOCK, rows); row++)
        for (int i = 0; i < width; i += LANES) {
          const vfloat d = v_load(x + row * channels + channel + i) - v_load(mean + channel + i);
          v_store(sums.part + i, v_multiply_add(d, d, v_load(sums.part + i)));
        }
      add_part_to_total(&sums, width);
    }
    for (int i = 0; i < width; i++) variance[channel + i] = (float)(sums.total[i] / (double)rows);
  }
}

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

// The gradients of gamma and beta: sums of dy times the normalized x, and of dy. Range: channels.
static void batch_norm_sums(const float *x, const float *dy, offset rows, int channels, const float *mean,
                     const float *variance, float epsilon, float *d_gamma, float *d_beta, int first,
                     int last) {
  strip_sums sums;
  for (int channel = first; channel < last; channel += STRIP) {
    const int width = MIN(STRIP, last - channel);
    sum_strip(dy + channel, rows, channels, width, &sums);
    for (int i = 0; i < width; i++) d_beta[channel + i] = (float)sums.total[i];
    clear_strip(&sums, width);
    for (offset start = 0; start < rows; start += SUM_BLOCK) {
      fill_zero(sums.part, width);
      for (offset row = start; row < MIN(start + SUM_BLOCK, rows); row++)
        for (int i = 0; i < width; i += LANES) {
          const offset at = row * channels + channel + i;
          const vfloat d = v_load(x + at) - v_load(mean + channel + i);
          v_store(sums.part + i, v_multiply_add(d, v_load(dy + at), v_load(sums.part + i)));
        }
      add_part_to_total(&sums, width);
    }
    for (int i = 0; i < width; i++) {
      const double deviation = (double)__builtin_sqrtf(variance[channel + i] + epsilon);
      d_gamma[channel + i] = (float)(sums.total[i] / deviation);
    }
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
