import assert from 'node:assert/strict';
import { onLaterBackend } from '../engine/laterBackend';
import { useEngine } from '../engine/support';
import { resolve } from '../../training/support';
import { catalogueExperimentsFor } from '../model/catalogueNets';
import { distance, shortRun } from './shortRun';

const images = 4;

/** What rounding moves these networks by in two steps, many times over. */
const tolerance = 1e-4;

describe('a backend that gives values only later', () => {
  useEngine();

  for (const experiment of catalogueExperimentsFor('webgpu', images)) {
    it(`trains as our own engine does: ${experiment.name}`, async () => {
      const ours = await shortRun(experiment);
      const theirs = await onLaterBackend(() => shortRun(experiment));
      const difference = distance(ours, theirs);
      assert.ok(difference < tolerance, `${difference}`);
    });
  }

  it('moves images whose values have been changed before', async () => {
    const [experiment] = catalogueExperimentsFor('webgpu', images);
    const augmentation = resolve({
      augmentation: [
        { type: 'brightness', amount: 0.2 },
        { type: 'flipLeftRight', probability: 0.5 },
        { type: 'gaussianNoise', sigma: 0.1 },
        { type: 'rotate90' },
      ],
    }).augmentation;
    const changed = { ...experiment!, augmentation };
    const ours = await shortRun(changed);
    const theirs = await onLaterBackend(() => shortRun(changed));
    const difference = distance(ours, theirs);
    assert.ok(difference < tolerance, ``);
  });
});
