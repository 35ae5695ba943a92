// Mocha's "spec" output for people, and a line of JSON for each test for the sum at the end.
import { appendFileSync } from 'node:fs';
import * as Mocha from 'mocha';
import { RESULTS_VARIABLE } from './results';
import type { TestResult } from './results';

class Reporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options?: Mocha.MochaOptions) {
    super(runner, options);
    const file = process.env[RESULTS_VARIABLE];
    if (file === undefined) return;
    const add = (result: TestResult): void => appendFileSync(file, JSON.stringify(result) + '\n');
    runner.on('pass', (test) => add({ ...about(test), passed: true }));
    runner.on('pending', (test) => add({ ...about(test), passed: false, pending: true }));
    // A hook that fails is reported here as well, and there is no other trace of its tests.
    runner.on('fail', (test, error: Error) =>
      add({ ...about(test), passed: false, error: error.stack ?? error.message }),
    );
  }
}

function about(test: Mocha.Test | Mocha.Hook): Omit<TestResult, 'passed'> {
  return { title: test.fullTitle(), durationMs: test.duration ?? 0 };
}

export = Reporter;
