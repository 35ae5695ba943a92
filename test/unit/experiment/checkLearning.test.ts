import assert from 'node:assert/strict';
import { diagnoseExperiment } from '#common/experiment/diagnose';
import { formatPath } from '#common/experiment/path';
import { changed, marked, type MarkedText } from './base';
import { check, type Case } from './checkCase';

/** An experiment of 8 × 8 images in 4 classes whose model is written as given. */
function withModel(model: string, physics = ''): MarkedText {
  return marked(`{
  "version": 1,
  "data": { "source": { "type": "synthetic", "shape": [8, 8, 1] } },
  "physics": [${physics}],
  "model": { ${model} },
  "loss": { "type": "softmaxCrossEntropy" },
  "optimizer": { "type": "sgd" }
}`);
}

const flatten = '{ "type": "flatten" }';
const frozenConv = '{ "type": "conv2d", "filters": 2, "trainable": false }';
const dense = (rest: string): string => `{ "type": "dense", "units": 4${rest} }`;
/** A block of a frozen layer and one whose share in the learning is a parameter. */
const block = `"blocks": { "pair": {
    "parameters": { "learns": true, "rate": 1, "longest": 2 },
    "layers": [
      { "type": "conv2d", "filters": 2, "padding": "same", "trainable": "$learns",
        "kernelConstraint": { "type": "maxNorm", "maxValue": "$longest" } },
      { "type": "prelu", "learningRateMultiplier": "$rate" }
    ] } }`;
const used = (rest: string): string =>
  `${block}, "layers": [{ "type": "block", "block": "pair"${rest} }, ${flatten}, ${dense('')}]`;

const cases: Readonly<Record<string, Case>> = {
  'a range of norms upside down': {
    text: changed(
      '"units": 10',
      '"units": 10, "kernelConstraint": { "type": "minMaxNorm", "minValue": «3», "maxValue": 2 }',
    ),
    code: 'values/order',
    path: 'model.layers[3].kernelConstraint.minValue',
    message: '`minValue` must not be above `maxValue`; got 3 and 2. Exchange them.',
  },
  'such a range in a block, which is used twice': {
    text: withModel(`"blocks": { "one": { "layers": [{ "type": "conv2d", "filters": 2, "padding": "same",
      "biasConstraint": { "type": "minMaxNorm", "minValue": «2» } }] } },
      "layers": [{ "type": "block", "block": "one", "repeat": 2 }, ${flatten}, ${dense('')}]`),
    code: 'values/order',
    path: 'model.blocks.one.layers[0].biasConstraint.minValue',
    message: /got 2 and 1/,
  },
  'draws of a depthwise kernel between ends that are exchanged': {
    text: withModel(`"layers": [{ "type": "depthwiseConv2d",
      "depthwiseInitializer": { "type": "randomUniform", "minval": «1», "maxval": 0 } },
      ${flatten}, ${dense('')}]`),
    code: 'values/order',
    path: 'model.layers[0].depthwiseInitializer.minval',
    message: /got 1 and 0/,
  },
  'a rate of 0': {
    text: changed('"units": 10', '"units": 10, "learningRateMultiplier": «0»'),
    severity: 'information',
    code: 'model/no-rate',
    path: 'model.layers[3].learningRateMultiplier',
    message:
      '`learningRateMultiplier` is 0, so that the weights of `dense` never change. Write "trainable": false instead, which says so.',
  },
  'a network of frozen layers': {
    text: withModel(`"layers": [${frozenConv}, ${flatten}, ${dense(', "trainable": «false»')}]`),
    code: 'model/nothing-to-train',
    path: 'model.layers[2].trainable',
    message:
      'Nothing can be learned: every layer with weights is frozen, up to `dense`, and nothing of the instrument is trainable. Let one of them learn, most of all the last one.',
  },
  'a network frozen by a parameter of its block': {
    text: withModel(`"blocks": { "one": { "parameters": { "learns": true }, "layers": [
      { "type": "conv2d", "filters": 4, "trainable": "$learns" }] } },
      "layers": [{ "type": "block", "block": "one", "learns": «false» }, { "type": "globalAveragePooling2d" }]`),
    code: 'model/nothing-to-train',
    path: 'model.layers[0].learns',
    message: /up to `one\.conv2d`/,
  },
  'running averages as all that changes': {
    text: withModel(`"layers": [{ "type": "batchNormalization", "trainable": «false» },
      { "type": "averagePooling2d", "poolSize": 4 }, ${flatten}]`),
    code: 'model/nothing-to-train',
    path: 'model.layers[0].trainable',
    message: /up to `batchNormalization`/,
  },
  'a network without weights': {
    text: withModel(`«"layers"»: [{ "type": "averagePooling2d", "poolSize": 4 }, ${flatten}]`),
    code: 'model/nothing-to-train',
    path: 'model.layers',
    message: /no layer has weights, .* Add a layer with weights, such as dense\./,
  },
  'a share in the learning that is none, given to a block': {
    text: withModel(used(', "learns": «1»')),
    code: 'schema/type',
    path: 'model.layers[0].learns',
    message: 'In block `pair`: `trainable` must be true or false; got 1.',
  },
  'a rate of 0, given to a block': {
    text: withModel(used(', "rate": «0», "repeat": 3')),
    severity: 'information',
    code: 'model/no-rate',
    path: 'model.layers[0].rate',
    message: /weights of `pair\.1\.prelu` never change/,
  },
};

describe('checking how layers learn', () => {
  describe('reports', () => {
    for (const [title, expected] of Object.entries(cases)) it(title, () => check(expected));
  });

  it('lets a frozen network form the instrument', () => {
    const blur = '{ "type": "gaussianBlur", "trainable": true }';
    const model = `"layers": [${frozenConv}, ${flatten}, ${dense(', "trainable": false')}]`;
    assert.deepEqual(diagnoseExperiment(withModel(model, blur).text).problems, []);
  });

  it('says what learns of the layers of a block by its parameters', () => {
    const { problems, trace } = diagnoseExperiment(
      withModel(used(', "learns": false, "rate": 0.5, "longest": 3')).text,
    );
    assert.deepEqual(problems, []);
    const weights = trace!.layers.flatMap((layer) =>
      layer.weights.map(({ name, trainable, learningRateMultiplier, constraint }) => [
        ...[`${formatPath(layer.path)}/${name}`, trainable, learningRateMultiplier, constraint],
      ]),
    );
    assert.deepEqual(weights, [
      ['model.blocks.pair.layers[0]/kernel', false, 1, { type: 'maxNorm', maxValue: 3 }],
      ['model.blocks.pair.layers[0]/bias', false, 1, undefined],
      ['model.blocks.pair.layers[1]/alpha', true, 0.5, undefined],
      ['model.layers[2]/kernel', true, 1, undefined],
      ['model.layers[2]/bias', true, 1, undefined],
    ]);
  });
});
