import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs-core';
import type { Shape, WeightSpec } from '#common/catalogue/component';
import { constraintOf } from '../../../server/training/constraints/constraints';
import { assertClose, numbers, sizeOf, useEngine } from '../engine/support';
import { experimentWith, traceOf } from '../model/support';

/** The weights of one layer, of which kernel and bias are constrained alike. */
function specsOf(layer: object, input: Shape, constraint: object): readonly WeightSpec[] {
  const layers = [{ ...layer, kernelConstraint: constraint, biasConstraint: constraint }];
  return traceOf(experimentWith({ model: { layers } }), input).layers[0]!.weights;
}

function constrained(spec: WeightSpec, values: ArrayLike<number>): Float32Array {
  const project = constraintOf(spec)!;
  return tf.tidy(() =>
    project(tf.tensor(Float32Array.from(values), [...spec.shape]))
      .dataSync<'float32'>()
      .slice(),
  );
}

/** The output that each number of a weight leads to, by the layout of its kind. */
type Outputs = (place: readonly number[]) => string;

interface Layout {
  readonly layer: object;
  readonly input: Shape;
  readonly outputs: Readonly<Record<string, Outputs>>;
}

const whole: Outputs = () => 'all';
const filters = 4;
const layouts: readonly Layout[] = [
  {
    layer: { type: 'dense', units: 5 },
    input: [7],
    outputs: { kernel: ([, unit]) => `${unit}`, bias: whole },
  },
  {
    layer: { type: 'conv2d', filters, kernelSize: [3, 2] },
    input: [6, 6, 3],
    outputs: { kernel: ([, , , filter]) => `${filter}`, bias: whole },
  },
  {
    layer: { type: 'depthwiseConv2d', depthMultiplier: 2 },
    input: [6, 6, 3],
    outputs: { kernel: ([, , channel, idx]) => `${channel}/${idx}`, bias: whole },
  },
  {
    layer: { type: 'separableConv2d', filters, depthMultiplier: 2 },
    input: [6, 6, 3],
    outputs: {
      depthwiseKernel: ([, , channel, idx]) => `${channel}/${idx}`,
      pointwiseKernel: ([, , , filter]) => `${filter}`,
      bias: whole,
    },
  },
  {
    layer: { type: 'conv2dTranspose', filters, kernelSize: 2 },
    input: [6, 6, 3],
    outputs: { kernel: ([, , filter]) => `${filter}`, bias: whole },
  },
];

/** The place of a number of an array. */
function placeOf(idx: number, shape: Shape): readonly number[] {
  const place: number[] = [];
  for (const size of shape.toReversed()) {
    place.unshift(idx % size);
    idx = Math.floor(idx / size);
  }
  return place;
}

/** Lengths of the weights of each output in double precision, for each number. */
function lengths(w: ArrayLike<number>, shape: Shape, outputOf: Outputs): readonly number[] {
  const squares = new Map<string, number>();
  const outputs = Array.from(w, (value, idx) => {
    const output = outputOf(placeOf(idx, shape));
    squares.set(output, (squares.get(output) ?? 0) + value * value);
    return output;
  });
  return outputs.map((output) => Math.sqrt(squares.get(output)!));
}

/** A weight by the length of what leads to its output. */
type Formula = (w: number, length: number) => number;

const formulas: readonly (readonly [object, Formula])[] = [
  [{ type: 'maxNorm', maxValue: 1.5 }, (w, length) => w * Math.min(1, 1.5 / length)],
  [{ type: 'maxNorm' }, (w, length) => w * Math.min(1, 2 / length)],
  [{ type: 'nonNegative' }, (w) => Math.max(w, 0)],
  [{ type: 'unitNorm' }, (w, length) => w / (length + 1e-7)],
  [
    { type: 'minMaxNorm', minValue: 1.6, maxValue: 1.8, rate: 0.3 },
    (w, length) => {
      const allowed = Math.min(Math.max(length, 1.6), 1.8);
      return (w * (0.3 * allowed + 0.7 * length)) / (length + 1e-7);
    },
  ],
];

describe('constraints', () => {
  useEngine();

  for (const [constraint, formula] of formulas) {
    it(`have their formulas for every layout of weights: ${JSON.stringify(constraint)}`, () => {
      for (const { layer, input, outputs } of layouts) {
        const specs = specsOf(layer, input, constraint);
        assert.deepEqual(specs.map(({ name }) => name), Object.keys(outputs)); // prettier-ignore
        for (const [i, spec] of specs.entries()) {
          const w = numbers(sizeOf(spec.shape), 3 + i);
          const length = lengths(w, spec.shape, outputs[spec.name]!);
          const expected = Array.from(w, (value, idx) => formula(value, length[idx]!));
          const what = `${JSON.stringify(layer)} ${spec.name}`;
          assertClose(constrained(spec, w), expected, what, 1e-6);
        }
      }
    });
  }

  const dense = (constraint: object): WeightSpec =>
    specsOf({ type: 'dense', units: 2 }, [3], constraint)[0]!;

  it('leave weights that are allowed as they are, bit by bit, every time', () => {
    const w = Float32Array.of(1e-8, 0.3, -2e-20, 0.1, 0, -0.7);
    assert.deepEqual(constrained(dense({ type: 'maxNorm', maxValue: 0.8 }), w), w);
    const positive = w.map(Math.abs);
    assert.deepEqual(constrained(dense({ type: 'nonNegative' }), positive), positive);
  });

  it('keep weights of length 0 at 0', () => {
    for (const type of ['maxNorm', 'nonNegative', 'unitNorm', 'minMaxNorm']) {
      const given = type === 'minMaxNorm' ? { type, minValue: 0.5 } : { type };
      const found = constrained(dense(given), [0, 3, 0, 0, -0, 4]);
      assert.ok([0, 2, 4].every((idx) => found[idx] === 0), `${type}: ${found.join(' ')}`); // prettier-ignore
      assert.ok(found.every(Number.isFinite), type);
    }
  });

  it('shorten weights that are very long', () => {
    const found = constrained(dense({ type: 'maxNorm' }), [3e15, 3, 4e15, -4, 0, 0]);
    assertClose(found, [1.2, 1.2, 1.6, -1.6, 0, 0], 'maxNorm', 1e-6);
  });

  it('are none where a layer says none', () => {
    const layers = [{ type: 'conv2d', filters: 2, biasConstraint: { type: 'unitNorm' } }];
    const { weights } = traceOf(experimentWith({ model: { layers } }), [4, 4, 1]).layers[0]!;
    assert.deepEqual(
      weights.map((spec) => constraintOf(spec) === undefined),
      [true, false],
    );
  });
});
