import { Type } from '@sinclair/typebox';
import { defineComponent, type ValueOf } from './component';
import { oneOfNames, yesNo, realNumber } from './parameters';

const scope = oneOfNames(
  {
    dataset: 'One set of figures, fitted on the training split as the instrument sees it.',
    instance: 'Each image by its own figures.',
  },
  { description: 'What the figures are taken over.', default: 'dataset' },
);
const perChannel = yesNo({ description: 'Separate figures for each channel.', default: false });

const standardize = defineComponent({
  type: 'standardize',
  title: 'Standardize',
  summary: 'Shifts and scales the input of the network to zero mean and unit variance.',
  formula: 'y = (x − μ) / max(σ, 1e−7)',
  params: { scope, perChannel },
  references: [],
  examples: [{ type: 'standardize', scope: 'dataset' }],
});

const rescale = defineComponent({
  type: 'rescale',
  title: 'Rescale',
  summary: 'Maps the smallest and largest value to a fixed range.',
  formula: 'y = minimum + (maximum − minimum) (x − min x) / max(max x − min x, 1e−7)',
  params: {
    scope,
    perChannel,
    minimum: realNumber({ description: 'Where the smallest value goes.', default: 0 }),
    maximum: realNumber({ description: 'Where the largest value goes.', default: 1 }),
  },
  references: [],
  examples: [{ type: 'rescale', scope: 'dataset', minimum: -1, maximum: 1 }],
});

const percent = (description: string, value: number) =>
  realNumber({ description, unit: '%', minimum: 0, maximum: 100, default: value });

const percentile = defineComponent({
  type: 'percentile',
  title: 'Percentiles',
  summary:
    'Maps two percentiles to a fixed range, so that a few very dark or bright pixels do not decide the scale.',
  formula:
    'y = minimum + (maximum − minimum) (x − P_lower) / max(P_upper − P_lower, 1e−7), cut to the range if `clip`; percentiles between two values are interpolated, as NumPy does',
  params: {
    scope,
    perChannel,
    lower: percent('The percentile that goes to the minimum.', 1),
    upper: percent('The percentile that goes to the maximum.', 99),
    minimum: realNumber({ description: 'Where the lower percentile goes.', default: 0 }),
    maximum: realNumber({ description: 'Where the upper percentile goes.', default: 1 }),
    clip: yesNo({ description: 'Cut what lies beyond to the range.', default: true }),
  },
  references: [],
  examples: [{ type: 'percentile', scope: 'instance', lower: 2, upper: 98 }],
});

/** One number for all channels, or one for each. */
function perChannelNumber(
  description: string,
  value: number,
  range: { exclusiveMinimum?: number },
) {
  const one = Type.Number(range);
  return Type.Union([one, Type.Array(one, { minItems: 1, maxItems: 64 })], {
    description,
    default: value,
  });
}

const fixed = defineComponent({
  type: 'fixed',
  title: 'Fixed mean and deviation',
  summary:
    'Shifts and scales by numbers that are given, such as those that a network was trained with before.',
  formula: 'y = (x − mean) / deviation',
  params: {
    mean: perChannelNumber('What is taken off: one number, or one for each channel.', 0, {}),
    deviation: perChannelNumber('What is divided by: one number, or one for each channel.', 1, {
      exclusiveMinimum: 0,
    }),
  },
  references: [],
  examples: [{ type: 'fixed', mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] }],
});

export const normalizations = { standardize, rescale, percentile, fixed } as const;

export type NormalizationKind = keyof typeof normalizations;
export type NormalizationValue = ValueOf<(typeof normalizations)[NormalizationKind]>;
export type NormalizationValueOf<K extends NormalizationKind> = ValueOf<(typeof normalizations)[K]>;
