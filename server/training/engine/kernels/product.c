// The one product that convolutions, their input gradients and matrix products share:
//
//   target[pixel, column] = bias[column] + sum over taps t and depth d of
//                           source[row(pixel, t), d] * weights[t, d, column]
//
// It is computed in register tiles of TILE_ROWS pixels by TILE_COLUMNS columns. The weights are packed
// once into panels of TILE_COLUMNS columns, [panel][tap][depth][TILE_COLUMNS], which a tile reads in
// order. The rows of the source are named by a small table of pointers per block of pixels; a row of
// zeros stands for the padding.
#include "simd.h"

#define BLOCK_TILES 16
#define BLOCK_POINTERS 4096
// Below this depth the rows of a pixel are copied together first: single taps are too short a loop.
#define SHALLOW_DEPTH 8

// Where the pixels of a grid find their rows: at (y * step_y + tap_y, x * step_x + tap_x).
typedef struct {
  const float *source;
  int height, width, depth;
  int grid_height, grid_width;
  int step_y, step_x;
  int taps;
  const int *tap_y, *tap_x;
} gather;

// Where the results of a grid go, in elements.
typedef struct {
  float *start;
  offset image_stride, row_stride, pixel_stride;
  int columns;
} target;

// Packed weights: tap t of this product begins at tap_offset[t] within a panel.
typedef struct {
  const float *packed;
  offset panel_stride;
  const int *tap_offset;
  const float *bias;
  int relu;
} weights;

typedef struct {
  int image, y, x;
} pixel;

static inline pixel pixel_at(const gather *g, offset index) {
  offset row = index / g->grid_width;
  return (pixel){(int)(row / g->grid_height), (int)(row % g->grid_height),
                 (int)(index % g->grid_width)};
}

static inline void next_pixel(const gather *g, pixel *p) {
  if (++p->x < g->grid_width) return;
  p->x = 0;
  if (++p->y < g->grid_height) return;
  p->y = 0;
  p->image++;
}

static inline const float *row_of(const gather *g, pixel p, int tap, const float *zeros) {
  int y = p.y * g->step_y + g->tap_y[tap], x = p.x * g->step_x + g->tap_x[tap];
  if (y < 0 || x < 0 || y >= g->height || x >= g->width) return zeros;
  return g->source + (((offset)p.image * g->height + y) * g->width + x) * g->depth;
}

// Packs weights [tap][row][column] with any strides into panels; columns beyond the last are zero.
// The range is in panels.
static void pack_panels(const float *from, int taps, int rows, int columns, offset tap_stride,
                        offset row_stride, offset column_stride, float *packed, int first,
                        int last) {
  float *to = packed + (offset)first * taps * rows * TILE_COLUMNS;
  for (int panel = first; panel < last; panel++) {
    const int column = panel * TILE_COLUMNS, count = MIN(TILE_COLUMNS, columns - column);
    for (int tap = 0; tap < taps; tap++) {
      const float *line = from + tap * tap_stride + column * column_stride;
      for (int row = 0; row < rows; row++, line += row_stride, to += TILE_COLUMNS) {
        for (int i = 0; i < count; i++) to[i] = line[i * column_stride];
        for (int i = count; i < TILE_COLUMNS; i++) to[i] = 0;
      }
    }
  }
}

// Adds one tile's products: rows[tap * TILE_ROWS + i] is row i of a tap.
static inline void multiply_tile(const float *const *rows, int taps, const int *tap_offset,
                                 int depth, const float *panel, vfloat low[TILE_ROWS],
                                 vfloat high[TILE_ROWS]) {
  vfloat a[TILE_ROWS], b[TILE_ROWS];
  UNROLL for (int i = 0; i < TILE_ROWS; i++) a[i] = low[i], b[i] = high[i];
  for (int tap = 0; tap < taps; tap++, rows += TILE_ROWS) {
    const float *w = panel + tap_offset[tap];
    const float *row[TILE_ROWS];
    UNROLL for (int i = 0; i < TILE_ROWS; i++) row[i] = rows[i];
    int d = 0;
    for (; d + 4 <= depth; d += 4) {
      UNROLL for (int step = 0; step < 4; step++) {
        const vfloat w0 = v_load(w + step * TILE_COLUMNS);
        const vfloat w1 = v_load(w + step * TILE_COLUMNS + LANES);
        UNROLL for (int i = 0; i < TILE_ROWS; i++) {
          const vfloat x = v_splat(row[i][step]);
          a[i] = v_multiply_add(x, w0, a[i]);
          b[i] = v_multiply_add(x, w1, b[i]);
        }
      }
      w += 4 * TILE_COLUMNS;
      UNROLL for (int i = 0; i < TILE_ROWS; i++) row[i] += 4;
    }
    for (; d < depth; d++, w += TILE_COLUMNS) {
      const vfloat w0 = v_load(w), w1 = v_load(w + LANES);
      UNROLL for (int i = 0; i < TILE_ROWS; i++) {
        const vfloat x = v_splat(*row[i]++);
        a[i] = v_multiply_add(x, w0, a[i]);
        b[i] = v_multiply_add(x, w1, b[i]);
      }
    }
  }
  UNROLL for (int i = 0; i < TILE_ROWS; i++) low[i] = a[i], high[i] = b[i];
}

// Stores one row of a tile, or its first columns.
static inline void store_row(float *to, vfloat low, vfloat high, int columns) {
  v_store_part(to, low, columns);
  if (columns > LANES) v_store_part(to + LANES, high, columns - LANES);
}

// Computes and stores one tile of `count` pixels by the columns of one panel.
static inline void product_tile(const float *const *rows, int taps, const int *tap_offset,
                                int depth, const weights *w, int panel, float *const *targets,
                                int count, int columns) {
  const int column = panel * TILE_COLUMNS, width = MIN(TILE_COLUMNS, columns - column);
  vfloat low[TILE_ROWS], high[TILE_ROWS], bias_low = v_splat(0), bias_high = v_splat(0);
  if (w->bias) {
    bias_low = v_load(w->bias + column);
    // A second vector that begins past the last bias is not there to be read.
    if (width > LANES) bias_high = v_load(w->bias + column + LANES);
  }
  UNROLL for (int i = 0; i < TILE_ROWS; i++) low[i] = bias_low, high[i] = bias_high;
  multiply_tile(rows, taps, tap_offset, depth, w->packed + panel * w->panel_stride, low, high);
  if (w->relu) {
    UNROLL for (int i = 0; i < TILE_ROWS; i++) low[i] = v_relu(low[i]), high[i] = v_relu(high[i]);
  }
  UNROLL for (int i = 0; i < TILE_ROWS; i++) {
    if (i < count) store_row(targets[i] + column, low[i], high[i], width);
  }
}

static inline int block_tiles(int taps) {
  return MAX(1, MIN(BLOCK_TILES, BLOCK_POINTERS / (MAX(1, taps) * TILE_ROWS)));
}

static size_t product_scratch_bytes(int taps, int depth) {
  size_t tiles = (size_t)block_tiles(taps);
  size_t rows = tiles * taps * TILE_ROWS * sizeof(float *);
  size_t patches = tiles * TILE_ROWS * taps * MIN(depth, SHALLOW_DEPTH) * sizeof(float);
  size_t zeros = (size_t)depth * sizeof(float);
  return rows + patches + zeros + 4 * 64;
}

// Fills the pointer table of a block: rows[(tile * taps + tap) * TILE_ROWS + i]. The last tile repeats
// its last pixel where pixels run out.
static void gather_rows(const gather *g, pixel at, int count, const float *zeros,
                        const float **rows) {
  for (int i = 0; i < round_up(count, TILE_ROWS); i++) {
    const float **to = rows + (offset)(i / TILE_ROWS) * g->taps * TILE_ROWS + i % TILE_ROWS;
    for (int tap = 0; tap < g->taps; tap++) to[tap * TILE_ROWS] = row_of(g, at, tap, zeros);
    if (i + 1 < count) next_pixel(g, &at);
  }
}

// Copies the rows of every pixel of a block side by side: patches[pixel * stride].
static void gather_patches(const gather *g, pixel at, int count, const float *zeros,
                           float *patches, int stride) {
  const int length = g->taps * g->depth;
  for (int i = 0; i < count; i++, patches += stride, next_pixel(g, &at)) {
    float *to = patches;
    for (int tap = 0; tap < g->taps; tap++) {
      const float *from = row_of(g, at, tap, zeros);
      for (int d = 0; d < g->depth; d++) *to++ = from[d];
    }
    for (int d = length; d < stride; d++) *to++ = 0;
  }
}

// Whether the weights of all taps of this product follow one another, so that they are one deep tap.
static inline int taps_are_adjacent(const gather *g, const weights *w) {
  if (g->taps < 2) return 0;
  return w->tap_offset[g->taps - 1] - w->tap_offset[0] == (g->taps - 1) * g->depth * TILE_COLUMNS;
}

// The whole product for pixels [first, last) of the grid, counted through all images.
static void gather_product(const gather *g, const weights *w, const target *t, void *scratch,
                           offset first, offset last) {
  char *cursor = scratch;
  const int shallow = g->depth < SHALLOW_DEPTH && taps_are_adjacent(g, w);
  const int tiles = block_tiles(g->taps), length = g->taps * g->depth;
  const int taps = shallow ? 1 : g->taps, depth = shallow ? length : g->depth;
  const int *tap_offset = w->tap_offset;
  float *zeros = carve(&cursor, (size_t)g->depth * sizeof(float));
  const float **rows = carve(&cursor, (size_t)tiles * g->taps * TILE_ROWS * sizeof(float *));
  float *patches = (float *)cursor;
  float *targets[BLOCK_TILES * TILE_ROWS];
  fill_zero(zeros, g->depth);

  for (offset start = first; start < last; start += tiles * TILE_ROWS) {
    const int count = (int)MIN((offset)tiles * TILE_ROWS, last - start);
    pixel at = pixel_at(g, start);
    if (shallow) {
      gather_patches(g, at, count, zeros, patches, length);
      for (int i = 0; i < round_up(count, TILE_ROWS); i++)
        rows[i] = patches + (offset)MIN(i, count - 1) * length;
    } else {
      gather_rows(g, at, count, zeros, rows);
    }
    for (int i = 0; i < count; i++, next_pixel(g, &at))
      targets[i] = t->start + at.image * t->image_stride + at.y * t->row_stride +
                   at.x * t->pixel_stride;
    for (int panel = 0; panel * TILE_COLUMNS < t->columns; panel++)
      for (int i = 0; i < count; i += TILE_ROWS)
        product_tile(rows + (offset)i * taps, taps, tap_offset, depth, w, panel, targets + i,
                     count - i, t->columns);
  }
}

// ---- matrix product ----

EXPORT(packed_floats) int packed_floats(int taps, int depth, int columns) {
  return taps * depth * round_up(columns, TILE_COLUMNS);
}

EXPORT(panel_count) int panel_count(int columns) { return divide_up(columns, TILE_COLUMNS); }

EXPORT(matmul_scratch_bytes) int matmul_scratch_bytes(int depth) {
  return (int)product_scratch_bytes(1, depth) + (BLOCK_TILES * TILE_ROWS * depth + 16) * 4;
}

// Packs b, [depth, columns] or, transposed, [columns, depth]. Range: panels.
EXPORT(matmul_pack)
void matmul_pack(const float *b, int transposed, int depth, int columns, float *packed, int first,
                 int last) {
  pack_panels(b, 1, depth, columns, 0, transposed ? 1 : columns, transposed ? depth : 1, packed,
              first, last);
}

// y[rows, columns] = a[rows, depth] b + bias. Range: rows.
static void multiply_rows(const float *a, int depth, const float *packed, const float *bias,
                          int relu, float *y, int columns, void *scratch, int first, int last) {
  const int none = 0;
  const gather g = {a, 1, last, depth, 1, last, 1, 1, 1, &none, &none};
  const weights w = {packed, (offset)depth * TILE_COLUMNS, &none, bias, relu};
  const target t = {y, 0, 0, columns, columns};
  gather_product(&g, &w, &t, scratch, first, last);
}

// y = a b + bias, with b packed; a is [rows, depth] or, transposed, [depth, rows]. Range: rows of y.
EXPORT(matmul)
void matmul(const float *a, int transposed, int rows, int depth, int columns, const float *packed,
            const float *bias, int relu, float *y, void *scratch, int first, int last) {
  if (!transposed) {
    multiply_rows(a, depth, packed, bias, relu, y, columns, scratch, first, last);
    return;
  }
  // Turn a block of columns of a into rows, and go on as before.
  char *cursor = scratch;
  float *turned = carve(&cursor, (size_t)BLOCK_TILES * TILE_ROWS * depth * sizeof(float));
  for (int start = first; start < last; start += BLOCK_TILES * TILE_ROWS) {
    const int count = MIN(BLOCK_TILES * TILE_ROWS, last - start);
    for (int d = 0; d < depth; d++) {
      const float *from = a + (offset)d * rows + start;
      for (int i = 0; i < count; i++) turned[(offset)i * depth + d] = from[i];
    }
    multiply_rows(turned, depth, packed, bias, relu, y + (offset)start * columns, columns, cursor,
                  0, count);
  }
}
