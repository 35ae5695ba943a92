import type * as tf from '@tensorflow/tfjs-core';
import type { LossResult } from '../loss/loss';
import type { PartLosses } from '../metrics/lossCounter';

// A pass gives tensors by name. A loss of one unweighted part is `losses` and nothing else.
const partName = (place: number) => `losses/${place}`;
const weightsName = (place: number) => `weights/${place}`;

/** The loss of each sample among what a pass gives, in all its parts. */
export function lossOutputs({
  perSample,
  parts,
}: LossResult): Readonly<Record<string, tf.Tensor>> & { readonly losses: tf.Tensor1D } {
  const named = new Map<string, tf.Tensor>();
  for (const [place, { losses, weights }] of parts.entries()) {
    if (parts.length > 1) named.set(partName(place), losses);
    if (weights !== undefined) named.set(weightsName(place), weights);
  }
  return { ...Object.fromEntries(named), losses: perSample };
}

/** The parts of the loss as numbers. */
export function readLosses(outputs: Readonly<Record<string, Float32Array>>): readonly PartLosses[] {
  const partAt = (place: number, values: Float32Array): PartLosses => {
    const weights = outputs[weightsName(place)];
    return weights === undefined ? { values } : { values, weights };
  };
  const parts: PartLosses[] = [];
  for (;;) {
    const values = outputs[partName(parts.length)];
    if (values === undefined) break;
    parts.push(partAt(parts.length, values));
  }
  return parts.length > 0 ? parts : [partAt(0, outputs['losses']!)];
}
