// Batch normalization over rows [rows, channels]: application and gradient. Statistics come from the
// sums of reduction.c.
#include "normalization.h"

// y = the normalized x, behind the ReLU that is asked for. Range: rows.
static void batch_norm(const float *x, int channels, const float *mean, const float *variance,
                       const float *gamma, const float *beta, float epsilon, int relu, float *y,
                       offset first, offset last) {
  const batch_norm_parameters p = {mean, variance, gamma, beta, epsilon, relu};
  normalize(&p, x, channels, y, first, last);
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

// What is taken from dy: `shift`, the mean of dy, and `slope` times (x - mean).
typedef struct {
  vfloat slope[VECTORS], shift[VECTORS];
} gradient_in_hand;

static inline void gradient_of_rows(int relu, int width, const channels_in_hand *of,
                                    const gradient_in_hand *mean_of, const float *x,
                                    const float *dy, int step, int rows, float *dx) {
  const channels_in_hand c = *of;
  const gradient_in_hand m = *mean_of;
  for (int row = 0; row < rows; row++, x += step, dy += step, dx += step) {
    FOR_VECTORS(i, at, width) {
      const vfloat d = v_load(x + at) - c.mean[i];
      vfloat through = v_load(dy + at);
      through = through_relu(relu, through, d, c.scale[i], c.beta[i]);
      const vfloat rest = through - m.shift[i] - d * m.slope[i];
      v_store_part(dx + at, rest * c.scale[i], width - at);
    }
  }
}

// dx = gamma / deviation * (dy - mean(dy) - normalized x * mean(dy * normalized x)), from the sums
// of all `rows` rows. Range: rows.
static void batch_norm_gradient(const float *x, const float *dy, const float *mean,
                                const float *variance, const float *gamma, const float *beta,
                                float epsilon, int relu, offset rows, int channels,
                                const float *d_gamma, const float *d_beta, float *dx, offset first,
                                offset last) {
  const batch_norm_parameters p = {mean, variance, gamma, beta, epsilon, relu};
  const vfloat share = v_splat(1.0f / (float)rows);
  for (offset row = first; row < last; row += SUM_BLOCK) {
    const int count = (int)MIN((offset)SUM_BLOCK, last - row);
    for (int base = 0; base < channels; base += CHANNELS_AT_ONCE) {
      const int width = MIN(CHANNELS_AT_ONCE, channels - base);
      const channels_in_hand c = take_channels(&p, base, width);
      gradient_in_hand m = {0};
      FOR_VECTORS(i, lane, width) {
        m.slope[i] = v_load(d_gamma + base + lane) * share * c.inverse[i];
        m.shift[i] = v_load(d_beta + base + lane) * share;
      }
      const offset at = row * channels + base;
      WITH_CONSTANTS(gradient_of_rows, relu, width, &c, &m, x + at, dy + at, channels, count,
                     dx + at);
    }
  }
}
