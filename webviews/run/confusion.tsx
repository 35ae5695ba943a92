import { useState } from 'preact/hooks';
import type { SplitResults } from '#common/run/events';
import { formatCount, formatPercent } from '../charts/format';
import { MatrixPicture } from './matrixPicture';
import { MatrixTable } from './matrixTable';
import { mistakesOf, partOf, totalOf, type CellPlace, type Matrix } from './matrixCells';

/** More classes than this have no room for numbers, and are drawn. */
const mostInTable = 20;
const shownMistakes = 5;

/** What both ways to show the matrix are given. */
export interface MatrixProps {
  readonly names: readonly string[];
  readonly matrix: Matrix;
  readonly chosen: number | undefined;
  readonly onCell: (place: CellPlace | undefined) => void;
}

/** Which classes are taken for which. */
export function Confusion(props: {
  readonly results: SplitResults;
  readonly matrix: Matrix;
  readonly chosen: string | undefined;
}) {
  const { results, matrix, chosen } = props;
  const [isInParts, setInParts] = useState(false);
  const [cell, setCell] = useState<CellPlace | undefined>(undefined);
  const names = namesOf(results, matrix.length);
  const unit = results.task === 'segmentation' ? 'pixels' : 'samples';
  const index = chosen === undefined ? -1 : names.indexOf(chosen);
  const shared = { names, matrix, chosen: index < 0 ? undefined : index, onCell: setCell };
  const tell = (place: CellPlace) => cellText(names, matrix, unit, place);
  const isTable = matrix.length <= mostInTable;
  return (
    <figure class="confusion">
      <figcaption>
        <h3>Confusion</h3>
        {isTable && (
          <vscode-checkbox
            checked={isInParts}
            onChange={({ target }) => setInParts((target as HTMLInputElement).checked)}
          >
            Percent of the true class
          </vscode-checkbox>
        )}
        <p class="hint">Rows are the true classes, columns what the network says.</p>
      </figcaption>
      {isTable ? (
        <MatrixTable {...shared} isInParts={isInParts} tell={tell} />
      ) : (
        <MatrixPicture {...shared} cell={cell} />
      )}
      <p class="read-out" aria-live="polite">
        {cell === undefined ? `Point at a cell to read it; numbers are ${unit}.` : tell(cell)}
      </p>
      <Mistakes matrix={matrix} tell={tell} />
    </figure>
  );
}

function Mistakes(props: { readonly matrix: Matrix; readonly tell: (place: CellPlace) => string }) {
  const mistakes = mistakesOf(props.matrix, shownMistakes);
  if (mistakes.length === 0) return <p class="hint">Nothing is mistaken for anything else.</p>;
  return (
    <>
      <h4>Most frequent mistakes</h4>
      <ol class="mistakes">
        {mistakes.map((place) => (
          <li key={`${place.actual} ${place.predicted}`}>{props.tell(place)}</li>
        ))}
      </ol>
    </>
  );
}

function cellText(
  names: readonly string[],
  matrix: Matrix,
  unit: string,
  place: CellPlace,
): string {
  const { actual, predicted } = place;
  const count = formatCount(matrix[actual]?.[predicted] ?? 0);
  const of = `${count} of ${formatCount(totalOf(matrix, actual))} ${unit}`;
  const what =
    actual === predicted
      ? `“${names[actual]}” recognized`
      : `“${names[actual]}” taken for “${names[predicted]}”`;
  return `${what}: ${of} (${formatPercent(partOf(matrix, place))})`;
}

function namesOf({ perClass }: SplitResults, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => perClass?.[index]?.name ?? String(index));
}
