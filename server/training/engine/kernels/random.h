// Random numbers with an address: Threefry-2x32-20, word for word as in server/common/rng.ts. A number
// depends on its key and its position alone, so any thread can draw any of them.
#ifndef LIGHTBENCH_RANDOM_H
#define LIGHTBENCH_RANDOM_H

#include "vmath.h"

// The key of a stream.
typedef struct {
  uint32_t word[2];
} stream;

// One block for each counter: two words. `words` is one number or a vector of them.
#define DEFINE_THREEFRY(name, words)                                                              \
  static inline void name(stream key, words counter0, words counter1, words *out0, words *out1) { \
    static const int rotations[2][4] = {{13, 15, 26, 6}, {17, 29, 16, 24}};                       \
    const uint32_t k[3] = {key.word[0], key.word[1], key.word[0] ^ key.word[1] ^ 0x1bd11bda};     \
    words x = counter0 + k[0], y = counter1 + k[1];                                               \
    UNROLL for (uint32_t group = 0; group < 5; group++) {                                         \
      UNROLL for (int round = 0; round < 4; round++) {                                            \
        const int r = rotations[group % 2][round];                                                \
        x += y;                                                                                   \
        y = ((y << r) | (y >> (32 - r))) ^ x;                                                     \
      }                                                                                           \
      x += k[(group + 1) % 3];                                                                    \
      y += k[(group + 2) % 3] + group + 1;                                                        \
    }                                                                                             \
    *out0 = x;                                                                                    \
    *out1 = y;                                                                                    \
  }

DEFINE_THREEFRY(threefry, uint32_t)
DEFINE_THREEFRY(threefry_lanes, vuint)

static inline stream substream(stream key, uint32_t counter0, uint32_t counter1) {
  stream s;
  threefry(key, counter0, counter1, &s.word[0], &s.word[1]);
  return s;
}

// Where random numbers of a batch come from: a purpose, the epoch, and the sample of each row.
typedef struct {
  stream purpose;
  uint32_t epoch;
  const int32_t *samples;
} batch_streams;

static inline batch_streams streams_of(int key0, int key1, const int32_t *epoch,
                                       const int32_t *samples) {
  return (batch_streams){{{(uint32_t)key0, (uint32_t)key1}}, (uint32_t)*epoch, samples};
}

// The first arguments of every kernel that draws, and what it makes of them.
#define DRAWN_BY int key0, int key1, const int32_t *epoch, const int32_t *samples
#define DRAWN_FROM streams_of(key0, key1, epoch, samples)

static inline stream stream_of_row(const batch_streams *b, offset row) {
  return substream(b->purpose, b->epoch, (uint32_t)b->samples[row]);
}

static inline vuint v_counters(uint32_t first) {
#if LANES == 4
  const vuint lanes = {0, 1, 2, 3};
#elif LANES == 8
  const vuint lanes = {0, 1, 2, 3, 4, 5, 6, 7};
#else
  const vuint lanes = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
#endif
  return lanes + first;
}

// The words 2 * counter ... of a stream, in its order: 2 * LANES of them.
static inline void words_from(stream key, uint32_t counter, vuint *low, vuint *high) {
  vuint x, y;
  vfloat first, second;
  threefry_lanes(key, v_counters(counter), (vuint){0}, &x, &y);
  v_interleave((vfloat)x, (vfloat)y, &first, &second);
  *low = (vuint)first;
  *high = (vuint)second;
}

// ln((w + 1) / 2^32). Near one it is taken from the distance to one, which a word gives exactly.
static inline vfloat log_of_word(vuint w) {
  const vint near_one = (vint)(w >= 0xb504f334u);
  const vfloat far = v_from_uint(w + 1) * v_splat(0x1p-32f);
  vint exponent = (((vint)far >> 23) & v_splat_int(255)) - v_splat_int(126);
  vfloat m = (vfloat)(((vint)far & v_splat_int(0x007fffff)) | v_splat_int(0x3f000000));
  const vint low = m < v_splat(0.707106781f);
  exponent += low;
  m = m + (vfloat)((vint)m & low) - v_splat(1);
  m = v_select(near_one, v_from_uint(~w) * v_splat(-0x1p-32f), m);
  return log_of_parts(m, v_from_int(v_select_int(near_one, v_splat_int(0), exponent)));
}

// Cosine and sine of w / 2^32 of a full turn. Quarter turns are taken off as whole numbers.
static inline void turn_of_word(vuint w, vfloat *cosine, vfloat *sine) {
  const vuint quarter = (w + 0x20000000u) >> 30;
  const vfloat rest = v_from_int((vint)(w - (quarter << 30)));
  vfloat s, c;
  v_sin_cos(rest * v_splat(0x1.921fb6p-30f), &s, &c);
  const vint odd = (vint)(quarter << 31) >> 31;
  // Signs: the cosine is below zero in quarters 1 and 2, the sine in 2 and 3.
  const vuint cosine_sign = (quarter + 1) << 30 & 0x80000000u, sine_sign = quarter << 30 & 0x80000000u;
  *cosine = (vfloat)((vuint)v_select(odd, s, c) ^ cosine_sign);
  *sine = (vfloat)((vuint)v_select(odd, c, s) ^ sine_sign);
}

// The standard normal numbers 2 * counter ... of a stream (Box and Muller): 2 * LANES of them.
static inline void normals_from(stream key, uint32_t counter, vfloat *low, vfloat *high) {
  vuint x, y;
  vfloat cosine, sine;
  threefry_lanes(key, v_counters(counter), (vuint){0}, &x, &y);
  const vfloat radius = v_sqrt(v_splat(-2) * log_of_word(x));
  turn_of_word(y, &cosine, &sine);
  v_interleave(radius * cosine, radius * sine, low, high);
}

// Draws one after another from a stream.
typedef struct {
  stream key;
  uint32_t position;
} draws;

// Even over [0, 1), with 32 bits.
static inline double next_uniform(draws *d) {
  const stream words = substream(d->key, d->position / 2, 0);
  return words.word[d->position++ % 2] * 0x1p-32;
}

// ---- work by rows ----

// Values of a row that are drawn together; even, so that pairs of words stay together.
#define STRETCH 256

// A part of one row: unit `unit` of the work, when every row is divided into stretches.
typedef struct {
  offset row;
  int start, count;
} stretch;

static inline stretch stretch_of(offset unit, int width) {
  const int parts = (width + STRETCH - 1) / STRETCH, part = (int)(unit % parts);
  return (stretch){unit / parts, part * STRETCH, MIN(STRETCH, width - part * STRETCH)};
}

#endif
