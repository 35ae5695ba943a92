import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import type { SplitResults } from '#common/run/events';
import type { RunRecord } from '#common/run/record';
import { decodeSafetensors } from '#common/safetensors';
import { openRunFollower } from '#runs/follow';
import {
  experimentFolder,
  experimentText,
  jsonLines,
  removeFolders,
  run,
  start,
  type CallOptions,
  type JsonEvent,
  type Outcome,
} from './cli';

afterEach(removeFolders);

const file = 'x.experiment.json';

/** The members that do not depend on the clock. */
function timeless(event: JsonEvent): unknown {
  const clocked = ['seconds', 'stepMilliseconds', 'samplesPerSecond', 'run'];
  return Object.fromEntries(Object.entries(event).filter(([name]) => !clocked.includes(name)));
}

function runFolderOf(outcome: Outcome): string {
  const { folder } = jsonLines(outcome)[0]?.['run'] as { folder: string };
  return folder;
}

function recordIn(folder: string): RunRecord {
  return JSON.parse(readFileSync(path.join(folder, 'run.json'), 'utf8')) as RunRecord;
}

async function trainJson(args: readonly string[], options: CallOptions): Promise<Outcome> {
  return run(['train', file, '--json', ...args], options);
}

function weightsIn(folder: string) {
  const bytes = readFileSync(path.join(folder, 'checkpoints', 'last.safetensors'));
  return decodeSafetensors(bytes).tensors;
}

describe('train', () => {
  it('shows where the time goes, to people and to programs, and writes a trace', async () => {
    const cwd = experimentFolder();
    const outcome = await trainJson(['--profile'], { cwd });
    assert.equal(outcome.code, 0, outcome.stderr);
    const profile = jsonLines(outcome).find(({ event }) => event === 'profile');
    const kernels = profile?.['kernels'] as readonly { readonly name: string; share: number }[];
    assert.ok(kernels.some(({ name }) => name === 'matmul'));
    const sum = kernels.reduce((total, { share }) => total + share, 0);
    assert.ok(Math.abs(sum - 1) < 1e-9);
    assert.ok(existsSync(profile?.['file'] as string));
    const people = await run(['train', file, '--profile'], { cwd });
    assert.match(people.stdout, /kernel +calls +ms +share\n(.*\n)* +matmul +\d/);
    assert.match(people.stdout, /chrome:\/\/tracing/);
    // Watching does not change what is learned.
    const plain = await trainJson([], { cwd });
    assert.deepEqual(weightsIn(runFolderOf(outcome)), weightsIn(runFolderOf(plain)));
  });

  it('answers with a line for the start, each epoch and the end', async () => {
    const cwd = experimentFolder();
    const outcome = await trainJson([], { cwd });
    assert.equal(outcome.code, 0, outcome.stderr);
    const lines = jsonLines(outcome);
    assert.deepEqual(
      lines.map(({ event }) => event),
      ['start', 'epoch', 'epoch', 'epoch', 'end'],
    );
    const [begin, first] = lines;
    const end = lines.at(-1);
    const { id, folder } = begin?.['run'] as { id: string; folder: string };
    assert.equal(folder, path.join(cwd, '.lightbench', 'runs', id));
    assert.match((begin?.['engine'] as { id: string }).id, /^(native|wasm)$/);
    assert.equal(first?.['epoch'], 1);
    for (const split of ['train', 'validation']) {
      assert.deepEqual(Object.keys(first?.[split] as object), ['loss', 'accuracy']);
    }
    assert.equal(end?.['status'], 'finished');
    assert.deepEqual(end['run'], { id, folder });
    assert.deepEqual(Object.keys(end['results'] as object), ['train', 'validation']);
    const { median, p95 } = end['stepMilliseconds'] as { median: number; p95: number };
    assert.ok(median > 0 && p95 >= median);
    assert.ok((end['samplesPerSecond'] as number) > 0);

    const record = recordIn(folder);
    assert.deepEqual(
      [record.status, record.seed, record.experimentFile],
      ['finished', 3, path.join(cwd, file)],
    );
    for (const name of ['experiment.json', 'experiment.resolved.json', 'results.json', 'log.txt']) {
      assert.ok(existsSync(path.join(folder, name)), name);
    }
    assert.equal(readFileSync(path.join(folder, 'experiment.json'), 'utf8'), experimentText());
    const series = (await openRunFollower(folder)).series();
    const loss = series.find(({ split, tag }) => split === 'validation' && tag === 'epoch_loss');
    assert.equal(loss?.values.length, 3);
    const told = lines.slice(1, 4).map((event) => (event['validation'] as { loss: number }).loss);
    assert.deepEqual([...loss.values], told.map(Math.fround));
  });

  it('gives the same figures and weights again with the same seed, and others with another', async () => {
    const cwd = experimentFolder();
    const [first, second, other] = await Promise.all([
      trainJson(['--seed', '5'], { cwd }),
      trainJson(['--set', 'seed=5'], { cwd }),
      trainJson(['--seed', '6'], { cwd }),
    ]);
    assert.deepEqual(jsonLines(first).map(timeless), jsonLines(second).map(timeless));
    assert.deepEqual(weightsIn(runFolderOf(first)), weightsIn(runFolderOf(second)));
    assert.notDeepEqual(weightsIn(runFolderOf(first)), weightsIn(runFolderOf(other)));
    assert.equal(recordIn(runFolderOf(second)).seed, 5);
  });

  it('takes values, a folder, an engine and weights from the command line', async () => {
    const cwd = experimentFolder();
    const first = await trainJson(['--set', 'training.epochs=1', '--out', 'here'], { cwd });
    assert.equal(first.code, 0, first.stderr);
    const folder = runFolderOf(first);
    assert.equal(path.dirname(folder), path.join(cwd, 'here'));
    assert.equal(jsonLines(first).length, 3);
    const weights = path.join(folder, 'checkpoints', 'last.safetensors');
    const args = ['--initial', weights, '--engine', 'wasm', '--threads', '2'];
    const second = await trainJson(args, { cwd });
    assert.equal(second.code, 0, second.stderr);
    assert.deepEqual(recordIn(runFolderOf(second)).request, { engine: 'wasm', threads: 2 });
    const initial = path.join(runFolderOf(second), 'checkpoints', 'initial.safetensors');
    assert.deepEqual(readFileSync(initial), readFileSync(weights));
  });

  it('speaks to people in plain lines when they read from a file', async () => {
    const { code, stdout, stderr } = await run(['train', file], { cwd: experimentFolder() });
    assert.equal(code, 0, stderr);
    assert.doesNotMatch(stdout + stderr, /[\x1b\r]/);
    assert.match(stdout, /^1\/3 {2}train loss [\d.]+ accuracy [\d.]+ {2}validation loss/m);
    assert.match(stdout, /^Finished after [\d.]+ s \([\d.]+ ms a step, \d+ samples a second\)$/m);
    assert.match(stdout, /the run +\.lightbench\/runs\/\d{8}-\d{6}-small-/);
    assert.match(stdout, /node \S*cli\.js evaluate \S+ --split test --open-test/);
  });

  it('refuses what cannot be trained before it makes a run', async () => {
    const cwd = experimentFolder({ optimizer: { type: 'adam', learningRate: -1 } });
    const { code, stdout, stderr } = await trainJson([], { cwd });
    assert.deepEqual({ code, stdout }, { code: 1, stdout: '' });
    assert.match(stderr, /error optimizer\.learningRate: .*-1/);
    assert.equal(existsSync(path.join(cwd, '.lightbench')), false);
  });

  it('refuses initial weights that are missing or are none', async () => {
    const cwd = experimentFolder();
    const missing = await trainJson(['--initial', 'none.safetensors'], { cwd });
    assert.equal(missing.code, 1);
    assert.match(missing.stderr, /initial weights none\.safetensors.*Check the path/);
    writeFileSync(path.join(cwd, 'broken.safetensors'), 'no tensors');
    const broken = await trainJson(['--initial', 'broken.safetensors'], { cwd });
    assert.equal(broken.code, 1);
    assert.match(broken.stderr, /cannot be (read|used)/);
  });

  it('refuses an engine that is not there', async () => {
    const cwd = experimentFolder();
    const env = { LIGHTBENCH_ENGINES: path.join(cwd, 'none'), LIGHTBENCH_TENSORFLOW_PATH: cwd };
    const absent = await trainJson(['--engine', 'cuda'], { cwd, env });
    assert.equal(absent.code, 1);
    assert.match(absent.stderr, /engine "cuda" is not available.*Use "auto"/);
    const noisy = experimentFolder({ physics: [{ type: 'shotNoise', photons: 200 }] });
    const unfit = await trainJson(['--engine', 'webgpu'], { cwd: noisy });
    assert.equal(unfit.code, 1);
    assert.match(unfit.stderr, /engine "webgpu" cannot train "shotNoise"/);
  });

  it('refuses a place where no run can be made', async () => {
    const cwd = experimentFolder();
    const { code, stdout, stderr } = await trainJson(['--out', file], { cwd });
    assert.deepEqual({ code, stdout }, { code: 1, stdout: '' });
    assert.match(
      stderr,
      /Could not create the run in .*: something else is there \(EEXIST\)\. Choose another place/,
    );
  });

  it('ends with code 3 when the numbers blow up', async () => {
    const optimizer = { type: 'sgd', learningRate: 10 };
    const loss = { type: 'meanSquaredError' };
    const layers = [{ type: 'flatten' }, { type: 'dense', units: 64 }, { type: 'dense', units: 2 }];
    const cwd = experimentFolder({ optimizer, loss, model: { layers }, training: { epochs: 200 } });
    const outcome = await trainJson([], { cwd });
    assert.equal(outcome.code, 3, outcome.stdout + outcome.stderr);
    const end = jsonLines(outcome).at(-1);
    assert.deepEqual([end?.event, end?.['status']], ['end', 'failed']);
    assert.match(String(end?.['message']), /optimizer\.learningRate. \(now 10\)/);
    assert.equal(recordIn(runFolderOf(outcome)).status, 'failed');
  });

  it('ends with code 3 when the disk is full, and keeps what was written', async () => {
    const cwd = experimentFolder({ training: { epochs: 500, batchSize: 5 } });
    // A limit of 16 KiB a file meets the same end as a full disk, and needs no rights.
    const wrapper = ['bash', '-c', 'ulimit -f 16; exec "$@"', 'bash'];
    const outcome = await trainJson([], { cwd, wrapper });
    assert.equal(outcome.code, 3, outcome.stdout.slice(-500) + outcome.stderr);
    assert.match(outcome.stdout + outcome.stderr, /disk is full.*Make room/);
    const folder = runFolderOf(outcome);
    const series = (await openRunFollower(folder)).series();
    assert.ok((series.find(({ tag }) => tag === 'batch_loss')?.steps.length ?? 0) > 20);
    const again = await run(['resume', folder, '--json'], { cwd, wrapper });
    assert.equal(again.code, 3, 'it fails again while nothing has changed');
  });
});

describe('a run that is interrupted', () => {
  const long = { training: { epochs: 100_000, batchSize: 20 } };

  it('by Ctrl+C ends with code 130, and goes on to the end of an undisturbed one', async () => {
    const cwd = experimentFolder({ training: { epochs: 40, batchSize: 4 } });
    const undisturbed = await trainJson([], { cwd });
    const { child, outcome, nextEvent } = start(['train', file, '--json'], { cwd });
    await nextEvent(({ event }) => event === 'epoch');
    child.kill('SIGINT');
    const stopped = await outcome;
    assert.equal(stopped.code, 130);
    assert.match(stopped.stderr, /Stopping: finishing the step and writing a checkpoint/);
    assert.equal(jsonLines(stopped).at(-1)?.['status'], 'stopped');
    const folder = runFolderOf(stopped);
    assert.equal(recordIn(folder).status, 'stopped');
    const resumed = await run(['resume', path.basename(folder), '--json'], { cwd });
    assert.equal(resumed.code, 0, resumed.stderr);
    const end = (lines: Outcome) => (jsonLines(lines).at(-1) as JsonEvent)['results'];
    assert.deepEqual(end(resumed), end(undisturbed));
    assert.deepEqual(weightsIn(folder), weightsIn(runFolderOf(undisturbed)));
  });

  it('by Ctrl+C that npm passes on as well still ends softly', async () => {
    const cwd = experimentFolder(long);
    const { child, outcome, nextEvent } = start(['train', file, '--json'], { cwd });
    await nextEvent(({ event }) => event === 'epoch');
    child.kill('SIGINT');
    child.kill('SIGTERM');
    const stopped = await outcome;
    assert.equal(stopped.code, 130);
    assert.equal(recordIn(runFolderOf(stopped)).status, 'stopped');
  });

  it('by SIGKILL is listed as interrupted and can be resumed', async () => {
    const cwd = experimentFolder(long);
    const { child, outcome, nextEvent } = start(['train', file, '--json'], { cwd });
    await nextEvent(({ event, epoch }) => event === 'epoch' && epoch === 2);
    child.kill('SIGKILL');
    const folder = runFolderOf(await outcome);
    assert.equal(recordIn(folder).status, 'running', 'nobody could write the end');
    const list = await run(['runs', '--json'], { cwd });
    const [record] = JSON.parse(list.stdout) as RunRecord[];
    assert.equal(record?.status, 'interrupted');
    const stop = await run(['stop', record.id, '--json'], { cwd });
    assert.deepEqual(JSON.parse(stop.stdout), { status: 'interrupted' });
    const again = start(['resume', record.id, '--json'], { cwd });
    const epoch = await again.nextEvent(({ event }) => event === 'epoch');
    assert.ok((epoch['epoch'] as number) >= 2, 'it goes on from its last checkpoint');
    again.child.kill('SIGINT');
    assert.equal((await again.outcome).code, 130);
  });

  it('by another process that stops it', async () => {
    const cwd = experimentFolder(long);
    const { outcome, nextEvent } = start(['train', file, '--json'], { cwd });
    const begin = await nextEvent(({ event }) => event === 'start');
    await nextEvent(({ event }) => event === 'epoch');
    const { id } = begin['run'] as { id: string };
    const live = JSON.parse((await run(['runs', '--json'], { cwd })).stdout) as RunRecord[];
    assert.equal(live[0]?.status, 'running');
    const refused = await run(['resume', id], { cwd });
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /is running in process \d+.*cli\.js stop/);
    const stop = await run(['stop', id, '--json'], { cwd });
    assert.equal(stop.code, 0, stop.stderr);
    assert.deepEqual(JSON.parse(stop.stdout), { status: 'stopped' });
    const stopped = await outcome;
    assert.equal(stopped.code, 130);
    assert.equal(jsonLines(stopped).at(-1)?.['status'], 'stopped');
  });
});

describe('runs and evaluate', () => {
  it('show what was trained', async () => {
    const cwd = experimentFolder();
    assert.match((await run(['runs'], { cwd })).stdout, /no runs .*cli\.js train FILE/);
    assert.deepEqual(await run(['runs', '--json'], { cwd }), {
      code: 0,
      stdout: '[]\n',
      stderr: '',
    });
    const trained = await trainJson([], { cwd });
    await trainJson([], { cwd });
    const folder = runFolderOf(trained);
    const records = JSON.parse((await run(['runs', '--json'], { cwd })).stdout) as RunRecord[];
    assert.equal(records.length, 2);
    assert.deepEqual(records[1], recordIn(folder));
    const text = (await run(['runs'], { cwd })).stdout;
    assert.match(text, /^\d{8}-\d{6}-small-[0-9a-f]{4} +finished +3\/3 +loss /m);
    writeFileSync(path.join(folder, 'run.json'), '{');
    const damaged = await run(['runs', '--json'], { cwd });
    assert.equal((JSON.parse(damaged.stdout) as RunRecord[]).length, 1);
    assert.match(damaged.stderr, /run\.json cannot be read/);
  });

  it('measure a split, and open the test split once with a reason', async () => {
    const cwd = experimentFolder();
    const trained = await trainJson([], { cwd });
    const folder = runFolderOf(trained);
    const id = path.basename(folder);
    const end = jsonLines(trained).at(-1)?.['results'] as Record<string, Record<string, number>>;
    const evaluate = (...args: string[]) => run(['evaluate', id, '--json', ...args], { cwd });

    const validation = JSON.parse((await evaluate()).stdout) as SplitResults;
    assert.equal(validation.split, 'validation');
    assert.equal(validation.loss, end['validation']?.['loss']);
    assert.equal(validation.metrics['accuracy'], end['validation']?.['accuracy']);
    assert.equal(validation.perClass?.length, 2);
    const total = validation.confusionMatrix?.flat().reduce((sum, count) => sum + count, 0);
    assert.equal(total, validation.count);

    const sealed = await evaluate('--split', 'test');
    assert.deepEqual([sealed.code, sealed.stdout], [1, '']);
    assert.match(sealed.stderr, /sealed.*--open-test "why"/);
    assert.ok(!readdirSync(folder).includes('test-log.jsonl'));
    const opened = await evaluate('--split', 'test', '--open-test', 'The experiment is decided.');
    assert.equal(opened.code, 0, opened.stderr);
    assert.equal((JSON.parse(opened.stdout) as SplitResults).split, 'test');
    assert.match(readFileSync(path.join(folder, 'test-log.jsonl'), 'utf8'), /is decided/);
    const again = await evaluate('--split', 'test');
    assert.deepEqual(JSON.parse(again.stdout), JSON.parse(opened.stdout));

    const people = await run(['evaluate', id, '--split', 'train'], { cwd });
    assert.match(people.stdout, /^train \(\d+ samples\) {2}loss [\d.]+ {2}accuracy [\d.]+$/m);
    assert.match(people.stdout, /^class 0 +\d+ +[\d.]+/m);
  });
});
