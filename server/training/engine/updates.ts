// Changes of variables in place. On the engine's own backend they run one kernel over the variable's
// memory; on any other they are composed of TF.js operations. None is differentiable.
import * as tf from '@tensorflow/tfjs-core';
import { NotFiniteValueError } from './backend/notFiniteValue';
import { onOwnBackend } from './ops';

/** variable ← value */
export function assign(variable: tf.Variable, value: tf.Tensor): void {
  if (onOwnBackend('LightbenchAssign')) run('LightbenchAssign', { variable, value });
  else variable.assign(tf.clone(value));
}

/** average ← momentum · average + (1 − momentum) · value */
export function moveTowards(average: tf.Variable, value: tf.Tensor, momentum: number): void {
  if (onOwnBackend('LightbenchMoveTowards')) {
    run('LightbenchMoveTowards', { average, value }, { momentum });
    return;
  }
  replace(average, () => tf.add(tf.mul(average, momentum), tf.mul(value, 1 - momentum)));
}

/** What an update works with; `rates` holds the numbers that change from step to step. */
export interface UpdateInputs {
  readonly variable: tf.Variable;
  readonly gradient: tf.Tensor;
  readonly rates: tf.Tensor1D;
}

/** w ← w − η g; rates: η. */
export function updateBySgd({ variable, gradient, rates }: UpdateInputs): void {
  if (onOwnBackend('LightbenchSgd')) run('LightbenchSgd', { variable, gradient, rates });
  else replace(variable, () => tf.sub(variable, tf.mul(gradient, rates)));
}

/** m ← μ m + g, then w ← w − η m or, with Nesterov's look ahead, w − η (g + μ m); rates: η. */
export function updateByMomentum(
  { variable, gradient, rates }: UpdateInputs,
  m: tf.Variable,
  { momentum, nesterov }: { readonly momentum: number; readonly nesterov: boolean },
): void {
  if (onOwnBackend('LightbenchMomentum')) {
    run('LightbenchMomentum', { variable, gradient, m, rates }, { momentum, nesterov });
    return;
  }
  replace(m, () => tf.add(tf.mul(m, momentum), gradient));
  replace(variable, () => {
    const direction = nesterov ? tf.add(gradient, tf.mul(m, momentum)) : m;
    return tf.sub(variable, tf.mul(direction, rates));
  });
}

/**
 * m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g², w ← w − η₁ m / (c √v + ε); rates: η₁, the learning rate
 * corrected for the bias of m, and c, which corrects that of v.
 */
export function updateByAdam(
  { variable, gradient, rates }: UpdateInputs,
  { m, v }: { readonly m: tf.Variable; readonly v: tf.Variable },
  constants: { readonly beta1: number; readonly beta2: number; readonly epsilon: number },
): void {
  if (onOwnBackend('LightbenchAdam')) {
    run('LightbenchAdam', { variable, gradient, m, v, rates }, { ...constants });
    return;
  }
  const { beta1, beta2, epsilon } = constants;
  replace(m, () => tf.add(tf.mul(m, beta1), tf.mul(gradient, 1 - beta1)));
  replace(v, () => tf.add(tf.mul(v, beta2), tf.mul(tf.square(gradient), 1 - beta2)));
  replace(variable, () => {
    const [rate, correction] = [tf.slice(rates, 0, 1), tf.slice(rates, 1, 1)];
    const root = tf.add(tf.mul(tf.sqrt(v), correction), epsilon);
    return tf.sub(variable, tf.mul(tf.div(m, root), rate));
  });
}

/**
 * Sees to it that what comes after happens only if every value of the named tensors is finite.
 *
 * @throws NotFiniteValueError with the name of the first tensor that has one that is not; a recorded
 * program rejects with it when it runs.
 */
export function requireFinite(tensors: ReadonlyMap<string, tf.Tensor>): void {
  if (onOwnBackend('LightbenchRequireFinite')) {
    tf.dispose(run('LightbenchRequireFinite', Object.fromEntries(tensors)));
    return;
  }
  for (const [name, tensor] of tensors) {
    const isFinite = tf.tidy(() => tf.all(tf.isFinite(tensor)).dataSync()[0]);
    if (isFinite !== 1) throw new NotFiniteValueError(name);
  }
}

function replace(variable: tf.Variable, compute: () => tf.Tensor): void {
  tf.tidy(() => variable.assign(compute()));
}

function run(
  kernel: string,
  inputs: Readonly<Record<string, tf.Tensor>>,
  attrs: tf.NamedAttrMap = {},
): tf.Tensor[] {
  return tf.engine().runKernel(kernel, inputs, attrs) as unknown as tf.Tensor[];
}
