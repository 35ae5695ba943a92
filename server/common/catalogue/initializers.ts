import { Type } from '@sinclair/typebox';
import { defineComponent, valueSchema, type ValueOf } from './component';
import { realNumber } from './parameters';

const he = { title: 'He et al., Delving deep into rectifiers, ICCV 2015' };
const glorot = {
  title: 'Glorot and Bengio, Understanding the difficulty of training deep networks, AISTATS 2010',
};
const lecun = { title: 'LeCun et al., Efficient BackProp, 1998' };

const zeros = defineComponent({
  type: 'zeros',
  title: 'Zeros',
  summary: 'Sets every weight to 0: for biases, never for kernels.',
  formula: 'w = 0',
  params: {},
  references: [],
  examples: [{ type: 'zeros' }],
});

const ones = defineComponent({
  type: 'ones',
  title: 'Ones',
  summary: 'Sets every weight to 1: for the scale of a normalization.',
  formula: 'w = 1',
  params: {},
  references: [],
  examples: [{ type: 'ones' }],
});

const constant = defineComponent({
  type: 'constant',
  title: 'Constant',
  summary: 'Sets every weight to one value.',
  formula: 'w = value',
  params: { value: realNumber({ description: 'The value of every weight.', default: 0 }) },
  references: [],
  examples: [{ type: 'constant', value: 0.1 }],
});

const randomNormal = defineComponent({
  type: 'randomNormal',
  title: 'Random normal',
  summary: 'Draws from a normal distribution with a fixed standard deviation.',
  formula: 'w ~ N(mean, stddev²)',
  params: {
    mean: realNumber({ description: 'Mean of the distribution.', default: 0 }),
    stddev: realNumber({ description: 'Standard deviation.', minimum: 0, default: 0.05 }),
  },
  references: [],
  examples: [{ type: 'randomNormal', stddev: 0.05 }],
});

const randomUniform = defineComponent({
  type: 'randomUniform',
  title: 'Random uniform',
  summary: 'Draws evenly between two values.',
  formula: 'w ~ U(minval, maxval)',
  params: {
    minval: realNumber({ description: 'Lower end of the range.', default: -0.05 }),
    maxval: realNumber({ description: 'Upper end of the range.', default: 0.05 }),
  },
  references: [],
  examples: [{ type: 'randomUniform', minval: -0.05, maxval: 0.05 }],
});

const truncatedNormal = defineComponent({
  type: 'truncatedNormal',
  title: 'Truncated normal',
  summary:
    'Draws from a normal distribution and redraws what lies beyond two standard deviations; the realised standard deviation is 0.8796 times the one given.',
  formula: 'w ~ N(mean, stddev²) with |w − mean| ≤ 2 stddev',
  params: {
    mean: realNumber({ description: 'Mean before truncation.', default: 0 }),
    stddev: realNumber({
      description: 'Standard deviation before truncation.',
      minimum: 0,
      default: 0.05,
    }),
  },
  references: [],
  examples: [{ type: 'truncatedNormal', stddev: 0.05 }],
});

/** The scaled initializers differ in the variance and the distribution only. */
function scaled<T extends string>(
  type: T,
  title: string,
  variance: string,
  distribution: 'normal' | 'uniform',
  use: string,
  reference: { title: string },
) {
  const formula =
    distribution === 'normal'
      ? `var(w) = ${variance}, normal truncated at ±2σ and rescaled to that variance`
      : `var(w) = ${variance}, w ~ U(−limit, limit) with limit = √(3 var)`;
  return defineComponent({
    type,
    title,
    summary: `Keeps the variance of activations from layer to layer: ${use}.`,
    formula,
    params: {},
    references: [reference],
    examples: [{ type }],
  });
}

const forLinear = 'for linear, tanh and sigmoid units';
const forRelu = 'for ReLU units, which halve the variance';
const forSelu = "the lecture's rule var(w) = 1/N, for linear and SELU units";

export const initializers = {
  zeros,
  ones,
  constant,
  randomNormal,
  randomUniform,
  truncatedNormal,
  lecunNormal: scaled('lecunNormal', 'LeCun normal', '1 / fan_in', 'normal', forSelu, lecun),
  lecunUniform: scaled('lecunUniform', 'LeCun uniform', '1 / fan_in', 'uniform', forSelu, lecun),
  glorotNormal: scaled(
    'glorotNormal',
    'Glorot normal',
    '2 / (fan_in + fan_out)',
    'normal',
    forLinear,
    glorot,
  ),
  glorotUniform: scaled(
    'glorotUniform',
    'Glorot uniform',
    '2 / (fan_in + fan_out)',
    'uniform',
    forLinear,
    glorot,
  ),
  heNormal: scaled('heNormal', 'He normal', '2 / fan_in', 'normal', forRelu, he),
  heUniform: scaled('heUniform', 'He uniform', '2 / fan_in', 'uniform', forRelu, he),
} as const;

export type InitializerKind = keyof typeof initializers;
export type InitializerValue = ValueOf<(typeof initializers)[InitializerKind]>;

/** The schema of a layer's initializer parameter. */
export function initializerParameter(description: string, defaultType: InitializerKind) {
  const oneOf = Object.values(initializers).map((component) => ({
    ...valueSchema(component),
    title: component.title,
    description: component.summary,
  }));
  return Type.Unsafe<InitializerValue>({
    oneOf,
    description,
    default: { type: defaultType },
    family: 'initializers',
  });
}
