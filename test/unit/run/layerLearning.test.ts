import assert from 'node:assert/strict';
import { traceExperiment } from '#common/experiment/trace';
import { openDataset } from '../../../server/training/data/dataset';
import { createBatchReader, type Batch } from '../../../server/training/run/batches';
import { createLearner, type Learner } from '../../../server/training/run/learner';
import { assertClose, useEngine, variants } from '../engine/support';
import { experimentWith } from '../model/support';

/** What a layer of the network says beside its kind. */
interface Said {
  readonly conv?: object;
  readonly norm?: object;
  readonly dense?: object;
}

/** Sections beside the network. */
type Sections = Readonly<Record<string, unknown>>;

const sgd = { optimizer: { type: 'sgd', learningRate: 0.5 } };

function experimentOf({ conv, norm, dense }: Said, sections: Sections) {
  return experimentWith({
    data: { source: { type: 'synthetic', shape: [8, 8, 1], classes: 3, count: 48 } },
    model: {
      layers: [
        { type: 'conv2d', filters: 4, ...conv },
        { type: 'batchNormalization', ...norm },
        { type: 'prelu' },
        { type: 'flatten' },
        { type: 'dense', units: 3, ...dense },
      ],
    },
    ...sections,
  });
}

type Weights = ReadonlyMap<string, Float32Array>;

interface Outcome {
  /** Before the first step, and after each. */
  readonly weights: readonly Weights[];
  readonly penalties: readonly number[];
  readonly averages: Weights;
  readonly kernels: ReadonlySet<string>;
}

/** Trains for some steps of 16 samples, with the learning rate times a factor. */
async function train(said: Said, sections: Sections, steps = 3, factor = 1): Promise<Outcome> {
  const experiment = experimentOf(said, sections);
  const { source } = experiment.data;
  const dataset = await openDataset(source, { baseFolder: '.', seed: experiment.seed });
  const readBatch = createBatchReader(dataset);
  const batchOf = (step: number): Batch => {
    const samples = Uint32Array.from({ length: 16 }, (_, i) => (16 * step + i) % 48);
    return readBatch({ samples, split: 'train', epoch: 1, training: true });
  };
  const learner = createLearner(traceExperiment(experiment, dataset.facts.shape), experiment);
  learner.optimizer.factor = factor;
  const weights = [weightsOf(learner)];
  const penalties: number[] = [];
  for (let step = 0; step < steps; step++) {
    penalties.push((await learner.train(batchOf(step))).penalty);
    weights.push(weightsOf(learner));
  }
  const averages = valuesOf(learner.optimizer.averages);
  const { times } = await learner.profile(batchOf(steps));
  learner.dispose();
  return { weights, penalties, averages, kernels: new Set(times.map(({ name }) => name)) };
}

function weightsOf({ variables }: Learner): Weights {
  return valuesOf(variables);
}

function valuesOf(tensors: Learner['variables']): Weights {
  return new Map(
    [...tensors].map(([name, tensor]) => [name, tensor.dataSync<'float32'>().slice()]),
  );
}

/** Names of the weights that differ. */
function moved([before, after]: readonly [Weights, Weights]): readonly string[] {
  return [...before].flatMap(([name, w]) =>
    Buffer.compare(Buffer.from(w.buffer), Buffer.from(after.get(name)!.buffer)) === 0 ? [] : name,
  );
}

/** What a step takes off a weight. */
function change({ weights }: Outcome, name: string, step = 1): Float32Array {
  const after = weights[step]!.get(name)!;
  return weights[step - 1]!.get(name)!.map((w, i) => w - after[i]!);
}

describe('how layers learn', () => {
  useEngine(variants.find(({ engine }) => engine === 'native'));

  describe('a frozen layer', () => {
    const everything = {
      optimizer: {
        ...{ type: 'adamW', learningRate: 0.01, weightDecay: 0.1 },
        ...{ emaMomentum: 0.9, globalClipNorm: 1 },
      },
      regularization: { type: 'l2', lambda: 0.01 },
    };
    const frozen = { trainable: false, kernelConstraint: { type: 'unitNorm' } };

    it('stays as it is, whatever else pulls at weights', async () => {
      const { weights, averages } = await train({ conv: frozen }, everything);
      const changed = moved([weights[0]!, weights[3]!]);
      const ofOthers = [...weights[0]!.keys()].filter((name) => !name.startsWith('conv2d/'));
      assert.deepEqual(changed, ofOthers);
      assert.deepEqual([...averages.keys()], ofOthers.filter((name) => !/moving/.test(name))); // prettier-ignore
    });

    it('has no part in the penalty', async () => {
      const { weights, penalties } = await train({ conv: frozen }, everything, 1);
      const kernel = weights[0]!.get('dense/kernel')!;
      assertClose(penalties, [0.01 * kernel.reduce((sum, w) => sum + w * w, 0)], 'penalty', 1e-6);
    });

    it('changes nothing of the first step of the others', async () => {
      const [with_, without] = [await train({ conv: frozen }, sgd, 1), await train({}, sgd, 1)];
      const others = [...with_.weights[0]!.keys()].filter((name) => !name.startsWith('conv2d/'));
      for (const name of others) {
        assert.deepEqual(with_.weights[1]!.get(name), without.weights[1]!.get(name), name);
      }
      assert.ok(change(without, 'conv2d/kernel').some((value) => value !== 0));
    });

    it('has no gradient computed', async () => {
      const gradient = 'conv2d_filter_gradient';
      assert.equal((await train({ conv: frozen }, sgd, 1)).kernels.has(gradient), false);
      assert.equal((await train({}, sgd, 1)).kernels.has(gradient), true);
    });

    it('of a batch normalization keeps its running averages too', async () => {
      const { weights } = await train({ norm: { trainable: false } }, everything);
      const still = [...weights[0]!.keys()].filter((name) => name.startsWith('batchNorm'));
      assert.equal(still.length, 4);
      assert.ok(moved([weights[0]!, weights[3]!]).every((name) => !still.includes(name)));
    });

    it('is what a rate of 0 makes of it, but for running averages', async () => {
      const { weights } = await train({ norm: { learningRateMultiplier: 0 } }, everything);
      const changed = moved([weights[0]!, weights[3]!]);
      const ofNorm = changed.filter((name) => name.startsWith('batchNorm'));
      assert.deepEqual(ofNorm, [
        'batchNormalization/movingMean',
        'batchNormalization/movingVariance',
      ]);
    });
  });

  describe('a multiplier of the learning rate', () => {
    it('multiplies the steps of its layer and of no other', async () => {
      const said = { conv: { learningRateMultiplier: 0.25 }, norm: { learningRateMultiplier: 3 } };
      const [slow, plain] = [await train(said, sgd, 1), await train({}, sgd, 1)];
      const factors = {
        ...{ 'conv2d/kernel': 0.25, 'conv2d/bias': 0.25, 'batchNormalization/gamma': 3 },
        ...{ 'batchNormalization/beta': 3, 'prelu/alpha': 1, 'dense/kernel': 1, 'dense/bias': 1 },
      };
      for (const [name, factor] of Object.entries(factors)) {
        const expected = change(plain, name).map((step) => factor * step);
        assertClose(change(slow, name), expected, name, 1e-6);
      }
    });

    it('multiplies what a schedule makes of the rate, and so the weight decay', async () => {
      const said = { dense: { learningRateMultiplier: 0.5 } };
      const after = async (weightDecay: number, factor: number) =>
        train(said, { optimizer: { type: 'adamW', learningRate: 0.1, weightDecay } }, 1, factor);
      const [decayed, free, quick] = [
        await after(0.2, 0.3),
        await after(0, 0.3),
        await after(0, 1),
      ];
      // A step of Adam does not depend on the weight: the decay is what is left between them.
      for (const [name, multiplier] of [
        ['conv2d/kernel', 1],
        ['dense/kernel', 0.5],
      ] as const) {
        // prettier-ignore
        const w = free.weights[0]!.get(name)!;
        const rest = change(free, name);
        const decay = change(decayed, name).map((step, i) => step - rest[i]!);
        assertClose(decay, w.map((value) => 0.3 * 0.1 * multiplier * 0.2 * value), name, 1e-7); // prettier-ignore
        // The first step of Adam has the length of the rate.
        const lengths = change(quick, name).map(Math.abs);
        assertClose([Math.max(...lengths)], [0.1 * multiplier], name, 1e-6);
        assertClose(rest, change(quick, name).map((step) => 0.3 * step), name, 1e-7); // prettier-ignore
      }
    });
  });

  describe('a constraint', () => {
    const said = {
      conv: { kernelConstraint: { type: 'unitNorm' }, biasConstraint: { type: 'nonNegative' } },
      dense: { kernelConstraint: { type: 'maxNorm', maxValue: 0.5 } },
    };

    it('holds after every update', async () => {
      const { weights, averages } = await train(said, {
        optimizer: { ...sgd.optimizer, emaMomentum: 0.5 },
      });
      for (const after of weights.slice(1)) assertHolds(after);
      const { 'conv2d/bias': bias, 'dense/kernel': kernel } = Object.fromEntries(averages);
      assert.ok(bias!.every((b) => b >= 0));
      assert.ok(normsOf(kernel!, 3).every((norm) => norm <= 0.5 + 1e-6));
    });

    it('acts with the update only where several batches make one', async () => {
      const optimizer = { ...sgd.optimizer, gradientAccumulationSteps: 2 };
      const { weights } = await train(said, { optimizer }, 2);
      const changed = moved([weights[0]!, weights[1]!]);
      assert.ok(
        changed.every((name) => /moving/.test(name)),
        changed.join(),
      );
      assertHolds(weights[2]!);
    });

    it('brings back where the update without it leads', async () => {
      const [held, free] = [await train(said, sgd, 1), await train({}, sgd, 1)];
      const kernel = free.weights[1]!.get('conv2d/kernel')!;
      const norms = normsOf(kernel, 4);
      const expected = kernel.map((w, i) => w / norms[i % 4]!);
      assertClose(held.weights[1]!.get('conv2d/kernel')!, expected, 'kernel', 1e-6);
      const bias = free.weights[1]!.get('conv2d/bias')!;
      assert.ok(bias.some((b) => b < 0));
      assert.deepEqual(held.weights[1]!.get('conv2d/bias'), bias.map((b) => Math.max(b, 0))); // prettier-ignore
    });

    function assertHolds(weights: Weights): void {
      const ofConv = normsOf(weights.get('conv2d/kernel')!, 4);
      assertClose(ofConv, [1, 1, 1, 1], 'conv2d', 1e-6);
      assert.ok(weights.get('conv2d/bias')!.every((b) => b >= 0));
      assert.ok(normsOf(weights.get('dense/kernel')!, 3).every((norm) => norm <= 0.5 + 1e-6));
    }

    /** Of the columns of a matrix. */
    function normsOf(matrix: Float32Array, columns: number): readonly number[] {
      return Array.from({ length: columns }, (_, column) =>
        Math.hypot(...matrix.filter((_w, i) => i % columns === column)),
      );
    }
  });
});
