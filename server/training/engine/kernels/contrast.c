// Contrast: all values of an image moved away from the mean of their channel, or towards it.
#include "images.h"
#include "random.h"

// Pixels that are summed and changed side by side. A line of them is a whole number of vectors on every
// machine, however few channels there are.
#define PIXELS_OF_LINE 16

// Lines that are summed in single precision.
#define LINES_OF_BLOCK 64

// Fills a line with the mean of each value's channel. `sums` and `part` are lines too.
static void channel_means(const image_format *f, const float *x, double *sums, float *part,
                          float *means) {
  const int channels = f->channels, line = PIXELS_OF_LINE * channels;
  const offset size = image_size(f), whole = size - size % line;
  for (int i = 0; i < line; i++) sums[i] = 0;
  for (offset start = 0; start < whole; start += (offset)LINES_OF_BLOCK * line) {
    fill_zero(part, line);
    for (offset at = start; at < MIN(start + (offset)LINES_OF_BLOCK * line, whole); at += line)
      for (int i = 0; i < line; i += LANES) v_store(part + i, v_load(part + i) + v_load(x + at + i));
    for (int i = 0; i < line; i++) sums[i] += (double)part[i];
  }
  for (offset at = whole; at < size; at++) sums[at - whole] += (double)x[at];
  for (int c = 0; c < channels; c++) {
    double sum = 0;
    for (int i = c; i < line; i += channels) sum += sums[i];
    const float mean = (float)(sum / ((double)f->height * f->width));
    for (int i = c; i < line; i += channels) means[i] = mean;
  }
}

// to = mean + factor * (x - mean), the factor drawn evenly from `low` on. Scratch: three lines. Range:
// images.
static void change_contrast(DRAWN_BY, const image_format *f, double low, double span, const float *x,
                            float *to, void *scratch, offset first, offset last) {
  const batch_streams streams = DRAWN_FROM;
  const int line = PIXELS_OF_LINE * f->channels;
  const offset size = image_size(f);
  char *cursor = scratch;
  double *sums = carve(&cursor, 8 * (size_t)line);
  float *part = carve(&cursor, 4 * (size_t)line), *means = carve(&cursor, 4 * (size_t)line);
  for (offset image = first; image < last; image++) {
    draws d = {stream_of_row(&streams, image), 0};
    const vfloat factor = v_splat((float)(low + span * next_uniform(&d)));
    const float *from = x + image * size;
    channel_means(f, from, sums, part, means);
    for (offset start = 0; start < size; start += line)
      for (int i = 0; i < MIN((offset)line, size - start); i += LANES) {
        const vfloat mean = v_load(means + i), away = v_load(from + start + i) - mean;
        v_store_part(to + image * size + start + i, mean + factor * away,
                     (int)MIN((offset)LANES, size - start - i));
      }
  }
}
