// The gradient of the inputs of a convolution, at Winograd's points, in one of two ways: as the convolution
// with the filter turned over, or as the adjoint of the convolution, step by step. The adjoint adds up what
// overlapping tiles give, which takes longer, but without padding it needs fewer tiles.
#ifndef LIGHTBENCH_WINOGRAD_INPUT_GRADIENT_H
#define LIGHTBENCH_WINOGRAD_INPUT_GRADIENT_H

#include "slopes.h"
#include "winograd.h"

enum { DIRECT_SUMS, TURNED_OVER, ADJOINT };

// The convolution that gives the gradient of the inputs, of a filter that is turned over.
static conv_shape turned_over(const conv_shape *s) {
  conv_shape turned = *s;
  turned.in_height = s->out_height, turned.in_width = s->out_width;
  turned.in_channels = s->out_channels;
  turned.out_height = s->in_height, turned.out_width = s->in_width;
  turned.out_channels = s->in_channels;
  turned.pad_top = s->filter_height - 1 - s->pad_top;
  turned.pad_left = s->filter_width - 1 - s->pad_left;
  return turned;
}

// How the gradient of the inputs is computed.
static int way_back(const conv_shape *s) {
  const conv_shape turned = turned_over(s);
  if (is_winograd(s) && tiles_of(s) < tiles_of(&turned)) return ADJOINT;
  return is_winograd(&turned) ? TURNED_OVER : DIRECT_SUMS;
}

// One vector of the slopes of a tile, to points `step` apart. Returns their sum.
static inline vfloat transform_slopes(const conv_shape *s, const slopes *from, pixel at, int column,
                                      float *to, offset step) {
  const int k = s->out_channels, top = at.y * TILE_OUTPUTS, left = at.x * TILE_OUTPUTS;
  const int rows = s->out_height - top, columns = s->out_width - left;
  const offset row = (offset)s->out_width * k;
  const offset first = ((offset)at.image * s->out_height + top) * row + (offset)left * k + column;
  float dy[TILE_OUTPUTS * TILE_OUTPUTS * LANES];
  vfloat sum = v_splat(0);
  UNROLL for (int i = 0; i < TILE_OUTPUTS * TILE_OUTPUTS; i++) {
    const int y = i / TILE_OUTPUTS, x = i % TILE_OUTPUTS;
    const vfloat slope = y < rows && x < columns
                             ? slope_at(from, from->y != NULL, first + y * row + x * k)
                             : v_splat(0);
    v_store(dy + i * LANES, slope);
    sum += slope;
  }
  transform_both(slopes_to_points, TILE_OUTPUTS, TILE_INPUTS, dy, (steps){TILE_OUTPUTS * LANES, LANES},
                 to, (steps){TILE_INPUTS * step, step});
  return sum;
}

// Adds a part of what one tile gives to the inputs that it saw: what lies beside the image, and channels
// that there are not, are left out.
static void add_cut(const float *inputs, tile_inputs seen, const conv_shape *s, int channel,
                    float *image) {
  const int c = s->in_channels, top = seen.top, left = seen.left;
  for (int i = MAX(0, -top); i < MIN(TILE_INPUTS, s->in_height - top); i++)
    for (int j = MAX(0, -left); j < MIN(TILE_INPUTS, s->in_width - left); j++)
      add_part(image + ((offset)(top + i) * s->in_width + left + j) * c + channel,
               v_load(inputs + (i * TILE_INPUTS + j) * LANES), c - channel);
}

// Adds what one tile, whose products begin at `products`, gives to the inputs that it saw.
static inline void add_to_inputs(const conv_shape *s, const tile_block *block, pixel at,
                                 const float *products, float *image) {
  const int c = s->in_channels;
  const tile_inputs seen = inputs_of_tile(s, at);
  const offset width = (offset)s->in_width * c;
  float *to = image + seen.top * width + (offset)seen.left * c;
  const steps point = {TILE_INPUTS * block->product_step, block->product_step};
  for (int channel = 0; channel < c; channel += LANES) {
    if (seen.is_whole && channel + LANES <= c) {
      transform_and(ADD, points_to_inputs, TILE_INPUTS, TILE_INPUTS, products + channel, point,
                    to + channel, (steps){width, c});
      continue;
    }
    float inputs[POINTS * LANES];
    transform_both(points_to_inputs, TILE_INPUTS, TILE_INPUTS, products + channel, point, inputs,
                   (steps){TILE_INPUTS * LANES, LANES});
    add_cut(inputs, seen, s, channel, image);
  }
}

// Sets the inputs of an image to the bias, or to zero.
static void begin_image(const conv_shape *s, const float *bias, float *dx) {
  const int c = s->in_channels;
  for (int i = 0; i < s->in_height * s->in_width; i++, dx += c)
    for (int channel = 0; channel < c; channel += LANES)
      v_store_part(dx + channel, bias ? v_load(bias + channel) : v_splat(0), c - channel);
}

static void finish_image(const conv_shape *s, float *dx) {
  const offset size = (offset)s->in_height * s->in_width * s->in_channels;
  for (offset i = 0; i < size; i += LANES)
    v_store_part(dx + i, v_relu(v_load(dx + i)), (int)MIN((offset)LANES, size - i));
}

// Adds the products of `count` tiles, from `at` on.
static void finish_inputs(const conv_shape *s, const gather *g, const tile_block *block, pixel at,
                          int count, const float *bias, int relu, float *dx) {
  const offset size = (offset)s->in_height * s->in_width * s->in_channels;
  for (int i = 0; i < count; i++) {
    const int number = at.image;
    float *image = dx + number * size;
    if (at.y == 0 && at.x == 0) begin_image(s, bias, image);
    add_to_inputs(s, block, at, block->products + (offset)i * block->columns, image);
    move_pixel(g, &at, 1);
    if (relu && at.image != number) finish_image(s, image);
  }
}

// dx = the gradient of x, from that of y; the filter is packed as points, [panel][point][out][in]. As a
// layer of its own, a bias is added, followed by a ReLU if asked. Range: images.
static void winograd_adjoint(const conv_shape *s, const float *dy, const float *packed,
                             const float *bias, int relu, float *dx, void *scratch,
                             int first, int last) {
  char *cursor = scratch;
  const gather g = tile_grid(s, dx);
  const slopes from = {dy, NULL, s->out_channels};
  const tile_block block = carve_block(s->out_channels, s->in_channels, &cursor);
  const offset end = last * tiles_of_image(&g);
  for (offset start = first * tiles_of_image(&g); start < end; start += block.tiles) {
    const int count = (int)MIN((offset)block.tiles, end - start);
    const pixel begin = pixel_at(&g, start);
    pixel at = begin;
    for (int i = 0; i < count; i++) {
      float *to = block.inputs + (offset)i * block.depth;
      for (int column = 0; column < s->out_channels; column += LANES)
        transform_slopes(s, &from, at, column, to + column, block.input_step);
      move_pixel(&g, &at, 1);
    }
    multiply_points(&block, count, packed, s->out_channels);
    finish_inputs(s, &g, &block, begin, count, bias, relu, dx);
  }
}

#endif
