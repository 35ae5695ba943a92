// The gradient of a normalization of samples that have a single pixel: each group lies in one piece.
#ifndef LIGHTBENCH_ROW_NORMALIZATION_H
#define LIGHTBENCH_ROW_NORMALIZATION_H

#include "normalization.h"

typedef struct {
  int pixels, channels, groups;
} group_shape;

// One group of a row, with the figures that all its values share.
typedef struct {
  const float *x, *dy, *gamma, *beta;
  vfloat mean, inverse;
  int width, relu;
} row_group;

// dy of the vector at `i`, behind the ReLU if there is one, and what it lies from the mean.
static inline vfloat row_slope(const row_group *r, int i, vfloat *deviation) {
  const vfloat d = v_load(r->x + i) - r->mean, dy = v_load(r->dy + i);
  *deviation = d;
  if (!r->relu) return dy;
  const vfloat y = v_multiply_add(d, r->inverse * v_load(r->gamma + i), v_load(r->beta + i));
  return v_select(y <= v_splat(0), v_splat(0), dy);
}

// gamma dy and gamma dy (x - mean) of the vector at `i`. The gradients of gamma and beta take in their
// parts on the way.
static inline vfloat row_terms(const row_group *r, int i, int count, float *d_gamma, float *d_beta,
                               vfloat *with_x) {
  vfloat d;
  const vfloat slope = row_slope(r, i, &d), weighted = v_load(r->gamma + i) * slope;
  v_store_part(d_gamma + i, v_load(d_gamma + i) + slope * d * r->inverse, count);
  v_store_part(d_beta + i, v_load(d_beta + i) + slope, count);
  *with_x = weighted * d;
  return weighted;
}

// The sums of both terms over the group.
static void row_sums(const row_group *r, float *d_gamma, float *d_beta, double *sum,
                     double *product) {
  const int whole = r->width - r->width % LANES;
  vfloat with_x;
  *sum = *product = 0;
  for (int i = 0; i < whole;) {
    vfloat sums = v_splat(0), products = v_splat(0);
    for (const int end = MIN(i + SUM_BLOCK * LANES, whole); i < end; i += LANES) {
      sums += row_terms(r, i, LANES, d_gamma, d_beta, &with_x);
      products += with_x;
    }
    *sum += v_sum_lanes(sums);
    *product += v_sum_lanes(products);
  }
  if (whole == r->width) return;
  const vfloat last = row_terms(r, whole, r->width - whole, d_gamma, d_beta, &with_x);
  for (int lane = 0; whole + lane < r->width; lane++) {
    *sum += (double)last[lane];
    *product += (double)with_x[lane];
  }
}

static void row_gradient(const row_group *r, float *dx, float *d_gamma, float *d_beta) {
  double sum, product;
  row_sums(r, d_gamma, d_beta, &sum, &product);
  const vfloat inverse = r->inverse;
  const vfloat shift = v_splat((float)(sum / r->width)) * inverse;
  const vfloat common = v_splat((float)(product / r->width)) * inverse * inverse * inverse;
  for (int i = 0; i < r->width; i += LANES) {
    vfloat d;
    const vfloat slope = row_slope(r, i, &d), scale = inverse * v_load(r->gamma + i);
    v_store_part(dx + i, slope * scale - (shift + d * common), r->width - i);
  }
}

// The rows [start, end): dx, and what they add to the gradients of gamma and beta. Those are summed over
// blocks of rows in single precision.
static void rows_gradient(const float *x, const float *dy, const batch_norm_parameters *p,
                          group_shape s, offset start, offset end, float *dx, double *d_gamma,
                          double *d_beta, float *block_gamma, float *block_beta) {
  const int width = s.channels / s.groups;
  for (offset block = start; block < end; block += SUM_BLOCK) {
    fill_zero(block_gamma, s.channels);
    fill_zero(block_beta, s.channels);
    for (offset n = block; n < MIN(block + SUM_BLOCK, end); n++)
      for (int g = 0; g < s.groups; g++) {
        const int at = g * width;
        const offset place = n * s.channels + at;
        const float variance = p->variance[n * s.groups + g];
        const row_group group = {x + place, dy + place, p->gamma + at, p->beta + at,
                                 v_splat(p->mean[n * s.groups + g]),
                                 v_splat(1) / v_sqrt(v_splat(variance) + v_splat(p->epsilon)),
                                 width, p->relu};
        row_gradient(&group, dx + place, block_gamma + at, block_beta + at);
      }
    for (int i = 0; i < s.channels; i++) d_gamma[i] += (double)block_gamma[i];
    for (int i = 0; i < s.channels; i++) d_beta[i] += (double)block_beta[i];
  }
}

#endif
