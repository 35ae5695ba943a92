import type { CurvePair, CurvePoints, SplitResults } from '#common/run/events';
import { heightOnLines, heightOnSteps } from '../charts/curveReading';
import { formatNumber, formatPercent } from '../charts/format';
import { acrossOf, UnitPlot, upOf } from '../charts/unitPlot';
import { LegendItem } from './legendItem';

/** What tells the two kinds of curves apart. */
interface CurveKind {
  readonly id: keyof CurvePair;
  readonly title: string;
  readonly areaName: string;
  readonly across: string;
  readonly up: string;
  readonly isStepped: boolean;
  /** Of scores that say nothing, where `prevalence` is the part of the samples that is of the class. */
  guessAt(x: number, prevalence: number): number;
  guessArea(prevalence: number): number;
}

const kinds: readonly CurveKind[] = [
  {
    id: 'roc',
    title: 'ROC curve',
    areaName: 'area',
    across: 'false-positive rate',
    up: 'true-positive rate',
    isStepped: false,
    guessAt: (x) => x,
    guessArea: () => 0.5,
  },
  {
    id: 'precisionRecall',
    title: 'Precision and recall',
    areaName: 'average precision',
    across: 'recall',
    up: 'precision',
    isStepped: true,
    guessAt: (_x, prevalence) => prevalence,
    guessArea: (prevalence) => prevalence,
  },
];

interface CurveProps {
  readonly results: SplitResults;
  /** The class that is looked at; all of them if there is none. */
  readonly chosen: string | undefined;
}

/** ROC and precision over recall: of one class against the rest, or of all classes and their mean. */
export function RankingCurves({ results, chosen }: CurveProps) {
  const focus = focusOf(results, chosen);
  if (focus === undefined) return null;
  return (
    <>
      {kinds.map((kind) => (
        <CurveFigure key={kind.id} kind={kind} focus={focus} results={results} />
      ))}
    </>
  );
}

/** The curve in the foreground. */
interface Focus {
  readonly name: string;
  readonly pair: CurvePair;
  readonly prevalence: number;
  /** Whether the curves of the classes are drawn behind it. */
  readonly isMean: boolean;
}

function focusOf(results: SplitResults, chosen: string | undefined): Focus | undefined {
  const { curves = [], macroCurves, confusionMatrix } = results;
  // Two classes that exclude each other have one curve, read as "the second, or not".
  const isBinary = confusionMatrix?.length === 2;
  const wanted =
    chosen ?? (isBinary || macroCurves === undefined ? curves.at(-1)?.name : undefined);
  const one = curves.find(({ name }) => name === wanted);
  const prevalences = curves.map(({ name }) => prevalenceOf(results, name));
  if (one !== undefined) {
    const prevalence = prevalenceOf(results, one.name);
    return { name: one.name, pair: one, prevalence, isMean: false };
  }
  if (macroCurves === undefined || chosen !== undefined) return undefined;
  const prevalence = prevalences.reduce((sum, part) => sum + part, 0) / prevalences.length;
  return { name: 'mean of the classes', pair: macroCurves, prevalence, isMean: true };
}

function prevalenceOf({ perClass = [], count }: SplitResults, wanted: string): number {
  return (perClass.find(({ name }) => name === wanted)?.count ?? 0) / count;
}

function CurveFigure(props: {
  readonly kind: CurveKind;
  readonly focus: Focus;
  readonly results: SplitResults;
}) {
  const { kind, focus, results } = props;
  const { id, title, areaName, across, up, isStepped, guessAt, guessArea } = kind;
  const { name, pair, prevalence, isMean } = focus;
  const curve = pair[id];
  const heightAt = isStepped ? heightOnSteps : heightOnLines;
  const area = formatNumber(curve.area);
  const chance = formatNumber(guessArea(prevalence));
  return (
    <figure class="unit" data-figure={id}>
      <figcaption>
        <h3>{title}</h3>
        <ul class="legend">
          <LegendItem mark="main" text={`${name}, ${areaName}`} value={area} />
          {isMean && <LegendItem mark="faint" text="each class" />}
          <LegendItem mark="guess" text="guessing" value={chance} />
        </ul>
      </figcaption>
      <UnitPlot
        label={`${title}, ${name}: ${areaName} ${area}; guessing has ${chance}`}
        across={across}
        up={up}
        hint="Point at the curve to read it."
        readingAt={(x) => {
          const y = heightAt(curve, x);
          const text = `${up} ${formatPercent(y)} at ${across} ${formatPercent(x)}`;
          return { x, y, text };
        }}
      >
        {isMean &&
          results.curves?.map((one) => (
            <path key={one.name} class="curve faint" d={lineOf(one[id], isStepped)} />
          ))}
        <path
          class="curve guess"
          d={`M${acrossOf(0)} ${upOf(guessAt(0, prevalence))}L${acrossOf(1)} ${upOf(guessAt(1, prevalence))}`}
        />
        <path class="curve main" d={lineOf(curve, isStepped)} />
      </UnitPlot>
    </figure>
  );
}

/** A path through the points: straight, or with each height held from the point before on. */
function lineOf({ x, y }: CurvePoints, isStepped: boolean): string {
  const place = (value: number) => value.toFixed(2);
  if (!isStepped) {
    return `M${x.map((one, i) => `${place(acrossOf(one))} ${place(upOf(y[i]!))}`).join('L')}`;
  }
  const steps = x.map((one, i) => `V${place(upOf(y[i]!))}H${place(acrossOf(one))}`);
  return `M${acrossOf(0)} ${place(upOf(y[0]!))}${steps.join('')}`;
}
