import assert from 'node:assert/strict';
import {
  describe as describeFiles,
  readFiles,
  readManifest,
} from '../../../server/training/engine/kernels/build';
import { compileWasm } from '../../../server/training/engine/kernels/buildWasm';
import { readSources } from '../../../server/training/engine/kernels/sources';

describe('the committed kernels', () => {
  it('belong to the committed sources, flags and compilers (npm run build:kernels)', () => {
    assert.deepEqual(describeFiles(readFiles()), readManifest());
  });

  it('are compiled from one flat list of files, each of which includes headers alone', () => {
    const sources = readSources();
    const includedBy = (name: string): string[] =>
      [...sources[name]!.matchAll(/^#include "(.*)"$/gm)].map((match) => match[1]!);
    const programs = ['kernels.c', 'module.c', 'addon.c'];
    const parts = Object.keys(sources).filter((name) => !programs.includes(name));
    const nested = parts.flatMap(includedBy).filter((name) => name.endsWith('.c'));
    assert.deepEqual(nested, []);
    const files = parts.filter((name) => name.endsWith('.c'));
    const listed = programs.flatMap(includedBy).filter((name) => name.endsWith('.c'));
    assert.deepEqual(new Set(listed), new Set([...files, 'kernels.c']));
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
