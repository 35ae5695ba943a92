import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Key } from '#common/rng';
import type { KernelBackend } from '../backend';
import { attribute, input, type BackendKernel, type KernelCall, product } from './call';

/** Values of a row that a kernel draws together: STRETCH of random.h. */
const stretch = 256;

/** What every kernel that draws is told first: the purpose, the epoch, the sample of each row. */
export function drawnBy(call: KernelCall): number[] {
  const { backend } = call;
  const [word0, word1] = attribute<Key>(call, 'key');
  const pointers = ['epoch', 'samples'].map((name) => backend.intPointer(input(call, name)));
  return [word0 | 0, word1 | 0, ...pointers];
}

/** The shape of a result whose rows are drawn in stretches. */
interface Rows {
  readonly shape: readonly number[];
  readonly width: number;
  /** Units of work. */
  readonly units: number;
}

function rowsOf(shape: readonly number[]): Rows {
  const width = product(shape.slice(1));
  return { shape, width, units: shape[0]! * Math.ceil(width / stretch) };
}

/** The tensor that a kernel changes, or nothing where it starts from a constant. */
function givenPointer(backend: KernelBackend, x: TensorInfo | undefined): number {
  return x ? backend.pointer(x) : 0;
}

function numbersOf(call: KernelCall, names: readonly string[]): number[] {
  return names.map((name) => attribute<number>(call, name));
}

/** A kernel of the form (draws, numbers, width, x or nothing, result). */
function drawing(
  task: 'random_drop' | 'random_normal' | 'random_photons',
  names: readonly string[],
): BackendKernel {
  return {
    accepts: () => true,
    run: (call) => {
      const { backend, inputs } = call;
      const { shape, width, units } = rowsOf(inputs['x']?.shape ?? attribute(call, 'shape'));
      const y = backend.makeOutputInfo(shape);
      backend.kernels[task](
        ...drawnBy(call),
        ...numbersOf(call, names),
        width,
        givenPointer(backend, inputs['x']),
        backend.pointer(y),
        units,
      );
      return y;
    },
  };
}

function uniform(call: KernelCall): TensorInfo {
  const { backend } = call;
  const { shape, width, units } = rowsOf(attribute(call, 'shape'));
  const y = backend.makeOutputInfo(shape);
  const range = numbersOf(call, ['low', 'span']);
  backend.kernels.random_uniform(...drawnBy(call), ...range, width, backend.pointer(y), units);
  return y;
}

function selectRows(call: KernelCall): TensorInfo {
  const { backend } = call;
  const [a, b] = [input(call, 'a'), input(call, 'b')];
  const y = backend.makeOutputInfo(a.shape);
  backend.kernels.random_select(
    ...drawnBy(call),
    ...numbersOf(call, ['low', 'high']),
    rowsOf(a.shape).width,
    backend.pointer(a),
    backend.pointer(b),
    backend.pointer(y),
    a.shape[0]!,
  );
  return y;
}

export const randomKernels: Readonly<Record<string, BackendKernel>> = {
  LightbenchDrop: drawing('random_drop', ['dropBelow', 'scale', 'shift', 'dropped']),
  LightbenchNormal: drawing('random_normal', ['mean', 'deviation']),
  LightbenchPhotons: drawing('random_photons', ['signal', 'dark', 'readNoise']),
  LightbenchUniform: { accepts: () => true, run: uniform },
  LightbenchSelectRows: { accepts: () => true, run: selectRows },
};
