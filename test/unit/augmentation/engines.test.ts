import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs-core';
import { openEngine } from '../../../server/training/engine/engine';
import { createProgram } from '../../../server/training/engine/program';
import {
  checkAgainstCpu,
  numbers,
  titleOf,
  useEngine,
  variants,
  type Variant,
} from '../engine/support';
import { contextOf } from '../model/support';
import { augmentationOf, everyKind, type Shape4 } from './support';

const samples = [5, 3, 1, 400_000, 2];

/** Sizes where vectors end within a row, and where they do not. */
const shapes: readonly Shape4[] = [
  [5, 9, 7, 3],
  [5, 8, 8, 3],
];

function changed(steps: readonly object[], shape: Shape4): tf.Tensor {
  return tf.tidy(() => {
    const images = numbers(shape.reduce((size, length) => size * length, 1)).map(Math.abs);
    const x = tf.tensor4d(images, [...shape]);
    return augmentationOf(...steps).apply(x, contextOf(5, { samples, epoch: 3 }));
  });
}

const affine = { type: 'affine', rotateDegrees: 90, translate: 0.5, scale: 0.4, shearDegrees: 20 };
const samplings = ['nearest', 'bilinear', 'bicubic'].flatMap((interpolation) =>
  ['zero', 'nearest', 'mirror', 'symmetric', 'circular'].map((border) => ({
    interpolation,
    border,
  })),
);

for (const variant of variants) {
  describe(`augmentation by the engine, ${titleOf(variant)}`, () => {
    useEngine(variant);

    for (const [kind, example] of everyKind) {
      it(`${kind}: does what JavaScript does`, async () => {
        for (const shape of shapes) {
          for (const probability of [1, 0.5]) {
            const steps = [{ ...example, probability }];
            await checkAgainstCpu(kind, () => changed(steps, shape), 2e-6);
          }
        }
      });
    }

    it('draws anew in every replay of a recorded step, as the epoch and the samples tell', async () => {
      const all = everyKind.map(([, example]) => ({ ...example, probability: 0.7 }));
      const program = createProgram({
        inputs: {
          x: { shape: [3, 8, 8, 3], dtype: 'float32' },
          epoch: { shape: [], dtype: 'int32' },
          samples: { shape: [3], dtype: 'int32' },
        },
        compute: ({ x, epoch, samples }) => {
          const draw = { epoch: epoch as tf.Scalar, samples: samples as tf.Tensor1D };
          const ctx = { training: true, seed: 7, split: 'train', ...draw } as const;
          return { y: augmentationOf(...all).apply(x as tf.Tensor4D, ctx) };
        },
      });
      const x = numbers(576).map(Math.abs);
      const seen = new Set<string>();
      for (const [epoch, samples] of [
        [1, [0, 1, 2]],
        [2, [0, 1, 2]],
        [2, [7, 1, 9]],
        [1, [0, 1, 2]],
      ] as const) {
        const given = { x, epoch: Int32Array.of(epoch), samples: Int32Array.from(samples) };
        const { y } = await program.run(given);
        const expected = tf.tidy(() => {
          const image = tf.tensor4d(x, [3, 8, 8, 3]);
          const ctx = contextOf(3, { epoch, samples });
          return augmentationOf(...all)
            .apply(image, ctx)
            .dataSync<'float32'>();
        });
        assert.deepEqual(y, expected);
        seen.add(expected.join());
      }
      assert.equal(seen.size, 3);
      program.dispose();
    });

    it('reads between and beyond pixels as JavaScript does', async () => {
      for (const channels of [1, 2, 3, 4, 5, 9]) {
        for (const sampling of samplings) {
          const what = `${sampling.interpolation}, ${sampling.border}, ${channels} channels`;
          const steps = [{ ...affine, ...sampling }];
          await checkAgainstCpu(what, () => changed(steps, [5, 6, 7, channels]), 2e-6);
        }
      }
    });
  });
}

describe('augmentation by any engine', () => {
  it('has the same bits on every instruction set, with 1, 2, 3 and 8 threads', async () => {
    const more = [1, 2, 3, 8].map((threads) => ({ ...variants.at(-1)!, threads }));
    const seen = new Map<string, string[]>();
    for (const variant of [...variants, ...more]) {
      for (const [kind, bits] of await bitsOf(variant)) {
        seen.set(kind, [...(seen.get(kind) ?? []), bits]);
      }
    }
    for (const [kind, bits] of seen) assert.equal(new Set(bits).size, 1, kind);
  });
});

/** What each kind makes of a batch, as text. */
async function bitsOf({ engine: id, ...options }: Variant): Promise<readonly [string, string][]> {
  const engine = await openEngine(id, options);
  try {
    const all = [...everyKind, ['bicubic', { ...affine, interpolation: 'bicubic' }] as const];
    return all.map(([kind, step]) => {
      const values = tf.tidy(() => changed([step], [5, 33, 30, 3]).dataSync<'float32'>());
      return [kind, Buffer.from(values.buffer).toString('base64')];
    });
  } finally {
    engine.dispose();
  }
}
