import assert from 'node:assert/strict';
import { traceExperiment } from '#common/experiment/trace';
import { initialFigures } from '../../../server/training/initializers/figures';
import { initialValues } from '../../../server/training/initializers/initializers';
import { resolve } from '../../training/support';

describe('the first weights', () => {
  it('are measured as training draws them', () => {
    const kernelInitializer = { type: 'lectureXavier', deviation: 'slide' };
    const experiment = resolve({
      model: {
        layers: [
          { type: 'conv2d', filters: 32, kernelSize: 5, kernelInitializer },
          { type: 'batchNormalization' },
          { type: 'flatten' },
          { type: 'dense', units: 200, name: 'wide', kernelInitializer: { type: 'heNormal' } },
        ],
      },
    });
    const [kernel, wide, ...others] = initialFigures(
      traceExperiment(experiment, [8, 8, 1]),
      experiment.seed,
    );
    assert.deepEqual(others, []);
    assert.deepEqual(
      [kernel!.name, kernel!.initializer, kernel!.fanIn],
      ['conv2d/kernel', 'lectureXavier', 25],
    );
    // σ = 1/N = 0.04 of 800 weights, which is known to 2.5 %; N · variance is 1/N and not 1.
    assert.ok(Math.abs(kernel!.deviation / 0.04 - 1) < 0.1);
    assert.ok(Math.abs(kernel!.gain / 0.04 - 1) < 0.2);
    assert.equal(wide!.name, 'wide/kernel');
    assert.ok(Math.abs(wide!.gain / 2 - 1) < 0.02, `gain ${wide!.gain}`);
    const values = [
      ...initialValues({ type: 'heNormal' }, [512, 200], experiment.seed, 'wide/kernel'),
    ];
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    assert.ok(Math.abs(wide!.variance / variance - 1) < 1e-9);
  });
});
