import * as tf from '@tensorflow/tfjs-core';
import type { NormalizationKind, NormalizationValue } from '#common/catalogue/normalization';
import { CodedError } from '#common/protocol/rpc';
import { addValues, deviationOf, emptyFigures, type ChannelFigures } from './figures';

/** Brings what the instrument sees to the scale that the network expects. */
export interface Normalizer {
  /** What was fitted, by name (`normalization/mean`); kept in checkpoints. */
  readonly state: ReadonlyMap<string, Float32Array>;
  /** Differentiable, because the instrument before it may be learned. */
  apply(x: tf.Tensor4D): tf.Tensor4D;
  dispose(): void;
}

/**
 * Fits a normalization on images of the training split as the instrument sees them. The batches stay
 * the property of whoever gives them; none is asked for if nothing is fitted.
 */
export function fitNormalizer(
  value: NormalizationValue | undefined,
  batches: Iterable<tf.Tensor4D>,
  channels: number,
): Normalizer {
  if (value?.scope !== 'dataset') return restoreNormalizer(value, new Map());
  const groups = value.perChannel ? channels : 1;
  const figures = Array.from({ length: groups }, emptyFigures);
  for (const batch of batches) {
    const values = batch.dataSync<'float32'>();
    for (const [group, figure] of figures.entries()) addValues(figure, values, group, groups);
  }
  const state = new Map<string, Float32Array>();
  for (const [name, figureOf] of Object.entries(fittedBy[value.type])) {
    state.set(stateName(name), Float32Array.from(figures, figureOf));
  }
  return restoreNormalizer(value, state);
}

/** A normalizer with figures that were fitted before. */
export function restoreNormalizer(
  value: NormalizationValue | undefined,
  state: ReadonlyMap<string, Float32Array>,
): Normalizer {
  if (value === undefined) return { state: new Map(), apply: (x) => x, dispose: () => undefined };
  const names = value.scope === 'dataset' ? Object.keys(fittedBy[value.type]).map(stateName) : [];
  const figures = names.map((name) => figureOf(state, name));
  const tensors = figures.map((figure) => tf.tensor1d(figure));
  const figuresOf = (x: tf.Tensor4D) =>
    tensors.length > 0
      ? tensors
      : instanceFigures[value.type](x, value.perChannel ? [1, 2] : [1, 2, 3]);
  return {
    state: new Map(names.map((name, i) => [name, figures[i]!])),
    apply: (x) => tf.tidy(() => formula(value, x, figuresOf(x))),
    dispose: () => tf.dispose(tensors),
  };
}

/** Below this a spread counts as none: a constant image stays finite. */
const smallestSpread = 1e-7;

/** The two figures of each kind, in the order in which the formula takes them. */
const fittedBy = {
  standardize: { mean: ({ mean }) => mean, deviation: deviationOf },
  rescale: { smallest: ({ smallest }) => smallest, largest: ({ largest }) => largest },
} satisfies Record<NormalizationKind, Record<string, (figures: ChannelFigures) => number>>;

/** The same two figures of each image by itself. */
const instanceFigures = {
  standardize: (x, axes) => {
    const { mean, variance } = tf.moments(x, axes, true);
    // The floor is inside the root, whose slope at 0 is infinite.
    return [mean, tf.sqrt(tf.maximum(variance, smallestSpread ** 2))];
  },
  rescale: (x, axes) => [tf.min(x, axes, true), tf.max(x, axes, true)],
} satisfies Record<NormalizationKind, (x: tf.Tensor4D, axes: number[]) => tf.Tensor[]>;

function formula(
  value: NormalizationValue,
  x: tf.Tensor4D,
  [first, second]: readonly tf.Tensor[],
): tf.Tensor4D {
  const shifted = tf.sub(x, first!);
  if (value.type === 'standardize') return tf.div(shifted, tf.maximum(second!, smallestSpread));
  const span = tf.maximum(tf.sub(second!, first!), smallestSpread);
  return tf.add(tf.mul(tf.div(shifted, span), value.maximum - value.minimum), value.minimum);
}

function stateName(figure: string): string {
  return `normalization/${figure}`;
}

function figureOf(state: ReadonlyMap<string, Float32Array>, name: string): Float32Array {
  const figure = state.get(name);
  if (figure) return figure;
  throw new CodedError(
    'run/checkpoint-mismatch',
    `The checkpoint does not fit this experiment: it has no "${name}". Resume with the experiment that the checkpoint was made by.`,
  );
}
