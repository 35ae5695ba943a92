// Images of another size whose pixels are weighted sums over rectangles of the source: resizing,
// up-sampling and adaptive pooling. A table for each axis says which sources a result has: its
// entries, one a result, are the first source, the number of sources and their weights. The gradient
// is the same operation with the tables turned round.
#include "simd.h"

typedef struct {
  int first, count;
  const float *weights;
} axis_entry;

static inline axis_entry entry_of(const float *table, int most, int result) {
  const float *entry = table + (offset)result * (2 + most);
  return (axis_entry){(int)entry[0], (int)entry[1], entry + 2};
}

// The shape's filter size is the most sources that a result has. Range: rows of results, of all
// images.
static void resample(const conv_shape *s, const float *x, const float *rows, const float *columns,
                     float *y, offset first, offset last) {
  const int c = s->in_channels;
  const offset line = (offset)s->in_width * c;
  float *to = y + first * s->out_width * c;
  for (offset row = first; row < last; row++) {
    const axis_entry down = entry_of(rows, s->filter_height, (int)(row % s->out_height));
    const float *image = x + (row / s->out_height * s->in_height + down.first) * line;
    for (int column = 0; column < s->out_width; column++, to += c) {
      const axis_entry across = entry_of(columns, s->filter_width, column);
      const float *from = image + (offset)across.first * c;
      for (int channel = 0; channel < c; channel += LANES) {
        vfloat total = v_splat(0);
        for (int i = 0; i < down.count; i++) {
          const float *at = from + i * line + channel;
          vfloat sum = v_splat(0);
          for (int j = 0; j < across.count; j++, at += c)
            sum = v_multiply_add(v_load(at), v_splat(across.weights[j]), sum);
          total = v_multiply_add(sum, v_splat(down.weights[i]), total);
        }
        v_store_part(to + channel, total, c - channel);
      }
    }
  }
}
