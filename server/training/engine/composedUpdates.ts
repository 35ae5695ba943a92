// The updates of optimizer.c as TF.js operations, for backends that do not have those kernels.
import * as tf from '@tensorflow/tfjs-core';
import type { UpdateKind } from './updateKinds';

/** What an update reads. */
interface Before {
  readonly w: tf.Tensor;
  readonly g: tf.Tensor;
  readonly a: tf.Tensor;
  readonly b: tf.Tensor;
  readonly c: tf.Tensor;
  /** Number `idx` of the rates. */
  readonly rate: (idx: number) => tf.Tensor;
}

/** The variable and its slots afterwards. */
type After = readonly [w: tf.Tensor, ...slots: tf.Tensor[]];

const { add, sub, mul, div, sqrt, square, abs, sign, maximum, minimum, neg } = tf;

/** kept · old + rest · value */
function average(old: tf.Tensor, value: tf.Tensor, kept: tf.Tensor, rest: tf.Tensor): tf.Tensor {
  return add(mul(kept, old), mul(rest, value));
}

function shrink(x: tf.Tensor, threshold: tf.Tensor): tf.Tensor {
  return mul(sign(x), tf.relu(sub(abs(x), threshold)));
}

/** η m / (correction √v + ε) */
function scaled(m: tf.Tensor, v: tf.Tensor, rate: Before['rate']): tf.Tensor {
  return div(mul(rate(0), m), add(mul(rate(1), sqrt(v)), rate(6)));
}

export const composedUpdates: Readonly<Record<UpdateKind, (before: Before) => After>> = {
  sgd: ({ w, g, rate }) => [sub(w, mul(rate(0), g))],
  momentum({ w, g, a, rate }) {
    const m = add(mul(rate(1), a), g);
    return [sub(w, mul(rate(0), m)), m];
  },
  nesterov({ w, g, a, rate }) {
    const m = add(mul(rate(1), a), g);
    return [sub(w, mul(rate(0), add(g, mul(rate(1), m)))), m];
  },
  adam({ w, g, a, b, rate }) {
    const m = average(a, g, rate(2), rate(3));
    const v = average(b, square(g), rate(4), rate(5));
    return [sub(w, scaled(m, v, rate)), m, v];
  },
  amsgrad({ w, g, a, b, c, rate }) {
    const m = average(a, g, rate(2), rate(3));
    const v = average(b, square(g), rate(4), rate(5));
    const most = maximum(v, c);
    return [sub(w, scaled(m, most, rate)), m, v, most];
  },
  adamax({ w, g, a, b, rate }) {
    const m = average(a, g, rate(1), rate(2));
    const u = maximum(mul(rate(3), b), abs(g));
    return [sub(w, div(mul(rate(0), m), add(u, rate(4)))), m, u];
  },
  nadam({ w, g, a, b, rate }) {
    const m = average(a, g, rate(3), rate(4));
    const v = average(b, square(g), rate(5), rate(6));
    const direction = add(mul(rate(0), m), mul(rate(1), g));
    return [sub(w, div(direction, add(mul(rate(2), sqrt(v)), rate(7)))), m, v];
  },
  adagrad({ w, g, a, rate }) {
    const n = add(a, square(g));
    return [sub(w, div(mul(rate(0), g), add(sqrt(n), rate(1)))), n];
  },
  proximalAdagrad({ w, g, a, rate }) {
    const n = add(a, square(g));
    const eta = div(rate(0), sqrt(n));
    const moved = shrink(sub(w, mul(eta, g)), mul(eta, rate(1)));
    return [div(moved, add(1, mul(eta, rate(2)))), n];
  },
  proximalGradient: ({ w, g, rate }) => [shrink(sub(w, mul(rate(0), g)), rate(1))],
  ftrl({ w, g, a, b, rate }) {
    const n = add(a, square(g));
    const after = sqrt(n);
    // after - sqrt(a), which would lose its digits where gradients are small
    const growth = tf.divNoNan(square(g), add(after, sqrt(a)));
    const pull = sub(mul(rate(3), w), mul(mul(growth, rate(0)), w));
    const z = add(add(b, g), pull);
    const clipped = maximum(minimum(z, rate(1)), neg(rate(1)));
    return [div(sub(clipped, z), add(mul(after, rate(0)), rate(2))), n, z];
  },
  adadelta({ w, g, a, b, rate }) {
    const v = average(a, square(g), rate(1), rate(2));
    const step = mul(sqrt(div(add(b, rate(3)), add(v, rate(3)))), g);
    return [sub(w, mul(rate(0), step)), v, average(b, square(step), rate(1), rate(2))];
  },
  rmsprop({ w, g, a, rate }) {
    const v = average(a, square(g), rate(1), rate(2));
    return [sub(w, div(mul(rate(0), g), sqrt(add(v, rate(3))))), v];
  },
  centredRmsprop({ w, g, a, b, rate }) {
    const v = average(a, square(g), rate(1), rate(2));
    const mean = average(b, g, rate(1), rate(2));
    const spread = tf.relu(sub(v, square(mean)));
    return [sub(w, div(mul(rate(0), g), sqrt(add(spread, rate(3))))), v, mean];
  },
  lion({ w, g, a, rate }) {
    const direction = sign(average(a, g, rate(1), rate(2)));
    return [sub(w, mul(rate(0), direction)), average(a, g, rate(3), rate(4))];
  },
  average: ({ w, g, rate }) => [average(w, g, rate(0), rate(1))],
};
