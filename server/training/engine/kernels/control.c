// What a recorded list of kernels needs beside arithmetic: filling, copying, other types of numbers, and
// looking for values that are not finite.
#include "simd.h"

// to = value. Range: elements.
static void fill(float *to, double value, offset first, offset last) {
  for (offset i = first; i < last; i++) to[i] = (float)value;
}

// to = from. Range: elements.
static void copy(const float *from, float *to, offset first, offset last) {
  for (offset i = first; i < last; i += LANES)
    v_store_part(to + i, v_load(from + i), (int)MIN((offset)LANES, last - i));
}

// Whole numbers as real ones. Range: elements.
static void float_of_whole(const int32_t *from, float *to, offset first, offset last) {
  for (offset i = first; i < last; i++) to[i] = (float)from[i];
}

// Real numbers without their fractions; 0 for what no whole number of 32 bits is. Range: elements.
static void whole_of_float(const float *from, int32_t *to, offset first, offset last) {
  for (offset i = first; i < last; i++)
    to[i] = from[i] >= -0x1p31f && from[i] < 0x1p31f ? (int32_t)from[i] : 0;
}

#define NOT_FINITE_BLOCK 4096

static int not_finite_blocks(offset count) {
  return (int)((count + NOT_FINITE_BLOCK - 1) / NOT_FINITE_BLOCK);
}

// Whether one of the values is NaN or infinite: then all bits of its exponent are set.
static int has_not_finite(const float *x, offset count) {
  const vint exponent = v_splat_int(0x7f800000);
  vint found = v_splat_int(0);
  offset i = 0;
  for (; i + LANES <= count; i += LANES) found |= ((vint)v_load(x + i) & exponent) == exponent;
  int any = 0;
  for (int lane = 0; lane < LANES; lane++) any |= found[lane];
  for (; i < count; i++) any |= !(x[i] - x[i] == 0);
  return any != 0;
}

// flags[block] = whether a value of the block is not finite. Range: blocks.
static void find_not_finite(const float *x, offset count, int32_t *flags, offset first, offset last) {
  for (offset block = first; block < last; block++) {
    const offset start = block * NOT_FINITE_BLOCK;
    flags[block] = has_not_finite(x + start, MIN((offset)NOT_FINITE_BLOCK, count - start));
  }
}

// The place of the first flag that is set, counted from 1; 0 if none is.
static int first_flag(const int32_t *flags, int count) {
  for (int i = 0; i < count; i++)
    if (flags[i]) return i + 1;
  return 0;
}
