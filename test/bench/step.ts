// Milliseconds of one training step of the trainer, on every engine variant that works here.
import { openEngine } from '../../server/training/engine/engine';
import { nativeProcessors } from '../../server/training/engine/native/addon';
import { defaultThreads } from '../../server/training/engine/threads';
import type { Benchmark, BenchmarkRow } from './benchmark';
import { openNet, type NetName } from './nets';
import { timeSteps } from './timing';

const nets: readonly NetName[] = ['a', 'b', 's'];
const rounds = 4;
const secondsEach = 1.5;

/** Engines are measured in turns, so that what else the machine does hits all of them. */
export const stepBenchmark: Benchmark = {
  title: 'Training step',
  run: async () => {
    const times = new Map<string, Measured>();
    for (let round = 0; round < rounds; round++) {
      for (const candidate of candidates()) {
        await measure(candidate, times);
      }
    }
    return [...times].map(([what, { milliseconds, gigaFlop }]): BenchmarkRow => {
      const sorted = milliseconds.sort((a, b) => a - b);
      const median = sorted[sorted.length >> 1]!;
      return {
        what,
        value: `${median.toFixed(1)} ms (min ${sorted[0]!.toFixed(1)})`,
        note: `${(gigaFlop / (median / 1000)).toFixed(1)} GFLOP/s, ${sorted.length} steps`,
      };
    });
  },
};

interface Candidate {
  readonly engine: 'native' | 'wasm';
  readonly kernels: string;
  readonly threads: number;
}

function candidates(): readonly Candidate[] {
  const threadCounts = [...new Set([1, defaultThreads()])];
  const kernels = [
    ...nativeProcessors().map((name) => ['native', name] as const),
    ['wasm', 'relaxed'] as const,
    ['wasm', 'plain'] as const,
  ];
  return kernels.flatMap(([engine, name]) =>
    threadCounts.map((threads) => ({ engine, kernels: name, threads })),
  );
}

interface Measured {
  readonly milliseconds: number[];
  readonly gigaFlop: number;
}

async function measure(
  { engine: id, ...options }: Candidate,
  times: Map<string, Measured>,
): Promise<void> {
  const engine = await openEngine(id, options);
  for (const name of nets) {
    const net = await openNet(name);
    const what = `net ${net.name}, ${engine.facts.description}, threads: ${engine.facts.threads}`;
    const measured = times.get(what) ?? { milliseconds: [], gigaFlop: net.gigaFlop };
    measured.milliseconds.push(...(await timeSteps(net.step, secondsEach)));
    times.set(what, measured);
    net.dispose();
  }
  engine.dispose();
}
