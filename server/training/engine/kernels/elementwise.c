// Element-wise operations: one operand, or two with broadcasting. Ranges are elements of the
// result.
#include "broadcast.h"
#include "vmath.h"

// ---- one operand ----

#define DEFINE_UNARY(name, expression)                                                \
  static void name(const float *from, float *to, offset first, offset last) {   \
    for (offset i = first; i < last; i += LANES) {                                    \
      const vfloat x = v_load(from + i);                                              \
      v_store_part(to + i, expression, (int)MIN((offset)LANES, last - i));            \
    }                                                                                 \
  }

DEFINE_UNARY(unary_relu, v_relu(x))
DEFINE_UNARY(unary_negate, -x)
DEFINE_UNARY(unary_absolute, v_absolute(x))
DEFINE_UNARY(unary_square, x *x)
DEFINE_UNARY(unary_square_root, v_sqrt(x))
DEFINE_UNARY(unary_reciprocal_root, v_splat(1) / v_sqrt(x))
DEFINE_UNARY(unary_reciprocal, v_splat(1) / x)
DEFINE_UNARY(unary_exponential, v_exp(x))
DEFINE_UNARY(unary_logarithm, v_log(x))
DEFINE_UNARY(unary_tanh, v_tanh(x))
DEFINE_UNARY(unary_sigmoid, v_sigmoid(x))
DEFINE_UNARY(unary_softplus, v_softplus(x))
DEFINE_UNARY(unary_elu, v_elu(x))
DEFINE_UNARY(unary_error_function, v_erf(x))

// ---- two operands ----

// The expression sees vectors `a` and `b`. The step is tested outside of the loop over a row.
#define FOR_ROW(load_a, load_b, expression)                                   \
  for (int i = 0; i < count; i += LANES) {                                    \
    const vfloat a = load_a, b = load_b;                                      \
    v_store_part(to + i, expression, count - i);                              \
  }

#define DEFINE_BINARY(name, expression)                                                        \
  static inline void name##_row(const float *pa, int a_step, const float *pb, int b_step,      \
                                float *to, int count) {                                        \
    if (a_step && b_step) FOR_ROW(v_load(pa + i), v_load(pb + i), expression)                  \
    else if (a_step) FOR_ROW(v_load(pa + i), v_splat(*pb), expression)                         \
    else if (b_step) FOR_ROW(v_splat(*pa), v_load(pb + i), expression)                         \
    else FOR_ROW(v_splat(*pa), v_splat(*pb), expression)                                       \
  }                                                                                            \
  static void name(const broadcast *s, const float *a, const float *b, float *to, offset first,       \
            offset last) {                                                                     \
    const int inner = s->size[s->rank - 1];                                                    \
    const int a_step = s->a_step[s->rank - 1], b_step = s->b_step[s->rank - 1];                \
    broadcast_row row = row_at(s, first / inner);                                              \
    for (offset at = first, column = first % inner; at < last; column = 0) {                   \
      const int count = (int)MIN(inner - column, last - at);                                   \
      name##_row(a + row.a + column * a_step, a_step, b + row.b + column * b_step, b_step,     \
                 to + at, count);                                                              \
      move_row(s, &row);                                                                       \
      at += count;                                                                             \
    }                                                                                          \
  }

DEFINE_BINARY(binary_add, a + b)
DEFINE_BINARY(binary_subtract, a - b)
DEFINE_BINARY(binary_multiply, a *b)
DEFINE_BINARY(binary_divide, a / b)
DEFINE_BINARY(binary_maximum, v_maximum(a, b))
DEFINE_BINARY(binary_minimum, v_minimum(a, b))
DEFINE_BINARY(binary_squared_difference, (a - b) * (a - b))
// One where the maximum of both is a, and zero where it is b.
DEFINE_BINARY(binary_at_least, v_select((a >= b) | (a != a), v_splat(1), v_splat(0)))
// The gradient of a ReLU: dy where the result y was above zero. A NaN in y lets dy through, so that
// it is not hidden.
DEFINE_BINARY(binary_relu_gradient, v_select(b <= v_splat(0), v_splat(0), a))
// The gradient of an ELU, from dy and the result y.
DEFINE_BINARY(binary_elu_gradient, v_select(b < v_splat(0), a *(b + v_splat(1)), a))
