// Updates of variables in place, in one pass over a variable and what the optimizer remembers of it.
// Every number of a step, fixed or changing, lies in `rates`, in the order that its comment gives; they
// are worked out in TypeScript (optimizer/rules.ts). Ranges are elements.
#include "vmath.h"

// Towards zero by `threshold`, and no further: the proximal operator of threshold |x|.
static inline vfloat v_shrink(vfloat x, vfloat threshold) {
  return v_sign(x) * v_relu(v_absolute(x) - threshold);
}

// The statement sees vectors: the variable w, its gradient g, as many of the slots a, b, c as there
// are, and the numbers R(0), R(1) ...; it changes w and the slots.
#define R(idx) v_splat(rates[idx])
#define DEFINE_UPDATE(name, slots, ...)                                                       \
  static void update_##name(float *pw, const float *pg, float *pa, float *pb, float *pc,      \
                            const float *rates, offset first, offset last) {                  \
    for (offset i = first; i < last; i += LANES) {                                            \
      const int count = (int)MIN((offset)LANES, last - i);                                    \
      const vfloat g = v_load(pg + i), none = v_splat(0);                                     \
      vfloat w = v_load(pw + i), a = (slots) > 0 ? v_load(pa + i) : none;                     \
      vfloat b = (slots) > 1 ? v_load(pb + i) : none, c = (slots) > 2 ? v_load(pc + i) : none; \
      __VA_ARGS__;                                                                            \
      v_store_part(pw + i, w, count);                                                         \
      if ((slots) > 0) v_store_part(pa + i, a, count);                                        \
      if ((slots) > 1) v_store_part(pb + i, b, count);                                        \
      if ((slots) > 2) v_store_part(pc + i, c, count);                                        \
      (void)b, (void)c;                                                                       \
    }                                                                                         \
  }

// learning rate
DEFINE_UPDATE(sgd, 0, w = w - R(0) * g)
// learning rate, momentum
DEFINE_UPDATE(momentum, 1, a = R(1) * a + g; w = w - R(0) * a)
DEFINE_UPDATE(nesterov, 1, a = R(1) * a + g; w = w - R(0) * (g + R(1) * a))
// learning rate corrected for the bias of the first moment, correction of the root, beta1, 1 - beta1,
// beta2, 1 - beta2, epsilon
DEFINE_UPDATE(adam, 2, a = R(2) * a + R(3) * g; b = R(4) * b + R(5) * g * g;
              w = w - R(0) * a / (R(1) * v_sqrt(b) + R(6)))
DEFINE_UPDATE(amsgrad, 3, a = R(2) * a + R(3) * g; b = R(4) * b + R(5) * g * g; c = v_maximum(b, c);
              w = w - R(0) * a / (R(1) * v_sqrt(c) + R(6)))
// corrected learning rate, beta1, 1 - beta1, beta2, epsilon
DEFINE_UPDATE(adamax, 2, a = R(1) * a + R(2) * g; b = v_maximum(R(3) * b, v_absolute(g));
              w = w - R(0) * a / (b + R(4)))
// corrected rates of the moment and of the gradient, correction of the root, beta1, 1 - beta1, beta2,
// 1 - beta2, epsilon
DEFINE_UPDATE(nadam, 2, a = R(3) * a + R(4) * g; b = R(5) * b + R(6) * g * g;
              w = w - (R(0) * a + R(1) * g) / (R(2) * v_sqrt(b) + R(7)))
// learning rate, epsilon
DEFINE_UPDATE(adagrad, 1, a = a + g * g; w = w - R(0) * g / (v_sqrt(a) + R(1)))
// learning rate, lambda1, lambda2
DEFINE_UPDATE(proximal_adagrad, 1, a = a + g * g; const vfloat rate = R(0) / v_sqrt(a);
              w = v_shrink(w - rate * g, rate * R(1)) / (v_splat(1) + rate * R(2)))
// learning rate, threshold
DEFINE_UPDATE(proximal_gradient, 0, w = v_shrink(w - R(0) * g, R(1)))
// The difference of the two roots, which would lose its digits where gradients are small, is what was
// added over their sum.
// 1 / learning rate, lambda1, 2 lambda2 with beta in it, 2 shrinkage
DEFINE_UPDATE(ftrl, 2, const vfloat root = v_sqrt(a); a = a + g * g; const vfloat next = v_sqrt(a);
              const vfloat sum = next + root;
              b = b + g + R(3) * w - v_select(sum == none, none, g * g / sum) * R(0) * w;
              w = (v_maximum(v_minimum(b, R(1)), -R(1)) - b) / (next * R(0) + R(2)))
// learning rate, rho, 1 - rho, epsilon
DEFINE_UPDATE(adadelta, 2, a = R(1) * a + R(2) * g * g;
              const vfloat step = v_sqrt((b + R(3)) / (a + R(3))) * g;
              b = R(1) * b + R(2) * step * step; w = w - R(0) * step)
// learning rate, rho, 1 - rho, epsilon
DEFINE_UPDATE(rmsprop, 1, a = R(1) * a + R(2) * g * g; w = w - R(0) * g / v_sqrt(a + R(3)))
// The variance of the gradient can come out below zero by rounding.
DEFINE_UPDATE(centred_rmsprop, 2, a = R(1) * a + R(2) * g * g; b = R(1) * b + R(2) * g;
              w = w - R(0) * g / v_sqrt(v_relu(a - b * b) + R(3)))
// learning rate, beta1, 1 - beta1, beta2, 1 - beta2
DEFINE_UPDATE(lion, 1, w = w - R(0) * v_sign(R(1) * a + R(2) * g);
              a = R(3) * a + R(4) * g)
// what is kept of the variable, which is an average, and what is taken of the value that stands in the
// gradient's place
DEFINE_UPDATE(average, 0, w = R(0) * w + R(1) * g)
