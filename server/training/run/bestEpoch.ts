import { largerIsBetter, type Monitor } from '#common/catalogue/training';
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

  /** Smaller is better, whatever is watched. */
  function costOf({ train, validation }: EpochFigures): number {
    const [split, name = ''] = monitor.split('/');
    const value = (split === 'train' ? train : validation)[name];
    if (value === undefined) throw new Error(`An epoch has no figure for "${monitor}".`);
    return sign * value;
  }
  return {
    monitor,
    get state() {
      return state;
    },
    observe(epoch, figures) {
      const cost = costOf(figures);
      const isBest = state.best === undefined || cost < costOf(state.best);
      // The best weights are the best; only patience asks for a smallest change, as in Keras.
      const isImproved =
        state.reference === undefined || cost < state.reference - (earlyStopping?.minDelta ?? 0);
      state = {
        best: isBest ? { epoch, ...figures } : state.best,
        reference: isImproved ? cost : state.reference,
        epochsWithoutImprovement: isImproved ? 0 : state.epochsWithoutImprovement + 1,
      };
      const isOut = state.epochsWithoutImprovement >= (earlyStopping?.patience ?? Infinity);
      return { isBest, stops: !isImproved && isOut };
    },
    restore(restored) {
      state = restored;
    },
  };
}
