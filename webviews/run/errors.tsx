import type { ErrorSpread } from '#common/run/events';
import { axisLabel, formatCount, formatNumber } from '../charts/format';

const [left, top, width, height] = [46, 8, 240, 170];

/** How the errors of single samples are spread: whether all are found about equally well. */
export function Errors({ errors }: { readonly errors: ErrorSpread }) {
  const { largest, median, counts } = errors;
  const most = Math.max(1, ...counts);
  const bottom = top + height;
  const bar = width / counts.length;
  const middle = left + (largest === 0 ? 0 : (median / largest) * width);
  const text = `Half of the samples have an error of at most ${formatNumber(median)}, all of at most ${formatNumber(largest)}.`;
  return (
    <figure class="unit" data-figure="errors">
      <figcaption>
        <h3>Errors of the samples</h3>
      </figcaption>
      <svg class="unit-plot" viewBox="0 0 300 214" role="img" aria-label={text}>
        {[0, 0.5, 1].map((part) => (
          <g key={part}>
            <path class="grid" d={`M${left} ${bottom - part * height}H${left + width}`} />
            <text x={left - 6} y={bottom - part * height + 4} text-anchor="end">
              {axisLabel(part * most)}
            </text>
            <text x={left + part * width} y={bottom + 15} text-anchor="middle">
              {axisLabel(part * largest)}
            </text>
          </g>
        ))}
        {counts.map((count, bin) => {
          const tall = (count / most) * height;
          return (
            <rect
              key={bin}
              class="bar"
              x={left + bin * bar + 0.5}
              y={bottom - tall}
              width={bar - 1}
              height={tall}
            >
              <title>{titleOf(errors, bin)}</title>
            </rect>
          );
        })}
        <path class="curve guess" d={`M${middle} ${top}V${bottom}`} />
        <text class="axis" x={left + width / 2} y="210" text-anchor="middle">
          mean absolute error
        </text>
        <text
          class="axis"
          text-anchor="middle"
          transform={`translate(12 ${top + height / 2}) rotate(-90)`}
        >
          samples
        </text>
      </svg>
      <p class="read-out">{text}</p>
    </figure>
  );
}

function titleOf({ largest, counts }: ErrorSpread, bin: number): string {
  const edge = (place: number) => formatNumber((largest * place) / counts.length);
  return `${formatCount(counts[bin] ?? 0)} samples from ${edge(bin)} to ${edge(bin + 1)}`;
}
