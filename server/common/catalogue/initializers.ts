import { Type } from '@sinclair/typebox';
import { defineComponent, branchesOf, type ValueOf } from './component';
import { oneOfNames, realNumber } from './parameters';

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

const orthogonal = defineComponent({
  type: 'orthogonal',
  title: 'Orthogonal',
  summary:
    'Columns, or rows if there are fewer of them, that are at right angles to each other and of one length: a signal keeps its norm.',
  formula:
    'w = gain · Q of the QR decomposition of a normal matrix of [all axes but the last, last axis], with the signs that make R positive on its diagonal; var(w) = gain² / max(rows, columns)',
  params: { gain: realNumber({ description: 'Length of each column.', minimum: 0, default: 1 }) },
  references: [
    { title: 'Saxe et al., Exact solutions to the nonlinear dynamics of learning, ICLR 2014' },
  ],
  examples: [{ type: 'orthogonal', gain: 1 }],
});

const identity = defineComponent({
  type: 'identity',
  title: 'Identity',
  summary:
    'Passes each channel on as it is: the identity matrix, at the middle tap of a convolution kernel.',
  formula:
    'w = gain where input and output channel have one number and the tap is the middle one, else 0',
  params: {
    gain: realNumber({ description: 'What a channel is multiplied by.', minimum: 0, default: 1 }),
  },
  references: [
    {
      title:
        'Le et al., A simple way to initialize recurrent networks of rectified linear units, 2015',
    },
  ],
  examples: [{ type: 'identity', gain: 1 }],
});

const lectureXavier = defineComponent({
  type: 'lectureXavier',
  title: 'Xavier as in the lecture',
  summary:
    "The lecture's rule var(w) = 1/N with N = fan_in, which keeps the variance of linear layers: the standard deviation is 1/√N. The slide's code line has 1/N instead, which looks alike and is √N times too small; choose it to see activations fade from layer to layer.",
  formula:
    'w ~ N(0, σ²) with σ = 1/√N; for a [5, 5, 1, 32] kernel N = 25 and σ = 0.2, and 0.04 by the slide',
  params: {
    deviation: oneOfNames(
      {
        rootN: 'σ = 1/√N, so that var(w) = 1/N: what the derivation says.',
        slide: 'σ = 1/N, so that var(w) = 1/N²: the trap on the slide.',
      },
      { description: 'The standard deviation.', default: 'rootN' },
    ),
  },
  references: [lecun, glorot],
  examples: [{ type: 'lectureXavier' }, { type: 'lectureXavier', deviation: 'slide' }],
});

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
  orthogonal,
  identity,
  lectureXavier,
} as const;

export type InitializerKind = keyof typeof initializers;
export type InitializerValue = ValueOf<(typeof initializers)[InitializerKind]>;

/** The schema of a layer's initializer parameter. */
export function initializerParameter(description: string, defaultType: InitializerKind) {
  const oneOf = branchesOf(initializers);
  return Type.Unsafe<InitializerValue>({
    oneOf,
    description,
    default: { type: defaultType },
    family: 'initializers',
  });
}
