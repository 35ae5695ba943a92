import { metricComponent } from '../catalogue/metrics';
import type { BaselineResults, SplitResults } from './events';
import type { Figures } from './record';

/** The loss, its terms and the metrics, by their names. */
export function figuresOf({
  loss,
  terms,
  metrics,
}: Pick<BaselineResults, 'loss' | 'terms' | 'metrics'>): Figures {
  return { loss, ...terms, ...metrics };
}

/** Whether a figure is better than another value of it; the loss, like any error, by being smaller. */
export function isBetter(name: string, value: number, than: number): boolean {
  return metricComponent(name)?.better === 'larger' ? value > than : value < than;
}

/** A constant answer as frequent as the classes are is calibrated by its making: it proves nothing. */
const notCompared = 'expectedCalibrationError';

/** Figures in which the network is no better than the best constant answer. */
export function notBetterThanBaseline(results: SplitResults): readonly string[] {
  const { baseline } = results;
  if (baseline === undefined) return [];
  const guessed: Readonly<Record<string, number>> = { loss: baseline.loss, ...baseline.metrics };
  return Object.entries({ loss: results.loss, ...results.metrics }).flatMap(([name, value]) => {
    const guess = guessed[name];
    return guess === undefined || name === notCompared || isBetter(name, value, guess)
      ? []
      : [name];
  });
}
