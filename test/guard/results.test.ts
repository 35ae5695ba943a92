import assert from 'node:assert/strict';
import { addCounts, countRing } from '../results';
import type { TestResult } from '../results';
import { RINGS, selectRings } from '../rings';

const passed: TestResult = { title: 'a', passed: true, durationMs: 1 };
const failed: TestResult = { title: 'b', passed: false, durationMs: 1, error: 'no' };
const pending: TestResult = { title: 'c', passed: false, pending: true, durationMs: 0 };

describe('counting a ring of tests', () => {
  const cases: readonly {
    readonly name: string;
    readonly results: readonly TestResult[];
    readonly exitCode: number;
    readonly counts: readonly [passed: number, failed: number];
  }[] = [
    { name: 'all good', results: [passed, passed], exitCode: 0, counts: [2, 0] },
    { name: 'one failed', results: [passed, failed], exitCode: 1, counts: [1, 1] },
    { name: 'one left out', results: [passed, pending], exitCode: 0, counts: [1, 1] },
    { name: 'no test ran', results: [], exitCode: 0, counts: [0, 1] },
    { name: 'crashed after a test', results: [passed], exitCode: 134, counts: [1, 1] },
    { name: 'crashed before a test', results: [], exitCode: 1, counts: [0, 1] },
  ];
  for (const { name, results, exitCode, counts } of cases) {
    it(name, () => {
      assert.deepEqual(countRing(results, exitCode), { passed: counts[0], failed: counts[1] });
    });
  }

  it('adds rings up', () => {
    const sum = addCounts({ passed: 1, failed: 2 }, { passed: 3, failed: 4 });
    assert.deepEqual(sum, { passed: 4, failed: 6 });
  });
});

describe('choosing rings', () => {
  it('takes all but the extra ones without a name, in running order with names', () => {
    assert.deepEqual(selectRings([]), RINGS);
    const names = selectRings(['vscode', 'unit', 'peers']).map(({ name }) => name);
    assert.deepEqual(names, ['unit', 'vscode', 'vscode', 'peers']);
  });

  it('refuses an unknown name and says which there are', () => {
    assert.throws(() => selectRings(['units']), /"units".*typecheck, lint,.*peers/);
  });
});
