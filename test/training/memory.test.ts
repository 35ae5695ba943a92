import assert from 'node:assert/strict';
import { CodedError } from '#common/protocol/rpc';
import { readRun } from '#runs/folder';
import { executeRun } from '../../server/training/run/execute';
import { makeRuns } from './support';

const runs = makeRuns();
after(() => runs.remove());

describe('memory', () => {
  it('is known before the first step, and kept in the record', async () => {
    const [small, large] = await Promise.all(
      [8, 16].map((batchSize) => runs.create({ training: { epochs: 1, batchSize } })),
    );
    const bytes: number[] = [];
    for (const folder of [small!, large!]) {
      const { memoryBytes = 0 } = await executeRun(folder);
      assert.equal((await readRun(folder)).memoryBytes, memoryBytes);
      bytes.push(memoryBytes);
    }
    // The images alone, once as they are and once as the blur sees them, take so much.
    assert.ok(bytes[0]! > 2 * 4 * 8 * 64 && bytes[0]! < 2 ** 20, `${bytes}`);
    assert.ok(bytes[1]! > bytes[0]!);
  });

  it('that does not suffice ends a run before it begins, with the figure and a batch that fits', async () => {
    // 64 images of 256 × 256 in 512 channels take 8 GiB, which no address of 32 bits reaches.
    const changes = {
      data: { source: { type: 'synthetic', shape: [256, 256, 1], classes: 2, count: 92 } },
      physics: [],
      augmentation: [],
      normalization: undefined,
      model: {
        layers: [
          { type: 'conv2d', filters: 512, padding: 'same' },
          { type: 'globalAveragePooling2d' },
          { type: 'dense', units: 2 },
        ],
      },
    };
    const withBatch = (batchSize: number) =>
      runs.create({ ...changes, training: { epochs: 1, batchSize } });
    const folder = await withBatch(64);
    const message = await executeRun(folder).then(
      () => assert.fail('it ran'),
      (error: unknown) => {
        assert.ok(error instanceof CodedError && error.code === 'engine/memory', String(error));
        return error.message;
      },
    );
    const found =
      /a batch of 64 needs (\d+\.\d\d) GiB, and (\d\.\d\d) GiB can be had\. Lower `training\.batchSize` to (\d+) or less/.exec(
        message,
      );
    assert.ok(found, message);
    const [needed, most, fitting] = found.slice(1).map(Number) as [number, number, number];
    assert.ok(needed >= 8 && most <= 4, message);
    assert.ok(Math.abs((fitting / 64) * needed - most) < needed / 64, 'in proportion');
    assert.equal((await readRun(folder)).status, 'failed');
  });
});
