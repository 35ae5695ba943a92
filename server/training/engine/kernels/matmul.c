// Matrix products, of a matrix as it is or transposed with one that is packed.
#include "product.h"

// Packs b, [depth, columns] or, transposed, [columns, depth]. Range: panels.
static void matmul_pack(const float *b, int transposed, int depth, int columns, float *packed,
                        int first, int last) {
  pack_panels(b, 1, depth, columns, 0, transposed ? 1 : columns, transposed ? depth : 1, packed,
              first, last);
}

// A matrix product: a is [rows, depth] or, transposed, [depth, rows].
typedef struct {
  const float *a;
  int transposed, rows, depth, columns;
  float *y;
} matrices;

// Computes and stores one tile of a product with a transposed matrix, whose columns are read where
// they are.
static inline void transposed_tile(const matrices *m, const weights *w, int panel, int row,
                                   float *const *targets, int count) {
  const int column = panel * TILE_COLUMNS, width = MIN(TILE_COLUMNS, m->columns - column);
  const float *from = w->packed + panel * w->panel_stride;
  tile sums;
  begin_tile(w, column, width, &sums);
  if (width > LANES) add_columns(m->a + row, m->rows, m->depth, from, 2, &sums);
  else add_columns(m->a + row, m->rows, m->depth, from, 1, &sums);
  finish_tile(w, &sums, targets, column, count, width);
}

// The product for a block of `count` rows of y.
static void matrix_block(const matrices *m, const weights *w, int start, int count) {
  float *targets[BLOCK_ROWS];
  const float *rows[BLOCK_ROWS];
  tile_rows tiles[BLOCK_TILES];
  for (int i = 0; i < count; i++) targets[i] = m->y + (offset)(start + i) * m->columns;
  if (m->transposed) {
    for (int panel = 0; panel * TILE_COLUMNS < m->columns; panel++)
      for (int i = 0; i < count; i += TILE_ROWS)
        transposed_tile(m, w, panel, start + i, targets + i, count - i);
    return;
  }
  for (int i = 0; i < round_up(count, TILE_ROWS); i++)
    rows[i] = m->a + (offset)(start + MIN(i, count - 1)) * m->depth;
  for (int i = 0; i < count; i += TILE_ROWS)
    tiles[i / TILE_ROWS] = (tile_rows){rows + i, 1, m->depth, 1};
  product_block(tiles, count, w, targets, m->columns);
}

// The tiles that the rows of y are divided into.
static int row_tiles(int rows) { return divide_up(rows, TILE_ROWS); }

// y = a b + bias, with b packed. Range: tiles of rows of y.
static void matmul(const float *a, int transposed, int rows, int depth, int columns,
                   const float *packed, const float *bias, int relu, float *y, int first,
                   int last) {
  const int none = 0;
  const weights w = {packed, (offset)depth * TILE_COLUMNS, &none, bias, relu};
  const matrices m = {a, transposed, rows, depth, columns, y};
  const int end = MIN(rows, last * TILE_ROWS);
  for (int start = first * TILE_ROWS; start < end; start += BLOCK_ROWS)
    matrix_block(&m, &w, start, MIN(BLOCK_ROWS, end - start));
}
