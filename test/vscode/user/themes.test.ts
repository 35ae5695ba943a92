import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { ROOT } from '../../../scripts/processes';
import { RunPage } from '../harness/runPage';
import { session } from '../harness/session';
import { VSCODE_THEMES } from '../harness/themes';
import type { Workbench } from '../harness/workbench';

const FILE = 'blurred-digits.experiment.json';
const sample = readFileSync(path.join(ROOT, 'samples', 'physics', FILE), 'utf8');

describe('the panel of a finished run', () => {
  let window: Workbench;
  let page: RunPage;
  before(async () => {
    window = await session().openWindow({ files: { [FILE]: sample }, open: [FILE] });
    await window.editor(FILE);
    await window.command('Lightbench: Train Experiment');
    page = new RunPage(window);
    await page.untilStatus('finished');
  });
  after(() => window.close());

  for (const { name, theme, bodyClass } of VSCODE_THEMES) {
    it(`is drawn in the colours of ${theme}`, async () => {
      const settings = path.join(window.folder, '.vscode', 'settings.json');
      writeFileSync(settings, JSON.stringify({ 'workbench.colorTheme': theme }));
      await page.frame.locator(`body.${bodyClass}`).waitFor();
      for (const chart of ['loss', 'accuracy']) {
        await page.untilCurve(chart);
        const coloured = await page.colouredPixels(chart);
        assert.ok(coloured > 300, `${chart}: only ${coloured} pixels have a colour`);
      }
      const swatch = page.chart('loss').locator('.swatch line').nth(1);
      assert.equal(await swatch.getAttribute('stroke'), await page.themeColour('charts-blue'));
      const all = await window.screenshot(`panel-${name}`);
      assert.ok(all.distinctColours > 200, `only ${all.distinctColours} colours on screen`);
      const panel = await window.measure(
        window.page.locator('iframe.webview.ready'),
        `panel-${name}-page`,
      );
      assert.ok(panel.drawnFraction > 0.02, `only ${panel.drawnFraction} of the page is drawn`);
    });
  }
});
