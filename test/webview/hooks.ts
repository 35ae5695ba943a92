// One browser around all suites of this ring.
import type { RootHookObject } from 'mocha';
import { startBrowser, stopBrowser } from './harness';

const START_TIMEOUT_MS = 300_000;

export const mochaHooks: RootHookObject = {
  async beforeAll(this: Mocha.Context) {
    // The browser may have to be installed first.
    this.timeout(START_TIMEOUT_MS);
    await startBrowser();
  },
  async afterAll() {
    await stopBrowser();
  },
};
