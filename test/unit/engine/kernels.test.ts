import assert from 'node:assert/strict';
import {
  compileModules,
  describe as describeModules,
  readManifest,
  readModules,
} from '../../../server/training/engine/kernels/build';

describe('the committed kernels', () => {
  it('belong to the committed sources, flags and compiler (npm run build:kernels)', () => {
    assert.deepEqual(describeModules(readModules()), readManifest());
  });

  it('are what the compiler makes of the sources', async function () {
    // Two modules of about five seconds each.
    this.timeout(120_000);
    const [built, committed] = [await compileModules(), readModules()];
    for (const [file, bytes] of built) {
      assert.ok(Buffer.from(bytes).equals(committed.get(file)!), `${file} differs`);
    }
  });
});
