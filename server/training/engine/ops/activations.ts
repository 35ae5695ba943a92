import '../tfGradients';
import * as tf from '@tensorflow/tfjs-core';
import { onOwnBackend, run, runMany } from './kernelCall';

/** The functions of activation.c: the place in the list is the number that the kernel knows it by. */
const kernelFunctions = [
  'relu6',
  'leakyRelu',
  'elu',
  'selu',
  'gelu',
  'geluTanh',
  'silu',
  'mish',
  'softplus',
  'sigmoid',
  'tanh',
  'hardSigmoid',
  'hardSwish',
] as const;

export type ActivationFunction = (typeof kernelFunctions)[number];

/**
 * Applies a function to every value, forward and back in one pass each. `parameter` is the slope of
 * `leakyRelu` below zero and the depth of `elu`; the others have none.
 */
export function activation(
  x: tf.Tensor,
  name: ActivationFunction,
  parameter = defaultParameters[name] ?? 0,
): tf.Tensor {
  if (!onOwnBackend(activationName)) return composed[name](x, parameter);
  return run(activationName, { x }, { number: kernelFunctions.indexOf(name), parameter });
}

/** x, or the slope of the channel (the last axis) times x below zero. */
export function prelu(x: tf.Tensor, slope: tf.Tensor): tf.Tensor {
  // TensorFlow's own kernel calls methods of tensors that TF.js' core alone does not give them.
  if (!onOwnBackend(preluName)) return tf.add(tf.relu(x), tf.mul(slope, tf.minimum(x, 0)));
  return run(preluName, { x, slope });
}

const activationName = 'LightbenchActivation';
const preluName = 'LightbenchPrelu';

const defaultParameters: Readonly<Partial<Record<ActivationFunction, number>>> = {
  leakyRelu: 0.2,
  elu: 1,
};

tf.registerGradient({
  kernelName: activationName,
  inputsToSave: ['x'],
  gradFunc: (dy, [x], attrs) => ({
    x: () => run('LightbenchActivationGradient', { x: x!, dy: dy as tf.Tensor }, attrs),
  }),
});

tf.registerGradient({
  kernelName: preluName,
  inputsToSave: ['x', 'slope'],
  gradFunc: (dy, [x, slope]) => {
    const inputs = { x: x!, slope: slope!, dy: dy as tf.Tensor };
    const [dx, dSlope] = runMany<[tf.Tensor, tf.Tensor]>('LightbenchPreluGradient', inputs);
    return { x: () => dx, slope: () => dSlope };
  },
});

// ---- plain TF.js, for every other backend ----

const composed: Readonly<Record<ActivationFunction, (x: tf.Tensor, a: number) => tf.Tensor>> = {
  relu6: tf.relu6,
  leakyRelu: tf.leakyRelu,
  elu: (x, a) => tf.sub(tf.relu(x), tf.mul(tf.relu(tf.neg(tf.elu(x))), a)),
  selu: tf.selu,
  gelu: (x) => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1)),
  geluTanh: (x) => {
    const cubic = tf.mul(tf.mul(x, tf.square(x)), 0.044715);
    return tf.mul(x, tf.sigmoid(tf.mul(tf.add(x, cubic), 2 * Math.sqrt(2 / Math.PI))));
  },
  silu: (x) => tf.mul(x, tf.sigmoid(x)),
  mish: (x) => tf.mul(x, tf.tanh(tf.softplus(x))),
  softplus: tf.softplus,
  sigmoid: tf.sigmoid,
  tanh: tf.tanh,
  hardSigmoid,
  hardSwish: (x) => tf.mul(x, hardSigmoid(x)),
};

function hardSigmoid(x: tf.Tensor): tf.Tensor {
  return tf.div(tf.relu6(tf.add(x, 3)), 6);
}
