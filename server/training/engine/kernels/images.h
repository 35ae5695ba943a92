// What kernels share that change images one by one: sizes, borders, interpolation.
#ifndef LIGHTBENCH_IMAGES_H
#define LIGHTBENCH_IMAGES_H

#include "dmath.h"
#include "simd.h"

// One image and how it is read between and beyond its pixels, as TypeScript writes it: 5 whole
// numbers.
typedef struct {
  int32_t height, width, channels;
  // Neighbours along one axis that make a value: 1 (nearest), 2 (bilinear) or 4 (bicubic).
  int32_t taps;
  int32_t border;
} image_format;

enum { BORDER_ZERO, BORDER_NEAREST, BORDER_MIRROR, BORDER_SYMMETRIC, BORDER_CIRCULAR };

static inline offset image_size(const image_format *f) {
  return (offset)f->height * f->width * f->channels;
}

static inline int modulo(int i, int period) {
  const int rest = i % period;
  return rest < 0 ? rest + period : rest;
}

// Which sample stands at a position outside of the image; -1 for none.
static inline int at_border(int i, int size, int border) {
  if ((unsigned)i < (unsigned)size) return i;
  if (border == BORDER_ZERO) return -1;
  if (border == BORDER_NEAREST) return i < 0 ? 0 : size - 1;
  if (border == BORDER_CIRCULAR) return modulo(i, size);
  const int last = border == BORDER_MIRROR ? 2 * size - 2 : 2 * size - 1;
  const int turned = modulo(i, border == BORDER_MIRROR ? MAX(1, last) : 2 * size);
  return turned < size ? turned : last - turned;
}

// The samples of one axis that make the value at a position, with their weights.
typedef struct {
  int at[4];
  float weight[4];
} neighbours;

// Cosines of right angles are off by 1e-16, which must not blur or move a pixel.
static inline double snap(double position) {
  const double whole = d_floor(position + 0.5);
  return d_absolute(position - whole) < 1e-9 ? whole : position;
}

static inline neighbours neighbours_of(double position, int size, int taps, int border) {
  neighbours n;
  if (taps == 1) {
    n.at[0] = at_border((int)d_floor(position + 0.5), size, border);
    n.weight[0] = 1;
    return n;
  }
  const double whole = d_floor(position), t = position - whole;
  const int first = (int)whole - (taps == 4);
  for (int i = 0; i < taps; i++) n.at[i] = at_border(first + i, size, border);
  if (taps == 2) {
    n.weight[0] = (float)(1 - t);
    n.weight[1] = (float)t;
    return n;
  }
  // Keys' cubic convolution with a = -1/2.
  n.weight[0] = (float)(((-0.5 * t + 1) * t - 0.5) * t);
  n.weight[1] = (float)((1.5 * t - 2.5) * t * t + 1);
  n.weight[2] = (float)(((-1.5 * t + 2) * t + 0.5) * t);
  n.weight[3] = (float)((0.5 * t - 0.5) * t * t);
  return n;
}

// Four channels at once, on every machine.
typedef float quad __attribute__((vector_size(16)));
typedef float quad_at __attribute__((vector_size(16), aligned(4), may_alias));

static inline quad quad_load(const float *p) { return *(const quad_at *)p; }

// Writes the pixel of the image that stands at (row, column). Where `whole` allows it, four channels
// are written in any case: the pixels that follow are not yet made. `taps` is that of the format.
static inline __attribute__((always_inline)) void interpolate(const image_format *f, int taps,
                                                              const float *image, double row,
                                                              double column, int whole, float *to) {
  const neighbours rows = neighbours_of(snap(row), f->height, taps, f->border);
  const neighbours columns = neighbours_of(snap(column), f->width, taps, f->border);
  for (int c = 0; c < f->channels; c += 4) {
    quad sum = {0};
    for (int i = 0; i < taps; i++) {
      if (rows.at[i] < 0) continue;
      const float *line = image + (offset)rows.at[i] * f->width * f->channels + c;
      quad in_line = {0};
      for (int j = 0; j < taps; j++) {
        if (columns.at[j] < 0) continue;
        in_line += columns.weight[j] * quad_load(line + columns.at[j] * f->channels);
      }
      sum += rows.weight[i] * in_line;
    }
    const int left = f->channels - c;
    if (whole || left >= 4) *(quad_at *)(to + c) = sum;
    else
      for (int k = 0; k < left; k++) to[c + k] = sum[k];
  }
}

// Bell weights of a Gaussian at -radius ... radius, not scaled. A width of 0 leaves the centre alone.
static inline void bell_weights(double sigma, int radius, float *weights) {
  for (int d = -radius; d <= radius; d++)
    weights[d + radius] = d == 0 ? 1 : (float)(sigma > 0 ? d_exp(MAX(-700, -0.5 * d * d / (sigma * sigma))) : 0);
}

// Weighs neighbours along one axis of [outer, size, inner]. What lies beyond the border may be
// nothing; then it counts as zero.
static inline void smooth_axis(const float *from, float *to, int outer, int size, int inner,
                               const float *weights, int radius, int border) {
  for (int o = 0; o < outer; o++) {
    const float *source = from + (offset)o * size * inner;
    for (int i = 0; i < size; i++) {
      float *line = to + ((offset)o * size + i) * inner;
      fill_zero(line, inner);
      for (int d = -radius; d <= radius; d++) {
        const int at = at_border(i + d, size, border);
        if (at < 0) continue;
        const float weight = weights[d + radius], *other = source + (offset)at * inner;
        for (int k = 0; k < inner; k++) line[k] += weight * other[k];
      }
    }
  }
}

#endif
