// npm run bench:peers [-- [nets] [people] [augmentation] --net NAME --rounds N --seconds N]: Lightbench
// beside PyTorch and Keras. All sides take turns on the same cores; nothing here passes or fails.
import { writeFileSync } from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { parseArgs } from 'node:util';
import { CACHE } from '../../../scripts/processes';
import { netExperiment, netNames, type NetName } from '../nets';
import { peopleBound, stepBounds } from './bounds';
import { measurePeak } from './peak';
import { peopleTitle, planPeople, timePersonRun } from './people';
import { printAugmentation, printScaling, printSteps, printTimes } from './report';
import { judge, type BoundOf, type Judgement, type Measured } from './results';
import { startSide, type Side, type Versions } from './side';
import { nodeVersions, planSides, threads, type SidePlan } from './sides';
import { augmentationSubject, augmentedImages, netSubject, type Subject } from './subject';

const parts = ['nets', 'people', 'augmentation'] as const;
type Part = (typeof parts)[number];

interface Options {
  readonly parts: readonly Part[];
  readonly nets: readonly NetName[];
  readonly rounds: number;
  readonly seconds: number;
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  const load = os.loadavg()[0]!.toFixed(1);
  console.log(`${os.cpus()[0]?.model}; ${threads} threads a side; load before the start: ${load}`);
  const peaks = new Map<number, number>();
  const { versions, measured } = await measureSides(subjectsOf(options), options, peaks);
  const nets = reportNets(options.nets, measured, peaks);
  const augmentation = measured.filter(({ subject }) => subject === 'augmentation');
  if (augmentation.length > 0) {
    printAugmentation('Augmentation of 32x32x3 on one core', augmentation, augmentedImages);
  }
  const people = options.parts.includes('people') ? await reportPeople(options.rounds) : [];
  const file = path.join(CACHE, 'bench-peers.json');
  const results = { versions, peaks: Object.fromEntries(peaks), nets, augmentation, people };
  writeFileSync(file, JSON.stringify(results, undefined, 2));
  console.log(`\nAll figures: ${path.relative(process.cwd(), file)}`);
}

function subjectsOf({ parts: wanted, nets }: Options): readonly Subject[] {
  return [
    ...(wanted.includes('nets') ? nets.map(netSubject) : []),
    ...(wanted.includes('augmentation') ? [augmentationSubject()] : []),
  ];
}

function readOptions(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      net: { type: 'string', multiple: true },
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '0.7' },
    },
  });
  const nets = pick(values.net ?? netNames, netNames, 'net');
  // Whoever names a net wants nothing else.
  const named = values.net === undefined ? parts : ['nets'];
  return {
    nets,
    parts: pick(positionals.length > 0 ? positionals : named, parts, 'part'),
    rounds: positive(values.rounds, '--rounds'),
    seconds: positive(values.seconds, '--seconds'),
  };
}

function pick<T extends string>(names: readonly string[], known: readonly T[], what: string): T[] {
  const unknown = names.find((name) => !known.some((one) => one === name));
  if (unknown === undefined) return known.filter((one) => names.includes(one));
  throw new Error(
    `No ${what} of the benchmark is called "${unknown}". There are: ${known.join(', ')}.`,
  );
}

function positive(text: string, option: string): number {
  const value = Number(text);
  if (value > 0) return value;
  throw new Error(`${option} must be a positive number; got ${text}.`);
}

interface RunningSide {
  readonly plan: SidePlan;
  readonly side: Side;
}

/** Rounds of all sides and subjects in turns, so that what else the machine does hits all of them. */
async function measureSides(
  subjects: readonly Subject[],
  { rounds, seconds }: Options,
  peaks: Map<number, number>,
): Promise<{ versions: Record<string, Versions>; measured: readonly Measured[] }> {
  if (subjects.length === 0) return { versions: {}, measured: [] };
  const running: RunningSide[] = [];
  for (const plan of await planSides()) running.push({ plan, side: await startSide(plan.command) });
  const measured = new Map<string, Measured>();
  for (let round = 0; round < rounds; round++) {
    console.log(`Round ${round + 1} of ${rounds} ...`);
    for (const cores of [1, threads]) {
      peaks.set(cores, Math.max(peaks.get(cores) ?? 0, await measurePeak(cores)));
    }
    for (const subject of subjects) {
      for (const one of running) await measureSide(one, subject, seconds, measured);
    }
  }
  for (const { side } of running) side.dispose();
  const versions = Object.fromEntries(
    running.map(({ plan, side }) => [`${plan.name}, ${plan.threads} threads`, side.versions]),
  );
  return { versions, measured: [...measured.values()] };
}

/** One round of one side on one subject: each of its variants that has not failed before. */
async function measureSide(
  { plan, side }: RunningSide,
  subject: Subject,
  seconds: number,
  measured: Map<string, Measured>,
): Promise<void> {
  for (const variant of plan.variants(subject)) {
    const key = [subject.name, plan.name, plan.threads, variant].join();
    const { name, team, node } = plan;
    const base = { subject: subject.name, side: name, team, variant, threads: plan.threads };
    const entry: Measured = measured.get(key) ?? {
      ...base,
      ...(node === undefined ? {} : { node }),
      milliseconds: [],
    };
    measured.set(key, entry);
    if (entry.error !== undefined) continue;
    const answer = await side.ask({ subject, variant, seconds });
    if ('error' in answer) entry.error = answer.error;
    else if (answer.parameters === subject.parameters)
      entry.milliseconds.push(...answer.milliseconds);
    else entry.error = `another net: ${answer.parameters} parameters, not ${subject.parameters}`;
  }
}

/** Whole runs take seconds: a few rounds of them are enough. */
const mostRunsOfPeople = 3;

async function reportPeople(rounds: number): Promise<readonly Judgement[]> {
  const measured = await measurePeople(Math.min(rounds, mostRunsOfPeople));
  const judged = judge(measured, ({ team }) => (team === 'native' ? peopleBound : undefined));
  printTimes(peopleTitle, judged, measured.filter(hasFailed));
  return judged;
}

async function measurePeople(rounds: number): Promise<readonly Measured[]> {
  console.log('\nWhole runs, one after the other ...');
  const runs = (await planPeople()).map((run) => {
    const { name, team } = run;
    const measured: Measured = {
      ...{ subject: 'people', side: name, team, variant: '', threads, milliseconds: [] },
    };
    return { run, measured };
  });
  for (let round = 0; round < rounds; round++) {
    for (const { run, measured } of runs) {
      if (measured.error !== undefined) continue;
      try {
        measured.milliseconds.push(await timePersonRun(run));
      } catch (error) {
        measured.error = String(error);
      }
    }
  }
  return runs.map(({ measured }) => measured);
}

/** Prints a table for each net, and gives what is in them. */
function reportNets(
  nets: readonly NetName[],
  measured: readonly Measured[],
  peaks: ReadonlyMap<number, number>,
): readonly Judgement[] {
  const all: Judgement[] = [];
  for (const name of nets) {
    const those = measured.filter(({ subject }) => subject === name);
    if (those.length === 0) continue;
    const { summary, experiment, gigaFlop } = netExperiment(name);
    const { batchSize } = experiment.training;
    const title = `Net ${name}: ${summary}; batch ${batchSize}, ${gigaFlop.toPrecision(3)} GFLOP a step`;
    const judged = judge(those, boundOfNet(name));
    printSteps(title, judged, those.filter(hasFailed), { gigaFlop, peaks });
    all.push(...judged);
  }
  printScaling(pairsByThreads(all));
  return all;
}

/** Bounds hold on all threads; those of WebAssembly on the newer Node. */
function boundOfNet(name: NetName): BoundOf {
  return ({ team, node, threads: count }) => {
    if (count !== threads) return undefined;
    if (team === 'native') return stepBounds[name].native;
    return team === 'wasm' && node === nodeVersions[0] ? stepBounds[name].wasm : undefined;
  };
}

function pairsByThreads(
  all: readonly Judgement[],
): readonly { subject: string; one: Judgement; two: Judgement }[] {
  return all.flatMap((one) => {
    if (one.threads !== 1) return [];
    const two = all.find(
      ({ subject, side, threads: count }) =>
        subject === one.subject && side === one.side && count === threads,
    );
    return two === undefined ? [] : [{ subject: one.subject, one, two }];
  });
}

function hasFailed({ error }: Measured): boolean {
  return error !== undefined;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
