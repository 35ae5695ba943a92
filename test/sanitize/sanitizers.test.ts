import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import * as path from 'node:path';
import { ROOT } from '../../scripts/processes';
import { buildProgram } from './build';
import { faults } from './faults';

/** Runs a program to its end. */
function runToEnd(program: string, args: readonly string[], env = process.env) {
  return spawnSync(program, args, { cwd: ROOT, env, encoding: 'utf8' });
}

describe('native kernels under sanitizers', () => {
  for (const [fault, message] of Object.entries(faults)) {
    const verdict = message ? 'end the process' : 'pass';
    it(`${verdict}: ${fault}`, () => {
      const args = ['--import', 'tsx', path.join(__dirname, 'fault.ts'), fault];
      const { status, stderr } = runToEnd(process.execPath, args);
      if (message) assert.match(stderr, message);
      assert.equal(status === 0, message === undefined, stderr);
    });
  }
});

describe("the native kernels' pool of threads", () => {
  const env = { ...process.env, LD_PRELOAD: '' };

  it('has no data race', () => {
    const program = buildProgram('poolRaces.c', ['-fsanitize=thread']);
    const { status, stderr } = runToEnd(program, [], env);
    assert.equal(status, 0, stderr);
  });

  it('would not hide one', () => {
    const program = buildProgram('poolRaces.c', ['-fsanitize=thread', '-DRACE']);
    const { status, stderr } = runToEnd(program, [], env);
    assert.match(stderr, /ThreadSanitizer: data race/);
    assert.notEqual(status, 0);
  });
});
