import assert from 'node:assert/strict';
import type { InitializerKind, InitializerValue } from '#common/catalogue/initializers';
import { initialValues } from '../../../server/training/initializers/initializers';
import { sizeOf } from '../../unit/engine/support';
import { experimentWith } from '../../unit/model/support';
import { runPython } from '../environment';

/** What draws nothing, and what the lecture alone has. */
type NotCompared = 'zeros' | 'ones' | 'constant' | 'identity' | 'lectureXavier';

/** Keras' names for what is drawn, and its parameters where they are not the defaults. */
const theirs: Readonly<
  Record<
    Exclude<InitializerKind, NotCompared>,
    { readonly name: string; readonly ours?: object; readonly options?: object }
  >
> = {
  randomNormal: {
    name: 'RandomNormal',
    ...{ ours: { mean: 0.3, stddev: 0.2 }, options: { mean: 0.3, stddev: 0.2 } },
  },
  randomUniform: {
    name: 'RandomUniform',
    ...{ ours: { minval: -1, maxval: 3 }, options: { minval: -1, maxval: 3 } },
  },
  truncatedNormal: {
    name: 'TruncatedNormal',
    ...{ ours: { stddev: 0.2 }, options: { stddev: 0.2 } },
  },
  lecunNormal: { name: 'LecunNormal' },
  lecunUniform: { name: 'LecunUniform' },
  glorotNormal: { name: 'GlorotNormal' },
  glorotUniform: { name: 'GlorotUniform' },
  heNormal: { name: 'HeNormal' },
  heUniform: { name: 'HeUniform' },
  orthogonal: { name: 'Orthogonal', ours: { gain: 0.7 }, options: { gain: 0.7 } },
};

/** Kernels of a convolution and a depthwise convolution. */
const shapes = [
  [3, 3, 40, 400],
  [5, 5, 6000, 1],
];

const cases = Object.entries(theirs).flatMap(([type, { name, ours = {}, options = {} }]) =>
  shapes.map((shape) => ({ type, ours, name, options, shape, seed: 5 })),
);

interface Figures {
  readonly mean: number;
  readonly variance: number;
  readonly largest: number;
}

function figuresOf(values: Float32Array): Figures {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const largest = values.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  return { mean, variance: squares / values.length, largest };
}

/** An initializer as a file names it, with all defaults. */
function initializerOf(value: object): InitializerValue {
  const layers = [{ type: 'dense', units: 1, kernelInitializer: value }];
  const [layer] = experimentWith({ model: { layers } }).model.layers;
  return (layer as { readonly kernelInitializer: InitializerValue }).kernelInitializer;
}

describe('initializers', () => {
  let expected: readonly Figures[];
  before(async () => {
    expected = await runPython<readonly Figures[]>('cases/initializers.py', cases);
  });

  for (const [i, { type, ours, shape }] of cases.entries()) {
    it(`draw ${type} on [${shape.join(', ')}] as Keras does`, () => {
      const kernel = initialValues(initializerOf({ type, ...ours }), shape, 7, 'layer/kernel');
      const [found, wanted] = [figuresOf(kernel), expected[i]!];
      // Five standard errors of the difference of two draws; a normal variance has √(2 / n) each.
      const errors = 5 * Math.sqrt(2 / sizeOf(shape));
      const ratio = found.variance / wanted.variance;
      assert.ok(Math.abs(ratio - 1) < errors * Math.SQRT2, `variance is ${ratio} of Keras'`);
      const off = Math.abs(found.mean - wanted.mean) / Math.sqrt(wanted.variance);
      assert.ok(off < errors, `mean is off by ${off} of a standard deviation`);
      if (type === 'randomNormal' || type === 'orthogonal') return;
      // What has an end comes close to it in so many draws.
      const end = found.largest / wanted.largest;
      assert.ok(Math.abs(end - 1) < 2e-3, `the largest is ${end} of Keras'`);
    });
  }
});
