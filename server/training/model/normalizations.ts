import * as tf from '@tensorflow/tfjs-core';
import { groupNorm } from '../engine/ops';
import type { Layer, LayerBuilder } from './layer';

/** What the normalizations of single samples have in common. */
interface SampleNormalization {
  readonly epsilon: number;
  readonly scale: boolean;
  readonly center: boolean;
}

/** How a normalization sees its input: [samples, …, channels] with groups of channels. */
interface View {
  readonly channels: number;
  readonly groups: number;
  readonly shape: (x: tf.Tensor) => number[];
}

function normalizeSamples(
  { epsilon, scale, center }: SampleNormalization,
  { channels, groups, shape }: View,
  weight: (name: string) => tf.Variable,
): Layer {
  const ones = scale ? undefined : tf.ones([channels]);
  const zeros = center ? undefined : tf.zeros([channels]);
  const gamma = ones ?? weight('gamma');
  const beta = zeros ?? weight('beta');
  const apply = (x: tf.Tensor, activation: 'linear' | 'relu'): tf.Tensor => {
    const [flatGamma, flatBeta] = [gamma, beta].map((t) => tf.reshape(t, [channels]));
    const options = { groups, epsilon, activation };
    const y = groupNorm(tf.reshape(x, shape(x)), flatGamma!, flatBeta!, options);
    return tf.reshape(y, x.shape);
  };
  return {
    apply: (x) => apply(x, 'linear'),
    applyWith: { relu: (x) => apply(x, 'relu') },
    dispose: () => tf.dispose([ones, zeros].filter((tensor) => tensor !== undefined)),
  };
}

/** Over a whole sample every value is a channel of its own; over channels every pixel is a sample. */
export const layerNormalization: LayerBuilder<'layerNormalization'> = (value, trace, weight) => {
  const size = trace.inputShape.reduce((product, length) => product * length, 1);
  const channels = value.over === 'sample' ? size : trace.inputShape.at(-1)!;
  return normalizeSamples(value, { channels, groups: 1, shape: () => [-1, channels] }, weight);
};

export const instanceNormalization: LayerBuilder<'instanceNormalization'> = (
  value,
  trace,
  weight,
) => {
  const channels = trace.inputShape.at(-1)!;
  return normalizeSamples(value, { channels, groups: channels, shape: (x) => x.shape }, weight);
};

export const groupNormalization: LayerBuilder<'groupNormalization'> = (value, trace, weight) => {
  const channels = trace.inputShape.at(-1)!;
  const { groups } = value;
  return normalizeSamples(value, { channels, groups, shape: (x) => x.shape }, weight);
};

export const localResponseNormalization: LayerBuilder<'localResponseNormalization'> = ({
  radius,
  bias,
  alpha,
  beta,
}) => ({
  apply: (x) => tf.localResponseNormalization(x as tf.Tensor4D, radius, bias, alpha, beta),
});
