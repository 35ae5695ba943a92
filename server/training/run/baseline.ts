import { elements } from '#common/catalogue/shape';
import type { Task } from '#common/catalogue/tasks';
import { takesLogits, taskOf } from '#common/experiment/task';
import type { BaselineResults } from '#common/run/events';
import type { Bench } from './bench';
import { evaluationBatchSize, portions, type Batch } from './batches';

/** What is answered to every image without looking at it. */
export interface Baseline {
  readonly name: BaselineResults['name'];
  /** In place of the outputs of the network for one sample. */
  readonly outputs: Float32Array;
}

const names = {
  classification: 'the most frequent class',
  multiLabel: 'how frequent each label is',
  segmentation: 'the most frequent class of each pixel',
  reconstruction: 'the mean image',
  regression: 'the mean',
} as const satisfies Readonly<Record<Task, string>>;

/** A class that never occurs keeps a logit that is finite. */
const smallestPart = 1e-7;

/**
 * The best constant answer on the training split: the mean of the targets, and where the loss takes
 * logits the logits of that mean. A network that is no better has learned nothing of the images. Weights
 * of samples and classes count in the loss of the answer, not in the answer.
 */
export function fitBaseline(bench: Bench): Baseline {
  const { experiment, trace, dataset } = bench;
  const task = taskOf(experiment, dataset.facts, trace);
  const mean = meanTarget(bench, task);
  const isOfLogits = takesLogits(experiment);
  const outputs = isOfLogits ? logitsOf(mean, task, elements(trace.output ?? [])) : mean;
  return { name: names[task], outputs: Float32Array.from(outputs) };
}

/** Of one sample: parts of the classes, of the classes of each pixel, or of each label; or plain means. */
function meanTarget(bench: Bench, task: Task): Float64Array {
  const { dataset, splits } = bench;
  const classes = dataset.facts.classNames.length;
  const count = splits.train.length;
  if (task === 'classification') {
    const parts = new Float64Array(classes);
    for (const sample of splits.train) parts[dataset.labels[sample]!]! += 1 / count;
    return parts;
  }
  let mean = new Float64Array(0);
  for (const { labels, images, target = images, shape } of trainingTargets(bench)) {
    const size = (task === 'segmentation' ? labels.length * classes : target.length) / shape[0];
    if (mean.length === 0) mean = new Float64Array(size);
    if (task === 'segmentation') {
      const pixels = size / classes;
      for (const [i, label] of labels.entries()) mean[(i % pixels) * classes + label]! += 1 / count;
    } else {
      for (const [i, value] of target.entries()) mean[i % size]! += value / count;
    }
  }
  return mean;
}

function* trainingTargets({ experiment, splits, readBatch }: Bench): Generator<Batch> {
  for (const samples of portions(splits.train, evaluationBatchSize(experiment))) {
    yield readBatch({ samples, split: 'train', epoch: 0, training: false });
  }
}

function logitsOf(parts: Float64Array, task: Task, length: number): Float64Array {
  const bounded = parts.map((part) => Math.min(1 - smallestPart, Math.max(smallestPart, part)));
  if (task === 'multiLabel') return bounded.map((part) => Math.log(part / (1 - part)));
  if (length === parts.length) return bounded.map(Math.log);
  // One logit for two classes: that of the second against the first.
  return Float64Array.from({ length }, (_, i) => Math.log(bounded[2 * i + 1]! / bounded[2 * i]!));
}

/** The constant answer for so many samples. */
export function repeated({ outputs }: Baseline, count: number): Float32Array {
  const all = new Float32Array(count * outputs.length);
  for (let sample = 0; sample < count; sample++) all.set(outputs, sample * outputs.length);
  return all;
}
