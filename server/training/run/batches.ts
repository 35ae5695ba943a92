import type { Shape } from '#common/catalogue/component';
import type { Experiment } from '#common/experiment/experiment';
import { permutation, streamKey } from '#common/rng';
import type { Split } from '#common/run/series';
import type { Dataset } from '../data/dataset';
import { readTargets } from '../data/targets';

/** Some samples with their labels, ready for one forward pass. */
export interface Batch extends BatchRequest {
  /** Row-major, channels last, 0–1. Valid until the next batch is read. */
  readonly images: Float32Array;
  /** Of all images: `[batch, height, width, channels]`. */
  readonly shape: readonly [number, number, number, number];
  /** The class of each image, or of each pixel of masks. */
  readonly labels: Int32Array;
  /** What outputs are compared with where it is neither a class nor the images themselves. */
  readonly target?: Float32Array;
  /** What the loss of each sample is multiplied by, where the data say so. */
  readonly sampleWeights?: Float32Array;
}

/** Which samples, and what for. */
export interface BatchRequest {
  readonly samples: Uint32Array;
  readonly split: Split;
  /** Counted from 0; evaluation draws its noise for this epoch. */
  readonly epoch: number;
  /** Whether a step of training is taken, for which images are augmented. */
  readonly training: boolean;
}

/** Reads batches of a data set into one buffer. */
export function createBatchReader(
  dataset: Pick<Dataset, 'facts' | 'labels' | 'targets' | 'sampleWeights' | 'read'>,
): (request: BatchRequest) => Batch {
  const shape: Shape = dataset.facts.shape;
  const [height = 1, width = 1, channels = 1] = shape;
  const sampleSize = height * width * channels;
  const { sampleWeights } = dataset;
  let buffer = new Float32Array(0);
  return (request) => {
    const { samples } = request;
    const size = samples.length * sampleSize;
    if (buffer.length < size) buffer = new Float32Array(size);
    const images = buffer.subarray(0, size);
    dataset.read(samples, images);
    return {
      ...request,
      images,
      shape: [samples.length, height, width, channels],
      labels: Int32Array.from(samples, (sample) => dataset.labels[sample]!),
      ...readTargets(dataset, samples),
      ...(sampleWeights && {
        sampleWeights: Float32Array.from(samples, (sample) => sampleWeights[sample]!),
      }),
    };
  };
}

/** The order in which an epoch visits the training split. */
export function epochOrder(
  train: Uint32Array,
  { seed, training }: Pick<Experiment, 'seed' | 'training'>,
  epoch: number,
): Uint32Array {
  if (!training.shuffle) return train;
  const order = permutation(streamKey(seed, 'shuffle', epoch), train.length);
  return order.map((place) => train[place]!);
}

/** The samples in portions of `batchSize`; the last one may be smaller. */
export function* portions(samples: Uint32Array, batchSize: number): Generator<Uint32Array> {
  for (let start = 0; start < samples.length; start += batchSize) {
    yield samples.slice(start, start + batchSize);
  }
}

/** Evaluation needs no gradients, so that small training batches can be put together. */
export function evaluationBatchSize({ training }: Pick<Experiment, 'training'>): number {
  return Math.max(training.batchSize, 64);
}
