// exp, log, sine, cosine, tanh, erf and the logistic function of a vector, to within a few units in the
// last place. Polynomials after S. Moshier's Cephes library (expf, logf, sinf, cosf, tanhf, ndtrf).
#ifndef LIGHTBENCH_VMATH_H
#define LIGHTBENCH_VMATH_H

#include "simd.h"

static inline vfloat v_absolute(vfloat x) {
  return (vfloat)((vint)x & v_splat_int(0x7fffffff));
}

// 2^n for a whole n in [-126, 127].
static inline vfloat power_of_two(vint n) { return (vfloat)((n + v_splat_int(127)) << 23); }

// exp(x) in parts: 2^n (1 + rest), with n a whole number and the rest small.
static inline vfloat split_exp(vfloat x, vint *n_out) {
  const vfloat highest = v_splat(89.5f), lowest = v_splat(-105);
  x = v_select(x > highest, highest, x);
  x = v_select(x < lowest, lowest, x);
  vfloat n = v_round(x * v_splat(1.44269504f));
  // ln 2 in two parts, so that the remainder is exact.
  vfloat r = x - n * v_splat(0.693359375f) - n * v_splat(-2.12194440e-4f);
  vfloat p = v_splat(1.9875691500e-4f);
  p = p * r + v_splat(1.3981999507e-3f);
  p = p * r + v_splat(8.3334519073e-3f);
  p = p * r + v_splat(4.1665795894e-2f);
  p = p * r + v_splat(1.6666665459e-1f);
  p = p * r + v_splat(5.0000001201e-1f);
  *n_out = v_to_int(n);
  return p * r * r + r;
}

static inline vfloat v_exp(vfloat x) {
  vint n;
  vfloat p = split_exp(x, &n) + v_splat(1);
  // Two factors: n may lie outside the range of one float's exponent.
  vint half = n >> 1;
  return p * power_of_two(half) * power_of_two(n - half);
}

// exp(x) - 1, with all digits near zero. For x up to 80.
static inline vfloat v_exp_minus_one(vfloat x) {
  vint n;
  const vint lowest = v_splat_int(-126);
  vfloat rest = split_exp(x, &n), scale = power_of_two(v_select_int(n < lowest, lowest, n));
  vfloat far = (rest + v_splat(1)) * scale - v_splat(1);
  return v_select(n == v_splat_int(0), rest, far);
}

// ln((1 + m) 2^e) for m in [sqrt(1/2) - 1, sqrt(2) - 1] and a whole number e.
static inline vfloat log_of_parts(vfloat m, vfloat e) {
  vfloat z = m * m, p = v_splat(7.0376836292e-2f);
  p = p * m + v_splat(-1.1514610310e-1f);
  p = p * m + v_splat(1.1676998740e-1f);
  p = p * m + v_splat(-1.2420140846e-1f);
  p = p * m + v_splat(1.4249322787e-1f);
  p = p * m + v_splat(-1.6668057665e-1f);
  p = p * m + v_splat(2.0000714765e-1f);
  p = p * m + v_splat(-2.4999993993e-1f);
  p = p * m + v_splat(3.3333331174e-1f);
  vfloat y = m * z * p + e * v_splat(-2.12194440e-4f) - v_splat(0.5f) * z;
  return m + y + e * v_splat(0.693359375f);
}

static inline vfloat v_log(vfloat x) {
  const vfloat smallest_normal = v_splat(1.17549435e-38f), infinity = v_splat(__builtin_inff());
  vint subnormal = x < smallest_normal;
  vfloat scaled = v_select(subnormal, x * v_splat(8388608.0f), x);
  vint bits = (vint)scaled;
  // The mantissa in [0.5, 1) and its exponent; then moved to [sqrt(1/2), sqrt(2)) around one.
  vint exponent = ((bits >> 23) & v_splat_int(255)) - v_splat_int(126);
  exponent -= subnormal & v_splat_int(23);
  vfloat m = (vfloat)((bits & v_splat_int(0x007fffff)) | v_splat_int(0x3f000000));
  vint low = m < v_splat(0.707106781f);
  exponent += low;
  m = m + (vfloat)((vint)m & low) - v_splat(1);
  vfloat y = log_of_parts(m, v_from_int(exponent));
  y = v_select(x == v_splat(0), -infinity, y);
  y = v_select(x == infinity, infinity, y);
  return v_select((x >= v_splat(0)), y, v_splat(__builtin_nanf("")));
}

// ln(1 + x) for x >= 0, with all digits near zero: the error of 1 + x is corrected for.
static inline vfloat v_log_one_plus(vfloat x) {
  vfloat sum = v_splat(1) + x, difference = sum - v_splat(1);
  vfloat y = v_log(sum) * (x / difference);
  return v_select(difference == v_splat(0), x, y);
}

// Sine and cosine of x in [-pi/4, pi/4].
static inline void v_sin_cos(vfloat x, vfloat *sine, vfloat *cosine) {
  vfloat z = x * x, s = v_splat(-1.9515295891e-4f), c = v_splat(2.443315711809948e-5f);
  s = s * z + v_splat(8.3321608736e-3f);
  s = s * z + v_splat(-1.6666654611e-1f);
  *sine = s * z * x + x;
  c = c * z + v_splat(-1.388731625493765e-3f);
  c = c * z + v_splat(4.166664568298827e-2f);
  *cosine = c * z * z - v_splat(0.5f) * z + v_splat(1);
}

static inline vfloat v_tanh(vfloat x) {
  const vint sign = (vint)x & v_splat_int((int32_t)0x80000000);
  vfloat size = (vfloat)((vint)x ^ sign), z = x * x;
  vfloat p = v_splat(-5.70498872745e-3f);
  p = p * z + v_splat(2.06390887954e-2f);
  p = p * z + v_splat(-5.37397155531e-2f);
  p = p * z + v_splat(1.33314422036e-1f);
  p = p * z + v_splat(-3.33332819422e-1f);
  vfloat small = p * z * x + x;
  vfloat large = v_splat(1) - v_splat(2) / (v_exp(size + size) + v_splat(1));
  return v_select(size < v_splat(0.625f), small, (vfloat)((vint)large ^ sign));
}

static inline vfloat v_sigmoid(vfloat x) { return v_splat(1) / (v_splat(1) + v_exp(-x)); }

// ln(1 + exp(x)), without overflow.
static inline vfloat v_softplus(vfloat x) {
  return v_relu(x) + v_log_one_plus(v_exp(-v_absolute(x)));
}

// -1, 0 or 1; NaN for NaN.
static inline vfloat v_sign(vfloat x) {
  const vfloat one = v_splat(1);
  return v_select(x > v_splat(0), one, v_select(x < v_splat(0), -one, x * v_splat(0)));
}

// The slope of the logistic function, with all digits on both sides.
static inline vfloat v_sigmoid_slope(vfloat x) {
  const vfloat e = v_exp(-v_absolute(x)), sum = v_splat(1) + e;
  return e / (sum * sum);
}

// exp(-x^2 / 2). What rounding takes from the square, exp would make large: it is put back.
static inline vfloat v_bell(vfloat x) {
  const vfloat size = v_minimum(v_absolute(x), v_splat(15)), square = size * size;
  const vfloat high = (vfloat)((vint)size & v_splat_int((int32_t)0xfffff000)), low = size - high;
  const vfloat lost = high * high - square + v_splat(2) * high * low + low * low;
  return v_exp(v_splat(-0.5f) * square) * (v_splat(1) - v_splat(0.5f) * lost);
}

// erf(x) for x in [-1, 1].
static inline vfloat erf_near_zero(vfloat x) {
  const vfloat z = x * x;
  vfloat p = v_splat(7.853861353153693e-5f);
  p = p * z + v_splat(-8.010193625184903e-4f);
  p = p * z + v_splat(5.188327685732524e-3f);
  p = p * z + v_splat(-2.685381193529856e-2f);
  p = p * z + v_splat(1.128358514861418e-1f);
  p = p * z + v_splat(-3.761262582423300e-1f);
  p = p * z + v_splat(1.128379165726710f);
  return p * x;
}

// exp(x^2) (1 - erf(x)) for x >= 1.
static inline vfloat scaled_erfc(vfloat x) {
  const vfloat q = v_splat(1) / x, z = q * q;
  vfloat near = v_splat(2.326819970068386e-2f);
  near = near * z + v_splat(-1.387039388740657e-1f);
  near = near * z + v_splat(3.687424674597105e-1f);
  near = near * z + v_splat(-5.824733027278666e-1f);
  near = near * z + v_splat(6.210004621745983e-1f);
  near = near * z + v_splat(-4.944515323274145e-1f);
  near = near * z + v_splat(3.404879937665872e-1f);
  near = near * z + v_splat(-2.741127028184656e-1f);
  near = near * z + v_splat(5.638259427386472e-1f);
  vfloat far = v_splat(-1.047766399936249e+1f);
  far = far * z + v_splat(1.297719955372516e+1f);
  far = far * z + v_splat(-7.495518717768503f);
  far = far * z + v_splat(2.921019019210786f);
  far = far * z + v_splat(-1.015265279202700f);
  far = far * z + v_splat(4.218463358204948e-1f);
  far = far * z + v_splat(-2.820767439740514e-1f);
  far = far * z + v_splat(5.641895067754075e-1f);
  return v_select(x < v_splat(2), near, far) * q;
}

static inline vfloat v_erf(vfloat x) {
  const vint sign = (vint)x & v_splat_int((int32_t)0x80000000);
  const vfloat size = v_absolute(x);
  const vfloat far = v_splat(1) - v_bell(size * v_splat(1.41421356f)) * scaled_erfc(size);
  return v_select(size < v_splat(1), erf_near_zero(x), (vfloat)((vint)far ^ sign));
}

// The part of a normal distribution below x, from x and exp(-x^2 / 2): with all digits on both sides.
static inline vfloat v_normal(vfloat x, vfloat bell) {
  const vfloat half = v_splat(0.5f), scaled = x * v_splat(0.707106781f), size = v_absolute(scaled);
  const vfloat tail = half * bell * scaled_erfc(size);
  const vfloat far = v_select(x < v_splat(0), tail, v_splat(1) - tail);
  return v_select(size < v_splat(1), half + half * erf_near_zero(scaled), far);
}

// x, or exp(x) - 1 below zero.
static inline vfloat v_elu(vfloat x) {
  return v_select(x < v_splat(0), v_exp_minus_one(v_select(x < v_splat(0), x, v_splat(0))), x);
}

#endif
