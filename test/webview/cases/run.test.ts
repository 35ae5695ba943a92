import assert from 'node:assert/strict';
import type { RunAction, RunView } from '#common/protocol/panel';
import type { RunStatus } from '#common/run/record';
import { openPage, THEMES, type PageOptions, type WebviewPage } from '../harness';
import {
  actionOf,
  columnsOf,
  curvesOf,
  hostOf,
  isAction,
  recordOf,
  resultsOf,
  snapshotOf,
  STEPS_PER_EPOCH,
  tellChange,
  viewOf,
} from './runFixture';

function openRun(view: RunView, epochs: number, options: PageOptions = {}): Promise<WebviewPage> {
  return openPage('run', { host: hostOf(snapshotOf(view, curvesOf(epochs))), ...options });
}

/** The value that the legend of a chart shows for one of its curves. */
function legend(page: WebviewPage, chart: string, curve: string) {
  return page.page.locator(`[data-chart="${chart}"] li`, { hasText: curve }).locator('b');
}

describe('the page of a run', () => {
  let page: WebviewPage;
  afterEach(async () => {
    assert.deepEqual(page.errors, []);
    assert.deepEqual(page.outsideRequests, []);
    await page.close();
  });

  for (const theme of THEMES) {
    it(`draws the curves of a live run in the theme ${theme}`, async () => {
      page = await openRun(viewOf(), 5, { theme, width: 1150, height: 900 });
      await legend(page, 'loss', 'validation').getByText('0.400', { exact: true }).waitFor();
      for (const chart of ['loss', 'accuracy', 'physics/gaussianBlur/sigmaPx']) {
        const name = `run-${chart.replaceAll('/', '-')}-${theme}`;
        const picture = await page.measure(name, `[data-chart="${chart}"] .u-over`);
        assert.ok(picture.drawnFraction > 0.01, `${chart}: ${picture.drawnFraction} is drawn`);
      }
      await page.measure(`run-page-${theme}`);
    });
  }

  it('shows the terms of a mixture beside its loss, in the chart and in the results', async () => {
    const lossTerms = ['loss.softmaxCrossEntropy', 'loss.dice'];
    const terms = { 'loss.softmaxCrossEntropy': 0.0875, 'loss.dice': 0.0375 };
    const view = viewOf();
    const curves = (['train', 'validation'] as const).flatMap((split) =>
      lossTerms.map((name, k) => columnsOf(split, `epoch_${name}`, 5, (n) => (3 + k) / n)),
    );
    const snapshot = snapshotOf(
      {
        ...view,
        facts: { ...view.facts, lossTerms, isPenalized: true },
        results: { train: { ...resultsOf('train', 1258, 0.9), terms } },
      },
      [...curvesOf(5), ...curves, columnsOf('train', 'epoch_penalty', 5, () => 0.0625)],
    );
    page = await openPage('run', { host: hostOf(snapshot), width: 1150, height: 900 });
    const shown = [
      ['train loss.softmaxCrossEntropy', '0.600'],
      ['validation loss.dice', '0.800'],
      ['penalty', '0.0625'],
    ] as const;
    for (const [curve, value] of shown) {
      await legend(page, 'loss', curve).getByText(value, { exact: true }).waitFor();
    }
    const results = { loss: '0.125', [lossTerms[0]!]: '0.0875', [lossTerms[1]!]: '0.0375' };
    for (const [figure, value] of Object.entries(results)) {
      const cell = page.page.locator(`[data-figure="${figure}"] [data-split="train"]`);
      await cell.getByText(value, { exact: true }).waitFor();
    }
    await page.page.getByRole('rowheader', { name: 'loss.dice' }).waitFor();
    await page.measure('run-loss-terms', '[data-chart="loss"]');
  });

  it('shows the twelve aberrations of a pupil in one chart', async () => {
    const view = viewOf();
    const pupil = Array.from({ length: 12 }, (_, i) => ({
      ...view.facts.physics[0]!,
      tag: `physics/pupilBlur/a${i + 4}`,
      layer: 'pupilBlur',
      parameter: `a${i + 4}`,
      unit: 'waves',
    }));
    const curves = pupil.map(({ tag }, i) =>
      columnsOf('train', tag, 500, (step) => 0.2 * Math.cos((i * step) / 1000)),
    );
    const facts = { ...view.facts, physics: pupil };
    const snapshot = snapshotOf({ ...view, facts }, [...curvesOf(5), ...curves]);
    page = await openPage('run', { host: hostOf(snapshot), width: 1150, height: 900 });
    const chart = page.page.locator('[data-chart="physics/pupilBlur/a4"]');
    await chart.getByRole('heading', { name: 'pupilBlur (waves)' }).waitFor();
    await chart.locator('li', { hasText: 'a4' }).getByText('0.200 waves').waitFor();
    assert.equal(await page.page.locator('.chart').count(), 3);
    await page.measure('run-pupil', '[data-chart="physics/pupilBlur/a4"]');
  });

  it('names the run, its state, its engine and its progress', async () => {
    page = await openRun(viewOf(), 5);
    const header = page.page.locator('header');
    await header.getByText('Epoch 5 of 10').waitFor();
    const text = await header.innerText();
    assert.match(text, /blurred digits/);
    assert.match(text, /running/);
    // 100 steps are left at 40 a second.
    assert.match(text, /50 % .* about 0:03 left · 40.0 steps\/s/);
    assert.match(text, /WebAssembly, 2 threads, 12\.4 MiB of memory · the fastest here/);
  });

  it('appends what is new, and replaces what a resumed run writes again', async () => {
    page = await openRun(viewOf(), 5);
    await legend(page, 'loss', 'train').getByText('0.200', { exact: true }).waitFor();
    const loss = (count: number, from: number, value: number) =>
      columnsOf('train', 'epoch_loss', count, () => value, from);
    await tellChange(page, { curves: [loss(6, 5, 0.125)] });
    await legend(page, 'loss', 'train').getByText('0.125', { exact: true }).waitFor();
    await tellChange(page, { curves: [loss(3, 2, 0.75)] });
    await legend(page, 'loss', 'train').getByText('0.750', { exact: true }).waitFor();
  });

  it('says what it waits for while there is nothing to draw', async () => {
    const record = recordOf({ status: 'queued', latest: undefined });
    page = await openRun(viewOf({ record }), 0);
    await page.page.getByText('The trainer is starting…').first().waitFor();
    await tellChange(page, { view: viewOf(), curves: [] });
    await page.page.getByText('Waiting for the first step…').first().waitFor();
    await tellChange(page, { curves: curvesOf(1) });
    await page.page.getByText('Waiting for the first step…').first().waitFor({ state: 'detached' });
  });

  const buttons: readonly (readonly [RunStatus, readonly string[]])[] = [
    ['queued', ['Stop', 'Show Log']],
    ['running', ['Pause', 'Stop', 'Show Log']],
    ['paused', ['Continue', 'Stop', 'Show Log']],
    ['interrupted', ['Resume', 'Show Log']],
    ['failed', ['Resume', 'Show Log']],
    ['finished', ['Show Log']],
  ];
  for (const [status, labels] of buttons) {
    it(`offers ${labels.join(', ')} for a run that is ${status}`, async () => {
      page = await openRun(viewOf({ record: recordOf({ status }) }), 5);
      const header = page.page.locator('header');
      await header.getByText(status, { exact: true }).waitFor();
      assert.deepEqual(await header.locator('vscode-button').allInnerTexts(), labels);
    });
  }

  const actions: readonly (readonly [RunStatus, string, RunAction])[] = [
    ['running', 'Pause', 'pause'],
    ['paused', 'Continue', 'continue'],
    ['running', 'Stop', 'stop'],
    ['interrupted', 'Resume', 'resume'],
    ['finished', 'Open Test Set…', 'openTestSet'],
    ['finished', 'blurred.experiment.json', 'openExperiment'],
  ];
  for (const [status, label, action] of actions) {
    it(`asks the host to ${action} at "${label}"`, async () => {
      page = await openRun(viewOf({ record: recordOf({ status }) }), 5);
      await page.page.getByText(label, { exact: true }).click();
      assert.deepEqual(actionOf(await page.message(isAction)), { action });
    });
  }

  it('takes no second action while the host is busy with one', async () => {
    const host = hostOf(snapshotOf(viewOf(), curvesOf(5)));
    page = await openRun(viewOf(), 5, {
      host: (message) => (isAction(message) ? undefined : host(message)),
    });
    await page.page.getByText('Pause', { exact: true }).click();
    const request = await page.message(isAction);
    const stop = page.page.locator('vscode-button', { hasText: 'Stop' });
    await page.page.locator('vscode-button[disabled]', { hasText: 'Stop' }).waitFor();
    await page.post({ kind: 'answer', id: request.id, result: undefined });
    await page.page.locator('vscode-button[disabled]').first().waitFor({ state: 'detached' });
    assert.equal(await stop.isEnabled(), true);
  });

  it('keeps the test split sealed until it has been opened', async () => {
    const results = {
      train: resultsOf('train', 1258, 0.995),
      validation: resultsOf('validation', 270, 0.989),
    };
    const view = viewOf({ record: recordOf({ status: 'finished' }), results });
    page = await openRun(view, 10);
    const cell = (split: string, figure: string) =>
      page.page.locator(`[data-figure="${figure}"] [data-split="${split}"]`);
    await cell('test', 'loss').getByText('sealed').waitFor();
    assert.deepEqual(
      [await cell('train', 'loss').innerText(), await cell('train', 'accuracy').innerText()],
      ['0.125', '99.5 %'],
    );
    const samples = await page.page.locator('[data-figure="samples"]').innerText();
    assert.deepEqual(samples.split('\t'), ['Samples', '1\u202f258', '270', '269']);
    const testOpenings = [{ time: '2026-01-02T04:00:00Z', reason: 'It is decided.' }];
    const opened = { ...results, test: resultsOf('test', 269, 0.9) };
    await tellChange(page, { view: { ...view, results: opened, testOpenings }, curves: [] });
    await cell('test', 'accuracy').getByText('90.0 %').waitFor();
    await page.page.getByText('“It is decided.”').waitFor();
  });

  it('shows which classes are taken for which', async () => {
    const validation = resultsOf('validation', 40, 0.9);
    page = await openRun(viewOf({ results: { validation } }), 5);
    const matrix = page.page.locator('.matrix');
    await matrix.waitFor();
    assert.match(await matrix.innerText(), /cats\s+20\s+1\s+dogs\s+2\s+17/);
  });

  it('says why a run has failed, and that an interrupted one can go on', async () => {
    const message = 'Training stopped at epoch 2: the loss is NaN. Lower the rate.';
    page = await openRun(viewOf({ record: recordOf({ status: 'failed', message }) }), 2);
    await page.page.getByRole('alert').getByText(message).waitFor();
    const interrupted = viewOf({ record: recordOf({ status: 'interrupted' }) });
    await tellChange(page, { view: interrupted, curves: [] });
    await page.page.getByText('Resume goes on from the last checkpoint').waitFor();
  });

  it('says so when the run is gone, or could not be read at all', async () => {
    page = await openRun(viewOf(), 5);
    await page.page.locator('header').waitFor();
    const value = { message: 'The run is gone.' };
    await page.post({ kind: 'event', event: 'run/lost', value });
    await page.page.getByRole('alert').getByText('The run is gone.').waitFor();
    await page.close();
    const error = { code: 'run/broken', message: 'run.json cannot be read.' };
    page = await openPage('run', {
      host: (message) => ({ kind: 'answer', id: (message as { id: number }).id, error }),
    });
    await page.page.getByRole('alert').getByText('run.json cannot be read.').waitFor();
  });

  it('reads out exact values under the mouse', async () => {
    page = await openRun(viewOf(), 5);
    await legend(page, 'loss', 'train').getByText('0.200', { exact: true }).waitFor();
    const plot = page.page.locator('[data-chart="loss"] .u-over');
    const box = await plot.boundingBox();
    assert.ok(box);
    // A little right of epoch 2 of 5.
    await page.page.mouse.move(box.x + box.width * 0.41, box.y + 50);
    await legend(page, 'loss', 'train').getByText('0.500', { exact: true }).waitFor();
    // All charts show the same epoch.
    await legend(page, 'accuracy', 'validation').getByText('70.0 %').waitFor();
    await page.page.mouse.move(0, 0);
    await legend(page, 'loss', 'train').getByText('0.200', { exact: true }).waitFor();
  });

  it('zooms to a stretch that is dragged over, and shows all again', async () => {
    page = await openRun(viewOf(), 10);
    const { mouse } = page.page;
    const plot = page.page.locator('[data-chart="loss"] .u-over');
    await legend(page, 'loss', 'train').getByText('0.100', { exact: true }).waitFor();
    const box = await plot.boundingBox();
    assert.ok(box);
    const at = (part: number) => [box.x + box.width * part, box.y + 60] as const;
    await mouse.move(...at(0.001));
    await mouse.down();
    await mouse.move(...at(0.41), { steps: 4 });
    await mouse.up();
    // The right end of the picture is epoch 4 now, whose loss is 1/4.
    await mouse.move(...at(0.985));
    await legend(page, 'loss', 'train').getByText('0.250', { exact: true }).waitFor();
    await mouse.dblclick(...at(0.5));
    await mouse.move(...at(0.985));
    await legend(page, 'loss', 'train').getByText('0.111', { exact: true }).waitFor();
  });

  it('draws a million points, and the one that sticks out', async () => {
    const count = 1_000_000;
    const record = recordOf({
      progress: { epoch: 10, epochs: 10, step: 0, stepsPerEpoch: count / 10 },
    });
    const flat = columnsOf('train', 'batch_loss', count, (step) => (step === 600_000 ? 100 : 1));
    page = await openPage('run', {
      host: hostOf(snapshotOf(viewOf({ record }), [flat])),
      width: 800,
    });
    await legend(page, 'loss', 'step').getByText('1.00', { exact: true }).waitFor();
    const column = await page.page.locator('[data-chart="loss"] canvas').evaluate(spikeColumn);
    const { left, width, top } = column;
    assert.ok(top < 0.2, `the highest drawn pixel is at ${top} of the height`);
    assert.ok(Math.abs(left / width - 0.6) < 0.01, `it is at ${left} of ${width}`);
  });

  it('keeps its run and its settings while it is hidden', async () => {
    page = await openRun(viewOf(), 5);
    await page.page.locator('vscode-checkbox').click();
    await legend(page, 'loss', 'train').waitFor();
    const kept = page.state as { readonly folder: string; readonly isLogarithmic: boolean };
    assert.deepEqual(kept, { folder: snapshotOf(viewOf(), []).folder, isLogarithmic: true });
    await page.close();
    page = await openRun(viewOf(), 5, { state: kept });
    await page.page.locator('vscode-checkbox[aria-checked="true"]').waitFor();
    const picture = await page.measure('run-logarithmic', '[data-chart="loss"] .u-over');
    assert.ok(picture.drawnFraction > 0.01);
  });

  it('fits into a narrow panel', async () => {
    page = await openRun(viewOf(), 5, { width: 320, height: 900 });
    await page.page.locator('.chart canvas').first().waitFor();
    const overflow = await page.page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    assert.equal(overflow, 0);
    assert.equal(STEPS_PER_EPOCH, 20);
  });
});

/** Runs in the page: where the highest curve pixel of a chart is, in parts of the plotted area. */
function spikeColumn(element: Element): { left: number; width: number; top: number } {
  const canvas = element as HTMLCanvasElement;
  const over = canvas.parentElement?.querySelector('.u-over')?.getBoundingClientRect();
  const outer = canvas.getBoundingClientRect();
  const ratio = canvas.width / outer.width;
  if (over === undefined) throw new Error('The chart has no plotted area.');
  const area = {
    x: Math.round((over.left - outer.left) * ratio),
    y: Math.round((over.top - outer.top) * ratio),
    width: Math.round(over.width * ratio),
    height: Math.round(over.height * ratio),
  };
  const { data } = canvas.getContext('2d')!.getImageData(area.x, area.y, area.width, area.height);
  for (let y = 0; y < area.height; y++) {
    for (let x = 0; x < area.width; x++) {
      const [red, , blue, alpha] = data.slice(
        (y * area.width + x) * 4,
        (y * area.width + x) * 4 + 4,
      );
      // The curves are blue, the grid is grey.
      if (alpha! > 60 && blue! > red! + 40) {
        return { left: x, width: area.width, top: y / area.height };
      }
    }
  }
  throw new Error('No curve is drawn.');
}
