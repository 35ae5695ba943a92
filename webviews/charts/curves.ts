import type { CurveColumns } from '#common/protocol/panel';
import type { Split } from '#common/run/series';
import { createPyramid, type Pyramid } from './pyramid';

/** The curves of a run by split and tag, fed with columns as the host sends them. */
export interface Curves {
  get(split: Split, tag: string): Pyramid | undefined;
  /** Gives the charts whose curves have changed a reason to draw. */
  add(columns: readonly CurveColumns[]): void;
  onChange(listener: () => void): () => void;
}

export function createCurves(): Curves {
  const pyramids = new Map<string, Pyramid>();
  const listeners = new Set<() => void>();
  const keyOf = (split: Split, tag: string) => `${split} ${tag}`;
  return {
    get: (split, tag) => pyramids.get(keyOf(split, tag)),
    add(columns) {
      for (const { split, tag, from, steps, values } of columns) {
        const key = keyOf(split, tag);
        let pyramid = pyramids.get(key);
        if (pyramid === undefined) pyramids.set(key, (pyramid = createPyramid()));
        pyramid.replace(from, steps, values);
      }
      if (columns.length > 0) for (const listener of listeners) listener();
    },
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
