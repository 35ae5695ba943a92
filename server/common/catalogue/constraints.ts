import { Type } from '@sinclair/typebox';
import { defineComponent, branchesOf, type ValueOf } from './component';
import { realNumber } from './parameters';

const keras = { title: 'Keras constraints', url: 'https://keras.io/api/layers/constraints/' };

function longest(value: number) {
  return realNumber({
    description: 'Largest norm of the weights of one output.',
    exclusiveMinimum: 0,
    maximum: 1e6,
    default: value,
  });
}

const maxNorm = defineComponent({
  type: 'maxNorm',
  title: 'Largest norm',
  summary: 'Shortens the weights of an output that have grown too long, which goes with dropout.',
  formula:
    'w ← w · min(1, maxValue / ‖w‖); Keras adds 10⁻⁷ to ‖w‖, so that all weights shrink a bit',
  params: { maxValue: longest(2) },
  references: [
    keras,
    { title: 'Srivastava et al., Dropout: a simple way to prevent overfitting, JMLR 15, 2014' },
  ],
  snippet: '"maxValue": ${1:2}',
  examples: [{ type: 'maxNorm', maxValue: 3 }],
});

const nonNegative = defineComponent({
  type: 'nonNegative',
  title: 'No negative weights',
  summary: 'Sets negative weights to 0, as where weights stand for amounts of light.',
  formula: 'w ← max(w, 0)',
  params: {},
  references: [keras],
  examples: [{ type: 'nonNegative' }],
});

const unitNorm = defineComponent({
  type: 'unitNorm',
  title: 'Norm of 1',
  summary: 'Gives the weights of every output the norm 1, so that only their direction learns.',
  formula: 'w ← w / (‖w‖ + 10⁻⁷)',
  params: {},
  references: [keras],
  examples: [{ type: 'unitNorm' }],
});

const minMaxNorm = defineComponent({
  type: 'minMaxNorm',
  title: 'Norm within a range',
  summary:
    'Brings the norm of the weights of every output into a range, at once or little by little.',
  formula: 'w ← w · (rate · clip(‖w‖, minValue, maxValue) + (1 − rate) ‖w‖) / (‖w‖ + 10⁻⁷)',
  params: {
    minValue: realNumber({
      description: 'Smallest norm of the weights of one output.',
      minimum: 0,
      maximum: 1e6,
      default: 0,
    }),
    maxValue: longest(1),
    rate: realNumber({
      description: 'Part of the way into the range that each update goes.',
      exclusiveMinimum: 0,
      maximum: 1,
      default: 1,
    }),
  },
  references: [keras],
  snippet: '"minValue": ${1:0.5}, "maxValue": ${2:2}',
  examples: [{ type: 'minMaxNorm', minValue: 0.5, maxValue: 2, rate: 0.9 }],
});

export const constraints = { maxNorm, nonNegative, unitNorm, minMaxNorm } as const;

export type ConstraintKind = keyof typeof constraints;
export type ConstraintValue = ValueOf<(typeof constraints)[ConstraintKind]>;

/** The schema of a layer's constraint parameter. */
export function constraintParameter(description: string) {
  const oneOf = branchesOf(constraints);
  return Type.Optional(Type.Unsafe<ConstraintValue>({ oneOf, description, family: 'constraints' }));
}
