import assert from 'node:assert/strict';
import { checkExperiment } from '#common/experiment/check';
import { diagnoseExperiment, hasErrors } from '#common/experiment/diagnose';
import { formatPath } from '#common/experiment/path';
import { readExperiment } from '#common/experiment/read';
import { check, type Case } from './checkCase';
import { baseText, changed, marked, type MarkedText } from './base';

const split = '"train": 0.7, "validation": 0.15, "test": 0.15';
const digitNames = [...'0123456789'];

/** The layers and the loss replaced; the layers are given without their brackets. */
function network(layers: string, loss = 'softmaxCrossEntropy', metrics = '"accuracy"'): MarkedText {
  const start = baseText.indexOf('"layers": [') + '"layers": ['.length;
  const end = baseText.indexOf('] },\n  "loss"');
  const text = `${baseText.slice(0, start)}${layers}${baseText.slice(end)}`;
  return marked(text.replace('softmaxCrossEntropy', loss).replace('"accuracy"', metrics));
}

/** The loss replaced; the members of its object are given. */
function withLoss(members: string): MarkedText {
  return changed('"type": "softmaxCrossEntropy"', members);
}

/** A network that gives an image, with the loss marked. */
function imageLoss(loss: string): MarkedText {
  const layers = '{ "type": "conv2d", "filters": 1, "padding": "same" }';
  const { text } = network(layers, loss, '');
  return marked(text.replace(`"${loss}"`, `«"${loss}"»`));
}

/** The augmentation replaced, and whatever else a change does to the text. */
function withAugmentation(
  value: string,
  change: (text: string) => string = (text) => text,
): MarkedText {
  const piece = '{ "type": "affine", "rotateDegrees": 10 }';
  return marked(change(baseText.replace(piece, () => value)));
}

/** A network that gives a class for each pixel, and data that ask for them. */
const perPixel = '{ "type": "conv2d", "filters": 2, "kernelSize": 3, "padding": "same" }';
const maskFacts = {
  shape: [8, 8, 1],
  classNames: ['background', 'cell'],
  count: 1797,
  target: 'mask',
  targetShape: [8, 8],
} as const;

const cases: Readonly<Record<string, Case>> = {
  'units other than the classes': {
    text: changed('"units": 10', '"units": «12»'),
    code: 'loss/output-classes',
    path: 'model.layers[3].units',
    message:
      'The network gives 12 values (layer `dense`), but the data have 10 classes. Set `units` to 10.',
    suggestion: '10',
  },
  'class weights for another number of classes': {
    text: withLoss('"type": "softmaxCrossEntropy", "classWeights": «[1, 2]»'),
    code: 'loss/class-weights',
    path: 'loss.classWeights',
    message:
      '`classWeights` must have one weight for each of the 10 classes; got 2. Add weights: their order is "0", "1", "2", "3", "4" ….',
  },
  'class weights of nothing': {
    text: withLoss('"type": "softmaxCrossEntropy", "classWeights": «[0, 0]»'),
    code: 'loss/class-weights',
    path: 'loss.classWeights',
    message: /must not all be 0; got \[0, 0\]\. Nothing would be learned/,
  },
  'class weights in a term of a mixture': {
    text: withLoss(
      '"type": "mixture", "terms": [{ "loss": { "type": "hinge" } }, { "loss": { "type": "softmaxCrossEntropy", "classWeights": «[1]» } }]',
    ),
    code: 'loss/class-weights',
    path: 'loss.terms[1].loss.classWeights',
    message: /one weight for each of the 10 classes; got 1/,
  },
  'an image loss for a row of figures': {
    text: withLoss('"type": «"ssim"»'),
    code: 'loss/output-not-image',
    path: 'loss.type',
    message:
      '`ssim` takes an image; the network ends in 10 values. Use another loss, or end in a convolution.',
  },
  'windows larger than the image': {
    text: imageLoss('ssim'),
    code: 'loss/small-image',
    path: 'loss.type',
    message: /windows of 11 × 11 pixels; the image is 8 × 8 × 1/,
  },
  'a loss that looks at the outputs alone': {
    text: imageLoss('totalVariation'),
    code: 'loss/no-target',
    path: 'loss',
    message: /Put it into a "mixture" with a loss that has a target/,
  },
  'groups that do not divide the channels': {
    text: network(
      '{ "type": "conv2d", "filters": 8 }, { "type": "groupNormalization", "groups": «3» }, { "type": "flatten" }, { "type": "dense", "units": 10 }',
    ),
    code: 'shape/misfit',
    path: 'model.layers[1].groups',
    message:
      '`groups` must divide the number of channels; got 3 groups for 8 channels. Use one of 1, 2, 4, 8.',
  },
  'a normalization of a single value': {
    text: network(
      '{ "type": "flatten" }, { "type": "groupNormalization", "groups": «64» }, { "type": "dense", "units": 10 }',
    ),
    code: 'shape/misfit',
    path: 'model.layers[1].groups',
    message: /needs more than one value to take a mean over/,
  },
  'an instance normalization of features': {
    text: network(
      '{ "type": "flatten" }, { "type": «"instanceNormalization"» }, { "type": "dense", "units": 10 }',
    ),
    code: 'shape/misfit',
    path: 'model.layers[1]',
    message: /An? instanceNormalization layer takes an image/,
  },
  'a softmax before a loss that has its own': {
    text: network(
      '{ "type": "flatten" }, { "type": "dense", "units": 10, "activation": «"softmax"» }',
      'focal',
    ),
    severity: 'warning',
    code: 'loss/activated-logits',
    path: 'model.layers[1].activation',
    message: /its last layer applies "softmax", which cuts off or squeezes them before the loss/,
    suggestion: '"linear"',
  },
  'units other than the classes, behind a normalization': {
    text: network(
      '{ "type": "flatten" }, { "type": "dense", "units": «3» }, { "type": "layerNormalization" }, { "type": "prelu" }',
    ),
    code: 'loss/output-classes',
    path: 'model.layers[1].units',
    message: /The network gives 3 values \(layer `dense`\), but the data have 10 classes/,
    suggestion: '10',
  },
  'units other than the classes, behind an activation': {
    text: network(
      '{ "type": "flatten" }, { "type": "dense", "units": «3» }, { "type": "dropout" }',
    ),
    code: 'loss/output-classes',
    path: 'model.layers[1].units',
    message: /gives 3 values \(layer `dense`\)/,
    suggestion: '10',
  },
  'filters other than the classes before global pooling': {
    text: network('{ "type": "conv2d", "filters": «4» }, { "type": "globalAveragePooling2d" }'),
    code: 'loss/output-classes',
    path: 'model.layers[0].filters',
    message: /Set `filters` to 10/,
    suggestion: '10',
  },
  'no layer that sets the number of outputs': {
    text: network('{ "type": «"flatten"» }'),
    code: 'loss/output-classes',
    path: 'model.layers[0]',
    message: /gives 64 values .* Add a dense layer with 10 units/,
  },
  'an image for a loss that takes classes': {
    text: network('{ "type": «"conv2d"», "filters": 4 }'),
    code: 'loss/output-not-flat',
    path: 'model.layers[0]',
    message: /ends in an image of 6 × 6 × 4 \(layer `conv2d`\)\. Add a flatten layer and a dense/,
  },
  'a reconstruction of another size': {
    text: network('{ "type": «"conv2d"», "filters": 1 }', 'meanSquaredError', ''),
    code: 'loss/output-shape',
    path: 'model.layers[0]',
    message: /the object, 8 × 8 × 1; the network ends in 6 × 6 × 1/,
  },
  'accuracy of a reconstruction': {
    text: network(
      '{ "type": "conv2d", "filters": 1, "padding": "same" }',
      'meanSquaredError',
      '«"accuracy"»',
    ),
    code: 'metrics/no-classes',
    path: 'metrics[0]',
    message: /counts classes, but this network gives an image/,
  },
  'squared errors of too few values': {
    text: network('{ "type": "flatten" }, { "type": "dense", "units": «2» }', 'meanSquaredError'),
    code: 'loss/output-classes',
    path: 'model.layers[1].units',
    message: /gives 2 values .* 10 classes/,
    suggestion: '10',
  },
  'activated logits': {
    text: changed('"units": 10', '"units": 10, "activation": «"relu"»'),
    severity: 'warning',
    code: 'loss/activated-logits',
    path: 'model.layers[3].activation',
    message: /should end in logits; its last layer applies "relu"/,
    suggestion: '"linear"',
  },
  'logits activated by a layer': {
    text: changed(
      '"units": 10 },',
      '"units": 10 }, { "type": "activation", "function": «"tanh"» },',
    ),
    severity: 'warning',
    code: 'loss/activated-logits',
    path: 'model.layers[4].function',
    message: /Set `function` to "linear"\./,
    suggestion: '"linear"',
  },
  'a dense layer on an image': {
    text: network('{ "type": «"dense"», "units": 10 }'),
    code: 'shape/misfit',
    path: 'model.layers[0]',
    message: /one row of features; got an image of 8 × 8 × 1\. Put a flatten/,
  },
  'a window larger than its image': {
    text: changed('"kernelSize": 3', '"kernelSize": «[3, 9]»'),
    code: 'shape/misfit',
    path: 'model.layers[0].kernelSize',
    message: /window of 9 pixels is larger than the width of its input, 8/,
  },
  'a window larger than its image, by default': {
    text: network(
      '{ "type": "conv2d", "filters": 2, "kernelSize": 8 }, { "type": «"maxPooling2d"» }',
    ),
    code: 'shape/misfit',
    path: 'model.layers[1].poolSize',
    message: /window of 2 pixels is larger than the height of its input, 1/,
  },
  'strides with dilation': {
    text: changed('"kernelSize": 3', '"kernelSize": 3, "strides": 2, "dilation": «2»'),
    code: 'shape/misfit',
    path: 'model.layers[0].dilation',
    message: /cannot have a stride as well; got dilation 2 × 2 and stride 2 × 2/,
  },
  'fractions that do not add up': {
    text: marked(
      baseText.replace('"split": {', '«"split"»: {').replace('"test": 0.15', '"test": 0.2'),
    ),
    code: 'data/split-sum',
    path: 'data.split',
    message:
      '`train`, `validation` and `test` must add up to 1; got 0.7 + 0.15 + 0.2 = 1.05. With the others as they are, `test` would be 0.15.',
  },
  'an empty split': {
    text: changed(split, '"train": 0.7, "validation": 0.3, "test": «0»'),
    code: 'data/empty-split',
    path: 'data.split.test',
    message: /`test` must be above 0; got 0\. Give it a part of the samples: it is what the result/,
  },
  'a split of less than one sample': {
    text: changed(split, '"train": 0.9, "validation": 0.0999, "test": «0.0001»'),
    severity: 'warning',
    code: 'data/small-split',
    path: 'data.split.test',
    message: /`test` is 0\.0001 of 1797 samples, less than one.* Raise it to 0\.0056 for ten/,
  },
  'fewer samples than splits': {
    text: marked(
      baseText.replace('"digits"', '«"digits"»').replace('"batchSize": 64', '"batchSize": 1'),
    ),
    facts: { shape: [8, 8, 1], classNames: digitNames, count: 2 },
    code: 'data/too-few',
    path: 'data.source',
    message: /too few samples for three splits: 2, /,
  },
  'classes of a synthetic source that get too little': {
    text: marked(
      baseText
        .replace('"type": "digits"', '"type": «"synthetic"», "classes": 10, "count": 29')
        .replace('"batchSize": 64', '"batchSize": 1'),
    ),
    code: 'data/class-too-small',
    path: 'data.source',
    message: /Class "class 9" is too small for three splits: it has 2 samples/,
  },
  'a class without enough samples': {
    text: changed('"source": { "type": "digits" }', '"source": { "type": «"digits"» }'),
    facts: {
      shape: [8, 8, 1],
      classNames: digitNames,
      classCounts: [9, 2, 9, 9, 9, 9, 9, 9, 9, 1],
    },
    code: 'data/class-too-small',
    path: 'data.source',
    message: /Class "1" is too small for three splits: it has 2 samples/,
  },
  'one class only': {
    text: marked(baseText.replace('"digits"', '«"digits"»').replace('"units": 10', '"units": 1')),
    facts: { shape: [8, 8, 1], classNames: ['cell'], count: 100 },
    code: 'data/one-class',
    path: 'data.source',
    message: /one class only; the data have just "cell"/,
  },
  'a batch larger than the training split': {
    text: changed('"batchSize": 64', '"batchSize": «2000»'),
    severity: 'warning',
    code: 'training/batch-size',
    path: 'training.batchSize',
    message: /2000 of 1258 samples/,
  },
  'two layers of one name': {
    text: network(
      '{ "type": "flatten", "name": "x" }, { "type": "dense", "units": 10, "name": «"x"» }',
    ),
    code: 'model/duplicate-name',
    path: 'model.layers[1].name',
    message: /Two layers are named "x"/,
  },
  'a layer named input': {
    text: changed('"units": 10', '"units": 10, "name": «"input"»'),
    code: 'model/reserved-name',
    path: 'model.layers[3].name',
    message: /cannot be named "input"/,
  },
  'a name that would break the names of weights': {
    text: changed('"units": 10', '"units": 10, "name": «"a/b"»'),
    code: 'model/bad-name',
    path: 'model.layers[3].name',
    message: /got "a\/b"/,
  },
  'colour changed in images without any': {
    text: changed('"type": "affine", "rotateDegrees": 10', '"type": «"hue"»'),
    code: 'augmentation/channels',
    path: 'augmentation[0].type',
    message: '`hue` changes the colour of images of 3 channels; the data have 1. Remove it.',
  },
  'colour changed by one of several': {
    text: changed(
      '"type": "affine", "rotateDegrees": 10',
      '"type": "oneOf", "choices": [{ "type": "blur" }, { "type": «"grayscale"» }]',
    ),
    code: 'augmentation/channels',
    path: 'augmentation[0].choices[1].type',
    message: /3 channels; the data have 1/,
  },
  'a mean of samples for a loss of whole classes': {
    text: withAugmentation('{ "type": «"mixup"» }', (text) =>
      text.replace('softmaxCrossEntropy', 'focal'),
    ),
    code: 'augmentation/loss',
    path: 'augmentation[0].type',
    message:
      '`mixup` gives samples that belong to two classes, but the loss `focal` takes one class for each. Use the loss "softmaxCrossEntropy", or remove the augmentation.',
  },
  'samples cut together, as one of several, for a mixture with a loss of whole classes': {
    text: withAugmentation(
      '{ "type": "oneOf", "choices": [{ "type": "blur" }, { "type": «"cutmix"» }] }',
      (text) =>
        text.replace(
          '"type": "softmaxCrossEntropy"',
          '"type": "mixture", "terms": [{ "loss": { "type": "softmaxCrossEntropy" } }, { "loss": { "type": "hinge" } }]',
        ),
    ),
    code: 'augmentation/loss',
    path: 'augmentation[0].choices[1].type',
    message: /the loss `hinge` takes one class for each/,
  },
  'a mean of masks': {
    text: withAugmentation('{ "type": «"mixup"» }', (text) =>
      text.replace(/"layers": \[[^]*?\] \},\n {2}"loss"/, `"layers": [${perPixel}] },\n  "loss"`),
    ),
    facts: maskFacts,
    code: 'augmentation/mask',
    path: 'augmentation[0].type',
    message:
      '`mixup` takes a mean of two targets, but the targets here are masks, whose values are names of classes. Use "cutmix", which cuts masks as it cuts images.',
    suggestion: '"cutmix"',
  },
  'nobody to be mixed with': {
    text: withAugmentation('{ "type": «"mixup"» }', (text) =>
      text.replace('"batchSize": 64', '"batchSize": 1'),
    ),
    severity: 'warning',
    code: 'augmentation/batch-size',
    path: 'augmentation[0].type',
    message:
      '`mixup` mixes samples of a batch, but `batchSize` is 1, so that there is no other one. Raise `batchSize` to 2 or more.',
  },
  'quarter turns of images that are not square': {
    text: withAugmentation('{ "type": «"rotate90"» }'),
    facts: { shape: [8, 6, 1], classNames: digitNames, count: 1797 },
    severity: 'information',
    code: 'augmentation/not-square',
    path: 'augmentation[0].type',
    message:
      '`rotate90` turns these images by 0° or 180° only: a quarter turn of 8 × 6 pixels would have 6 × 8. Make the images square for all four turns, or leave it at two.',
  },
  'optics after noise': {
    text: changed(
      '{ "type": "gaussianBlur", "sigmaPx": 1 }, { "type": "shotNoise", "photons": 200 }',
      '{ "type": "shotNoise" }, { "type": «"gaussianBlur"» }',
    ),
    severity: 'warning',
    code: 'physics/order',
    path: 'physics[1].type',
    message: /`gaussianBlur` belongs to the optics but comes after `shotNoise`, the noise of the/,
  },
  'early stopping that watches what is not measured': {
    text: marked(
      baseText
        .replace('"patience": 3', '"patience": 3, "monitor": «"validation/accuracy"»')
        .replace('["accuracy"]', '[]'),
    ),
    code: 'training/unknown-series',
    path: 'training.earlyStopping.monitor',
    message: /`accuracy` is not among the metrics.*watch "validation\/loss"/,
  },
  'patience longer than the training': {
    text: changed('"patience": 3', '"patience": «11»'),
    severity: 'information',
    code: 'training/patience',
    path: 'training.earlyStopping.patience',
    message: /11 epochs, and training ends after 10/,
  },
  'a rescaling to nothing': {
    text: changed('"type": "standardize"', '"type": "rescale", "minimum": «1»'),
    code: 'values/order',
    path: 'normalization.minimum',
    message: /below `maximum`; got 1 and 1/,
  },
  'an initializer with its range the wrong way round': {
    text: changed(
      '"units": 10',
      '"units": 10, "biasInitializer": { "type": "randomUniform", "minval": «1» }',
    ),
    code: 'values/order',
    path: 'model.layers[3].biasInitializer.minval',
    message: /got 1 and 0\.05/,
  },
};

describe('checking an experiment', () => {
  it('finds nothing in a good one', () => {
    const { problems, trace } = diagnoseExperiment(baseText);
    assert.deepEqual(problems, []);
    assert.deepEqual(trace?.output, [10]);
  });

  it('accepts a reconstruction of the size of the object', () => {
    const { text } = network(
      '{ "type": "conv2d", "filters": 1, "padding": "same", "activation": "sigmoid" }',
      'meanSquaredError',
      '',
    );
    assert.deepEqual(diagnoseExperiment(text).problems, []);
  });

  it('accepts two parts of one stage', () => {
    const { text } = changed('"sigmaPx": 1 }', '"sigmaPx": 1 }, { "type": "gaussianBlur" }');
    assert.deepEqual(diagnoseExperiment(text).problems, []);
  });

  it('accepts fractions that are typed with six digits', () => {
    const thirds = '"train": 0.333333, "validation": 0.333333, "test": 0.333333';
    assert.deepEqual(diagnoseExperiment(changed(split, thirds).text).problems, []);
  });

  it('asks for flat outputs only while the classes are unknown', () => {
    const { text } = changed(
      '{ "type": "digits" }',
      '{ "type": "imageFolder", "path": "images", "size": [8, 8] }',
    );
    assert.deepEqual(diagnoseExperiment(text).problems, []);
    const facts = { shape: [8, 8, 1], classNames: ['a', 'b'], count: 100 };
    const codes = diagnoseExperiment(text, facts).problems.map(({ code }) => code);
    assert.deepEqual(codes, ['loss/output-classes']);
  });

  it('warns of what is learned after the noise, and of its place', () => {
    const { text } = changed(
      '{ "type": "gaussianBlur", "sigmaPx": 1 }, { "type": "shotNoise", "photons": 200 }',
      '{ "type": "shotNoise" }, { "type": "gaussianBlur", "trainable": true }',
    );
    const found = diagnoseExperiment(text).problems.map(({ code, path }) => [
      code,
      formatPath(path),
    ]);
    assert.deepEqual(found, [
      ['physics/order', 'physics[1].type'],
      ['physics/learned-after-noise', 'physics[1].trainable'],
    ]);
  });

  it('takes the facts of the catalogue unless the data have been read', () => {
    const { experiment } = readExperiment(baseText);
    assert.ok(experiment);
    assert.deepEqual(checkExperiment(experiment), []);
    const facts = { shape: [8, 8, 1], classNames: ['a', 'b', 'c'], count: 1797 };
    assert.equal(checkExperiment(experiment, facts)[0]?.code, 'loss/output-classes');
  });

  it('shows shapes and their misfits while another section is wrong', () => {
    const text = baseText.replace('"adam"', '"adm"').replace('"kernelSize": 3', '"kernelSize": 9');
    const { problems, trace, experiment } = diagnoseExperiment(text);
    assert.equal(experiment, undefined);
    assert.deepEqual(
      problems.map(({ code }) => code),
      ['shape/misfit', 'schema/unknown-type'],
    );
    assert.deepEqual(trace?.input, [8, 8, 1]);
  });

  it('keeps the shapes before a layer that is wrong', () => {
    const { trace } = diagnoseExperiment(baseText.replace('"maxPooling2d"', '"maxPoling2d"'));
    assert.deepEqual(
      trace?.layers.map(({ outputShape }) => outputShape),
      [[6, 6, 8]],
    );
  });

  it('gives no shapes when the instrument is wrong', () => {
    const { trace } = diagnoseExperiment(baseText.replace('"sigmaPx": 1', '"sigmaPx": 0'));
    assert.equal(trace, undefined);
  });

  it('runs with warnings, not with errors', () => {
    const warned = diagnoseExperiment(baseText.replace('"batchSize": 64', '"batchSize": 5000'));
    assert.equal(hasErrors(warned.problems), false);
    const wrong = diagnoseExperiment(baseText.replace('"units": 10', '"units": 9'));
    assert.equal(hasErrors(wrong.problems), true);
  });

  describe('reports', () => {
    for (const [title, expected] of Object.entries(cases)) {
      it(title, () => check(expected));
    }
  });
});
