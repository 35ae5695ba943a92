import type { ClassCurves, CurvePair } from '#common/run/events';
import {
  areaUnderRoc,
  averagePrecision,
  precisionRecallCurve,
  rocCurve,
  type Curve,
  type Ranking,
} from './ranking';

/** What results show of rankings, one a class. */
export interface RankingCurves {
  readonly curves?: readonly ClassCurves[];
  readonly macroCurves?: CurvePair;
}

/** The curves of each class that has samples of both kinds, and their mean if there are several. */
export function curvesOf(
  rankings: readonly Ranking[],
  classNames: readonly string[],
): RankingCurves {
  const all = rankings.flatMap((ranking, k): ClassCurves[] => {
    const area = areaUnderRoc(ranking);
    if (area === undefined) return [];
    const precision = averagePrecision(ranking) ?? 0;
    return [
      {
        name: classNames[k]!,
        roc: { ...rocCurve(ranking), area },
        precisionRecall: { ...precisionRecallCurve(ranking), area: precision },
      },
    ];
  });
  if (all.length === 0) return {};
  const curves = all.map(({ name, roc, precisionRecall }) => ({
    name,
    roc: { ...thin(roc), area: roc.area },
    precisionRecall: { ...thin(precisionRecall), area: precisionRecall.area },
  }));
  return { curves, ...(all.length > 1 && { macroCurves: macroOf(all) }) };
}

/** More points than this are not seen in a curve. */
const mostPoints = 200;

/**
 * The same curve in few points. Those within a stretch straight up, down or across go first, which
 * changes nothing. Of what is left, if it is still too much, those go that are nearer to the last one
 * kept than a 198th of the way along the whole curve, across and up.
 */
export function thin({ x, y }: Curve): Curve {
  const corners = [...x.keys()].filter((i) => !isLevel(x, i) && !isLevel(y, i));
  const kept = corners.length <= mostPoints ? corners : spread({ x, y }, corners);
  return { x: kept.map((i) => x[i]!), y: kept.map((i) => y[i]!) };
}

/** Whether a value is that of both its neighbours. */
function isLevel(values: readonly number[], i: number): boolean {
  return values[i - 1] === values[i] && values[i] === values[i + 1];
}

/** Of the points, the first, the last, and so many between that they lie evenly along the curve. */
function spread({ x, y }: Curve, points: readonly number[]): readonly number[] {
  const steps = points.map((point, i) => {
    const before = points[i - 1] ?? point;
    return Math.abs(x[point]! - x[before]!) + Math.abs(y[point]! - y[before]!);
  });
  const least = steps.reduce((sum, step) => sum + step, 0) / (mostPoints - 2);
  let way = 0;
  return points.filter((_, i) => {
    way += steps[i]!;
    const isEnd = i === 0 || i === points.length - 1;
    if (!isEnd && way < least) return false;
    way = 0;
    return true;
  });
}

/** Places across at which the mean of curves is worked out. */
const macroPlaces = Array.from({ length: 101 }, (_, i) => i / 100);

/** The mean of curves at each place across; the area below it is the mean of their areas. */
function macroOf(all: readonly ClassCurves[]): CurvePair {
  const mean = (valueOf: (one: ClassCurves) => number) =>
    all.reduce((sum, one) => sum + valueOf(one), 0) / all.length;
  const heights = macroPlaces.map((place) => mean(({ roc }) => heightOfRoc(roc, place)));
  return {
    roc: { x: [0, ...macroPlaces], y: [0, ...heights], area: mean(({ roc }) => roc.area) },
    precisionRecall: {
      x: macroPlaces,
      y: macroPlaces.map((place) => mean((one) => precisionAt(one.precisionRecall, place))),
      area: mean(({ precisionRecall }) => precisionRecall.area),
    },
  };
}

/** Between its points a ROC curve is straight; where it goes straight up, the upper end counts. */
function heightOfRoc({ x, y }: Curve, place: number): number {
  const next = x.findIndex((value) => value > place);
  if (next < 0) return y.at(-1)!;
  const part = (place - x[next - 1]!) / (x[next]! - x[next - 1]!);
  return y[next - 1]! + part * (y[next]! - y[next - 1]!);
}

/** The precision at the strictest threshold with some, and at least this, recall, as average precision has it. */
function precisionAt({ x, y }: Curve, recall: number): number {
  return y[x.findIndex((found) => found > 0 && found >= recall)]!;
}
