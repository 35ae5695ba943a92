// Samples of a batch mixed with each other: who with whom, in which shares, and the mixing itself.
#include "images.h"
#include "random.h"

// With whom each row is mixed: all rows stand in one circle, every circle as likely (Sattolo's
// algorithm), so that none meets itself. It is drawn from the stream of the first row. Range: the one
// circle.
static void draw_partners(DRAWN_BY, int rows, int32_t *partners, offset first, offset last) {
  const batch_streams streams = DRAWN_FROM;
  for (offset circle = first; circle < last; circle++) {
    draws d = {stream_of_row(&streams, 0), 0};
    for (int i = 0; i < rows; i++) partners[i] = i;
    for (int i = rows - 1; i > 0; i--) {
      const int other = (int)(next_uniform(&d) * i), held = partners[i];
      partners[i] = partners[other];
      partners[other] = held;
    }
  }
}

// A number of the distribution Beta(alpha, alpha): (1 + t / sqrt(2 alpha + t^2)) / 2 for a number t of
// Student's distribution with 2 alpha degrees of freedom, which two even numbers give exactly (Bailey,
// Mathematics of Computation 62, 1994). No angle is a right one, so nothing is divided by zero.
static double next_symmetric_beta(draws *d, double alpha) {
  const double exponent = d_log(1 - next_uniform(d)) / alpha, rest = d_exp(MAX(-700, exponent));
  double sine, cosine;
  d_sin_cos(2 * PI * (next_uniform(d) + 0x1p-33), &sine, &cosine);
  const double side = cosine * d_sqrt(1 - rest);
  return 0.5 + 0.5 * side / d_sqrt(rest + side * side);
}

// The share of itself that each row keeps; all of it where it has no partner. Range: rows.
static void draw_shares(DRAWN_BY, double alpha, const int32_t *partners, float *shares, offset first,
                        offset last) {
  const batch_streams streams = DRAWN_FROM;
  for (offset row = first; row < last; row++) {
    draws d = {stream_of_row(&streams, row), 0};
    shares[row] = partners[row] == row ? 1 : (float)next_symmetric_beta(&d, alpha);
  }
}

// A part of an image: rows top to bottom, columns left to right, the ends not included.
typedef struct {
  int32_t top, left, bottom, right;
} box;

// The part of each image that comes from its partner, and the share of the image that is left: a box
// of the form of the image around a random pixel, cut off at the edges. Range: images.
static void draw_boxes(DRAWN_BY, const image_format *f, double alpha, const int32_t *partners,
                       box *boxes, float *shares, offset first, offset last) {
  const batch_streams streams = DRAWN_FROM;
  for (offset row = first; row < last; row++) {
    draws d = {stream_of_row(&streams, row), 0};
    const double half = partners[row] == row ? 0 : 0.5 * d_sqrt(1 - next_symmetric_beta(&d, alpha));
    const int rows = (int)(half * f->height), columns = (int)(half * f->width);
    const int i = (int)(next_uniform(&d) * f->height), j = (int)(next_uniform(&d) * f->width);
    const box b = {MAX(0, i - rows), MAX(0, j - columns), MIN(f->height, i + rows),
                   MIN(f->width, j + columns)};
    boxes[row] = b;
    const double area = (double)(b.bottom - b.top) * (b.right - b.left);
    shares[row] = (float)(1 - area / ((double)f->height * f->width));
  }
}

// Each row's share of itself and the rest of its partner. Range: rows.
static void mix_rows(const int32_t *partners, const float *shares, offset width, const float *x,
                     float *to, offset first, offset last) {
  for (offset row = first; row < last; row++) {
    const float *own = x + row * width, *other = x + partners[row] * width;
    const vfloat share = v_splat(shares[row]), rest = v_splat(1 - shares[row]);
    for (offset i = 0; i < width; i += LANES)
      v_store_part(to + row * width + i, share * v_load(own + i) + rest * v_load(other + i),
                   (int)MIN((offset)LANES, width - i));
  }
}

static inline void copy_values(const float *from, offset count, float *to) {
  for (offset i = 0; i < count; i += LANES)
    v_store_part(to + i, v_load(from + i), (int)MIN((offset)LANES, count - i));
}

// Each image with the box of its partner. Range: images.
static void paste_boxes(const image_format *f, const int32_t *partners, const box *boxes,
                        const float *x, float *to, offset first, offset last) {
  const offset size = image_size(f), line = (offset)f->width * f->channels;
  for (offset image = first; image < last; image++) {
    const box b = boxes[image];
    copy_values(x + image * size, size, to + image * size);
    for (int i = b.top; i < b.bottom; i++) {
      const offset at = i * line + (offset)b.left * f->channels;
      copy_values(x + partners[image] * size + at, (offset)(b.right - b.left) * f->channels,
                  to + image * size + at);
    }
  }
}
