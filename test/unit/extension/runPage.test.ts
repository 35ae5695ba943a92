import assert from 'node:assert/strict';
import { pageHtml } from '../../../extension/panel/html';
import { factsOf } from '../../../extension/panel/runFacts';
import {
  parseResults,
  parseSplitResults,
  parseTestOpenings,
} from '../../../extension/panel/runResults';
import { createStepClock, stepRate } from '../../../extension/panel/stepRate';

describe('the document of a page', () => {
  const parts = {
    scriptUri: 'https://host/run.js',
    styleUri: 'https://host/run.css',
    cspSource: 'https://host',
    title: '<script>alert("x")</script>',
  };

  it('lets its own script run and nothing else', () => {
    const html = pageHtml(parts);
    const nonce = /script nonce="([^"]+)"/.exec(html)?.[1] ?? '';
    assert.equal(Buffer.from(nonce, 'base64').length, 24);
    assert.ok(html.includes(`script-src 'nonce-${nonce}'`));
    assert.ok(html.includes(`default-src 'none'`));
    assert.doesNotMatch(html, /unsafe|connect-src|<script>alert/);
  });

  it('has another nonce each time', () => {
    assert.notEqual(pageHtml(parts), pageHtml(parts));
  });
});

describe('the facts of a run', () => {
  it('come from its resolved experiment', () => {
    const text = JSON.stringify({
      version: 1,
      data: { source: { type: 'digits' } },
      physics: [{ type: 'gaussianBlur', sigmaPx: 2, trainable: true }, { type: 'shotNoise' }],
      model: { layers: [{ type: 'flatten' }, { type: 'dense', units: 10 }] },
      loss: { type: 'softmaxCrossEntropy' },
      optimizer: { type: 'sgd' },
      metrics: ['accuracy'],
    });
    const facts = factsOf(text);
    assert.deepEqual(facts.inputShape, [8, 8, 1]);
    // 64 · 10 weights and 10 biases.
    assert.deepEqual(facts.parameters, { total: 650, trainable: 650 });
    assert.deepEqual(facts.metrics, ['accuracy']);
    assert.deepEqual(
      facts.physics.map(({ tag, unit, initial }) => [tag, unit, initial]),
      [['physics/gaussianBlur/sigmaPx', 'px', 2]],
    );
  });

  it('name what the loss is made of, unless it is all one', () => {
    const base = {
      version: 1,
      data: { source: { type: 'digits' } },
      model: { layers: [{ type: 'flatten' }, { type: 'dense', units: 10 }] },
      optimizer: { type: 'sgd' },
    };
    const terms = ['softmaxCrossEntropy', 'focal'].map((type) => ({ loss: { type } }));
    const loss = { type: 'mixture', terms };
    const regularization = { type: 'l2', lambda: 0.1 };
    const mixed = factsOf(JSON.stringify({ ...base, loss, regularization }));
    assert.deepEqual(mixed.lossTerms, ['loss.softmaxCrossEntropy', 'loss.focal']);
    assert.equal(mixed.isPenalized, true);
    const plain = factsOf(JSON.stringify({ ...base, loss: terms[0]!.loss }));
    assert.deepEqual([plain.lossTerms, plain.isPenalized], [undefined, undefined]);
    const kernelRegularizer = { type: 'l1', lambda: 0.1 };
    const layers = [{ type: 'flatten' }, { type: 'dense', units: 10, kernelRegularizer }];
    const inLayer = { ...base, loss: terms[0]!.loss, model: { layers } };
    assert.equal(factsOf(JSON.stringify(inLayer)).isPenalized, true);
  });

  it('are few when the experiment cannot be read', () => {
    assert.deepEqual(factsOf('{ broken'), { metrics: [], physics: [] });
  });
});

describe('results on disk', () => {
  const train = {
    split: 'train',
    count: 3,
    loss: 0.5,
    metrics: { accuracy: 1 },
    confusionMatrix: [
      [2, 0],
      [0, 1],
    ],
  };

  const curve = { x: [0, 1], y: [0, 1], area: 0.5 };
  const pair = { roc: curve, precisionRecall: curve };

  it('are read split by split', () => {
    assert.deepEqual(parseResults(JSON.stringify({ train })), { train });
    assert.deepEqual(parseSplitResults(JSON.stringify(train)), train);
    const intervals = { accuracy: { low: 0.44, high: 1, method: 'wilson' } };
    const baseline = { name: 'a guess', loss: 0.7, metrics: { accuracy: 0.66 } };
    const calibration = [{ count: 0 }, { count: 3, confidence: 0.9, accuracy: 1 }];
    const errors = { largest: 1, median: 0.5, counts: [1, 2] };
    const curves = [{ name: 'a', ...pair }];
    const more = { calibration, errors, curves, macroCurves: pair };
    const full = { ...train, intervals, baseline, ...more };
    assert.deepEqual(parseResults(JSON.stringify({ train: full })), { train: full });
  });

  const broken: readonly string[] = [
    '',
    '[]',
    '{"train":',
    JSON.stringify({ train: { ...train, count: 'three' } }),
    JSON.stringify({ train: { ...train, confusionMatrix: [1] } }),
    JSON.stringify({ train: { ...train, intervals: { loss: { low: 0.1 } } } }),
    JSON.stringify({ train: { ...train, baseline: { name: 'a guess', metrics: {} } } }),
    JSON.stringify({ train: { ...train, curves: [pair] } }),
    JSON.stringify({ train: { ...train, curves: [{ name: 'a', ...pair, roc: [] }] } }),
    JSON.stringify({ train: { ...train, macroCurves: { roc: curve } } }),
    JSON.stringify({ train: { ...train, calibration: [{ count: 1, accuracy: null }] } }),
    JSON.stringify({ train: { ...train, errors: { largest: 1, median: 0, counts: '3' } } }),
  ];
  for (const text of broken) {
    it(`are left out of ${text === '' ? 'an empty file' : text}`, () => {
      assert.deepEqual(parseResults(text), {});
    });
  }

  it('tell the openings of the test split, without half a line at the end', () => {
    const line = JSON.stringify({ time: '2026-01-02T03:04:05Z', reason: 'decided', previous: '' });
    const opening = { time: '2026-01-02T03:04:05Z', reason: 'decided' };
    assert.deepEqual(parseTestOpenings(`${line}\n${line}\n${line.slice(0, 20)}`), [
      opening,
      opening,
    ]);
  });
});

describe('the rate of a run', () => {
  it('is steps over time', () => {
    assert.equal(stepRate([1, 2, 3, 4, 5], [10, 10.5, 11, 11.5, 12]), 2);
  });

  it('leaves a pause out', () => {
    assert.equal(stepRate([1, 2, 3, 4, 5], [10, 10.5, 11, 4000, 4000.5]), 2);
  });

  it('is unknown before the second step', () => {
    assert.equal(stepRate([1], [10]), undefined);
  });

  it('follows a curve that grows, and one that a resumed run writes again', () => {
    const clock = createStepClock();
    clock.add(0, [1, 2, 3], [0, 1, 2]);
    assert.equal(clock.rate, 1);
    clock.add(3, [4, 5], [2.5, 3]);
    assert.equal(clock.rate, Number((4 / 3).toPrecision(4)));
    clock.add(1, [2], [0.25]);
    assert.equal(clock.rate, 4);
  });
});
