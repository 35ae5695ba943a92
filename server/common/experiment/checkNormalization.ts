import type { Experiment } from './experiment';
import type { Finding } from './problem';
import type { Trace } from './trace';

/** Whether the numbers of the normalization fit together and to the channels that it gets. */
export function checkNormalization(
  { normalization }: Experiment,
  trace: Trace,
): readonly Finding[] {
  switch (normalization?.type) {
    case 'rescale':
      return checkOrder('minimum', 'maximum', normalization);
    case 'percentile':
      return [
        ...checkOrder('lower', 'upper', normalization),
        ...checkOrder('minimum', 'maximum', normalization),
      ];
    case 'fixed':
      return checkChannels(normalization, trace);
    case 'standardize':
    case undefined:
      return [];
  }
}

function checkOrder<K extends string>(
  low: K,
  high: K,
  values: Readonly<Record<K, number>>,
): readonly Finding[] {
  if (values[low] < values[high]) return [];
  const message = `\`${low}\` must be below \`${high}\`; got ${values[low]} and ${values[high]}. Exchange them.`;
  const path = ['normalization', low];
  return [{ severity: 'error', code: 'values/order', message, path }];
}

type Fixed = Extract<Experiment['normalization'], { readonly type: 'fixed' }>;

function checkChannels(value: Fixed, { physics, input }: Trace): readonly Finding[] {
  const channels = (physics.at(-1)?.outputShape ?? input).at(-1);
  return (['mean', 'deviation'] as const).flatMap((key): Finding[] => {
    const given = value[key];
    if (typeof given === 'number' || given.length === channels) return [];
    const message = `\`${key}\` must be one number, or one for each of the ${channels} channels; got ${given.length}. ${given.length === 1 ? 'Write it without brackets.' : `Write ${channels} numbers.`}`;
    const path = ['normalization', key];
    return [{ severity: 'error', code: 'normalization/channels', message, path }];
  });
}
