import assert from 'node:assert/strict';
import { diagnoseExperiment } from '#common/experiment/diagnose';
import { formatPath } from '#common/experiment/path';
import { readExperiment } from '#common/experiment/read';
import type { Severity } from '#common/experiment/problem';
import { marked } from './base';

/** An experiment whose model is written as given; the network ends in 4 classes of 8 × 8 images. */
function withModel(model: string): string {
  return `{
  "version": 1,
  "data": { "source": { "type": "synthetic", "shape": [8, 8, 3] } },
  "model": { ${model} },
  "loss": { "type": "softmaxCrossEntropy" },
  "optimizer": { "type": "sgd" }
}`;
}

const head = '{ "type": "globalAveragePooling2d" }, { "type": "dense", "units": 4 }';
const conv = '{ "type": "conv2d", "filters": 3, "padding": "same"';
const residual = `"residual": {
    "parameters": { "filters": 3, "strides": 1 },
    "layers": [
      { "type": "conv2d", "filters": "$filters", "strides": "$strides", "padding": "same" },
      { "type": "batchNormalization", "name": "normalized" },
      { "type": "add", "inputs": ["normalized", "input"] }
    ] }`;

interface Case {
  readonly model: string;
  readonly severity?: Severity;
  readonly code: string;
  readonly path: string;
  readonly message: RegExp | string;
  readonly suggestion?: string;
}

const cases: Readonly<Record<string, Case>> = {
  'an input that is misspelt': {
    model: `"layers": [${conv}, "name": "stem" }, { "type": "add", "inputs": ["stem", «"inptu"»] }, ${head}]`,
    code: 'model/unknown-input',
    path: 'model.layers[1].inputs[1]',
    message: 'There is no layer "inptu" before layer `add`. Did you mean "input"?',
    suggestion: '"input"',
  },
  'an input that is unlike any': {
    model: `"layers": [${conv} }, { "type": "activation", "function": "relu", "inputs": [«"nothing"»] }, ${head}]`,
    code: 'model/unknown-input',
    path: 'model.layers[1].inputs[0]',
    message: /Known here are "input" and "conv2d"\./,
  },
  'an input that comes later': {
    model: `"layers": [{ "type": "add", "inputs": ["input", «"stem"»] }, ${conv}, "name": "stem" }, ${head}]`,
    code: 'model/input-later',
    path: 'model.layers[0].inputs[1]',
    message: /Layer `add` reads "stem", which comes after it: a network has no cycles\./,
  },
  'a layer that reads itself': {
    model: `"layers": [{ "type": "add", "name": "sum", "inputs": ["input", «"sum"»] }, ${head}]`,
    code: 'model/input-later',
    path: 'model.layers[0].inputs[1]',
    message: /Layer `sum` reads itself/,
  },
  'a dead end': {
    model: `"layers": [{ "type": «"conv2d"», "filters": 3 }, ${conv}, "inputs": ["input"] }, ${head}]`,
    severity: 'warning',
    code: 'model/dead-end',
    path: 'model.layers[0]',
    message:
      /Nothing reads layer `conv2d`: .* Add "conv2d" to the `inputs` of a later layer, or remove/,
  },
  'two layers of one name in a block': {
    model: `"blocks": { "pair": { "layers": [${conv}, "name": "a" }, ${conv}, "name": «"a"» }] } },
      "layers": [{ "type": "flatten" }, { "type": "dense", "units": 4 }]`,
    code: 'model/duplicate-name',
    path: 'model.blocks.pair.layers[1].name',
    message: /Two layers are named "a"\./,
  },
  'a layer named like an input of a block': {
    model: `"layers": [${conv}, "name": «"input_1"» }, ${head}]`,
    code: 'model/reserved-name',
    path: 'model.layers[0].name',
    message: /cannot be named "input_1": that is an input of a block/,
  },
  'a block that uses itself': {
    model: `"blocks": { "loop": { "layers": [${conv} }, { "type": "block", "block": «"loop"» }] } }, "layers": [${head}]`,
    code: 'model/recursive-block',
    path: 'model.blocks.loop.layers[1].block',
    message: /Block "loop" uses itself: it would have no end\./,
  },
  'a block that is misspelt': {
    model: `"blocks": { ${residual} }, "layers": [{ "type": "block", "block": «"residul"» }, ${head}]`,
    code: 'model/unknown-block',
    path: 'model.layers[0].block',
    message: 'There is no block "residul". Did you mean "residual"?',
    suggestion: '"residual"',
  },
  'a block where none is declared': {
    model: `"layers": [{ "type": "block", "block": «"residual"» }, ${head}]`,
    code: 'model/unknown-block',
    path: 'model.layers[0].block',
    message: /Declare it in `blocks` of the model\./,
  },
  'an argument that is misspelt': {
    model: `"blocks": { ${residual} }, "layers": [{ "type": "block", "block": "residual", "filter": «3» }, ${head}]`,
    code: 'model/unknown-argument',
    path: 'model.layers[0].filter',
    message: 'Block "residual" has no parameter `filter`. Did you mean `filters`?',
  },
  'a reference to no parameter': {
    model: `"blocks": { "one": { "parameters": { "filters": 3 }, "layers": [{ "type": "conv2d", "filters": 3, "kernelSize": «"$filter"» }] } },
      "layers": [${head}]`,
    code: 'model/unknown-parameter',
    path: 'model.blocks.one.layers[0].kernelSize',
    message:
      /Block "one" has no parameter "filter", which "\$filter" stands for\. Did you mean "\$filters"\?/,
    suggestion: '"$filters"',
  },
  'a parameter named like a key of every use': {
    model: `"blocks": { "one": { "parameters": { "repeat": «3» }, "layers": [${conv} }] } }, "layers": [${head}]`,
    code: 'model/bad-parameter',
    path: 'model.blocks.one.parameters.repeat',
    message: /cannot be named "repeat": `repeat` is a key of every use/,
  },
  'an argument out of the range of the key that it is for': {
    model: `"blocks": { ${residual} }, "layers": [{ "type": "block", "block": "residual", "filters": «0» }, ${head}]`,
    code: 'schema/range',
    path: 'model.layers[0].filters',
    message: 'In block `residual`: `filters` must be a whole number of at least 1; got 0.',
  },
  'a default out of range, in a block within a block': {
    model: `"blocks": {
      "outer": { "parameters": { "width": «2.5» }, "layers": [{ "type": "block", "block": "inner", "filters": "$width" }] },
      "inner": { "parameters": { "filters": 3 }, "layers": [{ "type": "conv2d", "filters": "$filters" }] } },
      "layers": [{ "type": "block", "block": "outer", "repeat": 2 }, ${head}]`,
    code: 'schema/type',
    path: 'model.blocks.outer.parameters.width',
    message: /In block `inner`: `filters` must be a whole number .*; got 2\.5\. Write it without/,
  },
  'shapes that do not fit in a block': {
    model: `"blocks": { "residual": {
      "parameters": { "filters": 3 },
      "layers": [
        { "type": "conv2d", "filters": "$filters", "padding": "same", "name": "last" },
        { "type": "add", "inputs": «["last", "input"]» }
      ] } }, "layers": [{ "type": "block", "block": "residual", "filters": 5 }, ${head}]`.replace(
      '«["last", "input"]»',
      '["last", "input"]',
    ),
    code: 'shape/misfit',
    path: 'model.blocks.residual.layers[1].inputs',
    message:
      'Layer `residual.add`: The inputs of `add` must have one shape; got 8 × 8 × 5 and 8 × 8 × 3. Bring one of them to the same width, as with a 1 × 1 convolution.',
  },
  'sums of images of other sizes': {
    model: `"layers": [{ "type": "maxPooling2d" }, { "type": "add", "inputs": ["maxPooling2d", "input"] }, ${head}]`,
    code: 'shape/misfit',
    path: 'model.layers[1].inputs',
    message: /got 4 × 4 × 3 and 8 × 8 × 3\. Give the layers before it the same strides and padding/,
  },
  'images of other sizes one behind the other': {
    model: `"layers": [{ "type": "maxPooling2d" }, { "type": "concatenate", "inputs": ["maxPooling2d", "input"] }, ${head}]`,
    code: 'shape/misfit',
    path: 'model.layers[1].inputs',
    message: /`concatenate` must have the same rows and columns; got 4 × 4 × 3 and 8 × 8 × 3/,
  },
  'a difference of three': {
    model: `"layers": [${conv} }, { "type": "subtract", "inputs": ["conv2d", "input", "input"] }, ${head}]`,
    code: 'shape/misfit',
    path: 'model.layers[1].inputs',
    message: /takes 2 inputs; got 3/,
  },
  'one input for a sum': {
    model: `"layers": [${conv} }, { "type": «"add"» }, ${head}]`,
    code: 'shape/misfit',
    path: 'model.layers[1].inputs',
    message: 'An add layer reads two layers or more; got 1. Name them in `inputs`.',
  },
  'several inputs for a convolution': {
    model: `"layers": [${conv} }, ${conv}, "inputs": ["conv2d", "input"] }, ${head}]`,
    code: 'shape/misfit',
    path: 'model.layers[1].inputs',
    message: /A conv2d layer reads one layer; got 2 `inputs`\. Put an add or a concatenate layer/,
  },
  'an input of a block that is not given': {
    model: `"blocks": { "join": { "layers": [{ "type": "concatenate", "inputs": ["input", "input_1"] }] } },
      "layers": [${conv} }, { "type": «"block"», "block": "join" }, ${head}]`,
    code: 'model/missing-input',
    path: 'model.layers[1].inputs',
    message:
      'Block "join" reads "input_1", but is given 1 input here. Name more layers in `inputs`.',
  },
  'too many layers': {
    model: `"blocks": { "a": { "layers": [${conv} }] }, "b": { "layers": [{ "type": "block", "block": "a", "repeat": 1000 }] } },
      "layers": [{ "type": «"block"», "block": "b", "repeat": 1000 }, ${head}]`,
    code: 'model/too-many-layers',
    path: 'model.layers[0]',
    message: /more than 2000 layers with its blocks written out\. Lower `repeat`/,
  },
};

describe('checking a graph', () => {
  for (const [what, { model, severity, code, path, message, suggestion }] of Object.entries(
    cases,
  )) {
    it(`reports ${what}`, () => {
      const { text, offset, length } = marked(withModel(model));
      const { problems } = diagnoseExperiment(text);
      assert.equal(problems.length, 1, problems.map((found) => found.message).join('\n'));
      const [problem] = problems;
      assert.deepEqual([problem!.severity, problem!.code], [severity ?? 'error', code]);
      if (typeof message === 'string') assert.equal(problem!.message, message);
      else assert.match(problem!.message, message);
      assert.equal(formatPath(problem!.path), path);
      assert.equal(problem!.suggestion, suggestion);
      if (offset < 0) return;
      const found = text.slice(problem!.offset, problem!.offset + problem!.length);
      assert.deepEqual([problem!.offset, found], [offset, text.slice(offset, offset + length)]);
    });
  }

  it('reports a cycle of blocks at each of its uses, and traces nothing through it', () => {
    const { problems, trace } = diagnoseExperiment(
      withModel(`"blocks": {
        "a": { "layers": [{ "type": "block", "block": "b" }] },
        "b": { "layers": [{ "type": "block", "block": "a" }] } },
        "layers": [{ "type": "block", "block": "a" }, ${head}]`),
    );
    assert.deepEqual(
      problems.map((problem) => [problem.code, formatPath(problem.path)]),
      ['a', 'b'].map((name) => ['model/recursive-block', `model.blocks.${name}.layers[0].block`]),
    );
    assert.equal(trace?.output, undefined);
  });

  it('takes names of the language for those of blocks and parameters', () => {
    const { problems } = diagnoseExperiment(
      withModel(
        `"blocks": { "__proto__": { "parameters": { "constructor": 3 }, "layers": [
          { "type": "conv2d", "filters": "$constructor" }] } },
        "layers": [{ "type": "block", "block": "__proto__" }, { "type": "block", "block": «"toString"» }, ${head}]`.replace(
          /[«»]/g,
          '',
        ),
      ),
    );
    assert.deepEqual(
      problems.map(({ code }) => code),
      ['model/unknown-block'],
    );
  });
});

describe('tracing a graph', () => {
  const graph = withModel(`"blocks": { ${residual},
      "stage": { "parameters": { "width": 4 }, "layers": [
        { "type": "conv2d", "filters": "$width", "padding": "same" },
        { "type": "block", "block": "residual", "filters": "$width", "repeat": 2 }
      ] },
      "join": { "layers": [
        { "type": "concatenate", "inputs": ["input", "input_1"] },
        { "type": "maxPooling2d" }
      ] } },
    "layers": [
      { "type": "block", "block": "stage", "name": "first" },
      { "type": "block", "block": "stage", "width": 6 },
      { "type": "block", "block": "join", "inputs": ["stage", "first"] },
      ${head}
    ]`);

  it('writes blocks out with names of their own, and connects them', () => {
    const { problems, trace } = diagnoseExperiment(graph);
    assert.deepEqual(problems, []);
    assert.deepEqual(
      trace!.layers.map(({ name, inputs, outputShape }) => [name, inputs, outputShape.at(-1)]),
      [
        ['first.conv2d', ['input'], 4],
        ['first.residual.1.conv2d', ['first.conv2d'], 4],
        ['first.residual.1.normalized', ['first.residual.1.conv2d'], 4],
        ['first.residual.1.add', ['first.residual.1.normalized', 'first.conv2d'], 4],
        ['first.residual.2.conv2d', ['first.residual.1.add'], 4],
        ['first.residual.2.normalized', ['first.residual.2.conv2d'], 4],
        ['first.residual.2.add', ['first.residual.2.normalized', 'first.residual.1.add'], 4],
        ['stage.conv2d', ['first.residual.2.add'], 6],
        ['stage.residual.1.conv2d', ['stage.conv2d'], 6],
        ['stage.residual.1.normalized', ['stage.residual.1.conv2d'], 6],
        ['stage.residual.1.add', ['stage.residual.1.normalized', 'stage.conv2d'], 6],
        ['stage.residual.2.conv2d', ['stage.residual.1.add'], 6],
        ['stage.residual.2.normalized', ['stage.residual.2.conv2d'], 6],
        ['stage.residual.2.add', ['stage.residual.2.normalized', 'stage.residual.1.add'], 6],
        ['join.concatenate', ['stage.residual.2.add', 'first.residual.2.add'], 10],
        ['join.maxPooling2d', ['join.concatenate'], 10],
        ['globalAveragePooling2d', ['join.maxPooling2d'], 10],
        ['dense', ['globalAveragePooling2d'], 4],
      ],
    );
    assert.deepEqual(trace!.layers[9]!.path, ['model', 'blocks', 'residual', 'layers', 1]);
    assert.deepEqual(trace!.layers[9]!.entry, ['model', 'layers', 1]);
  });

  it('is read again from its resolved form', () => {
    const { experiment } = readExperiment(graph);
    assert.ok(experiment);
    const again = readExperiment(JSON.stringify(experiment));
    assert.deepEqual(again.problems, []);
    assert.deepEqual(again.experiment, experiment);
  });
});
