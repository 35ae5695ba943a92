import * as tf from '@tensorflow/tfjs-core';
import type { Experiment } from '#common/experiment/experiment';
import type { Augmentation } from '../augmentation/augment';
import type { ForwardContext } from '../context';
import { onProcessor } from '../engine/hostOp';
import { assign, moveTowards, requireFinite } from '../engine/updates';
import { valueAndGradients } from '../gradients';
import type { LossFunction, Targets } from '../loss/loss';
import type { LayerContext } from '../model/layer';
import type { Network } from '../model/network';
import type { Normalizer } from '../normalization/normalizer';
import type { Optimizer } from '../optimizer/optimizer';
import type { Instrument } from '../physics/instrument';
import { penalty } from '../regularization/penalty';
import type { NotFinitePlace } from './notFinite';

/** What passes go through; all of it belongs to the caller. */
export interface PassParts {
  readonly experiment: Experiment;
  readonly augmentation: Augmentation;
  readonly instrument: Instrument;
  readonly normalizer: Normalizer;
  readonly network: Network;
  readonly lossOf: LossFunction;
  readonly optimizer: Optimizer;
  /** Everything that is learned, by name. */
  readonly trainable: ReadonlyMap<string, tf.Variable>;
}

/** A batch as tensors, with what its pass may know. */
export interface BatchTensors {
  readonly images: tf.Tensor4D;
  /** int32: the class of each image, or of each pixel of masks. */
  readonly labels: tf.Tensor;
  /** What is neither a class nor the object. */
  readonly target?: tf.Tensor;
  readonly ctx: ForwardContext;
}

type Results = Record<string, tf.Tensor>;
type Move = readonly [average: tf.Variable, value: tf.Tensor, momentum: number];

/** Name of the loss among the tensors that have to be finite. */
export const lossName = 'loss';

/** What stands in front of the instrument: in training, the images changed at random. */
function objectOf({ augmentation }: PassParts, { images, ctx }: BatchTensors): tf.Tensor4D {
  return ctx.training ? onProcessor(() => augmentation.apply(images, ctx)) : images;
}

/** From the object to the outputs of the network and the loss of each sample. */
function forward(parts: PassParts, batch: BatchTensors, layerCtx: LayerContext = batch.ctx) {
  const { instrument, normalizer, network, lossOf } = parts;
  const object = objectOf(parts, batch);
  const seen = normalizer.apply(instrument.apply(object, batch.ctx));
  const outputs = network.apply(seen, layerCtx);
  const targets = onProcessor(() => targetsOf(parts, batch, object));
  const { perSample } = lossOf(outputs, targets, batch.ctx.epoch);
  return { outputs, losses: perSample, ...movedTargets(parts, batch, outputs, targets) };
}

/** What outputs are compared with: masks and images are moved as the object is. */
function targetsOf(parts: PassParts, batch: BatchTensors, object: tf.Tensor4D): Targets {
  const { labels, target, ctx } = batch;
  const { augmentation, experiment } = parts;
  const areMoved = ctx.training && experiment.augmentation.length > 0;
  if (labels.rank > 1) {
    if (!areMoved) return { labels };
    const [rows, height, width] = labels.shape as [number, number, number];
    const mask = tf.reshape(tf.cast(labels, 'float32'), [rows, height, width, 1]) as tf.Tensor4D;
    const moved = augmentation.applyToTarget(mask, ctx, 'mask');
    return { labels: tf.cast(tf.reshape(moved, [rows, height, width]), 'int32') };
  }
  if (target === undefined) return { labels, target: object };
  if (!areMoved || target.rank < 4) return { target };
  return { target: augmentation.applyToTarget(target as tf.Tensor4D, ctx, 'image') };
}

/** Targets that training has moved, for whoever measures the outputs. */
function movedTargets(
  { experiment }: PassParts,
  { labels, ctx }: BatchTensors,
  outputs: tf.Tensor,
  targets: Targets,
): { readonly moved?: tf.Tensor } {
  if (!ctx.training || experiment.augmentation.length === 0 || outputs.rank < 4) return {};
  if (labels.rank > 1) return { moved: tf.cast(targets.labels!, 'float32') };
  // A tensor of its own: no step may have touched what was given.
  return targets.target === undefined ? {} : { moved: tf.mul(targets.target, 1) };
}

/** The loss of each sample for other outputs than those of the network. */
export function lossOfOutputs(
  parts: PassParts,
  batch: BatchTensors,
  outputs: tf.Tensor,
): tf.Tensor1D {
  const targets = targetsOf(parts, batch, objectOf(parts, batch));
  return parts.lossOf(outputs, targets, batch.ctx.epoch).perSample;
}

/** Loss and outputs with the weights as they count: with their running averages, where these are kept. */
export function evaluationPass(parts: PassParts, batch: BatchTensors): Results {
  const { optimizer, trainable } = parts;
  const swapped = [...optimizer.averages].map(([name, average]) => {
    const variable = trainable.get(name)!;
    return { variable, average, value: tf.mul(variable, 1) };
  });
  for (const { variable, average } of swapped) assign(variable, average);
  try {
    return { ...forward(parts, batch) };
  } finally {
    for (const { variable, value } of swapped) assign(variable, value);
  }
}

/**
 * A step of training, which changes weights only if loss and gradients are finite. Without `rates` the
 * gradients are only added to those of the update to come.
 */
export function trainingPass(
  parts: PassParts,
  batch: BatchTensors,
  rates: ReadonlyMap<string, tf.Tensor1D> | undefined,
): Results {
  const { experiment, network, optimizer, instrument, trainable } = parts;
  const moves: Move[] = [];
  const moveAverage: LayerContext['moveAverage'] = (average, value, momentum) =>
    void moves.push([average, tf.keep(tf.clone(value)), momentum]);
  let results: Results = {};
  const { value, gradients } = valueAndGradients(() => {
    const passed = forward(parts, batch, { ...batch.ctx, moveAverage });
    const { losses } = passed;
    const added = penalty(experiment.regularization, network);
    results = kept({ ...passed, penalty: added });
    return tf.add(tf.mean(losses), added);
  }, trainable);
  requireFinite(new Map<string, tf.Tensor>([[lossName, value], ...gradients]));
  for (const [average, toward, momentum] of moves) moveTowards(average, toward, momentum);
  tf.dispose(moves.map(([, toward]) => toward));
  if (rates === undefined) optimizer.accumulate(gradients);
  else {
    optimizer.apply(gradients, rates);
    instrument.project();
  }
  return results;
}

function kept(results: Results): Results {
  for (const tensor of Object.values(results)) tf.keep(tensor);
  return results;
}

/** A place on the way of the light with the values that come out of it. */
export interface Stage {
  readonly place: NotFinitePlace;
  readonly values: tf.Tensor;
}

/** The loss of a batch, penalty included, and all that lies on the way to it, in its order. */
export function tracedPass(
  parts: PassParts,
  batch: BatchTensors,
): { readonly loss: tf.Scalar; readonly stages: readonly Stage[] } {
  const { instrument, normalizer, network, experiment } = parts;
  const object = objectOf(parts, batch);
  const seen = instrument.apply(object, batch.ctx);
  const x = normalizer.apply(seen);
  const layers = [...network.outputsOf(x, batch.ctx)].map(([name, values]): Stage => {
    return { place: { kind: 'layer', name }, values };
  });
  const { losses } = forward(parts, batch);
  return {
    loss: tf.add(tf.mean(losses), penalty(experiment.regularization, network)),
    stages: [
      { place: { kind: 'data' }, values: object },
      { place: { kind: 'instrument' }, values: seen },
      { place: { kind: 'normalization' }, values: x },
      ...layers,
    ],
  };
}
