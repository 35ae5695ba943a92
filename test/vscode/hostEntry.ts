// Runs inside the extension host of a VS Code under test, bundled as out-test/index.js: the same
// suites on a desktop VS Code and on the one in the browser.
import { readdirSync } from 'node:fs';
import * as path from 'node:path';
import Mocha from 'mocha';
import Reporter from '../reporter';

const TIMEOUT_MS = 60_000;

/** What VS Code calls; a rejection is a failed run. */
export function run(): Promise<void> {
  const mocha = new Mocha({ ui: 'bdd', timeout: TIMEOUT_MS, reporter: Reporter, color: false });
  const folder = path.join(__dirname, 'host');
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  // Sorted, so that the time of activation is measured first, by the test that activates.
  for (const name of names.sort()) {
    if (name.endsWith('.test.js')) mocha.addFile(path.join(folder, name));
  }
  return new Promise((resolve, reject) => {
    mocha.run((failures) => {
      if (failures === 0) resolve();
      else reject(new Error(`${failures} tests failed in the extension host`));
    });
  });
}
