// Losses with their gradients, in one pass over the outputs of the network. Ranges: rows (a sample, or
// a pixel), of which each gives one loss.
#include "softmax.h"

// y = 1 at the row's label, else 0.
static void one_hot(const int32_t *labels, int classes, float *y, offset first, offset last) {
  for (offset row = first; row < last; row++)
    for (int k = 0; k < classes; k++) y[row * classes + k] = k == labels[row] ? 1 : 0;
}

// ---- softmax cross-entropy ----

// What the losses of a row are made of: its largest logit, and the logarithm of the sum of
// exponentials above it. The softmax goes to p.
typedef struct {
  float top, log_sum;
} row_logits;

static row_logits softmax_of_row(const float *z, int classes, float *p) {
  row_logits r;
  r.top = row_maximum(z, classes);
  const double total = exponentials_of_row(z, classes, p);
  // The largest gives exactly one: the rest keeps its digits.
  r.log_sum = v_log_one_plus(v_splat((float)(total - 1)))[0];
  const float factor = (float)(1 / total);
  for (int k = 0; k < classes; k++) p[k] *= factor;
  return r;
}

// -ln p of a class.
static inline float surprise(row_logits r, float z) { return r.log_sum + (r.top - z); }

typedef struct {
  int classes;
  // The part of the truth that is shared among all classes.
  float smoothing;
  // (1 - p)^focus is what the loss of a class is multiplied with; 0 for none.
  float focus;
  // A weight for each class, or NULL.
  const float *weights;
  // Whether each class' own part of the smoothed truth has the weight of that class (PyTorch), or
  // all parts that of the label (Keras).
  int weighs_parts;
} cross_entropy_parameters;

static inline float weight_of(const cross_entropy_parameters *c, int k, int label) {
  if (!c->weights) return 1;
  return c->weights[c->weighs_parts ? k : label];
}

// The smoothed loss; p becomes its gradient.
static float smoothed_row(const cross_entropy_parameters *c, const float *z, int label,
                          row_logits r, float *p) {
  const float share = c->smoothing / (float)c->classes;
  double loss = 0, sum = 0;
  for (int k = 0; k < c->classes; k++) {
    const float truth = (k == label ? 1 - c->smoothing : 0) + share;
    const double part = (double)(truth * weight_of(c, k, label));
    loss += part * (double)surprise(r, z[k]);
    sum += part;
  }
  for (int k = 0; k < c->classes; k++) {
    const float truth = (k == label ? 1 - c->smoothing : 0) + share;
    p[k] = (float)sum * p[k] - truth * weight_of(c, k, label);
  }
  return (float)loss;
}

// The loss of the label alone; p becomes its gradient.
static float plain_row(const cross_entropy_parameters *c, const float *z, int label, row_logits r,
                       float *p) {
  const float weight = weight_of(c, label, label), loss = surprise(r, z[label]);
  float factor = 1, slope = 1;
  if (c->focus > 0) {
    // d/dl of l (1 - p)^f, where p = exp(-l); (1 - p) / l goes to one for a small loss.
    const vfloat l = v_splat(loss);
    const float wrong = -v_exp_minus_one(v_select(l > v_splat(80), v_splat(-80), -l))[0];
    const float ratio = wrong > 0 ? loss / wrong : 1;
    factor = wrong > 0 ? v_exp(v_splat(c->focus) * v_log(v_splat(wrong)))[0] : 0;
    slope = factor * (1 + c->focus * (1 - wrong) * ratio);
    if (loss != loss) factor = slope = loss;
  }
  for (int k = 0; k < c->classes; k++) p[k] = weight * slope * (p[k] - (k == label ? 1 : 0));
  return weight * factor * loss;
}

// The loss of every row with its gradient and the weight of its label. A label that is no class gives
// NaN, never a read beyond the row.
static void softmax_cross_entropy(const float *logits, const int32_t *labels, int classes,
                                  float smoothing, float focus, const float *weights,
                                  int weighs_parts, float *loss, float *gradient,
                                  float *label_weight, offset first, offset last) {
  const cross_entropy_parameters c = {classes, smoothing, focus, weights, weighs_parts};
  for (offset row = first; row < last; row++) {
    const float *z = logits + row * classes;
    float *p = gradient + row * classes;
    const int label = labels[row];
    if (label < 0 || label >= classes) {
      loss[row] = label_weight[row] = __builtin_nanf("");
      fill_zero(p, classes);
      continue;
    }
    const row_logits r = softmax_of_row(z, classes, p);
    loss[row] = smoothing > 0 ? smoothed_row(&c, z, label, r, p) : plain_row(&c, z, label, r, p);
    label_weight[row] = weights ? weights[label] : 1;
  }
}

// The loss against a distribution over the classes: -sum t ln p, or, less the least that is possible,
// the divergence sum t ln(t / p).
static void distribution_cross_entropy(const float *logits, const float *target, int classes,
                                       int divergence, float *loss, float *gradient, offset first,
                                       offset last) {
  for (offset row = first; row < last; row++) {
    const float *z = logits + row * classes, *t = target + row * classes;
    float *p = gradient + row * classes;
    const row_logits r = softmax_of_row(z, classes, p);
    double total = 0, sum = 0;
    for (int k = 0; k < classes; k++) {
      float part = surprise(r, z[k]);
      if (divergence && t[k] > 0) part += v_log(v_splat(t[k]))[0];
      // What never happens costs nothing, however unlikely it is held to be.
      if (t[k] != 0) total += (double)t[k] * (double)part;
      sum += (double)t[k];
    }
    for (int k = 0; k < classes; k++) p[k] = (float)sum * p[k] - t[k];
    loss[row] = (float)total;
  }
}

// ---- losses of single values ----

static inline vfloat pseudo_huber(vfloat r, vfloat a) {
  const vfloat q = r / a;
  // a^2 (sqrt(1 + q^2) - 1), without the difference of nearly equal numbers.
  return a * r * q / (v_sqrt(v_splat(1) + q * q) + v_splat(1));
}

static inline vfloat pseudo_huber_slope(vfloat r, vfloat a) {
  const vfloat q = r / a;
  return r / v_sqrt(v_splat(1) + q * q);
}

static inline vfloat huber(vfloat r, vfloat a) {
  const vfloat size = v_absolute(r), half = v_splat(0.5f);
  return v_select(size <= a, half * r * r, a * (size - half * a));
}

static inline vfloat log_cosh(vfloat r) {
  const vfloat size = v_absolute(r), half = v_splat(0.5f);
  // Near zero, cosh r - 1 = 2 sinh^2(r / 2); the hyperbolic sine of h is odd in exp(h) - 1.
  const vfloat u = v_exp_minus_one(v_minimum(size, v_splat(1)) * half);
  const vfloat sinh = half * (u + u / (u + v_splat(1)));
  const vfloat far = size + v_log_one_plus(v_exp(v_splat(-2) * size)) - v_splat(0.693147181f);
  return v_select(size < v_splat(1), v_log_one_plus(v_splat(2) * sinh * sinh), far);
}

// The binary cross-entropy of a logit, where being wrong about a one counts q times.
static inline vfloat sigmoid_cross_entropy(vfloat x, vfloat t, vfloat q) {
  const vfloat one = v_splat(1), weight = one + (q - one) * t;
  const vfloat rest = v_log_one_plus(v_exp(-v_absolute(x))) + v_relu(-x);
  return (one - t) * x + weight * rest;
}

static inline vfloat sigmoid_cross_entropy_slope(vfloat x, vfloat t, vfloat q) {
  const vfloat one = v_splat(1), weight = one + (q - one) * t;
  return one - t - weight * v_sigmoid(-x);
}

#define RATE_FLOOR 1e-7f

// Name, loss and slope, as expressions in the output y, the target t and the parameter a. TypeScript
// calls a row by its number (engine/ops/losses.ts has the same list).
#define POINT_LOSSES(ROW)                                                                \
  ROW(SQUARED, (y - t) * (y - t), v_splat(2) * (y - t))                                  \
  ROW(ABSOLUTE, v_absolute(y - t), v_sign(y - t))                                        \
  ROW(HUBER, huber(y - t, a), v_maximum(v_minimum(y - t, a), -a))                        \
  ROW(PSEUDO_HUBER, pseudo_huber(y - t, a), pseudo_huber_slope(y - t, a))                \
  ROW(LOG_COSH, log_cosh(y - t), v_tanh(y - t))                                          \
  ROW(POISSON, v_exp(y) - t * y, v_exp(y) - t)                                           \
  ROW(POISSON_RATE, y - t * v_log(y + v_splat(RATE_FLOOR)),                              \
      v_splat(1) - t / (y + v_splat(RATE_FLOOR)))                                        \
  ROW(HINGE, v_relu(v_splat(1) - t * y), v_select(t * y >= v_splat(1), v_splat(0), -t))  \
  ROW(SIGMOID, sigmoid_cross_entropy(y, t, a), sigmoid_cross_entropy_slope(y, t, a))

enum {
#define ROW(name, loss, slope) LOSS_##name,
  POINT_LOSSES(ROW)
#undef ROW
};

static inline vfloat point_loss_of(int kind, vfloat y, vfloat t, vfloat a, vfloat *slope) {
  switch (kind) {
#define ROW(name, loss_of, slope_of) \
  case LOSS_##name:                  \
    *slope = slope_of;               \
    return loss_of;
    POINT_LOSSES(ROW)
#undef ROW
  }
  return v_splat(0);
}

static inline void point_loss_rows(int kind, const float *y, const float *target, offset count,
                                   float parameter, float *loss, float *gradient, offset first,
                                   offset last) {
  const vfloat a = v_splat(parameter), share = v_splat((float)(1 / (double)count));
  for (offset row = first; row < last; row++) {
    const offset at = row * count;
    double total = 0;
    for (offset i = 0; i < count; i += LANES) {
      const vfloat t = target ? v_load(target + at + i) : v_splat(0);
      const int left = (int)MIN((offset)LANES, count - i);
      vfloat slope;
      const vfloat value = point_loss_of(kind, v_load(y + at + i), t, a, &slope);
      v_store_part(gradient + at + i, slope * share, left);
      for (int lane = 0; lane < left; lane++) total += (double)value[lane];
    }
    loss[row] = (float)(total / (double)count);
  }
}

// The mean loss of a row of `count` values, with its gradient. Without a target it is compared with 0.
static void point_loss(int kind, const float *y, const float *target, offset count,
                       float parameter, float *loss, float *gradient, offset first, offset last) {
  switch (kind) {
#define ROW(name, loss_of, slope_of)                                                         \
  case LOSS_##name:                                                                          \
    point_loss_rows(LOSS_##name, y, target, count, parameter, loss, gradient, first, last);  \
    break;
    POINT_LOSSES(ROW)
#undef ROW
  }
}
