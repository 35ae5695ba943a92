import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs-core';
import type { Shape } from '#common/catalogue/component';
import { traceExperiment } from '#common/experiment/trace';
import { buildAugmentation } from '../../../server/training/augmentation/augment';
import type { Batch } from '../../../server/training/run/batches';
import { createLearner, type Learner } from '../../../server/training/run/learner';
import type { StepResult } from '../../../server/training/run/steps';
import { numbers, useEngine } from '../engine/support';
import { contextOf, experimentWith } from '../model/support';

const shape = [6, 5, 1] as const;
const pixels = 30;
const samples = [4, 9, 2, 0, 7, 30, 1];
const rows = samples.length;
const epoch = 2;

const flat = (units: number) => ({
  layers: [{ type: 'flatten' }, { type: 'dense', units }],
});

/** A batch of images with the targets that are given. */
function batchOf(given: Partial<Pick<Batch, 'labels' | 'target'>>): Batch {
  return {
    images: numbers(rows * pixels).map(Math.abs),
    shape: [rows, ...shape],
    labels: new Int32Array(rows),
    ...given,
    samples: Uint32Array.from(samples),
    split: 'train',
    epoch,
    training: true,
  };
}

/** Gives a new learner of an experiment to a test, and frees it. */
async function withLearner<T>(
  changes: object,
  use: (learner: Learner, experiment: ReturnType<typeof experimentWith>) => Promise<T>,
  input: Shape = shape,
): Promise<T> {
  const experiment = experimentWith({ model: flat(3), ...changes });
  const learner = createLearner(traceExperiment(experiment, input), experiment);
  try {
    return await use(learner, experiment);
  } finally {
    learner.dispose();
  }
}

/** Targets as the augmentation of an experiment mixes them. */
function mixedTargets(
  experiment: ReturnType<typeof experimentWith>,
  values: Float32Array,
  width: number,
): Float32Array {
  return tf.tidy(() => {
    const ctx = contextOf(rows, { samples, epoch, seed: experiment.seed });
    const format = { kind: 'values', imageSize: [shape[0], shape[1]] } as const;
    const target = tf.tensor2d(values, [rows, width]);
    return buildAugmentation(experiment).applyToTarget(target, ctx, format).dataSync<'float32'>();
  });
}

/** −Σ t ln p of a row of logits, in double precision. */
function crossEntropy(logits: Float32Array, shares: Float32Array): number {
  const total = logits.reduce((sum, value) => sum + Math.exp(value), 0);
  return shares.reduce((sum, share, k) => sum + share * (Math.log(total) - logits[k]!), 0);
}

const rowOf = (values: Float32Array, row: number, width: number) =>
  values.subarray(row * width, (row + 1) * width);

describe('a step of training with samples mixed', () => {
  useEngine();
  const labels = Int32Array.from([0, 1, 2, 2, 1, 0, 1]);
  const oneHot = Float32Array.from({ length: 3 * rows }, (_, i) =>
    Number(labels[Math.floor(i / 3)] === i % 3),
  );

  for (const type of ['mixup', 'cutmix']) {
    it(`compares with the shares of classes that ${type} gives, and counts the largest`, async () => {
      const changes = { augmentation: [{ type, alpha: 1 }], loss: { type: 'softmaxCrossEntropy' } };
      await withLearner(changes, async (learner, experiment) => {
        const result = await learner.train(batchOf({ labels }));
        const shares = mixedTargets(experiment, oneHot, 3);
        assert.notDeepEqual(shares, oneHot);
        for (let row = 0; row < rows; row++) {
          const truth = rowOf(shares, row, 3);
          const expected = crossEntropy(rowOf(result.outputs, row, 3), truth);
          assert.ok(Math.abs(result.perSampleLoss[row]! - expected) < 1e-6 * Math.max(1, expected));
          assert.equal(labelsOf(result)[row], truth.indexOf(Math.max(...truth)));
        }
      });
    });
  }

  function labelsOf({ moved }: StepResult): Int32Array {
    assert.ok(moved && 'labels' in moved);
    return moved.labels;
  }

  it('compares with mixed labels and numbers, and measures against them', async () => {
    const target = numbers(2 * rows, 5);
    const augmentation = [
      { type: 'mixup', alpha: 1 },
      { type: 'cutmix', probability: 0.5 },
    ];
    const changes = { augmentation, model: flat(2), loss: { type: 'meanSquaredError' } };
    await withLearner(changes, async (learner, experiment) => {
      const { moved, outputs, perSampleLoss } = await learner.train(batchOf({ target }));
      const expected = mixedTargets(experiment, target, 2);
      assert.ok(moved && 'target' in moved);
      assert.deepEqual(moved.target, expected);
      for (let row = 0; row < rows; row++) {
        const [a, b] = rowOf(outputs, row, 2);
        const [s, t] = rowOf(expected, row, 2);
        const loss = ((a! - s!) ** 2 + (b! - t!) ** 2) / 2;
        assert.ok(Math.abs(perSampleLoss[row]! - loss) < 1e-5 * Math.max(1, loss));
      }
    });
  });

  it('leaves targets alone that are not mixed', async () => {
    const augmentation = [{ type: 'flipLeftRight' }];
    await withLearner({ augmentation }, async (learner) => {
      assert.equal((await learner.train(batchOf({ labels }))).moved, undefined);
    });
  });

  it('evaluates without mixing', async () => {
    const augmentation = [{ type: 'mixup', alpha: 1000 }];
    await withLearner({ augmentation }, async (learner) => {
      const { moved, outputs, perSampleLoss } = await learner.evaluate({
        ...batchOf({ labels }),
        training: false,
      });
      assert.equal(moved, undefined);
      for (let row = 0; row < rows; row++) {
        const expected = crossEntropy(rowOf(outputs, row, 3), rowOf(oneHot, row, 3));
        assert.ok(Math.abs(perSampleLoss[row]! - expected) < 1e-6 * Math.max(1, expected));
      }
    });
  });

  it('with masks takes no step in JavaScript, and gives the masks as they were cut', async () => {
    const masks = Int32Array.from({ length: rows * pixels }, (_, i) => (i * 5) % 3);
    const augmentation = [
      { type: 'affine', rotateDegrees: 20 },
      { type: 'oneOf', choices: [{ type: 'cutmix' }, { type: 'elastic' }, { type: 'contrast' }] },
    ];
    const model = { layers: [{ type: 'conv2d', filters: 3, kernelSize: 3, padding: 'same' }] };
    await withLearner({ augmentation, model }, async (learner) => {
      const { result, times } = await learner.profile(batchOf({ labels: masks }));
      const names = new Set(times.map(({ name }) => name));
      assert.ok(names.has('paste_boxes') && names.has('whole_of_float'));
      assert.deepEqual(
        [...names].filter((name) => !/^[a-z0-9_]+$/.test(name)),
        [],
      );
      const cut = labelsOf(result);
      assert.notDeepEqual(cut, masks);
      assert.ok(cut.every((label) => label >= 0 && label < 3));
    });
  });
});
