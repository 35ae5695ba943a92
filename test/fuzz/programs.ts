// Random programs for the recorder: what is replayed must give the bits that the operations give one by one.
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { batchNorm, conv2d, dense, relu } from '../../server/training/engine/ops';
import type { ProgramInputs, ProgramSpec } from '../../server/training/engine/program';
import { update } from '../../server/training/engine/updates';
import { checkTrials, drawInputs, type Trial } from '../unit/engine/replay';

/** Some operations, one after the other, on images of some shape. */
export interface ProgramPlan {
  readonly image: readonly [batch: number, height: number, width: number, channels: number];
  readonly operations: readonly (readonly [OperationName, Choices])[];
  /** Values that are put in place of some of the images'. */
  readonly strange: readonly number[];
}

/** Small numbers that an operation makes its parameters from. */
type Choices = readonly [number, number, number];

/** A tensor of weights, of any shape. */
type Take = (shape: readonly number[]) => tf.Tensor;

type Operation = (x: tf.Tensor4D, choices: Choices, take: Take) => tf.Tensor;

const paddings = ['valid', 'same'] as const;

function pool(op: typeof tf.maxPool): Operation {
  return (x, [a, b, c]) => {
    const [height, width] = [Math.min(x.shape[1], 1 + (a % 3)), Math.min(x.shape[2], 1 + (b % 4))];
    return op(x, [height, width], [1 + (c % 4), 1 + (a % 2)], paddings[c % 2]!);
  };
}

/** Operations from images to images of any size. */
const operations = {
  convolution: (x, [a, b, c], take) => {
    const [, height, width, channels] = x.shape;
    const size = [Math.min(height, 1 + (a % 4)), Math.min(width, 1 + (b % 3))];
    const filters = 1 + ((a + 5 * c) % 13);
    return conv2d(x, take([...size, channels, filters]), {
      padding: paddings[a % 2]!,
      activation: (['linear', 'relu'] as const)[b % 2]!,
      ...(c % 2 === 0 ? { bias: take([filters]) } : {}),
      ...(c % 3 === 0 ? { strides: [1 + (b % 5), 1 + (a % 3)] } : {}),
    });
  },
  dilated: (x, [a, b], take) =>
    conv2d(x, take([2, 2, x.shape[3], 1 + (a % 5)]), {
      padding: 'same',
      dilations: [1 + (a % 3), 1 + (b % 3)],
    }),
  dense: (x, [a], take) => {
    const flat = tf.reshape(x, [x.shape[0], -1]);
    const units = 1 + (a % 17);
    const y = dense(flat, take([flat.shape[1]!, units]), { bias: take([units]) });
    return tf.reshape(y, [x.shape[0], 1, 1, units]);
  },
  batchNorm: (x, [a], take) => {
    const [gamma, beta] = [take([x.shape[3]]), take([x.shape[3]])];
    return batchNorm(x, gamma, beta, 1e-3, a % 2 === 0 ? 'relu' : 'linear').output;
  },
  maxPool: pool(tf.maxPool),
  averagePool: pool(tf.avgPool as typeof tf.maxPool),
  relu: (x) => relu(x),
  tanh: (x) => tf.tanh(x),
  sigmoid: (x) => tf.sigmoid(x),
  softplus: (x) => tf.softplus(x),
  elu: (x) => tf.elu(x),
  residual: (x) => tf.add(x, tf.tanh(x)),
  attention: (x) => tf.mul(x, tf.sigmoid(tf.mean(x, [1, 2], true))),
  softmax: (x) => tf.softmax(x),
  logSoftmax: (x) => tf.logSoftmax(x),
  scale: (x, [a], take) => tf.mul(x, take([x.shape[1], 1, a % 2 === 0 ? x.shape[3] : 1])),
  maximum: (x, [a]) => tf.maximum(x, a / 9 - 0.5),
  transpose: (x) => tf.transpose(x, [0, 2, 1, 3]),
  channelsFirst: (x) => tf.transpose(x, [0, 3, 1, 2]),
  pad: (x, [a, b]) => tf.pad(x, [[0, 0], [a % 3, b % 2], [b % 3, a % 2], [0, 0]]), // prettier-ignore
  crop: (x, [a]) => {
    const size = [x.shape[0], Math.ceil(x.shape[1] / 2), Math.ceil(x.shape[2] / 2), x.shape[3]];
    return tf.slice(x, [0, a % 2 === 0 ? 0 : x.shape[1] - size[1]!, 0, 0], size);
  },
  concatenate: (x) => tf.concat([x, tf.square(x)], 3),
  // The CPU backend's gradient exchanges height and width in its shape.
  resize: (x, [a, b]) =>
    x.shape[1] === x.shape[2] ? tf.image.resizeBilinear(x, [1 + (a % 7), 1 + (b % 6)]) : x,
  reverse: (x) => tf.reverse(x, 1),
} as const satisfies Readonly<Record<string, Operation>>;

type OperationName = keyof typeof operations;

const operationNames = Object.keys(operations) as readonly OperationName[];

const mostElements = 30_000;
const weightCount = 30_000;

/** Any programs; failing ones shrink to few operations on small images. */
export function programPlans(): fc.Arbitrary<ProgramPlan> {
  const size = fc.constantFrom(1, 2, 3, 5, 7, 8, 13);
  const choice = fc.nat({ max: 11 });
  return fc.record({
    image: fc.tuple(fc.constantFrom(1, 2, 5, 17), size, size, fc.constantFrom(1, 2, 3, 5, 7)),
    operations: fc.array(
      fc.tuple(fc.constantFrom(...operationNames), fc.tuple(choice, choice, choice)),
      { minLength: 1, maxLength: 6 },
    ),
    strange: fc.array(fc.constantFrom(NaN, Infinity, -Infinity, -0, 3e38, 1e-42), { maxLength: 2 }),
  });
}

/** Throws where the replay of a plan differs from its operations one by one. */
export async function checkProgram(plan: ProgramPlan): Promise<void> {
  await checkTrials(
    () => trialOf(plan),
    (spec, seed) => withStrange(drawInputs(spec, seed), plan.strange, seed),
  );
}

function withStrange(values: ProgramInputs, strange: readonly number[], seed: number) {
  const images = values['images']!;
  for (const [i, value] of strange.entries()) images[(97 * seed + 31 * i) % images.length] = value;
  return values;
}

/** Forward and backward pass and an update of the weights. */
function trialOf({ image, operations }: ProgramPlan): Trial {
  const weights = tf.variable(tf.zeros([weightCount]));
  const [m, v] = [tf.variable(tf.zeros([weightCount])), tf.variable(tf.zeros([weightCount]))];
  const spec: ProgramSpec = {
    inputs: {
      images: { shape: image, dtype: 'float32' },
      noise: { shape: [weightCount], dtype: 'float32' },
      rates: { shape: [2], dtype: 'float32' },
    },
    compute({ images, noise, rates }) {
      const loss = (x: tf.Tensor, w: tf.Tensor): tf.Tensor => {
        const y = applyAll(x as tf.Tensor4D, w, operations);
        // Plans without weights have gradients of them, too.
        return tf.add(tf.mean(tf.mul(y, tf.add(y, 0.5))), tf.mean(tf.square(w)));
      };
      const { value, grads } = tf.valueAndGrads(loss)([images!, tf.add(weights, noise!)]);
      const [dx, dw] = grads as [tf.Tensor, tf.Tensor];
      update('adam', {
        variable: weights,
        gradient: dw,
        slots: [m, v],
        rates: tf.concat<tf.Tensor1D>([
          tf.abs(rates as tf.Tensor1D),
          tf.tensor1d([0.9, 0.1, 0.99, 0.01, 1e-6]),
        ]),
      });
      return { value, dx, y: applyAll(images as tf.Tensor4D, weights, operations) };
    },
  };
  const variables = [weights, m, v];
  return { spec, variables, dispose: () => tf.dispose(variables) };
}

function applyAll(
  x: tf.Tensor4D,
  weights: tf.Tensor,
  steps: ProgramPlan['operations'],
): tf.Tensor4D {
  let used = 0;
  const take: Take = (shape) => {
    const size = tf.util.sizeFromShape([...shape]);
    if (used + size > weightCount) used = 0;
    const part = tf.slice(weights, used, size);
    used += size;
    return tf.reshape(part, [...shape]);
  };
  return steps.reduce((y, [name, choices]) => {
    const isLarge = name === 'dense' ? y.size / y.shape[0] > 1500 : y.size > mostElements;
    return isLarge ? y : (operations[name](y, choices, take) as tf.Tensor4D);
  }, x);
}
