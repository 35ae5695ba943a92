import { type Division, recordArguments, recordUnits, type TaskName } from './kernels';
import { type MemoryPlan, planMemory } from './memoryPlan';
import { isVirtual, type Recording, splitVirtual, type Step, type TaskStep } from './recording';

/**
 * Tasks that go through the samples of a batch one after the other make a chain: all of them run for a few
 * samples, then for the next, so that what one has written is still in the cache when the next reads it.
 * Without, every tensor goes to main memory and back. No value changes: a task computes the same for any
 * division of its work.
 */
export interface Chain extends Division {
  readonly kind: 'chain';
  readonly steps: readonly TaskStep[];
}

/** What of a recorded list happens at one time, as far as its memory goes. */
export type Stage = Chain | Step;

export interface StagePlan {
  readonly stages: readonly Stage[];
  readonly plan: MemoryPlan;
}

/** The steps of a stage, in their order. */
export function stepsOf(stage: Stage): readonly Step[] {
  return stage.kind === 'chain' ? stage.steps : [stage];
}

/** Whole numbers at an address: the records of shapes that tasks are given. */
export type ReadWhole = (address: number) => Int32Array;

/** How much of a chain's data the cache of a core should hold: what any of its tasks uses for a sample. */
const cacheBytes = 1.5 * 2 ** 20;

/** Which arguments of a task go with the samples; what it reads else, it reads whole. */
interface BySample {
  readonly reads: readonly number[];
  readonly writes: readonly number[];
  /** How often its work can be divided, 0 for not at all; as often as it has units unless given. */
  readonly parts?: (given: Float64Array, read: ReadWhole, units: number) => number;
}

const images: BySample['parts'] = (given, read) => read(given[0]!)[0]!;

/** Groups of rows, where all have as many: see group_start in reduction.h. */
const groupsOf =
  (rowsAt: number): BySample['parts'] =>
  (given, _read, units) =>
    given[rowsAt]! % (64 * units) === 0 ? units : 0;

const pointwise: BySample = { reads: [0], writes: [1] };
const pooling: BySample = { reads: [1], writes: [2], parts: images };

const tasksBySample: Partial<Record<TaskName, BySample>> = {
  conv2d: { reads: [1], writes: [5], parts: images },
  conv2d_input_gradient: { reads: [1], writes: [5], parts: images },
  depthwise: { reads: [1], writes: [5], parts: images },
  depthwise_input_gradient: { reads: [1], writes: [3], parts: images },
  max_pool: pooling,
  average_pool: pooling,
  l2_pool: pooling,
  max_pool_gradient: { reads: [1, 2], writes: [3], parts: images },
  average_pool_gradient: pooling,
  unary_relu: pointwise,
  unary_tanh: pointwise,
  unary_sigmoid: pointwise,
  unary_softplus: pointwise,
  unary_elu: pointwise,
  activation: { reads: [2], writes: [3] },
  activation_gradient: { reads: [2, 3], writes: [4] },
  binary_add: { reads: [1, 2], writes: [3], parts: sameShape },
  binary_relu_gradient: { reads: [1, 2], writes: [3], parts: sameShape },
  binary_elu_gradient: { reads: [1, 2], writes: [3], parts: sameShape },
  group_sums: { reads: [0], writes: [3], parts: groupsOf(1) },
  group_moments: { reads: [0], writes: [3], parts: groupsOf(1) },
  batch_norm: { reads: [0], writes: [8] },
  batch_norm_sums: { reads: [0, 1], writes: [10, 11], parts: groupsOf(8) },
  batch_norm_gradient: { reads: [0, 1], writes: [12] },
};

/** Two operands of one shape: a record of one axis, with a step of one in both. */
function sameShape(given: Float64Array, read: ReadWhole): number {
  const [rank, size, ...steps] = read(given[0]!);
  return rank === 1 && steps[5] === 1 && steps[11] === 1 ? size! : 0;
}

/** Tasks that can run before or after others, with the arguments that they write. */
const movableTasks: Partial<Record<TaskName, readonly number[]>> = {
  matmul_pack: [4],
  conv2d_pack: [2],
  conv2d_input_gradient_pack: [2],
  conv2d_filter_gradient: [4],
  depthwise_filter_gradient: [3],
  add_parts: [3],
  group_totals: [4],
  moment_totals: [4, 5],
  batch_norm_totals: [6, 7],
};

/** A use of memory: a block as a whole, or from an address on sample by sample. */
interface Use {
  readonly block: number;
  readonly isWritten: boolean;
  /** Undefined for the whole block. */
  readonly bySample?: number;
}

interface Movable {
  readonly step: TaskStep;
  readonly uses: readonly Use[];
}

interface Link extends Movable {
  readonly parts: number;
}

/**
 * Puts tasks together to chains. What stands between two links and can move goes before the chain where
 * nothing stands against it, else after.
 */
export function chainSteps(
  steps: readonly Step[],
  bytesOf: (block: number) => number,
  read: ReadWhole,
): readonly Stage[] {
  const stages: Stage[] = [];
  let links: Link[] = [];
  let after: Movable[] = [];

  function close(): void {
    const division = links.length > 1 ? divide(links, bytesOf) : undefined;
    const tasks = links.map(({ step }) => step);
    if (division) stages.push({ kind: 'chain', ...division, steps: tasks });
    else stages.push(...tasks);
    stages.push(...after.map(({ step }) => step));
    [links, after] = [[], []];
  }
  for (const step of steps) {
    const link = step.kind === 'task' ? linkOf(step, read) : undefined;
    const movable = step.kind === 'task' ? movableOf(step) : undefined;
    if (link) {
      const canJoin =
        links.every((other) => agree(other, link)) &&
        !after.some((other) => conflict(other, link)) &&
        divide([...links, link], bytesOf) !== undefined;
      if (!canJoin) close();
      links.push(link);
    } else if (movable && [...links, ...after].some((other) => conflict(other, movable))) {
      after.push(movable);
    } else {
      if (!movable) close();
      stages.push(step);
    }
  }
  close();
  return stages;
}

/**
 * The stages of a list and where its memory goes. Chains need more of it, as what waits keeps its operands:
 * they are left out where there is no more than `mostBytes`.
 */
export function planStages(recording: Recording, read: ReadWhole, mostBytes: number): StagePlan {
  const chained = chainSteps(recording.steps, (block) => recording.sizeOf(block), read);
  const planned = planOf(recording, chained);
  return planned.plan.peakBytes <= mostBytes ? planned : planOf(recording, recording.steps);
}

function planOf(recording: Recording, stages: readonly Stage[]): StagePlan {
  return { stages, plan: planMemory(recording.lifetimes(stages.map(stepsOf))) };
}

function linkOf(step: TaskStep, read: ReadWhole): Link | undefined {
  const bySample = tasksBySample[step.task.name as TaskName];
  if (!bySample) return undefined;
  const [units, given] = [recordUnits(step.values), recordArguments(step.values)];
  const parts = bySample.parts ? bySample.parts(given, read, units) : units;
  if (parts < 2 || units % parts !== 0) return undefined;
  const uses = usesOf(step, bySample.writes).map((use, i) => {
    const place = step.task.addresses[i]!;
    const isBySample = [...bySample.reads, ...bySample.writes].includes(place);
    return isBySample ? { ...use, bySample: given[place]! } : use;
  });
  return { step, parts, uses };
}

function movableOf(step: TaskStep): Movable | undefined {
  const writes = movableTasks[step.task.name as TaskName];
  return writes && { step, uses: usesOf(step, writes) };
}

/** One for each address among the arguments; what has its place already counts as a block of its own. */
function usesOf(step: TaskStep, writes: readonly number[]): readonly Use[] {
  const given = recordArguments(step.values);
  return step.task.addresses.map((place) => {
    const address = given[place]!;
    const block = isVirtual(address) ? splitVirtual(address).block : -1 - address;
    return { block, isWritten: writes.includes(place) };
  });
}

/** Whether one writes what the other uses: they must keep their order. */
function conflict(a: Movable, b: Movable): boolean {
  return meetings(a, b).length > 0;
}

/** Whether that happens only sample by sample, at the same places: then links keep their order. */
function agree(a: Movable, b: Movable): boolean {
  return meetings(a, b).every(([x, y]) => x.bySample !== undefined && x.bySample === y.bySample);
}

function meetings(a: Movable, b: Movable): readonly (readonly [Use, Use])[] {
  return a.uses.flatMap((x) =>
    b.uses.flatMap((y) =>
      x.block === y.block && (x.isWritten || y.isWritten) ? [[x, y] as const] : [],
    ),
  );
}

/** How the links can be divided; undefined where the cache cannot hold what makes it worth while. */
function divide(links: readonly Link[], bytesOf: (block: number) => number): Division | undefined {
  const samples = links.map(({ parts }) => parts).reduce(greatestCommonDivisor);
  let [largest, least] = [1, 1];
  for (const { uses } of links) {
    const sum = (some: readonly Use[]): number =>
      some.reduce((total, { block }) => total + (block < 0 ? 0 : bytesOf(block)), 0);
    const sampleBytes = sum(uses.filter(({ bySample }) => bySample !== undefined)) / samples;
    const wholeBytes = sum(uses.filter(({ bySample }) => bySample === undefined));
    largest = Math.max(largest, sampleBytes);
    least = Math.max(least, Math.ceil(wholeBytes / sampleBytes));
  }
  const atOnce = Math.floor(cacheBytes / largest);
  return samples > 1 && least <= atOnce ? { samples, atOnce, least } : undefined;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
