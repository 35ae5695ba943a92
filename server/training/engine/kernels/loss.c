// Losses with their gradients, in one pass over the outputs of the network. Ranges: rows (a sample, or
// a pixel), of which each gives one loss.
#include "softmax.h"
#include "vmath.h"

// y = 1 at the row's label, else 0.
static void one_hot(const int32_t *labels, int classes, float *y, offset first, offset last) {
  for (offset row = first; row < last; row++)
    for (int k = 0; k < classes; k++) y[row * classes + k] = k == labels[row] ? 1 : 0;
}

// ---- softmax cross-entropy ----

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

// LANES rows with their labels and the weights of these: columns of logits, and of the softmax, which
// becomes the gradient.
typedef struct {
  const float *z;
  float *p;
  vint label;
  vfloat weight;
  vfloat top, log_sum;
} labelled_rows;

// Makes the softmax p of columns z. `log_sum` is the logarithm of the sum of exponentials above the
// largest logit.
static inline row_exponentials softmax_of_rows(const float *z, int classes, float *p,
                                               vfloat *log_sum) {
  const row_exponentials r = exponentials_of_rows(z, classes, p);
  const vfloat factor = v_splat(1) / (v_splat(1) + r.rest);
  for (int k = 0; k < classes; k++) v_store(p + k * LANES, v_load(p + k * LANES) * factor);
  *log_sum = v_log_one_plus(r.rest);
  return r;
}

// The part of the smoothed truth that falls to class k, with its weight.
static inline vfloat part_of_class(const cross_entropy_parameters *c, const labelled_rows *r, int k) {
  const vfloat share = v_splat(c->smoothing / (float)c->classes), own = v_splat(1 - c->smoothing);
  const vfloat truth = v_select(r->label == v_splat_int(k), own, v_splat(0)) + share;
  return truth * (c->weighs_parts ? v_splat(c->weights[k]) : r->weight);
}

// The smoothed loss; p becomes its gradient.
static inline vfloat smoothed_loss(const cross_entropy_parameters *c, const labelled_rows *r) {
  exact_sum loss = {v_splat(0), v_splat(0)}, sum = loss;
  for (int k = 0; k < c->classes; k++) {
    const vfloat part = part_of_class(c, r, k), z = v_load(r->z + k * LANES);
    add_exactly(&loss, part * (r->log_sum + (r->top - z)));
    add_exactly(&sum, part);
  }
  for (int k = 0; k < c->classes; k++)
    v_store(r->p + k * LANES, sum.sum * v_load(r->p + k * LANES) - part_of_class(c, r, k));
  return loss.sum;
}

// (1 - p)^focus of a loss -ln p, and the slope of the product of both.
static inline vfloat focus_of(float focus, vfloat loss, vfloat *slope) {
  const vfloat one = v_splat(1), none = v_splat(0);
  const vfloat wrong = -v_exp_minus_one(-v_minimum(loss, v_splat(80)));
  const vint is_wrong = wrong > none, is_nan = loss != loss;
  // (1 - p) / l goes to one for a small loss.
  const vfloat ratio = v_select(is_wrong, loss / wrong, one);
  const vfloat factor = v_select(is_wrong, v_exp(v_splat(focus) * v_log(wrong)), none);
  *slope = v_select(is_nan, loss, factor * (one + v_splat(focus) * (one - wrong) * ratio));
  return v_select(is_nan, loss, factor);
}

// The loss of the label alone; p becomes its gradient.
static inline vfloat plain_loss(const cross_entropy_parameters *c, const labelled_rows *r) {
  vfloat z = v_splat(0), slope = v_splat(1), factor = slope;
  for (int k = 0; k < c->classes; k++)
    z = v_select(r->label == v_splat_int(k), v_load(r->z + k * LANES), z);
  const vfloat loss = r->log_sum + (r->top - z);
  if (c->focus > 0) factor = focus_of(c->focus, loss, &slope);
  for (int k = 0; k < c->classes; k++) {
    const vfloat truth = v_select(r->label == v_splat_int(k), v_splat(1), v_splat(0));
    v_store(r->p + k * LANES, r->weight * slope * (v_load(r->p + k * LANES) - truth));
  }
  return r->weight * factor * loss;
}

// The labels of `count` rows, and their weights: NaN for a label that is no class.
static inline void take_labels(const cross_entropy_parameters *c, const int32_t *labels, int count,
                               labelled_rows *r) {
  for (int lane = 0; lane < LANES; lane++) {
    const int32_t label = labels[MIN(lane, count - 1)];
    const int is_class = label >= 0 && label < c->classes;
    r->label[lane] = label;
    r->weight[lane] = !is_class ? __builtin_nanf("") : c->weights ? c->weights[label] : 1;
  }
}

// The loss of every row with its gradient and the weight of its label. A label that is no class gives
// NaN, never a read beyond the row, and no gradient.
static void softmax_cross_entropy(const float *logits, const int32_t *labels, int classes,
                                  float smoothing, float focus, const float *weights,
                                  int weighs_parts, float *loss, float *gradient,
                                  float *label_weight, void *scratch, offset first, offset last) {
  const cross_entropy_parameters c = {classes, smoothing, focus, weights, weights && weighs_parts};
  char *cursor = scratch;
  float *z = carve_columns(&cursor, classes), *p = carve_columns(&cursor, classes);
  labelled_rows r = {.z = z, .p = p};
  for (offset row = first; row < last; row += LANES) {
    const int count = (int)MIN((offset)LANES, last - row);
    take_columns(logits + row * classes, count, classes, z);
    take_labels(&c, labels + row, count, &r);
    r.top = softmax_of_rows(z, classes, p, &r.log_sum).top;
    const vint is_class = (r.label >= v_splat_int(0)) & (r.label < v_splat_int(classes));
    const vfloat value = smoothing > 0 ? smoothed_loss(&c, &r) : plain_loss(&c, &r);
    for (int k = 0; k < classes; k++)
      v_store(p + k * LANES, v_select(is_class, v_load(p + k * LANES), v_splat(0)));
    give_rows(p, count, classes, gradient + row * classes);
    v_store_part(loss + row, v_select(is_class, value, r.weight), count);
    v_store_part(label_weight + row, r.weight, count);
  }
}

// The loss of LANES rows against a distribution t over the classes; p becomes its gradient.
static inline vfloat distribution_loss(const float *z, const float *t, int classes, int divergence,
                                       float *p) {
  vfloat log_sum;
  const vfloat top = softmax_of_rows(z, classes, p, &log_sum).top, none = v_splat(0);
  exact_sum loss = {none, none}, sum = loss;
  for (int k = 0; k < classes; k++) {
    const vfloat truth = v_load(t + k * LANES);
    vfloat part = log_sum + (top - v_load(z + k * LANES));
    if (divergence) part += v_select(truth > none, v_log(truth), none);
    // What never happens costs nothing, however unlikely it is held to be.
    add_exactly(&loss, v_select(truth == none, none, truth * part));
    add_exactly(&sum, truth);
  }
  for (int k = 0; k < classes; k++)
    v_store(p + k * LANES, sum.sum * v_load(p + k * LANES) - v_load(t + k * LANES));
  return loss.sum;
}

// The loss against a distribution over the classes: -sum t ln p, or, less the least that is possible,
// the divergence sum t ln(t / p).
static void distribution_cross_entropy(const float *logits, const float *target, int classes,
                                       int divergence, float *loss, float *gradient, void *scratch,
                                       offset first, offset last) {
  char *cursor = scratch;
  float *z = carve_columns(&cursor, classes), *p = carve_columns(&cursor, classes);
  float *t = carve_columns(&cursor, classes);
  for (offset row = first; row < last; row += LANES) {
    const int count = (int)MIN((offset)LANES, last - row);
    take_columns(logits + row * classes, count, classes, z);
    take_columns(target + row * classes, count, classes, t);
    v_store_part(loss + row, distribution_loss(z, t, classes, divergence, p), count);
    give_rows(p, count, classes, gradient + row * classes);
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
