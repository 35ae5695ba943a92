// The transforms of minimal filtering F(4x4, 3x3): Winograd's, as in Lavin and Gray, "Fast algorithms
// for convolutional neural networks", 2016.
//
// A tile is 4x4 outputs, which see 6x6 inputs. Read as coefficients, inputs and filter become the values
// of polynomials at 0, √½, -√½, √2, -√2 and infinity, in both directions: 36 points, where the convolution
// is one product a point, 36 multiplications instead of 144. With the usual points, 0, ±1 and ±2, results
// are four times as far from the true ones as direct sums; with pairs that are each other's reciprocals,
// twice (Alam, Anderson, Barabasz and Gregg, "Winograd convolution for deep neural networks: efficient point
// selection", 2022).
//
// The gradients are the adjoints of the same three transforms.
#ifndef LIGHTBENCH_WINOGRAD_TRANSFORMS_H
#define LIGHTBENCH_WINOGRAD_TRANSFORMS_H

#include "simd.h"

#define TILE_OUTPUTS 4
#define TILE_INPUTS 6
#define POINTS (TILE_INPUTS * TILE_INPUTS)
#define FILTER_TAPS 3
#define KEEP_LOOP _Pragma("clang loop unroll(disable)")
// The points beside 0 and infinity, up to their signs.
#define NEAR 0.707106781f
#define FAR 1.41421356f

static inline vfloat v_scaled(float factor, vfloat a) { return v_splat(factor) * a; }

static inline vfloat v_add_scaled(vfloat sum, float factor, vfloat a) {
  return v_multiply_add(v_splat(factor), a, sum);
}

// ---- one direction ----

// Inputs to points.
static inline void inputs_to_points(const vfloat *x, vfloat *to) {
  const vfloat near_even = v_add_scaled(x[4], -2, x[2]), near_odd = v_add_scaled(x[3], -2, x[1]);
  const vfloat far_even = v_add_scaled(x[4], -0.5f, x[2]), far_odd = v_add_scaled(x[3], -0.5f, x[1]);
  to[0] = v_add_scaled(x[0] + x[4], -2.5f, x[2]);
  to[1] = v_add_scaled(near_even, NEAR, near_odd);
  to[2] = v_add_scaled(near_even, -NEAR, near_odd);
  to[3] = v_add_scaled(far_even, FAR, far_odd);
  to[4] = v_add_scaled(far_even, -FAR, far_odd);
  to[5] = v_add_scaled(x[1] + x[5], -2.5f, x[3]);
}

// The adjoint of inputs_to_points.
static inline void points_to_inputs(const vfloat *m, vfloat *to) {
  const vfloat near_even = m[1] + m[2], near_odd = v_scaled(NEAR, m[1] - m[2]);
  const vfloat far_even = m[3] + m[4], far_odd = v_scaled(FAR, m[3] - m[4]);
  to[0] = m[0];
  to[1] = v_add_scaled(v_add_scaled(m[5], -2, near_odd), -0.5f, far_odd);
  to[2] = v_add_scaled(v_add_scaled(v_scaled(-2.5f, m[0]), -2, near_even), -0.5f, far_even);
  to[3] = v_add_scaled(near_odd + far_odd, -2.5f, m[5]);
  to[4] = m[0] + near_even + far_even;
  to[5] = m[5];
}

// Taps of the filter to points.
static inline void taps_to_points(const vfloat *w, vfloat *to) {
  const vfloat near_even = v_scaled(-2 / 3.0f, v_add_scaled(w[0], 0.5f, w[2]));
  const vfloat far_even = v_scaled(1 / 6.0f, v_add_scaled(w[0], 2, w[2]));
  const vfloat near_odd = v_scaled(-2 / 3.0f * NEAR, w[1]), far_odd = v_scaled(1 / 6.0f * FAR, w[1]);
  to[0] = w[0];
  to[1] = near_even + near_odd, to[2] = near_even - near_odd;
  to[3] = far_even + far_odd, to[4] = far_even - far_odd;
  to[5] = w[2];
}

// Points to outputs.
static inline void points_to_outputs(const vfloat *m, vfloat *to) {
  const vfloat near_even = m[1] + m[2], near_odd = v_scaled(NEAR, m[1] - m[2]);
  const vfloat far_even = m[3] + m[4], far_odd = v_scaled(FAR, m[3] - m[4]);
  to[0] = m[0] + near_even + far_even;
  to[1] = near_odd + far_odd;
  to[2] = v_add_scaled(v_scaled(2, far_even), 0.5f, near_even);
  to[3] = v_add_scaled(v_add_scaled(m[5], 2, far_odd), 0.5f, near_odd);
}

// The adjoint of points_to_outputs: slopes of the outputs to points.
static inline void slopes_to_points(const vfloat *dy, vfloat *to) {
  const vfloat near_even = v_add_scaled(dy[0], 0.5f, dy[2]), near_odd = v_add_scaled(dy[1], 0.5f, dy[3]);
  const vfloat far_even = v_add_scaled(dy[0], 2, dy[2]), far_odd = v_add_scaled(dy[1], 2, dy[3]);
  to[0] = dy[0];
  to[1] = v_add_scaled(near_even, NEAR, near_odd);
  to[2] = v_add_scaled(near_even, -NEAR, near_odd);
  to[3] = v_add_scaled(far_even, FAR, far_odd);
  to[4] = v_add_scaled(far_even, -FAR, far_odd);
  to[5] = dy[3];
}

// The adjoint of taps_to_points: points to slopes of the taps.
static inline void points_to_taps(const vfloat *m, vfloat *to) {
  const vfloat near_even = v_scaled(-2 / 3.0f, m[1] + m[2]), far_even = v_scaled(1 / 6.0f, m[3] + m[4]);
  const vfloat near_odd = v_scaled(-2 / 3.0f * NEAR, m[1] - m[2]);
  to[0] = m[0] + near_even + far_even;
  to[1] = v_add_scaled(near_odd, 1 / 6.0f * FAR, m[3] - m[4]);
  to[2] = v_add_scaled(v_add_scaled(m[5], 2, far_even), 0.5f, near_even);
}

// ---- both directions ----

// Where a square of vectors lies, in floats.
typedef struct {
  offset row, column;
} steps;

typedef void point_transform(const vfloat *from, vfloat *to);

// What becomes of results: they replace what was there, or are added to it.
enum { REPLACE, ADD };

// Transforms one vector of each of from x from values to to x to results: along the rows, then along the
// columns. The loops stay loops: unrolled, the values do not fit in the registers of any machine.
static inline __attribute__((always_inline)) void transform_and(int then, point_transform *one, int from,
                                                                int to, const float *values, steps value,
                                                                float *results, steps result) {
  vfloat half[TILE_INPUTS * TILE_INPUTS];
  KEEP_LOOP for (int row = 0; row < from; row++) {
    vfloat line[TILE_INPUTS];
    UNROLL for (int i = 0; i < from; i++) line[i] = v_load(values + row * value.row + i * value.column);
    one(line, half + row * to);
  }
  KEEP_LOOP for (int column = 0; column < to; column++) {
    vfloat line[TILE_INPUTS], transformed[TILE_INPUTS];
    UNROLL for (int i = 0; i < from; i++) line[i] = half[i * to + column];
    one(line, transformed);
    UNROLL for (int i = 0; i < to; i++) {
      float *there = results + i * result.row + column * result.column;
      v_store(there, then == ADD ? v_load(there) + transformed[i] : transformed[i]);
    }
  }
}

#define transform_both(...) transform_and(REPLACE, __VA_ARGS__)

#endif
