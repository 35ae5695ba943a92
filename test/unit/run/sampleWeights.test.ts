import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs-core';
import { traceExperiment } from '#common/experiment/trace';
import { buildAugmentation } from '../../../server/training/augmentation/augment';
import { createBatchReader, type Batch } from '../../../server/training/run/batches';
import { createLearner } from '../../../server/training/run/learner';
import { onLaterBackend } from '../engine/laterBackend';
import { assertClose, numbers, useEngine } from '../engine/support';
import { contextOf, experimentWith } from '../model/support';

const shape = [4, 3, 1] as const;
const pixels = 12;
const labels = Int32Array.of(0, 2, 1, 2);
const images = numbers(labels.length * pixels).map(Math.abs);
const linear = { layers: [{ type: 'flatten' }, { type: 'dense', units: 3 }] };

/** A batch of some of the four samples, in their order and as often as they are named. */
function batchOf(samples: readonly number[], weights?: readonly number[], training = true): Batch {
  const read = createBatchReader({
    facts: { shape, classNames: ['a', 'b', 'c'], count: 4, classCounts: [1, 1, 2] },
    labels,
    ...(weights && { sampleWeights: Float32Array.from(weights) }),
    read(indices, out) {
      for (const [place, sample] of indices.entries()) {
        out.set(images.subarray(sample * pixels, (sample + 1) * pixels), place * pixels);
      }
    },
  });
  return read({ samples: Uint32Array.from(samples), split: 'train', epoch: 2, training });
}

function learnerOf(sections: object = {}) {
  const experiment = experimentWith({ model: linear, ...sections });
  return { experiment, learner: createLearner(traceExperiment(experiment, shape), experiment) };
}

/** The kernel of the network after one step with a learning rate. */
async function kernelAfter(batch: Batch, learningRate: number): Promise<Float32Array> {
  const { learner } = learnerOf({ optimizer: { type: 'sgd', learningRate } });
  try {
    await learner.train(batch);
    return await learner.variables.get('dense/kernel')!.data<'float32'>();
  } finally {
    learner.dispose();
  }
}

/** −ln p of a label, in double precision. */
function crossEntropy(logits: ArrayLike<number>, label: number): number {
  const all = Array.from(logits);
  return Math.log(all.reduce((sum, z) => sum + Math.exp(z), 0)) - all[label]!;
}

describe('samples with weights', () => {
  useEngine();
  const all = [0, 1, 2, 3];
  const weights = [0.5, 0, 3, 1.25];

  it('have their losses times their weights, in training and in evaluation', async () => {
    const { learner } = learnerOf();
    for (const training of [true, false]) {
      const batch = batchOf(all, weights, training);
      const { perSampleLoss, losses, outputs } = training
        ? await learner.train(batch)
        : await learner.evaluate(batch);
      const exact = all.map(
        (i) => weights[i]! * crossEntropy(outputs.slice(3 * i, 3 * i + 3), labels[i]!),
      );
      assertClose(perSampleLoss, exact, 'loss', 1e-6);
      assert.deepEqual(losses, [{ values: perSampleLoss }]);
      const constant = Float32Array.from({ length: 12 }, (_, i) => i % 3);
      const [guessed] = await learner.lossOf(constant, batch);
      const ofGuess = all.map((i) => weights[i]! * crossEntropy([0, 1, 2], labels[i]!));
      assertClose(guessed!.values, ofGuess, 'loss of a constant answer', 1e-6);
    }
    // The same learner, given samples without weights between two that have some.
    const plain = await learner.evaluate(batchOf(all, undefined, false));
    const ones = await learner.evaluate(batchOf(all, [1, 1, 1, 1], false));
    assert.deepEqual(ones.perSampleLoss, plain.perSampleLoss);
    learner.dispose();
  });

  it('are as good as absent with a weight of 0, up to the number of samples', async () => {
    const found = await kernelAfter(batchOf(all, [1, 0, 1, 1]), 0.4);
    const absent = await kernelAfter(batchOf([0, 2, 3]), 0.3);
    assertClose(found, absent, 'kernel', 1e-6);
    assert.notDeepEqual(found, await kernelAfter(batchOf(all), 0.4));
  });

  it('are as good as there twice with a weight of 2, up to the number of samples', async () => {
    const found = await kernelAfter(batchOf([0, 1, 2], [1, 2, 1, 1]), 0.3);
    const twice = await kernelAfter(batchOf([0, 1, 1, 2]), 0.4);
    assertClose(found, twice, 'kernel', 1e-6);
  });

  it('take a step as long as their weights are large', async () => {
    const found = await kernelAfter(batchOf(all, [3, 3, 3, 3]), 0.1);
    assertClose(found, await kernelAfter(batchOf(all), 0.3), 'kernel', 1e-6);
    const still = await kernelAfter(batchOf(all, [0, 0, 0, 0]), 0.1);
    // Below what the weights of the network can show.
    assert.deepEqual(still, await kernelAfter(batchOf(all), 1e-30));
  });

  for (const type of ['mixup', 'cutmix']) {
    it(`have weights mixed as ${type} mixes them`, async () => {
      const augmentation = [{ type, alpha: 1 }];
      const { learner, experiment } = learnerOf({ augmentation });
      const mixed = (values: Float32Array, width: number) =>
        tf.tidy(() => {
          const ctx = contextOf(4, { samples: all, epoch: 2, seed: experiment.seed });
          const format = { kind: 'values', imageSize: [4, 3] } as const;
          const target = tf.tensor2d(values, [4, width]);
          return buildAugmentation(experiment)
            .applyToTarget(target, ctx, format)
            .dataSync<'float32'>();
        });
      const { perSampleLoss, outputs } = await learner.train(batchOf(all, weights));
      const oneHot = Float32Array.from({ length: 12 }, (_, i) =>
        Number(labels[Math.floor(i / 3)] === i % 3),
      );
      const shares = mixed(oneHot, 3);
      const mixedWeights = mixed(Float32Array.from(weights), 1);
      assert.notDeepEqual([...mixedWeights], weights);
      const exact = all.map((i) => {
        const logits = outputs.slice(3 * i, 3 * i + 3);
        const ofClasses = [0, 1, 2].map((k) => shares[3 * i + k]! * crossEntropy(logits, k));
        return mixedWeights[i]! * ofClasses.reduce((sum, loss) => sum + loss, 0);
      });
      assertClose(perSampleLoss, exact, 'loss', 1e-6);
      learner.dispose();
    });
  }

  for (const type of ['mixup', 'cutmix']) {
    it(`lose the same after ${type} on a backend that gives values only later`, async () => {
      const run = async () => {
        const { learner } = learnerOf({ augmentation: [{ type, alpha: 1 }] });
        const trained = await learner.train(batchOf(all, weights));
        const evaluated = await learner.evaluate(batchOf(all, weights, false));
        learner.dispose();
        return [...trained.perSampleLoss, ...evaluated.perSampleLoss];
      };
      assertClose(await onLaterBackend(run), await run(), 'loss', 1e-5);
    });
  }
});
