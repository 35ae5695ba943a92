import assert from 'node:assert/strict';
import {
  describe as describeFiles,
  readFiles,
  readManifest,
} from '../../../server/training/engine/kernels/build';
import { compileWasm } from '../../../server/training/engine/kernels/buildWasm';

describe('the committed kernels', () => {
  it('belong to the committed sources, flags and compilers (npm run build:kernels)', () => {
    assert.deepEqual(describeFiles(readFiles()), readManifest());
  });

  it('are, in WebAssembly, what the compiler makes of the sources', async function () {
    // Two modules of about five seconds each.
    this.timeout(120_000);
    const [built, committed] = [await compileWasm(), readFiles()];
    for (const [file, bytes] of built) {
      assert.ok(Buffer.from(bytes).equals(committed.get(file)!), `${file} differs`);
    }
  });
});
