import type { DataFacts } from '../catalogue/component';
import { lossComponent, simpleLossesOf, type SimpleLossKind } from '../catalogue/losses';
import { taskOfTarget, type Task } from '../catalogue/tasks';
import type { Experiment } from './experiment';
import type { Trace } from './trace';

/** Whether a loss can be used for a task; one that looks at the outputs alone takes any images. */
export function fitsTask(loss: SimpleLossKind, task: Task): boolean {
  const { compares, takesLogits } = lossComponent(loss);
  switch (compares) {
    case 'classes':
      return task === 'classification' || task === 'segmentation';
    case 'values':
      // A label counts as predicted where its logit is above 0, which only such losses lead to.
      return takesLogits ? task !== 'regression' : task !== 'multiLabel';
    case 'images':
      return task === 'reconstruction';
    case 'outputs':
      return task === 'reconstruction' || task === 'segmentation';
  }
}

/** Whether the loss, or a part of it, applies softmax or the logistic function itself. */
export function takesLogits({ loss }: Pick<Experiment, 'loss'>): boolean {
  return simpleLossesOf(loss).some(({ value }) => lossComponent(value.type).takesLogits);
}

/** Whether regularization adds something to the loss, in all layers or in one. */
export function isPenalized({
  experiment: { regularization },
  trace: { layers },
}: {
  readonly experiment: Pick<Experiment, 'regularization'>;
  readonly trace: Pick<Trace, 'layers'>;
}): boolean {
  return layers.some(({ weights }) =>
    weights.some(({ role, regularizer }) => role === 'kernel' && (regularizer ?? regularization)),
  );
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
  const comparesImages = simpleLossesOf(loss).some(({ value }) =>
    ['values', 'images'].includes(lossComponent(value.type).compares),
  );
  return givesImage && comparesImages ? 'reconstruction' : 'classification';
}
