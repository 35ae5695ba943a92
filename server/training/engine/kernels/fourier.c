// Discrete Fourier transforms of complex images along one axis, with real and imaginary parts in
// tensors of their own. Each lane of a vector transforms a line of its own, so no sum runs over
// lanes; products and sums are rounded one by one, so that all machines give the same bits.
//
// The transform is Stockham's: it takes a factor of the size after the other, from one half of the
// scratch memory to the other, and ends in order. It goes forward only: the inverse is the same with
// real and imaginary parts exchanged on both sides.
#include "simd.h"

// The middle axis of [outer, size, inner], as TypeScript writes it: 4 whole numbers.
typedef struct {
  int32_t outer, size, inner;
  // Which element is the origin, in space and frequency alike: the first or the middle one.
  int32_t origin;
} dft_axis;

typedef struct {
  vfloat re, im;
} vcomplex;

// Element i of LANES lines stands at i * LANES.
typedef struct {
  float *re, *im;
} lines;

static inline vcomplex c_load(const lines *x, offset i) {
  return (vcomplex){v_load(x->re + i * LANES), v_load(x->im + i * LANES)};
}

static inline void c_store(const lines *x, offset i, vcomplex value) {
  v_store(x->re + i * LANES, value.re);
  v_store(x->im + i * LANES, value.im);
}

static inline vcomplex c_add(vcomplex a, vcomplex b) {
  return (vcomplex){a.re + b.re, a.im + b.im};
}

static inline vcomplex c_subtract(vcomplex a, vcomplex b) {
  return (vcomplex){a.re - b.re, a.im - b.im};
}

static inline vcomplex c_multiply(vcomplex a, vcomplex b) {
  return (vcomplex){a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}

// a + i b
static inline vcomplex c_add_turned(vcomplex a, vcomplex b) {
  return (vcomplex){a.re - b.im, a.im + b.re};
}

// a - i b
static inline vcomplex c_subtract_turned(vcomplex a, vcomplex b) {
  return (vcomplex){a.re + b.im, a.im - b.re};
}

// A place below 2 * size on a ring of `size` places.
static inline offset on_ring(offset i, offset size) { return i < size ? i : i - size; }

// ---- one factor of the size ----

// One pass over the lines. Before it they consist of `stride` interleaved transforms of `length`
// elements, after it of `radix` times as many of `length / radix`.
typedef struct {
  lines from, to;
  // exp(-2 pi i k / size) for all k, as pairs.
  const float *roots;
  int size, radix, length, stride;
} dft_pass;

static inline vcomplex root(const dft_pass *p, int k) {
  return (vcomplex){v_splat(p->roots[2 * k]), v_splat(p->roots[2 * k + 1])};
}

// What element `part` of a short transform is multiplied with, the short transform being the
// `idx`-th one: exp(-2 pi i idx part / length).
static inline vcomplex twiddle(const dft_pass *p, int idx, int part) {
  return root(p, idx * part * (p->size / p->length));
}

// Goes through all short transforms: element k of one is read at `at + k * ahead`, and element j of
// its result written at `to + j * stride`.
#define FOR_EACH_SHORT_TRANSFORM(p)                                                      \
  const offset stride = (p)->stride, ahead = (p)->length / (p)->radix * stride;          \
  for (int idx = 0; idx < (p)->length / (p)->radix; idx++)                               \
    for (offset at = idx * stride, to = at * (p)->radix, end = at + stride; at < end; at++, to++)

static void pass_of_two(const dft_pass *p) {
  FOR_EACH_SHORT_TRANSFORM(p) {
    const vcomplex a = c_load(&p->from, at), b = c_load(&p->from, at + ahead);
    c_store(&p->to, to, c_add(a, b));
    c_store(&p->to, to + stride, c_multiply(c_subtract(a, b), twiddle(p, idx, 1)));
  }
}

static void pass_of_four(const dft_pass *p) {
  FOR_EACH_SHORT_TRANSFORM(p) {
    const vcomplex a = c_load(&p->from, at), b = c_load(&p->from, at + ahead);
    const vcomplex c = c_load(&p->from, at + 2 * ahead), d = c_load(&p->from, at + 3 * ahead);
    const vcomplex even = c_add(a, c), odd = c_add(b, d);
    const vcomplex a_c = c_subtract(a, c), b_d = c_subtract(b, d);
    c_store(&p->to, to, c_add(even, odd));
    c_store(&p->to, to + stride, c_multiply(c_subtract_turned(a_c, b_d), twiddle(p, idx, 1)));
    c_store(&p->to, to + 2 * stride, c_multiply(c_subtract(even, odd), twiddle(p, idx, 2)));
    c_store(&p->to, to + 3 * stride, c_multiply(c_add_turned(a_c, b_d), twiddle(p, idx, 3)));
  }
}

// An odd factor, by the definition. Elements k and radix - k share their cosine and have opposite
// sines, so half of the products will do: `sums` and `differences` have room for radix / 2 of them.
static inline __attribute__((always_inline)) void pass_of_odd(const dft_pass *p, int radix,
                                                              vcomplex *sums,
                                                              vcomplex *differences) {
  const int half = radix / 2, turn = p->size / radix;
  FOR_EACH_SHORT_TRANSFORM(p) {
    const vcomplex first = c_load(&p->from, at);
    vcomplex total = first;
    for (int k = 1; k <= half; k++) {
      const vcomplex a = c_load(&p->from, at + k * ahead);
      const vcomplex b = c_load(&p->from, at + (radix - k) * ahead);
      sums[k - 1] = c_add(a, b);
      differences[k - 1] = c_subtract(a, b);
      total = c_add(total, sums[k - 1]);
    }
    c_store(&p->to, to, total);
    for (int j = 1; j <= half; j++) {
      vcomplex even = first, odd = {v_splat(0), v_splat(0)};
      for (int k = 1, turns = j; k <= half; k++, turns = (int)on_ring(turns + j, radix)) {
        const vcomplex w = root(p, turns * turn);
        even = c_add(even, (vcomplex){w.re * sums[k - 1].re, w.re * sums[k - 1].im});
        odd = c_add(odd, (vcomplex){w.im * differences[k - 1].re, w.im * differences[k - 1].im});
      }
      const vcomplex low = c_add_turned(even, odd), high = c_subtract_turned(even, odd);
      c_store(&p->to, to + j * stride, c_multiply(low, twiddle(p, idx, j)));
      c_store(&p->to, to + (radix - j) * stride, c_multiply(high, twiddle(p, idx, radix - j)));
    }
  }
}

static void pass_of_three(const dft_pass *p) {
  vcomplex sums[1], differences[1];
  pass_of_odd(p, 3, sums, differences);
}

static void pass_of_five(const dft_pass *p) {
  vcomplex sums[2], differences[2];
  pass_of_odd(p, 5, sums, differences);
}

// The factor that a transform of some length is divided by next.
static int next_radix(int length) {
  if (length % 4 == 0) return 4;
  for (int factor = 2; factor * factor <= length; factor++)
    if (length % factor == 0) return factor;
  return length;
}

static void run_pass(const dft_pass *p, void *work) {
  if (p->radix == 4) pass_of_four(p);
  else if (p->radix == 2) pass_of_two(p);
  else if (p->radix == 3) pass_of_three(p);
  else if (p->radix == 5) pass_of_five(p);
  else pass_of_odd(p, p->radix, work, (vcomplex *)work + p->radix / 2);
}

// Transforms lines along `size`, `inner` of them side by side, and says where they are then.
static lines transform(const dft_axis *a, int inner, const float *roots, lines x, lines other,
                       void *work) {
  for (int length = a->size, stride = inner; length > 1;) {
    const int radix = next_radix(length);
    const dft_pass p = {x, other, roots, a->size, radix, length, stride};
    run_pass(&p, work);
    other = x;
    x = p.to;
    length /= radix;
    stride *= radix;
  }
  return x;
}

// ---- lines from tensors to lanes and back: they begin at the origin and go round ----

// Where `inner` fills a good part of a vector, lanes are neighbours along it; where not, they are
// neighbours along `outer`, and whole rows of [size, inner] become lines.
static inline int lanes_along_inner(const dft_axis *a) { return a->inner >= LANES / 2; }

static inline int side_by_side(const dft_axis *a) { return lanes_along_inner(a) ? 1 : a->inner; }

static inline int blocks_of_row(const dft_axis *a) { return (a->inner + LANES - 1) / LANES; }

// Blocks of LANES lines: the units of work.
static int dft_blocks(const dft_axis *a) {
  if (lanes_along_inner(a)) return a->outer * blocks_of_row(a);
  return (a->outer + LANES - 1) / LANES;
}

static int dft_scratch_bytes(const dft_axis *a) {
  const int buffer = a->size * side_by_side(a) * (int)sizeof(vfloat);
  return 4 * buffer + a->size * (int)sizeof(vcomplex) + 5 * 64;
}

static double dft_cost(const dft_axis *a) {
  double radices = 1;
  for (int length = a->size; length > 1; length /= next_radix(length))
    radices += next_radix(length);
  return 2 * radices * a->size * side_by_side(a);
}

// Transposes a tile: lane j of vector i becomes lane i of vector j.
static inline void transpose_tile(vfloat *tile) {
  UNROLL for (int round = 1; round < LANES; round *= 2) {
    vfloat next[LANES];
    UNROLL for (int i = 0; i < LANES / 2; i++)
      v_interleave(tile[i], tile[i + LANES / 2], &next[2 * i], &next[2 * i + 1]);
    UNROLL for (int i = 0; i < LANES; i++) tile[i] = next[i];
  }
}

// The first of a block's lines that lie side by side in the tensor.
static inline offset inner_start(const dft_axis *a, offset block) {
  const int blocks = blocks_of_row(a);
  return block / blocks * a->size * a->inner + block % blocks * LANES;
}

static void load_inner(const dft_axis *a, offset block, const float *x, float *to) {
  x += inner_start(a, block);
  for (offset i = 0; i < a->size; i++)
    v_store(to + i * LANES, v_load(x + on_ring(i + a->origin, a->size) * a->inner));
}

static void store_inner(const dft_axis *a, offset block, const float *from, float factor, float *x) {
  const offset start = inner_start(a, block), left = a->inner - start % a->inner;
  for (offset i = 0; i < a->size; i++) {
    const offset at = start + on_ring(i + a->origin, a->size) * a->inner;
    v_store_part(x + at, v_load(from + i * LANES) * v_splat(factor), (int)MIN(left, LANES));
  }
}

static void load_rows(const dft_axis *a, offset block, const float *x, float *to) {
  const offset row = (offset)a->size * a->inner, turned = row - (offset)a->origin * a->inner;
  const offset last = a->outer - 1;
  for (offset i = 0; i < row; i += LANES) {
    vfloat tile[LANES];
    UNROLL for (int lane = 0; lane < LANES; lane++)
      tile[lane] = v_load(x + MIN(block * LANES + lane, last) * row + i);
    transpose_tile(tile);
    const int count = (int)MIN((offset)LANES, row - i);
    for (int k = 0; k < count; k++) v_store(to + on_ring(i + k + turned, row) * LANES, tile[k]);
  }
}

static void store_rows(const dft_axis *a, offset block, const float *from, float factor, float *x) {
  const offset row = (offset)a->size * a->inner, turned = row - (offset)a->origin * a->inner;
  const int rows = (int)MIN((offset)LANES, a->outer - block * LANES);
  for (offset i = 0; i < row; i += LANES) {
    vfloat tile[LANES];
    UNROLL for (int k = 0; k < LANES; k++) {
      const offset at = on_ring(MIN(i + k, row - 1) + turned, row);
      tile[k] = v_load(from + at * LANES) * v_splat(factor);
    }
    transpose_tile(tile);
    for (int lane = 0; lane < rows; lane++)
      v_store_part(x + (block * LANES + lane) * row + i, tile[lane], (int)MIN((offset)LANES, row - i));
  }
}

// A part that is not there is zero.
static void load_lines(const dft_axis *a, offset block, const float *x, float *to) {
  if (!x) fill_zero(to, (offset)a->size * side_by_side(a) * LANES);
  else if (lanes_along_inner(a)) load_inner(a, block, x, to);
  else load_rows(a, block, x, to);
}

// A part that nobody wants is dropped.
static void store_lines(const dft_axis *a, offset block, const float *from, float factor, float *x) {
  if (!x) return;
  if (lanes_along_inner(a)) store_inner(a, block, from, factor, x);
  else store_rows(a, block, from, factor, x);
}

// y = factor * the transform of x along one axis. Either part of either may be NULL. `roots` are
// exp(-2 pi i k / size) for all k, as pairs. Range: blocks of lines.
static void dft_lines(const dft_axis *a, const float *x_re, const float *x_im, const float *roots,
                      double factor, float *y_re, float *y_im, void *scratch, offset first,
                      offset last) {
  char *cursor = scratch;
  const int inner = side_by_side(a);
  const size_t bytes = (size_t)a->size * inner * sizeof(vfloat);
  const lines one = {carve(&cursor, bytes), carve(&cursor, bytes)};
  const lines two = {carve(&cursor, bytes), carve(&cursor, bytes)};
  void *work = cursor;
  for (offset block = first; block < last; block++) {
    load_lines(a, block, x_re, one.re);
    load_lines(a, block, x_im, one.im);
    const lines y = transform(a, inner, roots, one, two, work);
    store_lines(a, block, y.re, (float)factor, y_re);
    store_lines(a, block, y.im, (float)factor, y_im);
  }
}
