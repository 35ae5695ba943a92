import assert from 'node:assert/strict';
import { RunPage } from '../harness/runPage';
import { session } from '../harness/session';
import type { Workbench } from '../harness/workbench';
import { digitsExperiment } from '../workspace';

const FILE = 'digits.experiment.json';
/** More than any machine gets through before the test stops it. */
const ENDLESS = 100_000;
/** Some ten seconds: enough to reach for "Pause", not too many to wait for the end. */
const LONG = 300;
/** Far more than one curve has in its legend and far less than it has as a line. */
const CURVE_PIXELS = 300;

async function openAndTrain(epochs: number): Promise<Workbench> {
  const window = await session().openWindow({ files: { [FILE]: digitsExperiment(epochs) } });
  // An address that names a file to open would restore nothing else after a reload.
  await window.openFile(FILE);
  await window.command('Lightbench: Train Experiment');
  return window;
}

async function assertCurve(page: RunPage, chart: string): Promise<void> {
  await page.untilCurve(chart);
  const coloured = await page.colouredPixels(chart);
  assert.ok(coloured > CURVE_PIXELS, `${chart}: only ${coloured} pixels have a colour`);
}

describe('training from the palette', () => {
  it('draws the curves, ends, and leaves a run in the tree', async () => {
    const window = await openAndTrain(12);
    const page = new RunPage(window);
    await page.untilStatus('finished');
    assert.match(await page.progress(), /^Epoch 12 of 12 · 100 %/);
    await assertCurve(page, 'loss');
    await assertCurve(page, 'accuracy');
    await window.openViews('Lightbench');
    await window.treeRow(/digits in the editor.*\d\d\.\d % · loss/).waitFor();
    const figure = (split: string) => page.frame.locator(`.results td[data-split="${split}"]`);
    await figure('validation').first().filter({ hasText: /^\d/ }).waitFor();
    assert.equal(await figure('test').innerText(), 'sealed');
    assert.deepEqual(session().outsideRequests(), []);
    await window.close();
  });

  it('goes on to its end when the window is reloaded in the middle', async () => {
    const window = await openAndTrain(LONG);
    let page = new RunPage(window);
    await page.untilEpoch(2);
    // It would end while the window loads; a paused run is as alive as a running one.
    await page.press('Pause');
    await page.untilStatus('paused');
    const before = await page.epoch();
    assert.ok(before < LONG, `epoch ${before}`);
    await window.reload();
    page = new RunPage(window);
    await page.untilStatus('paused');
    assert.equal(await page.epoch(), before);
    await assertCurve(page, 'loss');
    await page.press('Continue');
    await page.untilStatus('finished');
    assert.match(await page.progress(), /^Epoch 300 of 300 · 100 %/);
    await assertCurve(page, 'loss');
    await window.close();
  });
});

describe('a run that goes on', () => {
  let first: Workbench;
  before(async () => {
    first = await openAndTrain(ENDLESS);
  });
  after(() => first.close());

  it('is shown in the status bar with how far it is', async () => {
    await first.statusBarItem(/digits in the editor: epoch \d+\/100000 · \d+ % · loss/).waitFor();
  });

  it('is attached to again after a reload, and its curve goes on', async () => {
    await new RunPage(first).untilCurve('loss');
    await first.reload();
    const page = new RunPage(first);
    await page.untilStatus('running');
    await assertCurve(page, 'loss');
    await page.untilEpoch((await page.epoch()) + 2);
    await first.statusBarItem('digits in the editor').waitFor();
  });

  it('is followed and controlled from two windows', async () => {
    const second = await session().openWindow({ folder: first.folder });
    await second.openViews('Lightbench');
    await second.treeRow('digits in the editor').click();
    const pages = [new RunPage(first), new RunPage(second)] as const;
    await pages[1].untilStatus('running');
    await assertCurve(pages[1], 'loss');
    await pages[1].press('Pause');
    await Promise.all(pages.map((page) => page.untilStatus('paused')));
    assert.equal(await pages[0].epoch(), await pages[1].epoch());
    await pages[0].press('Continue');
    await Promise.all(pages.map((page) => page.untilStatus('running')));
    await pages[0].press('Stop');
    await Promise.all(pages.map((page) => page.untilStatus('stopped')));
    await second.treeRow(/digits in the editor.*stopped/).waitFor();
    await second.close();
  });
});
