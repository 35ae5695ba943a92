import * as tf from '@tensorflow/tfjs-core';
import type { Experiment } from '#common/experiment/experiment';
import type { Trace } from '#common/experiment/trace';
import { CodedError } from '#common/protocol/rpc';
import type { ForwardContext } from '../context';
import { NotFiniteValueError } from '../engine/backend/notFiniteValue';
import {
  createProgram,
  type KernelTime,
  type Program,
  type ProgramInput,
  type ProgramOutputs,
  type ProgramSpec,
} from '../engine/program';
import { moveTowards, requireFinite } from '../engine/updates';
import { valueAndGradients } from '../gradients';
import { lossFunction } from '../loss/loss';
import type { LayerContext } from '../model/layer';
import type { Network } from '../model/network';
import { restoreNormalizer, type Normalizer } from '../normalization/normalizer';
import type { Optimizer, ParameterGroup } from '../optimizer/optimizer';
import type { Instrument } from '../physics/instrument';
import { penalty } from '../regularization/penalty';
import type { Targets } from '../data/dataset';
import type { Batch } from './batches';
import { NotFiniteError, type NotFinitePlace } from './notFinite';

/** What a forward pass gives, as plain numbers. */
export interface ForwardResult {
  readonly perSampleLoss: Float32Array;
  readonly outputs: Float32Array;
}

export interface StepResult extends ForwardResult {
  /** What regularization added to the loss. */
  readonly penalty: number;
}

export interface ProfiledStep {
  readonly result: StepResult;
  readonly times: readonly KernelTime[];
}

/** What steps are made of; all of it belongs to the caller. */
export interface StepParts {
  readonly trace: Trace;
  readonly experiment: Experiment;
  readonly instrument: Instrument;
  readonly network: Network;
  readonly optimizer: Optimizer;
  readonly groups: readonly ParameterGroup[];
}

/** A kind of batch: what a program is made for. */
export type BatchKind = Pick<Batch, 'split' | 'training'> & {
  readonly rows: number;
  /** Which targets the data bring. */
  readonly compares: 'class' | Targets['kind'];
};

export interface StepPrograms {
  plannedBytes(kinds: readonly BatchKind[]): number;
  train(batch: Batch): Promise<StepResult>;
  profile(batch: Batch): Promise<ProfiledStep>;
  evaluate(batch: Batch): Promise<ForwardResult>;
  /** The loss of each sample for other outputs than those of the network. */
  lossOf(outputs: Float32Array, batch: Batch): Float32Array;
  /** What was made with the last normalizer is forgotten. */
  replaceNormalizer(next: Normalizer): void;
  dispose(): void;
}

/** A batch as tensors, with what its pass may know. */
interface BatchTensors {
  readonly images: tf.Tensor4D;
  readonly labels: tf.Tensor;
  readonly target?: tf.Tensor;
  readonly ctx: ForwardContext;
}

type Move = readonly [average: tf.Variable, value: tf.Tensor, momentum: number];

/** Makes the programs of an experiment, one for each shape and kind of batch, when it is first needed. */
export function createStepPrograms(parts: StepParts): StepPrograms {
  const { trace, experiment, instrument, network, optimizer, groups } = parts;
  const { seed, regularization } = experiment;
  const trainable = new Map(groups.flatMap(({ variables }) => [...variables]));
  const lossOf = lossFunction(experiment.loss);
  const programs = new Map<string, Program>();
  let normalizer = restoreNormalizer(undefined, new Map());

  function programFor(kind: BatchKind): Program {
    const key = `${kind.training}/${kind.split}/${kind.rows}/${kind.compares}`;
    const known = programs.get(key);
    if (known) return known;
    const made = createProgram(kind.training ? trainingSpec(kind) : evaluationSpec(kind));
    programs.set(key, made);
    return made;
  }
  function forgetPrograms(): void {
    for (const program of programs.values()) program.dispose();
    programs.clear();
  }
  function forward(batch: BatchTensors, layerCtx: LayerContext = batch.ctx) {
    const { images, ctx } = batch;
    const seen = normalizer.apply(instrument.apply(images, ctx));
    const outputs = network.apply(seen, layerCtx);
    return { outputs, losses: lossOf(outputs, { ...batch, object: images }) };
  }
  function evaluationSpec(kind: BatchKind): ProgramSpec {
    return {
      inputs: batchInputs(kind, trace),
      compute: (given) => ({ ...forward(batchTensors(given, kind, seed)) }),
    };
  }
  function trainingSpec(kind: BatchKind): ProgramSpec {
    const rates = [...optimizer.nextRates()];
    const rateInputs = rates.map(([group, numbers]): [string, ProgramInput] => [
      rateName(group),
      { shape: [numbers.length], dtype: 'float32' },
    ]);
    return {
      inputs: { ...batchInputs(kind, trace), ...Object.fromEntries(rateInputs) },
      compute: (given) => {
        const ofGroup = rates.map(([group]) => [group, given[rateName(group)] as tf.Tensor1D]);
        return step(batchTensors(given, kind, seed), new Map(ofGroup as [string, tf.Tensor1D][]));
      },
    };
  }
  function step(
    batch: BatchTensors,
    rates: ReadonlyMap<string, tf.Tensor1D>,
  ): Record<string, tf.Tensor> {
    const moves: Move[] = [];
    const moveAverage: LayerContext['moveAverage'] = (average, value, momentum) =>
      void moves.push([average, tf.keep(tf.clone(value)), momentum]);
    let results: Record<string, tf.Tensor> = {};
    const { value, gradients } = valueAndGradients(() => {
      const { outputs, losses } = forward(batch, { ...batch.ctx, moveAverage });
      const added = penalty(regularization, network);
      results = { outputs: tf.keep(outputs), losses: tf.keep(losses), penalty: tf.keep(added) };
      return tf.add(tf.mean(losses), added);
    }, trainable);
    requireFinite(new Map<string, tf.Tensor>([[lossName, value], ...gradients]));
    for (const [average, toward, momentum] of moves) moveTowards(average, toward, momentum);
    tf.dispose(moves.map(([, toward]) => toward));
    optimizer.apply(gradients, rates);
    instrument.project();
    return results;
  }
  function inputsOf(batch: Batch): Record<string, Float32Array | Int32Array> {
    const { images, labels, target, samples, epoch } = batch;
    const given: Record<string, Float32Array | Int32Array> = {
      images,
      labels,
      ...(target && { target }),
      samples: Int32Array.from(samples),
      epoch: Int32Array.of(epoch),
    };
    if (!batch.training) return given;
    for (const [group, numbers] of optimizer.nextRates()) {
      given[rateName(group)] = Float32Array.from(numbers);
    }
    return given;
  }
  function stepTaken(results: ProgramOutputs): StepResult {
    optimizer.countStep();
    return { ...readForward(results), penalty: results['penalty']![0]! };
  }
  async function explained<T>(batch: Batch, take: () => Promise<T>): Promise<T> {
    try {
      return await take();
    } catch (error) {
      throw error instanceof NotFiniteValueError ? explain(batch, error) : error;
    }
  }
  /** Computes the failed step again, one operation after the other, to find where it went wrong. */
  function explain(batch: Batch, error: NotFiniteValueError): NotFiniteError {
    return freeing(() => {
      const tensors = tensorsOf(batch, trace, seed);
      const { losses } = forward(tensors);
      const loss = tf.add(tf.mean(losses), penalty(regularization, network)).dataSync()[0]!;
      if (error.of !== lossName)
        return new NotFiniteError(loss, { kind: 'gradient', name: error.of });
      return new NotFiniteError(loss, findFault(tensors));
    });
  }
  /** The first place on the way of the light whose values are not finite. */
  function findFault({ images, ctx }: BatchTensors): NotFinitePlace {
    if (!isFinite(images)) return { kind: 'data' };
    const seen = instrument.apply(images, ctx);
    if (!isFinite(seen)) return { kind: 'instrument' };
    const x = normalizer.apply(seen);
    if (!isFinite(x)) return { kind: 'normalization' };
    const layer = network.findNonFinite(x, ctx);
    return layer === undefined ? { kind: 'loss' } : { kind: 'layer', name: layer };
  }

  return {
    plannedBytes: (kinds) => Math.max(...kinds.map((kind) => programFor(kind).plannedBytes)),
    train: (batch) =>
      explained(batch, async () => stepTaken(await programFor(kindOf(batch)).run(inputsOf(batch)))),
    profile: (batch) =>
      explained(batch, async () => {
        const program = programFor(kindOf(batch));
        if (!program.profile) throw cannotProfile();
        const { outputs, times } = await program.profile(inputsOf(batch));
        return { result: stepTaken(outputs), times };
      }),
    evaluate: async (batch) => readForward(await programFor(kindOf(batch)).run(inputsOf(batch))),
    lossOf: (outputs, batch) =>
      freeing(() => {
        const tensors = tensorsOf(batch, trace, seed);
        const given = tf.tensor(outputs, [batch.samples.length, ...trace.output!]);
        return lossOf(given, { ...tensors, object: tensors.images }).dataSync<'float32'>();
      }),
    replaceNormalizer(next) {
      forgetPrograms();
      normalizer = next;
    },
    dispose: forgetPrograms,
  };
}

const lossName = 'loss';

function rateName(group: string): string {
  return `rates/${group}`;
}

function kindOf({ samples, split, training, labels, target }: Batch): BatchKind {
  const rows = samples.length;
  const compares = target ? 'values' : labels.length > rows ? 'mask' : 'class';
  return { rows, split, training, compares };
}

function batchInputs(
  { rows, compares }: BatchKind,
  { input, output = [] }: Trace,
): Record<string, ProgramInput> {
  const places = compares === 'mask' ? output.slice(0, -1) : [];
  return {
    images: { shape: [rows, ...input], dtype: 'float32' },
    labels: { shape: [rows, ...places], dtype: 'int32' },
    ...(compares === 'values' && { target: { shape: [rows, ...output], dtype: 'float32' } }),
    samples: { shape: [rows], dtype: 'int32' },
    epoch: { shape: [], dtype: 'int32' },
  };
}

function batchTensors(
  given: Readonly<Record<string, tf.Tensor>>,
  { split, training }: Pick<BatchKind, 'split' | 'training'>,
  seed: number,
): BatchTensors {
  const epoch = given['epoch'] as tf.Scalar;
  const samples = given['samples'] as tf.Tensor1D;
  return {
    images: given['images'] as tf.Tensor4D,
    labels: given['labels']!,
    ...(given['target'] && { target: given['target'] }),
    ctx: { training, seed, split, epoch, samples },
  };
}

/** A batch as tensors of the caller. */
export function tensorsOf(batch: Batch, trace: Trace, seed: number): BatchTensors {
  const inputs = batchInputs(kindOf(batch), trace);
  const { target } = batch;
  const given = {
    images: tf.tensor(batch.images, [...batch.shape]),
    labels: tf.tensor(batch.labels, [...inputs['labels']!.shape], 'int32'),
    ...(target && { target: tf.tensor(target, [...inputs['target']!.shape]) }),
    samples: tf.tensor1d(Int32Array.from(batch.samples), 'int32'),
    epoch: tf.scalar(batch.epoch, 'int32'),
  };
  return batchTensors(given, batch, seed);
}

function cannotProfile(): CodedError {
  return new CodedError(
    'engine/no-profile',
    'This engine does not tell how long its kernels take. Use the engine "native" or "wasm" for a profile.',
  );
}

function readForward(results: ProgramOutputs): ForwardResult {
  return { perSampleLoss: results['losses']!, outputs: results['outputs']! };
}

/** `tf.tidy` for plain objects: it would search every array of its result for tensors. */
function freeing<T>(compute: () => T): T {
  tf.engine().startScope();
  try {
    return compute();
  } finally {
    tf.engine().endScope();
  }
}

function isFinite(x: tf.Tensor): boolean {
  return x.dataSync().every((value) => Number.isFinite(value));
}
