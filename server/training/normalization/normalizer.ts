import * as tf from '@tensorflow/tfjs-core';
import type {
  NormalizationKind,
  NormalizationValue,
  NormalizationValueOf,
} from '#common/catalogue/normalization';
import { CodedError } from '#common/protocol/rpc';
import { addValues, deviationOf, emptyFigures, type ChannelFigures } from './figures';
import { fitPercentiles, imagePercentiles } from './percentiles';

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
export async function fitNormalizer(
  value: NormalizationValue | undefined,
  batches: Iterable<tf.Tensor4D>,
  channels: number,
): Promise<Normalizer> {
  if (value === undefined || !isFitted(value)) return restoreNormalizer(value, new Map());
  const groups = value.perChannel ? channels : 1;
  const { names, fit } = kindOf(value);
  const fitted = await fit(value, batches, groups);
  const state = new Map(names.map((name, i) => [stateName(name), fitted[i]!]));
  return restoreNormalizer(value, state);
}

/** A normalizer with figures that were fitted before. */
export function restoreNormalizer(
  value: NormalizationValue | undefined,
  state: ReadonlyMap<string, Float32Array>,
): Normalizer {
  if (value === undefined) return { state: new Map(), apply: (x) => x, dispose: () => undefined };
  const { names, ofInstance, formula } = kindOf(value);
  const kept = isFitted(value) ? names.map(stateName) : [];
  const figures = kept.map((name) => figureOf(state, name));
  const tensors = figures.map((figure) => tf.tensor1d(figure));
  const figuresOf = (x: tf.Tensor4D) => (tensors.length > 0 ? tensors : ofInstance(x, value));
  return {
    state: new Map(kept.map((name, i) => [name, figures[i]!])),
    apply: (x) => tf.tidy(() => formula(x, figuresOf(x), value)),
    dispose: () => tf.dispose(tensors),
  };
}

/** Below this a spread counts as none: a constant image stays finite. */
const smallestSpread = 1e-7;

/** What one kind takes off images and how it uses it. */
interface Kind<V extends NormalizationValue> {
  /** Of its figures, in the order in which the formula takes them. */
  readonly names: readonly string[];
  /** The figures over a data set, each for every group of channels. */
  fit(value: V, batches: Iterable<tf.Tensor4D>, groups: number): Promise<readonly Float32Array[]>;
  /** The same figures of each image by itself; or figures that are given. */
  ofInstance(x: tf.Tensor4D, value: V): readonly tf.Tensor[];
  formula(x: tf.Tensor4D, figures: readonly tf.Tensor[], value: V): tf.Tensor4D;
}

const kinds = {
  standardize: {
    names: ['mean', 'deviation'],
    fit: (_, batches, groups) => running(batches, groups, [({ mean }) => mean, deviationOf]),
    ofInstance: (x, { perChannel }) => {
      const { mean, variance } = tf.moments(x, axesOf(perChannel), true);
      // The floor is inside the root, whose slope at 0 is infinite.
      return [mean, tf.sqrt(tf.maximum(variance, smallestSpread ** 2))];
    },
    formula: (x, [mean, deviation]) =>
      tf.div(tf.sub(x, mean!), tf.maximum(deviation!, smallestSpread)),
  },
  rescale: {
    names: ['smallest', 'largest'],
    fit: (_, batches, groups) =>
      running(batches, groups, [({ smallest }) => smallest, ({ largest }) => largest]),
    ofInstance: (x, { perChannel }) => {
      const axes = axesOf(perChannel);
      return [tf.min(x, axes, true), tf.max(x, axes, true)];
    },
    formula: toRange,
  },
  percentile: {
    names: ['lower', 'upper'],
    async fit({ lower, upper }, batches, groups) {
      const fitter = fitPercentiles(groups);
      for (const batch of batches) fitter.add(await batch.data<'float32'>(), batch.shape[0]);
      return [lower, upper].map((percent) =>
        Float32Array.from({ length: groups }, (_, group) => fitter.percentile(group, percent)),
      );
    },
    ofInstance: (x, { perChannel, lower, upper }) =>
      imagePercentiles(x, perChannel, [lower, upper]),
    formula(x, figures, value) {
      const scaled = toRange(x, figures, value);
      if (!value.clip) return scaled;
      return tf.clipByValue(scaled, value.minimum, value.maximum);
    },
  },
  fixed: {
    names: [],
    fit: () => Promise.resolve([]),
    ofInstance: (_, { mean, deviation }) => [
      tf.tensor1d([mean].flat()),
      tf.tensor1d([deviation].flat()),
    ],
    formula: (x, [mean, deviation]) => tf.div(tf.sub(x, mean!), deviation!),
  },
} satisfies { readonly [K in NormalizationKind]: Kind<NormalizationValueOf<K>> };

/** The table pairs every kind with its own value, which an index by a union cannot express. */
function kindOf({ type }: NormalizationValue): Kind<NormalizationValue> {
  return kinds[type] as Kind<NormalizationValue>;
}

type FittedValue = Exclude<NormalizationValue, { readonly type: 'fixed' }>;

function isFitted(value: NormalizationValue): value is FittedValue {
  return value.type !== 'fixed' && value.scope === 'dataset';
}

function axesOf(perChannel: boolean): number[] {
  return perChannel ? [1, 2] : [1, 2, 3];
}

/** Figures that are kept up to date from value to value, for each group of channels. */
async function running(
  batches: Iterable<tf.Tensor4D>,
  groups: number,
  figures: readonly ((figures: ChannelFigures) => number)[],
): Promise<readonly Float32Array[]> {
  const ofGroups = Array.from({ length: groups }, emptyFigures);
  for (const batch of batches) {
    const values = await batch.data<'float32'>();
    for (const [group, figure] of ofGroups.entries()) addValues(figure, values, group, groups);
  }
  return figures.map((figureOfGroup) => Float32Array.from(ofGroups, figureOfGroup));
}

/** What was at the two figures goes to the ends of a range. */
function toRange(
  x: tf.Tensor4D,
  [low, high]: readonly tf.Tensor[],
  { minimum, maximum }: { readonly minimum: number; readonly maximum: number },
): tf.Tensor4D {
  const span = tf.maximum(tf.sub(high!, low!), smallestSpread);
  return tf.add(tf.mul(tf.div(tf.sub(x, low!), span), maximum - minimum), minimum);
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
