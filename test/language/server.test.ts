import assert from 'node:assert/strict';
import type {
  CodeAction,
  DocumentSymbol,
  Hover,
  InlayHint,
  MarkupContent,
  TextEdit,
} from 'vscode-languageserver';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { activations } from '#common/catalogue/activations';
import { losses } from '#common/catalogue/losses';
import { readExperiment } from '#common/experiment/read';
import { baseText } from '../unit/experiment/base';
import { accept, Client, wholeOf, withCursor } from './client';

let client: Client;
before(async () => {
  client = await Client.start();
});
after(async () => {
  assert.deepEqual(client.log, [], 'the server has logged errors');
  assert.equal(await client.stop(), 0);
});

/** The base with a piece of it replaced by text that has the cursor. */
function base(piece: string, replacement: string): string {
  assert.equal(baseText.split(piece).length, 2, piece);
  return baseText.replace(piece, () => replacement);
}

/** Layers of an image alone, of features alone, and of either; the catalogue has more of each. */
const ofImages = ['conv2d', 'conv2dTranspose', 'maxPooling2d', 'cropping2d', 'permute'];
const ofFeatures = ['dense'];
const anywhere = [
  'flatten',
  'reshape',
  'add',
  'activation',
  'dropout',
  'batchNormalization',
  'block',
];
const initializers = ['zeros', 'ones', 'constant', 'glorotUniform', 'heNormal'];

interface Completion {
  readonly text: string;
  /** Exactly these, or at least these. */
  readonly labels?: readonly string[];
  readonly has?: readonly string[];
  readonly lacks?: readonly string[];
}

const completions: Readonly<Record<string, Completion>> = {
  'layers that another one can read, the one before first': {
    text: base(
      '{ "type": "maxPooling2d" },',
      '{ "type": "maxPooling2d", "name": "small" }, { "type": "add", "inputs": ["small", |] },',
    ),
    labels: ['small', 'conv2d', 'input'],
  },
  'the blocks of the model': {
    text: base(
      '"model": { "layers": [',
      '"model": { "blocks": { "residual": { "parameters": { "filters": 8 }, "layers": [] } }, "layers": [ { "type": "block", "block": "|" },',
    ),
    labels: ['residual'],
  },
  'the parameters of a block': {
    text: base(
      '"model": { "layers": [',
      '"model": { "blocks": { "residual": { "parameters": { "width": 8 }, "layers": [] } }, "layers": [ { "type": "block", "block": "residual", | },',
    ),
    has: ['width', 'repeat', 'inputs'],
    lacks: ['block'],
  },
  'a whole experiment in an empty file': { text: '|', labels: ['experiment'] },
  'sections that are not there yet': {
    text: '{ "version": 1, "seed": 2, | }',
    has: ['data', 'model', 'loss', 'optimizer', 'training', 'metrics'],
    lacks: ['version', 'seed', '$schema'],
  },
  'layers that take an image': {
    text: base('{ "type": "maxPooling2d" },', '|'),
    has: [...ofImages, ...anywhere],
    lacks: ofFeatures,
  },
  'layers that take features': {
    text: base('{ "type": "dense", "units": 10 },', '|'),
    has: [...ofFeatures, ...anywhere],
    lacks: ofImages,
  },
  'layers that take features, where a comma is missing': {
    text: base('{ "type": "flatten" },', '{ "type": "flatten" } |,'),
    has: [...ofFeatures, ...anywhere],
    lacks: ofImages,
  },
  'nothing at the end of a comment': { text: '{ // note|\n}', labels: [] },
  'kinds that take features': {
    text: base('{ "type": "dense", "units": 10 },', '{ "type": "|" }'),
    has: [...ofFeatures, ...anywhere],
    lacks: ofImages,
  },
  'kinds in an object without any': {
    text: base('{ "type": "dense", "units": 10 },', '{ | }'),
    has: [...ofFeatures, ...anywhere],
    lacks: ofImages,
  },
  'kinds for a half-written one': {
    text: base('"maxPooling2d"', '"maxP|'),
    has: ['maxPooling2d', 'conv2d'],
    lacks: ['dense'],
  },
  'the other keys of a layer, the required one first': {
    text: base('"type": "conv2d", "filters": 8, "kernelSize": 3,', '"type": "conv2d", |'),
    has: ['filters', 'kernelSize', 'strides', 'padding', 'name'],
    lacks: ['activation', 'type', 'units', 'poolSize'],
  },
  'names of activations': {
    text: base('"relu"', '"|"'),
    labels: Object.keys(activations),
  },
  'true and false': {
    text: base('"units": 10', '"units": 10, "useBias": |'),
    labels: ['true', 'false'],
  },
  'a number or a pair': {
    text: base('"kernelSize": 3', '"kernelSize": |'),
    labels: ['3', '[3, 3]'],
  },
  'initializers as whole components': {
    text: base('"units": 10', '"units": 10, "kernelInitializer": |'),
    has: initializers,
  },
  'data sources': {
    text: base('"source": { "type": "digits" }', '"source": { "type": "|" }'),
    labels: ['digits', 'mnist', 'synthetic', 'imageFolder'],
  },
  'losses only, for a loss': {
    text: base('"softmaxCrossEntropy"', '"|"'),
    labels: Object.keys(losses),
  },
  'series to watch': {
    text: base('"patience": 3', '"monitor": "|"'),
    has: ['validation/loss', 'validation/accuracy', 'train/loss', 'train/rocAuc'],
  },
  metrics: { text: base('["accuracy"]', '[|]'), has: ['accuracy', 'rocAuc', 'dice', 'psnr'] },
  'nothing in a comment': { text: '{ // no|te\n}', labels: [] },
  'nothing in a block comment': { text: '{ /* no|te */ }', labels: [] },
  'nothing after the end': { text: `${baseText}|`, labels: [] },
  'nothing between key and colon': { text: base('"seed": 7', '"seed" | : 7'), labels: [] },
  'nothing in an unknown section': { text: base('"seed": 7', '"sed": { | }'), labels: [] },
  'our keys in spite of a schema of the file': {
    text: '{ "$schema": "https://example.org/other.json", | }',
    has: ['data', 'model'],
  },
};

describe('completion offers', () => {
  for (const [title, { text, labels: exact, has, lacks }] of Object.entries(completions)) {
    it(title, async () => {
      const labels = (await client.complete(text)).map(({ label }) => label);
      if (exact !== undefined) assert.deepEqual(labels, exact);
      for (const label of has ?? []) assert.ok(labels.includes(label), `${label} in ${labels}`);
      for (const label of lacks ?? []) assert.ok(!labels.includes(label), label);
    });
  }

  it('required keys first', async () => {
    const items = await client.complete('{ "model": { "layers": [{ "type": "conv2d", | }] } }');
    const first = [...items].sort((a, b) => (a.sortText ?? '').localeCompare(b.sortText ?? ''))[0];
    assert.equal(first?.label, 'filters');
  });

  it('physics in the order of the light', async () => {
    const text = base(
      '{ "type": "gaussianBlur", "sigmaPx": 1 }, { "type": "shotNoise", "photons": 200 }',
      '{ "type": "shotNoise" }, |',
    );
    const labels = (await client.complete(text)).map(({ label }) => label);
    assert.deepEqual(labels, ['shotNoise', 'gaussianBlur', 'pupilBlur']);
  });

  it('docs with formula and source', async () => {
    const items = await client.complete(base('{ "type": "maxPooling2d" },', '|'));
    const { documentation } = items[0] ?? {};
    const { kind, value } = documentation as MarkupContent;
    assert.equal(kind, 'markdown');
    assert.match(value, /Slides learned kernels/);
    assert.match(value, /y\[i,j,k\] = b\[k\]/);
    assert.match(value, /Source: \[Keras Conv2D\]/);
  });
});

/** Text with the cursor, the proposal to accept, and a piece of the result (or the whole problem list). */
const accepted: readonly (readonly [title: string, text: string, label: string, result: string])[] =
  [
    [
      'a whole layer',
      base('{ "type": "maxPooling2d" },', '|'),
      'conv2d',
      '{ "type": "conv2d", "filters": 32, "kernelSize": 3, "activation": "relu" },\n    { "type": "flatten" }',
    ],
    [
      'a kind with its keys',
      base('{ "type": "dense", "units": 10 }', '{ "type": "|" }'),
      'dense',
      '{ "type": "dense", "units": 10 }',
    ],
    [
      'a kind alone where keys are there',
      base('{ "type": "dense", "units": 10 }', '{ "type": "|", "units": 10 }'),
      'dense',
      '{ "type": "dense", "units": 10 }',
    ],
    [
      'a key in front of others',
      base('"optimizer": { "type": "adam" }', '"optimizer": { "type": "adam", |"beta1": 0.8 }'),
      'learningRate',
      '"learningRate": 0.001,"beta1": 0.8',
    ],
    [
      'a key behind one without a comma',
      base('"optimizer": { "type": "adam" }', '"optimizer": { "type": "adam" | }'),
      'learningRate',
      '"adam", "learningRate": 0.001 }',
    ],
    ['a name in place of another', base('"relu"', '"re|lu"'), 'tanh', '"activation": "tanh" }'],
    ['a key that has its value', base('"epochs": 10', '"|": 10'), 'epochs', '"epochs": 10'],
    ['a word without quotes', base('"seed": 7', 'see|'), 'seed', '"seed": 0,'],
    [
      'an element right behind another one',
      base('"sigmaPx": 1 },', '"sigmaPx": 1 }|,'),
      'shotNoise',
      '1 }, { "type": "shotNoise", "photons": 200, "readNoise": 2 },',
    ],
    [
      'an element without a comma',
      base('"sigmaPx": 1 },', '"sigmaPx": 1 } |,'),
      'gaussianBlur',
      '1 }, { "type": "gaussianBlur", "sigmaPx": 1.0, "trainable": true },',
    ],
  ];

describe('accepting a proposal writes', () => {
  for (const [title, text, label, result] of accepted) {
    it(title, async () => {
      const item = (await client.complete(text)).find((candidate) => candidate.label === label);
      assert.ok(item, label);
      const after = accept(text, item);
      assert.ok(after.includes(result), after);
      assert.deepEqual(
        readExperiment(after).problems.map(({ message }) => message),
        [],
      );
    });
  }

  it('an experiment without a problem into an empty file', async () => {
    const [item] = await client.complete('|');
    assert.ok(item);
    const doc = await client.open(accept('|', item));
    assert.deepEqual(await client.diagnostics(doc), []);
  });
});

describe('hover explains', () => {
  const cases: readonly (readonly [title: string, text: string, docs: readonly RegExp[]])[] = [
    [
      'a kind of layer with its shape here',
      base('"conv2d"', '"con|v2d"'),
      [/2-D convolution/, /cross-correlation/, /Keras Conv2D/, /8 × 8 × 1 → 6 × 6 × 8 · 80 par/],
    ],
    [
      'a key with rule and default',
      base('"kernelSize"', '"kernel|Size"'),
      [/`kernelSize`/, /from 1 to 1024/, /default `3`/, /Rows and columns/, /Unit: px/],
    ],
    ['a value by its key', base('"filters": 8', '"filters": |8'), [/`filters`.*required/]],
    ['a name', base('"relu"', '"re|lu"'), [/ReLU/, /max\(x, 0\)/]],
    ['a unit of physics', base('"sigmaPx"', '"sig|maPx"'), [/from 0\.2 to 5 px/]],
    ['a kind of physics', base('"shotNoise"', '"shot|Noise"'), [/Poisson/, /Janesick/]],
    ['a section', base('"augmentation"', '"augm|entation"'), [/Random changes/]],
    ['a metric', base('"accuracy"', '"acc|uracy"'), [/largest logit/]],
    ['a choice', base('"patience": 3', '"monitor": "train/|loss"'), [/training split/]],
  ];
  for (const [title, marked, docs] of cases) {
    it(title, async () => {
      const { text, offset } = withCursor(marked);
      const doc = await client.open(text);
      const hover = await client.at<Hover | null>('hover', doc, offset);
      const { value } = hover?.contents as MarkupContent;
      for (const pattern of docs) assert.match(value, pattern);
      assert.ok(hover?.range);
      const hovered = text.slice(doc.offsetAt(hover.range.start), doc.offsetAt(hover.range.end));
      assert.ok(hovered.length > 0 && !hovered.includes('\n'));
    });
  }

  it('nothing on white space, in comments and on unknown keys', async () => {
    for (const marked of [
      base('  // Digits', ' | // Digits'),
      base('// Digits', '// Di|gits'),
      base('"seed"', '"se|ad"'),
    ]) {
      const { text, offset } = withCursor(marked);
      const doc = await client.open(text);
      assert.equal(await client.at('hover', doc, offset), null);
    }
  });
});

describe('inlay hints', () => {
  it('show shape and parameters behind data, physics and layers', async () => {
    const doc = await client.open(baseText);
    const hints = await client.about<InlayHint[]>('inlayHint', doc, { range: wholeOf(doc) });
    const shown = hints.map(({ label, position }) => {
      const line = doc.getText().split('\n')[position.line] ?? '';
      return [line.slice(0, position.character).slice(-12), label];
    });
    assert.deepEqual(shown, [
      [' "digits" },', '→ 8 × 8 × 1'],
      ['gmaPx": 1 },', '→ 8 × 8 × 1'],
      ['tons": 200 }', '→ 8 × 8 × 1'],
      ['": "relu" },', '→ 6 × 6 × 8 · 80'],
      ['ooling2d" },', '→ 3 × 3 × 8'],
      ['"flatten" },', '→ 72'],
      ['nits": 10 },', '→ 10 · 730'],
    ]);
  });

  it('sum up a block where it is used, and show nothing in its declaration', async () => {
    const declared = '"blocks": { "pair": { "layers": [{ "type": "conv2d", "filters": 4 }] } }, ';
    const used = '"layers": [{ "type": "block", "block": "pair", "repeat": 2 },';
    const doc = await client.open(base('"layers": [', declared + used));
    const hints = await client.about<InlayHint[]>('inlayHint', doc, { range: wholeOf(doc) });
    const labels = hints.map(({ label }) => label);
    assert.equal(labels.filter((label) => label === '→ 4 × 4 × 4 · 188').length, 1);
    assert.equal(hints.length, 8);
  });

  it('count what is learned in physics, and group long numbers', async () => {
    const text = base('"sigmaPx": 1', '"sigmaPx": 1, "trainable": true').replace(
      '"filters": 8',
      '"filters": 65536',
    );
    const doc = await client.open(text);
    const hints = await client.about<InlayHint[]>('inlayHint', doc, { range: wholeOf(doc) });
    const labels = hints.map(({ label }) => label);
    assert.ok(labels.includes('→ 8 × 8 × 1 · 1'), labels.join());
    assert.ok(labels.includes('→ 6 × 6 × 65536 · 655,360'), labels.join());
  });

  it('are given for the asked range only, and up to what is wrong', async () => {
    const text = base('"flatten"', '"flaten"');
    const doc = await client.open(text);
    const all = await client.about<InlayHint[]>('inlayHint', doc, { range: wholeOf(doc) });
    assert.equal(all.at(-1)?.label, '→ 3 × 3 × 8');
    const line = text.slice(0, text.indexOf('"maxPooling2d"')).split('\n').length - 1;
    const range = { start: { line, character: 0 }, end: { line: line + 1, character: 0 } };
    const some = await client.about<InlayHint[]>('inlayHint', doc, { range });
    assert.deepEqual(
      some.map(({ label }) => label),
      ['→ 3 × 3 × 8'],
    );
  });
});

describe('diagnostics', () => {
  it('mark the exact value, with severity and code', async () => {
    const doc = await client.open(base('"filters": 8', '"filters": -3'));
    const [found, ...others] = await client.diagnostics(doc);
    assert.deepEqual(others, []);
    assert.ok(found);
    assert.equal(found.message, '`filters` must be a whole number of at least 1; got -3.');
    assert.deepEqual([found.severity, found.code, found.source], [1, 'schema/range', 'lightbench']);
    assert.equal(doc.getText(found.range), '-3');
  });

  it('follow the text, version by version', async () => {
    let doc = await client.open(baseText);
    assert.deepEqual(await client.diagnostics(doc), []);
    doc = await client.replace(doc, '"units": 10', '"units": 11');
    assert.equal((await client.diagnostics(doc))[0]?.code, 'loss/output-classes');
    doc = await client.replace(doc, '"units": 11', '"units": 10');
    assert.deepEqual(await client.diagnostics(doc), []);
  });

  it('take the last of many quick changes', async () => {
    let doc = await client.open(baseText);
    for (const [piece, by] of [
      ['"adam"', '"ada"'],
      ['"ada"', '"ad"'],
      ['"ad"', '"sgd"'],
    ] as const) {
      doc = await client.replace(doc, piece, by);
    }
    assert.deepEqual(await client.diagnostics(doc), []);
  });

  it('go when the document is closed', async () => {
    const doc = await client.open('{');
    assert.notDeepEqual(await client.diagnostics(doc), []);
    const gone = client.diagnostics(TextDocument.create(doc.uri, 'jsonc', undefined as never, ''));
    await client.connection.sendNotification('textDocument/didClose', {
      textDocument: { uri: doc.uri },
    });
    assert.deepEqual(await gone, []);
  });

  const hostile: Readonly<Record<string, string>> = {
    'a binary file': '\0\u0001\u0002',
    'nested lists': '['.repeat(5000),
    'nested objects': '{"a":'.repeat(5000),
    'a huge file': ' '.repeat(5_000_001),
    'an unfinished comment': '{ /* ',
    'a lone surrogate': '{ "name": "\uD800" }',
  };
  for (const [title, text] of Object.entries(hostile)) {
    it(`are given for ${title}, and every request is answered`, async () => {
      const doc = await client.open(text);
      assert.ok((await client.diagnostics(doc)).length > 0);
      const middle = Math.min(50, text.length);
      await client.at('completion', doc, middle);
      await client.at('hover', doc, middle);
      await client.about('inlayHint', doc, { range: wholeOf(doc) });
      await client.about('documentSymbol', doc);
      await client.about('codeAction', doc, { range: wholeOf(doc), context: { diagnostics: [] } });
    });
  }
});

describe('a quick fix', () => {
  const cases: readonly (readonly [piece: string, wrong: string])[] = [
    ['"conv2d"', '"con2d"'],
    ['"relu"', '"Relu"'],
    ['"filters"', '"filter"'],
    ['"units": 10', '"units": 12'],
    ['{ "type": "softmaxCrossEntropy" }', '"softmaxCrossEntropy"'],
    ['"batchSize": 64', '"batchSize": "64"'],
  ];
  for (const [piece, wrong] of cases) {
    it(`replaces ${wrong}`, async () => {
      const doc = await client.open(base(piece, wrong));
      const actions = await client.about<CodeAction[]>('codeAction', doc, {
        range: wholeOf(doc),
        context: { diagnostics: [] },
      });
      assert.equal(actions.length, 1);
      const edits = actions[0]?.edit?.changes?.[doc.uri] ?? [];
      assert.equal(TextDocument.applyEdits(doc, edits), baseText);
    });
  }
});

describe('the outline', () => {
  it('lists sections and their components with shapes', async () => {
    const doc = await client.open(baseText);
    const symbols = await client.about<DocumentSymbol[]>('documentSymbol', doc);
    const names = symbols.map(({ name }) => name);
    assert.deepEqual(names, [
      ...['data', 'augmentation', 'physics', 'normalization', 'model', 'loss', 'regularization'],
      ...['optimizer', 'training', 'metrics'],
    ]);
    const model = symbols.find(({ name }) => name === 'model');
    const inner = model?.children?.[0]?.children?.map(({ name, detail }) => `${name} ${detail}`);
    assert.deepEqual(inner, [
      ...['conv2d → 6 × 6 × 8', 'maxPooling2d → 3 × 3 × 8', 'flatten → 72', 'dense → 10'],
    ]);
  });
});

describe('formatting', () => {
  it('indents and keeps comments and values', async () => {
    const doc = await client.open(base('  "seed": 7', '"seed":7'));
    const edits = await client.about<TextEdit[]>('formatting', doc, {
      options: { tabSize: 2, insertSpaces: true },
    });
    const text = TextDocument.applyEdits(doc, edits);
    assert.match(text, /^ {2}"seed": 7,$/m);
    assert.match(text, /\/\/ Digits/);
    assert.deepEqual(readExperiment(text).experiment, readExperiment(baseText).experiment);
  });
});

describe('the server', () => {
  it('says what it can do', () => {
    const { capabilities, serverInfo } = client.initialized;
    assert.equal(serverInfo?.name, 'Lightbench');
    assert.ok(capabilities.hoverProvider === true && capabilities.inlayHintProvider === true);
    assert.ok(capabilities.completionProvider !== undefined);
  });

  it('answers null for a document that is not open', async () => {
    const unknown = TextDocument.create('file:///not/open.experiment.json', 'jsonc', 1, '{}');
    assert.equal(await client.at('hover', unknown, 1), null);
  });
});
