// The result of every test as a line of JSON in a file: it survives a crash of the process that ran
// the tests, and several processes can be added up.
import { existsSync, readFileSync } from 'node:fs';

/** Names the file to append to, in the environment of a process that runs tests. */
export const RESULTS_VARIABLE = 'LIGHTBENCH_TEST_RESULTS';

export interface TestResult {
  readonly title: string;
  readonly passed: boolean;
  /** Not run, though it was written: counted as a failure, because nobody reads a skipped test. */
  readonly pending?: boolean;
  readonly durationMs: number;
  readonly error?: string;
}

export interface Counts {
  readonly passed: number;
  readonly failed: number;
}

export const NO_TESTS: Counts = { passed: 0, failed: 0 };

/** Reads the results that a run left; none when it left no file. */
export function readResults(file: string): TestResult[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as TestResult);
}

/**
 * What a ring counts for. A process that failed without a failed test (it crashed, or an import is
 * broken) and a ring in which no test ran are failures too.
 */
export function countRing(results: readonly TestResult[], exitCode: number): Counts {
  const passed = results.filter((result) => result.passed).length;
  const failed = results.length - passed;
  const silent = failed === 0 && (exitCode !== 0 || results.length === 0);
  return { passed, failed: silent ? 1 : failed };
}

export function addCounts(a: Counts, b: Counts): Counts {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed };
}
