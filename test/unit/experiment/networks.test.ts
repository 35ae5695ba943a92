import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { diagnoseExperiment } from '#common/experiment/diagnose';

const folder = path.join(__dirname, '../../../samples/networks');

/** With the running averages of the normalizations: the totals of Keras, where it has no more biases. */
const totals: Readonly<Record<string, number>> = {
  vgg16: 138_357_544,
  mobilenetV2: 3_538_984,
  densenet121: 8_062_504,
};

/**
 * What learns in well-known networks. Those of 1000 classes have the numbers of torchvision, whose
 * convolutions before a batch normalization have no bias; LeNet-5 has the number of its modern form, for
 * 32 × 32 pixels, with averages that learn nothing, maps that are all connected and a dense end.
 */
const published = {
  lenet5: 61_706,
  vgg16: 138_357_544,
  resnet18: 11_689_512,
  resnet50: 25_557_032,
  mobilenetV2: 3_504_872,
  densenet121: 7_978_856,
} as const;

describe('a network written with blocks has its published number of parameters:', () => {
  for (const [name, expected] of Object.entries(published)) {
    it(name, () => {
      const text = readFileSync(path.join(folder, `${name}.experiment.json`), 'utf8');
      assert.ok(text.split('\n').length < 150);
      const { problems, trace } = diagnoseExperiment(text);
      assert.deepEqual(problems, []);
      const all = trace!.layers.reduce((sum, { parameters }) => sum + parameters, 0);
      if (name in totals) assert.equal(all, totals[name]);
      const learned = trace!.layers.map(({ trainableParameters }) => trainableParameters);
      assert.equal(
        learned.reduce((sum, count) => sum + count, 0),
        expected,
      );
    });
  }
});
