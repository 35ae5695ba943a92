import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs-core';
import { backendName, type KernelBackend } from '../../../server/training/engine/backend/backend';
import { valueAndGradients } from '../../../server/training/gradients';
import { lossFunction } from '../../../server/training/loss/loss';
import { buildNetwork } from '../../../server/training/model/network';
import { fitNormalizer } from '../../../server/training/normalization/normalizer';
import { createOptimizer } from '../../../server/training/optimizer/optimizer';
import { buildInstrument } from '../../../server/training/physics/instrument';
import { penalty } from '../../../server/training/regularization/penalty';
import { useEngine } from '../engine/support';
import {
  checkGradients,
  contextOf,
  experimentWith,
  ratesOf,
  traceOf,
  trainableOf,
} from './support';

const [count, size, classes] = [24, 8, 3];

const experiment = experimentWith({
  seed: 5,
  physics: [
    { type: 'gaussianBlur', sigmaPx: 1, trainable: true, learningRate: 0.05 },
    { type: 'shotNoise', photons: 400, readNoise: 1 },
  ],
  normalization: { type: 'standardize' },
  model: {
    layers: [
      { type: 'conv2d', filters: 4, useBias: false },
      { type: 'batchNormalization' },
      { type: 'activation', function: 'relu' },
      { type: 'maxPooling2d' },
      { type: 'flatten' },
      { type: 'dropout', rate: 0.2 },
      { type: 'dense', units: classes },
    ],
  },
  regularization: { type: 'l2' },
  optimizer: { type: 'adam', learningRate: 0.01 },
});

/** Stripes whose spacing is the class. */
function createBatch(): { readonly object: tf.Tensor4D; readonly labels: tf.Tensor1D } {
  const labels = Int32Array.from({ length: count }, (_, sample) => sample % classes);
  const pixels = Float32Array.from({ length: count * size * size }, (_, i) => {
    const [sample, column] = [Math.floor(i / size ** 2), i % size];
    return (column + sample) % (labels[sample]! + 2) === 0 ? 1 : 0.1;
  });
  return {
    object: tf.tensor4d(pixels, [count, size, size, 1]),
    labels: tf.tensor1d(labels, 'int32'),
  };
}

/** Everything that a training step needs, put together as the loop does it. */
async function createTrainer() {
  const trace = traceOf(experiment, [size, size, 1]);
  const network = buildNetwork(trace, experiment);
  const instrument = buildInstrument(trace, experiment);
  const { object, labels } = createBatch();
  const loss = lossFunction(experiment.loss);
  const normalizer = await fitNormalizer(experiment.normalization, [object], 1);
  const physics = new Map([...instrument.parameters].map(([name, p]) => [name, p.variable]));
  const sigma = instrument.parameters.get('gaussianBlur/sigmaPx')!;
  const variables = new Map([...trainableOf(network), ...physics]);
  const optimizer = createOptimizer(experiment.optimizer, [
    { name: 'network', variables: trainableOf(network) },
    { name: 'gaussianBlur', learningRate: sigma.spec.learningRate, variables: physics },
  ]);
  const computeLoss = (epoch: number) => (): tf.Scalar => {
    const ctx = contextOf(count, { epoch });
    const seen = normalizer.apply(instrument.apply(object, ctx));
    const targets = { labels, target: object };
    const { perSample } = loss(network.apply(seen, ctx), targets, tf.scalar(epoch, 'int32'));
    return tf.add(tf.mean(perSample), penalty(experiment.regularization, network));
  };
  return {
    physics,
    sigma: () => sigma.variable.dataSync()[0]!,
    computeLoss,
    /** Takes a step and gives the loss before it. */
    step: (epoch: number): number =>
      tf.tidy(() => {
        const { value, gradients } = valueAndGradients(computeLoss(epoch), variables);
        optimizer.apply(gradients, ratesOf(optimizer));
        optimizer.countStep();
        instrument.project();
        return value.dataSync()[0]!;
      }),
    dispose() {
      tf.dispose([object, labels]);
      for (const part of [network, instrument, normalizer, optimizer]) part.dispose();
    },
  };
}

describe('a training step', () => {
  useEngine();

  it('brings the loss down and moves the instrument', async () => {
    const trainer = await createTrainer();
    const losses = Array.from({ length: 40 }, (_, epoch) => trainer.step(epoch));
    assert.ok(losses.every(Number.isFinite));
    assert.ok(losses[39]! < 0.3 * losses[0]!, `${losses[0]} → ${losses[39]}`);
    assert.ok(Math.abs(trainer.sigma() - 1) > 0.05, `σ = ${trainer.sigma()}`);
    trainer.dispose();
  });

  it('has the right slope in σ through noise, normalization, network and loss', async () => {
    const trainer = await createTrainer();
    checkGradients(trainer.computeLoss(1), trainer.physics, { step: 2e-3, tolerance: 2e-2 });
    trainer.dispose();
  });

  it('repeats bit by bit', async () => {
    const take = async () => {
      const trainer = await createTrainer();
      const losses = Array.from({ length: 5 }, (_, epoch) => trainer.step(epoch));
      const result = [...losses, trainer.sigma()];
      trainer.dispose();
      return result;
    };
    const runs = [await take(), await take()];
    assert.deepEqual(runs[0], runs[1]);
  });

  it('keeps tensors and bytes flat, and gives all back', async () => {
    const { heap } = tf.findBackend(backendName) as unknown as KernelBackend;
    const before = tf.memory().numTensors;
    const trainer = await createTrainer();
    trainer.step(0);
    const first = { tensors: tf.memory().numTensors, bytes: heap.usedBytes };
    for (let epoch = 1; epoch < 6; epoch++) trainer.step(epoch);
    assert.deepEqual({ tensors: tf.memory().numTensors, bytes: heap.usedBytes }, first);
    trainer.dispose();
    assert.equal(tf.memory().numTensors, before);
  });
});
