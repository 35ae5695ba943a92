/** CRC-32C (Castagnoli, reflected polynomial 0x82F63B78) and the mask of TFRecord files. */

/** Four tables, so that a step takes four bytes at once ("slicing by 4"). */
const tables = makeTables();

export function crc32c(bytes: Uint8Array, begin = 0, end = bytes.length): number {
  const [t0, t1, t2, t3] = tables;
  let crc = ~0;
  let i = begin;
  for (; i + 4 <= end; i += 4) {
    crc ^= bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    crc = t3[crc & 255]! ^ t2[(crc >>> 8) & 255]! ^ t1[(crc >>> 16) & 255]! ^ t0[crc >>> 24]!;
  }
  for (; i < end; i++) crc = t0[(crc ^ bytes[i]!) & 255]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** A CRC over data that hold CRCs is weak, so TFRecord rotates it and adds a constant. */
export function maskedCrc32c(bytes: Uint8Array, begin = 0, end = bytes.length): number {
  const crc = crc32c(bytes, begin, end);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

function makeTables(): readonly [Int32Array, Int32Array, Int32Array, Int32Array] {
  const first = new Int32Array(256);
  for (let i = 0; i < 256; i++) {
    let crc = i;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
    first[i] = crc;
  }
  const next = (table: Int32Array) => table.map((crc) => (crc >>> 8) ^ first[crc & 255]!);
  const second = next(first);
  const third = next(second);
  return [first, second, third, next(third)];
}
