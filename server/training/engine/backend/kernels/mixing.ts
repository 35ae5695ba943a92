import type { TensorInfo } from '@tensorflow/tfjs-core';
import { attribute, input, type BackendKernel, type KernelCall, product } from './call';
import { drawnBy } from './random';

function drawPartners(call: KernelCall): TensorInfo {
  const { backend } = call;
  const rows = input(call, 'samples').shape[0]!;
  const partners = backend.makeOutputInfo([rows], 'int32');
  backend.kernels.draw_partners(...drawnBy(call), rows, backend.intPointer(partners), 1);
  return partners;
}

function drawShares(call: KernelCall): TensorInfo {
  const { backend } = call;
  const partners = input(call, 'partners');
  const shares = backend.makeOutputInfo(partners.shape);
  backend.kernels.draw_shares(
    ...drawnBy(call),
    attribute<number>(call, 'alpha'),
    backend.intPointer(partners),
    backend.pointer(shares),
    partners.shape[0]!,
  );
  return shares;
}

function drawBoxes(call: KernelCall): TensorInfo[] {
  const { backend } = call;
  const partners = input(call, 'partners');
  const rows = partners.shape[0]!;
  const boxes = backend.makeOutputInfo([rows, 4], 'int32');
  const shares = backend.makeOutputInfo([rows]);
  backend.kernels.draw_boxes(
    ...drawnBy(call),
    backend.shapePointer(attribute(call, 'format')),
    attribute<number>(call, 'alpha'),
    backend.intPointer(partners),
    backend.intPointer(boxes),
    backend.pointer(shares),
    rows,
  );
  return [boxes, shares];
}

function mixRows(call: KernelCall): TensorInfo {
  const { backend } = call;
  const x = input(call, 'x');
  const y = backend.makeOutputInfo(x.shape);
  backend.kernels.mix_rows(
    backend.intPointer(input(call, 'partners')),
    backend.pointer(input(call, 'shares')),
    product(x.shape.slice(1)),
    backend.pointer(x),
    backend.pointer(y),
    x.shape[0]!,
  );
  return y;
}

function pasteBoxes(call: KernelCall): TensorInfo {
  const { backend } = call;
  const x = input(call, 'x');
  const y = backend.makeOutputInfo(x.shape);
  backend.kernels.paste_boxes(
    backend.shapePointer(attribute(call, 'format')),
    backend.intPointer(input(call, 'partners')),
    backend.intPointer(input(call, 'boxes')),
    backend.pointer(x),
    backend.pointer(y),
    x.shape[0]!,
  );
  return y;
}

const accepts = () => true;

export const mixingKernels: Readonly<Record<string, BackendKernel>> = {
  LightbenchDrawPartners: { run: drawPartners, accepts },
  LightbenchDrawShares: { run: drawShares, accepts },
  LightbenchDrawBoxes: { run: drawBoxes, accepts },
  LightbenchMixRows: { run: mixRows, accepts },
  LightbenchPasteBoxes: { run: pasteBoxes, accepts },
};
