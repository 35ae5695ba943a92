import { formatCount } from '../charts/format';
import type { MatrixProps } from './confusion';
import { partOf, type CellPlace } from './matrixCells';

/** Names that are longer stand upright over their columns. */
const longestLevelName = 3;

/** The confusion matrix with its numbers. */
export function MatrixTable(
  props: MatrixProps & {
    readonly isInParts: boolean;
    readonly tell: (place: CellPlace) => string;
  },
) {
  const { names, matrix, chosen, isInParts, tell, onCell } = props;
  const isUpright = names.some((name) => name.length > longestLevelName);
  return (
    <div class="matrix" tabIndex={0} role="region" aria-label="Confusion matrix">
      <table onPointerLeave={() => onCell(undefined)}>
        <thead>
          <tr>
            <td />
            {names.map((name, index) => (
              <th
                scope="col"
                key={name}
                title={name}
                class={`${isUpright ? 'upright' : ''} ${index === chosen ? 'chosen' : ''}`}
              >
                <span>{name}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {matrix.map((row, actual) => (
            <tr key={names[actual]}>
              <th scope="row" title={names[actual]} class={actual === chosen ? 'chosen' : ''}>
                {names[actual]}
              </th>
              {row.map((count, predicted) => {
                const place = { actual, predicted };
                const part = partOf(matrix, place);
                return (
                  <td
                    key={names[predicted]}
                    title={tell(place)}
                    class={cellClass(place, count, chosen)}
                    style={{ '--part': `${count === 0 ? 0 : 12 + 43 * part}%` }}
                    onPointerEnter={() => onCell(place)}
                  >
                    {isInParts ? Math.round(part * 100) : formatCount(count)}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function cellClass(place: CellPlace, count: number, chosen: number | undefined): string {
  const { actual, predicted } = place;
  const isOff = chosen !== undefined && actual !== chosen && predicted !== chosen;
  return [
    actual === predicted ? 'right' : 'wrong',
    count === 0 ? 'zero' : '',
    isOff ? 'off' : '',
  ].join(' ');
}
