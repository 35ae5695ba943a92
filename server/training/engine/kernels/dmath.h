// Functions of one double, to within a few units in the last place. Written out, because the kernels
// have no C library in WebAssembly, and because its results would differ from machine to machine.
#ifndef LIGHTBENCH_DMATH_H
#define LIGHTBENCH_DMATH_H

#include "base.h"

#define PI 3.14159265358979323846

static inline double d_floor(double x) { return __builtin_elementwise_floor(x); }
static inline double d_sqrt(double x) { return __builtin_elementwise_sqrt(x); }
static inline double d_absolute(double x) { return x < 0 ? -x : x; }

static inline uint64_t d_bits(double x) {
  union {
    double number;
    uint64_t bits;
  } u = {x};
  return u.bits;
}

static inline double d_from_bits(uint64_t bits) {
  union {
    uint64_t bits;
    double number;
  } u = {bits};
  return u.number;
}

// ln(1 + x) for |x| < 0.42, by the series of 2 artanh(x / (2 + x)).
static inline double d_log_near_one(double x) {
  const double s = x / (2 + x), z = s * s;
  double sum = 0;
  UNROLL for (int n = 23; n >= 3; n -= 2) sum = sum * z + 1.0 / n;
  return 2 * s + 2 * s * z * sum;
}

// ln x for a normal x above zero.
static inline double d_log(double x) {
  const uint64_t bits = d_bits(x);
  int exponent = (int)(bits >> 52) - 1023;
  double m = d_from_bits((bits & 0x000fffffffffffffull) | 0x3ff0000000000000ull);
  if (m > 1.41421356237309505) {
    m /= 2;
    exponent++;
  }
  // ln 2 in two parts, so that the product with the exponent is exact.
  return exponent * 1.90821492927058770002e-10 + d_log_near_one(m - 1) +
         exponent * 6.93147180369123816490e-1;
}

// e^x for x in [-700, 700].
static inline double d_exp(double x) {
  const double n = d_floor(x * 1.44269504088896340736 + 0.5);
  const double r = x - n * 6.93147180369123816490e-1 - n * 1.90821492927058770002e-10;
  double sum = 1;
  UNROLL for (int k = 14; k >= 1; k--) sum = 1 + sum * (r * (1.0 / k));
  return sum * d_from_bits((uint64_t)((int)n + 1023) << 52);
}

// Sine and cosine of an angle of some turns at most.
static inline void d_sin_cos(double angle, double *sine, double *cosine) {
  const double quarters = d_floor(angle * (2 / PI) + 0.5);
  const double x = angle - quarters * 1.57079632679489655800 - quarters * 6.12323399573676603587e-17;
  const double z = x * x;
  double s = 0, c = 0;
  UNROLL for (int k = 19; k >= 3; k -= 2) s = (1 - s) * z * (1.0 / (k * (k - 1)));
  UNROLL for (int k = 18; k >= 2; k -= 2) c = (1 - c) * z * (1.0 / (k * (k - 1)));
  s = x * (1 - s);
  c = 1 - c;
  const int quarter = (int)quarters & 3, odd = quarter & 1;
  *sine = (quarter & 2 ? -1 : 1) * (odd ? c : s);
  *cosine = ((quarter + 1) & 2 ? -1 : 1) * (odd ? s : c);
}

#endif
