// What all normalizations share: rows [rows, channels] with a mean and a variance for each channel.
//
// Rows are worked on in blocks that stay in the caches, a few channels at a time, so that what
// belongs to these channels stays in registers.
#ifndef LIGHTBENCH_NORMALIZATION_H
#define LIGHTBENCH_NORMALIZATION_H

#include "reduction.h"

// What belongs to so many vectors of channels fits into 16 registers.
#define VECTORS 2
#define CHANNELS_AT_ONCE (VECTORS * LANES)
// Vector i begins at channel `at` of those in hand.
#define FOR_VECTORS(i, at, width)                                                        \
  UNROLL for (int i = 0, at = 0; i < VECTORS; i++, at += LANES) if (at < (width))

// What a channel is normalized with.
typedef struct {
  const float *mean, *variance, *gamma, *beta;
  float epsilon;
  // What follows: nothing, a ReLU (1), or one that ends at 6 (2).
  int relu;
} batch_norm_parameters;

// The same for the channels in hand: `inverse` is one over the deviation, `scale` the factor of
// (x - mean).
typedef struct {
  vfloat mean[VECTORS], inverse[VECTORS], scale[VECTORS], beta[VECTORS];
} channels_in_hand;

static inline channels_in_hand take_channels(const batch_norm_parameters *p, int base, int width) {
  channels_in_hand c = {0};
  FOR_VECTORS(i, at, width) {
    c.mean[i] = v_load(p->mean + base + at);
    c.inverse[i] = v_splat(1) / v_sqrt(v_load(p->variance + base + at) + v_splat(p->epsilon));
    c.scale[i] = c.inverse[i] * v_load(p->gamma + base + at);
    c.beta[i] = v_load(p->beta + base + at);
  }
  return c;
}

// Calls a function for the channels from `base` on with constants for its first two arguments:
// which ReLU follows, and the number of channels, where it is the usual one.
#define WITH_CONSTANTS(function, relu, width, ...)                              \
  do {                                                                          \
    if ((width) < CHANNELS_AT_ONCE) function(relu, width, __VA_ARGS__);         \
    else if ((relu) == 2) function(2, CHANNELS_AT_ONCE, __VA_ARGS__);           \
    else if (relu) function(1, CHANNELS_AT_ONCE, __VA_ARGS__);                  \
    else function(0, CHANNELS_AT_ONCE, __VA_ARGS__);                            \
  } while (0)

// The value behind the ReLU that follows.
static inline vfloat behind_relu(int relu, vfloat y) {
  if (relu == 0) return y;
  return relu == 2 ? v_minimum(v_relu(y), v_splat(6)) : v_relu(y);
}

static inline void normalize_rows(int relu, int width, const channels_in_hand *of, const float *x,
                                  int step, int rows, float *y) {
  const channels_in_hand c = *of;
  for (int row = 0; row < rows; row++, x += step, y += step) {
    FOR_VECTORS(i, at, width) {
      const vfloat y_i = v_multiply_add(v_load(x + at) - c.mean[i], c.scale[i], c.beta[i]);
      v_store_part(y + at, behind_relu(relu, y_i), width - at);
    }
  }
}

// y = (x - mean) / sqrt(variance + epsilon) * gamma + beta, then the ReLU that is asked for; for rows
// [first, last).
static inline void normalize(const batch_norm_parameters *p, const float *x, int channels, float *y,
                             offset first, offset last) {
  for (offset row = first; row < last; row += SUM_BLOCK) {
    const int rows = (int)MIN((offset)SUM_BLOCK, last - row);
    for (int base = 0; base < channels; base += CHANNELS_AT_ONCE) {
      const int width = MIN(CHANNELS_AT_ONCE, channels - base);
      const channels_in_hand c = take_channels(p, base, width);
      const offset at = row * channels + base;
      WITH_CONSTANTS(normalize_rows, p->relu, width, &c, x + at, channels, rows, y + at);
    }
  }
}

// dy behind the ReLU: what came through it. Whether a value did is worked out again from x, exactly
// as on the way forward.
static inline vfloat through_relu(int relu, vfloat dy, vfloat deviation, vfloat scale,
                                  vfloat beta) {
  if (relu == 0) return dy;
  const vfloat y = v_multiply_add(deviation, scale, beta), none = v_splat(0);
  const vfloat above = v_select(y <= none, none, dy);
  return relu == 2 ? v_select(y >= v_splat(6), none, above) : above;
}

// Adds dy (x - mean), and dy, over some rows.
static inline void sum_rows_of_gradient(int relu, int width, const channels_in_hand *of,
                                        const float *x, const float *dy, int step, int rows,
                                        double *products, double *sums) {
  const channels_in_hand c = *of;
  vfloat product[VECTORS] = {0}, sum[VECTORS] = {0};
  for (int row = 0; row < rows; row++, x += step, dy += step) {
    FOR_VECTORS(i, at, width) {
      const vfloat d = v_load(x + at) - c.mean[i];
      vfloat slope = v_load(dy + at);
      slope = through_relu(relu, slope, d, c.scale[i], c.beta[i]);
      product[i] = v_multiply_add(d, slope, product[i]);
      sum[i] += slope;
    }
  }
  float product_of[CHANNELS_AT_ONCE], sum_of[CHANNELS_AT_ONCE];
  for (int i = 0; i < VECTORS; i++) {
    v_store(product_of + i * LANES, product[i]);
    v_store(sum_of + i * LANES, sum[i]);
  }
  for (int i = 0; i < width; i++) products[i] += (double)product_of[i];
  for (int i = 0; i < width; i++) sums[i] += (double)sum_of[i];
}

// The sums that the gradients of gamma and beta are made of: dy (x - mean), and dy; for rows
// [start, end).
static inline void sum_gradients(const float *x, const float *dy, const batch_norm_parameters *p,
                                 offset start, offset end, int channels, double *products,
                                 double *sums) {
  for (int i = 0; i < channels; i++) products[i] = sums[i] = 0;
  for (offset row = start; row < end; row += SUM_BLOCK) {
    const int rows = (int)MIN((offset)SUM_BLOCK, end - row);
    for (int base = 0; base < channels; base += CHANNELS_AT_ONCE) {
      const int width = MIN(CHANNELS_AT_ONCE, channels - base);
      const channels_in_hand c = take_channels(p, base, width);
      const offset at = row * channels + base;
      WITH_CONSTANTS(sum_rows_of_gradient, p->relu, width, &c, x + at, dy + at, channels, rows,
                     products + base, sums + base);
    }
  }
}

#endif
