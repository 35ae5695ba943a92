/** The epochs that all charts of a page show: a stretch, or all of them. */
export interface Zoom {
  readonly stretch: Stretch | undefined;
  set(stretch: Stretch | undefined): void;
  onChange(listener: () => void): () => void;
}

export interface Stretch {
  readonly from: number;
  readonly to: number;
}

export function createZoom(): Zoom {
  const listeners = new Set<() => void>();
  let stretch: Stretch | undefined;
  return {
    get stretch() {
      return stretch;
    },
    set(next) {
      stretch = next;
      for (const listener of listeners) listener();
    },
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
