// The Tversky loss, of which Dice is a case: how far marked and true pixels of each class overlap. Parts of
// a sample are summed first, then the parts, in order.
#include "reduction.h"
#include "softmax.h"

// Pixels of a part: so many sums in single precision.
#define OVERLAP_PIXELS (SUM_BLOCK * LANES)

// Logits [samples, pixels, classes] with what they should say, between 0 and 1.
typedef struct {
  const float *logits, *target;
  offset pixels;
  int classes;
} marked_pixels;

static int overlap_parts(offset pixels) {
  return (int)((pixels + OVERLAP_PIXELS - 1) / OVERLAP_PIXELS);
}

static int overlap_scratch_bytes(int classes) { return 2 * softmax_scratch_bytes(classes); }

// Makes the probabilities of columns of logits: the softmax, or of one class alone the logistic function.
static inline void probabilities(const float *z, int classes, float *p) {
  if (classes == 1) {
    v_store(p, v_sigmoid(v_load(z)));
    return;
  }
  const vfloat factor = v_splat(1) / (v_splat(1) + exponentials_of_rows(z, classes, p).rest);
  for (int k = 0; k < classes; k++) v_store(p + k * LANES, v_load(p + k * LANES) * factor);
}

// What one part of a sample adds for each class: the probability of true pixels, of all, and the truth.
static inline void sum_part(const marked_pixels *m, offset start, offset end, void *scratch,
                            double *sums) {
  const int classes = m->classes;
  char *cursor = scratch;
  float *z = carve_columns(&cursor, classes), *p = carve_columns(&cursor, classes);
  float *t = carve_columns(&cursor, classes), *both = carve_columns(&cursor, classes);
  float *all = carve_columns(&cursor, classes), *truth = carve_columns(&cursor, classes);
  for (int i = 0; i < classes * LANES; i++) both[i] = all[i] = truth[i] = 0;
  for (offset pixel = start; pixel < end; pixel += LANES) {
    const int count = (int)MIN((offset)LANES, end - pixel);
    take_columns(m->logits + pixel * classes, count, classes, z);
    take_columns(m->target + pixel * classes, count, classes, t);
    probabilities(z, classes, p);
    const vint is_there = first_lanes(count);
    for (int k = 0; k < classes * LANES; k += LANES) {
      const vfloat p_k = v_select(is_there, v_load(p + k), v_splat(0));
      const vfloat t_k = v_select(is_there, v_load(t + k), v_splat(0));
      v_store(both + k, v_load(both + k) + p_k * t_k);
      v_store(all + k, v_load(all + k) + p_k);
      v_store(truth + k, v_load(truth + k) + t_k);
    }
  }
  for (int k = 0; k < classes; k++, sums += 3) {
    sums[0] = v_sum_lanes(v_load(both + k * LANES));
    sums[1] = v_sum_lanes(v_load(all + k * LANES));
    sums[2] = v_sum_lanes(v_load(truth + k * LANES));
  }
}

// sums[sample, part, class] = those three sums. Range: parts of all samples.
static void overlap_sums(const float *logits, const float *target, offset pixels, int classes,
                         double *sums, void *scratch, offset first, offset last) {
  const marked_pixels m = {logits, target, pixels, classes};
  const int parts = overlap_parts(pixels);
  for (offset unit = first; unit < last; unit++) {
    const offset sample = unit / parts * pixels, start = unit % parts * OVERLAP_PIXELS;
    const offset end = MIN(start + OVERLAP_PIXELS, pixels);
    sum_part(&m, sample + start, sample + end, scratch, sums + unit * classes * 3);
  }
}

// The loss of a sample, 1 - (TP + smooth) / (TP + alpha FP + beta FN + smooth) as the mean over its
// classes, and for each class its slopes by the first two sums. Range: samples.
static void tversky_loss(const double *sums, int parts, int classes, double alpha, double beta,
                         double smooth, float *loss, float *slopes, offset first, offset last) {
  for (offset sample = first; sample < last; sample++) {
    double total = 0;
    for (int k = 0; k < classes; k++) {
      double sum[3] = {0, 0, 0};
      for (int part = 0; part < parts; part++)
        for (int i = 0; i < 3; i++)
          sum[i] += sums[((sample * parts + part) * classes + k) * 3 + i];
      const double faults = alpha * (sum[1] - sum[0]) + beta * (sum[2] - sum[0]);
      const double right = sum[0] + smooth, whole = right + faults;
      // The faults' share, not one minus the rest: it keeps its digits where there are few.
      total += faults / whole;
      float *slope = slopes + (sample * classes + k) * 2;
      slope[0] = (float)(-((alpha + beta) * right + faults) / (whole * whole * classes));
      slope[1] = (float)(alpha * right / (whole * whole * classes));
    }
    loss[sample] = (float)(total / classes);
  }
}

// The gradient by the probability of class k.
static inline vfloat slope_of_class(const float *slopes, int k, float dy, const float *t) {
  return v_splat(dy) * (v_splat(slopes[2 * k]) * v_load(t + k * LANES) + v_splat(slopes[2 * k + 1]));
}

// Makes the gradient p by LANES pixels' logits z, through their probabilities.
static inline void gradient_of_pixels(const float *z, const float *t, const float *slopes, float dy,
                                      int classes, float *p) {
  vfloat total = v_splat(0);
  probabilities(z, classes, p);
  for (int k = 0; k < classes; k++)
    total += v_load(p + k * LANES) * slope_of_class(slopes, k, dy, t);
  for (int k = 0; k < classes; k++) {
    const vfloat g = slope_of_class(slopes, k, dy, t);
    const vfloat through = v_load(p + k * LANES) * (g - total);
    v_store(p + k * LANES, classes == 1 ? v_sigmoid_slope(v_load(z)) * g : through);
  }
}

// dx = the gradient by the logits. Range: pixels of all samples.
static void tversky_gradient(const float *logits, const float *target, const float *slopes,
                             const float *dy, offset pixels, int classes, float *dx, void *scratch,
                             offset first, offset last) {
  char *cursor = scratch;
  float *z = carve_columns(&cursor, classes), *p = carve_columns(&cursor, classes);
  float *t = carve_columns(&cursor, classes);
  for (offset pixel = first; pixel < last;) {
    const offset sample = pixel / pixels;
    const int count = (int)MIN(MIN((offset)LANES, last - pixel), (sample + 1) * pixels - pixel);
    take_columns(logits + pixel * classes, count, classes, z);
    take_columns(target + pixel * classes, count, classes, t);
    gradient_of_pixels(z, t, slopes + sample * classes * 2, dy[sample], classes, p);
    give_rows(p, count, classes, dx + pixel * classes);
    pixel += count;
  }
}
