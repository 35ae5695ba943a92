// Kernels that draw: masks, normal and even numbers, photons. Each takes the key of a purpose, the
// epoch and the sample of every row, so that a row's numbers do not depend on its place in the batch.
// Ranges are stretches of rows (random.h), `width` the values of a row.
#include "dmath.h"
#include "random.h"

// to = x * scale + offset, or `dropped` (plus 0 x, so that a NaN is not hidden) where the word of the
// value is below `drop_below`. Without x, of ones.
static void random_drop(DRAWN_BY, double drop_below, float scale, float shift, float dropped,
                        int width, const float *x, float *to, offset first, offset last) {
  const batch_streams streams = DRAWN_FROM;
  const vuint threshold = (vuint)v_splat_int((int32_t)(uint32_t)drop_below);
  for (offset unit = first; unit < last; unit++) {
    const stretch s = stretch_of(unit, width);
    const stream key = stream_of_row(&streams, s.row);
    const offset at = s.row * width + s.start;
    for (int i = 0; i < s.count; i += 2 * LANES) {
      vuint words[2];
      words_from(key, (uint32_t)(s.start + i) / 2, &words[0], &words[1]);
      UNROLL for (int half = 0; half < 2; half++) {
        const int j = i + half * LANES;
        const vint drops = (vint)(words[half] < threshold);
        const vfloat value = x ? v_load(x + at + j) : v_splat(1);
        const vfloat factor = v_select(drops, v_splat(0), v_splat(scale));
        const vfloat added = v_select(drops, v_splat(dropped), v_splat(shift));
        v_store_part(to + at + j, value * factor + added, s.count - j);
      }
    }
  }
}

// to = low + span * u, u even over [0, 1) in steps of 2^-24.
static void random_uniform(DRAWN_BY, float low, float span, int width, float *to, offset first,
                           offset last) {
  const batch_streams streams = DRAWN_FROM;
  for (offset unit = first; unit < last; unit++) {
    const stretch s = stretch_of(unit, width);
    const stream key = stream_of_row(&streams, s.row);
    float *row = to + s.row * width + s.start;
    for (int i = 0; i < s.count; i += 2 * LANES) {
      vuint words[2];
      words_from(key, (uint32_t)(s.start + i) / 2, &words[0], &words[1]);
      UNROLL for (int half = 0; half < 2; half++) {
        const vfloat u = v_from_int((vint)(words[half] >> 8)) * v_splat(0x1p-24f);
        v_store_part(row + i + half * LANES, v_splat(low) + v_splat(span) * u,
                     s.count - i - half * LANES);
      }
    }
  }
}

// to = x + deviation * e, e standard normal. Without x, `mean` in its place.
static void random_normal(DRAWN_BY, float mean, float deviation, int width, const float *x,
                          float *to, offset first, offset last) {
  const batch_streams streams = DRAWN_FROM;
  for (offset unit = first; unit < last; unit++) {
    const stretch s = stretch_of(unit, width);
    const stream key = stream_of_row(&streams, s.row);
    const offset at = s.row * width + s.start;
    for (int i = 0; i < s.count; i += 2 * LANES) {
      vfloat normals[2];
      normals_from(key, (uint32_t)(s.start + i) / 2, &normals[0], &normals[1]);
      UNROLL for (int half = 0; half < 2; half++) {
        const int j = i + half * LANES;
        const vfloat base = x ? v_load(x + at + j) : v_splat(mean);
        v_store_part(to + at + j, base + v_splat(deviation) * normals[half], s.count - j);
      }
    }
  }
}

// Copies each row from a where its draw u lies in [low, high), else from b. Range: rows.
static void random_select(DRAWN_BY, double low, double high, offset width, const float *a,
                          const float *b, float *to, offset first, offset last) {
  const batch_streams streams = DRAWN_FROM;
  for (offset row = first; row < last; row++) {
    const double u = stream_of_row(&streams, row).word[0] * 0x1p-32;
    const float *from = (u >= low && u < high ? a : b) + row * width;
    for (offset i = 0; i < width; i += LANES)
      v_store_part(to + row * width + i, v_load(from + i), (int)MIN((offset)LANES, width - i));
  }
}

// ---- photons ----

// Means from which the rejection method is both valid and faster than summing probabilities.
#define SMALLEST_REJECTED_MEAN 10

// Inverse transform: the smallest k whose cumulative probability reaches u.
static double inverse_poisson(double mean, double u) {
  double probability = d_exp(-mean), cumulative = probability, k = 0;
  // Rounding can keep the sum below u; then the terms have run out.
  while (cumulative < u && probability > 0) {
    k++;
    probability *= mean / k;
    cumulative += probability;
  }
  return k;
}

// ln k! where Stirling's series is not yet exact.
static const double log_factorials[20] = {
    0, 0, 0.69314718055994530942, 1.7917594692280550008, 3.1780538303479456197,
    4.7874917427820459943, 6.5792512120101009951, 8.5251613610654143002, 10.604602902745250228,
    12.801827480081469611, 15.104412573075515295, 17.502307845873885839, 19.987214495661886150,
    22.552163853123422886, 25.191221182738681500, 27.899271383840891566, 30.671860106080672804,
    33.505073450136888884, 36.395445208033053576, 39.339884187199494036};

// ln(mean^k e^-mean / k!), without the cancellation of its large terms.
static double log_probability(double k, double mean) {
  if (k < 20) return k * d_log(mean) - mean - log_factorials[(int)k];
  const double excess = (mean - k) / k;
  const double log_ratio = d_absolute(excess) < 0.4 ? d_log_near_one(excess) : d_log(1 + excess);
  const double series = 1 / (12 * k) - 1 / (360 * k * k * k) + 1 / (1260 * k * k * k * k * k);
  return k * (log_ratio - excess) - 0.5 * d_log(2 * PI * k) - series;
}

// Hörmann's transformed rejection with squeeze (PTRS), from the words of one position: round n takes
// the block of counter n + 1, of which the first comes with the call.
static double rejected_poisson(double mean, stream key, uint32_t position, stream words) {
  const double b = 0.931 + 2.53 * d_sqrt(mean), a = -0.059 + 0.02483 * b;
  const double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4), squeeze = 0.9277 - 3.6224 / (b - 2);
  for (uint32_t round = 1;; round++) {
    const double u = words.word[0] * 0x1p-32 - 0.5, v = words.word[1] * 0x1p-32;
    const double distance = 0.5 - d_absolute(u);
    const double k = d_floor((2 * a / distance + b) * u + mean + 0.43);
    if (distance >= 0.07 && v <= squeeze) return k;
    if (k >= 0 && !(distance < 0.013 && v > distance)) {
      const double bound = v * inverse_alpha / (a / (distance * distance) + b);
      // A bound of zero has a logarithm below any.
      if (bound == 0 || d_log(bound) <= log_probability(k, mean)) return k;
    }
    words = substream(key, position, round + 1);
  }
}

// to = (Poisson(signal * max(x, 0) + dark) + read_noise * e) / signal, e standard normal.
static void random_photons(DRAWN_BY, double signal, double dark, double read_noise, int width,
                           const float *x, float *to, offset first, offset last) {
  const batch_streams streams = DRAWN_FROM;
  for (offset unit = first; unit < last; unit++) {
    const stretch s = stretch_of(unit, width);
    const stream key = stream_of_row(&streams, s.row);
    const offset at = s.row * width + s.start;
    for (int i = 0; i < s.count; i += 2 * LANES) {
      vfloat normals[2] = {v_splat(0), v_splat(0)};
      if (read_noise > 0)
        normals_from(key, (uint32_t)(s.start + i) / 2, &normals[0], &normals[1]);
      for (int j = i; j < MIN(i + 2 * LANES, s.count); j += LANES) {
        vuint u, v;
        threefry_lanes(key, v_counters((uint32_t)(s.start + j)), (vuint){0} + 1, &u, &v);
        for (int lane = 0; lane < MIN(LANES, s.count - j); lane++) {
          const double light = x[at + j + lane], mean = signal * (light < 0 ? 0 : light) + dark;
          const stream words = {{u[lane], v[lane]}};
          // A mean of 0, or a NaN, which is not hidden.
          double electrons = mean;
          if (mean >= SMALLEST_REJECTED_MEAN)
            electrons = rejected_poisson(mean, key, (uint32_t)(s.start + j + lane), words);
          else if (mean > 0) electrons = inverse_poisson(mean, u[lane] * 0x1p-32);
          const double read = read_noise * normals[(j - i) / LANES][lane];
          to[at + j + lane] = (float)((electrons + read) / signal);
        }
      }
    }
  }
}
