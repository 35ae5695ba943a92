import { Type } from '@sinclair/typebox';
import { metricComponent, metrics, type MetricKind } from './metrics';
import { oneOfNames, realNumber, wholeNumber, yesNo } from './parameters';

/** What early stopping can watch: the loss and every metric, on either split. */
export type Monitor = `${'validation' | 'train'}/${'loss' | MetricKind}`;

const monitors = Object.fromEntries(
  (['validation', 'train'] as const).flatMap((split) => {
    const place = `on the ${split === 'train' ? 'training' : split} split`;
    const named = Object.values(metrics).map(({ type, title, better }) => [
      `${split}/${type}`,
      `${title} ${place}; ${better} is better.`,
    ]);
    return [[`${split}/loss`, `Loss ${place}; smaller is better.`], ...named];
  }),
) as Readonly<Record<Monitor, string>>;

/** The figure that a monitor watches: `accuracy`. */
export function monitoredFigure(monitor: Monitor): string {
  return monitor.slice(monitor.indexOf('/') + 1);
}

/** Which of two values of a monitored series is better. */
export function largerIsBetter(monitor: Monitor): boolean {
  return metricComponent(monitoredFigure(monitor))?.better === 'larger';
}

const earlyStopping = Type.Object(
  {
    monitor: oneOfNames(monitors, {
      description: 'The series to watch; it also decides which epoch is kept as the best.',
      default: 'validation/loss',
    }),
    patience: wholeNumber({
      description: 'Epochs without improvement before the run stops.',
      unit: 'epochs',
      minimum: 0,
      maximum: 100_000,
      default: 5,
    }),
    minDelta: realNumber({
      description: 'Smallest change that counts as an improvement.',
      minimum: 0,
      default: 0,
    }),
    restoreBest: yesNo({
      description: 'End with the weights of the best epoch.',
      default: true,
    }),
  },
  { description: 'Stop when the run no longer improves.' },
);

/** The `training` section. */
export const trainingSchema = Type.Object(
  {
    epochs: wholeNumber({
      description: 'Passes over the training split.',
      minimum: 1,
      maximum: 1_000_000,
      default: 10,
    }),
    batchSize: wholeNumber({
      description: 'Samples for each step.',
      minimum: 1,
      maximum: 1_000_000,
      default: 32,
    }),
    shuffle: yesNo({ description: 'A new seeded order for every epoch.', default: true }),
    earlyStopping: Type.Optional(earlyStopping),
    checkpointEvery: Type.Optional(
      wholeNumber({
        description: 'Keep a checkpoint of every so many epochs, beside the best and the last.',
        unit: 'epochs',
        minimum: 1,
        maximum: 1_000_000,
      }),
    ),
  },
  { description: 'How long and in what steps to train.', default: {} },
);
