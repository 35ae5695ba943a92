// Two networks written with the engine's operations alone, so that its tests need no trainer.
// Net a: two valid 3x3 convolutions with ReLU and pooling, dense, dropout, dense 10, on 28x28x1.
// Net b: three blocks of same-padded 3x3 convolution, batch norm, ReLU, pooling; dense 10, on 32x32x3.
// One step is forward, backward and Adam.
import * as tf from '@tensorflow/tfjs-core';
import { batchNorm, conv2d, dense } from '../../../server/training/engine/ops';
import { update } from '../../../server/training/engine/updates';

/** A network with its data, ready to be stepped. */
export interface ProbeNet {
  /** Takes one training step and gives the loss. */
  readonly step: () => number;
  readonly dispose: () => void;
}

export interface ProbeSize {
  readonly batchSize: number;
  /** Filters of the first convolution; the other layers go with it. */
  readonly width: number;
}

const classes = 10;

type Forward = (x: tf.Tensor, variable: (name: string) => tf.Tensor) => tf.Tensor;

export function netA({ batchSize, width }: ProbeSize): ProbeNet {
  const hidden = 4 * width;
  const flat = 50 * width;
  const shapes = {
    w1: [3, 3, 1, width],
    b1: [width],
    w2: [3, 3, width, 2 * width],
    b2: [2 * width],
    w3: [flat, hidden],
    b3: [hidden],
    w4: [hidden, classes],
    b4: [classes],
  };
  // The probe masks with the same numbers in every step: drawing them is not what is measured.
  const mask = tf.tidy(() =>
    tf.mul(tf.cast(tf.greater(noise([batchSize, hidden], 3), 0), 'float32'), 2),
  );
  const padding = 'valid';
  return probe([batchSize, 28, 28, 1], shapes, [mask], (x, v) => {
    let y: tf.Tensor = conv2d(x, v('w1'), { padding, bias: v('b1'), activation: 'relu' });
    y = tf.maxPool(y as tf.Tensor4D, 2, 2, 'valid');
    y = conv2d(y, v('w2'), { padding, bias: v('b2'), activation: 'relu' });
    y = tf.maxPool(y as tf.Tensor4D, 2, 2, 'valid');
    y = tf.reshape(y, [batchSize, flat]);
    y = dense(y, v('w3'), { bias: v('b3'), activation: 'relu' });
    return dense(tf.mul(y, mask), v('w4'), { bias: v('b4') });
  });
}

export function netB({ batchSize, width }: ProbeSize): ProbeNet {
  const flat = 64 * width;
  const shapes: Record<string, number[]> = { w: [flat, classes], b: [classes] };
  const widths = [3, width, 2 * width, 4 * width];
  for (let block = 1; block <= 3; block++) {
    shapes[`w${block}`] = [3, 3, widths[block - 1]!, widths[block]!];
    shapes[`gamma${block}`] = [widths[block]!];
    shapes[`beta${block}`] = [widths[block]!];
  }
  return probe([batchSize, 32, 32, 3], shapes, [], (x, v) => {
    let y = x;
    for (let block = 1; block <= 3; block++) {
      y = conv2d(y, v(`w${block}`), { padding: 'same' });
      y = batchNorm(y, v(`gamma${block}`), v(`beta${block}`), 1e-3, 'relu').output;
      y = tf.maxPool(y as tf.Tensor4D, 2, 2, 'valid');
    }
    return dense(tf.reshape(y, [batchSize, flat]), v('w'), { bias: v('b') });
  });
}

function probe(
  imageShape: readonly number[],
  shapes: Readonly<Record<string, readonly number[]>>,
  constants: readonly tf.Tensor[],
  forward: Forward,
): ProbeNet {
  const variables = new Map<string, tf.Variable>();
  for (const [idx, [key, shape]] of Object.entries(shapes).entries()) {
    variables.set(
      key,
      tf.tidy(() => tf.variable(initialValue(key, shape, idx))),
    );
  }
  const x = noise(imageShape, 1);
  const batchSize = imageShape[0]!;
  const labels = tf.tidy(() => {
    const indices = Array.from({ length: batchSize }, (_, i) => (i * 7) % classes);
    return tf.oneHot(tf.tensor1d(indices, 'int32'), classes);
  });
  const list = [...variables.values()];
  const adam = createAdam(list);
  const dispose = (): void => tf.dispose([x, labels, ...constants, ...list, ...adam.slots]);
  const loss = (): tf.Scalar => {
    const logits = forward(x, (key) => variables.get(key)!);
    return tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(logits), labels), -1)));
  };
  const step = (): number =>
    tf.tidy(() => {
      const { value, grads } = tf.variableGrads(loss, list);
      adam.update(grads);
      return value.dataSync()[0]!;
    });
  return { step, dispose };
}

/** Adam with the usual constants, as the trainer's. */
function createAdam(variables: readonly tf.Variable[]): {
  readonly update: (grads: tf.NamedTensorMap) => void;
  readonly slots: readonly tf.Variable[];
} {
  const zeros = (v: tf.Variable): tf.Variable => tf.tidy(() => tf.variable(tf.zerosLike(v), false));
  const first = variables.map(zeros);
  const second = variables.map(zeros);
  let steps = 0;
  const apply = (grads: tf.NamedTensorMap): void => {
    steps++;
    const rate = 1e-3 / (1 - 0.9 ** steps);
    const root = 1 / Math.sqrt(1 - 0.999 ** steps);
    const rates = tf.tensor1d([rate, root, 0.9, 0.1, 0.999, 0.001, 1e-7]);
    variables.forEach((variable, i) => {
      const slots = [first[i]!, second[i]!];
      update('adam', { variable, gradient: grads[variable.name]!, slots, rates });
    });
  };
  return { update: apply, slots: [...first, ...second] };
}

function initialValue(key: string, shape: readonly number[], seed: number): tf.Tensor {
  if (key.startsWith('gamma')) return tf.ones([...shape]);
  if (!key.startsWith('w')) return tf.zeros([...shape]);
  const fanIn = shape.slice(0, -1).reduce((product, size) => product * size, 1);
  return tf.mul(noise(shape, seed + 10), Math.sqrt(2 / fanIn));
}

/** Numbers of zero mean and unit variance, the same in every run. */
function noise(shape: readonly number[], seed: number): tf.Tensor {
  const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
  let state = (seed * 2654435761) >>> 0;
  for (let i = 0; i < values.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    values[i] = (state / 2 ** 32 - 0.5) * Math.sqrt(12);
  }
  return tf.tensor(values, [...shape]);
}
