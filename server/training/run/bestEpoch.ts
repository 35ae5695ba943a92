import { largerIsBetter, monitoredFigure, type Monitor } from '#common/catalogue/training';
import type { Experiment } from '#common/experiment/experiment';
import type { Figures } from '#common/run/record';

/** Figures of one epoch. */
export interface EpochFigures {
  readonly train: Figures;
  readonly validation: Figures;
}

/** What early stopping remembers; part of a checkpoint. */
export interface WatchState {
  /** The best epoch so far, counted from 1, and its figures. */
  readonly best?: EpochFigures & { readonly epoch: number };
  /** The value that the next improvement is measured against. */
  readonly reference?: number;
  readonly epochsWithoutImprovement: number;
}

export interface Verdict {
  /** Whether this epoch is the best one so far. */
  readonly isBest: boolean;
  /** Whether patience is at its end. */
  readonly stops: boolean;
}

/** Follows the monitored series: keeps the best epoch and says when to stop. */
export interface BestEpochWatch {
  readonly monitor: Monitor;
  readonly state: WatchState;
  observe(epoch: number, figures: EpochFigures): Verdict;
  restore(state: WatchState): void;
}

export function createWatch({ training }: Pick<Experiment, 'training'>): BestEpochWatch {
  const { earlyStopping } = training;
  const monitor: Monitor = earlyStopping?.monitor ?? 'validation/loss';
  const sign = largerIsBetter(monitor) ? -1 : 1;
  let state: WatchState = { epochsWithoutImprovement: 0 };

  /** Smaller is better, whatever is watched; undefined where a metric has no value. */
  function costOf({ train, validation }: EpochFigures): number | undefined {
    const figures = monitor.startsWith('train/') ? train : validation;
    const value = figures[monitoredFigure(monitor)];
    return value === undefined ? undefined : sign * value;
  }
  function isBelow(cost: number | undefined, reference: number | undefined): boolean {
    return cost !== undefined && (reference === undefined || cost < reference);
  }
  return {
    monitor,
    get state() {
      return state;
    },
    observe(epoch, figures) {
      const cost = costOf(figures);
      const isBest = state.best === undefined || isBelow(cost, costOf(state.best));
      // The best weights are the best; only patience asks for a smallest change, as in Keras.
      const { reference, epochsWithoutImprovement } = state;
      const { minDelta = 0, patience = Infinity } = earlyStopping ?? {};
      const isImproved = isBelow(cost, reference === undefined ? undefined : reference - minDelta);
      state = {
        best: isBest ? { epoch, ...figures } : state.best,
        reference: isImproved ? cost : reference,
        epochsWithoutImprovement: isImproved ? 0 : epochsWithoutImprovement + 1,
      };
      return { isBest, stops: !isImproved && state.epochsWithoutImprovement >= patience };
    },
    restore(restored) {
      state = restored;
    },
  };
}
