import { backend_util, type TensorInfo } from '@tensorflow/tfjs-core';
import { attribute, input, type KernelCall, type BackendKernel } from './call';
import { convRecord } from './convolutions';

type Pool = 'max_pool' | 'average_pool' | 'l2_pool';

function poolInfo(call: KernelCall, shape: number[]): backend_util.Conv2DInfo {
  type Arguments = Parameters<typeof backend_util.computePool2DInfo>;
  return backend_util.computePool2DInfo(
    shape as Arguments[0],
    attribute<Arguments[1]>(call, 'filterSize'),
    attribute<Arguments[2]>(call, 'strides'),
    1,
    attribute<Arguments[4]>(call, 'pad'),
    attribute<Arguments[5]>(call, 'dimRoundingMode'),
  );
}

function pool(name: Pool): BackendKernel {
  return {
    run: (call) => {
      const { backend } = call;
      const x = input(call, 'x');
      const info = poolInfo(call, x.shape);
      const y = backend.makeOutputInfo(info.outShape);
      const shape = backend.shapePointer(convRecord(info));
      backend.kernels[name](shape, backend.pointer(x), backend.pointer(y), info.batchSize);
      return y;
    },
  };
}

function maxPoolGradient(call: KernelCall): TensorInfo {
  const { backend } = call;
  const x = input(call, 'input');
  const info = poolInfo(call, x.shape);
  const dx = backend.makeOutputInfo(x.shape);
  const shape = backend.shapePointer(convRecord(info));
  const [px, pdy] = [backend.pointer(x), backend.pointer(input(call, 'dy'))];
  backend.kernels.max_pool_gradient(shape, px, pdy, backend.pointer(dx), info.batchSize);
  return dx;
}

function averagePoolGradient(call: KernelCall): TensorInfo {
  const { backend } = call;
  const x = input(call, 'input');
  const info = poolInfo(call, x.shape);
  const dx = backend.makeOutputInfo(x.shape);
  const shape = backend.shapePointer(convRecord(info));
  const pdy = backend.pointer(input(call, 'dy'));
  backend.kernels.average_pool_gradient(shape, pdy, backend.pointer(dx), info.batchSize);
  return dx;
}

function l2PoolGradient(call: KernelCall): TensorInfo {
  const { backend } = call;
  const x = input(call, 'x');
  const info = poolInfo(call, x.shape);
  const dx = backend.makeOutputInfo(x.shape);
  const shape = backend.shapePointer(convRecord(info));
  const given = [x, input(call, 'y'), input(call, 'dy')].map((tensor) => backend.pointer(tensor));
  backend.kernels.l2_pool_gradient(shape, ...given, backend.pointer(dx), info.batchSize);
  return dx;
}

export const poolKernels: Readonly<Record<string, BackendKernel>> = {
  MaxPool: pool('max_pool'),
  MaxPoolGrad: { run: maxPoolGradient },
  AvgPool: pool('average_pool'),
  AvgPoolGrad: { run: averagePoolGradient },
  LightbenchL2Pool: pool('l2_pool'),
  LightbenchL2PoolGradient: { run: l2PoolGradient },
};
