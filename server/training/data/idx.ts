/** An array of bytes with its lengths: what an IDX file of MNIST's kind holds. */
export interface IdxArray {
  readonly shape: readonly number[];
  readonly values: Uint8Array;
}

const unsignedByte = 8;

/** Reads an IDX file: two zeros, the element type, the number of axes, their lengths, the bytes. */
export function readIdx(bytes: Uint8Array): IdxArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4 || view.getUint16(0) !== 0 || view.getUint8(2) !== unsignedByte) {
    throw new Error('it does not begin like an IDX file of bytes');
  }
  const axes = view.getUint8(3);
  const start = 4 + 4 * axes;
  if (bytes.length < start) throw new Error('it ends within its header');
  const shape = Array.from({ length: axes }, (_, axis) => view.getUint32(4 + 4 * axis));
  const size = shape.reduce((product, length) => product * length, 1);
  if (bytes.length !== start + size) {
    throw new Error(`it holds ${bytes.length - start} bytes, not ${shape.join(' × ')} = ${size}`);
  }
  return { shape, values: bytes.subarray(start) };
}
