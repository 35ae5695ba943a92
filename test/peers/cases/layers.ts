// Layers as the scripts that compare take them: inputs that make them difficult, and what we make of those.
import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs-core';
import { valueAndGradients } from '../../../server/training/gradients';
import type { Network } from '../../../server/training/model/network';
import {
  assign,
  contextOf,
  experimentWith,
  networkOf,
  traceOf,
  trainableOf,
} from '../../unit/model/support';
import { assertRows, picked, randomValues, type Values, valuesOf } from './support';

/** A layer and its input. */
export interface LayerCase {
  readonly title: string;
  readonly ours: { readonly type: string };
  readonly x: Values;
  /** How many times larger than usual roundings are for this input; default 1. */
  readonly roundings?: number;
}

export const image = [4, 5, 6, 8];

/** Random values of a spread of 1 around a mean: of a value, what float32 rounds is mean times larger. */
function spreadAround(mean: number, shape: readonly number[]): Values {
  return valuesOf(
    shape,
    randomValues(shape, 51).values.map((value) => value + mean),
  );
}

/**
 * Inputs that make normalizations difficult, each with how it enlarges roundings. Equal values are small:
 * Keras normalizes in float32 whatever comes in, and takes the mean off last, which leaves a rounding of
 * x / √ε where nothing is left with us.
 */
export function difficult(
  shape: readonly number[],
): readonly (readonly [string, Values, number])[] {
  return [
    ['random values', randomValues(shape, 52, 3), 1],
    ['values around 100', spreadAround(100, shape), 100],
    ['tiny values', randomValues(shape, 53, 1e-6), 1],
    ['large values', randomValues(shape, 54, 1e5), 1],
    ['equal values', picked(shape, [2 ** -10], 55), 1],
    ['one sample', randomValues([1, ...shape.slice(1)], 56), 1],
  ];
}

/** From steep to flat on both sides, close to 0, and far out, but not where a slope jumps. */
const points = [
  -80, -20, -6.5, -2.9, -1, -1e-3, -1e-20, 1e-20, 1e-3, 0.5, 2.9, 3.1, 5.9, 6.1, 20, 80,
];
export const everywhere = valuesOf([6, 16], [...points, ...randomValues([5, 16], 57, 8).values]);

/** What a layer makes of its input, and of a gradient that its output gets. */
export interface Found {
  readonly y: readonly number[];
  readonly evaluated: readonly number[];
  readonly dx: readonly number[];
  readonly gradients: readonly (readonly number[])[];
  readonly state: readonly (readonly number[])[];
}

/** A network of the layer alone, with weights between ½ and 1½. */
function networkFor({ ours, x }: LayerCase): Network {
  const network = networkOf([ours], x.shape.slice(1));
  for (const [i, { variable }] of [...network.weights.values()].entries()) {
    assign(
      variable,
      randomValues(variable.shape, 60 + i, 0.5).values.map((value) => value + 1),
    );
  }
  return network;
}

/** The gradient that the output gets. */
function outputGradient({ ours, x }: LayerCase): Values {
  const [samples, ...input] = x.shape;
  const { layers } = traceOf(experimentWith({ model: { layers: [ours] } }), input);
  return randomValues([samples!, ...layers[0]!.outputShape], 59);
}

/** The title of a case's test. */
export function titleOf({ ours, title }: LayerCase): string {
  return `${JSON.stringify(ours)}, ${title}`;
}

/** What a script needs of a case: its input, the gradient of its output, and the weights. */
export function taskOf(one: LayerCase): object {
  const network = networkFor(one);
  const weights = [...network.weights.values()].map(({ variable }) =>
    valuesOf(variable.shape, variable.dataSync()),
  );
  network.dispose();
  return { x: one.x, dy: outputGradient(one), weights };
}

export function computeOurs(one: LayerCase): Found {
  const network = networkFor(one);
  const [samples] = one.x.shape as [number];
  const found = tf.tidy(() => {
    const tensorOf = ({ shape, values }: Values) => tf.tensor([...values], [...shape]);
    const [x, dy] = [tf.variable(tensorOf(one.x)), tensorOf(outputGradient(one))];
    const apply = (training: boolean) => network.apply(x, contextOf(samples, { training }));
    const evaluated = apply(false).dataSync();
    const learned = new Map([['x', x], ...trainableOf(network)]);
    // The averages stand still here: they must move once only.
    const ctx = { ...contextOf(samples), moveAverage: undefined };
    const product = () => tf.sum(tf.mul(network.apply(x, ctx), dy)) as tf.Scalar;
    const { gradients } = valueAndGradients(product, learned);
    const y = apply(true).dataSync();
    const slopes = [...learned.keys()].map((name) => [...gradients.get(name)!.dataSync()]);
    const [dx, ...ofWeights] = slopes;
    const kept = [...network.weights.values()].filter(({ spec }) => !spec.trainable);
    const state = kept.map(({ variable }) => [...variable.dataSync()]);
    x.dispose();
    const result: Found = {
      y: [...y],
      evaluated: [...evaluated],
      dx: dx!,
      gradients: ofWeights,
      state,
    };
    return result as unknown as tf.TensorContainer;
  }) as unknown as Found;
  network.dispose();
  return found;
}

/** Asserts that outputs, gradients and what is remembered agree. */
export function assertSame(one: LayerCase, found: Found, theirs: Found): void {
  // A few roundings of float32, 6e-8 each.
  const rounding = 1e-6 * (one.roundings ?? 1);
  const tolerance = { relative: rounding, absolute: rounding };
  for (const key of ['y', 'evaluated', 'dx'] as const) {
    assertRows(key, [found[key], theirs[key]], one.x.shape[0]!, tolerance);
  }
  for (const key of ['gradients', 'state'] as const) {
    assert.equal(found[key].length, theirs[key].length);
    for (const [k, values] of theirs[key].entries()) {
      assertRows(`${key} ${k}`, [found[key][k]!, values], 1, tolerance);
    }
  }
}
