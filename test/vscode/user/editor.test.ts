import assert from 'node:assert/strict';
import { activations } from '#common/catalogue/activations';
import { session } from '../harness/session';
import type { Workbench } from '../harness/workbench';
import { digitsExperiment } from '../workspace';

const FILE = 'digits.experiment.json';
const good = JSON.stringify(digitsExperiment(2), null, 2);

/** Line and column of a place in a text, from one. */
function placeOf(text: string, piece: string): readonly [line: number, column: number] {
  const lines = text.slice(0, text.indexOf(piece)).split('\n');
  return [lines.length, (lines.at(-1) ?? '').length + 1];
}

describe('an experiment file on the screen', () => {
  const wrong = good.replace('"units": 10', '"units": 11');
  const begun = good.replace('"relu"', '""');
  let window: Workbench;
  before(async () => {
    window = await session().openWindow({
      files: { [FILE]: good, 'wrong.experiment.json': wrong, 'begun.experiment.json': begun },
      open: [FILE],
    });
    await window.editor(FILE);
  });
  after(() => window.close());

  it('shows shapes and parameters behind the layers', async () => {
    await window.editorLine('→ 6 × 6 × 8 · 80').first().waitFor();
    await window.editorLine('→ 10 · 730').first().waitFor();
  });

  it('explains a layer under the mouse', async () => {
    const text = await window.hover(window.textInEditor('conv2d'), '2-D convolution');
    assert.match(text, /8 × 8 × 1 → 6 × 6 × 8/);
  });

  it('underlines a wrong value and says why', async () => {
    await window.openFile('wrong.experiment.json');
    await window.squiggles('error').first().waitFor();
    const text = await window.hover(window.textInEditor(/^11$/), '10 classes');
    assert.match(text, /11/);
    const picture = await window.screenshot('squiggle');
    assert.ok(picture.distinctColours > 50, `only ${picture.distinctColours} colours on screen`);
  });

  it('is not trained while it is wrong, and the message says what is wrong', async () => {
    await window.command('Lightbench: Train Experiment');
    await window.notification('wrong.experiment.json was not trained: it has an error').waitFor();
    await window.page.locator('.markers-panel .monaco-list-row', { hasText: '11' }).waitFor();
  });

  it('offers the names that fit at the cursor', async () => {
    await window.openFile('begun.experiment.json');
    const [line, column] = placeOf(begun, '""');
    await window.goTo(line, column + 1);
    const labels = await window.completions();
    // The list shows as many as have room.
    assert.ok(labels.length >= 6, `${labels}`);
    assert.deepEqual(labels, Object.keys(activations).slice(0, labels.length));
    await window.screenshot('completion');
    await window.page.keyboard.press('Escape');
  });
});
