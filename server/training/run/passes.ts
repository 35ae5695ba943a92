import * as tf from '@tensorflow/tfjs-core';
import type { Experiment } from '#common/experiment/experiment';
import type { Augmentation } from '../augmentation/augment';
import type { TargetKind } from '../augmentation/augmenter';
import type { ForwardContext } from '../context';
import { onProcessor } from '../engine/hostOp';
import { assign, moveTowards, requireFinite } from '../engine/updates';
import { valueAndGradients } from '../gradients';
import { weighed, type LossFunction, type Targets } from '../loss/loss';
import { targetOf } from '../loss/targets';
import type { LayerContext } from '../model/layer';
import type { Network } from '../model/network';
import type { Normalizer } from '../normalization/normalizer';
import type { Optimizer } from '../optimizer/optimizer';
import type { Instrument } from '../physics/instrument';
import { penalty } from '../regularization/penalty';
import { lossOutputs } from './lossOutputs';
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
  /** What the loss of each sample is multiplied by. */
  readonly sampleWeights?: tf.Tensor1D;
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
  const { instrument, normalizer, network } = parts;
  const object = objectOf(parts, batch);
  const seen = normalizer.apply(instrument.apply(object, batch.ctx));
  const outputs = network.apply(seen, layerCtx);
  const targets = onProcessor(() => targetsOf(parts, batch, object, outputs));
  const losses = lossesOf(parts, batch, outputs, targets);
  return { outputs, ...losses, ...movedTargets(parts, batch, outputs, targets) };
}

/** The loss of each sample of a batch, times its weight where samples have weights. */
function lossesOf(
  parts: PassParts,
  batch: BatchTensors,
  outputs: tf.Tensor,
  targets: Targets,
): ReturnType<typeof lossOutputs> {
  const result = parts.lossOf(outputs, targets, batch.ctx.epoch);
  const weights = onProcessor(() => sampleWeightsOf(parts, batch));
  return lossOutputs(weights === undefined ? result : weighed(result, weights));
}

/** Weights of samples; those of mixed samples are mixed as numbers that belong to them. */
function sampleWeightsOf(
  { augmentation }: PassParts,
  { images, sampleWeights, ctx }: BatchTensors,
): tf.Tensor1D | undefined {
  if (sampleWeights === undefined || !ctx.training || !augmentation.mixesSamples) {
    return sampleWeights;
  }
  const [rows, height, width] = images.shape;
  const column = tf.reshape(sampleWeights, [rows, 1]);
  const format = { kind: 'values', imageSize: [height, width] } as const;
  return tf.reshape(augmentation.applyToTarget(column, ctx, format), [rows]);
}

/** What outputs are compared with, changed as the object is. */
function targetsOf(
  { augmentation, experiment }: PassParts,
  { images, labels, target, ctx }: BatchTensors,
  object: tf.Tensor4D,
  outputs: tf.Tensor,
): Targets {
  const isMask = labels.rank > 1;
  const isChanged = ctx.training && experiment.augmentation.length > 0;
  if (!isChanged && isMask) return { labels };
  if (!isChanged) return target ? { target } : { labels, target: object };
  const [, height, width] = images.shape;
  const change = (values: tf.Tensor, kind: TargetKind): tf.Tensor =>
    augmentation.applyToTarget(values, ctx, { kind, imageSize: [height, width] });
  if (isMask) {
    const mask = tf.expandDims(tf.cast(labels, 'float32'), -1);
    return { labels: tf.cast(tf.reshape(change(mask, 'mask'), labels.shape), 'int32') };
  }
  if (target) return { target: change(target, target.rank < 4 ? 'values' : 'image') };
  if (!augmentation.mixesSamples || outputs.rank > 2) return { labels, target: object };
  // A sample of two classes has no label: it is compared with its shares of all.
  return { target: change(targetOf(outputs, { labels }), 'values') };
}

/** Targets that training has changed, for whoever measures the outputs. */
function movedTargets(
  { augmentation, experiment }: PassParts,
  { labels, ctx }: BatchTensors,
  outputs: tf.Tensor,
  targets: Targets,
): { readonly moved?: tf.Tensor } {
  if (!ctx.training || experiment.augmentation.length === 0) return {};
  if (outputs.rank < 4 && !augmentation.mixesSamples) return {};
  if (labels.rank > 1) return { moved: tf.cast(targets.labels!, 'float32') };
  // A tensor of its own: no step may have touched what was given.
  return targets.target === undefined ? {} : { moved: tf.mul(targets.target, 1) };
}

/** The loss of each sample for other outputs than those of the network. */
export function lossOfOutputs(
  parts: PassParts,
  batch: BatchTensors,
  outputs: tf.Tensor,
): ReturnType<typeof lossOutputs> {
  const targets = targetsOf(parts, batch, objectOf(parts, batch), outputs);
  return lossesOf(parts, batch, outputs, targets);
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
  const { experiment, network, optimizer, trainable } = parts;
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
  else optimizer.apply(gradients, rates);
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
