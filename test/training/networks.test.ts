import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { parse } from 'jsonc-parser';
import { executeRun } from '../../server/training/run/execute';
import { makeRuns, seriesOf } from './support';

const runs = makeRuns();
after(() => runs.remove());

/** What the samples write of a layer or a block in its place. */
interface Entry {
  readonly type: string;
  readonly filters?: number;
  readonly expanded?: number;
  readonly units?: number;
}

/** An eighth of the channels, as far as four are left, for four classes. */
function narrow(entry: Entry): Entry {
  const { filters, expanded, units } = entry;
  const eighth = (count: number) => Math.max(4, Math.round(count / 8));
  return {
    ...entry,
    ...(filters !== undefined && { filters: eighth(filters) }),
    ...(expanded !== undefined && { expanded: eighth(expanded) }),
    ...(units !== undefined && { units: 4 }),
  };
}

describe('a network that is too large for a test', () => {
  it('learns with an eighth of its channels: MobileNetV2', async function () {
    this.timeout(120_000);
    const file = path.join(__dirname, '../../samples/networks/mobilenetV2.experiment.json');
    const { model } = parse(readFileSync(file, 'utf8')) as {
      readonly model: { readonly blocks: object; readonly layers: readonly Entry[] };
    };
    const folder = await runs.create({
      data: {
        source: { type: 'synthetic', shape: [32, 32, 3], classes: 4, count: 400, noise: 0.05 },
        split: { train: 0.8, validation: 0.1, test: 0.1 },
      },
      augmentation: [],
      physics: [],
      normalization: { type: 'standardize', scope: 'instance' },
      model: { ...model, layers: model.layers.map(narrow) },
      regularization: undefined,
      optimizer: { type: 'adam', learningRate: 0.003 },
      training: { epochs: 12, batchSize: 16 },
    });
    const { status, message } = await executeRun(folder);
    assert.equal(status, 'finished', message);
    const { values } = await seriesOf(folder, 'train', 'epoch_loss');
    assert.ok(values.at(-1)! < values[0]! / 2, `losses ${values.join(', ')}`);
  });
});
