import { Type } from '@sinclair/typebox';
import { defineComponent, branchesOf, type ValueOf } from './component';
import { realNumber } from './parameters';

const lambda = realNumber({
  description: 'Strength λ.',
  minimum: 0,
  maximum: 100,
  default: 1e-4,
});
const keras = { title: 'Keras regularizers', url: 'https://keras.io/api/layers/regularizers/' };

const l1 = defineComponent({
  type: 'l1',
  title: 'L1',
  summary: 'Pulls all kernels towards 0 with the same force, so that many weights become 0.',
  formula: 'R = λ Σ |w|; its gradient is λ sign(w), 0 at 0',
  params: { lambda },
  references: [keras],
  snippet: '"lambda": ${1:1e-4}',
  examples: [{ type: 'l1', lambda: 1e-4 }],
});

const l2 = defineComponent({
  type: 'l2',
  title: 'L2',
  summary: 'Pulls kernels towards 0 in proportion to their size; biases and norms are left alone.',
  formula: 'R = λ Σ w² (without ½, as in Keras; its gradient is 2 λ w)',
  params: { lambda },
  references: [keras],
  snippet: '"lambda": ${1:1e-4}',
  examples: [{ type: 'l2', lambda: 1e-4 }],
});

const elasticNet = defineComponent({
  type: 'elasticNet',
  title: 'Elastic net',
  summary: 'L1 and L2 together: few weights, none of them large.',
  formula: 'R = λ Σ (β w² + |w|); Keras writes it L1L2(l1 = λ, l2 = λ β)',
  params: {
    lambda,
    beta: realNumber({
      description: 'Share β of the squares.',
      minimum: 0,
      maximum: 1e6,
      default: 0.5,
    }),
  },
  references: [
    {
      title:
        'Zou and Hastie, Regularization and variable selection via the elastic net, JRSS B 2005',
    },
    keras,
  ],
  snippet: '"lambda": ${1:1e-4}, "beta": ${2:0.5}',
  examples: [{ type: 'elasticNet', lambda: 1e-4, beta: 0.5 }],
});

export const regularizers = { l1, l2, elasticNet } as const;

export type RegularizerKind = keyof typeof regularizers;
export type RegularizerValue = ValueOf<(typeof regularizers)[RegularizerKind]>;

/** The parameter of a layer whose kernel is regularized in its own way. */
export const kernelRegularizer = Type.Optional(
  Type.Unsafe<RegularizerValue>({
    oneOf: branchesOf(regularizers),
    description: "What keeps this layer's kernel small, in place of the section `regularization`.",
    family: 'regularizers',
  }),
);
