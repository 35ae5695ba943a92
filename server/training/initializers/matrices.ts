import type { Shape } from '#common/catalogue/component';
import { elements } from '#common/catalogue/shape';

/**
 * A matrix of all axes but the last by the last one, row-major, whose columns (or rows, if there are
 * fewer) are orthonormal. It is evenly spread over all such matrices.
 */
export function orthogonalMatrix(shape: Shape, normal: () => number): Float64Array {
  const columns = shape.at(-1) ?? 1;
  const rows = elements(shape) / columns;
  const isTall = rows >= columns;
  const vectors = orthonormal(Math.min(rows, columns), Math.max(rows, columns), normal);
  return Float64Array.from({ length: rows * columns }, (_, index) => {
    const [row, column] = [Math.floor(index / columns), index % columns];
    return isTall ? vectors[column]![row]! : vectors[row]![column]!;
  });
}

/** Gram and Schmidt's way, whose R has a positive diagonal; done twice, which makes it exact. */
function orthonormal(count: number, length: number, normal: () => number): readonly Float64Array[] {
  const done: Float64Array[] = [];
  for (let i = 0; i < count; i++) {
    const vector = Float64Array.from({ length }, normal);
    for (let pass = 0; pass < 2; pass++) {
      for (const other of done) {
        const along = dot(vector, other);
        for (let k = 0; k < length; k++) vector[k]! -= along * other[k]!;
      }
    }
    const norm = Math.sqrt(dot(vector, vector));
    done.push(vector.map((value) => value / norm));
  }
  return done;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k]! * b[k]!;
  return sum;
}

/** Whether the weight at an index joins channels of one number at the middle tap of a kernel. */
export function identityPlaces(shape: Shape): (index: number) => boolean {
  const [inputs, outputs] = [shape.at(-2) ?? 1, shape.at(-1) ?? 1];
  const taps = shape.slice(0, -2);
  // `same` padding of an even window puts one more pixel behind, so that the middle is before it.
  const middle = taps.reduce((place, size) => place * size + Math.floor((size - 1) / 2), 0);
  return (index) => {
    const channel = index % (inputs * outputs);
    const isMiddle = Math.floor(index / (inputs * outputs)) === middle;
    return isMiddle && Math.floor(channel / outputs) === channel % outputs;
  };
}
