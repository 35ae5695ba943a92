import type { Dataset } from './dataset';

/** The targets of a batch. */
export interface BatchTargets {
  /** Of masks: the class of each pixel. */
  readonly labels?: Int32Array;
  /** Of anything but classes. */
  readonly target?: Float32Array;
}

/** Reads the targets of samples, if they are more than the class of an image. */
export function readTargets(
  { targets }: Pick<Dataset, 'targets'>,
  samples: Uint32Array,
): BatchTargets {
  if (targets === undefined) return {};
  if (targets.kind === 'mask') {
    const labels = new Int32Array(samples.length * targets.size);
    targets.read(samples, labels);
    return { labels };
  }
  const target = new Float32Array(samples.length * targets.size);
  targets.read(samples, target);
  return { target };
}
