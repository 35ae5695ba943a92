// One editor server and one browser around all suites of this ring.
import type { RootHookObject } from 'mocha';
import { session, Session, setSession, stopSession } from '../harness/session';

const START_TIMEOUT_MS = 300_000;

export const mochaHooks: RootHookObject = {
  async beforeAll(this: Mocha.Context) {
    this.timeout(START_TIMEOUT_MS);
    setSession(await Session.start());
  },
  async afterEach(this: Mocha.Context) {
    if (this.currentTest?.state !== 'failed') return;
    await session().recordFailure(this.currentTest.fullTitle());
  },
  async afterAll(this: Mocha.Context) {
    this.timeout(START_TIMEOUT_MS);
    await stopSession();
  },
};
