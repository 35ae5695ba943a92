// Runs the rings of tests: all of them, or those named as arguments.
//   npm test        npm test -- unit language        npm run test:peers        npm run test:sanitize
import { appendFileSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import * as path from 'node:path';
import { build, CACHE, ROOT, run } from '../scripts/processes';
import { addCounts, countRing, NO_TESTS, readResults, RESULTS_VARIABLE } from './results';
import type { Counts } from './results';
import { selectRings, testFiles } from './rings';
import type { MochaCommand, MochaRing, Ring } from './rings';

const RESULTS = path.join(CACHE, 'test-results');

async function main(): Promise<void> {
  const rings = selectRings(process.argv.slice(2));
  mkdirSync(RESULTS, { recursive: true });
  const built = rings.some((ring) => ring.kind !== 'command' && ring.needsBuild === true);
  if (built) await build();
  let total = NO_TESTS;
  const summary: string[] = [];
  for (const ring of rings) {
    const startMs = Date.now();
    console.log(`\n━━ ${title(ring)}`);
    const counts = await runRing(ring);
    const seconds = ((Date.now() - startMs) / 1000).toFixed(1);
    summary.push(
      `${title(ring).padEnd(24)} ${String(counts.passed).padStart(5)} passed ` +
        `${String(counts.failed).padStart(4)} failed ${seconds.padStart(7)} s`,
    );
    total = addCounts(total, counts);
  }
  console.log(`\n${summary.join('\n')}\n\n${total.passed} passed, ${total.failed} failed`);
  if (total.failed > 0 || total.passed === 0) process.exitCode = 1;
}

function title({ name, detail }: Ring): string {
  return detail === undefined ? name : `${name} (${detail})`;
}

async function runRing(ring: Ring): Promise<Counts> {
  const file = path.join(RESULTS, `${title(ring).replace(/\W+/g, '-')}.jsonl`);
  rmSync(file, { force: true });
  const env = { ...process.env, [RESULTS_VARIABLE]: file };
  switch (ring.kind) {
    case 'command': {
      const passed = (await run(process.execPath, ring.program)) === 0;
      appendFileSync(file, JSON.stringify({ title: ring.name, passed, durationMs: 0 }) + '\n');
      return countRing(readResults(file), passed ? 0 : 1);
    }
    case 'mocha': {
      const exitCode = await runMocha(ring, env);
      return countRing(readResults(file), exitCode);
    }
    case 'host': {
      const exitCode = await run(process.execPath, ['--import', 'tsx', 'test/vscode/runHost.ts'], {
        env,
      });
      return countRing(readResults(file), exitCode);
    }
    default:
      return ring satisfies never;
  }
}

async function runMocha(ring: MochaRing, env: NodeJS.ProcessEnv): Promise<number> {
  const folder = `test/${ring.folder}`;
  const files = existsSync(path.join(ROOT, folder)) ? testFiles(folder) : [];
  if (files.length === 0) {
    console.log(`There is no *.test.ts file in ${folder}; a ring without tests counts as failed.`);
    return 1;
  }
  const hooks = ring.hooks === undefined ? [] : ['--require', ring.hooks];
  const grep = ring.grep === undefined ? [] : ['--grep', ring.grep];
  const { command, reporter, ...made } = ring.emulate?.(files) ?? onThisNode(files);
  const [program, ...first] = command;
  const args = [...first, 'node_modules/mocha/bin/_mocha'].concat(
    ['--reporter', reporter, '--timeout', String(ring.timeoutMs), '--forbid-only'],
    hooks,
    grep,
    made.files,
  );
  return run(program, args, { env: { ...env, ...ring.environment?.() } });
}

function onThisNode(files: readonly string[]): MochaCommand {
  return { command: [process.execPath, '--import', 'tsx'], reporter: 'test/reporter.ts', files };
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  console.log('\n0 passed, 1 failed');
  process.exitCode = 1;
});
