import { Type } from '@sinclair/typebox';
import { defineComponent, branchesOf, type ValueOf } from './component';
import { oneOfNames, realNumber, wholeNumber } from './parameters';

/** Every schedule can begin gently. */
const common = {
  warmUpEpochs: realNumber({
    description: 'Time over which the rate first rises from near 0; the schedule begins after it.',
    unit: 'epochs',
    minimum: 0,
    maximum: 100_000,
    default: 0,
  }),
};

function epochs(description: string) {
  return realNumber({ description, unit: 'epochs', exclusiveMinimum: 0, maximum: 1_000_000 });
}

function part(description: string, value: number) {
  return realNumber({ description, exclusiveMinimum: 0, maximum: 1, default: value });
}

const floor = realNumber({
  description: 'What the rate does not fall below, as a part of the learning rate.',
  minimum: 0,
  maximum: 1,
  default: 0,
});

const sgdr = {
  title: 'Loshchilov and Hutter, SGDR: stochastic gradient descent with warm restarts, ICLR 2017',
};

const constant = defineComponent({
  type: 'constant',
  title: 'Constant',
  summary: 'Keeps the learning rate, after a warm-up if there is one.',
  formula: 'η(t) = η',
  params: common,
  references: [],
  examples: [{ type: 'constant', warmUpEpochs: 2 }],
});

const step = defineComponent({
  type: 'step',
  title: 'Steps',
  summary: 'Multiplies the learning rate by a factor every few epochs.',
  formula: 'η(t) = η · factor^⌊t / everyEpochs⌋',
  params: {
    everyEpochs: epochs('Time between two steps.'),
    factor: part('What each step multiplies with.', 0.1),
    ...common,
  },
  references: [{ title: 'PyTorch StepLR' }],
  snippet: '"everyEpochs": ${1:10}, "factor": ${2:0.1}',
  examples: [{ type: 'step', everyEpochs: 10, factor: 0.1 }],
});

const exponential = defineComponent({
  type: 'exponential',
  title: 'Exponential decay',
  summary: 'Multiplies the learning rate by a factor over every epoch, step by step.',
  formula: 'η(t) = η · factor^t, t in epochs',
  params: { factor: part('What one epoch multiplies with.', 0.95), ...common },
  references: [{ title: 'Keras ExponentialDecay' }],
  snippet: '"factor": ${1:0.95}',
  examples: [{ type: 'exponential', factor: 0.9 }],
});

const polynomial = defineComponent({
  type: 'polynomial',
  title: 'Polynomial decay',
  summary: 'Lowers the learning rate along a power of the time that is left; a line with power 1.',
  formula: 'η(t) = η · (floor + (1 − floor) (1 − t / T)^power)',
  params: {
    epochs: Type.Optional(epochs('Time T to the end of the decay; all of training if left out.')),
    power: realNumber({
      description: 'Power of the curve.',
      exclusiveMinimum: 0,
      maximum: 10,
      default: 1,
    }),
    floor,
    ...common,
  },
  references: [{ title: 'Keras PolynomialDecay' }],
  snippet: '"power": ${1:1}',
  examples: [{ type: 'polynomial', power: 2, floor: 0.01 }],
});

const cosine = defineComponent({
  type: 'cosine',
  title: 'Cosine, with restarts',
  summary: 'Lowers the learning rate along half a cosine, and begins again after each period.',
  formula: 'η(t) = η · (floor + (1 − floor) · ½ (1 + cos(π t / T)) · restartFactor^restarts)',
  params: {
    epochs: Type.Optional(epochs('Length T of the first period; all of training if left out.')),
    periodFactor: realNumber({
      description: 'How much longer each period is than the one before.',
      minimum: 1,
      maximum: 100,
      default: 1,
    }),
    restartFactor: part('Where each restart begins, as a part of the one before.', 1),
    floor,
    ...common,
  },
  references: [sgdr],
  snippet: '"floor": ${1:0.01}',
  examples: [{ type: 'cosine', epochs: 10, periodFactor: 2 }],
});

const oneCycle = defineComponent({
  type: 'oneCycle',
  title: 'One cycle',
  summary: 'Rises to the learning rate and falls far below where it began, each along a cosine.',
  formula: 'η / startDivisor → η → η / (startDivisor · endDivisor)',
  params: {
    rise: part('Part of training that the rise takes.', 0.3),
    startDivisor: realNumber({
      description: 'How far below the learning rate the cycle begins.',
      minimum: 1,
      maximum: 1e6,
      default: 25,
    }),
    endDivisor: realNumber({
      description: 'How far below its beginning the cycle ends.',
      minimum: 1,
      maximum: 1e8,
      default: 1e4,
    }),
    ...common,
  },
  references: [
    {
      title: 'Smith and Topin, Super-convergence, 2018; PyTorch OneCycleLR',
    },
  ],
  snippet: '"rise": ${1:0.3}',
  examples: [{ type: 'oneCycle' }],
});

const plateauMonitors = {
  'validation/loss': 'Loss on the validation split.',
  'train/loss': 'Loss on the training split.',
} as const;

const reduceOnPlateau = defineComponent({
  type: 'reduceOnPlateau',
  title: 'Reduce on plateau',
  summary: 'Multiplies the learning rate by a factor when the loss no longer falls.',
  formula: 'η ← max(η · factor, η₀ · floor) after `patience` epochs without improvement',
  params: {
    monitor: oneOfNames(plateauMonitors, {
      description: 'The series that has to fall.',
      default: 'validation/loss',
    }),
    factor: part('What each reduction multiplies with.', 0.1),
    patience: wholeNumber({
      description: 'Epochs without improvement before a reduction.',
      unit: 'epochs',
      minimum: 0,
      maximum: 100_000,
      default: 10,
    }),
    minDelta: realNumber({
      description: 'Smallest fall that counts.',
      minimum: 0,
      default: 1e-4,
    }),
    cooldown: wholeNumber({
      description: 'Epochs after a reduction in which none is counted.',
      unit: 'epochs',
      minimum: 0,
      maximum: 100_000,
      default: 0,
    }),
    floor,
    ...common,
  },
  references: [{ title: 'Keras ReduceLROnPlateau' }],
  snippet: '"factor": ${1:0.1}, "patience": ${2:5}',
  examples: [{ type: 'reduceOnPlateau', factor: 0.5, patience: 3 }],
});

const rangeTest = defineComponent({
  type: 'rangeTest',
  title: 'Learning-rate range test',
  summary:
    'Raises the learning rate step by step to find where training is fast, and where it breaks.',
  formula:
    'η(t) = η · (largest / η)^(t / T); ends when the smoothed loss exceeds `stopFactor` times its best',
  params: {
    largest: realNumber({
      description: 'Learning rate at the end of the test.',
      exclusiveMinimum: 0,
      maximum: 1000,
      default: 1,
    }),
    stopFactor: realNumber({
      description: 'How many times its best value the smoothed loss may reach.',
      exclusiveMinimum: 1,
      maximum: 1000,
      default: 4,
    }),
    ...common,
  },
  references: [{ title: 'Smith, Cyclical learning rates for training neural networks, WACV 2017' }],
  snippet: '"largest": ${1:1}',
  examples: [{ type: 'rangeTest', largest: 1 }],
});

export const schedules = {
  constant,
  step,
  exponential,
  polynomial,
  cosine,
  oneCycle,
  reduceOnPlateau,
  rangeTest,
} as const;

export type ScheduleKind = keyof typeof schedules;
export type ScheduleValue = ValueOf<(typeof schedules)[ScheduleKind]>;

/** The schema of an optimizer's schedule. */
export function scheduleParameter(description: string) {
  const oneOf = branchesOf(schedules);
  return Type.Unsafe<ScheduleValue>({ oneOf, description, family: 'schedules' });
}
