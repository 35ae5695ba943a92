// Vectors of float32, once for every machine: four lanes for WebAssembly, NEON and SSE, eight for
// AVX2, sixteen for AVX-512.
// Arithmetic and comparisons are written with the compiler's vector operators; only what these lack
// is here.
#ifndef LIGHTBENCH_SIMD_H
#define LIGHTBENCH_SIMD_H

#include "base.h"

#if defined(__wasm_simd128__)
#include <wasm_simd128.h>
#define LANES 4
// Rows of a register tile: enough sums to keep two multiply-adds a cycle busy until the first is ready, and
// as many as the registers of V8 hold.
#define TILE_ROWS 6
#elif defined(__AVX512F__)
#define LANES 16
#define TILE_ROWS 8
#elif defined(__AVX2__)
#define LANES 8
#define TILE_ROWS 6
#elif defined(__ARM_NEON)
#define LANES 4
#define TILE_ROWS 8
#else
#define LANES 4
#define TILE_ROWS 6
#endif

// Columns of a register tile: two vectors.
#define TILE_COLUMNS (2 * LANES)

typedef float vfloat __attribute__((vector_size(4 * LANES)));
typedef int32_t vint __attribute__((vector_size(4 * LANES)));
typedef uint32_t vuint __attribute__((vector_size(4 * LANES)));
typedef float vfloat_at __attribute__((vector_size(4 * LANES), aligned(4), may_alias));

static inline vfloat v_load(const float *p) { return *(const vfloat_at *)p; }
static inline void v_store(float *p, vfloat v) { *(vfloat_at *)p = v; }

#if LANES == 4
#define SPLAT(x) {x, x, x, x}
#elif LANES == 8
#define SPLAT(x) {x, x, x, x, x, x, x, x}
#else
#define SPLAT(x) {x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x}
#endif

static inline vfloat v_splat(float x) { return (vfloat)SPLAT(x); }
static inline vint v_splat_int(int32_t x) { return (vint)SPLAT(x); }

// Stores the first `count` lanes, where that is not all of them; none for less than one. Where the
// machine has such an instruction, it is a fraction of the code that a loop would become.
static inline void v_store_few(float *p, vfloat v, int count) {
#if defined(__AVX512F__)
  __builtin_ia32_storeups512_mask(p, v, (uint16_t)((1u << MAX(count, 0)) - 1));
#elif defined(__AVX2__)
  const vint lane = {0, 1, 2, 3, 4, 5, 6, 7};
  __builtin_ia32_maskstoreps256((vfloat *)p, lane < v_splat_int(count), v);
#else
  UNROLL for (int i = 0; i < LANES - 1; i++)
    if (i < count) p[i] = v[i];
#endif
}

// Stores the first `count` lanes.
static inline void v_store_part(float *p, vfloat v, int count) {
  if (count >= LANES) v_store(p, v);
  else v_store_few(p, v, count);
}

// Adds to the first `count` lanes in memory.
static inline void add_part(float *to, vfloat value, int count) {
  v_store_part(to, v_load(to) + value, count);
}

// a * b + c, in one rounding where the machine has it.
static inline vfloat v_multiply_add(vfloat a, vfloat b, vfloat c) {
#if defined(__wasm_relaxed_simd__)
  return (vfloat)wasm_f32x4_relaxed_madd((v128_t)a, (v128_t)b, (v128_t)c);
#elif defined(__FMA__) || defined(__ARM_NEON)
  return __builtin_elementwise_fma(a, b, c);
#else
  return a * b + c;
#endif
}

static inline vfloat v_select(vint mask, vfloat yes, vfloat no) {
#ifdef __wasm__
  return (vfloat)wasm_v128_bitselect((v128_t)yes, (v128_t)no, (v128_t)mask);
#else
  return (vfloat)(((vint)yes & mask) | ((vint)no & ~mask));
#endif
}

static inline vint v_select_int(vint mask, vint yes, vint no) {
  return (vint)v_select(mask, (vfloat)yes, (vfloat)no);
}

// x where it is not below zero: a NaN stays.
static inline vfloat v_relu(vfloat x) {
#ifdef __wasm__
  return (vfloat)wasm_f32x4_pmax((v128_t)x, wasm_f32x4_const_splat(0));
#else
  return v_select(x < v_splat(0), v_splat(0), x);
#endif
}

// The larger, or NaN where either is one.
static inline vfloat v_maximum(vfloat a, vfloat b) { return v_select((a > b) | (a != a), a, b); }
static inline vfloat v_minimum(vfloat a, vfloat b) { return v_select((a < b) | (a != a), a, b); }

static inline vfloat v_sqrt(vfloat x) {
#ifdef __wasm__
  return (vfloat)wasm_f32x4_sqrt((v128_t)x);
#else
  return __builtin_elementwise_sqrt(x);
#endif
}

// The nearest whole number, ties to even.
static inline vfloat v_round(vfloat x) {
#ifdef __wasm__
  return (vfloat)wasm_f32x4_nearest((v128_t)x);
#else
  return __builtin_elementwise_roundeven(x);
#endif
}

// A whole number kept as float, as an integer. Anything for a NaN.
static inline vint v_to_int(vfloat x) {
#ifdef __wasm__
  return (vint)wasm_i32x4_trunc_sat_f32x4((v128_t)x);
#else
  return __builtin_convertvector(x, vint);
#endif
}

static inline vfloat v_from_int(vint x) { return __builtin_convertvector(x, vfloat); }

// An unsigned number as the nearest float, on machines that only know signed ones too.
static inline vfloat v_from_uint(vuint x) {
  return v_from_int((vint)(x >> 16)) * v_splat(65536) + v_from_int((vint)(x & 65535));
}

// a[0], b[0], a[1], b[1] ... in two vectors.
static inline void v_interleave(vfloat a, vfloat b, vfloat *low, vfloat *high) {
#if LANES == 4
  *low = __builtin_shufflevector(a, b, 0, 4, 1, 5);
  *high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
#elif LANES == 8
  *low = __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
  *high = __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
#else
  *low = __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  *high = __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
#endif
}

// The sum of all lanes, in lane order, in double precision.
static inline double v_sum_lanes(vfloat v) {
  double sum = 0;
  for (int i = 0; i < LANES; i++) sum += (double)v[i];
  return sum;
}

#endif
