import type { Interval } from '#common/run/events';
import { formatRange } from '../charts/format';

const methods = {
  wilson: 'Wilson’s score interval',
  bootstrap: 'percentiles of the bootstrap',
} as const satisfies Record<Interval['method'], string>;

/** A figure and below it how sure it is. */
export function Figure(props: {
  readonly format: (value: number) => string;
  readonly value: number | null | undefined;
  readonly interval: Interval | undefined;
}) {
  const { format, value, interval } = props;
  // What is not finite is written as nothing.
  if (value === undefined || value === null) return <>–</>;
  return (
    <>
      {format(value)}
      {interval !== undefined && (
        <div class="interval" title={`95 % confidence interval: ${methods[interval.method]}`}>
          {formatRange(format, interval.low, interval.high)}
        </div>
      )}
    </>
  );
}

/** How intervals are worked out: "Wilson’s score interval for accuracy; … for the rest." */
export function methodsText(
  intervals: readonly (Readonly<Record<string, Interval>> | undefined)[],
  titleOf: (name: string) => string,
): string {
  const all = intervals.flatMap((one) => Object.entries(one ?? {}));
  if (all.length === 0) return '';
  const parts = all.filter(([, { method }]) => method === 'wilson').map(([name]) => titleOf(name));
  const names = [...new Set(parts)].join(' and ').toLowerCase();
  const rest = all.some(([, { method }]) => method === 'bootstrap');
  const texts = [
    ...(names === '' ? [] : [`${methods.wilson} for ${names}`]),
    ...(rest ? [`${methods.bootstrap}${names === '' ? '' : ' for the rest'}`] : []),
  ];
  return `Small figures are 95 % confidence intervals: ${texts.join(', ')}.`;
}
