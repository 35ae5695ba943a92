import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import { attribute, type BackendKernel, input, type KernelCall } from './call';

function penalty(call: KernelCall): TensorInfo {
  const { backend } = call;
  const { kernels } = backend;
  const w = input(call, 'w');
  const y = backend.makeOutputInfo([]);
  const count = util.sizeFromShape(w.shape);
  const [l1, l2] = strengths(call);
  const blocks = kernels.penalty_blocks(count);
  const totals = backend.scratch(8 * blocks);
  kernels.penalty_sums(backend.pointer(w), count, l1, l2, totals, blocks);
  kernels.penalty_total(totals, blocks, backend.pointer(y), 1);
  return y;
}

function penaltyGradient(call: KernelCall): TensorInfo {
  const { backend } = call;
  const w = input(call, 'w');
  const dw = backend.makeOutputInfo(w.shape);
  const [pw, pdy] = [backend.pointer(w), backend.pointer(input(call, 'dy'))];
  const [l1, l2] = strengths(call);
  const count = util.sizeFromShape(w.shape);
  backend.kernels.penalty_gradient(pw, pdy, l1, l2, backend.pointer(dw), count);
  return dw;
}

function strengths(call: KernelCall): readonly [l1: number, l2: number] {
  return [attribute<number>(call, 'l1'), attribute<number>(call, 'l2')];
}

export const penaltyKernels: Readonly<Record<string, BackendKernel>> = {
  LightbenchPenalty: { run: penalty },
  LightbenchPenaltyGradient: { run: penaltyGradient },
};
