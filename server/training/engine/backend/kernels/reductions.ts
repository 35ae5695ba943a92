import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { KernelBackend } from '../backend';
import { allFloat, attribute, input, type KernelCall, product, type BackendKernel } from './call';
import { runTranspose } from './layout';

/** What a reduction does with the values, and the number its sum is multiplied with. */
type Reduction = 'sum' | 'mean' | 'maximum';

/** A tensor seen as [outer, reduced, inner]. */
interface Blocks {
  readonly outer: number;
  readonly reduced: number;
  readonly inner: number;
}

/** The blocks, where the reduced axes (of more than one element) are neighbours. */
function findBlocks(shape: readonly number[], axes: readonly number[]): Blocks | undefined {
  const real = axes.filter((axis) => shape[axis] !== 1);
  const [first = 0, last = -1] = [real[0], real[real.length - 1]];
  for (let axis = first; axis <= last; axis++) {
    if (shape[axis] !== 1 && !real.includes(axis)) return undefined;
  }
  return {
    outer: product(shape.slice(0, first)),
    reduced: product(shape.slice(first, last + 1)),
    inner: product(shape.slice(last + 1)),
  };
}

function runReduction(
  backend: KernelBackend,
  kind: Reduction,
  x: TensorInfo,
  y: TensorInfo,
  { outer, reduced, inner }: Blocks,
): void {
  const { kernels } = backend;
  const [px, py] = [backend.pointer(x), backend.pointer(y)];
  const factor = kind === 'mean' ? 1 / reduced : 1;
  if (kind === 'maximum') {
    if (inner === 1) kernels.maximum_rows(px, reduced, py, outer);
    else kernels.maximum_columns(px, outer, reduced, inner, py, inner);
  } else if (inner === 1) kernels.sum_rows(px, reduced, factor, py, outer);
  else if (outer === 1) runGroups(backend, px, reduced, inner, factor, py);
  else {
    backend.reserveThreadScratch(8 * inner);
    kernels.sum_columns(px, reduced, inner, factor, py, outer);
  }
}

/** Sums down the columns of one matrix, times a factor. */
export function runGroups(
  backend: KernelBackend,
  px: number,
  rows: number,
  columns: number,
  factor: number,
  py: number,
): void {
  const { kernels } = backend;
  const groups = kernels.row_groups(rows);
  const totals = backend.scratch(8 * groups * columns);
  kernels.group_sums(px, rows, columns, totals, groups);
  kernels.group_totals(totals, groups, columns, factor, py, columns);
}

function reduce(call: KernelCall, kind: Reduction): TensorInfo {
  const { backend } = call;
  const x = input(call, 'x');
  const rank = x.shape.length;
  const axes = util
    .parseAxisParam(attribute<number | number[]>(call, 'axis'), x.shape)
    .sort((a, b) => a - b);
  const kept = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const keepDims = attribute<boolean | undefined>(call, 'keepDims') ?? false;
  const shape = keepDims
    ? x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size))
    : kept.map((axis) => x.shape[axis]!);
  const y = backend.makeOutputInfo(shape);
  const blocks = rank === 0 ? { outer: 1, reduced: 1, inner: 1 } : findBlocks(x.shape, axes);
  if (blocks) {
    runReduction(backend, kind, x, y, blocks);
    return y;
  }
  const turned = runTranspose(backend, x, [...kept, ...axes]);
  const outer = product(kept.map((axis) => x.shape[axis]!));
  const reduced = product(axes.map((axis) => x.shape[axis]!));
  runReduction(backend, kind, turned, y, { outer, reduced, inner: 1 });
  backend.disposeData(turned.dataId);
  return y;
}

function softmax(call: KernelCall): TensorInfo {
  const { backend } = call;
  const logits = input(call, 'logits');
  const count = logits.shape[logits.shape.length - 1]!;
  const y = backend.makeOutputInfo(logits.shape);
  const rows = util.sizeFromShape(logits.shape) / count;
  backend.reserveThreadScratch(backend.kernels.softmax_scratch_bytes(count));
  backend.kernels.softmax(backend.pointer(logits), count, backend.pointer(y), rows);
  return y;
}

function isReducible(call: KernelCall): boolean {
  const { shape } = input(call, 'x');
  return allFloat(call) && shape.length <= 6 && product(shape) > 0;
}

function overLastAxis(call: KernelCall): boolean {
  const { shape } = input(call, 'logits');
  const dim = attribute<number>(call, 'dim');
  const isLast = dim === -1 || dim === shape.length - 1;
  return allFloat(call) && isLast && product(shape) > 0;
}

export const reductionKernels: Readonly<Record<string, BackendKernel>> = {
  Sum: { run: (call) => reduce(call, 'sum'), accepts: isReducible },
  Mean: { run: (call) => reduce(call, 'mean'), accepts: isReducible },
  Max: {
    // tf.max names its attribute reductionIndices; the other reductions, axis.
    run: (call) =>
      reduce(
        {
          ...call,
          attrs: { ...call.attrs, axis: call.attrs['reductionIndices'] ?? call.attrs['axis']! },
        },
        'maximum',
      ),
    accepts: isReducible,
  },
  Softmax: { run: softmax, accepts: overLastAxis },
};
