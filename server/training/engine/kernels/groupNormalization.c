// Normalization of each sample by itself: images [samples, pixels, channels], where the channels of a
// group share a mean and a variance. One group is layer normalization, a group for each channel is
// instance normalization.
#include "normalization.h"
#include "rowNormalization.h"

#define MOST_PARTS 32

static int group_norm_scratch_bytes(int channels) {
  return 2 * channels * (int)sizeof(double) + 4 * channels * (int)sizeof(float) + 6 * 256;
}

static double squares_of_row(const float *x, float mean, offset count) {
  double total = 0;
  offset i = 0;
  while (i + LANES <= count) {
    const offset end = MIN(i + SUM_BLOCK * LANES, count - count % LANES);
    vfloat sum = v_splat(0);
    for (; i < end; i += LANES) {
      const vfloat d = v_load(x + i) - v_splat(mean);
      sum += d * d;
    }
    total += v_sum_lanes(sum);
  }
  for (; i < count; i++) total += (double)((x[i] - mean) * (x[i] - mean));
  return total;
}

// Gives every channel the figure of its group.
static void spread(const float *of_groups, group_shape s, float *of_channels) {
  const int width = s.channels / s.groups;
  for (int g = 0; g < s.groups; g++)
    for (int i = 0; i < width; i++) of_channels[g * width + i] = of_groups[g];
}

// Mean and population variance of every group of one sample.
static void sample_moments(const float *x, group_shape s, float *mean, float *variance,
                           moments *of_channels) {
  if (s.pixels == 1 || s.groups == 1) {
    // A group lies in one piece.
    const offset count = (offset)s.pixels * (s.channels / s.groups);
    for (int g = 0; g < s.groups; g++) {
      mean[g] = (float)(sum_row(x + g * count, count) / (double)count);
      variance[g] = (float)(squares_of_row(x + g * count, mean[g], count) / (double)count);
    }
    return;
  }
  const int width = s.channels / s.groups;
  moments_down(x, s.pixels, s.channels, of_channels);
  for (int g = 0; g < s.groups; g++) {
    moments all = {0, 0};
    for (int i = 0; i < width; i++)
      merge_moments(&all, (double)i * s.pixels, of_channels[g * width + i], s.pixels);
    mean[g] = (float)all.mean;
    variance[g] = (float)(all.squares / ((double)s.pixels * width));
  }
}

// A part of a thread's scratch memory for one number a channel, read past its end by vectors.
static float *carve_channels(char **cursor, int channels) {
  return carve(cursor, ((size_t)channels + 2 * LANES) * sizeof(float));
}

// y = (x - mean) / sqrt(variance + epsilon) * gamma + beta, then a ReLU if asked. Range: samples.
static void group_norm(const float *x, int pixels, int channels, int groups, const float *gamma,
                       const float *beta, float epsilon, int relu, float *y, float *mean,
                       float *variance, void *scratch, offset first, offset last) {
  const group_shape s = {pixels, channels, groups};
  char *cursor = scratch;
  moments *of_channels = carve(&cursor, (size_t)channels * sizeof(moments));
  float *means = carve_channels(&cursor, channels), *spreads = carve_channels(&cursor, channels);
  const batch_norm_parameters p = {means, spreads, gamma, beta, epsilon, relu};
  for (offset n = first; n < last; n++) {
    const offset at = n * pixels * channels;
    sample_moments(x + at, s, mean + n * groups, variance + n * groups, of_channels);
    spread(mean + n * groups, s, means);
    spread(variance + n * groups, s, spreads);
    normalize(&p, x + at, channels, y + at, 0, pixels);
  }
}

// The gradients of gamma and beta are sums over samples: of parts, which depend on their number alone.
static int group_norm_parts(offset samples) { return (int)MIN((offset)MOST_PARTS, samples); }

// dx of one sample: gamma dy less its mean, less what it has in common with x, over the deviation.
// `slope` and `shift` are those two for each channel.
static void group_norm_dx(const float *x, const float *dy, const batch_norm_parameters *p,
                          group_shape s, const float *slope, const float *shift, float *dx) {
  for (int base = 0; base < s.channels; base += CHANNELS_AT_ONCE) {
    const int width = MIN(CHANNELS_AT_ONCE, s.channels - base);
    const channels_in_hand c = take_channels(p, base, width);
    for (int pixel = 0; pixel < s.pixels; pixel++) {
      const offset from = (offset)pixel * s.channels + base;
      FOR_VECTORS(i, at, width) {
        const vfloat d = v_load(x + from + at) - c.mean[i];
        vfloat through = v_load(dy + from + at);
        through = through_relu(p->relu, through, d, c.scale[i], c.beta[i]);
        const vfloat common = v_load(shift + base + at) + d * v_load(slope + base + at);
        v_store_part(dx + from + at, through * c.scale[i] - common, width - at);
      }
    }
  }
}

// From the sums of dy (x - mean) and dy of every channel: slope and shift of group_norm_dx, and what
// the sample adds to the gradients of gamma and beta.
static void group_norm_terms(const double *products, const double *sums,
                             const batch_norm_parameters *p, group_shape s, float *slope,
                             float *shift, double *d_gamma, double *d_beta) {
  const int width = s.channels / s.groups;
  const double share = 1 / ((double)s.pixels * width);
  for (int g = 0; g < s.groups; g++) {
    const int at = g * width;
    const double inverse = 1 / (double)__builtin_sqrtf(p->variance[at] + p->epsilon);
    const double product = weighted_sum(products + at, p->gamma + at, width) * share;
    const double sum = weighted_sum(sums + at, p->gamma + at, width) * share;
    for (int i = at; i < at + width; i++) {
      slope[i] = (float)(product * inverse * inverse * inverse);
      shift[i] = (float)(sum * inverse);
      d_gamma[i] += products[i] * inverse;
      d_beta[i] += sums[i];
    }
  }
}

// dx, and the sums over each part of the samples for gamma and beta. Range: parts.
static void group_norm_gradient(const float *x, const float *dy, offset samples, int pixels,
                                int channels, int groups, const float *mean,
                                const float *variance, const float *gamma, const float *beta,
                                float epsilon, int relu, float *dx, double *d_gamma,
                                double *d_beta, void *scratch, offset first, offset last) {
  const group_shape s = {pixels, channels, groups};
  const offset parts = group_norm_parts(samples);
  char *cursor = scratch;
  double *products = carve(&cursor, (size_t)channels * sizeof(double));
  double *sums = carve(&cursor, (size_t)channels * sizeof(double));
  float *means = carve_channels(&cursor, channels), *spreads = carve_channels(&cursor, channels);
  float *slope = carve_channels(&cursor, channels), *shift = carve_channels(&cursor, channels);
  const batch_norm_parameters p = {means, spreads, gamma, beta, epsilon, relu};
  for (offset part = first; part < last; part++) {
    double *to_gamma = d_gamma + part * channels, *to_beta = d_beta + part * channels;
    for (int i = 0; i < channels; i++) to_gamma[i] = to_beta[i] = 0;
    if (pixels == 1) {
      const batch_norm_parameters given = {mean, variance, gamma, beta, epsilon, relu};
      rows_gradient(x, dy, &given, s, samples * part / parts, samples * (part + 1) / parts, dx,
                    to_gamma, to_beta, slope, shift);
      continue;
    }
    for (offset n = samples * part / parts; n < samples * (part + 1) / parts; n++) {
      const offset at = n * pixels * channels;
      spread(mean + n * groups, s, means);
      spread(variance + n * groups, s, spreads);
      sum_gradients(x + at, dy + at, &p, 0, pixels, channels, products, sums);
      group_norm_terms(products, sums, &p, s, slope, shift, to_gamma, to_beta);
      group_norm_dx(x + at, dy + at, &p, s, slope, shift, dx + at);
    }
  }
}
