import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs-core';
import {
  dft2d,
  realDft2d,
  type DftOptions,
  type ImagesToTransform,
} from '../../../server/training/engine/ops/fourier';
import { openEngine } from '../../../server/training/engine/engine';
import { checkReplay } from './replay';
import {
  assertClose,
  centralDifferences,
  checkAgainstCpu,
  numbers,
  random,
  sizeOf,
  someEntries,
  titleOf,
  useEngine,
  variants,
} from './support';

type Shape = readonly [batch: number, height: number, width: number, channels: number];

/** Every size that the kernel treats in its own way, with channels below and above a vector's lanes. */
const shapes: readonly Shape[] = [
  [3, 1, 1, 1],
  [2, 2, 3, 5],
  [5, 5, 7, 3],
  [2, 8, 12, 17],
  [2, 15, 17, 2],
  [3, 28, 31, 1],
  [1, 64, 32, 9],
  [1, 97, 96, 4],
  [1, 5, 128, 16],
  [9, 121, 1, 1],
  [1, 255, 256, 1],
];

const options: readonly DftOptions[] = [
  {},
  { inverse: true },
  { norm: 'ortho', centred: true },
  { norm: 'ortho', inverse: true, centred: true },
];

/** Both parts, in double precision. */
interface Complex {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/** Sums by the definition along one axis of [outer, size, inner]. */
function sumsAlong(x: Complex, size: number, inner: number, options: DftOptions): Complex {
  const made = { re: new Float64Array(x.re.length), im: new Float64Array(x.im.length) };
  const origin = options.centred ? Math.floor(size / 2) : 0;
  const sign = options.inverse ? 1 : -1;
  for (let at = 0; at < x.re.length; at++) {
    const k = Math.floor(at / inner) % size;
    const first = at - k * inner;
    for (let j = 0; j < size; j++) {
      const turns = ((j - origin) * (k - origin)) % size;
      const [c, s] = [
        Math.cos((2 * Math.PI * turns) / size),
        Math.sin((2 * Math.PI * turns) / size) * sign,
      ];
      const [a, b] = [x.re[first + j * inner]!, x.im[first + j * inner]!];
      made.re[at]! += a * c - b * s;
      made.im[at]! += a * s + b * c;
    }
  }
  return made;
}

function definition(x: Complex, [, height, width, channels]: Shape, options: DftOptions): Complex {
  const rows = sumsAlong(x, width, channels, options);
  const { re, im } = sumsAlong(rows, height, width * channels, options);
  const pixels = height * width;
  const backward = options.inverse ? 1 / pixels : 1;
  const factor = options.norm === 'ortho' ? pixels ** -0.5 : backward;
  return { re: re.map((value) => factor * value), im: im.map((value) => factor * value) };
}

/** Numbers for the parts of images. */
function draw(shape: Shape, seed: number): Complex {
  const part = (idx: number) => Float64Array.from(numbers(sizeOf(shape), 2 * seed + idx));
  return { re: part(0), im: part(1) };
}

function tensors({ re, im }: Complex, shape: Shape): Required<ImagesToTransform> {
  const part = (values: Float64Array): tf.Tensor4D =>
    tf.tensor4d(Float32Array.from(values), [...shape]);
  return { re: part(re), im: part(im) };
}

/** What the operation gives, in one array after the other. */
function compute(x: Complex, shape: Shape, options: DftOptions): readonly Float32Array[] {
  return tf.tidy(() => {
    const { re, im } = dft2d(tensors(x, shape), options);
    return [re.dataSync(), im.dataSync()] as unknown as tf.TensorContainer;
  }) as unknown as readonly Float32Array[];
}

const squares = (values: Iterable<number>): number =>
  [...values].reduce((sum, value) => sum + value * value, 0);

const product = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((sum, value, i) => sum + value * b[i]!, 0);

/** Root mean square of the difference, as a part of that of the expected values. */
function relativeError(actual: readonly Float32Array[], { re, im }: Complex): number {
  const error = squares(re.map((value, i) => value - actual[0]![i]!));
  const rest = squares(im.map((value, i) => value - actual[1]![i]!));
  return Math.sqrt((error + rest) / (squares(re) + squares(im)));
}

const trials = shapes.map((shape, i) => {
  const x = draw(shape, i + 1);
  const given = options[i % options.length]!;
  return { shape, x, options: given, expected: definition(x, shape, given) };
});

type Dotted = (
  x: Required<ImagesToTransform>,
  y: Required<ImagesToTransform>,
  options: DftOptions,
) => tf.Tensor;

const complexToComplex: Dotted = (x, y, options) => {
  const { re, im } = dft2d(x, options);
  return tf.add(tf.mul(re, y.re), tf.mul(im, y.im));
};
const realToComplex: Dotted = ({ re }, y, options) => {
  const { re: c, im: d } = dft2d({ re }, options);
  return tf.add(tf.mul(c, y.re), tf.mul(d, y.im));
};
const complexToReal: Dotted = (x, y, options) => tf.mul(realDft2d(x, options), y.re);
const realToReal: Dotted = ({ re }, y, options) => tf.mul(realDft2d({ re }, options), y.re);

for (const variant of variants) {
  describe(`Fourier transform, ${titleOf(variant)}`, () => {
    useEngine(variant);

    it('is what the definition says, as exactly as float32 allows', () => {
      for (const { shape, x, options, expected } of trials) {
        const error = relativeError(compute(x, shape, options), expected);
        const bound = 2 ** -24 * Math.sqrt(Math.max(1, Math.log2(shape[1] * shape[2])));
        assert.ok(error <= bound, `[${shape}]: off by ${error}, allowed ${bound}`);
      }
    });

    it('is the same as products with matrices on the CPU, and so are its gradients', async () => {
      for (const [i, shape] of shapes.slice(0, 7).entries()) {
        const given = options[(i + 1) % options.length]!;
        await checkAgainstCpu(`[${shape}]`, () => {
          const [re, im, ofRe, ofIm] = [1, 2, 3, 4].map((seed) => random(shape, seed));
          const { value, grads } = tf.valueAndGrads((a: tf.Tensor, b: tf.Tensor): tf.Tensor => {
            const y = dft2d({ re: a as tf.Tensor4D, im: b as tf.Tensor4D }, given);
            return tf.add(tf.mul(y.re, ofRe!), tf.mul(y.im, ofIm!));
          })([re!, im!]);
          return [value, ...grads];
        });
        await checkAgainstCpu(`[${shape}], real`, () => {
          const [re, dy] = [random(shape, 1), random(shape, 3)];
          const { value, grad } = tf.valueAndGrad((a: tf.Tensor): tf.Tensor => {
            const { re: c, im: d } = dft2d({ re: a as tf.Tensor4D }, given);
            return realDft2d({ re: tf.square(c), im: d }, given);
          })(re, dy);
          return [value, grad];
        });
      }
    });

    // <F x, y> = <x, F* y>: what makes the gradient of a linear operation right.
    it('has the adjoint as its gradient, with and without imaginary parts', () => {
      for (const { shape, x, options } of trials) {
        const y = draw(shape, 50);
        for (const transform of [complexToComplex, realToComplex, complexToReal, realToReal]) {
          const [value, gradient] = tf.tidy(() => {
            const [a, b] = [tensors(x, shape), tensors(y, shape)];
            const dotted = (re: tf.Tensor, im: tf.Tensor): tf.Scalar =>
              tf.sum(transform({ re: re as tf.Tensor4D, im: im as tf.Tensor4D }, b, options));
            const values = transform(a, b, options).dataSync<'float32'>();
            // A part that has no part in the result still has a gradient, of zeros.
            const slope = tf.grads((re: tf.Tensor, im: tf.Tensor) =>
              tf.add(dotted(re, im), tf.mul(tf.sum(im), 0)),
            );
            const [dRe, dIm] = slope([a.re, a.im]);
            const sums = [
              values.reduce((sum, part) => sum + part, 0),
              product(dRe!.dataSync(), x.re) + product(dIm!.dataSync(), x.im),
            ];
            return sums as unknown as tf.TensorContainer;
          }) as unknown as readonly [number, number];
          const scale = Math.sqrt(squares(x.re) * squares(y.re));
          const what = `${transform.name} of [${shape}]: ${value} against ${gradient}`;
          assert.ok(Math.abs(value - gradient) < 1e-6 * scale, what);
        }
      }
    });

    it('has the slope of central differences through a pupil', () => {
      const shape: Shape = [1, 6, 5, 2];
      const [field, weights] = [draw(shape, 4), draw(shape, 6)];
      const image = (phase: tf.Tensor): tf.Scalar => {
        const { re, im } = dft2d(tensors(field, shape), { centred: true });
        const [c, s] = [tf.cos(phase), tf.sin(phase)];
        const passed = {
          re: tf.sub(tf.mul(re, c), tf.mul(im, s)) as tf.Tensor4D,
          im: tf.add(tf.mul(re, s), tf.mul(im, c)) as tf.Tensor4D,
        };
        const y = dft2d(passed, { inverse: true, centred: true });
        const intensity = tf.add(tf.square(y.re), tf.square(y.im));
        return tf.sum(tf.mul(intensity, tensors(weights, shape).re));
      };
      const at = numbers(sizeOf(shape), 9);
      const value = (phase: Float32Array): number =>
        tf.tidy(() => image(tf.tensor(phase, [...shape])).dataSync()[0]!);
      const slopes = tf.tidy(() =>
        tf
          .grad(image)(tf.tensor(at, [...shape]))
          .dataSync(),
      );
      const entries = someEntries(at.length, 20);
      assertClose(
        entries.map((entry) => slopes[entry]!),
        centralDifferences(value, at, entries, 0.01),
        'slope in the phase',
        1e-3,
      );
    });

    it('keeps Σ |x|² where it is orthonormal, and gives back what it took', () => {
      for (const { shape, x } of trials) {
        const there = compute(x, shape, { norm: 'ortho' });
        const energy = squares(there[0]!) + squares(there[1]!);
        const expected = squares(x.re) + squares(x.im);
        assert.ok(Math.abs(energy / expected - 1) < 1e-6, `[${shape}]: ${energy}, ${expected}`);
        const [re, im] = there.map((values) => Float64Array.from(values)) as [
          Float64Array,
          Float64Array,
        ];
        const back = compute({ re, im }, shape, { norm: 'ortho', inverse: true });
        assert.ok(relativeError(back, x) < 1e-6, `[${shape}]: there and back`);
      }
    });

    it('makes a constant of an impulse at the origin, to the last bit', () => {
      for (const shape of shapes) {
        const [batch, height, width, channels] = shape;
        const impulse = {
          re: new Float64Array(sizeOf(shape)),
          im: new Float64Array(sizeOf(shape)),
        };
        const middle = Math.floor(height / 2) * width + Math.floor(width / 2);
        for (let n = 0; n < batch; n++) {
          impulse.re.fill(
            0.7,
            (n * height * width + middle) * channels,
            (n * height * width + middle + 1) * channels,
          );
        }
        const [re, im] = compute(impulse, shape, { centred: true });
        assert.deepEqual(new Set(re), new Set([Math.fround(0.7)]), `[${shape}]`);
        assert.ok(
          im!.every((value) => value === 0),
          `[${shape}]`,
        );
      }
    });

    it('keeps NaN to the image and the channel that have one, and spreads it over all of that', () => {
      for (const shape of shapes) {
        const [, height, width, channels] = shape;
        const x = draw(shape, 8);
        const place = x.re.length - 1;
        x.re[place] = x.im[place] = NaN;
        const size = height * width * channels;
        for (const part of compute(x, shape, {})) {
          part.forEach((value, i) => {
            const isSpoilt =
              i % channels === place % channels && Math.floor(i / size) === shape[0] - 1;
            assert.equal(Number.isNaN(value), isSpoilt, `[${shape}]: value ${i} is ${value}`);
          });
        }
      }
    });

    it('is replayed with the same bits', async () => {
      const shape = [2, 12, 10, 3] as const;
      await checkReplay({
        inputs: { re: { shape, dtype: 'float32' }, im: { shape, dtype: 'float32' } },
        compute: ({ re, im }) => {
          const { value, grads } = tf.valueAndGrads((a: tf.Tensor, b: tf.Tensor): tf.Tensor => {
            const y = dft2d({ re: a as tf.Tensor4D, im: b as tf.Tensor4D });
            return tf.mul(tf.square(y.re), y.im);
          })([re!, im!]);
          return { value, dRe: grads[0]!, dIm: grads[1]! };
        },
      });
    });
  });
}

describe('the Fourier transform', () => {
  it('has the same bits on all machines and for any number of threads', async () => {
    let expected: Buffer | undefined;
    for (const { engine: id, kernels } of variants) {
      for (const threads of [1, 2, 8]) {
        const engine = await openEngine(id, { kernels, threads });
        const made = trials.flatMap(({ shape, x, options }) => compute(x, shape, options));
        engine.dispose();
        const actual = Buffer.concat(made.map((part) => Buffer.from(part.buffer)));
        expected ??= actual;
        assert.ok(actual.equals(expected), `${id}, ${kernels}, ${threads} threads`);
      }
    }
  });
});
