import * as tf from '@tensorflow/tfjs-core';
import type { Experiment } from '#common/experiment/experiment';
import type { Trace } from '#common/experiment/trace';
import type { Figures } from '#common/run/record';
import { valueAndGradients } from '../gradients';
import { lossFunction } from '../loss/loss';
import { buildNetwork, type Network } from '../model/network';
import { fitNormalizer, restoreNormalizer, type Normalizer } from '../normalization/normalizer';
import { createOptimizer, type Optimizer, type ParameterGroup } from '../optimizer/optimizer';
import { buildInstrument, type Instrument } from '../physics/instrument';
import { penalty } from '../regularization/penalty';
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

/** Instrument, normalization, network and optimizer as one thing that learns. */
export interface Learner {
  readonly instrument: Instrument;
  readonly network: Network;
  readonly optimizer: Optimizer;
  readonly normalizer: Normalizer;
  /** All that is kept beside the optimizer: `conv2d/kernel`, `physics/gaussianBlur/sigmaPx`. */
  readonly variables: ReadonlyMap<string, tf.Variable>;
  /** Fits the normalization to batches as the instrument sees them now. */
  fitNormalization(batches: Iterable<Batch>): void;
  restoreNormalization(state: ReadonlyMap<string, Float32Array>): void;
  /** Takes one step. Throws NotFiniteError, with the weights as they were before the step. */
  train(batch: Batch): StepResult;
  evaluate(batch: Batch): ForwardResult;
  dispose(): void;
}

/** Makes everything that learns, with first values. The engine must be open. */
export function createLearner(trace: Trace, experiment: Experiment): Learner {
  const instrument = buildInstrument(trace, experiment);
  const network = buildNetwork(trace, experiment);
  const groups = parameterGroups(trace, instrument, network);
  const trainable = new Map(groups.flatMap(({ variables }) => [...variables]));
  const optimizer = createOptimizer(experiment.optimizer, groups);
  const lossOf = lossFunction(experiment.loss);
  let normalizer = restoreNormalizer(undefined, new Map());

  function replaceNormalizer(next: Normalizer): void {
    normalizer.dispose();
    normalizer = next;
  }
  function forward(batch: Batch): { outputs: tf.Tensor; losses: tf.Tensor1D } {
    const object = tf.tensor4d(batch.images, [...batch.shape]);
    const seen = normalizer.apply(instrument.apply(object, batch.ctx));
    const outputs = network.apply(seen, batch.ctx);
    return { outputs, losses: lossOf(outputs, { labels: batch.labels, object }) };
  }
  function step(batch: Batch): StepResult {
    let result: StepResult | undefined;
    const { value, gradients } = valueAndGradients(() => {
      const { outputs, losses } = forward(batch);
      const added = penalty(experiment.regularization, network);
      result = { ...readForward(outputs, losses), penalty: added.dataSync()[0]! };
      return tf.add(tf.mean(losses), added);
    }, trainable);
    const loss = value.dataSync()[0]!;
    if (!Number.isFinite(loss)) throw new NotFiniteError(loss, findFault(batch));
    const faulty = [...gradients].find(([, gradient]) => !isFinite(gradient));
    if (faulty) throw new NotFiniteError(loss, { kind: 'gradient', name: faulty[0] });
    optimizer.apply(gradients);
    instrument.project();
    return result!;
  }
  /** The first place on the way of the light whose values are not finite. */
  function findFault(batch: Batch): NotFinitePlace {
    const object = tf.tensor4d(batch.images, [...batch.shape]);
    if (!isFinite(object)) return { kind: 'data' };
    const seen = instrument.apply(object, batch.ctx);
    if (!isFinite(seen)) return { kind: 'instrument' };
    const x = normalizer.apply(seen);
    if (!isFinite(x)) return { kind: 'normalization' };
    const layer = network.findNonFinite(x, batch.ctx);
    return layer === undefined ? { kind: 'loss' } : { kind: 'layer', name: layer };
  }
  function* asSeen(batches: Iterable<Batch>): Generator<tf.Tensor4D> {
    for (const batch of batches) {
      const seen = tf.tidy(() =>
        instrument.apply(tf.tensor4d(batch.images, [...batch.shape]), batch.ctx),
      );
      yield seen;
      seen.dispose();
    }
  }

  return {
    instrument,
    network,
    optimizer,
    get normalizer() {
      return normalizer;
    },
    variables: keptVariables(instrument, network),
    fitNormalization(batches) {
      const channels = (trace.physics.at(-1)?.outputShape ?? trace.input).at(-1) ?? 1;
      replaceNormalizer(fitNormalizer(experiment.normalization, asSeen(batches), channels));
    },
    restoreNormalization: (state) =>
      replaceNormalizer(restoreNormalizer(experiment.normalization, state)),
    train: (batch) => freeing(() => step(batch)),
    evaluate: (batch) =>
      freeing(() => {
        const { outputs, losses } = forward(batch);
        return readForward(outputs, losses);
      }),
    dispose() {
      optimizer.dispose();
      normalizer.dispose();
      network.dispose();
      instrument.dispose();
    },
  };
}

/** Present values of what is learned of the instrument: `gaussianBlur/sigmaPx`. */
export function learnedPhysics({ parameters }: Instrument): Figures {
  const learned = [...parameters].filter(([, { spec }]) => spec.trainable);
  return Object.fromEntries(learned.map(([name, { variable }]) => [name, variable.dataSync()[0]!]));
}

/** Name of a physical parameter among the variables, where layers may have any name. */
export function physicsVariableName(parameter: string): string {
  return `physics/${parameter}`;
}

function keptVariables(instrument: Instrument, network: Network): ReadonlyMap<string, tf.Variable> {
  const variables = new Map<string, tf.Variable>();
  for (const [name, { variable }] of network.weights) variables.set(name, variable);
  for (const [name, { variable }] of instrument.parameters) {
    variables.set(physicsVariableName(name), variable);
  }
  return variables;
}

/** The network is one group; each physical layer is one, because it has its own learning rate. */
function parameterGroups(
  trace: Trace,
  instrument: Instrument,
  network: Network,
): readonly ParameterGroup[] {
  const weights = [...network.weights].filter(([, { spec }]) => spec.trainable);
  const groups: ParameterGroup[] = [
    {
      name: 'network',
      variables: new Map(weights.map(([name, { variable }]) => [name, variable])),
    },
  ];
  for (const layer of trace.physics) {
    const learned = layer.parameters.filter((spec) => spec.trainable);
    const [first] = learned;
    if (first === undefined) continue;
    const variables = learned.map((spec): [string, tf.Variable] => {
      const name = `${layer.name}/${spec.name}`;
      return [physicsVariableName(name), instrument.parameters.get(name)!.variable];
    });
    const { learningRate } = first;
    groups.push({ name: layer.name, learningRate, variables: new Map(variables) });
  }
  return groups;
}

function readForward(outputs: tf.Tensor, losses: tf.Tensor1D): ForwardResult {
  return {
    perSampleLoss: losses.dataSync<'float32'>(),
    outputs: outputs.dataSync<'float32'>(),
  };
}

/** `tf.tidy` for plain numbers: it would search every array of its result for tensors. */
function freeing<T>(compute: () => T): T {
  tf.engine().startScope();
  try {
    return compute();
  } finally {
    tf.engine().endScope();
  }
}

/** One sum tells nearly always; only when it is not finite (it may overflow) are all values read. */
function isFinite(x: tf.Tensor): boolean {
  if (Number.isFinite(tf.tidy(() => tf.sum(x).dataSync()[0]!))) return true;
  return x.dataSync().every((value) => Number.isFinite(value));
}
