import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import * as path from 'node:path';
import { diagnoseExperiment } from '#common/experiment/diagnose';
import { openDataset } from '../../../server/training/data/dataset';
import { splitDataset } from '../../../server/training/data/split';
import { makeMicrographs, micrographFolder } from './micrographs';
import { makeMixtures, mixtureFolder } from './mixtures';

const folder = path.join(__dirname, '../../../samples');
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.experiment.json'))
  .sort();

describe('the samples', () => {
  it('are all found', () => {
    assert.ok(files.length >= 4, files.join(', '));
  });

  for (const name of files) {
    const text = readFileSync(path.join(folder, name), 'utf8');

    it(`${name} begins by saying what to look at`, () => {
      const header = text.slice(0, text.indexOf('{'));
      assert.match(header, /^\/\/ \S.*\n\/\/\n/);
      assert.match(header, /\/\/ What to look at\n\/\/ {3}1\. /);
    });

    it(`${name} has no problem, its data included`, async () => {
      const { experiment, problems } = diagnoseExperiment(text);
      assert.deepEqual(problems, []);
      assert.ok(experiment);
      const { data, seed } = experiment;
      const baseFolder = path.dirname(path.join(folder, name));
      const dataset = await openDataset(data.source, { baseFolder, seed });
      assert.deepEqual(diagnoseExperiment(text, dataset.facts).problems, []);
      const { train, validation, test } = splitDataset(dataset, data.split, seed);
      assert.equal(train.length + validation.length + test.length, dataset.facts.count);
    });

    it(`${name} is named in the README`, () => {
      const readme = readFileSync(path.join(folder, 'README.md'), 'utf8');
      assert.ok(readme.includes(`](${name.split(path.sep).join('/')})`));
    });
  }
});

describe('the mixtures', () => {
  it('are those that their script makes, and take little room', () => {
    const files = makeMixtures();
    assert.deepEqual(readdirSync(mixtureFolder).sort(), files.map(({ name }) => name).sort());
    for (const { name, bytes } of files) {
      const committed = readFileSync(path.join(mixtureFolder, name));
      assert.ok(committed.equals(bytes), `${name}: run npx tsx test/unit/samples/mixtures.ts`);
    }
    const size = files.reduce((sum, { bytes }) => sum + bytes.length, 0);
    assert.ok(size < 150 * 1024, String(size));
  });
});

describe('the micrographs', () => {
  const images = makeMicrographs();

  it('are those that their script makes', () => {
    const found = readdirSync(micrographFolder, { recursive: true, encoding: 'utf8' })
      .filter((name) => !statSync(path.join(micrographFolder, name)).isDirectory())
      .map((name) => name.split(path.sep).join('/'));
    assert.deepEqual(found.sort(), images.map(({ name }) => name).sort());
    for (const { name, bytes } of images) {
      const committed = readFileSync(path.join(micrographFolder, name));
      assert.ok(committed.equals(bytes), `${name}: run npx tsx test/unit/samples/micrographs.ts`);
    }
  });

  it('take little room', () => {
    const bytes = images.reduce((sum, image) => sum + image.bytes.length, 0);
    assert.ok(bytes < 400 * 1024, String(bytes));
  });
});
