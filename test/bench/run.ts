// npm run bench [part of a title]: runs the benchmarks one after the other and prints them.
import type { Benchmark } from './benchmark';
import { activationBenchmark } from './activation';
import { sizeBenchmark } from './sizes';
import { stepBenchmark } from './step';

const benchmarks: readonly Benchmark[] = [stepBenchmark, activationBenchmark, sizeBenchmark];

async function main(): Promise<void> {
  const wanted = (process.argv[2] ?? '').toLowerCase();
  for (const { title, run } of benchmarks) {
    if (!title.toLowerCase().includes(wanted)) continue;
    console.log(`\n${title}`);
    const rows = await run();
    const width = Math.max(0, ...rows.map(({ what }) => what.length));
    for (const { what, value, note } of rows) {
      console.log(`  ${what.padEnd(width)}  ${value}${note ? `  (${note})` : ''}`);
    }
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
