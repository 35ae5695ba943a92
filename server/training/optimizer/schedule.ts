import type { ScheduleKind, ScheduleValue } from '#common/catalogue/schedules';

/** What a schedule knows of a run. */
export interface ScheduleFrame {
  readonly epochs: number;
  readonly stepsPerEpoch: number;
  /** The learning rate that its factors are of. */
  readonly learningRate: number;
}

/** What a schedule remembers from epoch to epoch; part of a checkpoint. */
export interface ScheduleState {
  /** What reductions have made of the rate. */
  readonly reduction: number;
  /** The lowest loss so far. */
  readonly best?: number;
  readonly epochsWithoutImprovement: number;
  readonly cooldown: number;
  /** What a range test has seen. */
  readonly range?: RangeState;
}

/** Losses of a range test: smoothed, and where that was lowest. */
export interface RangeState {
  readonly steps: number;
  readonly smoothed: number;
  readonly lowest: number;
  readonly rateOfLowest: number;
}

export const firstScheduleState: ScheduleState = {
  reduction: 1,
  epochsWithoutImprovement: 0,
  cooldown: 0,
};

/** Where a schedule is asked: time in epochs since its warm-up, and how long it has. */
interface Moment {
  readonly time: number;
  readonly duration: number;
  /** Steps in an epoch. */
  readonly stepsPerEpoch: number;
  readonly learningRate: number;
}

type FactorOf<K extends ScheduleKind> = (
  value: Extract<ScheduleValue, { readonly type: K }>,
  moment: Moment,
) => number;

/** The factor of each kind as a function of time alone. */
const factors = {
  constant: () => 1,
  reduceOnPlateau: () => 1,
  step: ({ everyEpochs, factor }, { time }) => factor ** Math.floor(time / everyEpochs + 1e-9),
  exponential: ({ factor }, { time }) => factor ** time,
  polynomial({ epochs, power, floor }, { time, duration }) {
    const rest = Math.max(0, 1 - time / (epochs ?? duration));
    return floor + (1 - floor) * rest ** power;
  },
  cosine({ epochs, periodFactor, restartFactor, floor }, { time, duration }) {
    let period = epochs ?? duration;
    let begin = 0;
    let height = 1;
    // Without a period of its own the curve ends with training and does not begin again.
    while (epochs !== undefined && time >= begin + period - 1e-9) {
      begin += period;
      period *= periodFactor;
      height *= restartFactor;
    }
    const part = Math.min(1, (time - begin) / period);
    return floor + (1 - floor) * height * 0.5 * (1 + Math.cos(Math.PI * part));
  },
  oneCycle({ rise, startDivisor, endDivisor }, { time, duration, stepsPerEpoch }) {
    // As PyTorch counts: the first step is the beginning, the last step the end.
    const last = duration * stepsPerEpoch - 1;
    const top = rise * duration * stepsPerEpoch - 1;
    const step = time * stepsPerEpoch;
    const start = 1 / startDivisor;
    if (step <= top) return between(start, 1, top > 0 ? step / top : 1);
    return between(
      1,
      start / endDivisor,
      last > top ? Math.min(1, (step - top) / (last - top)) : 1,
    );
  },
  rangeTest: ({ largest }, { time, duration, learningRate }) =>
    (largest / learningRate) ** Math.min(1, time / duration),
} satisfies { readonly [K in ScheduleKind]: FactorOf<K> };

/** Half a cosine from one value to another. */
function between(from: number, to: number, part: number): number {
  return to + 0.5 * (from - to) * (1 + Math.cos(Math.PI * part));
}

/** What the learning rate is multiplied with in a step, counted from 0 through the whole run. */
export function scheduleFactor(
  value: ScheduleValue | undefined,
  { epochs, stepsPerEpoch, learningRate }: ScheduleFrame,
  step: number,
  { reduction } = firstScheduleState,
): number {
  if (value === undefined) return 1;
  const warmUpSteps = value.warmUpEpochs * stepsPerEpoch;
  if (step < warmUpSteps) return (reduction * (step + 1)) / (Math.floor(warmUpSteps) + 1);
  const time = (step - warmUpSteps) / stepsPerEpoch;
  const duration = Math.max(epochs - value.warmUpEpochs, 1 / stepsPerEpoch);
  const factorOf = factors[value.type] as FactorOf<ScheduleKind>;
  return reduction * factorOf(value, { time, duration, stepsPerEpoch, learningRate });
}

/** What a schedule makes of an epoch's losses. */
export function observeEpoch(
  value: ScheduleValue | undefined,
  state: ScheduleState,
  losses: Readonly<Record<'train/loss' | 'validation/loss', number>>,
): ScheduleState {
  if (value?.type !== 'reduceOnPlateau') return state;
  const loss = losses[value.monitor];
  const { reduction, best } = state;
  const cooldown = Math.max(0, state.cooldown - 1);
  if (best === undefined || loss < best - value.minDelta) {
    return { reduction, best: loss, epochsWithoutImprovement: 0, cooldown };
  }
  const before = state.cooldown > 0 ? 0 : state.epochsWithoutImprovement;
  const waited = cooldown > 0 ? 0 : before + 1;
  if (waited < Math.max(1, value.patience)) {
    return { reduction, best, epochsWithoutImprovement: waited, cooldown };
  }
  const reduced = Math.max(value.floor, reduction * value.factor);
  return { reduction: reduced, best, epochsWithoutImprovement: 0, cooldown: value.cooldown };
}

/** How much of the smoothed loss each step of a range test keeps. */
const rangeSmoothing = 0.9;

/** What a range test makes of the loss of a step. */
export function observeStep(
  value: ScheduleValue | undefined,
  state: ScheduleState,
  { loss, learningRate }: { readonly loss: number; readonly learningRate: number },
): ScheduleState {
  if (value?.type !== 'rangeTest') return state;
  const { steps, smoothed, lowest, rateOfLowest } = state.range ?? {
    ...{ steps: 0, smoothed: 0, rateOfLowest: learningRate },
    lowest: Number.MAX_VALUE,
  };
  const sum = rangeSmoothing * smoothed + (1 - rangeSmoothing) * loss;
  // The average begins at 0, which the first values are corrected for.
  const mean = sum / (1 - rangeSmoothing ** (steps + 1));
  const isLowest = mean < lowest;
  return {
    ...state,
    range: {
      steps: steps + 1,
      smoothed: sum,
      lowest: isLowest ? mean : lowest,
      rateOfLowest: isLowest ? learningRate : rateOfLowest,
    },
  };
}

/** Whether a range test has seen its loss break away. */
export function rangeIsLeft(value: ScheduleValue | undefined, { range }: ScheduleState): boolean {
  if (value?.type !== 'rangeTest' || range === undefined) return false;
  const mean = range.smoothed / (1 - rangeSmoothing ** range.steps);
  return mean > value.stopFactor * range.lowest;
}

/** What a range test has found, for people. */
export function rangeAdvice({ range }: ScheduleState): string | undefined {
  if (range === undefined) return undefined;
  const { rateOfLowest } = range;
  const digits = (rate: number): string => Number(rate.toPrecision(2)).toString();
  return `Range test: the smoothed loss was lowest at a learning rate of ${digits(rateOfLowest)}. Train with a third to a tenth of it: ${digits(rateOfLowest / 10)} to ${digits(rateOfLowest / 3)}.`;
}
