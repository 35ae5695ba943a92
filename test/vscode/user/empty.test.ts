import assert from 'node:assert/strict';
import { session } from '../harness/session';

describe('a window without a folder', () => {
  it('says in the view and in answer to the commands what is missing', async () => {
    const window = await session().openWindow({ folder: null });
    await window.openViews('Lightbench');
    await window.welcome('Experiments and their runs live in a folder.').waitFor();
    await window.command('Lightbench: New Experiment');
    await window.notification('no folder is open').waitFor();
    await window.command('Lightbench: Train Experiment');
    await window.notification('There is no experiment here.').waitFor();
    await window.command('Lightbench: Stop Run');
    await window.notification('No run is going on.').waitFor();
    await window.close();
  });
});

describe('a window on an empty folder', () => {
  it('begins with a sample, and then offers to train it', async () => {
    const window = await session().openWindow({ files: {} });
    await window.openViews('Lightbench');
    const begin = window.welcome('Begin with a sample.');
    await begin.waitFor();
    const picture = await window.screenshot('welcome');
    assert.ok(picture.distinctColours > 20, `only ${picture.distinctColours} colours on screen`);
    await window.page
      .locator('.part.sidebar .welcome-view-content a', { hasText: 'New Experiment' })
      .click();
    await window.pick('micrographs');
    await window.editor('micrographs.experiment.json');
    await window.editorLine('→ 24 × 24 × 1').first().waitFor();
    await window.welcome('Nothing has been trained here yet.').waitFor();
    await window.close();
  });
});
