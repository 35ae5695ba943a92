import assert from 'node:assert/strict';
import type * as tf from '@tensorflow/tfjs-core';
import { loadVariables } from '../../../server/training/run/checkpoint';
import { titleOf, useEngine, variants } from '../engine/support';
import { catalogueExperiments } from '../model/catalogueNets';
import { shortRun } from './shortRun';

type Variables = ReadonlyMap<string, tf.Variable>;

function contentOf(variables: Variables) {
  const tensors = [...variables].map(([name, variable]) => {
    return [name, { shape: variable.shape, data: variable.dataSync<'float32'>() }] as const;
  });
  return { tensors: new Map(tensors), metadata: {} };
}

for (const variant of variants) {
  describe(`weights from a checkpoint, ${titleOf(variant)}`, () => {
    useEngine(variant);
    const experiment = catalogueExperiments()[0]!;

    it('are what the next step of a recorded program starts with', async () => {
      const once = await shortRun(experiment);
      const again = await shortRun(experiment, (variables, step) => {
        if (step > 0) loadVariables({ variables }, contentOf(variables));
      });
      assert.deepEqual(again, once);
    });
  });
}
