import assert from 'node:assert/strict';
import { assertClose } from '../engine/support';
import { addTargets, tallyOf } from './support';

const samples = [
  [
    [1, 0, 1],
    [2, -1, 3],
  ],
  [
    [1, 0, 0],
    [-1, -2, 1],
  ],
  [
    [0, 0, 1],
    [-3, -1, 2],
  ],
  [
    [1, 0, 1],
    [1, 0.5, -0.5],
  ],
] as const;

describe('metrics of several labels', () => {
  const tally = tallyOf(
    'multiLabel',
    ['accuracy', 'macroF1', 'macroRecall', 'brierScore', 'rocAuc'],
    {
      keepsSamples: true,
    },
  );
  addTargets(tally, samples);
  const { metrics, perClass, confusionMatrix } = tally.results('test');

  it('count a sample as right only when all its labels are', () => {
    assert.equal(metrics['accuracy'], 2 / 4);
  });

  it('count each label by itself', () => {
    // a: right 2 of 3 true, 2 predicted. b: never true, 1 predicted. c: right 2 of 3, 3 predicted.
    assert.deepEqual(
      perClass!.map(({ count, precision, recall }) => [count, precision, recall]),
      [
        [3, 1, 2 / 3],
        [0, 0, 0],
        [3, 2 / 3, 2 / 3],
      ],
    );
    assertClose([metrics['macroF1']!], [(4 / 5 + 0 + 4 / 6) / 3], 'F1', 1e-15);
    assertClose([metrics['macroRecall']!], [4 / 9], 'recall', 1e-15);
    assert.equal(confusionMatrix, undefined);
  });

  it('rank the labels that have samples of both kinds', () => {
    // a: negatives −3 below all of 2, −1, 1. c: the negative 1 beats −0.5 only.
    assertClose([metrics['rocAuc']!], [(1 + 2 / 3) / 2], 'area', 1e-15);
  });

  it('have the mean squared error of the probabilities', () => {
    const p = (z: number) => 1 / (1 + Math.exp(-z));
    const errors = samples.flatMap(([truth, logits]) =>
      truth.map((t, k) => (p(logits[k]!) - t) ** 2),
    );
    const mean = errors.reduce((sum, error) => sum + error, 0) / 12;
    assertClose([metrics['brierScore']!], [mean], 'Brier score', 1e-15);
  });
});
