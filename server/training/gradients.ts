// TF.js' core comes without its gradients: whoever differentiates registers them.
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import * as tf from '@tensorflow/tfjs-core';

/** A scalar function's value with its gradient by every variable that it depends on. */
export interface ValueAndGradients {
  readonly value: tf.Scalar;
  /** By the names the variables were given in; a variable that the value ignores is absent. */
  readonly gradients: ReadonlyMap<string, tf.Tensor>;
}

/** Differentiates `compute` by named variables. The caller owns all tensors of the result. */
export function valueAndGradients(
  compute: () => tf.Scalar,
  variables: ReadonlyMap<string, tf.Variable>,
): ValueAndGradients {
  const { value, grads } = tf.variableGrads(compute, [...variables.values()]);
  const gradients = new Map<string, tf.Tensor>();
  for (const [name, variable] of variables) {
    const gradient = grads[variable.name];
    if (gradient) gradients.set(name, gradient);
  }
  return { value, gradients };
}

/** A result that brings its own gradient. */
export interface Differentiable<T extends tf.Tensor> {
  readonly value: T;
  /** Every tensor that the gradient needs: one that is only closed over may be gone by then. */
  readonly saved?: readonly tf.Tensor[];
  /** The gradient at each input, from the gradient at the value and the saved tensors. */
  readonly gradient: (dy: T, saved: readonly tf.Tensor[]) => readonly tf.Tensor[];
}

/** Applies a function with its own gradient: `tf.customGrad` with types. */
export function withGradient<T extends tf.Tensor>(
  inputs: readonly tf.Tensor[],
  compute: () => Differentiable<T>,
): T {
  const op = tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const { value, gradient, saved = [] } = compute();
    (args.at(-1) as tf.GradSaveFunc)([...saved]);
    const gradFunc = (dy: T, kept: tf.Tensor[]) => [...gradient(dy, kept)];
    // TF.js types the gradient function by the wrong type parameter.
    return { value, gradFunc: gradFunc as never };
  });
  return op(...inputs) as T;
}
