import type { DataFacts } from '#common/catalogue/component';
import assert from 'node:assert/strict';
import { diagnoseExperiment } from '#common/experiment/diagnose';
import { baseText, changed, marked, type MarkedText } from './base';
import { check, type Case } from './checkCase';

const split = '"train": 0.7, "validation": 0.15, "test": 0.15';
const digits = '{ "type": "digits" }';
const folder = '"type": "imageFolder", "path": "cells", "size": [8, 8]';

/** An image folder instead of the digits, with its own layers, loss and metrics. */
function cells(source: string, layers: string, loss: string, metrics: string): MarkedText {
  const start = baseText.indexOf('"layers": [') + '"layers": ['.length;
  const end = baseText.indexOf('] },\n  "loss"');
  const text = `${baseText.slice(0, start)}${layers}${baseText.slice(end)}`;
  return marked(
    text
      .replace(digits, `{ ${folder}, ${source} }`)
      .replace('"softmaxCrossEntropy"', loss)
      .replace('"accuracy"', metrics),
  );
}

const images = '"table": "t.csv", "target": "image"';
const masks = '"table": "t.csv", "target": "mask"';
const flat = '{ "type": "flatten" }, { "type": "dense", "units": 2 }';
const pixels = (filters: string) =>
  `{ "type": "conv2d", "filters": ${filters}, "padding": "same", "kernelSize": 3 }`;
const maskFacts: DataFacts = {
  shape: [8, 8, 1],
  classNames: ['background', 'cell', 'wall'],
  classCounts: [0, 0, 0],
  count: 200,
  target: 'mask',
  targetShape: [8, 8, 1],
};

const oneUnit = (units: string) => `{ "type": "flatten" }, { "type": "dense", "units": ${units} }`;
const twoClasses: DataFacts = {
  shape: [8, 8, 1],
  classNames: ['cat', 'dog'],
  classCounts: [100, 100],
  count: 200,
};

const cases: Readonly<Record<string, Case>> = {
  'a target that needs a table': {
    text: cells('"target": «"numbers"»', flat, '"meanSquaredError"', ''),
    code: 'data/needs-table',
    path: 'data.source.target',
    message: /kind "numbers" \(numbers for each image\) stands in a table.*`file` and `target`/,
  },
  'a network that gives no mask': {
    text: cells(
      masks,
      '{ "type": "flatten" }, { "type": «"dense"», "units": 3 }',
      '"softmaxCrossEntropy"',
      '"dice"',
    ),
    facts: maskFacts,
    code: 'loss/output-shape',
    path: 'model.layers[1]',
    message: /class for each of its 8 × 8 pixels; the network ends in 3 \(layer `dense`\)/,
  },
  'a mask of too few classes': {
    text: cells(masks, pixels('«2»'), '"softmaxCrossEntropy"', '"dice", "accuracy"'),
    facts: maskFacts,
    code: 'loss/output-classes',
    path: 'model.layers[0].filters',
    message: /2 values for each pixel .* 3 classes\. Set `filters` to 3/,
    suggestion: '3',
  },
  'one logit of a mask under softmax': {
    text: cells(masks, pixels('«1»'), '"softmaxCrossEntropy"', '"dice"'),
    facts: { ...maskFacts, classNames: ['background', 'cell'] },
    code: 'loss/output-classes',
    path: 'model.layers[0].filters',
    message:
      /Set `filters` to 2, or use a loss that takes one logit, such as "sigmoidCrossEntropy"/,
    suggestion: '2',
  },
  'one logit of three classes': {
    text: cells(masks, pixels('«1»'), '"sigmoidCrossEntropy"', '"dice"'),
    facts: maskFacts,
    code: 'loss/output-classes',
    path: 'model.layers[0].filters',
    message: /Set `filters` to 3\.$/,
    suggestion: '3',
  },
  'one unit for two classes under softmax': {
    text: cells('"target": "class"', oneUnit('«1»'), '"softmaxCrossEntropy"', '"accuracy"'),
    facts: twoClasses,
    code: 'loss/output-classes',
    path: 'model.layers[1].units',
    message: /gives 1 values .* 2 classes\. Set `units` to 2, or use a loss that takes one logit/,
    suggestion: '2',
  },
  'one unit under a loss of values': {
    text: cells('"target": "class"', oneUnit('«1»'), '"meanSquaredError"', '"accuracy"'),
    facts: twoClasses,
    code: 'loss/output-classes',
    path: 'model.layers[1].units',
    message: /Set `units` to 2, or use a loss that takes one logit/,
    suggestion: '2',
  },
  'a loss that compares no masks': {
    text: cells(masks, pixels('3'), '«"ssim"»', '"dice"'),
    facts: maskFacts,
    code: 'loss/task',
    path: 'loss.type',
    message: /`ssim` cannot compare .* one class for each pixel\. Use "softmaxCrossEntropy"/,
  },
  'a metric of another task': {
    text: cells(masks, pixels('3'), '"softmaxCrossEntropy"', '«"rocAuc"»'),
    facts: maskFacts,
    code: 'metrics/task',
    path: 'metrics[0]',
    message: /`rocAuc` cannot be worked out here.* about one class for each pixel\..*accuracy/,
  },
  'a count of numbers other than the targets': {
    text: cells(
      '"table": "t.csv", "target": "numbers"',
      '{ "type": "flatten" }, { "type": "dense", "units": «2» }',
      '"meanSquaredError"',
      '"meanAbsoluteError"',
    ),
    facts: {
      shape: [8, 8, 1],
      classNames: [],
      count: 200,
      classCounts: [],
      target: 'numbers',
      targetShape: [3],
    },
    code: 'loss/output-numbers',
    path: 'model.layers[1].units',
    message: /gives 2 values \(layer `dense`\), but the data have 3 numbers/,
    suggestion: '3',
  },
  'an image that is not like the target image': {
    text: cells(
      '"table": "t.csv", "target": "image", "channels": 3',
      pixels('1').replace('"conv2d"', '«"conv2d"»'),
      '"meanSquaredError"',
      '"psnr"',
    ),
    code: 'loss/output-shape',
    path: 'model.layers[0]',
    message: /8 × 8 × 3; the network ends in 8 × 8 × 1/,
  },
  'a monitor without its metric': {
    text: changed('"patience": 3', '"patience": 3, "monitor": «"train/rocAuc"»'),
    code: 'training/unknown-series',
    path: 'training.earlyStopping.monitor',
    message: /`rocAuc` is not among the metrics\. Add "rocAuc" .* watch "train\/loss"/,
  },
  'a number that is no count': {
    text: changed(split, '"by": "count", "train": 100, "validation": «50.5», "test": 50'),
    code: 'data/split-count',
    path: 'data.split.validation',
    message: /whole number of samples, because `by` is "count"; got 50\.5/,
  },
  'more samples than there are': {
    text: marked(
      baseText
        .replace('"split": {', '«"split"»: { "by": "count",')
        .replace(split, '"train": 1700, "validation": 50, "test": 50'),
    ),
    code: 'data/split-sum',
    path: 'data.split',
    message: /need 1800, and the data have 1797/,
  },
  'a fold that is none': {
    text: changed(split, '"test": 0.2, "folds": 4, "fold": «5»'),
    code: 'data/folds',
    path: 'data.split.fold',
    message: /one of the 4 folds, counted from 1; got 5/,
  },
  'folds without a rest': {
    text: changed(split, '"test": «1», "folds": 4'),
    code: 'data/split-sum',
    path: 'data.split.test',
    message: /`test` must be below 1 .* 4 folds; got 1/,
  },
  'folds of what is divided': {
    text: marked(
      baseText
        .replace(digits, `{ ${folder}, "layout": "splits" }`)
        .replace(split, '"by": "data", "folds": «3»'),
    ),
    code: 'data/folds',
    path: 'data.split.folds',
    message: /`by` is "data"/,
  },
  'data that divide nothing': {
    text: changed(split, '"by": «"data"»'),
    code: 'data/no-assignment',
    path: 'data.split.by',
    message: /do not say which split/,
  },
  'a mix that times do not keep': {
    text: marked(
      baseText
        .replace(digits, `{ ${folder}, "table": "t.csv" }`)
        .replace(split, `${split}, "order": "time", "stratify": «true»`),
    ),
    severity: 'warning',
    code: 'data/not-stratified',
    path: 'data.split.stratify',
    message: /`stratify` cannot keep a mix here: `order` is "time".* Remove it, or set it to false/,
    suggestion: 'false',
  },
  'a mix of target images': {
    text: marked(
      cells(images, pixels('1'), '"meanSquaredError"', '"psnr"').text.replace(
        split,
        `${split}, "stratify": «true»`,
      ),
    ),
    severity: 'warning',
    code: 'data/not-stratified',
    path: 'data.split.stratify',
    message: /the targets are images, which have no classes/,
    suggestion: 'false',
  },
  'data without times': {
    text: changed(split, `${split}, "order": «"time"»`),
    code: 'data/no-times',
    path: 'data.split.order',
    message: /do not say when/,
  },
  'percentiles in the wrong order': {
    text: changed('"standardize"', '"percentile", "lower": «99», "upper": 1'),
    code: 'values/order',
    path: 'normalization.lower',
    message: '`lower` must be below `upper`; got 99 and 1. Exchange them.',
  },
  'a mean for other channels': {
    text: changed('"standardize"', '"fixed", "mean": «[0.1, 0.2, 0.3]», "deviation": 2'),
    code: 'normalization/channels',
    path: 'normalization.mean',
    message: /one number, or one for each of the 1 channels; got 3/,
  },
  'what reading the data has shown': {
    text: marked(baseText.replace('"split": {', '«"split"»: {')),
    facts: {
      shape: [8, 8, 1],
      classNames: [...'0123456789'],
      count: 1797,
      notices: [{ code: 'data/duplicates', message: 'Equal images.', key: 'split' }],
    },
    severity: 'warning',
    code: 'data/duplicates',
    path: 'data.split',
    message: 'Equal images.',
  },
};

describe('checking tasks, targets and splits finds', () => {
  for (const [name, one] of Object.entries(cases)) it(name, () => check(one));
});

describe('checking tasks, targets and splits finds nothing wrong with', () => {
  const good: Readonly<Record<string, readonly [MarkedText, DataFacts?]>> = {
    'masks of two classes': [
      cells(masks, pixels('3'), '"softmaxCrossEntropy"', '"dice", "iou"'),
      maskFacts,
    ],
    'one logit for a mask of two classes': [
      cells(masks, pixels('1'), '"dice"', '"dice", "iou"'),
      { ...maskFacts, classNames: ['background', 'cell'] },
    ],
    ...Object.fromEntries(
      ['sigmoidCrossEntropy', 'weightedSigmoidCrossEntropy', 'sigmoidFocal', 'hinge'].map(
        (loss): [string, readonly [MarkedText, DataFacts]] => [
          `one unit for two classes under ${loss}`,
          [cells('"target": "class"', oneUnit('1'), `"${loss}"`, '"accuracy"'), twoClasses],
        ],
      ),
    ),
    'a batch size for counts': [
      changed(split, '"by": "count", "train": 100, "validation": 50, "test": 50'),
    ],
    'target images, whose mix nobody has asked to keep': [
      marked(cells(images, pixels('1'), '"meanSquaredError"', '"psnr"').text),
    ],
    'five folds': [changed(split, '"test": 0.2, "folds": 5, "fold": 5')],
    'metrics of a reconstruction': [
      marked(cells('"target": "class"', pixels('1'), '"meanSquaredError"', '"psnr", "ssim"').text),
    ],
  };
  for (const [name, [{ text }, facts]] of Object.entries(good)) {
    it(name, () => assert.deepEqual(diagnoseExperiment(text, facts).problems, []));
  }
});
