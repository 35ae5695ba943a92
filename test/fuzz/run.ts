// Feeds damaged files to everything that reads them, and random programs to the engine's recorder, for as
// long as is asked.
//   npm run fuzz [seconds for each target, 10] [seed]
import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import fc from 'fast-check';
import { ROOT } from '../../scripts/processes';
import { openEngine } from '../../server/training/engine/engine';
import { targets, type Target } from './targets';

function samples(): readonly string[] {
  const folder = path.join(ROOT, 'samples');
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.experiment.json'))
    .map((file) => readFileSync(path.join(folder, file), 'utf8'));
}

/** Runs one target and says whether it held; a failure is printed with its seed and shrunk case. */
async function fuzz({ name, property }: Target, seconds: number, seed: number): Promise<boolean> {
  const details = await fc.check(property, {
    seed,
    numRuns: Number.MAX_SAFE_INTEGER,
    interruptAfterTimeLimit: seconds * 1000,
    markInterruptAsFailure: false,
  });
  const verdict = details.failed ? 'FAILED' : 'held';
  console.log(`${name.padEnd(24)} ${verdict} after ${details.numRuns} cases (seed ${seed})`);
  if (details.failed) console.error(fc.defaultReportMessage(details));
  return !details.failed;
}

async function main(): Promise<void> {
  const [seconds = 10, seed = Date.now() % 2 ** 31] = process.argv.slice(2).map(Number);
  if (!(seconds > 0) || !Number.isInteger(seed)) {
    throw new Error('npm run fuzz [seconds, above 0] [seed, a whole number]');
  }
  const engine = await openEngine('auto');
  for (const target of targets(samples())) {
    if (!(await fuzz(target, seconds, seed))) process.exitCode = 1;
  }
  engine.dispose();
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
