import { backend_util, type TensorInfo } from '@tensorflow/tfjs-core';
import { broadcastSteps } from './axes';
import { allFloat, attribute, input, type KernelCall, product, type BackendKernel } from './call';

/** Activations that the product kernels apply themselves. */
export function fusesActivation(call: KernelCall): boolean {
  const activation = attribute<string | undefined>(call, 'activation') ?? 'linear';
  return activation === 'linear' || activation === 'relu';
}

/** Whether the bias, if any, is one number a column. */
export function biasHas(call: KernelCall, columns: number): boolean {
  const { bias } = call.inputs;
  return (
    !bias || (product(bias.shape) === columns && bias.shape[bias.shape.length - 1] === columns)
  );
}

interface MatrixProduct {
  readonly rows: number;
  readonly depth: number;
  readonly columns: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

function readProduct(call: KernelCall): MatrixProduct {
  const transposeA = attribute<boolean | undefined>(call, 'transposeA') ?? false;
  const transposeB = attribute<boolean | undefined>(call, 'transposeB') ?? false;
  const [a1, a2] = input(call, 'a').shape.slice(-2) as [number, number];
  const [b1, b2] = input(call, 'b').shape.slice(-2) as [number, number];
  const [rows, depth] = transposeA ? [a2, a1] : [a1, a2];
  const [depthB, columns] = transposeB ? [b2, b1] : [b1, b2];
  if (depth !== depthB) {
    throw new Error(
      `matMul: the inner sizes ${depth} and ${depthB} of shapes [${input(call, 'a').shape}] and ` +
        `[${input(call, 'b').shape}] differ. Make them equal, or transpose one.`,
    );
  }
  return { rows, depth, columns, transposeA, transposeB };
}

function multiply(call: KernelCall): TensorInfo {
  const { backend } = call;
  const a = input(call, 'a');
  const b = input(call, 'b');
  const { rows, depth, columns, transposeA, transposeB } = readProduct(call);
  const batch = backend_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const y = backend.makeOutputInfo([...batch, rows, columns]);
  const { kernels } = backend;
  const packed = backend.scratch(4 * kernels.packed_floats(1, depth, columns));
  const bias = call.inputs['bias'] ? backend.pointer(call.inputs['bias']) : 0;
  const relu = attribute<string | undefined>(call, 'activation') === 'relu' ? 1 : 0;
  let packedFrom = -1;
  for (const { fromA, fromB, to } of matrices(a, b, batch, rows * columns)) {
    if (fromB !== packedFrom) {
      const from = backend.pointer(b) + 4 * fromB;
      const panels = kernels.panel_count(columns);
      kernels.matmul_pack(from, Number(transposeB), depth, columns, packed, panels);
      packedFrom = fromB;
    }
    const [pa, py] = [backend.pointer(a) + 4 * fromA, backend.pointer(y) + 4 * to];
    const sizes = [rows, depth, columns] as const;
    const tiles = kernels.row_tiles(rows);
    kernels.matmul(pa, Number(transposeA), ...sizes, packed, bias, relu, py, tiles);
  }
  return y;
}

interface MatrixOffsets {
  readonly fromA: number;
  readonly fromB: number;
  readonly to: number;
}

/** Where the matrices of every member of the batch begin, in elements. */
function* matrices(
  a: TensorInfo,
  b: TensorInfo,
  batch: readonly number[],
  outSize: number,
): Generator<MatrixOffsets> {
  const stepsA = broadcastSteps(a.shape.slice(0, -2), batch);
  const stepsB = broadcastSteps(b.shape.slice(0, -2), batch);
  const sizeA = product(a.shape.slice(-2));
  const sizeB = product(b.shape.slice(-2));
  for (let member = 0; member < product(batch); member++) {
    let rest = member;
    let fromA = 0;
    let fromB = 0;
    for (let axis = batch.length - 1; axis >= 0; axis--) {
      const idx = rest % batch[axis]!;
      rest = (rest - idx) / batch[axis]!;
      fromA += idx * stepsA[axis]! * sizeA;
      fromB += idx * stepsB[axis]! * sizeB;
    }
    yield { fromA, fromB, to: member * outSize };
  }
}

export const productKernels: Readonly<Record<string, BackendKernel>> = {
  LightbenchDense: {
    run: (call) => {
      const { x: a, kernel: b, bias } = call.inputs;
      return multiply({ ...call, inputs: { a, b, bias } });
    },
  },
  BatchMatMul: { run: multiply },
  _FusedMatMul: {
    run: multiply,
    accepts: (call) =>
      allFloat(call) &&
      fusesActivation(call) &&
      !call.inputs['preluActivationWeights'] &&
      biasHas(call, readProduct(call).columns),
  },
};
