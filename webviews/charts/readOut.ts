import type { ChartSpec, LineSpec } from './chartSpec';
import type { Curves } from './curves';

/** A row of a chart's legend. */
export interface ReadOut {
  readonly line: LineSpec;
  /** Undefined where the curve has not begun. */
  readonly value: number | undefined;
  readonly text: string;
}

/** The exact values of all curves of a chart at an epoch, or the latest ones. */
export function readOut(
  spec: ChartSpec,
  curves: Curves,
  stepsPerEpoch: number,
  epoch: number | undefined,
): readonly ReadOut[] {
  return spec.lines.map((line) => {
    const curve = curves.get(line.split, line.tag);
    const x = epoch === undefined ? Infinity : epoch * stepsInEpoch(line, stepsPerEpoch);
    const index = curve?.indexAt(x) ?? -1;
    const value = index < 0 ? undefined : curve?.yAt(index);
    return { line, value, text: value === undefined ? '–' : spec.format(value) };
  });
}

/** What the steps of a curve are divided by to get epochs. */
export function stepsInEpoch({ isPerStep }: LineSpec, stepsPerEpoch: number): number {
  return isPerStep ? Math.max(1, stepsPerEpoch) : 1;
}
