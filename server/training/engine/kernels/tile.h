// Products in register tiles of TILE_ROWS rows by TILE_COLUMNS columns: what every product of this
// engine is made of. The right-hand side is packed as panels [panel][tap][depth][TILE_COLUMNS];
// where only the first vector of a panel is used, only that is computed.
#ifndef LIGHTBENCH_TILE_H
#define LIGHTBENCH_TILE_H

#include "simd.h"

// The sums of a tile, one or two vectors a row.
typedef struct {
  vfloat low[TILE_ROWS], high[TILE_ROWS];
} tile;

// The compiler for WebAssembly would add to all first vectors of a tile before it adds to the second ones,
// which needs more registers than there are, and would compute every address anew. Here it leaves sums in
// their order, and pointers as they are: what is near one is read at a constant offset.
#ifdef __wasm__
#define KEEP_ORDER(a, b) __asm__ volatile("" : "+r"(a), "+r"(b))
#define KEEP_POINTER(p) __asm__ volatile("" : "+r"(p))
#else
#define KEEP_ORDER(a, b) ((void)0)
#define KEEP_POINTER(p) ((void)0)
#endif

// Adds the products of one step: values x[i] by one line of a panel.
#define ADD_STEP(sums, vectors, w, value_of_row)                                \
  do {                                                                          \
    const vfloat w0 = v_load(w), w1 = vectors > 1 ? v_load(w + LANES) : w0;     \
    UNROLL for (int i = 0; i < TILE_ROWS; i++) {                                \
      const vfloat value = v_splat(value_of_row);                               \
      sums.low[i] = v_multiply_add(value, w0, sums.low[i]);                     \
      if (vectors > 1) sums.high[i] = v_multiply_add(value, w1, sums.high[i]);  \
      KEEP_ORDER(sums.low[i], sums.high[i]);                                    \
    }                                                                           \
  } while (0)

// Adds the products of rows that lie anywhere, for one tap after the other: tap t has the addresses
// rows[t * TILE_ROWS + i] and begins at offsets[t * offset_step] within the panel.
static inline void add_rows(const float *const *rows, int taps, int depth, const float *panel,
                            const int *offsets, int offset_step, int vectors, tile *to) {
  tile sums = *to;
  for (int tap = 0; tap < taps; tap++, rows += TILE_ROWS, offsets += offset_step) {
    const float *w = panel + *offsets, *row[TILE_ROWS];
    UNROLL for (int i = 0; i < TILE_ROWS; i++) row[i] = rows[i];
    int d = 0;
    for (; d + 2 <= depth; d += 2) {
      ADD_STEP(sums, vectors, w, row[i][0]);
      ADD_STEP(sums, vectors, w + TILE_COLUMNS, row[i][1]);
      UNROLL for (int i = 0; i < TILE_ROWS; i++) {
        row[i] += 2;
        KEEP_POINTER(row[i]);
      }
      w += 2 * TILE_COLUMNS;
      KEEP_POINTER(w);
    }
    if (d < depth) ADD_STEP(sums, vectors, w, row[i][0]);
  }
  *to = sums;
}

// Adds the products of columns: the values of step d are x[d * x_step + i].
static inline void add_columns(const float *x, offset x_step, int depth, const float *w,
                               int vectors, tile *to) {
  tile sums = *to;
  int d = 0;
  for (; d + 2 <= depth; d += 2) {
    const float *next = x + x_step;
    KEEP_POINTER(x);
    KEEP_POINTER(next);
    KEEP_POINTER(w);
    ADD_STEP(sums, vectors, w, x[i]);
    ADD_STEP(sums, vectors, w + TILE_COLUMNS, next[i]);
    x = next + x_step;
    w += 2 * TILE_COLUMNS;
  }
  if (d < depth) ADD_STEP(sums, vectors, w, x[i]);
  *to = sums;
}

// Stores the first columns of one row of a tile.
static inline void store_row(float *to, const tile *sums, int i, int columns) {
  v_store_part(to, sums->low[i], columns);
  if (columns > LANES) v_store_part(to + LANES, sums->high[i], columns - LANES);
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

static int packed_floats(int taps, int depth, int columns) {
  return taps * depth * round_up(columns, TILE_COLUMNS);
}

static int panel_count(int columns) { return divide_up(columns, TILE_COLUMNS); }

#endif
