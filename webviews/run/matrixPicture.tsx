import { useMemo } from 'preact/hooks';
import type { MatrixProps } from './confusion';
import { shades, squaresOf, type CellPlace } from './matrixCells';

const levels = Array.from({ length: shades }, (_, index) => index + 1);

/** The confusion matrix of many classes, as squares that are the stronger the more of a class they hold. */
export function MatrixPicture(props: MatrixProps & { readonly cell: CellPlace | undefined }) {
  const { matrix, chosen, cell, onCell } = props;
  const size = matrix.length;
  const squares = useMemo(
    () =>
      levels.flatMap((shade) =>
        [true, false].map((isRight) => (
          <path
            key={`${shade} ${isRight}`}
            class={isRight ? 'right' : 'wrong'}
            style={{ 'fill-opacity': 0.15 + (0.85 * shade) / shades }}
            d={squaresOf(matrix, isRight, shade)}
          />
        )),
      ),
    [matrix],
  );
  const move = (change: Partial<CellPlace>) => {
    const { actual, predicted } = { ...(cell ?? { actual: 0, predicted: 0 }), ...change };
    const inside = (value: number) => Math.min(size - 1, Math.max(0, value));
    onCell({ actual: inside(actual), predicted: inside(predicted) });
  };
  const marked = cell ?? (chosen === undefined ? undefined : { actual: chosen, predicted: chosen });
  return (
    <svg
      class="matrix-picture"
      viewBox={`0 0 ${size} ${size}`}
      role="img"
      aria-label={`Confusion matrix of ${size} classes; the most frequent mistakes are listed below it`}
      tabIndex={0}
      onPointerMove={(event) => move(placeUnder(event, size))}
      onPointerLeave={() => onCell(undefined)}
      onBlur={() => onCell(undefined)}
      onKeyDown={(event) => {
        const change = stepOf(event.key, cell);
        if (change === undefined) return;
        event.preventDefault();
        move(change);
      }}
    >
      {squares}
      {marked !== undefined && (
        <>
          <rect class="band" x="0" y={marked.actual} width={size} height="1" />
          <rect class="band" x={marked.predicted} y="0" width="1" height={size} />
        </>
      )}
    </svg>
  );
}

function placeUnder(event: PointerEvent, size: number): CellPlace {
  const box = (event.currentTarget as Element).getBoundingClientRect();
  return {
    actual: Math.floor(((event.clientY - box.top) / box.height) * size),
    predicted: Math.floor(((event.clientX - box.left) / box.width) * size),
  };
}

/** Where an arrow key leads. */
function stepOf(key: string, cell: CellPlace | undefined): Partial<CellPlace> | undefined {
  const { actual, predicted } = cell ?? { actual: 0, predicted: 0 };
  switch (key) {
    case 'ArrowUp':
      return { actual: actual - 1 };
    case 'ArrowDown':
      return { actual: actual + 1 };
    case 'ArrowLeft':
      return { predicted: predicted - 1 };
    case 'ArrowRight':
      return { predicted: predicted + 1 };
    default:
      return undefined;
  }
}
