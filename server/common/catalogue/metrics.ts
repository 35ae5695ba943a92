import { defineComponent } from './component';

const accuracy = defineComponent({
  type: 'accuracy',
  title: 'Accuracy',
  summary: 'Part of the samples whose largest logit is at the true class.',
  formula: 'mean of [argmax_k z_k = label]',
  params: {},
  references: [],
  examples: [],
});

/** Metrics are named in the `metrics` list of the file. */
export const metrics = { accuracy } as const;

export type MetricKind = keyof typeof metrics;
