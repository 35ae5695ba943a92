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

export const normalizations = { standardize, rescale } as const;

export type NormalizationKind = keyof typeof normalizations;
export type NormalizationValue = ValueOf<(typeof normalizations)[NormalizationKind]>;
