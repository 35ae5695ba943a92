import type { CurvePoints } from '#common/run/events';

/** Height of a curve that is straight between its points; where it goes straight up, of the upper end. */
export function heightOnLines({ x, y }: CurvePoints, place: number): number {
  const next = x.findIndex((value) => value > place);
  if (next < 0) return y.at(-1) ?? NaN;
  if (next === 0) return y[0] ?? NaN;
  const [left = 0, right = 1] = [x[next - 1], x[next]];
  const [from = 0, to = 0] = [y[next - 1], y[next]];
  return from + ((place - left) / (right - left)) * (to - from);
}

/** Height of a curve of which each point holds from the one before it on. */
export function heightOnSteps({ x, y }: CurvePoints, place: number): number {
  const point = x.findIndex((value) => value >= place);
  return y[point < 0 ? y.length - 1 : point] ?? NaN;
}
