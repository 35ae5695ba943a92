import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { encode } from 'fast-png';
import type { DataSourceValueOf } from '#common/catalogue/data';
import { openDataset } from '../../../server/training/data/dataset';
import { readTargets } from '../../../server/training/data/targets';

type FolderValue = DataSourceValueOf<'imageFolder'>;

const source: FolderValue = {
  type: 'imageFolder',
  path: 'images',
  layout: 'classes',
  table: 'labels.csv',
  target: 'class',
  size: [2, 2],
  resize: 'exact',
  channels: 1,
};

function png(values: readonly number[], width = 2): Uint8Array {
  const data = Uint8Array.from(values);
  return encode({ height: values.length / width, width, channels: 1, depth: 8, data });
}

describe('a table of images', () => {
  let base: string;
  beforeEach(() => {
    base = mkdtempSync(path.join(tmpdir(), 'lightbench-table-'));
  });
  afterEach(() => rmSync(base, { recursive: true }));

  function write(files: Readonly<Record<string, Uint8Array | string>>): void {
    for (const [name, content] of Object.entries(files)) {
      const file = path.join(base, 'images', name);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, content);
    }
  }
  const open = (value: Partial<FolderValue> = {}) =>
    openDataset({ ...source, ...value }, { baseFolder: base, seed: 1 });
  const images = {
    '1.png': png([0, 0, 0, 0]),
    '2.png': png([255, 0, 0, 0]),
    '3.png': png([0, 255, 0, 0]),
  };

  it('gives labels, groups, times and splits in its own order', async () => {
    write({
      ...images,
      'labels.csv': [
        'Age, label ,file,group,time,split',
        '5,dog,3.png,ann,2026-01-02,test',
        '6,cat,1.png,bob,2026-01-01,Train',
        '7,dog,2.png,ann,2026-01-03T10:00:00Z,val',
      ].join('\n'),
    });
    const { facts, labels, groups, times, assigned, names, read } = await open();
    assert.deepEqual(facts, {
      shape: [2, 2, 1],
      classNames: ['cat', 'dog'],
      count: 3,
      classCounts: [1, 2],
    });
    assert.deepEqual([...labels], [1, 0, 1]);
    assert.deepEqual([...groups!], [0, 1, 0]);
    assert.deepEqual(
      [...times!].map((time) => new Date(time).toISOString().slice(0, 13)),
      ['2026-01-02T00', '2026-01-01T00', '2026-01-03T10'],
    );
    assert.deepEqual(assigned, ['test', 'train', 'validation']);
    assert.deepEqual(names, ['images/3.png', 'images/1.png', 'images/2.png']);
    const out = new Float32Array(4);
    read(Uint32Array.of(0), out);
    assert.deepEqual([...out], [0, 1, 0, 0]);
  });

  it('gives weights, which belong to the fingerprint', async () => {
    const prints = new Set<string>();
    for (const column of ['weight', 'Weight ', 'weights']) {
      write({
        ...images,
        'labels.csv': `file,label,${column}\n1.png,a,0\n2.png,b,2.5\n3.png,a,1e2`,
      });
      const { sampleWeights, fingerprint } = await open();
      prints.add(fingerprint);
      assert.deepEqual(
        sampleWeights && [...sampleWeights],
        column === 'weights' ? undefined : [0, 2.5, 100],
      );
    }
    write({ ...images, 'labels.csv': 'file,label,weight\n1.png,a,0\n2.png,b,2.5\n3.png,a,99' });
    prints.add((await open()).fingerprint);
    assert.equal(prints.size, 3);
  });

  it('takes the folder of a file as its class where it has no labels', async () => {
    write({
      'b/1.png': images['1.png'],
      'a/2.png': images['2.png'],
      'labels.csv': 'file,group\nb/1.png,x\na/2.png,y',
    });
    const { facts, labels } = await open();
    assert.deepEqual(
      [facts.classNames, [...labels]],
      [
        ['a', 'b'],
        [1, 0],
      ],
    );
  });

  it('gives several labels, or none, to an image', async () => {
    write({ ...images, 'labels.csv': 'file,label\n1.png,red; big\n2.png,\n3.png,big' });
    const dataset = await open({ target: 'labels' });
    assert.deepEqual(dataset.facts, {
      shape: [2, 2, 1],
      classNames: ['big', 'red'],
      count: 3,
      classCounts: [2, 1],
      target: 'labels',
      targetShape: [2],
    });
    const { target } = readTargets(dataset, Uint32Array.of(2, 0));
    assert.deepEqual([...target!], [1, 0, 1, 1]);
  });

  it('gives numbers to an image', async () => {
    write({ ...images, 'labels.csv': 'file,target\n1.png,1.5;-2\n2.png,0;1e3\n3.png,.5;4' });
    const dataset = await open({ target: 'numbers' });
    assert.deepEqual(dataset.facts.targetShape, [2]);
    const { target } = readTargets(dataset, Uint32Array.of(1, 0));
    assert.deepEqual([...target!], [0, 1000, 1.5, -2]);
  });

  it('gives masks, whose grey values are classes from dark to bright', async () => {
    write({
      ...images,
      'm/1.png': png([200, 0, 0, 200]),
      'm/2.png': png([0, 0, 9, 9]),
      'm/3.png': png([0, 0, 0, 0]),
      'labels.csv': 'file,target\n1.png,m/1.png\n2.png,m/2.png\n3.png,m/3.png',
    });
    const dataset = await open({ target: 'mask' });
    const { facts } = dataset;
    assert.deepEqual(facts.classNames, ['background', 'grey 9', 'grey 200']);
    assert.deepEqual([facts.target, facts.targetShape], ['mask', [2, 2, 1]]);
    const { labels } = readTargets(dataset, Uint32Array.of(1, 0));
    assert.deepEqual([...labels!], [0, 0, 1, 1, 2, 0, 0, 2]);
  });

  it('brings a mask to the size of its image, by the class that covers most', async () => {
    write({
      '1.png': png(Array<number>(16).fill(7), 4),
      'm/1.png': png([9, 9, 0, 0, 9, 0, 0, 0, 0, 0, 5, 5, 0, 0, 5, 5], 4),
      'labels.csv': 'file,target\n1.png,m/1.png',
    });
    const dataset = await open({ target: 'mask', resize: 'stretch' });
    const { labels } = readTargets(dataset, Uint32Array.of(0));
    assert.deepEqual([...labels!], [2, 0, 0, 1]);
  });

  it('has another fingerprint when a target is another', async () => {
    const prints = new Set<string>();
    for (const value of ['1', '2', '1']) {
      write({ ...images, 'labels.csv': `file,target\n1.png,${value}\n2.png,3` });
      prints.add((await open({ target: 'numbers' })).fingerprint);
    }
    assert.equal(prints.size, 2);
  });

  const many = Array.from({ length: 81 }, (_, i) => i);
  const refused: readonly (readonly [
    name: string,
    files: Readonly<Record<string, Uint8Array | string>>,
    value: Partial<FolderValue>,
    code: string,
    message: RegExp,
  ])[] = [
    [
      'that is missing',
      {},
      {},
      'data/bad-table',
      /images\/labels\.csv cannot be used: ENOENT.*Correct `"table"`/,
    ],
    ['that is empty', { 'labels.csv': '' }, {}, 'data/bad-table', /no column "file"; it is empty/],
    [
      'without files',
      { 'labels.csv': 'name,label\nx,y' },
      {},
      'data/bad-table',
      /no column "file"; its columns are name, label/,
    ],
    ['without images', { 'labels.csv': 'file,label\n' }, {}, 'data/bad-table', /names no image/],
    [
      'with a column twice',
      { 'labels.csv': 'file,label,label' },
      {},
      'data/bad-table',
      /two columns are called "label"/,
    ],
    [
      'with a short line',
      { 'labels.csv': 'file,label\n\n1.png' },
      {},
      'data/bad-table',
      /line 3 has 1 cells, and the first one names 2/,
    ],
    [
      'with an open quote',
      { 'labels.csv': 'file,label\n"1.png,a' },
      {},
      'data/bad-table',
      /the quote in line 2 is never closed/,
    ],
    [
      'with an empty label',
      { 'labels.csv': 'file,label\n1.png,a\n2.png,' },
      {},
      'data/bad-table',
      /labels\.csv, line 3 has nothing in "label"/,
    ],
    [
      'with one class',
      { 'labels.csv': 'file,label\n1.png,a\n2.png,a' },
      {},
      'data/one-class',
      /has just "a"/,
    ],
    [
      'with an image twice',
      { 'labels.csv': 'file,label\n1.png,a\n1.png,b' },
      {},
      'data/bad-table',
      /images\/1\.png in .*line 2 and .*line 3/,
    ],
    [
      'with an odd time',
      { 'labels.csv': 'file,label,time\n1.png,a,soon\n2.png,b,1' },
      {},
      'data/bad-table',
      /line 2 has "soon" as its time\. Write a number, or a date/,
    ],
    [
      'with an odd split',
      { 'labels.csv': 'file,label,split\n1.png,a,exam\n2.png,b,test' },
      {},
      'data/bad-table',
      /"exam" as its split\. Write train/,
    ],
    [
      'with an odd number',
      { 'labels.csv': 'file,target\n1.png,1,5' },
      { target: 'numbers' },
      'data/bad-table',
      /line 2 has 3 cells/,
    ],
    [
      'with a word for a number',
      { 'labels.csv': 'file,target\n1.png,much' },
      { target: 'numbers' },
      'data/bad-table',
      /"much" as its target/,
    ],
    [
      'with fewer numbers',
      { 'labels.csv': 'file,target\n1.png,1;2\n2.png,1' },
      { target: 'numbers' },
      'data/bad-table',
      /line 2 has 2, .*line 3 has 1/,
    ],
    [
      'with an empty weight',
      { 'labels.csv': 'file,label,weight\n1.png,a,\n2.png,b,1' },
      {},
      'data/bad-table',
      /line 2 has nothing in "weight"\. Fill it in/,
    ],
    [
      'with weights of 0 only',
      { 'labels.csv': 'file,label,weight\n1.png,a,0\n2.png,b,1e-60' },
      {},
      'data/bad-table',
      /labels\.csv cannot be used: every weight in its column "weight" is 0\. Give/,
    ],
    [
      'without any label',
      { 'labels.csv': 'file,label\n1.png,' },
      { target: 'labels' },
      'data/bad-table',
      /has no label/,
    ],
    [
      'with an image that is not there',
      { 'labels.csv': 'file,label\n9.png,a\n2.png,b' },
      {},
      'data/bad-image',
      /images\/9\.png: ENOENT/,
    ],
    [
      'with a picture for a mask',
      { '1.png': png(many, 9), 'm.png': png(many, 9), 'labels.csv': 'file,target\n1.png,m.png' },
      { target: 'mask', size: [9, 9] },
      'data/bad-mask',
      /images\/m\.png there are more than 64/,
    ],
    [
      'with a mask of another size',
      { 'm.png': png([0, 1]), 'labels.csv': 'file,target\n1.png,m.png' },
      { target: 'mask' },
      'data/wrong-size',
      /images\/m\.png is 1 × 2/,
    ],
    [
      'that is not given for masks',
      {},
      { table: undefined, target: 'mask' },
      'data/needs-table',
      /kind "mask".*Set `table`.*`target`/,
    ],
  ];
  for (const weight of ['-1', '-1e-3', 'heavy', 'NaN', 'Infinity', '1e39', '1;2']) {
    it(`with the weight ${weight} is refused`, async () => {
      write({ ...images, 'labels.csv': `file,label,weight\n1.png,a,1\n2.png,b,${weight}` });
      const message = `The table of the images cannot be used: images/labels.csv, line 3 has "${weight}" as its weight. Write a number of 0 or more, with a point.`;
      await assert.rejects(open(), { code: 'data/bad-table', message });
    });
  }

  for (const [name, files, value, code, message] of refused) {
    it(`${name} is refused`, async () => {
      write({ ...images, ...files });
      await assert.rejects(open(value), { code, message });
    });
  }
});

describe('an image folder with folders for the splits', () => {
  let base: string;
  beforeEach(() => {
    base = mkdtempSync(path.join(tmpdir(), 'lightbench-splits-'));
  });
  afterEach(() => rmSync(base, { recursive: true }));

  const write = (...names: readonly string[]) => {
    for (const [i, name] of names.entries()) {
      const file = path.join(base, 'images', name);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, png([i, 0, 0, 0]));
    }
  };
  const open = () =>
    openDataset({ ...source, table: undefined, layout: 'splits' }, { baseFolder: base, seed: 1 });

  it('has the classes of all of them', async () => {
    write('train/a/1.png', 'train/b/1.png', 'val/b/1.png', 'test/a/1.png', 'test/b/1.png');
    const { facts, labels, assigned } = await open();
    assert.deepEqual(facts.classNames, ['a', 'b']);
    assert.deepEqual([...labels], [0, 1, 1, 0, 1]);
    assert.deepEqual(assigned, ['train', 'train', 'validation', 'test', 'test']);
  });

  it('is refused without one of them', async () => {
    write('train/a/1.png', 'train/b/1.png', 'val/b/1.png');
    await assert.rejects(open(), { code: 'data/no-split-folder', message: /no folder "test"/ });
  });
});
