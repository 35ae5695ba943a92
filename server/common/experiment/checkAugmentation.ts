import { mixingOf, type AugmentationValue, type Mixing } from '../catalogue/augmentation';
import type { DataFacts, Shape } from '../catalogue/component';
import { augmentationComponent } from '../catalogue/index';
import { lossComponent, simpleLossesOf } from '../catalogue/losses';
import type { Experiment } from './experiment';
import type { JsonPath } from './path';
import type { Finding } from './problem';
import { taskOf } from './task';
import type { Trace } from './trace';

/** Whether images, targets, loss and batches are what each augmentation needs. */
export function checkAugmentation(
  experiment: Experiment,
  facts: DataFacts,
  trace: Trace,
): readonly Finding[] {
  const { augmentation } = experiment;
  return [
    ...checkImages(augmentation, facts.shape),
    ...mixingOf(augmentation, ['augmentation']).flatMap((mixing) => [
      ...checkMixedTargets(mixing, experiment, facts, trace),
      ...checkBatch(mixing, experiment),
    ]),
  ];
}

/** Whether the images have the channels and the form that each augmentation needs. */
function checkImages(
  values: readonly AugmentationValue[],
  image: Shape,
  place: JsonPath = ['augmentation'],
): readonly Finding[] {
  return values.flatMap((value, index): readonly Finding[] => {
    const path = [...place, index];
    if (value.type === 'oneOf') return checkImages(value.choices, image, [...path, 'choices']);
    return [...checkChannels(value, image, path), ...checkTurns(value, image, path)];
  });
}

function checkChannels(
  { type }: AugmentationValue,
  image: Shape,
  path: JsonPath,
): readonly Finding[] {
  const { channels } = augmentationComponent(type);
  const given = image.at(-1);
  if (channels === undefined || channels === given) return [];
  const message = `\`${type}\` changes the colour of images of ${channels} channels; the data have ${given}. Remove it.`;
  return [{ severity: 'error', code: 'augmentation/channels', message, path: [...path, 'type'] }];
}

/** A quarter turn exchanges height and width, which all images of a batch share. */
function checkTurns(
  { type }: AugmentationValue,
  [height, width]: Shape,
  path: JsonPath,
): readonly Finding[] {
  if (augmentationComponent(type).turnsSquares !== true || height === width) return [];
  const message = `\`${type}\` turns these images by 0° or 180° only: a quarter turn of ${height} × ${width} pixels would have ${width} × ${height}. Make the images square for all four turns, or leave it at two.`;
  return [
    {
      severity: 'information',
      code: 'augmentation/not-square',
      message,
      path: [...path, 'type'],
    },
  ];
}

/** Whether there is a mean of the targets of two samples, and a loss that takes it. */
function checkMixedTargets(
  { type, path }: Mixing,
  { loss }: Experiment,
  facts: DataFacts,
  trace: Trace,
): readonly Finding[] {
  const task = taskOf({ loss }, facts, trace);
  const place = [...path, 'type'];
  if (task === 'segmentation' && augmentationComponent(type).mixes === 'values') {
    const message = `\`${type}\` takes a mean of two targets, but the targets here are masks, whose values are names of classes. Use "cutmix", which cuts masks as it cuts images.`;
    return [
      {
        severity: 'error',
        code: 'augmentation/mask',
        message,
        path: place,
        suggestion: '"cutmix"',
      },
    ];
  }
  if (task !== 'classification') return [];
  const whole = simpleLossesOf(loss).find(
    ({ value }) => lossComponent(value.type).takesWholeClasses,
  );
  if (whole === undefined) return [];
  const message = `\`${type}\` gives samples that belong to two classes, but the loss \`${whole.value.type}\` takes one class for each. Use the loss "softmaxCrossEntropy", or remove the augmentation.`;
  return [{ severity: 'error', code: 'augmentation/loss', message, path: place }];
}

/** Mixing needs another sample. */
function checkBatch({ type, path }: Mixing, { training }: Experiment): readonly Finding[] {
  if (training.batchSize > 1) return [];
  const message = `\`${type}\` mixes samples of a batch, but \`batchSize\` is ${training.batchSize}, so that there is no other one. Raise \`batchSize\` to 2 or more.`;
  return [
    { severity: 'warning', code: 'augmentation/batch-size', message, path: [...path, 'type'] },
  ];
}
