import * as tf from '@tensorflow/tfjs-core';
import type { Experiment } from '#common/experiment/experiment';
import type { Trace } from '#common/experiment/trace';
import { CodedError } from '#common/protocol/rpc';
import { NotFiniteValueError } from '../engine/backend/notFiniteValue';
import { givenTensor } from '../engine/hostOp';
import {
  computeOnce,
  createProgram,
  type KernelTime,
  type Program,
  type ProgramInput,
  type ProgramInputs,
  type ProgramOutputs,
} from '../engine/program';
import type { Targets } from '../data/dataset';
import { argmax } from '../metrics/classification';
import type { PartLosses } from '../metrics/lossCounter';
import type { Batch } from './batches';
import { readLosses } from './lossOutputs';
import { NotFiniteError, type NotFinitePlace } from './notFinite';
import {
  evaluationPass,
  lossName,
  lossOfOutputs,
  tracedPass,
  trainingPass,
  type BatchTensors,
  type PassParts,
} from './passes';

/** What a forward pass gives, as plain numbers. */
export interface ForwardResult {
  /** Times the weight of the sample, where samples have weights. */
  readonly perSampleLoss: Float32Array;
  /** The same in the parts that it is the sum of. */
  readonly losses: readonly PartLosses[];
  readonly outputs: Float32Array;
  /**
   * What the outputs were compared with, where augmentation has changed it: images, labels or numbers,
   * masks, or the class that has the largest share of a mixed sample.
   */
  readonly moved?: Pick<Batch, 'labels'> | Required<Pick<Batch, 'target'>>;
}

export interface StepResult extends ForwardResult {
  /** What regularization added to the loss. */
  readonly penalty: number;
}

export interface ProfiledStep {
  readonly result: StepResult;
  readonly times: readonly KernelTime[];
}

/** A kind of batch: what a program is made for. */
export interface BatchKind extends Pick<Batch, 'split' | 'training'> {
  readonly rows: number;
  /** Which targets the data bring. */
  readonly compares: 'class' | Targets['kind'];
  /** Whether samples have weights. */
  readonly isWeighted: boolean;
}

export interface StepPrograms {
  /** Memory that the largest of some passes needs. */
  plannedBytes(kinds: readonly BatchKind[]): number;
  /** Rejects with NotFiniteError, with the weights as they were before the step. */
  train(batch: Batch): Promise<StepResult>;
  profile(batch: Batch): Promise<ProfiledStep>;
  evaluate(batch: Batch): Promise<ForwardResult>;
  /** The loss of each sample for other outputs than those of the network. */
  lossOf(outputs: Float32Array, batch: Batch): Promise<readonly PartLosses[]>;
  dispose(): void;
}

/** The programs of an experiment, one for each shape and kind of batch, made when first needed. */
export function createStepPrograms(trace: Trace, parts: PassParts): StepPrograms {
  const { experiment, optimizer } = parts;
  const programs = new Map<string, Program>();

  function programFor(kind: BatchKind): Program {
    const updates = optimizer.isUpdateNext;
    const { training, split, rows, compares, isWeighted } = kind;
    const key = [training, split, rows, compares, isWeighted, updates].join('/');
    const known = programs.get(key);
    if (known) return known;
    const made = training ? trainingProgram(kind, updates) : evaluationProgram(kind);
    programs.set(key, made);
    return made;
  }
  function evaluationProgram(kind: BatchKind): Program {
    return createProgram({
      inputs: batchInputs(kind, trace),
      compute: (given) => evaluationPass(parts, batchTensors(given, kind, experiment)),
    });
  }
  function trainingProgram(kind: BatchKind, updates: boolean): Program {
    const rates = updates ? [...optimizer.nextRates()] : [];
    const rateInputs = rates.map(([name, numbers]): [string, ProgramInput] => [
      rateName(name),
      { shape: [numbers.length], dtype: 'float32' },
    ]);
    return createProgram({
      inputs: { ...batchInputs(kind, trace), ...Object.fromEntries(rateInputs) },
      compute(given) {
        const tensors = rates.map(([name]): [string, tf.Tensor1D] => [
          name,
          given[rateName(name)] as tf.Tensor1D,
        ]);
        const batch = batchTensors(given, kind, experiment);
        return trainingPass(parts, batch, updates ? new Map(tensors) : undefined);
      },
    });
  }
  function inputsOf(batch: Batch): ProgramInputs {
    const { images, labels, target, sampleWeights, samples, epoch, training } = batch;
    const ofBatch = {
      images,
      labels,
      ...(target && { target }),
      ...(sampleWeights && { sampleWeights }),
      samples: Int32Array.from(samples),
      epoch: Int32Array.of(epoch),
    };
    if (!training || !optimizer.isUpdateNext) return ofBatch;
    const rates = [...optimizer.nextRates()].map(([name, numbers]) => [
      rateName(name),
      Float32Array.from(numbers),
    ]);
    return { ...ofBatch, ...(Object.fromEntries(rates) as ProgramInputs) };
  }
  function stepTaken(batch: Batch, results: ProgramOutputs): StepResult {
    optimizer.countStep();
    return { ...readForward(results, batch, trace), penalty: results['penalty']![0]! };
  }
  async function explained<T>(batch: Batch, take: () => Promise<T>): Promise<T> {
    try {
      return await take();
    } catch (error) {
      throw error instanceof NotFiniteValueError ? await explain(batch, error) : error;
    }
  }
  /** Computes the failed step again, one operation after the other, to find where it went wrong. */
  async function explain(batch: Batch, { of }: NotFiniteValueError): Promise<NotFiniteError> {
    let places: readonly NotFinitePlace[] = [];
    const { loss, areFinite } = await computeOnce(() => {
      const { loss, stages } = tracedPass(parts, tensorsOf(batch, trace, experiment));
      places = stages.map(({ place }) => place);
      return { loss, areFinite: tf.stack(stages.map(({ values }) => tf.all(tf.isFinite(values)))) };
    });
    const faulty = places[areFinite.indexOf(0)] ?? { kind: 'loss' };
    return new NotFiniteError(loss[0]!, of === lossName ? faulty : { kind: 'gradient', name: of });
  }

  return {
    plannedBytes: (kinds) => Math.max(...kinds.map((kind) => programFor(kind).plannedBytes)),
    train: (batch) =>
      explained(batch, async () =>
        stepTaken(batch, await programFor(kindOf(batch)).run(inputsOf(batch))),
      ),
    profile: (batch) =>
      explained(batch, async () => {
        const program = programFor(kindOf(batch));
        if (!program.profile) throw cannotProfile();
        const { outputs, times } = await program.profile(inputsOf(batch));
        return { result: stepTaken(batch, outputs), times };
      }),
    evaluate: async (batch) =>
      readForward(await programFor(kindOf(batch)).run(inputsOf(batch)), batch, trace),
    async lossOf(outputs, batch) {
      const losses = await computeOnce(() => {
        const given = tf.tensor(outputs, [batch.samples.length, ...trace.output!]);
        return lossOfOutputs(parts, tensorsOf(batch, trace, experiment), given);
      });
      return readLosses(losses);
    },
    dispose() {
      for (const program of programs.values()) program.dispose();
      programs.clear();
    },
  };
}

function rateName(name: string): string {
  return `rates/${name}`;
}

function kindOf({ samples, split, training, labels, target, sampleWeights }: Batch): BatchKind {
  const rows = samples.length;
  const compares = target ? 'values' : labels.length > rows ? 'mask' : 'class';
  return { rows, split, training, compares, isWeighted: sampleWeights !== undefined };
}

function batchInputs(
  { rows, compares, isWeighted }: BatchKind,
  { input, output = [] }: Trace,
): Record<string, ProgramInput> {
  const places = compares === 'mask' ? output.slice(0, -1) : [];
  return {
    images: { shape: [rows, ...input], dtype: 'float32' },
    labels: { shape: [rows, ...places], dtype: 'int32' },
    ...(compares === 'values' && { target: { shape: [rows, ...output], dtype: 'float32' } }),
    ...(isWeighted && { sampleWeights: { shape: [rows], dtype: 'float32' } }),
    samples: { shape: [rows], dtype: 'int32' },
    epoch: { shape: [], dtype: 'int32' },
  };
}

function batchTensors(
  given: Readonly<Record<string, tf.Tensor>>,
  { split, training }: Pick<BatchKind, 'split' | 'training'>,
  { seed }: Pick<Experiment, 'seed'>,
): BatchTensors {
  const epoch = given['epoch'] as tf.Scalar;
  const samples = given['samples'] as tf.Tensor1D;
  const sampleWeights = given['sampleWeights'] as tf.Tensor1D | undefined;
  return {
    images: given['images'] as tf.Tensor4D,
    labels: given['labels']!,
    ...(given['target'] && { target: given['target'] }),
    ...(sampleWeights && { sampleWeights }),
    ctx: { training, seed, split, epoch, samples },
  };
}

/** A batch as tensors of the caller. */
export function tensorsOf(
  batch: Batch,
  trace: Trace,
  experiment: Pick<Experiment, 'seed'>,
): BatchTensors {
  const { labels, target } = batchInputs(kindOf(batch), trace);
  const given = {
    images: givenTensor(batch.images, batch.shape, 'float32'),
    labels: tf.tensor(batch.labels, [...labels!.shape], 'int32'),
    ...(target && { target: tf.tensor(batch.target!, [...target.shape]) }),
    ...(batch.sampleWeights && { sampleWeights: tf.tensor1d(batch.sampleWeights) }),
    samples: givenTensor(Int32Array.from(batch.samples), [batch.samples.length], 'int32'),
    epoch: givenTensor(Int32Array.of(batch.epoch), [], 'int32'),
  };
  return batchTensors(given, batch, experiment);
}

function cannotProfile(): CodedError {
  return new CodedError(
    'engine/no-profile',
    'This engine does not tell how long its kernels take. Use the engine "native" or "wasm" for a profile.',
  );
}

function readForward(
  results: ProgramOutputs,
  batch: Batch,
  { output = [] }: Pick<Trace, 'output'>,
): ForwardResult {
  const { losses, outputs, moved } = results;
  const forward = { perSampleLoss: losses!, losses: readLosses(results), outputs: outputs! };
  if (moved === undefined) return forward;
  const { compares, rows } = kindOf(batch);
  if (compares === 'mask') return { ...forward, moved: { labels: Int32Array.from(moved) } };
  const areShares = compares === 'class' && output.length === 1;
  return {
    ...forward,
    moved: areShares ? { labels: largestShares(moved, rows) } : { target: moved },
  };
}

/** The class that each of some samples has most of; the first of equal ones. One share is that of the second class. */
function largestShares(shares: Float32Array, samples: number): Int32Array {
  const classes = shares.length / samples;
  if (classes === 1) return Int32Array.from(shares, (share) => (share > 0.5 ? 1 : 0));
  return Int32Array.from({ length: samples }, (_, i) => argmax(shares, i * classes, classes));
}
