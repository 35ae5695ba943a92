import assert from 'node:assert/strict';
import type { InitializerValue } from '#common/catalogue/initializers';
import { fans, initialValues } from '../../../server/training/initializers/initializers';

const count = 200_000;
const dense = [500, 400];
const kernel = [5, 5, 40, 200];

function momentsOf(values: Float32Array): { mean: number; variance: number; largest: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const largest = values.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  return { mean, variance: squares / values.length, largest };
}

/** Checks mean (five standard errors) and variance (1.5 %) over 200 000 weights. */
function check(value: InitializerValue, shape: number[], variance: number, mean = 0): void {
  const values = initialValues(value, shape, 7, 'layer/kernel');
  assert.equal(values.length, count);
  const found = momentsOf(values);
  assert.ok(
    Math.abs(found.variance / variance - 1) < 0.015,
    `${value.type} on [${shape.join(', ')}]: variance ${found.variance}, expected ${variance}`,
  );
  assert.ok(Math.abs(found.mean - mean) < 5 * Math.sqrt(variance / count), `mean ${found.mean}`);
}

describe('initializers', () => {
  it('count inputs and outputs as Keras does', () => {
    assert.deepEqual(fans([10]), { fanIn: 10, fanOut: 10 });
    assert.deepEqual(fans([500, 400]), { fanIn: 500, fanOut: 400 });
    assert.deepEqual(fans([5, 5, 1, 32]), { fanIn: 25, fanOut: 800 });
  });

  const scaled = [
    ['lecunNormal', 1 / 500, 1 / 1000],
    ['lecunUniform', 1 / 500, 1 / 1000],
    ['glorotNormal', 2 / 900, 2 / 6000],
    ['glorotUniform', 2 / 900, 2 / 6000],
    ['heNormal', 2 / 500, 2 / 1000],
    ['heUniform', 2 / 500, 2 / 1000],
  ] as const;
  for (const [type, denseVariance, kernelVariance] of scaled) {
    it(`give ${type} its nominal variance`, () => {
      check({ type }, dense, denseVariance);
      check({ type }, kernel, kernelVariance);
    });
  }

  it('bound the scaled distributions', () => {
    const uniform = momentsOf(initialValues({ type: 'glorotUniform' }, dense, 1, 'a'));
    const limit = Math.sqrt(6 / 900);
    assert.ok(uniform.largest <= limit && uniform.largest > 0.999 * limit);
    const normal = momentsOf(initialValues({ type: 'heNormal' }, dense, 1, 'a'));
    const cut = (2 * Math.sqrt(2 / 500)) / 0.87962566;
    assert.ok(normal.largest <= cut * 1.000001 && normal.largest > 0.99 * cut);
  });

  it('draw the plain distributions as they are given', () => {
    check({ type: 'randomNormal', mean: 0.3, stddev: 0.1 }, dense, 0.01, 0.3);
    check({ type: 'randomUniform', minval: -1, maxval: 3 }, dense, 16 / 12, 1);
    // Truncation at ±2σ leaves 0.87962566 of the standard deviation.
    check({ type: 'truncatedNormal', mean: 0, stddev: 0.1 }, dense, 0.08796 ** 2);
  });

  it("draw the lecture's Xavier, and the slide's", () => {
    // N = 500: σ = 1/√500, and 1/500 by the slide.
    check({ type: 'lectureXavier', deviation: 'rootN' }, dense, 1 / 500);
    check({ type: 'lectureXavier', deviation: 'slide' }, dense, 1 / 500 ** 2);
    check({ type: 'lectureXavier', deviation: 'rootN' }, kernel, 1 / 1000);
    // The slide's own kernel: N = 25.
    const slide = initialValues(
      { type: 'lectureXavier', deviation: 'slide' },
      [5, 5, 1, 32],
      3,
      'a',
    );
    const right = initialValues(
      { type: 'lectureXavier', deviation: 'rootN' },
      [5, 5, 1, 32],
      3,
      'a',
    );
    assert.ok(Math.abs(Math.sqrt(momentsOf(slide).variance) / 0.04 - 1) < 0.1);
    assert.ok(Math.abs(Math.sqrt(momentsOf(right).variance) / 0.2 - 1) < 0.1);
  });

  for (const shape of [[7, 7], [12, 5], [5, 12], [3, 3, 2, 4], [2, 40], [9], [1, 1]]) {
    it(`give orthonormal rows or columns of [${shape.join(', ')}]`, () => {
      const gain = 1.5;
      const values = initialValues({ type: 'orthogonal', gain }, shape, 2, 'w');
      const columns = shape.at(-1)!;
      const rows = values.length / columns;
      const at = (vector: number, k: number) =>
        rows >= columns ? values[k * columns + vector]! : values[vector * columns + k]!;
      for (let a = 0; a < Math.min(rows, columns); a++) {
        for (let b = 0; b <= a; b++) {
          let product = 0;
          for (let k = 0; k < Math.max(rows, columns); k++) product += at(a, k) * at(b, k);
          assert.ok(Math.abs(product - (a === b ? gain ** 2 : 0)) < 1e-6, `${a}, ${b}: ${product}`);
        }
      }
    });
  }

  it('give orthogonal matrices of all orientations', () => {
    // The mean over seeds of an element of a random rotation is 0, of its square 1/n.
    const draw = (seed: number) =>
      initialValues({ type: 'orthogonal', gain: 1 }, [4, 4], seed, 'w');
    const { mean, variance } = momentsOf(
      Float32Array.from({ length: 2000 }, (_, i) => draw(i)[5]!),
    );
    assert.ok(Math.abs(mean) < 5 * Math.sqrt(0.25 / 2000), `mean ${mean}`);
    assert.ok(Math.abs(variance - 0.25) < 0.03, `variance ${variance}`);
  });

  it('pass channels on through the identity', () => {
    const values = (shape: number[]) => [
      ...initialValues({ type: 'identity', gain: 2 }, shape, 0, 'w'),
    ];
    assert.deepEqual(values([2, 3]), [2, 0, 0, 0, 2, 0]);
    assert.deepEqual(values([3, 2]), [2, 0, 0, 2, 0, 0]);
    const kernel3 = values([3, 3, 2, 2]);
    assert.deepEqual(kernel3.slice(16, 20), [2, 0, 0, 2]);
    assert.equal(
      kernel3.reduce((sum, value) => sum + value, 0),
      4,
    );
    // The middle of an even window is the tap that `same` padding puts over the pixel.
    assert.deepEqual(values([2, 2, 1, 1]), [2, 0, 0, 0]);
  });

  it('set constants', () => {
    assert.deepEqual([...initialValues({ type: 'zeros' }, [2], 0, 'b')], [0, 0]);
    assert.deepEqual([...initialValues({ type: 'ones' }, [2], 0, 'b')], [1, 1]);
    assert.deepEqual([...initialValues({ type: 'constant', value: 0.5 }, [], 0, 'b')], [0.5]);
  });

  it('depend on seed and weight, and on nothing else', () => {
    const draw = (seed: number, name: string) => [
      ...initialValues({ type: 'heNormal' }, [4, 4], seed, name),
    ];
    assert.deepEqual(draw(1, 'dense/kernel'), draw(1, 'dense/kernel'));
    assert.notDeepEqual(draw(1, 'dense/kernel'), draw(2, 'dense/kernel'));
    assert.notDeepEqual(draw(1, 'dense/kernel'), draw(1, 'dense_1/kernel'));
  });

  it('keep the variance through ten linear layers', () => {
    const width = 100;
    let rows = Array.from({ length: 50 }, (_, i) =>
      initialValues({ type: 'randomNormal', mean: 0, stddev: 1 }, [width], i, 'x'),
    );
    for (let layer = 0; layer < 10; layer++) {
      const weights = initialValues({ type: 'lecunNormal' }, [width, width], 0, `layer${layer}`);
      rows = rows.map((row) =>
        Float32Array.from({ length: width }, (_, k) =>
          row.reduce((sum, value, i) => sum + value * weights[i * width + k]!, 0),
        ),
      );
    }
    const { variance } = momentsOf(Float32Array.from(rows.flatMap((row) => [...row])));
    assert.ok(variance > 0.6 && variance < 1.6, `variance ${variance}`);
  });
});
