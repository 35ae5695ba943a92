import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs-core';
import type { Shape } from '#common/catalogue/component';
import type { Experiment } from '#common/experiment/experiment';
import { readExperiment } from '#common/experiment/read';
import { traceExperiment, type Trace } from '#common/experiment/trace';
import { moveTowards } from '../../../server/training/engine/updates';
import { valueAndGradients } from '../../../server/training/gradients';
import type { LayerContext } from '../../../server/training/model/layer';
import { buildNetwork, type Network } from '../../../server/training/model/network';
import type { Optimizer } from '../../../server/training/optimizer/optimizer';

/** An experiment as a file would give it: sections as written, with all defaults filled in. */
export function experimentWith(sections: Readonly<Record<string, unknown>>): Experiment {
  const text = JSON.stringify({
    version: 1,
    data: { source: { type: 'synthetic' } },
    model: { layers: [{ type: 'flatten' }] },
    loss: { type: 'softmaxCrossEntropy' },
    optimizer: { type: 'sgd' },
    ...sections,
  });
  const { experiment, problems } = readExperiment(text);
  assert.deepEqual(problems, []);
  return experiment!;
}

/** Shapes of an experiment that is expected to fit. */
export function traceOf(experiment: Experiment, input: Shape): Trace {
  const trace = traceExperiment(experiment, input);
  assert.deepEqual(trace.findings, []);
  return trace;
}

/** What a test says of a pass. */
export interface PassOptions extends Partial<Pick<LayerContext, 'training' | 'seed' | 'split'>> {
  readonly epoch?: number;
  readonly samples?: readonly number[];
}

/** A pass over samples 0 … count − 1, whose tensors are the caller's; in training averages are moved. */
export function contextOf(count: number, options: PassOptions = {}): LayerContext {
  const all = Array.from({ length: count }, (_, sample) => sample);
  const { training = true, seed = 7, split = 'train', epoch = 1, samples = all } = options;
  return {
    ...{ training, seed, split },
    epoch: tf.scalar(epoch, 'int32'),
    samples: tf.tensor1d([...samples], 'int32'),
    ...(training ? { moveAverage: moveTowards } : {}),
  };
}

/**
 * Compares gradients with central differences at a few entries of every variable, to `tolerance` of the
 * largest gradient of the variable (or of 0.01, where the true gradient is 0).
 */
export function checkGradients(
  compute: () => tf.Scalar,
  variables: ReadonlyMap<string, tf.Variable>,
  { step = 0.01, tolerance = 2e-3, entries = 6 } = {},
): void {
  const { value, gradients } = valueAndGradients(compute, variables);
  for (const [name, variable] of variables) {
    const gradient = gradients.get(name)?.dataSync<'float32'>();
    assert.ok(gradient, `${name} has no gradient`);
    const scale = gradient.reduce((max, value) => Math.max(max, Math.abs(value)), 0.01);
    const stride = Math.max(1, Math.floor(gradient.length / entries));
    for (let entry = 0; entry < gradient.length; entry += stride) {
      const slope = slopeAt(compute, variable, entry, step);
      assert.ok(
        Math.abs(slope - gradient[entry]!) < tolerance * scale,
        `${name}[${entry}]: gradient ${gradient[entry]}, differences ${slope}`,
      );
    }
  }
  tf.dispose([value, ...gradients.values()]);
}

function slopeAt(
  compute: () => tf.Scalar,
  variable: tf.Variable,
  entry: number,
  step: number,
): number {
  const start = variable.dataSync<'float32'>().slice();
  const valueAt = (offset: number) => {
    const moved = start.slice();
    moved[entry]! += offset;
    assign(variable, moved);
    return tf.tidy(() => compute().dataSync()[0]!);
  };
  const slope = (valueAt(step) - valueAt(-step)) / (2 * step);
  assign(variable, start);
  return slope;
}

/** Gives a variable new values, row-major. */
export function assign(variable: tf.Variable, values: Float32Array | readonly number[]): void {
  tf.tidy(() => variable.assign(tf.tensor(Float32Array.from(values), variable.shape)));
}

/** The rates of an optimizer's next step, as tensors of the caller. */
export function ratesOf(optimizer: Optimizer): ReadonlyMap<string, tf.Tensor1D> {
  const rates = [...optimizer.nextRates()];
  return new Map(rates.map(([group, numbers]) => [group, tf.tensor1d([...numbers])]));
}

/** A network of the given layers, with weights replaced by name. */
export function networkOf(
  layers: readonly object[],
  input: Shape,
  weights: Readonly<Record<string, readonly number[]>> = {},
): Network {
  const experiment = experimentWith({ model: { layers } });
  const network = buildNetwork(traceOf(experiment, input), experiment);
  for (const [name, values] of Object.entries(weights)) {
    assign(network.weights.get(name)!.variable, values);
  }
  return network;
}

/** The variables of a network that are learned, by name. */
export function trainableOf({ weights }: Network): ReadonlyMap<string, tf.Variable> {
  const learned = [...weights].filter(([, { spec }]) => spec.trainable);
  return new Map(learned.map(([name, { variable }]) => [name, variable]));
}
