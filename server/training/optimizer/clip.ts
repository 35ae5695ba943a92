import * as tf from '@tensorflow/tfjs-core';
import type { OptimizerValue } from '#common/catalogue/optimizers';
import { dot } from '../engine/hostOp';

type Gradients = ReadonlyMap<string, tf.Tensor>;
type Limits = Pick<OptimizerValue, 'clipValue' | 'clipNorm' | 'globalClipNorm'>;

/** Gradients no larger than an optimizer allows. */
export function clipGradients(gradients: Gradients, limits: Limits): Gradients {
  const { clipValue, clipNorm, globalClipNorm } = limits;
  if (clipValue !== undefined) {
    return mapped(gradients, (g) => tf.maximum(tf.minimum(g, clipValue), -clipValue));
  }
  if (clipNorm !== undefined) {
    return mapped(gradients, (g) => tf.mul(g, scaleFor(dot(g, g), clipNorm)));
  }
  if (globalClipNorm !== undefined && gradients.size > 0) {
    const squares = tf.addN([...gradients.values()].map((g) => dot(g, g)));
    const scale = scaleFor(squares, globalClipNorm);
    return mapped(gradients, (g) => tf.mul(g, scale));
  }
  return gradients;
}

/** limit / max(norm, limit): 1 where the norm is within its limit. */
function scaleFor(squares: tf.Tensor, limit: number): tf.Tensor {
  return tf.div(limit, tf.maximum(tf.sqrt(squares), limit));
}

function mapped(gradients: Gradients, change: (gradient: tf.Tensor) => tf.Tensor): Gradients {
  return new Map([...gradients].map(([name, gradient]) => [name, change(gradient)]));
}
