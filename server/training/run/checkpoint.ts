import { createHash } from 'node:crypto';
import * as tf from '@tensorflow/tfjs-core';
import { CodedError } from '#common/protocol/rpc';
import type { SafeTensor, SafetensorsContent } from '#common/safetensors';
import { decodeSafetensors, encodeSafetensors } from '#common/safetensors';
import { version } from '#common/version';
import { readAll } from '../engine/program';
import { assign } from '../engine/updates';
import { firstScheduleState, type ScheduleState } from '../optimizer/schedule';
import type { WatchState } from './bestEpoch';
import type { Learner } from './learner';

/** Where a run is: what it has done and what it remembers beside the arrays of the learner. */
export interface RunState {
  /** Epochs that are complete, validation included. */
  readonly epoch: number;
  /** Steps done in the epoch under way. */
  readonly step: number;
  /** Steps done since the run began. */
  readonly totalSteps: number;
  readonly watch: WatchState;
  readonly schedule: ScheduleState;
  /** What the training figures of the epoch under way were made from so far. */
  readonly tally: readonly number[];
  /** Whether nothing is left to train. */
  readonly isComplete: boolean;
}

const formatName = 'lightbench checkpoint 1';
const optimizerPrefix = 'optimizer/';
const normalizationPrefix = 'normalization/';
const tallyName = 'state/tally';

/** Everything that the rest of a run depends on, as a safetensors file. */
export async function encodeCheckpoint(learner: Learner, state: RunState): Promise<Uint8Array> {
  const slots = [...learner.optimizer.state()].map(
    ([name, slot]) => [optimizerPrefix + name, slot] as const,
  );
  const tensors = await safeTensors([...learner.variables, ...slots]);
  for (const [name, data] of learner.normalizer.state) {
    tensors.set(name, { shape: [data.length], data });
  }
  const { tally, ...counters } = state;
  tensors.set(tallyName, { shape: [tally.length], data: Float64Array.from(tally) });
  const metadata = {
    format: formatName,
    lightbench: version,
    optimizerSteps: String(learner.optimizer.steps),
    // JSON keeps every digit of a double, so a resumed run compares the same numbers.
    state: JSON.stringify(counters),
  };
  return encodeSafetensors(tensors, { ...metadata, sha256: checksum(tensors, metadata.state) });
}

/** Over everything that a resumed run takes from the file: a flipped bit would go unnoticed else. */
function checksum(tensors: ReadonlyMap<string, SafeTensor>, state: string): string {
  const hash = createHash('sha256').update(state);
  for (const name of [...tensors.keys()].sort()) {
    const { data } = tensors.get(name)!;
    hash
      .update(`\n${name}\n`)
      .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}

/** A checkpoint of ours: its arrays, and where the run was. */
export interface Checkpoint {
  readonly content: SafetensorsContent;
  readonly state: RunState;
}

/** Reads a file and checks that it is a checkpoint. Throws CodedError `checkpoint/…`. */
export function decodeCheckpoint(bytes: Uint8Array): Checkpoint {
  const content = decodeSafetensors(bytes);
  const { format, state = '', sha256 } = content.metadata;
  const tally = content.tensors.get(tallyName);
  const counters = format === formatName ? parseCounters(state) : undefined;
  if (counters === undefined || tally === undefined) {
    throw new CodedError(
      'checkpoint/not-a-run',
      `The checkpoint cannot be resumed from: it holds weights but no state of a run (format "${format ?? 'none'}"). Start a new run with it as initial weights.`,
    );
  }
  if (sha256 !== checksum(content.tensors, state)) {
    throw new CodedError(
      'checkpoint/broken',
      'The checkpoint cannot be read: its content does not have the checksum that was written with it. Use another checkpoint; this file is damaged.',
    );
  }
  return { content, state: { ...counters, tally: [...tally.data] } };
}

function parseCounters(text: string): Omit<RunState, 'tally'> | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const counters = value as Partial<RunState>;
  const { epoch, step, totalSteps, watch, isComplete } = counters;
  const areWhole = [epoch, step, totalSteps].every((n) => Number.isSafeInteger(n));
  if (!areWhole || typeof watch !== 'object' || typeof isComplete !== 'boolean') return undefined;
  return { schedule: firstScheduleState, ...counters } as RunState;
}

/** Puts a checkpoint's arrays into the learner. Throws CodedError `checkpoint/mismatch`. */
export function restoreLearner(learner: Learner, { content }: Checkpoint): void {
  loadVariables(learner, content);
  learner.restoreNormalization(namesWith(content, normalizationPrefix, (name) => name));
  const slots = namesWith(content, optimizerPrefix, (name) => name.slice(optimizerPrefix.length));
  const tensors = new Map<string, tf.Tensor>();
  for (const [name, slot] of learner.optimizer.state()) {
    const data = slots.get(name);
    if (data !== undefined) tensors.set(name, tf.tensor(data, slot.shape));
  }
  try {
    learner.optimizer.restore(tensors, Number(content.metadata['optimizerSteps'] ?? 0));
  } finally {
    tf.dispose([...tensors.values()]);
  }
}

/**
 * Puts the weights and physical parameters of a checkpoint into the learner, and nothing else; in place,
 * because recorded programs work on that memory.
 */
export function loadVariables(
  { variables }: Pick<Learner, 'variables'>,
  { tensors }: SafetensorsContent,
): void {
  for (const [name, variable] of variables) {
    const tensor = tensors.get(name);
    checkFit(name, variable.shape, tensor);
    const data = Float32Array.from(tensor.data);
    tf.tidy(() => assign(variable, tf.tensor(data, variable.shape)));
  }
}

function namesWith(
  { tensors }: SafetensorsContent,
  prefix: string,
  rename: (name: string) => string,
): ReadonlyMap<string, Float32Array> {
  const found = [...tensors].filter(([name]) => name.startsWith(prefix));
  return new Map(found.map(([name, { data }]) => [rename(name), Float32Array.from(data)]));
}

/** Throws unless the tensor is there and of the right shape. */
export function checkFit(
  name: string,
  shape: readonly number[],
  tensor: SafeTensor | undefined,
): asserts tensor is SafeTensor {
  if (tensor?.shape.join() === shape.join()) return;
  const found = tensor === undefined ? 'has none' : `has it as [${tensor.shape.join(', ')}]`;
  throw new CodedError(
    'checkpoint/mismatch',
    `The checkpoint does not fit this experiment: the network needs "${name}" of shape [${shape.join(', ')}], and the checkpoint ${found}. Use a checkpoint of the same network.`,
  );
}

/** Named tensors as a file holds them. */
export async function safeTensors(
  tensors: readonly (readonly [name: string, tensor: tf.Tensor])[],
): Promise<Map<string, SafeTensor>> {
  const values = await readAll(tensors);
  return new Map(tensors.map(([name, { shape }]) => [name, { shape, data: values.get(name)! }]));
}
