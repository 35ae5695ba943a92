import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs-core';
import { backendName } from '../../../server/training/engine/backend/backend';
import { kernelNames } from '../../../server/training/engine/backend/register';
import { checkAgainstCpu, random, titleOf, useEngine, variants } from './support';

type Make = () => tf.Tensor | readonly tf.Tensor[];

const lengths = [[1], [3], [4], [7], [2, 3, 5], [1, 1, 9], []] as const;

function unary(op: (x: tf.Tensor) => tf.Tensor, from?: (x: tf.Tensor) => tf.Tensor): Make[] {
  return lengths.map((shape, i) => () => {
    const x = random(shape, i + 1);
    return op(from ? from(x) : tf.mul(x, 4));
  });
}

/** Equal shapes, scalars, rows, columns, channels, and operands repeated in the middle. */
const pairs = [
  [[5], [5]],
  [
    [3, 4, 5],
    [3, 4, 5],
  ],
  [[3, 4, 5], []],
  [[], [6]],
  [[1], [1]],
  [[3, 7], [7]],
  [[7], [3, 7]],
  [
    [3, 7],
    [3, 1],
  ],
  [
    [3, 1],
    [1, 7],
  ],
  [[2, 3, 4, 5], [5]],
  [
    [2, 3, 4, 5],
    [3, 1, 5],
  ],
  [
    [2, 1, 4, 1],
    [3, 1, 5],
  ],
  [
    [2, 3, 2, 3, 2, 3],
    [1, 3, 1, 3, 1, 3],
  ],
] as const;

function binary(op: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor): Make[] {
  return pairs.map(
    ([a, b]) =>
      () =>
        op(random(a, 1), random(b, 2)),
  );
}

const reductions = [
  [[7], 0],
  [[1], 0],
  [[300, 3], 0],
  [[3, 300], 1],
  [[3, 300], -1],
  [[3, 4, 5], 1],
  [
    [3, 4, 5],
    [0, 1],
  ],
  [
    [3, 4, 5],
    [1, 2],
  ],
  [
    [3, 4, 5],
    [0, 2],
  ],
  [
    [2, 3, 1, 5],
    [0, 2],
  ],
  [
    [2, 3, 2, 5],
    [1, 3],
  ],
  [[3, 4, 5], undefined],
  [[], undefined],
  [[2, 1500], 0],
] as const;

function reduction(
  op: (x: tf.Tensor, axis?: number | number[], keep?: boolean) => tf.Tensor,
): Make[] {
  return reductions.flatMap(([shape, axis]) =>
    [false, true].map((keep) => () => {
      const axes = typeof axis === 'object' ? [...axis] : axis;
      return op(random(shape, 3), axes, keep);
    }),
  );
}

const matrices = [
  [
    [1, 1],
    [1, 1],
  ],
  [
    [3, 5],
    [5, 2],
  ],
  [
    [9, 17],
    [17, 13],
  ],
  [
    [70, 3],
    [3, 33],
  ],
  [
    [5, 130],
    [130, 8],
  ],
  [
    [2, 3, 4],
    [2, 4, 5],
  ],
  [
    [2, 3, 4],
    [4, 5],
  ],
  [
    [3, 4],
    [2, 4, 5],
  ],
] as const;

function turned(shape: readonly number[], turn: boolean): number[] {
  const [rows, columns] = shape.slice(-2);
  return turn ? [...shape.slice(0, -2), columns!, rows!] : [...shape];
}

const products: Make[] = matrices.flatMap(([a, b]) =>
  [0, 1, 2, 3].map((turns) => () => {
    const [turnA, turnB] = [turns % 2 === 1, turns >= 2];
    return tf.matMul(random(turned(a, turnA), 4), random(turned(b, turnB), 5), turnA, turnB);
  }),
);

const convolve = (a: tf.Tensor, b: tf.Tensor): tf.Tensor =>
  tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 2, 'same');
const gradsOf = (shape: number[], filter: number[], i: number): Make => {
  return () => {
    const inputs = [random(shape, 1), random(filter, 2)];
    return tf.grads(convolve)(inputs, random(convolve(inputs[0]!, inputs[1]!).shape, 3))[i]!;
  };
};

const poolings = [
  [[1, 1, 1, 1], [1, 1], [1, 1], 'valid'],
  [[2, 7, 6, 3], [2, 2], [2, 2], 'valid'],
  [[2, 7, 6, 5], [3, 2], [1, 2], 'same'],
  [[1, 5, 5, 13], [2, 3], [3, 4], 'valid'],
  [[1, 8, 5, 4], [3, 3], [2, 1], 'same'],
] as const;

type PoolOp = typeof tf.maxPool;

function pooling(op: PoolOp, shift: number): Make[] {
  return poolings.map(([shape, size, strides, pad]) => () => {
    const x = tf.add(random(shape, 9), shift) as tf.Tensor4D;
    return op(x, [...size] as [number, number], [...strides] as [number, number], pad);
  });
}

function poolGradient(op: PoolOp, pads: readonly string[]): Make[] {
  return poolings
    .filter(([, , , pad]) => pads.includes(pad))
    .map(([shape, size, strides, pad]) => () => {
      const run = (x: tf.Tensor): tf.Tensor =>
        op(x as tf.Tensor4D, [...size] as [number, number], [...strides] as [number, number], pad);
      const x = tf.sub(random(shape, 9), 2);
      return tf.grad(run)(x, random(run(x).shape, 10));
    });
}

const inference = (withBias: boolean, activation: 'linear' | 'relu' | 'sigmoid'): Make => {
  return () =>
    tf.fused.conv2d({
      x: random([1, 5, 5, 3], 1) as tf.Tensor4D,
      filter: random([3, 3, 3, 5], 2) as tf.Tensor4D,
      strides: 1,
      pad: 'same',
      bias: withBias ? random([5], 3) : undefined,
      activation,
    });
};
const fusedProduct = (withBias: boolean, activation: 'linear' | 'relu' | 'elu'): Make => {
  return () =>
    tf.fused.matMul({
      a: random([3, 6], 1),
      b: random([6, 10], 2),
      bias: withBias ? random([10], 3) : undefined,
      activation,
    });
};

const lists = [
  [[[3], [1], [4]], 0],
  [
    [
      [2, 3],
      [2, 5],
    ],
    1,
  ],
  [
    [
      [2, 3],
      [4, 3],
      [1, 3],
    ],
    0,
  ],
  [
    [
      [2, 3, 2, 5],
      [2, 3, 2, 1],
      [2, 3, 2, 13],
    ],
    -1,
  ],
  [
    [
      [2, 3, 4],
      [2, 1, 4],
    ],
    1,
  ],
  [
    [
      [2, 0],
      [2, 3],
    ],
    1,
  ],
] as const;

const splits = [
  [[6], 3, 0],
  [[2, 9], [2, 3, 4], 1],
  [[4, 3, 2], 2, 0],
  [[2, 3, 13], [1, 12], -1],
] as const;

const depthwise = (a: tf.Tensor, b: tf.Tensor): tf.Tensor =>
  tf.depthwiseConv2d(a as tf.Tensor4D, b as tf.Tensor4D, 2, 'same');
const depthwiseGradient = (i: number): Make => {
  return () => {
    const inputs = [random([2, 5, 6, 7], 1), random([3, 2, 7, 1], 2)];
    return tf.grads(depthwise)(inputs, random(depthwise(inputs[0]!, inputs[1]!).shape, 3))[i]!;
  };
};
/** Radius, bias, alpha and beta of local response normalizations. */
const responses = [
  [5, 1, 1, 0.5],
  [0, 2, 0.3, 0.75],
  [2, 0.5, 2, 1.3],
  [20, 1, 1e-4, 0.75],
] as const;

const respond = (x: tf.Tensor, [radius, ...constants]: (typeof responses)[number]): tf.Tensor =>
  tf.localResponseNormalization(x as tf.Tensor4D, radius, ...constants);

/** For every TF.js kernel that runs in C: calls that must give what the CPU backend gives. */
const calls: Readonly<Record<string, readonly Make[]>> = {
  Relu: unary(tf.relu),
  Neg: unary(tf.neg),
  Abs: unary(tf.abs),
  Square: unary(tf.square),
  Sqrt: unary(tf.sqrt, (x) => tf.add(x, 1)),
  Rsqrt: unary(tf.rsqrt, (x) => tf.add(x, 1.5)),
  Reciprocal: unary(tf.reciprocal, (x) => tf.add(x, 1.5)),
  Exp: unary(tf.exp),
  Log: unary(tf.log, (x) => tf.add(x, 1)),
  Tanh: unary(tf.tanh),
  Sigmoid: unary(tf.sigmoid),
  Softplus: unary(tf.softplus),
  Elu: unary(tf.elu),
  Erf: unary(tf.erf),
  EluGrad: unary((x) => tf.grad(tf.elu)(x, tf.square(x))),
  Add: binary(tf.add),
  Sub: binary(tf.sub),
  Multiply: binary(tf.mul),
  RealDiv: binary((a, b) => tf.div(a, tf.add(b, 2))),
  Maximum: binary(tf.maximum),
  Minimum: binary(tf.minimum),
  SquaredDifference: binary(tf.squaredDifference),
  AddN: [1, 2, 3].map((n) => () => tf.addN([1, 2, 3].slice(0, n).map((i) => random([3, 5], i)))),
  Sum: reduction(tf.sum),
  Mean: reduction(tf.mean),
  Max: reduction(tf.max),
  Softmax: [[10], [3, 10], [2, 3, 4], [5, 1], [37, 3], [5, 1000]].map(
    (shape) => () => tf.softmax(random(shape, 1)),
  ),
  BatchMatMul: products,
  _FusedMatMul: [
    fusedProduct(true, 'relu'),
    fusedProduct(false, 'relu'),
    fusedProduct(true, 'linear'),
    fusedProduct(true, 'elu'),
  ],
  Conv2D: [() => convolve(random([2, 5, 6, 3], 1), random([3, 2, 3, 4], 2))],
  FusedConv2D: [inference(true, 'relu'), inference(false, 'relu'), inference(true, 'sigmoid')],
  Conv2DBackpropInput: [gradsOf([2, 5, 6, 3], [3, 2, 3, 4], 0)],
  Conv2DBackpropFilter: [gradsOf([2, 5, 6, 3], [3, 2, 3, 4], 1)],
  DepthwiseConv2dNative: [() => depthwise(random([2, 5, 6, 7], 1), random([3, 2, 7, 1], 2))],
  DepthwiseConv2dNativeBackpropInput: [depthwiseGradient(0)],
  DepthwiseConv2dNativeBackpropFilter: [depthwiseGradient(1)],
  MaxPool: [...pooling(tf.maxPool, 0), ...pooling(tf.maxPool, -3)],
  MaxPoolGrad: poolGradient(tf.maxPool, ['valid', 'same']),
  AvgPool: pooling(tf.avgPool as PoolOp, 0),
  // With 'same' the CPU backend divides by the whole window: pooling.test.ts knows better.
  AvgPoolGrad: poolGradient(tf.avgPool as PoolOp, ['valid']),
  Transpose: (
    [
      [
        [3, 5],
        [1, 0],
      ],
      [
        [3, 5],
        [0, 1],
      ],
      [
        [2, 3, 4],
        [2, 0, 1],
      ],
      [
        [2, 3, 4, 5],
        [0, 3, 1, 2],
      ],
      [
        [2, 1, 4, 5],
        [3, 1, 0, 2],
      ],
      [
        [2, 3, 2, 3, 2, 3],
        [5, 0, 4, 1, 3, 2],
      ],
    ] as const
  ).map(
    ([shape, order]) =>
      () =>
        tf.transpose(random(shape, 1), [...order]),
  ),
  Slice: (
    [
      [[7], [2], [3]],
      [
        [4, 5],
        [1, 2],
        [2, 3],
      ],
      [
        [4, 5],
        [0, 0],
        [4, -1],
      ],
      [
        [2, 3, 4],
        [1, 0, 2],
        [1, 3, 2],
      ],
      [
        [2, 3, 4],
        [0, 0, 0],
        [2, 0, 4],
      ],
    ] as const
  ).map(
    ([shape, begin, size]) =>
      () =>
        tf.slice(random(shape, 1), [...begin], [...size]),
  ),
  Concat: lists.map(
    ([shapes, axis]) =>
      () =>
        tf.concat(
          shapes.map((shape, i) => random(shape, i + 1)),
          axis,
        ),
  ),
  SplitV: splits.map(
    ([shape, sizes, axis]) =>
      () =>
        tf.split(random(shape, 1), typeof sizes === 'number' ? sizes : [...sizes], axis),
  ),
  Cast: (['float32', 'int32', 'bool'] as const).flatMap((from) =>
    (['float32', 'int32', 'bool'] as const).map((to) => () => {
      const x = tf.cast(tf.tensor1d([0, 1, 2.7, -1.2, -0, 300]), from);
      // The sum with a float32 tensor reads the bits as a kernel in C does.
      return [tf.cast(x, to), tf.add(tf.cast(tf.cast(x, to), 'float32'), tf.ones([6]))];
    }),
  ),
  PadV2: (
    [
      [[3], [[1, 2]], 0],
      [
        [2, 3],
        [
          [0, 1],
          [2, 0],
        ],
        7,
      ],
      [
        [2, 3, 4],
        [
          [1, 1],
          [0, 0],
          [3, 2],
        ],
        -1,
      ],
    ] as const
  ).map(([shape, paddings, value]) => () => {
    return tf.pad(random(shape, 1), paddings.map((p) => [p[0], p[1]]) as [number, number][], value);
  }),
  Identity: [() => tf.clone(random([3, 5])), () => tf.clone(tf.tensor1d([1, 2], 'int32'))],
  Reshape: [
    () => tf.reshape(random([3, 4, 5]), [-1, 10]),
    () => tf.reshape(tf.scalar(3, 'int32'), [1, 1]),
  ],
  ExpandDims: [0, 1, 2, -1, -3].map((axis) => () => tf.expandDims(random([3, 4]), axis)),
  ZerosLike: [() => tf.zerosLike(random([3, 5])), () => tf.zerosLike(tf.fill([4], NaN))],
  OnesLike: [() => tf.onesLike(random([3, 5])), () => tf.onesLike(tf.scalar(Infinity))],
  LRN: responses.map((options) => () => respond(random([2, 3, 4, 9], 1), options)),
  LRNGrad: responses.map((options) => () => {
    const x = random([2, 3, 4, 9], 1);
    return tf.grad((t: tf.Tensor) => respond(t, options))(x, random(x.shape, 2));
  }),
  FusedBatchNorm: [
    [2, 3, 4, 5],
    [6, 1, 1, 3],
  ].map((shape) => () => {
    const c = [shape[3]!];
    const [mean, spread] = [random(c, 2), tf.add(random(c, 3), 1.5)];
    return tf.batchNorm(
      random(shape, 1) as tf.Tensor4D,
      mean as tf.Tensor1D,
      spread as tf.Tensor1D,
      random(c, 4) as tf.Tensor1D,
      random(c, 5) as tf.Tensor1D,
    );
  }),
};

for (const variant of variants) {
  describe(`TF.js kernels, ${titleOf(variant)}`, () => {
    useEngine(variant);

    for (const [kernel, makes] of Object.entries(calls)) {
      it(`${kernel} gives what the CPU backend gives`, async () => {
        for (const [i, make] of makes.entries()) {
          await checkAgainstCpu(`${kernel}, call ${i}`, make);
          await tf.setBackend(backendName);
          const { kernelNames } = await tf.profile(() => tf.tidy(() => [make()].flat()) as never);
          assert.ok(kernelNames.includes(kernel), `call ${i} ran ${kernelNames.join(', ')}`);
        }
      });
    }
  });
}

describe('the list of compared kernels', () => {
  it('has every TF.js kernel that runs in C', () => {
    const theirs = kernelNames.filter((name) => !name.startsWith('Lightbench'));
    assert.deepEqual([...theirs].sort(), Object.keys(calls).sort());
  });
});
