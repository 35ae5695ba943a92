// Merging of axes: kernels in C see as few axes as an operation really has.

/** The most axes that a record for the kernels holds: MOST_AXES in broadcast.h. */
export const mostAxes = 6;

/** An axis of a result with the steps of the operands along it, in elements. */
interface Axis {
  size: number;
  steps: readonly number[];
}

/** Steps between neighbours along every axis of a dense tensor. */
export function denseSteps(shape: readonly number[]): number[] {
  const steps = new Array<number>(shape.length).fill(1);
  for (let i = shape.length - 2; i >= 0; i--) steps[i] = steps[i + 1]! * shape[i + 1]!;
  return steps;
}

/** Steps of an operand along the axes of a broadcast result: 0 where it is repeated. */
export function broadcastSteps(shape: readonly number[], out: readonly number[]): number[] {
  const missing = out.length - shape.length;
  const steps = denseSteps(shape);
  return out.map((_, axis) =>
    axis < missing || shape[axis - missing] === 1 ? 0 : steps[axis - missing]!,
  );
}

/**
 * The record `broadcast` of broadcast.h for a result and its operands: axes of one element are
 * dropped, axes along which all operands run on without a gap are merged. Undefined where too many
 * are left.
 */
export function mergeAxes(
  out: readonly number[],
  operandSteps: readonly (readonly number[])[],
): number[] | undefined {
  const merged: Axis[] = [];
  for (let i = 0; i < out.length; i++) {
    const size = out[i]!;
    if (size === 1) continue;
    const steps = operandSteps.map((operand) => operand[i]!);
    const last = merged[merged.length - 1];
    if (last && last.steps.every((step, k) => step === steps[k]! * size)) {
      merged[merged.length - 1] = { size: last.size * size, steps };
    } else {
      merged.push({ size, steps });
    }
  }
  if (merged.length === 0) merged.push({ size: 1, steps: operandSteps.map(() => 1) });
  if (merged.length > mostAxes) return undefined;
  const column = (values: readonly number[]): number[] => [
    ...values,
    ...new Array<number>(mostAxes - values.length).fill(0),
  ];
  return [
    merged.length,
    ...column(merged.map((axis) => axis.size)),
    ...operandSteps.flatMap((_, k) => column(merged.map((axis) => axis.steps[k]!))),
  ];
}
