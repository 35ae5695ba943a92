import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs-core';
import { buildInstrument, type Instrument } from '../../../server/training/physics/instrument';
import { numbers, useEngine } from '../engine/support';
import { assign, checkGradients, contextOf, experimentWith, traceOf } from '../model/support';

const blur = { type: 'gaussianBlur', sigmaPx: 1.5, border: 'mirror', trainable: true };

function build(physics: readonly object[]): Instrument {
  const experiment = experimentWith({ physics });
  return buildInstrument(traceOf(experiment, [6, 6, 1]), experiment);
}

function object(): tf.Tensor4D {
  return tf.tensor4d(numbers(2 * 36, 4).map(Math.abs), [2, 6, 6, 1]);
}

describe('the instrument', () => {
  useEngine();

  it('names its parameters by layer and keeps fixed ones too', () => {
    const instrument = build([blur, { ...blur, trainable: false }, { type: 'shotNoise' }]);
    assert.deepEqual(
      [...instrument.parameters].map(([name, { spec, variable }]) => [
        name,
        spec.trainable,
        variable.trainable,
        variable.dataSync()[0],
      ]),
      [
        ['gaussianBlur/sigmaPx', true, true, 1.5],
        ['gaussianBlur_1/sigmaPx', false, false, 1.5],
      ],
    );
    instrument.dispose();
  });

  it('forms the image in the order of the file', () => {
    const both = build([blur, { ...blur, sigmaPx: 0.9 }]);
    const first = build([blur]);
    const second = build([{ ...blur, sigmaPx: 0.9 }]);
    tf.tidy(() => {
      const ctx = contextOf(2);
      const expected = second.apply(first.apply(object(), ctx), ctx);
      assert.deepEqual(both.apply(object(), ctx).dataSync(), expected.dataSync());
    });
    for (const instrument of [both, first, second]) instrument.dispose();
  });

  it('is the object itself where there is no instrument', () => {
    const instrument = build([]);
    tf.tidy(() => {
      const x = object();
      assert.equal(instrument.apply(x, contextOf(2)), x);
    });
  });

  it('differentiates through blur, noise and a second blur', () => {
    const instrument = build([
      blur,
      { type: 'shotNoise', photons: 50, readNoise: 1 },
      { ...blur, sigmaPx: 0.6 },
    ]);
    const variables = new Map(
      [...instrument.parameters].map(([name, { variable }]) => [name, variable]),
    );
    const weights = tf.tensor(numbers(72, 9), [2, 6, 6, 1]);
    checkGradients(
      () => tf.sum(tf.mul(instrument.apply(object(), contextOf(2)), weights)),
      variables,
    );
    weights.dispose();
    instrument.dispose();
  });

  it('keeps learned parameters in their physical range', () => {
    const instrument = build([blur]);
    const { variable } = instrument.parameters.get('gaussianBlur/sigmaPx')!;
    for (const [given, kept] of [
      [-1, 0.2],
      [7, 5],
      [2.5, 2.5],
    ] as const) {
      assign(variable, [given]);
      instrument.project();
      assert.equal(variable.dataSync()[0], Math.fround(kept));
    }
    instrument.dispose();
  });

  it('gives all tensors back', () => {
    const before = tf.memory().numTensors;
    const instrument = build([blur, { type: 'shotNoise' }]);
    tf.tidy(() => void instrument.apply(object(), contextOf(2)));
    instrument.project();
    instrument.dispose();
    assert.equal(tf.memory().numTensors, before);
  });
});
