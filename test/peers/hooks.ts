// The Python environment, before any comparison.
import type { RootHookObject } from 'mocha';
import { ensurePeers } from './environment';

const INSTALL_TIMEOUT_MS = 900_000;

export const mochaHooks: RootHookObject = {
  async beforeAll(this: Mocha.Context) {
    this.timeout(INSTALL_TIMEOUT_MS);
    await ensurePeers();
  },
};
