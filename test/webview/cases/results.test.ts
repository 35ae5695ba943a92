// The results of runs that are really trained: what the page says is what their records say.
import assert from 'node:assert/strict';
import type { Locator } from 'playwright-core';
import type { RunSnapshot } from '#common/protocol/panel';
import type { SplitResults } from '#common/run/events';
import { openPage, THEMES, type PageOptions, type WebviewPage } from '../harness';
import { TRAINED_RUNS, trainRun, type TrainedRun } from '../trainedRuns';
import { hostOf } from './runFixture';

const TRAINING_TIMEOUT_MS = 180_000;
/** Room for all that a page shows of a run. */
const HIGH = 2600;

const percent = (value: number) => `${(100 * value).toFixed(1)} %`;
const digits = (value: number) => value.toPrecision(3);

describe('the results of a trained run', () => {
  const runs = new Map<TrainedRun, RunSnapshot>();
  let page: WebviewPage;

  before(async function (this: Mocha.Context) {
    this.timeout(TRAINING_TIMEOUT_MS);
    for (const name of TRAINED_RUNS) runs.set(name, await trainRun(name));
  });
  afterEach(async () => {
    assert.deepEqual(page.errors, []);
    await page.close();
  });

  function snapshotOf(name: TrainedRun): RunSnapshot {
    const snapshot = runs.get(name);
    assert.ok(snapshot !== undefined);
    return snapshot;
  }
  function validationOf(name: TrainedRun): SplitResults {
    const { validation } = snapshotOf(name).view.results;
    assert.ok(validation !== undefined);
    return validation;
  }
  async function open(name: TrainedRun, options: PageOptions = {}): Promise<Locator> {
    page = await openPage('run', { host: hostOf(snapshotOf(name)), width: 1100, ...options });
    const details = page.page.locator('.details');
    await details.waitFor();
    return details;
  }
  const figure = (name: string) => page.page.locator(`.details [data-figure="${name}"]`);

  for (const theme of THEMES) {
    for (const name of TRAINED_RUNS) {
      it(`is drawn in the theme ${theme}: ${name}`, async () => {
        await open(name, { theme, height: HIGH });
        for (const part of ['columns', 'details']) {
          const picture = await page.measure(`results-${name}-${part}-${theme}`, `.${part}`);
          assert.ok(picture.drawnFraction > 0.02, `${part}: ${picture.drawnFraction} is drawn`);
        }
      });
    }
  }

  for (const name of TRAINED_RUNS) {
    it(`fits into a narrow panel: ${name}`, async () => {
      await open(name, { width: 400, height: HIGH });
      const overflow = await page.page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      assert.equal(overflow, 0);
      await page.measure(`results-${name}-narrow`, 'main');
    });

    it(`has each figure, its interval and the guess as recorded: ${name}`, async () => {
      await open(name);
      const { metrics, loss, intervals, baseline } = validationOf(name);
      for (const [metric, value] of Object.entries({ loss, ...metrics })) {
        const cell = page.page.locator(`[data-figure="${metric}"] [data-split="validation"]`);
        const [shown = '', interval = '', guess = ''] = (await cell.innerText()).split('\n');
        const text = shown.endsWith('%') ? percent : digits;
        assert.equal(Number.parseFloat(shown), Number.parseFloat(text(value)), metric);
        const { low, high } = intervals![metric]!;
        const ends = interval.split(' – ').map((end) => Number.parseFloat(end));
        assert.deepEqual(
          ends,
          [low, high].map((end) => Number.parseFloat(text(end))),
          metric,
        );
        const guessed = metric === 'loss' ? baseline!.loss : baseline!.metrics[metric]!;
        const guessText = guess.replace('guess ', '').replace('−', '-');
        assert.equal(Number.parseFloat(guessText), Number.parseFloat(text(guessed)), metric);
      }
    });
  }

  it('shows all columns of the classes in half an editor', async () => {
    const details = await open('tenClasses', { width: 930, height: HIGH });
    const table = details.locator('.class-figures .scrolled');
    assert.equal(await table.evaluate((one) => one.scrollWidth - one.clientWidth), 0);
    await page.measure('results-tenClasses-half', '.details');
  });

  it('says how intervals are worked out', async () => {
    await open('tenClasses');
    const method = (metric: string) =>
      page.page
        .locator(`[data-figure="${metric}"] [data-split="validation"] .interval`)
        .first()
        .getAttribute('title');
    assert.match((await method('accuracy')) ?? '', /Wilson/);
    assert.match((await method('macroF1')) ?? '', /bootstrap/);
    const said = page.page.locator('.results').getByText('Wilson’s score interval for accuracy,');
    await said.waitFor();
  });

  it('has the areas that the metrics have, of all classes and of one', async () => {
    await open('tenClasses');
    const { metrics, curves, perClass } = validationOf('tenClasses');
    const value = (name: string) => figure(name).locator('.legend b').first();
    assert.equal(await value('roc').innerText(), digits(metrics['rocAuc']!));
    assert.equal(await value('precisionRecall').innerText(), digits(metrics['averagePrecision']!));
    assert.equal(await figure('roc').locator('path.curve.faint').count(), 1 + curves!.length);
    const { name, roc, precisionRecall } = curves![3]!;
    await page.page.locator('.choice select').selectOption(name);
    await value('roc').getByText(digits(roc.area), { exact: true }).waitFor();
    assert.equal(await value('precisionRecall').innerText(), digits(precisionRecall.area));
    // Scores that say nothing have as much precision as there are samples of the class.
    const guess = figure('precisionRecall').locator('.legend b').last();
    const { count } = perClass![3]!;
    assert.equal(await guess.innerText(), digits(count / validationOf('tenClasses').count));
    const label = await figure('roc').locator('svg.unit-plot').getAttribute('aria-label');
    assert.equal(label, `ROC curve, ${name}: area ${digits(roc.area)}; guessing has 0.500`);
  });

  it('has one curve for two classes', async () => {
    await open('twoClasses');
    const [, second] = validationOf('twoClasses').curves!;
    const legend = figure('roc').locator('.legend');
    assert.match(
      await legend.innerText(),
      new RegExp(`${second!.name}, area ${digits(second!.roc.area)}`),
    );
    assert.equal(await figure('roc').locator('.unit-plot path.curve').count(), 2);
  });

  it('reads a curve out by keys', async () => {
    await open('twoClasses');
    const { x, y } = validationOf('twoClasses').curves![1]!.roc;
    await figure('roc').locator('svg.unit-plot').focus();
    for (let i = 0; i < 10; i++) await page.page.keyboard.press('ArrowRight');
    const after = x.findIndex((value) => value > 0.1);
    const part = (0.1 - x[after - 1]!) / (x[after]! - x[after - 1]!);
    const height = y[after - 1]! + part * (y[after]! - y[after - 1]!);
    const text = `true-positive rate ${percent(height)} at false-positive rate 10.0 %`;
    await figure('roc').getByText(text).waitFor();
  });

  it('has the calibration error that the metric has, and the counts of the bins', async () => {
    await open('tenClasses');
    const { metrics, calibration, count } = validationOf('tenClasses');
    const { expectedCalibrationError } = metrics;
    const error = figure('calibration').locator('.legend b');
    assert.equal(await error.innerText(), percent(expectedCalibrationError!));
    const filled = calibration!.filter((bin) => bin.count > 0);
    assert.equal(
      filled.reduce((sum, bin) => sum + bin.count, 0),
      count,
    );
    assert.equal(await figure('calibration').locator('rect.gap').count(), 1 + filled.length);
    const plot = figure('calibration').locator('svg.unit-plot').first();
    const { width } = (await plot.boundingBox())!;
    // The last bin is the rightmost fifteenth of the square, which ends at 286 of 300.
    await plot.hover({ position: { x: (width * 280) / 300, y: 40 } });
    const { confidence, accuracy, count: inLast } = calibration!.at(-1)!;
    const text = `${inLast} predictions: ${percent(confidence!)} sure, ${percent(accuracy!)} right`;
    await figure('calibration').getByText(text).waitFor();
  });

  it('has the figures of each class, of several labels too', async () => {
    for (const name of ['tenClasses', 'labels', 'masks'] as const) {
      await open(name);
      for (const one of validationOf(name).perClass!) {
        const row = page.page.locator('.classes tbody tr', {
          has: page.page.getByRole('button', { name: one.name, exact: true }),
        });
        const cells = await row.locator('td').allInnerTexts();
        const shown = cells.slice(1, 4).map((text) => text.split('\n'));
        const figures = [one.precision, one.recall, one.f1];
        assert.deepEqual(
          shown.map(([value]) => value),
          figures.map(percent),
          one.name,
        );
        const { low, high } = one.intervals!['recall']!;
        assert.equal(shown[1]![1], `${(100 * low).toFixed(1)} – ${percent(high)}`);
      }
      await page.close();
    }
    await open('labels');
    assert.equal(await page.page.locator('.confusion').count(), 0);
  });

  it('has the confusion matrix in numbers and in parts, and its worst mistakes', async () => {
    const details = await open('tenClasses');
    const matrix = validationOf('tenClasses').confusionMatrix!;
    const cells = () => details.locator('.matrix tbody td').allTextContents();
    assert.deepEqual(await cells(), matrix.flat().map(String));
    const worst = Math.max(...matrix.flatMap((row, k) => row.filter((_, other) => other !== k)));
    const mistakes = await details.locator('.mistakes li').allInnerTexts();
    assert.match(mistakes[0]!, new RegExp(`^“\\d” taken for “\\d”: ${worst} of \\d+ samples`));
    await details.locator('vscode-checkbox').click();
    const parts = matrix.flatMap((row) => {
      const total = row.reduce((sum, one) => sum + one, 0);
      return row.map((one) => String(Math.round((100 * one) / total)));
    });
    await page.page.locator('.details vscode-checkbox[aria-checked="true"]').waitFor();
    assert.deepEqual(await cells(), parts);
    await details.locator('.matrix tbody td.wrong:not(.zero)').first().hover();
    await details.locator('.confusion .read-out').getByText('taken for').waitFor();
  });

  it('reads the matrix of a hundred classes out by mouse and keys', async () => {
    const details = await open('hundredClasses', { height: HIGH });
    const matrix = validationOf('hundredClasses').confusionMatrix!;
    assert.equal(await details.locator('.matrix-picture').count(), 1);
    const drawn = await details
      .locator('.matrix-picture path')
      .evaluateAll((paths) => paths.map((path) => path.getAttribute('d') ?? '').join(''));
    assert.equal(drawn.split('M').length - 1, matrix.flat().filter((count) => count > 0).length);
    const box = await details.locator('.matrix-picture').boundingBox();
    const cell = (index: number) => ((index + 0.5) / 100) * box!.width;
    await page.page.mouse.move(box!.x + cell(7), box!.y + cell(5));
    const told = (actual: number, predicted: number) =>
      `“class ${actual}” taken for “class ${predicted}”: ${matrix[actual]![predicted]} of `;
    await details.getByText(told(5, 7)).first().waitFor();
    await details.locator('.matrix-picture').focus();
    await page.page.keyboard.press('ArrowDown');
    await page.page.keyboard.press('ArrowRight');
    await details.getByText(told(6, 8)).first().waitFor();
    await details.getByText('worked out for up to 30 classes').waitFor();
  });

  it('shows how the errors of numbers are spread', async () => {
    await open('numbers');
    const { errors, count } = validationOf('numbers');
    assert.equal(
      errors!.counts.reduce((sum, one) => sum + one, 0),
      count,
    );
    const half = `Half of the samples have an error of at most ${digits(errors!.median)}`;
    await figure('errors').getByText(half).waitFor();
    assert.equal(await figure('errors').locator('rect.bar').count(), errors!.counts.length);
  });

  it('shows the split that is asked for', async () => {
    const details = await open('tenClasses');
    const { train } = snapshotOf('tenClasses').view.results;
    await details.locator('.tabs button', { hasText: 'Train' }).click();
    const area = figure('roc').locator('.legend b').first();
    await area.getByText(digits(train!.metrics['rocAuc']!), { exact: true }).waitFor();
    const cells = await details.locator('.matrix tbody td').allTextContents();
    assert.deepEqual(cells, train!.confusionMatrix!.flat().map(String));
  });
});
