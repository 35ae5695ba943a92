// Milliseconds of one training step of the probe networks, on every engine variant that works here.
import { openEngine } from '../../server/training/engine/engine';
import type { Benchmark, BenchmarkRow } from './benchmark';
import { netA, netB } from './nets';

const secondsEach = 4;
const warmUpSteps = 3;

export const stepBenchmark: Benchmark = {
  title: 'Training step, batch 128',
  run: async () => {
    const rows: BenchmarkRow[] = [];
    for (const kernels of ['relaxed', 'plain'] as const) {
      const engine = await openEngine('wasm', { kernels });
      for (const build of [netA, netB]) {
        const net = build();
        const times = timeSteps(net.step);
        const median = times[times.length >> 1]!;
        rows.push({
          what: `net ${net.name}, ${engine.facts.description}, ${engine.facts.threads} thread`,
          value: `${median.toFixed(1)} ms (min ${times[0]!.toFixed(1)})`,
          note: `${(net.gigaFlop / (median / 1000)).toFixed(1)} GFLOP/s, ${times.length} steps`,
        });
        net.dispose();
      }
      engine.dispose();
    }
    return rows;
  },
};

function timeSteps(step: () => number): number[] {
  for (let i = 0; i < warmUpSteps; i++) step();
  const times: number[] = [];
  const end = performance.now() + secondsEach * 1000;
  while (performance.now() < end) {
    const start = performance.now();
    step();
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b);
}
