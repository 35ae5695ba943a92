// The one product that convolutions, their input gradients and matrix products share:
//
//   target[pixel, column] = bias[column] + sum over taps t and depth d of
//                           source[row(pixel, t), d] * weights[t, d, column]
//
// It is computed in register tiles of TILE_ROWS pixels by TILE_COLUMNS columns. The weights are
// packed once a call as panels [panel][tap][depth][TILE_COLUMNS]. The rows of the source are read
// where they are, through a table of their addresses [tile][tap][TILE_ROWS] for a block of pixels;
// where rows are short, and in WebAssembly, they are packed too, as tiles
// [tile][tap][depth][TILE_ROWS]. A row of zeros stands for the padding.
#include "simd.h"

// A block of tiles that is multiplied with one panel after the other: it should stay in the caches.
#define BLOCK_TILES 16
#define BLOCK_FLOATS 16384
// The shortest rows that are read in place. WebAssembly has no registers for so many addresses.
#ifdef __wasm__
#define SHORTEST_ROW INT32_MAX
#else
#define SHORTEST_ROW 8
#endif

// Where the pixels of a grid find their rows: at (y * step_y + tap_y, x * step_x + tap_x).
typedef struct {
  const float *source;
  int height, width, depth;
  int grid_height, grid_width;
  int step_y, step_x;
  int taps;
  const int *tap_y, *tap_x;
  // So many taps, from every multiple of this number on, are neighbours in a row of the source.
  int run;
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

// The rows from a tap to the end of its run as one, or NULL where an edge of the source cuts the
// run.
static inline const float *run_of(const gather *g, pixel p, int tap, const float *zeros) {
  const int count = g->run - tap % g->run;
  const int y = p.y * g->step_y + g->tap_y[tap], x = p.x * g->step_x + g->tap_x[tap];
  if (y < 0 || y >= g->height) return zeros;
  if (x < 0 || x + count > g->width) return NULL;
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

// Adds one tile's products with one panel.
static inline void multiply_tile(const float *x, int taps, const int *tap_offset, int depth,
                                 const float *panel, vfloat low[TILE_ROWS],
                                 vfloat high[TILE_ROWS]) {
  vfloat a[TILE_ROWS], b[TILE_ROWS];
  UNROLL for (int i = 0; i < TILE_ROWS; i++) a[i] = low[i], b[i] = high[i];
  for (int tap = 0; tap < taps; tap++) {
    const float *w = panel + tap_offset[tap];
    for (int d = 0; d < depth; d++, w += TILE_COLUMNS, x += TILE_ROWS) {
      const vfloat w0 = v_load(w), w1 = v_load(w + LANES);
      UNROLL for (int i = 0; i < TILE_ROWS; i++) {
        const vfloat value = v_splat(x[i]);
        a[i] = v_multiply_add(value, w0, a[i]);
        b[i] = v_multiply_add(value, w1, b[i]);
      }
    }
  }
  UNROLL for (int i = 0; i < TILE_ROWS; i++) low[i] = a[i], high[i] = b[i];
}

// Adds one tile's products with one panel, from rows that are read in place.
static inline void multiply_rows(const float *const *rows, int taps, const int *tap_offset,
                                 int depth, const float *panel, vfloat low[TILE_ROWS],
                                 vfloat high[TILE_ROWS]) {
  vfloat a[TILE_ROWS], b[TILE_ROWS];
  UNROLL for (int i = 0; i < TILE_ROWS; i++) a[i] = low[i], b[i] = high[i];
  for (int tap = 0; tap < taps; tap++, rows += TILE_ROWS) {
    const float *w = panel + tap_offset[tap], *row[TILE_ROWS];
    UNROLL for (int i = 0; i < TILE_ROWS; i++) row[i] = rows[i];
    for (int d = 0; d < depth; d++, w += TILE_COLUMNS) {
      const vfloat w0 = v_load(w), w1 = v_load(w + LANES);
      UNROLL for (int i = 0; i < TILE_ROWS; i++) {
        const vfloat value = v_splat(row[i][d]);
        a[i] = v_multiply_add(value, w0, a[i]);
        b[i] = v_multiply_add(value, w1, b[i]);
      }
    }
  }
  UNROLL for (int i = 0; i < TILE_ROWS; i++) low[i] = a[i], high[i] = b[i];
}

// The tiles of a block: packed values, or addresses of rows.
typedef struct {
  const float *packed;
  const float *const *rows;
  int taps, depth;
} block_tiles;

// Stores one row of a tile, or its first columns.
static inline void store_row(float *to, vfloat low, vfloat high, int columns) {
  v_store_part(to, low, columns);
  if (columns > LANES) v_store_part(to + LANES, high, columns - LANES);
}

// Computes and stores one tile of `count` pixels by the columns of one panel.
static inline void product_tile(const block_tiles *x, int tile, const weights *w, int panel,
                                float *const *targets, int count, int columns) {
  const int column = panel * TILE_COLUMNS, width = MIN(TILE_COLUMNS, columns - column);
  const float *from = w->packed + panel * w->panel_stride;
  vfloat low[TILE_ROWS], high[TILE_ROWS], bias_low = v_splat(0), bias_high = v_splat(0);
  if (w->bias) {
    bias_low = v_load(w->bias + column);
    // A second vector that begins past the last bias is not there to be read.
    if (width > LANES) bias_high = v_load(w->bias + column + LANES);
  }
  UNROLL for (int i = 0; i < TILE_ROWS; i++) low[i] = bias_low, high[i] = bias_high;
  const offset step = (offset)tile * x->taps * TILE_ROWS;
  if (x->rows) multiply_rows(x->rows + step, x->taps, w->tap_offset, x->depth, from, low, high);
  else multiply_tile(x->packed + step * x->depth, x->taps, w->tap_offset, x->depth, from, low, high);
  if (w->relu) {
    UNROLL for (int i = 0; i < TILE_ROWS; i++) low[i] = v_relu(low[i]), high[i] = v_relu(high[i]);
  }
  UNROLL for (int i = 0; i < TILE_ROWS; i++) {
    if (i < count) store_row(targets[i] + column, low[i], high[i], width);
  }
}

// Multiplies a block of tiles, `count` pixels, with all panels.
static void product_block(const block_tiles *x, int count, const weights *w, float *const *targets,
                          int columns) {
  for (int panel = 0; panel * TILE_COLUMNS < columns; panel++)
    for (int i = 0; i < count; i += TILE_ROWS)
      product_tile(x, i / TILE_ROWS, w, panel, targets + i, count - i, columns);
}

// Pixels of a block whose packed tiles have `length` = taps * depth steps.
static inline int block_pixels(int length) {
  const int tiles = MIN(BLOCK_TILES, BLOCK_FLOATS / (MAX(1, length) * TILE_ROWS));
  return MAX(1, tiles) * TILE_ROWS;
}

static size_t product_scratch_bytes(int taps, int run, int depth) {
  const size_t length = (size_t)taps * depth;
  const size_t tiles = (size_t)block_pixels((int)length) * length * sizeof(float);
  const size_t rows = (size_t)BLOCK_TILES * TILE_ROWS * taps * sizeof(float *);
  return MAX(tiles, rows) + (size_t)run * depth * sizeof(float) + 4 * 64;
}

// Packs one tap of a tile from the rows of its pixels.
static inline void pack_rows(const float *const *row, int depth, float *to) {
  int d = 0;
  for (; d + LANES <= depth; d += LANES) {
    v_transpose_tile(row, d, to);
    to += LANES * TILE_ROWS;
  }
  for (; d < depth; d++)
    for (int i = 0; i < TILE_ROWS; i++) *to++ = row[i][d];
}

// Packs the tile that begins at a pixel and moves the pixel on. A tile of fewer pixels repeats the
// last.
static void pack_tile(const gather *g, pixel *at, int count, const float *zeros, float *to) {
  pixel pixels[TILE_ROWS];
  const float *row[TILE_ROWS];
  for (int i = 0; i < TILE_ROWS; i++) {
    pixels[i] = i < count ? *at : pixels[i - 1];
    if (i < count) next_pixel(g, at);
  }
  for (int tap = 0; tap < g->taps;) {
    int whole = g->run > 1;
    for (int i = 0; whole && i < TILE_ROWS; i++) {
      row[i] = run_of(g, pixels[i], tap, zeros);
      whole = row[i] != NULL;
    }
    if (!whole) {
      UNROLL for (int i = 0; i < TILE_ROWS; i++) row[i] = row_of(g, pixels[i], tap, zeros);
    }
    const int taps = whole ? g->run - tap % g->run : 1;
    pack_rows(row, taps * g->depth, to);
    tap += taps;
    to += taps * g->depth * TILE_ROWS;
  }
}

// Notes the addresses of the rows of the tile that begins at a pixel, and moves the pixel on.
static void point_tile(const gather *g, pixel *at, int count, const float *zeros,
                       const float **rows) {
  for (int i = 0; i < TILE_ROWS; i++) {
    const int y0 = at->y * g->step_y, x0 = at->x * g->step_x;
    const offset image = (offset)at->image * g->height;
    for (int tap = 0; tap < g->taps; tap++) {
      const int y = y0 + g->tap_y[tap], x = x0 + g->tap_x[tap];
      const int inside = (unsigned)y < (unsigned)g->height && (unsigned)x < (unsigned)g->width;
      const offset start = ((image + y) * g->width + x) * g->depth;
      rows[tap * TILE_ROWS + i] = inside ? g->source + start : zeros;
    }
    if (i + 1 < count) next_pixel(g, at);
  }
  next_pixel(g, at);
}

// The whole product for pixels [first, last) of the grid, counted through all images.
static void gather_product(const gather *g, const weights *w, const target *t, void *scratch,
                           offset first, offset last) {
  char *cursor = scratch;
  const int length = g->taps * g->depth, in_place = g->depth >= SHORTEST_ROW;
  const int block = in_place ? BLOCK_TILES * TILE_ROWS : block_pixels(length);
  const int row = g->run * g->depth;
  float *zeros = carve(&cursor, (size_t)row * sizeof(float) + 64), *tiles = (float *)cursor;
  const float **rows = (const float **)cursor;
  const block_tiles x = {tiles, in_place ? rows : NULL, g->taps, g->depth};
  float *targets[BLOCK_TILES * TILE_ROWS];
  fill_zero(zeros, row);
  for (offset start = first; start < last; start += block) {
    const int count = (int)MIN((offset)block, last - start);
    pixel at = pixel_at(g, start), next = at;
    for (int i = 0; i < count; i += TILE_ROWS) {
      const int pixels = MIN(TILE_ROWS, count - i);
      if (in_place) point_tile(g, &next, pixels, zeros, rows + (offset)i * g->taps);
      else pack_tile(g, &next, pixels, zeros, tiles + (offset)i * length);
    }
    for (int i = 0; i < count; i++, next_pixel(g, &at))
      targets[i] = t->start + at.image * t->image_stride + at.y * t->row_stride +
                   at.x * t->pixel_stride;
    product_block(&x, count, w, targets, t->columns);
  }
}

// ---- matrix product ----

static int packed_floats(int taps, int depth, int columns) {
  return taps * depth * round_up(columns, TILE_COLUMNS);
}

static int panel_count(int columns) { return divide_up(columns, TILE_COLUMNS); }

static int matmul_scratch_bytes(int depth) {
  return (int)product_scratch_bytes(1, 1, depth);
}

// Packs b, [depth, columns] or, transposed, [columns, depth]. Range: panels.
static void matmul_pack(const float *b, int transposed, int depth, int columns, float *packed, int first,
                 int last) {
  pack_panels(b, 1, depth, columns, 0, transposed ? 1 : columns, transposed ? depth : 1, packed,
              first, last);
}

// Packs the tile of rows [first, first + count) of a.
static void pack_matrix_tile(const float *a, int transposed, int rows, int depth, int first,
                             int count, float *to) {
  if (!transposed) {
    const float *row[TILE_ROWS];
    for (int i = 0; i < TILE_ROWS; i++) row[i] = a + (offset)(first + MIN(i, count - 1)) * depth;
    pack_rows(row, depth, to);
    return;
  }
  for (int d = 0; d < depth; d++, to += TILE_ROWS)
    for (int i = 0; i < TILE_ROWS; i++) to[i] = a[(offset)d * rows + first + MIN(i, count - 1)];
}

// y = a b + bias, with b packed; a is [rows, depth] or, transposed, [depth, rows]. Range: rows of
// y.
static void matmul(const float *a, int transposed, int rows, int depth, int columns, const float *packed,
            const float *bias, int relu, float *y, void *scratch, int first, int last) {
  const int none = 0, in_place = !transposed && depth >= SHORTEST_ROW;
  const int block = in_place ? BLOCK_TILES * TILE_ROWS : block_pixels(depth);
  const weights w = {packed, (offset)depth * TILE_COLUMNS, &none, bias, relu};
  float *tiles = scratch, *targets[BLOCK_TILES * TILE_ROWS];
  const float *row[BLOCK_TILES * TILE_ROWS + TILE_ROWS];
  const block_tiles x = {tiles, in_place ? row : NULL, 1, depth};
  for (int start = first; start < last; start += block) {
    const int count = MIN(block, last - start);
    for (int i = 0; in_place && i < round_up(count, TILE_ROWS); i++)
      row[i] = a + (offset)(start + MIN(i, count - 1)) * depth;
    for (int i = 0; !in_place && i < count; i += TILE_ROWS)
      pack_matrix_tile(a, transposed, rows, depth, start + i, MIN(TILE_ROWS, count - i),
                       tiles + (offset)i * depth);
    for (int i = 0; i < count; i++) targets[i] = y + (offset)(start + i) * columns;
    product_block(&x, count, &w, targets, columns);
  }
}
