import * as tf from '@tensorflow/tfjs-core';
import { batchNorm, conv2d, dense } from '../ops';

const steps = 20;
const learningRate = 0.1;

/**
 * Trains a tiny network on the backend that is open, with the operations that layers are made of.
 *
 * @throws Error when its loss does not fall: the engine computes, but not what it should.
 */
export function trainTinyNetwork(): void {
  const [first = NaN, ...others] = tf.tidy(() => {
    const losses = lossesOfTraining();
    return losses as unknown as tf.TensorContainer;
  }) as unknown as readonly number[];
  const last = others.at(-1) ?? NaN;
  if (last < first / 2) return;
  throw new Error(
    `The engine computes, but a tiny network did not learn with it: its loss went from ${first} to ${last}.`,
  );
}

/** The loss of each step: bright images against dark ones, four of each, told apart by two figures. */
function lossesOfTraining(): readonly number[] {
  const bright = tf.fill([4, 6, 6, 1], 0.9);
  const dark = tf.fill([4, 6, 6, 1], 0.1);
  const images = tf.concat([bright, dark]);
  const truth = tf.oneHot(tf.tensor1d([0, 0, 0, 0, 1, 1, 1, 1], 'int32'), 2);
  const ramp = (shape: number[]) => {
    const size = tf.util.sizeFromShape(shape);
    return tf.variable(tf.reshape(tf.linspace(-0.3, 0.5, size), shape));
  };
  const filter = ramp([3, 3, 1, 2]);
  const gamma = tf.variable(tf.ones([2]));
  const beta = tf.variable(tf.zeros([2]));
  const kernel = ramp([8, 2]);
  const variables = [filter, gamma, beta, kernel];
  const loss = (): tf.Scalar => {
    const linear = conv2d(images, filter, { padding: 'valid' });
    const { output } = batchNorm(linear, gamma, beta, 1e-3, 'relu');
    const pooled = tf.maxPool(output as tf.Tensor4D, 2, 2, 'valid');
    const logits = dense(tf.reshape(pooled, [8, 8]), kernel);
    return tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(logits), truth), 1)));
  };
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
    const { value, grads } = tf.variableGrads(loss, variables);
    losses.push(value.dataSync()[0]!);
    for (const variable of variables) {
      variable.assign(tf.sub(variable, tf.mul(grads[variable.name]!, learningRate)));
    }
  }
  tf.dispose(variables);
  return losses;
}
