import type { CalibrationBin } from '#common/run/events';
import { calibrationErrorOf } from '../charts/calibrationError';
import { formatCount, formatPercent } from '../charts/format';
import { acrossOf, UnitPlot, upOf, type Reading } from '../charts/unitPlot';
import { LegendItem } from './legendItem';

/** Whether predictions of some confidence are right as often as they claim. */
export function Calibration({ bins }: { readonly bins: readonly CalibrationBin[] }) {
  const error = formatPercent(calibrationErrorOf(bins));
  const width = acrossOf(1 / bins.length) - acrossOf(0);
  return (
    <figure class="unit" data-figure="calibration">
      <figcaption>
        <h3>Calibration</h3>
        <ul class="legend">
          <LegendItem mark="bar" text="right" />
          <LegendItem mark="gap" text="gap to the confidence, on average (ECE)" value={error} />
          <LegendItem mark="guess" text="perfect" />
        </ul>
      </figcaption>
      <UnitPlot
        label={`Calibration: expected calibration error ${error}. ${describe(bins)}`}
        across="confidence"
        up="part that is right"
        hint="Point at a bar to read it."
        readingAt={(x) => readingIn(bins, x)}
      >
        {bins.map(({ accuracy, confidence }, bin) => {
          if (accuracy === undefined || confidence === undefined) return null;
          const x = acrossOf(bin / bins.length) + 0.5;
          const [low, high] = [Math.min(accuracy, confidence), Math.max(accuracy, confidence)];
          const bar = { x, width: width - 1 };
          return (
            <g key={bin}>
              <rect class="bar" {...bar} y={upOf(accuracy)} height={upOf(0) - upOf(accuracy)} />
              <rect class="gap" {...bar} y={upOf(high)} height={upOf(low) - upOf(high)} />
            </g>
          );
        })}
        <path class="curve guess" d={`M${acrossOf(0)} ${upOf(0)}L${acrossOf(1)} ${upOf(1)}`} />
      </UnitPlot>
      <Counts bins={bins} />
    </figure>
  );
}

/** How many predictions each bar stands for, at the same places across. */
function Counts({ bins }: { readonly bins: readonly CalibrationBin[] }) {
  const most = Math.max(1, ...bins.map(({ count }) => count));
  const width = acrossOf(1 / bins.length) - acrossOf(0);
  return (
    <svg class="unit-plot counts" viewBox="0 0 300 62" aria-hidden="true">
      <text x={acrossOf(0) - 6} y="12" text-anchor="end">
        {formatCount(most)}
      </text>
      <text x={acrossOf(0) - 6} y="44" text-anchor="end">
        0
      </text>
      <path class="grid" d={`M${acrossOf(0)} 40H${acrossOf(1)}`} />
      {bins.map(({ count }, bin) => {
        const height = (count / most) * 32;
        const x = acrossOf(bin / bins.length) + 0.5;
        return (
          <rect key={bin} class="count" x={x} y={40 - height} width={width - 1} height={height} />
        );
      })}
      <text class="axis" x={acrossOf(0.5)} y="56" text-anchor="middle">
        predictions of each confidence
      </text>
    </svg>
  );
}

function readingIn(bins: readonly CalibrationBin[], x: number): Reading | undefined {
  const index = Math.min(bins.length - 1, Math.floor(x * bins.length));
  const { count, confidence, accuracy } = bins[index]!;
  if (confidence === undefined || accuracy === undefined) return undefined;
  const times = count === 1 ? '1 prediction' : `${formatCount(count)} predictions`;
  const text = `${times}: ${formatPercent(confidence)} sure, ${formatPercent(accuracy)} right`;
  return { x: (index + 0.5) / bins.length, y: accuracy, text };
}

function describe(bins: readonly CalibrationBin[]): string {
  const told = bins.flatMap(({ count, confidence, accuracy }) =>
    confidence === undefined || accuracy === undefined
      ? []
      : `${formatCount(count)} of confidence ${formatPercent(confidence)} are right in ${formatPercent(accuracy)}`,
  );
  return told.join('; ');
}
