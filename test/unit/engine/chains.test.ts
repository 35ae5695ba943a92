import assert from 'node:assert/strict';
import { chainSteps, planStages, stepsOf } from '../../../server/training/engine/backend/chains';
import { recordArguments, recordLength } from '../../../server/training/engine/backend/kernels';
import type { TaskName } from '../../../server/training/engine/backend/kernels';
import {
  Recording,
  type Step,
  type TaskStep,
} from '../../../server/training/engine/backend/recording';

const [images, height, width, channels] = [16, 8, 8, 4] as const;
const elements = images * height * width * channels;
/** Where the tests keep the record of a convolution that keeps the shape, and that of a sum. */
const [convolution, sameShape] = [1000, 2000] as const;

function read(address: number): Int32Array {
  if (address === sameShape) return Int32Array.of(1, elements, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1);
  return Int32Array.of(images, height, width, channels, height, width, channels, 3, 3);
}

/** A call of a kernel: its arguments by their places, and how many units of work it asks for. */
function task(name: TaskName, given: Readonly<Record<number, number>>, units: number): TaskStep {
  const values = new Float64Array(recordLength);
  values[1] = units;
  const places = Object.keys(given).map(Number);
  for (const place of places) recordArguments(values)[place] = given[place]!;
  return { kind: 'task', task: { name, idx: 0, addresses: places }, values };
}

const relu = (x: number, y: number): TaskStep => task('unary_relu', { 0: x, 1: y }, elements);
const convolve = (x: number, packed: number, y: number): TaskStep =>
  task('conv2d', { 0: convolution, 1: x, 2: packed, 5: y }, images);
const pack = (filter: number, packed: number): TaskStep =>
  task('conv2d_pack', { 0: convolution, 1: filter, 2: packed }, 1);
const gradient = (x: number, dy: number, parts: number): TaskStep =>
  task('conv2d_filter_gradient', { 0: convolution, 1: x, 2: dy, 4: parts }, 16);

function namesOf(recording: Recording, steps: readonly Step[]): readonly string[] {
  const stages = chainSteps(steps, (block) => recording.sizeOf(block), read);
  return stages.map((stage) =>
    stepsOf(stage)
      .map((step) => (step.kind === 'task' ? step.task.name : step.name))
      .join(' '),
  );
}

describe('chains of tasks', () => {
  const recording = new Recording();
  const tensor = (): number => recording.allocate(4 * elements);
  const weights = (): number => recording.allocate(36 * channels * channels);

  it('are tasks that go through the samples one after the other, as many at once as the cache holds', () => {
    const [x, y, z, w] = [tensor(), tensor(), tensor(), weights()];
    const sum = task('binary_add', { 0: sameShape, 1: z, 2: x, 3: tensor() }, elements);
    const [stage, ...others] = chainSteps(
      [convolve(x, w, y), relu(y, z), sum],
      (block) => recording.sizeOf(block),
      read,
    );
    assert.equal(others.length, 0);
    assert.ok(stage?.kind === 'chain');
    const { samples, atOnce, least } = stage;
    // The sum takes most: three tensors.
    const fit = Math.floor((1.5 * 2 ** 20 * images) / (3 * recording.sizeOf(0)));
    assert.deepEqual({ samples, atOnce, least }, { samples: images, atOnce: fit, least: 1 });
  });

  it('end before a task that reads as a whole, or from elsewhere, what one of them wrote', () => {
    const [x, y, z] = [tensor(), tensor(), tensor()];
    assert.deepEqual(namesOf(recording, [relu(x, y), convolve(x, y, z)]), ['unary_relu', 'conv2d']);
    assert.deepEqual(namesOf(recording, [relu(x, y), relu(y + 4, z)]), [
      'unary_relu',
      'unary_relu',
    ]);
    assert.deepEqual(namesOf(recording, [convolve(x, y, z), relu(z, y)]), ['conv2d', 'unary_relu']);
  });

  it('have before them what they do not feed, and after them what can wait', () => {
    const [x, dy, dx, to, w] = [tensor(), tensor(), tensor(), tensor(), weights()];
    const steps = [relu(x, dy), gradient(x, dy, weights()), pack(7, w), convolve(dy, w, dx)];
    assert.deepEqual(namesOf(recording, steps), [
      'conv2d_pack',
      'unary_relu conv2d',
      'conv2d_filter_gradient',
    ]);
    // What waits has to come first where a later task needs it.
    const parts = tensor();
    const needed = [relu(x, dy), gradient(x, dy, parts), relu(parts, to)];
    assert.deepEqual(namesOf(recording, needed), [
      'unary_relu',
      'conv2d_filter_gradient',
      'unary_relu',
    ]);
  });

  it('are not moved past a task that is not known, nor past work in JavaScript', () => {
    const [x, y, z] = [tensor(), tensor(), tensor()];
    const unknown = task('fill', { 0: tensor() }, elements);
    const host: Step = {
      kind: 'host',
      name: 'host',
      inputs: [],
      outputs: [],
      work: () => undefined,
    };
    for (const [step, name] of [
      [unknown, 'fill'],
      [host, 'host'],
    ] as const)
      // prettier-ignore
      assert.deepEqual(namesOf(recording, [relu(x, y), step, relu(y, z)]), [
        'unary_relu',
        name,
        'unary_relu',
      ]);
  });

  it('are not made where all weights would be read again for a few samples', () => {
    const [x, y, z] = [tensor(), tensor(), tensor()];
    const heavy = recording.allocate(2 ** 24);
    assert.deepEqual(namesOf(recording, [convolve(x, heavy, y), relu(y, z)]), [
      'conv2d',
      'unary_relu',
    ]);
  });

  it('keep all memory that they use until their last task is done for all samples', () => {
    const own = new Recording();
    const [x, y, z, w] = [0, 1, 2, 3].map(() => own.allocate(4 * elements));
    const chain = chainSteps(
      [relu(x!, y!), relu(y!, z!), relu(z!, w!)],
      (b) => own.sizeOf(b),
      read,
    );
    assert.equal(chain.length, 1);
    assert.deepEqual(
      own.lifetimes(chain.map(stepsOf)).map(({ first, last }) => [first, last]),
      [0, 1, 2, 3].map(() => [0, 0]),
    );
  });

  it('are left out where there is not memory enough for what waits', () => {
    const own = new Recording();
    const add = ({ task, values }: TaskStep): void => {
      values[0] = task.idx;
      own.addTask(task, values);
    };
    const block = (): number => own.allocate(4 * elements);
    const [x, dy, z, w, parts] = [block(), block(), block(), block(), block()];
    own.keepFromStart(x);
    [relu(x, dy), gradient(x, dy, parts), relu(dy, z), relu(z, w)].forEach(add);
    const [enough, less] = [Infinity, 4 * 4 * elements].map((most) => planStages(own, read, most));
    assert.deepEqual([enough!.stages.length, less!.stages.length], [2, 4]);
    assert.ok(less!.plan.peakBytes < enough!.plan.peakBytes);
  });
});
