// How many multiply-adds a second one core can do at most: chains of them that depend on nothing else,
// on vectors as wide as the processor's. Prints GFLOP/s, a multiply-add counting as two.
#include <stdio.h>
#include <time.h>

#if defined(__AVX512F__)
#define BYTES 64
#elif defined(__AVX__)
#define BYTES 32
#else
#define BYTES 16
#endif

typedef float vector __attribute__((vector_size(BYTES)));

enum { CHAINS = 12, LANES = BYTES / sizeof(float) };

static const long repeats = 1000000;
static const double measured_seconds = 0.4;

static double now(void) {
  struct timespec time;
  timespec_get(&time, TIME_UTC);
  return time.tv_sec + 1e-9 * time.tv_nsec;
}

int main(void) {
  vector sums[CHAINS];
  for (int i = 0; i < CHAINS; i++) sums[i] = (vector){} + (float)i;
  vector factor = (vector){} + 0.999f, term = (vector){} + 0.001f;
  double best = 0;
  const double end = now() + measured_seconds;
  while (now() < end) {
    const double start = now();
    for (long k = 0; k < repeats; k++) {
#pragma clang loop unroll(full)
      for (int i = 0; i < CHAINS; i++) sums[i] = sums[i] * factor + term;
    }
    const double rate = 2e-9 * repeats * CHAINS * LANES / (now() - start);
    if (rate > best) best = rate;
  }
  // The sums are used, or the compiler would leave them out.
  float total = 0;
  for (int i = 0; i < CHAINS; i++) total += sums[i][0];
  printf("%f %f\n", best, total);
  return 0;
}
