// The discrete Fourier transform of images, with real and imaginary parts as tensors of their own: what
// coherent light, pupils and magnetic resonance are made of.
import '../tfGradients';
import * as tf from '@tensorflow/tfjs-core';
import { onOwnBackend, runMany } from './kernelCall';

/** Complex images [batch, height, width, channels]. */
export interface ComplexImages {
  readonly re: tf.Tensor4D;
  readonly im: tf.Tensor4D;
}

/** Images to be transformed; an imaginary part that is absent is zero. */
export interface ImagesToTransform {
  readonly re: tf.Tensor4D;
  readonly im?: tf.Tensor4D;
}

export interface DftOptions {
  /** exp(+2πi …) instead of exp(−2πi …). Default false. */
  readonly inverse?: boolean;
  /**
   * With NumPy's names: `backward` divides the inverse by the number of pixels, `ortho` both directions by
   * its root, so that they keep Σ |x|². Default backward.
   */
  readonly norm?: 'backward' | 'ortho';
  /** The origin of both planes is pixel ⌊n/2⌋ of each axis, not the first one. Default false. */
  readonly centred?: boolean;
}

/**
 * X[u, v] = s Σ x[i, j] exp(∓2πi (ui/height + vj/width)) for each image and channel, of any size.
 * Differentiable: the gradient is the adjoint, the opposite transform with the same factor s.
 */
export function dft2d(x: ImagesToTransform, options: DftOptions = {}): ComplexImages {
  const transform = transformOf(x, options, 'complex');
  if (!onOwnBackend(dftName)) return composed(x, transform);
  const [re, im] = runDft(x, transform);
  return { re: re!, im: im! };
}

/** The real part of the transform alone, where the imaginary part is known to be zero or is of no use. */
export function realDft2d(x: ImagesToTransform, options: DftOptions = {}): tf.Tensor4D {
  const transform = transformOf(x, options, 'real');
  return onOwnBackend(dftName) ? runDft(x, transform)[0]! : composed(x, transform).re;
}

const dftName = 'LightbenchDft2d';

/** Whether there is an imaginary part. */
type Numbers = 'real' | 'complex';

/** A linear map of images, as the kernel is told. */
interface Transform extends tf.NamedAttrMap {
  readonly inverse: boolean;
  readonly centred: boolean;
  readonly factor: number;
  readonly from: Numbers;
  readonly to: Numbers;
}

function transformOf(
  { re, im }: ImagesToTransform,
  { inverse = false, norm = 'backward', centred = false }: DftOptions,
  to: Numbers,
): Transform {
  const pixels = re.shape[1] * re.shape[2];
  const backward = inverse ? 1 / pixels : 1;
  const factor = norm === 'ortho' ? 1 / Math.sqrt(pixels) : backward;
  return { inverse, centred, factor, from: im ? 'complex' : 'real', to };
}

function runDft({ re, im }: ImagesToTransform, transform: Transform): readonly tf.Tensor4D[] {
  const [, height, width] = re.shape;
  const roots = { rowRoots: rootsOfUnity(width), columnRoots: rootsOfUnity(height) };
  return runMany(dftName, { re, ...(im && { im }), ...roots }, transform);
}

tf.registerGradient({
  kernelName: dftName,
  inputsToSave: ['rowRoots', 'columnRoots'],
  gradFunc: (dy, [rowRoots, columnRoots], attrs) => {
    const { from, to, inverse, ...same } = attrs as Transform;
    const [re, im] = (to === 'real' ? [dy] : dy) as readonly tf.Tensor4D[];
    const inputs = { re: re!, ...(im && { im }), rowRoots: rowRoots!, columnRoots: columnRoots! };
    const adjoint = { ...same, inverse: !inverse, from: to, to: from };
    const [dRe, dIm] = runMany<readonly tf.Tensor[]>(dftName, inputs, adjoint);
    return { re: () => dRe!, im: () => dIm! };
  },
});

/** exp(−2πik/n) for k = 0 … n − 1, as pairs. */
function rootsOfUnity(n: number): tf.Tensor2D {
  const values = Float32Array.from({ length: 2 * n }, (_, i) => rootOfUnity(i >> 1, n)[i & 1]!);
  return tf.tensor2d(values, [n, 2]);
}

/** Cosine and sine of −2πk/n, 0 ≤ k < n, from an angle of an eighth of a turn at most: exact on the axes. */
function rootOfUnity(k: number, n: number): readonly [number, number] {
  if (2 * k > n) return mirrored(rootOfUnity(n - k, n), 1, -1);
  if (4 * k > n) return mirrored(rootOfUnity(n / 2 - k, n), -1, 1);
  if (8 * k > n) {
    const [cosine, sine] = rootOfUnity(n / 4 - k, n);
    return [-sine, -cosine];
  }
  const angle = (-2 * Math.PI * k) / n;
  return [Math.cos(angle), Math.sin(angle)];
}

function mirrored(
  [cosine, sine]: readonly [number, number],
  x: 1 | -1,
  y: 1 | -1,
): readonly [number, number] {
  return [x * cosine, y * sine];
}

// ---- products with real matrices, for every other backend ----

function composed(x: ImagesToTransform, transform: Transform): ComplexImages {
  const [batch, height, width, channels] = x.re.shape;
  const rows = alongMiddle(x, [batch * height, width, channels], transform);
  const { re, im } = alongMiddle(rows, [batch, height, width * channels], transform);
  const finish = (part: tf.Tensor): tf.Tensor4D =>
    tf.reshape(tf.mul(part, transform.factor), x.re.shape);
  return { re: finish(re), im: finish(im) };
}

/** Real and imaginary part in any shape. */
interface Parts {
  readonly re: tf.Tensor;
  readonly im?: tf.Tensor;
}

/** The transform along the middle one of three axes, not scaled. */
function alongMiddle(
  { re, im }: Parts,
  sizes: [outer: number, size: number, inner: number],
  { inverse, centred }: Transform,
): Required<Parts> {
  const origin = centred ? Math.floor(sizes[1] / 2) : 0;
  const cosines = matrix(sizes[1], origin, ([cosine]) => cosine);
  const sines = matrix(sizes[1], origin, ([, sine]) => (inverse ? -sine : sine));
  const times = (part: tf.Tensor, by: tf.Tensor): tf.Tensor =>
    tf.matMul(by, tf.reshape(part, sizes));
  const ofRe = { re: times(re, cosines), im: times(re, sines) };
  if (!im) return ofRe;
  return {
    re: tf.sub(ofRe.re, times(im, sines)),
    im: tf.add(ofRe.im, times(im, cosines)),
  };
}

function matrix(
  size: number,
  origin: number,
  entry: (root: readonly [number, number]) => number,
): tf.Tensor3D {
  const roots = Array.from({ length: size }, (_, k) => rootOfUnity(k, size));
  const values = Float32Array.from({ length: size * size }, (_, i) => {
    const turns = (Math.floor(i / size) - origin) * ((i % size) - origin);
    return entry(roots[((turns % size) + size) % size]!);
  });
  return tf.tensor3d(values, [1, size, size]);
}
