// Sizes of what is shipped, against their budgets. The guard ring fails where one is over.
import fs from 'node:fs';
import path from 'node:path';
import type { Benchmark, BenchmarkRow } from './benchmark';

const dist = path.join(__dirname, '../../dist');

/** Budgets in KiB, by bundle; a page has that of all pages. */
const budgets: Readonly<Record<string, number>> = { extension: 550, language: 450 };
const pageBudget = 250;

export const sizeBenchmark: Benchmark = {
  title: 'Sizes of the bundles, minified',
  run: () => Promise.resolve(fs.existsSync(dist) ? [...measure()] : [notBuilt]),
};

const notBuilt: BenchmarkRow = { what: 'dist/', value: 'not built', note: 'npm run build' };

function* measure(): Generator<BenchmarkRow> {
  const files = fs.readdirSync(dist, { recursive: true, encoding: 'utf8' });
  for (const file of files.sort()) {
    if (!/\.(js|css|wasm)$/.test(file)) continue;
    const sizeKib = fs.statSync(path.join(dist, file)).size / 1024;
    const isPage = /^webviews[\\/].*\.js$/.test(file);
    const budget = isPage ? pageBudget : budgets[path.basename(file, '.js')];
    yield {
      what: file,
      value: `${sizeKib.toFixed(0)} KiB`,
      ...(budget === undefined ? {} : { note: `budget ${budget} KiB` }),
    };
  }
}
