import assert from 'node:assert/strict';
import { chartsOf } from '../../../webviews/charts/chartSpec';
import { createCurves } from '../../../webviews/charts/curves';
import {
  axisLabel,
  axisPercent,
  formatCount,
  formatDuration,
  formatNumber,
  parameterTitle,
} from '../../../webviews/charts/format';
import { readOut } from '../../../webviews/charts/readOut';

const facts = {
  metrics: ['accuracy'],
  physics: [
    {
      tag: 'physics/gaussianBlur/sigmaPx',
      layer: 'gaussianBlur',
      parameter: 'sigmaPx',
      unit: 'px',
      initial: 2,
      minimum: 0.2,
      maximum: 5,
    },
  ],
};

describe('the charts of a run', () => {
  it('are the loss, each metric and each learned part of the instrument, with its unit', () => {
    const charts = chartsOf(facts);
    assert.deepEqual(
      charts.map(({ title }) => title),
      ['Loss', 'Accuracy', 'gaussianBlur: sigma (px)'],
    );
    assert.deepEqual(
      charts[0]?.lines.map(({ split, tag }) => `${split} ${tag}`),
      ['train batch_loss', 'train epoch_loss', 'validation epoch_loss'],
    );
    assert.equal(charts[2]?.format(1.5), '1.50 px');
  });

  it('show what a layer learns in one unit together, each by its own line', () => {
    const waves = Array.from({ length: 12 }, (_, i) => ({
      ...facts.physics[0]!,
      tag: `physics/pupilBlur/a${i + 4}`,
      layer: 'pupilBlur',
      parameter: `a${i + 4}`,
      unit: 'waves',
    }));
    const other = { ...waves[0]!, tag: 'physics/pupilBlur/radiusPx', unit: 'px' };
    const charts = chartsOf({ ...facts, physics: [...facts.physics, ...waves, other] });
    assert.deepEqual(
      charts.slice(2).map(({ title, lines }) => [title, lines.length]),
      [
        ['gaussianBlur: sigma (px)', 1],
        ['pupilBlur (waves)', 12],
        ['pupilBlur: a4 (px)', 1],
      ],
    );
    const { lines } = charts[3]!;
    assert.equal(lines[11]!.tag, 'physics/pupilBlur/a15');
    assert.equal(new Set(lines.map(({ colour, isDashed }) => `${colour} ${isDashed}`)).size, 12);
  });

  it('show the terms of a mixture and the penalty in the chart of the loss, each by its own line', () => {
    const lossTerms = Array.from({ length: 6 }, (_, i) => `loss.dice_${i}`);
    const [loss, accuracy] = chartsOf({ ...facts, lossTerms, isPenalized: true });
    const lines = loss!.lines.slice(3);
    assert.deepEqual(
      lines.slice(0, 2).map(({ label, split, tag }) => [label, split, tag]),
      [
        ['train loss.dice_0', 'train', 'epoch_loss.dice_0'],
        ['validation loss.dice_0', 'validation', 'epoch_loss.dice_0'],
      ],
    );
    assert.deepEqual(lines.at(-1)?.tag, 'epoch_penalty');
    assert.equal(lines.length, 13);
    assert.equal(new Set(loss!.lines.map(({ label }) => label)).size, 16);
    // No two of the first four terms and the two splits look alike.
    const looks = loss!.lines.slice(1, 11).map(({ colour, isDashed }) => `${colour} ${isDashed}`);
    assert.equal(new Set(looks).size, 10);
    assert.equal(accuracy!.lines.length, 3);
  });

  it('read out exact values at an epoch, per step and per epoch', () => {
    const [loss] = chartsOf(facts);
    const curves = createCurves();
    const steps = Uint32Array.from([1, 2, 3, 4]);
    curves.add([
      {
        split: 'train',
        tag: 'batch_loss',
        from: 0,
        steps,
        values: Float32Array.from([8, 4, 2, 1]),
      },
      {
        split: 'train',
        tag: 'epoch_loss',
        from: 0,
        steps: Uint32Array.from([1]),
        values: Float32Array.from([6]),
      },
    ]);
    const values = (epoch?: number) => readOut(loss!, curves, 2, epoch).map(({ value }) => value);
    assert.deepEqual(values(), [1, 6, undefined]);
    assert.deepEqual(values(0.5), [8, undefined, undefined]);
    assert.deepEqual(values(1.2), [4, 6, undefined]);
  });

  it('replace what a resumed run writes again', () => {
    const curves = createCurves();
    const column = (from: number, steps: number[]) => ({
      split: 'train' as const,
      tag: 'batch_loss',
      from,
      steps: Uint32Array.from(steps),
      values: Float32Array.from(steps),
    });
    curves.add([column(0, [1, 2, 3, 4, 5])]);
    curves.add([column(2, [3])]);
    const curve = curves.get('train', 'batch_loss');
    assert.equal(curve?.length, 3);
    assert.equal(curve?.xAt(2), 3);
  });
});

describe('figures on the page', () => {
  const cases: readonly (readonly [string, string])[] = [
    [formatNumber(0.0520289), '0.0520'],
    [formatNumber(0.9994), '0.999'],
    [formatNumber(0.9996), '0.9996'],
    [formatNumber(1), '1.00'],
    [formatNumber(1234.56), '1235'],
    [formatNumber(0.0000123), '1.23e−5'],
    [formatNumber(-2.5), '−2.50'],
    [formatNumber(NaN), 'NaN'],
    [formatNumber(Infinity), '∞'],
    [formatNumber(0), '0'],
    [axisLabel(0.5), '0.5'],
    [axisLabel(100), '100'],
    [axisLabel(1e-5), '1e−5'],
    [axisPercent(0.25), '25 %'],
    [axisPercent(1), '100 %'],
    [formatCount(1234567), '1\u202f234\u202f567'],
    [formatCount(999), '999'],
    [formatDuration(7.4), '0:07'],
    [formatDuration(3723), '1:02:03'],
    [parameterTitle('sigmaPx', 'px'), 'sigma'],
    [parameterTitle('photons', ''), 'photons'],
  ];
  for (const [text, expected] of cases) {
    it(`are written like "${expected}"`, () => assert.equal(text, expected));
  }
});
