// Milliseconds of one training step of the probe networks, on every engine variant that works here.
import { openEngine } from '../../server/training/engine/engine';
import { nativeProcessors } from '../../server/training/engine/native/addon';
import { defaultThreads } from '../../server/training/engine/threads';
import type { Benchmark, BenchmarkRow } from './benchmark';
import { netA, netB } from './nets';

const rounds = 4;
const secondsEach = 1.5;
const warmUpSteps = 3;

/** Engines are measured in turns, so that what else the machine does hits all of them. */
export const stepBenchmark: Benchmark = {
  title: 'Training step, batch 128',
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
  for (const build of [netA, netB]) {
    const net = build();
    const what = `net ${net.name}, ${engine.facts.description}, threads: ${engine.facts.threads}`;
    const measured = times.get(what) ?? { milliseconds: [], gigaFlop: net.gigaFlop };
    measured.milliseconds.push(...timeSteps(net.step));
    times.set(what, measured);
    net.dispose();
  }
  engine.dispose();
}

function timeSteps(step: () => number): number[] {
  for (let i = 0; i < warmUpSteps; i++) step();
  const times: number[] = [];
  const end = performance.now() + secondsEach * 1000;
  while (performance.now() < end) {
    const start = performance.now();
    step();
    times.push(performance.now() - start);
  }
  return times;
}
