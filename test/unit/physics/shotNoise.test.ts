import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs-core';
import { buildInstrument } from '../../../server/training/physics/instrument';
import { reparametrised } from '../../../server/training/physics/shotNoise';
import { useEngine } from '../engine/support';
import { contextOf, experimentWith, traceOf, type PassOptions } from '../model/support';
import { assertGolden, flat, imageSize, readGolden, type Nested } from './golden';

const { cases, tables } = readGolden('10-shot-read-noise.json');
const evaluation = { training: false, split: 'validation' } as const;

type Shape4 = [number, number, number, number];

/** What the layer makes of images of one value. */
function observe(
  value: number,
  [count, height, width]: readonly [number, number, number],
  parameters: Readonly<Record<string, unknown>>,
  changes: PassOptions = evaluation,
): Float32Array {
  const experiment = experimentWith({ physics: [{ type: 'shotNoise', ...parameters }] });
  const instrument = buildInstrument(traceOf(experiment, [height, width, 1]), experiment);
  return tf.tidy(() => {
    const x = tf.fill([count, height, width, 1], value) as tf.Tensor4D;
    return instrument.apply(x, contextOf(count, changes)).dataSync<'float32'>();
  });
}

function moments(values: ArrayLike<number>): readonly [number, number, number] {
  const list = Array.from(values);
  const mean = list.reduce((sum, value) => sum + value, 0) / list.length;
  const central = (power: number) => list.reduce((sum, value) => sum + (value - mean) ** power, 0);
  return [mean, central(2) / (list.length - 1), central(3) / list.length];
}

interface MomentsRow {
  readonly N: number;
  readonly x: number;
  readonly Q: number;
  readonly t: number;
  readonly d: number;
  readonly read_sigma: number;
  readonly gain: number;
  readonly normalised_mean: number;
  readonly normalised_var: number;
  readonly mean_lo: number;
  readonly mean_hi: number;
  readonly var_lo: number;
  readonly var_hi: number;
  readonly third_lo: number;
  readonly third_hi: number;
  readonly p_zero?: number;
  readonly p_zero_lo?: number;
  readonly p_zero_hi?: number;
}

const rows = (tables['moments'] as { readonly rows: readonly MomentsRow[] }).rows;

function cameraOf(row: MomentsRow) {
  return {
    photons: row.N,
    quantumEfficiency: row.Q,
    exposure: row.t,
    darkCurrent: row.d,
    readNoise: row.read_sigma,
  };
}

describe('shot noise', () => {
  useEngine();

  for (const row of rows) {
    const what = `N ${row.N}, Q ${row.Q}, t ${row.t}, d ${row.d}, read noise ${row.read_sigma}`;
    it(`has the moments of counted photons in evaluation: ${what}`, () => {
      const seen = observe(row.x, [1, 400, 500], cameraOf(row));
      const output = Float64Array.from(seen, (y) => row.gain * y * row.Q * row.N * row.t);
      const [mean, variance, third] = moments(output);
      const within = (name: string, value: number, low: number, high: number) =>
        assert.ok(value >= low && value <= high, `${name} ${value} is not in ${low} … ${high}`);
      within('mean', mean, row.mean_lo, row.mean_hi);
      within('variance', variance, row.var_lo, row.var_hi);
      within('third central moment', third, row.third_lo, row.third_hi);
      if (row.p_zero_lo !== undefined && row.p_zero_lo > 1e-3) {
        const dark = output.filter((value) => value === 0).length / output.length;
        within('part of zeros', dark, row.p_zero_lo, row.p_zero_hi!);
      }
    });
  }

  it('trains on the same mean and variance', () => {
    for (const row of rows.filter(({ N, read_sigma }) => N !== 10 && read_sigma !== 10)) {
      const seen = observe(row.x, [1, 400, 500], cameraOf(row), { training: true });
      const [mean, variance] = moments(seen);
      const error = Math.sqrt(row.normalised_var / seen.length);
      assert.ok(Math.abs(mean - row.normalised_mean) < 5 * error, `mean ${mean}, N ${row.N}`);
      const spread = Math.abs(variance / row.normalised_var - 1);
      assert.ok(spread < 5 * Math.sqrt(2 / seen.length), `variance ${variance}, N ${row.N}`);
    }
  });

  for (const { id, params, inputs, outputs, g, grads, tol_f32 } of cases.slice(1)) {
    it(`agrees with the golden case ${id}`, () =>
      tf.tidy(() => {
        const camera = {
          photons: inputs['N'] as number,
          quantumEfficiency: params['Q'] as number,
          exposure: (inputs['t'] ?? params['t']) as number,
          darkCurrent: params['d'] as number,
          readNoise: params['read_sigma'] as number,
        };
        const shape: Shape4 = [1, ...imageSize(inputs['x']!), 1];
        const image = (values: unknown) => tf.tensor4d(flat(values as Nested), shape);
        const [x, epsilon, weights] = [inputs['x'], params['eps'], g['y']].map(image);
        const form = (value: tf.Tensor) => reparametrised(value as tf.Tensor4D, epsilon!, camera);
        assertGolden(form(x!).dataSync(), outputs['y']!, tol_f32.outputs, `${id}: y`);
        const dx = tf.grad((value) => tf.sum(tf.mul(form(value), weights!)))(x!);
        assertGolden(dx.dataSync(), grads['x']!, tol_f32.grads, `${id}: dx`);
      }));
  }

  it('stays finite in the dark, where the root has no slope', () => {
    const dark = observe(0, [1, 4, 4], { photons: 100 }, { training: true });
    assert.deepEqual([...dark], new Array(16).fill(0));
    assert.deepEqual([...observe(0, [1, 4, 4], { photons: 100 })], new Array(16).fill(0));
    tf.tidy(() => {
      const camera = {
        photons: 100,
        quantumEfficiency: 1,
        exposure: 1,
        darkCurrent: 0,
        readNoise: 0,
      };
      const epsilon = tf.ones([1, 1, 3, 1]) as tf.Tensor4D;
      const slope = tf.grad((x) => tf.sum(reparametrised(x as tf.Tensor4D, epsilon, camera)))(
        tf.tensor4d([0, 1e-9, 1], [1, 1, 3, 1]),
      );
      // 1 + ε/(2√v) with v, in electrons², no less than 0.01.
      const [atZero, nearZero, inLight] = slope.dataSync();
      assert.ok(Math.abs(atZero! - 6) < 1e-4 && Math.abs(nearZero! - 6) < 1e-4);
      assert.ok(Math.abs(inLight! - 1.05) < 1e-5);
    });
  });

  it('draws anew for every epoch, sample, split and use, and the same when asked again', () => {
    const draw = (changes: PassOptions) =>
      [...observe(0.5, [2, 4, 4], { photons: 20 }, { ...evaluation, ...changes })].join();
    const first = draw({});
    assert.equal(draw({}), first);
    const others = [
      draw({ epoch: 2 }),
      draw({ seed: 8 }),
      draw({ split: 'train' }),
      draw({ split: 'test' }),
      draw({ samples: [5, 6] }),
      draw({ training: true, split: 'train' }),
    ];
    assert.equal(new Set([first, ...others]).size, 7);
    // Counted in training as well: an evaluation of the same samples still sees other photons.
    const camera = { photons: 20, gradient: 'straightThrough' };
    const count = (training: boolean) =>
      observe(0.5, [2, 4, 4], camera, { training, split: 'train' });
    assert.notDeepEqual(count(true), count(false));
  });

  it('gives a sample its noise wherever it stands in the batch', () => {
    for (const training of [true, false]) {
      const at = (samples: readonly number[]) =>
        observe(0.5, [2, 4, 4], { photons: 20 }, { training, samples });
      const [a, b] = [at([3, 9]), at([9, 3])];
      assert.deepEqual(a.subarray(0, 16), b.subarray(16));
      assert.deepEqual(a.subarray(16), b.subarray(0, 16));
    }
  });

  it('clips only when it is told to, with the bias that clipping has', () => {
    const table = tables['clipped_0_to_full_well'] as readonly {
      readonly mean: number;
      readonly variance: number;
    }[];
    const camera = { photons: 1, readNoise: 2, clip: true };
    const seen = observe(0.5, [1, 400, 500], camera);
    const [mean, variance] = moments(seen);
    assert.ok(Math.abs(mean - table[0]!.mean) < 5 * Math.sqrt(table[0]!.variance / 200_000));
    assert.ok(Math.abs(variance / table[0]!.variance - 1) < 0.03);
    assert.ok(seen.every((value) => value >= 0));
    assert.ok(observe(0.5, [1, 40, 50], { ...camera, clip: false }).some((value) => value < 0));
    const training = observe(0.5, [1, 40, 50], camera, { training: true });
    assert.ok(training.every((value) => value >= 0));
  });

  it('counts in training too, and passes the gradient through, when straightThrough', () => {
    for (const clip of [false, true]) {
      const experiment = experimentWith({
        physics: [{ type: 'shotNoise', photons: 4, clip, gradient: 'straightThrough' }],
      });
      const instrument = buildInstrument(traceOf(experiment, [4, 4, 1]), experiment);
      tf.tidy(() => {
        const x = tf.fill([1, 4, 4, 1], 0.4) as tf.Tensor4D;
        const weights = tf.reshape(tf.range(0, 16), [1, 4, 4, 1]);
        const apply = (value: tf.Tensor) => instrument.apply(value as tf.Tensor4D, contextOf(1));
        for (const value of apply(x).dataSync()) assert.ok(Number.isInteger(value * 4));
        const slope = tf.grad((value) => tf.sum(tf.mul(apply(value), weights)))(x);
        assert.deepEqual([...slope.dataSync()], [...weights.dataSync()]);
      });
    }
  });
});
