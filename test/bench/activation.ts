// What a window pays for the extension: the time that Node takes to load and evaluate its bundle, in a
// process of its own and with a stand-in for VS Code's API. Activation itself is measured by the ring
// that runs in a real VS Code.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { Benchmark, BenchmarkRow } from './benchmark';

const root = path.join(__dirname, '../..');
const rounds = 9;

/** Bundles that some process loads at its start. */
const bundles = ['extension', 'language', 'training', 'cli'] as const;

export const activationBenchmark: Benchmark = {
  title: 'Loading a bundle in a new process',
  run: () =>
    Promise.resolve(
      bundles.map((name): BenchmarkRow => {
        const file = path.join(root, 'dist', `${name}.js`);
        if (!fs.existsSync(file)) return { what: name, value: 'not built', note: 'npm run build' };
        const times = Array.from({ length: rounds }, () => loadMilliseconds(file));
        times.sort((a, b) => a - b);
        const note =
          name === 'extension' ? 'budget of activate(): 50 ms, this is its loading' : undefined;
        return {
          what: name,
          value: `${times[rounds >> 1]!.toFixed(1)} ms (min ${times[0]!.toFixed(1)})`,
          ...(note ? { note } : {}),
        };
      }),
    ),
};

/** Evaluates a bundle without running what its entry would start: its time alone is printed. */
function loadMilliseconds(file: string): number {
  const script = `
    const Module = require('node:module');
    const fs = require('node:fs');
    const stub = new Proxy(function () {}, {
      get: (_, key) => (key === Symbol.toPrimitive ? () => 0 : stub),
      apply: () => stub,
      construct: () => stub,
    });
    const load = Module._load;
    Module._load = (name, ...rest) => (name === 'vscode' ? stub : load(name, ...rest));
    const out = process.stdout.write.bind(process.stdout);
    process.stdout.write = process.stderr.write = () => true;
    process.exit = () => undefined;
    process.on('uncaughtException', () => undefined);
    const start = performance.now();
    try { require(${JSON.stringify(file)}); } catch { /* A server without its client ends here. */ }
    const time = performance.now() - start;
    out(String(time), () => process.reallyExit(0));
  `;
  return Number(execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' }));
}
