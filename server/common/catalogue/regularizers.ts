import { defineComponent, type ValueOf } from './component';
import { realNumber } from './parameters';

const l2 = defineComponent({
  type: 'l2',
  title: 'L2',
  summary: 'Pulls kernels towards 0 in proportion to their size; biases and norms are left alone.',
  formula: 'R = λ Σ w² (without ½, as in Keras; its gradient is 2 λ w)',
  params: {
    lambda: realNumber({ description: 'Strength λ.', minimum: 0, maximum: 100, default: 1e-4 }),
  },
  references: [{ title: 'Keras L2', url: 'https://keras.io/api/layers/regularizers/' }],
  snippet: '"lambda": ${1:1e-4}',
  examples: [{ type: 'l2', lambda: 1e-4 }],
});

export const regularizers = { l2 } as const;

export type RegularizerKind = keyof typeof regularizers;
export type RegularizerValue = ValueOf<(typeof regularizers)[RegularizerKind]>;
