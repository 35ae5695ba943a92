import type { TensorInfo } from '@tensorflow/tfjs-core';
import { attribute, input, type KernelCall, type BackendKernel, product } from './call';

/** Real and imaginary parts by their addresses; 0 for one that is not there. */
interface Parts {
  readonly re: number;
  readonly im: number;
}

/** A transform along the middle one of three axes. */
interface Pass {
  readonly sizes: readonly [outer: number, size: number, inner: number];
  readonly roots: TensorInfo;
  readonly factor: number;
}

/** All rows of the images, then all columns: see fourier.c. */
function transform(call: KernelCall): TensorInfo[] {
  const { backend, inputs } = call;
  const { shape } = inputs['re'] ?? input(call, 'im');
  const [batch, height, width, channels] = shape as [number, number, number, number];
  const [re, im] =
    attribute<string>(call, 'to') === 'real'
      ? [backend.makeOutputInfo(shape)]
      : [backend.makeOutputInfo(shape), backend.makeOutputInfo(shape)];
  const bytes = 4 * product(shape);
  const start = backend.scratch(2 * bytes);
  const between = { re: start, im: start + bytes };
  const [alongRow, alongColumn] = [input(call, 'rowRoots'), input(call, 'columnRoots')];
  runPass(
    call,
    { sizes: [batch * height, width, channels], roots: alongRow, factor: 1 },
    partsOf(call, inputs['re'], inputs['im']),
    between,
  );
  const factor = attribute<number>(call, 'factor');
  const columns = { sizes: [batch, height, width * channels], roots: alongColumn, factor } as const;
  runPass(call, columns, between, partsOf(call, re, im));
  return im ? [re, im] : [re];
}

/** The inverse is the forward transform with real and imaginary parts exchanged on both sides. */
function partsOf({ backend, attrs }: KernelCall, re?: TensorInfo, im?: TensorInfo): Parts {
  const [first, second] = [re, im].map((part) => (part ? backend.pointer(part) : 0));
  return attrs['inverse'] ? { re: second!, im: first! } : { re: first!, im: second! };
}

function runPass(
  { backend, attrs }: KernelCall,
  { sizes, roots, factor }: Pass,
  from: Parts,
  to: Parts,
): void {
  const { kernels } = backend;
  const origin = attrs['centred'] ? Math.floor(sizes[1] / 2) : 0;
  const axis = backend.shapePointer([...sizes, origin]);
  backend.reserveThreadScratch(kernels.dft_scratch_bytes(axis));
  const given = [axis, from.re, from.im, backend.pointer(roots), factor, to.re, to.im];
  kernels.dft_lines(...given, kernels.dft_blocks(axis));
}

export const fourierKernels: Readonly<Record<string, BackendKernel>> = {
  LightbenchDft2d: { run: transform },
};
