import { useState } from 'preact/hooks';
import type { RunView } from '#common/protocol/panel';
import type { ClassResults, Interval, SplitResults } from '#common/run/events';
import { splits, type Split } from '#common/run/series';
import { capitalized, formatPercent } from '../charts/format';

/** More classes than this make a table that nobody can read. */
const maxClasses = 30;

/** Which classes are taken for which, on one of the splits. */
export function Confusion({ results }: { readonly results: RunView['results'] }) {
  const known = splits.filter((split) => isShown(results[split]));
  const [wanted, setWanted] = useState<Split>('validation');
  const split = known.includes(wanted) ? wanted : known[0];
  const shown = split === undefined ? undefined : results[split];
  if (split === undefined || shown?.confusionMatrix === undefined) return null;
  const names = namesOf(shown, shown.confusionMatrix.length);
  return (
    <section class="confusion">
      <h2>Confusion</h2>
      <div class="tabs" role="group" aria-label="Split">
        {known.map((one) => (
          <button
            key={one}
            type="button"
            aria-pressed={one === split}
            onClick={() => setWanted(one)}
          >
            {capitalized(one)}
          </button>
        ))}
      </div>
      <p class="hint">Rows are the true classes, columns what the network says.</p>
      <Matrix names={names} matrix={shown.confusionMatrix} />
      {shown.perClass !== undefined && <Classes classes={shown.perClass} />}
    </section>
  );
}

/** How well each class is found, and how sure that is. */
function Classes({ classes }: { readonly classes: readonly ClassResults[] }) {
  const figures = (['precision', 'recall', 'f1', 'iou'] as const).filter((name) =>
    classes.some((one) => one[name] !== undefined),
  );
  return (
    <table class="classes">
      <thead>
        <tr>
          <th scope="col">Class</th>
          {figures.map((name) => (
            <th scope="col" key={name}>
              {{ precision: 'Precision', recall: 'Recall', f1: 'F1', iou: 'IoU' }[name]}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {classes.map((one) => (
          <tr key={one.name}>
            <th scope="row">{one.name}</th>
            {figures.map((name) => (
              <td key={name} title={intervalTitle(one.intervals?.[name])}>
                {formatPercent(one[name] ?? 0)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function intervalTitle(interval: Interval | undefined): string | undefined {
  if (interval === undefined) return undefined;
  return `95 % interval: ${formatPercent(interval.low)} – ${formatPercent(interval.high)}`;
}

function Matrix(props: {
  readonly names: readonly string[];
  readonly matrix: readonly (readonly number[])[];
}) {
  const { names, matrix } = props;
  return (
    <div class="matrix">
      <table>
        <thead>
          <tr>
            <td />
            {names.map((name) => (
              <th scope="col" key={name}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {matrix.map((row, actual) => (
            <tr key={names[actual]}>
              <th scope="row">{names[actual]}</th>
              {row.map((count, predicted) => (
                <Cell
                  key={names[predicted]}
                  count={count}
                  part={partOf(row, count)}
                  isRight={actual === predicted}
                />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Cell(props: { readonly count: number; readonly part: number; readonly isRight: boolean }) {
  const { count, part, isRight } = props;
  const colour = isRight ? 'var(--vscode-charts-blue)' : 'var(--vscode-charts-red)';
  const strength = count === 0 ? 0 : 12 + 48 * part;
  const background = `color-mix(in srgb, ${colour} ${strength.toFixed(0)}%, transparent)`;
  return (
    <td style={{ background }} class={count === 0 ? 'zero' : ''}>
      {count}
    </td>
  );
}

function isShown(results: SplitResults | undefined): boolean {
  const size = results?.confusionMatrix?.length ?? 0;
  return size > 0 && size <= maxClasses;
}

function namesOf({ perClass }: SplitResults, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => perClass?.[index]?.name ?? String(index));
}

function partOf(row: readonly number[], count: number): number {
  const total = row.reduce((sum, value) => sum + value, 0);
  return total === 0 ? 0 : count / total;
}
