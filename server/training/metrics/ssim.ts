/** Wang's window and constants, for values that range over 0–1. */
const windowSize = 11;
const sigma = 1.5;
const c1 = 0.01 ** 2;
const c2 = 0.03 ** 2;

/**
 * Structural similarity of two images, row-major with channels last: the mean over channels and over
 * all places where the window fits. The window is cut to the size of smaller images.
 */
export function structuralSimilarity(
  a: Float32Array,
  b: Float32Array,
  [height = 1, width = 1, channels = 1]: readonly number[],
): number {
  const down = gaussianWindow(Math.min(windowSize, height));
  const across = gaussianWindow(Math.min(windowSize, width));
  let sum = 0;
  for (let channel = 0; channel < channels; channel++) {
    const x = plane(a, channel, channels);
    const y = plane(b, channel, channels);
    const smooth = (values: Float64Array) => slide(values, height, width, down, across);
    const [meanX, meanY] = [smooth(x), smooth(y)];
    const [xx, yy, xy] = [smooth(product(x, x)), smooth(product(y, y)), smooth(product(x, y))];
    let ofChannel = 0;
    for (let i = 0; i < meanX.length; i++) {
      const [mx, my] = [meanX[i]!, meanY[i]!];
      const covariance = xy[i]! - mx * my;
      const variances = xx[i]! - mx * mx + (yy[i]! - my * my);
      ofChannel +=
        ((2 * mx * my + c1) * (2 * covariance + c2)) /
        ((mx * mx + my * my + c1) * (variances + c2));
    }
    sum += ofChannel / meanX.length;
  }
  return sum / channels;
}

function gaussianWindow(size: number): Float64Array {
  const middle = (size - 1) / 2;
  const values = Float64Array.from({ length: size }, (_, i) =>
    Math.exp(-((i - middle) ** 2) / (2 * sigma ** 2)),
  );
  const total = values.reduce((sum, value) => sum + value, 0);
  return values.map((value) => value / total);
}

function plane(image: Float32Array, channel: number, channels: number): Float64Array {
  const pixels = image.length / channels;
  return Float64Array.from({ length: pixels }, (_, i) => image[i * channels + channel]!);
}

function product(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, i) => value * b[i]!);
}

/** Weighted means under the window at all places where it fits, first down, then across. */
function slide(
  values: Float64Array,
  height: number,
  width: number,
  down: Float64Array,
  across: Float64Array,
): Float64Array {
  const rows = height - down.length + 1;
  const columns = width - across.length + 1;
  const between = new Float64Array(rows * width);
  for (let i = 0; i < between.length; i++) {
    for (let k = 0; k < down.length; k++) between[i]! += down[k]! * values[i + k * width]!;
  }
  const out = new Float64Array(rows * columns);
  for (let i = 0; i < out.length; i++) {
    const from = Math.floor(i / columns) * width + (i % columns);
    for (let k = 0; k < across.length; k++) out[i]! += across[k]! * between[from + k]!;
  }
  return out;
}
