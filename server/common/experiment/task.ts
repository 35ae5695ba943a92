import type { DataFacts } from '../catalogue/component';
import type { LossKind } from '../catalogue/losses';
import { taskOfTarget, type Task } from '../catalogue/tasks';
import type { Experiment } from './experiment';
import type { Trace } from './trace';

/** What each loss can be used for. */
export const lossTasks = {
  softmaxCrossEntropy: ['classification', 'segmentation'],
  meanSquaredError: ['classification', 'reconstruction', 'regression'],
} as const satisfies Readonly<Record<LossKind, readonly Task[]>>;

/** Whether a loss makes probabilities of the outputs itself. */
export function takesLogits(loss: LossKind): boolean {
  return loss === 'softmaxCrossEntropy';
}

export function fitsTask(loss: LossKind, task: Task): boolean {
  return lossTasks[loss].some((one) => one === task);
}

/**
 * What an experiment is about. Data with classes are for classification, unless the network gives an
 * image and the loss compares images: then the object itself is what is to be found.
 */
export function taskOf(
  { loss }: Pick<Experiment, 'loss'>,
  { target = 'class' }: Pick<DataFacts, 'target'>,
  { output }: Pick<Trace, 'output'>,
): Task {
  if (target !== 'class') return taskOfTarget[target];
  const givesImage = (output?.length ?? 0) > 1;
  return givesImage && fitsTask(loss.type, 'reconstruction') ? 'reconstruction' : 'classification';
}
