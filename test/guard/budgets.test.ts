import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import * as path from 'node:path';
import { packagedFiles, packageForTests } from '../../scripts/package';
import { ROOT } from '../../scripts/processes';
import { readMetafiles } from './metafiles';

const KIB = 1024;
const BUDGETS_KIB: Readonly<Record<string, number>> = { extension: 550, language: 450 };
const PAGE_BUDGET_KIB = 250;
const VSIX_BUDGET_BYTES = 6 * 2 ** 20;

describe('the size of', () => {
  it('each bundle is within its budget', () => {
    const metafiles = readMetafiles();
    for (const name of ['extension', 'language', 'training', 'cli']) {
      assert.ok(metafiles.has(name), `there is no bundle "${name}"`);
    }
    assert.ok(
      [...metafiles.keys()].some((name) => name.startsWith('webviews-')),
      'there is no page',
    );
    for (const name of metafiles.keys()) {
      const budgetKib = name.startsWith('webviews-') ? PAGE_BUDGET_KIB : BUDGETS_KIB[name];
      if (budgetKib === undefined) continue;
      const file = path.join(ROOT, 'dist', `${name.replace('webviews-', 'webviews/')}.js`);
      const sizeKib = statSync(file).size / KIB;
      assert.ok(sizeKib <= budgetKib, `${name}: ${sizeKib.toFixed(0)} of ${budgetKib} KiB`);
    }
  });

  it('the package is within its budget', async () => {
    const sizeBytes = statSync(await packageForTests()).size;
    assert.ok(sizeBytes <= VSIX_BUDGET_BYTES, `${sizeBytes} of ${VSIX_BUDGET_BYTES} bytes`);
  });
});

describe('the package', () => {
  it('has what the extension needs and nothing else', async () => {
    const files = await packagedFiles();
    for (const file of ['dist/extension.js', 'dist/language.js', 'dist/training.js']) {
      assert.ok(files.includes(file), `${file} is missing`);
    }
    assert.ok(
      files.some((file) => file.startsWith('samples/')),
      'the samples are missing',
    );
    const wanted =
      /^(dist\/.+|media\/.+|samples\/.+|docs\/images\/.+\.png|README\.md|CHANGELOG\.md|LICENSE|package(\.nls)?\.json)$/;
    const unwanted = /\.map$|^dist\/meta\/|\.lightbench\/|\.test\./;
    assert.deepEqual(
      files.filter((file) => !wanted.test(file) || unwanted.test(file)),
      [],
    );
  });
});
