import assert from 'node:assert/strict';
import { session } from '../harness/session';
import { digitsExperiment } from '../workspace';

describe('a window with the packed extension', () => {
  it('offers the commands in the palette and asks no other machine for anything', async () => {
    const window = await session().openWindow({
      files: { 'digits.experiment.json': digitsExperiment(2) },
      open: ['digits.experiment.json'],
    });
    await window.editor('digits.experiment.json');
    const rows = await window.palette('>Lightbench: Train Experiment');
    await rows.filter({ hasText: 'Lightbench: Train Experiment' }).first().waitFor();
    const picture = await window.screenshot('palette');
    assert.ok(picture.distinctColours > 50, `only ${picture.distinctColours} colours on screen`);
    assert.deepEqual(session().outsideRequests(), []);
    await window.close();
  });
});
