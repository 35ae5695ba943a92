// What every kernel file shares: exports, sizes, and the shape records that TypeScript fills in.
//
// Conventions of all kernels
// - Tensors are dense float32, images are NHWC, filters are [height, width, in, out].
// - A kernel computes a range [first, last) of its work (images, rows, tiles or elements, as it
//   says), so that threads can share it. No sum is ever split at a range's edge: results have the
//   same bits for any division of the work.
// - Every buffer can be read (never written) up to 128 bytes past its end: a vector may be loaded
//   across the last element, what lies beyond is never stored.
#ifndef LIGHTBENCH_BASE_H
#define LIGHTBENCH_BASE_H

#include <stddef.h>
#include <stdint.h>

#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))
#define UNROLL _Pragma("clang loop unroll(full)")

// An offset into a tensor, in elements: wide enough where pointers are.
typedef ptrdiff_t offset;

// A convolution or a pooling, as TypeScript writes it (kernels.ts): 15 whole numbers.
typedef struct {
  int32_t batch;
  int32_t in_height, in_width, in_channels;
  int32_t out_height, out_width, out_channels;
  int32_t filter_height, filter_width;
  int32_t stride_y, stride_x;
  int32_t dilation_y, dilation_x;
  int32_t pad_top, pad_left;
} conv_shape;

static inline int round_up(int value, int multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

// The smallest whole number at or above a / b, for b > 0.
static inline int divide_up(int a, int b) { return a > 0 ? (a + b - 1) / b : -(-a / b); }

static inline void fill_zero(float *p, offset count) {
  for (offset i = 0; i < count; i++) p[i] = 0;
}

// Takes the next part of a scratch buffer, aligned for vectors.
static inline void *carve(char **cursor, size_t bytes) {
  void *part = *cursor;
  *cursor += (bytes + 63) & ~(size_t)63;
  return part;
}

#endif
