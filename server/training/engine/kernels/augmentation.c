// Random changes of images, one drawn for each sample. Ranges are images.
#include "images.h"
#include "random.h"

#define FOR_IMAGES                                                                       \
  const batch_streams streams = DRAWN_FROM;                                              \
  const offset size = image_size(f);                                                     \
  for (offset image = first; image < last; image++)

#define DRAWS_OF_IMAGE {stream_of_row(&streams, image), 0}

// ---- mirrors and quarter turns ----

enum { MIRROR_COLUMNS = 4, MIRROR_ROWS = 5 };

// Where a pixel of an oriented image comes from, as steps in memory. Orientations 0 to 3 are quarter
// turns, counter-clockwise.
typedef struct {
  offset start, down, right;
} orientation;

static orientation orientation_of(const image_format *f, int code) {
  const offset pixel = f->channels, line = pixel * f->width;
  const offset bottom = line * (f->height - 1), right = pixel * (f->width - 1);
  switch (code) {
    case 1: return (orientation){right, -pixel, line};
    case 2: return (orientation){bottom + right, -line, -pixel};
    case 3: return (orientation){bottom, pixel, -line};
    case MIRROR_COLUMNS: return (orientation){right, line, -pixel};
    case MIRROR_ROWS: return (orientation){bottom, -line, pixel};
    default: return (orientation){0, line, pixel};
  }
}

// One of `count` orientations: code, code + step, ...
static void orient_images(DRAWN_BY, const image_format *f, int code, int step, int count,
                          const float *x, float *to, offset first, offset last) {
  FOR_IMAGES {
    draws d = DRAWS_OF_IMAGE;
    const int drawn = count > 1 ? (int)(next_uniform(&d) * count) : 0;
    const orientation o = orientation_of(f, code + step * drawn);
    const float *from = x + image * size + o.start;
    float *pixel = to + image * size;
    for (int i = 0; i < f->height; i++)
      for (int j = 0; j < f->width; j++, pixel += f->channels)
        for (int c = 0; c < f->channels; c++) pixel[c] = from[i * o.down + j * o.right + c];
  }
}

// ---- transforms ----

// Where a new pixel (row, column) comes from: matrix * (row, column) + shift.
typedef struct {
  double matrix[4], shift[2];
} placement;

// The image seen through a placement and, where there is a field, displaced: [2, height, width].
static inline __attribute__((always_inline)) void warp_with(const image_format *f, int taps,
                                                            const placement *p, const float *field,
                                                            const float *from, float *to) {
  const int pixels = f->height * f->width;
  for (int i = 0, at = 0; i < f->height; i++) {
    for (int j = 0; j < f->width; j++, at++) {
      double row = p->matrix[0] * i + p->matrix[1] * j + p->shift[0];
      double column = p->matrix[2] * i + p->matrix[3] * j + p->shift[1];
      if (field) {
        row += field[at];
        column += field[pixels + at];
      }
      interpolate(f, taps, from, row, column, at + 4 < pixels, to + (offset)at * f->channels);
    }
  }
}

// The same, compiled apart for each kind of interpolation.
static void warp_image(const image_format *f, const placement *p, const float *field,
                       const float *from, float *to) {
  if (f->taps == 1) warp_with(f, 1, p, field, from, to);
  else if (f->taps == 2) warp_with(f, 2, p, field, from, to);
  else warp_with(f, 4, p, field, from, to);
}

// Element operations that an image costs, about.
static double warp_cost(const image_format *f) {
  return 4.0 * f->height * f->width * (8 + f->taps * f->taps);
}

// What is drawn evenly from `low` on.
typedef struct {
  double low, span;
} range;

static double next_within(draws *d, range r) { return r.low + r.span * next_uniform(d); }

// A^-1 (p - c - t) + c about the centre c, with A = rotation * shear * scale.
static placement draw_affine(draws *d, const image_format *f, range rotate, range translate,
                             range scale, range shear) {
  const double angle = next_within(d, rotate);
  const double down = next_within(d, translate) * f->height;
  const double right = next_within(d, translate) * f->width;
  const double size = next_within(d, scale);
  double sine, cosine, lean_sine, lean_cosine;
  d_sin_cos(angle, &sine, &cosine);
  d_sin_cos(next_within(d, shear), &lean_sine, &lean_cosine);
  const double lean = lean_sine / lean_cosine;
  placement p = {{cosine / size, sine / size, -(sine - cosine * lean) / size,
                  (cosine + sine * lean) / size},
                 {0, 0}};
  const double row = (f->height - 1) / 2.0, column = (f->width - 1) / 2.0;
  p.shift[0] = row - p.matrix[0] * (row + down) - p.matrix[1] * (column + right);
  p.shift[1] = column - p.matrix[2] * (row + down) - p.matrix[3] * (column + right);
  return p;
}

// Angles in radians.
static void warp_affine(DRAWN_BY, const image_format *f, double least_angle, double angles,
                        double least_shift, double shifts, double least_scale, double scales,
                        double least_shear, double shears, const float *x, float *to, offset first,
                        offset last) {
  const range rotate = {least_angle, angles}, translate = {least_shift, shifts};
  const range scale = {least_scale, scales}, shear = {least_shear, shears};
  FOR_IMAGES {
    draws d = DRAWS_OF_IMAGE;
    const placement p = draw_affine(&d, f, rotate, translate, scale, shear);
    warp_image(f, &p, NULL, x + image * size, to + image * size);
  }
}

// Moves by whole pixels, up to `padding` either way: padded and cut out again.
static void warp_crop(DRAWN_BY, const image_format *f, int padding, const float *x, float *to,
                      offset first, offset last) {
  FOR_IMAGES {
    draws d = DRAWS_OF_IMAGE;
    const double down = d_floor(next_uniform(&d) * (2 * padding + 1)) - padding;
    const double right = d_floor(next_uniform(&d) * (2 * padding + 1)) - padding;
    const placement p = {{1, 0, 0, 1}, {down, right}};
    warp_image(f, &p, NULL, x + image * size, to + image * size);
  }
}

// Cuts out a part of the image, as large a part of its area and as much out of shape as drawn, and
// brings it back to size.
static void warp_resized_crop(DRAWN_BY, const image_format *f, double smallest, double log_aspect,
                              const float *x, float *to, offset first, offset last) {
  FOR_IMAGES {
    draws d = DRAWS_OF_IMAGE;
    const double area = smallest + (1 - smallest) * next_uniform(&d);
    const double aspect = d_exp(next_within(&d, (range){-log_aspect, 2 * log_aspect}));
    const double height = MIN(1, d_sqrt(area / aspect)), width = MIN(1, d_sqrt(area * aspect));
    const double top = next_uniform(&d) * (1 - height) * f->height;
    const double left = next_uniform(&d) * (1 - width) * f->width;
    const placement p = {{height, 0, 0, width},
                         {0.5 * height - 0.5 + top, 0.5 * width - 0.5 + left}};
    warp_image(f, &p, NULL, x + image * size, to + image * size);
  }
}

// A smooth random field of displacements, of standard deviation `strength`: white noise, smoothed as
// if the image went on periodically, so that its strength is the same everywhere.
static void draw_field(const image_format *f, stream key, double strength, int radius,
                       const float *weights, float *field, float *scratch) {
  const int pixels = f->height * f->width;
  for (int i = 0; i < 2 * pixels; i += 2 * LANES) {
    vfloat low, high;
    normals_from(key, (uint32_t)i / 2, &low, &high);
    v_store_part(field + i, v_splat((float)strength) * low, 2 * pixels - i);
    v_store_part(field + i + LANES, v_splat((float)strength) * high, 2 * pixels - i - LANES);
  }
  for (int axis = 0; axis < 2; axis++) {
    float *part = field + axis * pixels;
    smooth_axis(part, scratch, f->height, f->width, 1, weights, radius, BORDER_CIRCULAR);
    smooth_axis(scratch, part, 1, f->height, f->width, weights, radius, BORDER_CIRCULAR);
  }
}

// Scratch: the field, a part of it, the weights.
static void warp_elastic(DRAWN_BY, const image_format *f, double strength, double sigma, int radius,
                         const float *x, float *to, void *scratch, offset first, offset last) {
  const size_t pixels = (size_t)f->height * f->width;
  char *cursor = scratch;
  float *field = carve(&cursor, 8 * pixels), *part = carve(&cursor, 4 * pixels);
  float *weights = carve(&cursor, 4 * (2 * (size_t)radius + 1));
  bell_weights(sigma, radius, weights);
  double squares = 0;
  for (int i = 0; i <= 2 * radius; i++) squares += (double)weights[i] * weights[i];
  for (int i = 0; i <= 2 * radius; i++) weights[i] = (float)(weights[i] / d_sqrt(squares));
  const placement still = {{1, 0, 0, 1}, {0, 0}};
  FOR_IMAGES {
    draw_field(f, stream_of_row(&streams, image), strength, radius, weights, field, part);
    warp_image(f, &still, field, x + image * size, to + image * size);
  }
}

// ---- values ----

// Fills a rectangle around a random pixel.
static void cut_out(DRAWN_BY, const image_format *f, int height, int width, float value,
                    const float *x, float *to, offset first, offset last) {
  FOR_IMAGES {
    draws d = DRAWS_OF_IMAGE;
    const int top = (int)(next_uniform(&d) * f->height) - height / 2;
    const int left = (int)(next_uniform(&d) * f->width) - width / 2;
    const float *from = x + image * size;
    float *pixel = to + image * size;
    for (int i = 0; i < f->height; i++)
      for (int j = 0; j < f->width; j++, from += f->channels, pixel += f->channels) {
        const int inside = i >= top && i < top + height && j >= left && j < left + width;
        for (int c = 0; c < f->channels; c++) pixel[c] = inside ? value : from[c];
      }
  }
}

// A Gaussian blur of a width that is drawn. Scratch: one image, the weights.
static void blur_images(DRAWN_BY, const image_format *f, double least_sigma, double sigmas,
                        int radius, const float *x, float *to, void *scratch, offset first,
                        offset last) {
  char *cursor = scratch;
  float *part = carve(&cursor, 4 * (size_t)image_size(f));
  float *weights = carve(&cursor, 4 * (2 * (size_t)radius + 1));
  FOR_IMAGES {
    draws d = DRAWS_OF_IMAGE;
    bell_weights(next_within(&d, (range){least_sigma, sigmas}), radius, weights);
    double sum = 0;
    for (int i = 0; i <= 2 * radius; i++) sum += (double)weights[i];
    for (int i = 0; i <= 2 * radius; i++) weights[i] = (float)(weights[i] / sum);
    smooth_axis(x + image * size, part, f->height, f->width, f->channels, weights, radius, f->border);
    smooth_axis(part, to + image * size, 1, f->height, f->width * f->channels, weights, radius,
                f->border);
  }
}

// Turns the hue in the plane of U and V and scales the saturation, both as drawn; the luminance of
// BT.601 stays. For three channels.
static void recolour(DRAWN_BY, const image_format *f, double least_angle, double angles,
                     double least_factor, double factors, const float *x, float *to, offset first,
                     offset last) {
  const float red = 0.299f, green = 0.587f, blue = 0.114f;
  FOR_IMAGES {
    draws d = DRAWS_OF_IMAGE;
    double sine, cosine;
    d_sin_cos(next_within(&d, (range){least_angle, angles}), &sine, &cosine);
    const double saturation = next_within(&d, (range){least_factor, factors});
    // U = 0.492 (B - Y), V = 0.877 (R - Y).
    const float along = (float)(saturation * cosine);
    const float to_red = (float)(saturation * sine * (0.492 / 0.877));
    const float to_blue = (float)(saturation * sine * (0.877 / 0.492));
    const float *from = x + image * size;
    float *pixel = to + image * size;
    for (offset i = 0; i < size; i += 3) {
      const float y = red * from[i] + green * from[i + 1] + blue * from[i + 2];
      const float v = from[i] - y, u = from[i + 2] - y;
      const float new_v = along * v + to_red * u, new_u = along * u - to_blue * v;
      pixel[i] = y + new_v;
      pixel[i + 1] = y - (red * new_v + blue * new_u) / green;
      pixel[i + 2] = y + new_u;
    }
  }
}

// The channels in a random order (Fisher and Yates). Scratch: the order.
static void shuffle_channels(DRAWN_BY, const image_format *f, const float *x, float *to,
                             void *scratch, offset first, offset last) {
  int32_t *order = scratch;
  FOR_IMAGES {
    draws d = DRAWS_OF_IMAGE;
    for (int c = 0; c < f->channels; c++) order[c] = c;
    for (int c = f->channels - 1; c > 0; c--) {
      const int other = (int)(next_uniform(&d) * (c + 1)), held = order[c];
      order[c] = order[other];
      order[other] = held;
    }
    const float *from = x + image * size;
    for (offset i = 0; i < size; i += f->channels)
      for (int c = 0; c < f->channels; c++) to[image * size + i + c] = from[i + order[c]];
  }
}
