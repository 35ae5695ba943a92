import { Type } from '@sinclair/typebox';
import { oneOfNames, realNumber, wholeNumber, yesNo } from './parameters';

const monitors = {
  'validation/loss': 'Loss on the validation split; smaller is better.',
  'validation/accuracy': 'Accuracy on the validation split; larger is better.',
  'train/loss': 'Loss on the training split; smaller is better.',
  'train/accuracy': 'Accuracy on the training split; larger is better.',
} as const;
export type Monitor = keyof typeof monitors;

/** Which of two values of a monitored series is better. */
export function largerIsBetter(monitor: Monitor): boolean {
  return monitor.endsWith('/accuracy');
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
