// What was measured, and how it is judged.
import { median } from '../timing';
import type { Bound, Yardstick } from './bounds';
import type { Team } from './sides';

/** Times of one side for one subject. */
export interface Measured {
  readonly subject: string;
  readonly side: string;
  readonly team: Team;
  readonly variant: string;
  readonly threads: number;
  /** The version of Node of one of our own sides. */
  readonly node?: number;
  /** Of all rounds. */
  readonly milliseconds: number[];
  /** Why there are no times. */
  error?: string;
}

/** How a side stands beside the peers: part of their times, of the fastest variant of each. */
export interface Judgement extends Measured {
  readonly median: number;
  readonly min: number;
  /** Of the medians. */
  readonly ratios: Readonly<Record<Yardstick, number>>;
  /** Of the fastest steps, which other programs on the machine disturb less. */
  readonly ratiosOfMinima: Readonly<Record<Yardstick, number>>;
  readonly bound?: Bound;
  readonly isReached?: boolean;
}

/** Which bound holds for a side, if any. */
export type BoundOf = (measured: Measured) => Bound | undefined;

type Figure = (values: readonly number[]) => number;

/** Compares all sides that have times for one subject with the peers among them. */
export function judge(all: readonly Measured[], boundOf: BoundOf): readonly Judgement[] {
  const timed = all.filter(({ milliseconds }) => milliseconds.length > 0);
  const ratiosOf = ({ milliseconds }: Measured, figure: Figure): Record<Yardstick, number> => {
    const least = (teams: readonly Team[]): number => {
      const peers = timed.filter(({ team }) => teams.includes(team));
      return smallest(peers.map((peer) => figure(peer.milliseconds)));
    };
    return {
      'the best peer': figure(milliseconds) / least(['PyTorch', 'Keras']),
      PyTorch: figure(milliseconds) / least(['PyTorch']),
    };
  };
  return timed.map((measured): Judgement => {
    const bound = boundOf(measured);
    const ratios = ratiosOf(measured, median);
    return {
      ...measured,
      median: median(measured.milliseconds),
      min: smallest(measured.milliseconds),
      ratios,
      ratiosOfMinima: ratiosOf(measured, smallest),
      ...(bound && { bound, isReached: ratios[bound.of] <= bound.factor }),
    };
  });
}

export function smallest(values: readonly number[]): number {
  return values.reduce((least, value) => Math.min(least, value), Infinity);
}
