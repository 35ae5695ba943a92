import assert from 'node:assert/strict';
import { pageHtml } from '../../../extension/panel/html';
import { openPage } from '../harness';
import { curvesOf, hostOf, snapshotOf, viewOf } from './runFixture';

const ORIGIN = 'http://lightbench.test';

describe('the page of a run under its own content security policy', () => {
  it('draws, and breaks no rule of the policy', async () => {
    const page = await openPage('run', { host: hostOf(snapshotOf(viewOf(), curvesOf(5))) });
    const complaints: string[] = [];
    page.page.on('console', (message) => {
      if (/Content Security Policy/i.test(message.text())) complaints.push(message.text());
    });
    const body = pageHtml({
      scriptUri: `${ORIGIN}/run.js`,
      styleUri: `${ORIGIN}/run.css`,
      cspSource: ORIGIN,
      title: 'run',
    });
    await page.page.route(`${ORIGIN}/strict`, (route) =>
      route.fulfill({ contentType: 'text/html', body }),
    );
    await page.page.goto(`${ORIGIN}/strict`);
    await page.page.locator('[data-chart="loss"] canvas').waitFor();
    const picture = await page.measure('run-policy', '[data-chart="loss"] .u-over');
    assert.ok(picture.drawnFraction > 0.01, `${picture.drawnFraction} is drawn`);
    assert.deepEqual(complaints, []);
    assert.deepEqual(page.errors, []);
    await page.close();
  });
});
