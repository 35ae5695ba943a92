import * as tf from '@tensorflow/tfjs-core';
import type { Experiment } from '#common/experiment/experiment';
import type { Trace } from '#common/experiment/trace';
import type { Figures } from '#common/run/record';
import { buildAugmentation } from '../augmentation/augment';
import { readAll } from '../engine/program';
import { lossFunction } from '../loss/loss';
import type { PartLosses } from '../metrics/lossCounter';
import { buildNetwork, type Network } from '../model/network';
import { fitNormalizer, restoreNormalizer, type Normalizer } from '../normalization/normalizer';
import { createOptimizer, type Optimizer } from '../optimizer/optimizer';
import { buildInstrument, type Instrument } from '../physics/instrument';
import type { Batch } from './batches';
import { parameterGroups, physicsVariableName } from './parameterGroups';
import {
  createStepPrograms,
  tensorsOf,
  type BatchKind,
  type ForwardResult,
  type ProfiledStep,
  type StepResult,
} from './steps';

/** Instrument, normalization, network and optimizer as one thing that learns. */
export interface Learner {
  readonly instrument: Instrument;
  readonly network: Network;
  readonly optimizer: Optimizer;
  readonly normalizer: Normalizer;
  /** All that is kept beside the optimizer: `conv2d/kernel`, `physics/gaussianBlur/sigmaPx`. */
  readonly variables: ReadonlyMap<string, tf.Variable>;
  /** Fits the normalization to batches as the instrument sees them now. */
  fitNormalization(batches: Iterable<Batch>): Promise<void>;
  restoreNormalization(state: ReadonlyMap<string, Float32Array>): void;
  /** Memory that the largest of some passes needs beside what is kept between them. */
  plannedBytes(kinds: readonly BatchKind[]): number;
  /** Takes one step. Rejects with NotFiniteError, with the weights as they were before the step. */
  train(batch: Batch): Promise<StepResult>;
  /** Takes one step as `train` does and tells how long each kernel took; not on every engine. */
  profile(batch: Batch): Promise<ProfiledStep>;
  evaluate(batch: Batch): Promise<ForwardResult>;
  /** The loss of each sample for other outputs than those of the network. */
  lossOf(outputs: Float32Array, batch: Batch): Promise<readonly PartLosses[]>;
  dispose(): void;
}

/** Makes everything that learns, with first values. The engine must be open. */
export function createLearner(trace: Trace, experiment: Experiment): Learner {
  const augmentation = buildAugmentation(experiment);
  const instrument = buildInstrument(trace, experiment);
  const network = buildNetwork(trace, experiment);
  const groups = parameterGroups(trace, experiment, instrument, network);
  const optimizer = createOptimizer(experiment.optimizer, groups);
  const trainable = new Map(groups.flatMap(({ variables }) => [...variables]));
  const lossOf = lossFunction(experiment.loss);
  const parts = { experiment, augmentation, instrument, network, optimizer, trainable, lossOf };
  let normalizer = restoreNormalizer(undefined, new Map());
  let programs = createStepPrograms(trace, { ...parts, normalizer });

  function replaceNormalizer(next: Normalizer): void {
    programs.dispose();
    normalizer.dispose();
    normalizer = next;
    programs = createStepPrograms(trace, { ...parts, normalizer });
  }
  return {
    instrument,
    network,
    optimizer,
    get normalizer() {
      return normalizer;
    },
    variables: keptVariables(instrument, network),
    async fitNormalization(batches) {
      const channels = (trace.physics.at(-1)?.outputShape ?? trace.input).at(-1) ?? 1;
      const seen = imagesSeen(instrument, trace, experiment, batches);
      replaceNormalizer(await fitNormalizer(experiment.normalization, seen, channels));
    },
    restoreNormalization: (state) =>
      replaceNormalizer(restoreNormalizer(experiment.normalization, state)),
    plannedBytes: (kinds) => programs.plannedBytes(kinds),
    train: (batch) => programs.train(batch),
    profile: (batch) => programs.profile(batch),
    evaluate: (batch) => programs.evaluate(batch),
    lossOf: (outputs, batch) => programs.lossOf(outputs, batch),
    dispose() {
      programs.dispose();
      optimizer.dispose();
      normalizer.dispose();
      network.dispose();
      instrument.dispose();
    },
  };
}

/** Batches as the instrument sees them. */
function* imagesSeen(
  instrument: Instrument,
  trace: Trace,
  experiment: Experiment,
  batches: Iterable<Batch>,
): Generator<tf.Tensor4D> {
  for (const batch of batches) {
    const seen = tf.tidy(() => {
      const { images, ctx } = tensorsOf(batch, trace, experiment);
      return instrument.apply(images, ctx);
    });
    yield seen;
    seen.dispose();
  }
}

/** Present values of what is learned of the instrument: `gaussianBlur/sigmaPx`. */
export async function learnedPhysics({ parameters }: Instrument): Promise<Figures> {
  const learned = [...parameters].filter(([, { spec }]) => spec.trainable);
  const values = await readAll(learned.map(([name, { variable }]) => [name, variable] as const));
  return Object.fromEntries([...values].map(([name, [value]]) => [name, value!]));
}

function keptVariables(instrument: Instrument, network: Network): ReadonlyMap<string, tf.Variable> {
  const variables = new Map<string, tf.Variable>();
  for (const [name, { variable }] of network.weights) variables.set(name, variable);
  for (const [name, { variable }] of instrument.parameters) {
    variables.set(physicsVariableName(name), variable);
  }
  return variables;
}
