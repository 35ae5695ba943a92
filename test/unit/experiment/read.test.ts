import assert from 'node:assert/strict';
import { readExperiment } from '#common/experiment/read';
import { formatPath } from '#common/experiment/path';
import { baseText, changed, marked, type MarkedText } from './base';

interface Case {
  readonly text: MarkedText;
  readonly code: string;
  readonly path?: string;
  readonly message: RegExp | string;
  readonly suggestion?: string;
}

/** Reads a text that has exactly one problem and compares it with what is expected. */
function check({ text, code, path, message, suggestion }: Case): void {
  const { problems, experiment } = readExperiment(text.text);
  assert.equal(problems.length, 1, problems.map((found) => found.message).join('\n'));
  const [problem] = problems;
  assert.ok(problem);
  assert.equal(experiment, undefined);
  assert.equal(problem.code, code);
  if (typeof message === 'string') assert.equal(problem.message, message);
  else assert.match(problem.message, message);
  const found = text.text.slice(problem.offset, problem.offset + problem.length);
  const wanted = text.text.slice(text.offset, text.offset + text.length);
  assert.deepEqual([problem.offset, found], [text.offset, wanted]);
  if (path !== undefined) assert.equal(formatPath(problem.path), path);
  assert.equal(problem.suggestion, suggestion);
}

const layer0 = 'model.layers[0]';

const cases: Readonly<Record<string, Case>> = {
  'a number below its range': {
    text: changed('"filters": 8', '"filters": «-3»'),
    code: 'schema/range',
    path: `${layer0}.filters`,
    message: '`filters` must be a whole number of at least 1; got -3.',
  },
  'a number at the end that its range leaves out': {
    text: changed('"type": "adam"', '"type": "adam", "learningRate": «0»'),
    code: 'schema/range',
    path: 'optimizer.learningRate',
    message: '`learningRate` must be a number above 0; got 0.',
  },
  'a number above its range, with the unit': {
    text: changed('"sigmaPx": 1', '"sigmaPx": «9.5»'),
    code: 'schema/range',
    path: 'physics[0].sigmaPx',
    message: '`sigmaPx` must be a number of at most 5 px; got 9.5.',
  },
  'a number too large for a computer': {
    text: changed('"photons": 200', '"photons": «1e999»'),
    code: 'schema/range',
    message: /more than a number can hold/,
  },
  'a fraction for a whole number': {
    text: changed('"filters": 8', '"filters": «8.5»'),
    code: 'schema/type',
    message: /must be a whole number from 1 to 65536; got 8\.5/,
    suggestion: '9',
  },
  'a quoted number': {
    text: changed('"seed": 7', '"seed": «"7"»'),
    code: 'schema/type',
    path: 'seed',
    message: /got "7"\. Remove the quotes/,
    suggestion: '7',
  },
  null: {
    text: changed('"units": 10', '"units": «null»'),
    code: 'schema/type',
    message: /`units` must be a whole number from 1 to 1048576; got null/,
  },
  'an element of a pair': {
    text: changed('"kernelSize": 3', '"kernelSize": [3, «0»]'),
    code: 'schema/range',
    path: `${layer0}.kernelSize[1]`,
    message: '`kernelSize[1]` must be a whole number of at least 1 px; got 0.',
  },
  'a pair with one element': {
    text: changed('"kernelSize": 3', '"kernelSize": «[3]»'),
    code: 'schema/length',
    path: `${layer0}.kernelSize`,
    message: '`kernelSize` must be a list of 2 whole numbers; got 1. Add elements.',
  },
  'a text where a number or a pair may be': {
    text: changed('"kernelSize": 3', '"kernelSize": «"big"»'),
    code: 'schema/type',
    message: /whole number from 1 to 1024 or a list of 2 whole numbers; got "big"/,
  },
  'a range the wrong way round': {
    text: changed('"rotateDegrees": 10', '"rotateDegrees": «[20, -5]»'),
    code: 'schema/order',
    path: 'augmentation[0].rotateDegrees',
    message: '`rotateDegrees` must go from low to high; got [20, -5]. Write [-5, 20].',
    suggestion: '[-5, 20]',
  },
  'an end of a range beyond what there is': {
    text: changed('"rotateDegrees": 10', '"rotateDegrees": [-10, «200»]'),
    code: 'schema/range',
    path: 'augmentation[0].rotateDegrees[1]',
    message: '`rotateDegrees[1]` must be a number of at most 180 °; got 200.',
  },
  'a number below 0 where both signs are meant': {
    text: changed('"rotateDegrees": 10', '"rotateDegrees": «-10»'),
    code: 'schema/range',
    message: '`rotateDegrees` must be a number of at least 0 °; got -10.',
  },
  'a range with one end': {
    text: changed('"rotateDegrees": 10', '"rotateDegrees": «[5]»'),
    code: 'schema/length',
    message: '`rotateDegrees` must be [low, high] from -180 to 180 °; got 1. Add elements.',
  },
  'a word for a range': {
    text: changed('"rotateDegrees": 10', '"rotateDegrees": «"some"»'),
    code: 'schema/type',
    message:
      '`rotateDegrees` must be a number from 0 to 180 or [low, high] from -180 to 180; got "some".',
  },
  'an unknown name': {
    text: changed('"relu"', '«"rellu"»'),
    code: 'schema/choice',
    path: `${layer0}.activation`,
    message: /"linear", "relu", .* or "softmax"; got "rellu"\. Did you mean "relu"\?/,
    suggestion: '"relu"',
  },
  'another version': {
    text: changed('"version": 1', '"version": «2»'),
    code: 'schema/choice',
    message: '`version` must be 1; got 2.',
  },
  'an unknown key': {
    text: changed('"kernelSize": 3', '«"kernel_sise"»: 3'),
    code: 'schema/unknown-key',
    path: `${layer0}.kernel_sise`,
    message: 'There is no key `kernel_sise` in conv2d. Did you mean `kernelSize`?',
    suggestion: '"kernelSize"',
  },
  'an unknown key like nothing known': {
    text: changed('"epochs": 10', '"epochs": 10, «"zzz"»: 1'),
    code: 'schema/unknown-key',
    path: 'training.zzz',
    message: /no key `zzz` in `training`.*`epochs`, `batchSize`.* and `checkpointEvery`/,
  },
  'a misspelt required key, which is not missing too': {
    text: changed('"filters": 8', '«"filter"»: 8'),
    code: 'schema/unknown-key',
    message: /Did you mean `filters`\?/,
    suggestion: '"filters"',
  },
  'a key of another kind of the same family': {
    text: changed('"units": 10', '"units": 10, «"filters"»: 3'),
    code: 'schema/unknown-key',
    message: /no key `filters` in dense/,
  },
  'a key that would set the prototype': {
    text: changed('"seed": 7', '«"__proto__"»: { "polluted": true }'),
    code: 'schema/unknown-key',
    path: '__proto__',
    message: /no key `__proto__` in an experiment/,
  },
  'a missing key of a component': {
    text: changed('"type": "conv2d", "filters": 8,', '"type": «"conv2d"»,'),
    code: 'schema/missing-key',
    path: layer0,
    message: /A conv2d must have the key `filters`, a whole number from 1 to 65536/,
  },
  'a missing section': {
    text: marked(
      baseText.replace('{', '«{»').replace('"loss": { "type": "softmaxCrossEntropy" },', ''),
    ),
    code: 'schema/missing-key',
    path: '',
    message: /must have the key `loss`/,
  },
  'a missing type': {
    text: changed('"optimizer": { "type": "adam" }', '«"optimizer"»: { "learningRate": 0.1 }'),
    code: 'schema/missing-key',
    path: 'optimizer',
    message:
      /An optimizer must have a `type`\. Known kinds: "sgd", "momentum", "adam", .* and "lion"/,
  },
  'an unknown kind': {
    text: changed('"conv2d"', '«"con2d"»'),
    code: 'schema/unknown-type',
    path: `${layer0}.type`,
    message: /no network layer "con2d"\. Did you mean "conv2d"\? Known kinds: "conv2d", /,
    suggestion: '"conv2d"',
  },
  'a kind that is no text': {
    text: changed('"type": "flatten"', '"type": «[1, 2]»'),
    code: 'schema/unknown-type',
    path: 'model.layers[2].type',
    message: /`type` must be the name of a network layer; got a list\. Known kinds/,
  },
  'a name for a component': {
    text: changed('{ "type": "softmaxCrossEntropy" }', '«"softmaxCrossEntropy"»'),
    code: 'schema/type',
    path: 'loss',
    message: /Write \{ "type": "softmaxCrossEntropy" \}\./,
    suggestion: '{ "type": "softmaxCrossEntropy" }',
  },
  'a key given twice': {
    text: changed('"seed": 7', '"seed": 7, «"seed"»: 8'),
    code: 'schema/duplicate-key',
    path: 'seed',
    message: /`seed` is given twice/,
  },
  'a metric named twice': {
    text: changed('["accuracy"]', '["accuracy", «"accuracy"»]'),
    code: 'schema/duplicate-item',
    path: 'metrics[1]',
    message: /names "accuracy" twice/,
  },
  'a network without layers': {
    text: emptyModel(),
    code: 'schema/length',
    path: 'model.layers',
    message: '`layers` must have at least 1 element; got 0. Add elements.',
  },
  'a name that is too long': {
    text: changed('"name": "base"', `"name": «"${'n'.repeat(201)}"»`),
    code: 'schema/length',
    message: '`name` must be a text of at most 200 characters; got 201.',
  },
  'an object for a list': {
    text: changed('["accuracy"]', '«{}»'),
    code: 'schema/type',
    message: '`metrics` must be a list, [ … ]; got an object.',
  },
  'no object at all': {
    text: marked('«[1, 2]»'),
    code: 'schema/type',
    path: '',
    message: 'The file must be an object, { … }; got a list.',
  },
  'an empty file': { text: marked('«»'), code: 'file/empty', message: /The file is empty/ },
  'comments only': { text: marked('«// nothing»'), code: 'file/empty', message: /is empty/ },
  'a binary file': {
    text: marked('PNG«\u001a»\0\0'),
    code: 'file/binary',
    message: /not text: it has the control character U\+001A at offset 3/,
  },
  'a file in UTF-16': {
    text: marked('{«\0»\n'),
    code: 'file/binary',
    message: /Save it as plain UTF-8 text/,
  },
  'a huge file': {
    text: marked(`«{»"name": "${'n'.repeat(5_000_000)}"}`),
    code: 'file/too-large',
    message: /5\.0 MB, and at most 5 MB/,
  },
  'a rate that grows without end': {
    text: changed('"units": 10', '"units": 10, "learningRateMultiplier": «1001»'),
    code: 'schema/range',
    path: 'model.layers[3].learningRateMultiplier',
    message: '`learningRateMultiplier` must be a number of at most 1000; got 1001.',
  },
  'a rate below 0': {
    text: changed('"units": 10', '"units": 10, "learningRateMultiplier": «-0.1»'),
    code: 'schema/range',
    path: 'model.layers[3].learningRateMultiplier',
    message: '`learningRateMultiplier` must be a number of at least 0; got -0.1.',
  },
  'a layer that is a little frozen': {
    text: changed('"units": 10', '"units": 10, "trainable": «0»'),
    code: 'schema/type',
    path: 'model.layers[3].trainable',
    message: /`trainable` must be true or false; got 0/,
  },
  'a largest norm of 0': {
    text: changed(
      '"units": 10',
      '"units": 10, "kernelConstraint": { "type": "maxNorm", "maxValue": «0» }',
    ),
    code: 'schema/range',
    path: 'model.layers[3].kernelConstraint.maxValue',
    message: /`maxValue` must be a number above 0/,
  },
  'a constraint that there is not': {
    text: changed('"units": 10', '"units": 10, "biasConstraint": { "type": «"nonnegative"» }'),
    code: 'schema/unknown-type',
    path: 'model.layers[3].biasConstraint.type',
    message: /"nonnegative".*Did you mean "nonNegative"\?/,
    suggestion: '"nonNegative"',
  },
  'a constraint of a layer without a kernel': {
    text: changed(
      '{ "type": "maxPooling2d" }',
      '{ "type": "maxPooling2d", «"kernelConstraint"»: { "type": "unitNorm" } }',
    ),
    code: 'schema/unknown-key',
    path: 'model.layers[1].kernelConstraint',
    message: /kernelConstraint/,
  },
  'a constraint of a normalization': {
    text: changed(
      '{ "type": "maxPooling2d" }',
      '{ "type": "layerNormalization", «"kernelConstraint"»: { "type": "unitNorm" } }',
    ),
    code: 'schema/unknown-key',
    path: 'model.layers[1].kernelConstraint',
    message: /kernelConstraint/,
  },
  'a frozen layer that has no weights': {
    text: changed('{ "type": "maxPooling2d" }', '{ "type": "maxPooling2d", «"trainable"»: false }'),
    code: 'schema/unknown-key',
    path: 'model.layers[1].trainable',
    message: /trainable/,
  },
  '5,000 nested lists': {
    text: marked(`${'['.repeat(100)}«[»${'['.repeat(4899)}`),
    code: 'file/too-deep',
    message: /nested more than 100 deep/,
  },
  'a forgotten comma': {
    text: changed('7,\n  "data"', '7\n  «"data"»'),
    code: 'syntax/comma-expected',
    message: /`"data"` stands where a comma was expected\. Write ","/,
  },
  'a text without an end': {
    text: marked('{ "version": 1, "name": «"base»\n}'),
    code: 'syntax/unexpected-end-of-string',
    message: /closing quote/,
  },
};

function emptyModel(): MarkedText {
  const start = baseText.indexOf('"layers": [') + '"layers": '.length;
  const end = baseText.indexOf('] },\n  "loss"') + 1;
  return marked(`${baseText.slice(0, start)}«[]»${baseText.slice(end)}`);
}

describe('reading an experiment', () => {
  it('gives every value of a good file', () => {
    const { experiment, problems } = readExperiment(baseText);
    assert.deepEqual(problems, []);
    assert.equal(experiment?.name, 'base');
    assert.deepEqual(experiment.model.layers[3], {
      type: 'dense',
      units: 10,
      useBias: true,
      dropConnect: 0,
      activation: 'linear',
      kernelInitializer: { type: 'glorotUniform' },
      biasInitializer: { type: 'zeros' },
      trainable: true,
      learningRateMultiplier: 1,
    });
  });

  it('fills in the defaults of sections and components that are left out', () => {
    const { experiment } = readExperiment(
      '{ "version": 1, "data": { "source": { "type": "synthetic" } },' +
        ' "model": { "layers": [{ "type": "conv2d", "filters": 2 }] },' +
        ' "loss": { "type": "meanSquaredError" }, "optimizer": { "type": "adam" } }',
    );
    assert.deepEqual(experiment, {
      version: 1,
      name: 'experiment',
      seed: 0,
      data: {
        source: { type: 'synthetic', shape: [16, 16, 1], classes: 4, count: 1000, noise: 0.1 },
        split: {
          train: 0.7,
          validation: 0.15,
          test: 0.15,
          by: 'fraction',
          stratify: true,
          keepGroups: true,
          order: 'random',
          fold: 1,
        },
      },
      augmentation: [],
      physics: [],
      model: {
        blocks: {},
        layers: [
          {
            type: 'conv2d',
            filters: 2,
            kernelSize: 3,
            strides: 1,
            padding: 'valid',
            dilation: 1,
            useBias: true,
            activation: 'linear',
            kernelInitializer: { type: 'glorotUniform' },
            biasInitializer: { type: 'zeros' },
            weightStandardization: false,
            trainable: true,
            learningRateMultiplier: 1,
          },
        ],
      },
      loss: { type: 'meanSquaredError' },
      optimizer: {
        ...{ type: 'adam', learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 },
        ...{ amsgrad: false, weightDecay: 0, gradientAccumulationSteps: 1 },
      },
      training: { epochs: 10, batchSize: 32, shuffle: true },
      metrics: [],
    });
  });

  it('fills in defaults inside an object that is there', () => {
    const { experiment } = readExperiment(baseText);
    assert.deepEqual(experiment?.training.earlyStopping, {
      monitor: 'validation/loss',
      patience: 3,
      minDelta: 0,
      restoreBest: true,
    });
  });

  it('gives the same value again when a resolved experiment is read', () => {
    const { experiment } = readExperiment(baseText);
    assert.deepEqual(readExperiment(JSON.stringify(experiment)).experiment, experiment);
  });

  it('takes a byte-order mark and an editor’s $schema', () => {
    const { experiment, problems } = readExperiment(
      `\uFEFF${baseText.replace('{', '{ "$schema": "./x.json",')}`,
    );
    assert.deepEqual(problems, []);
    assert.ok(experiment !== undefined && !('$schema' in experiment));
  });

  it('never sets a prototype', () => {
    const { value } = readExperiment('{ "__proto__": { "polluted": true } }');
    assert.equal((value as { polluted?: boolean }).polluted, undefined);
    assert.equal(Object.getPrototypeOf(value), Object.prototype);
  });

  it('reports every problem in the order of the text', () => {
    const text = baseText.replace('"seed": 7', '"seed": -1').replace('"units": 10', '"units": 0');
    const codes = readExperiment(text).problems.map(({ path }) => formatPath(path));
    assert.deepEqual(codes, ['seed', 'model.layers[3].units']);
  });

  it('blames nothing that follows a syntax error', () => {
    const text = baseText
      .replace('"seed": 7', '"seed": -1')
      .replace('"units": 10', '"units" 10')
      .replace('"softmaxCrossEntropy"', '"softmax"');
    assert.equal(readExperiment(text.replace('"units" 10', '"units": 10')).problems.length, 2);
    const codes = readExperiment(text).problems.map(({ code }) => code);
    assert.equal(codes[0], 'schema/range');
    assert.ok(codes.slice(1).every((code) => code.startsWith('syntax/')));
  });

  describe('reports', () => {
    for (const [title, expected] of Object.entries(cases)) {
      it(title, () => check(expected));
    }
  });
});

describe('the place of a path', () => {
  const { rangeOf } = readExperiment(baseText);
  const cases: readonly (readonly [path: (string | number)[], marked: string])[] = [
    [['model', 'layers', 0, 'filters'], '8'],
    [['model', 'layers', 1, 'poolSize'], '"maxPooling2d"'],
    [['model', 'layers', 2], '"flatten"'],
    [['loss'], '"softmaxCrossEntropy"'],
    [['data', 'split'], '"split"'],
    [['data', 'split', 'stratify'], '"split"'],
    [['training', 'earlyStopping', 'monitor'], '"earlyStopping"'],
    [['nothing', 'like', 'that'], '{'],
  ];
  for (const [path, expected] of cases) {
    it(`of ${formatPath(path)} is ${expected}`, () => {
      const { offset, length } = rangeOf(path);
      assert.equal(baseText.slice(offset, offset + length), expected);
    });
  }
});
