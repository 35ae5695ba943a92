import type { Shape } from '#common/catalogue/component';
import type { InitializerKind, InitializerValue } from '#common/catalogue/initializers';
import { elements } from '#common/catalogue/shape';
import { draws, streamKey, type Draws } from '#common/rng';
import { identityPlaces, orthogonalMatrix } from './matrices';

/** Gives the values of a weight of a given shape, row-major; `draw` is the weight's own stream. */
type Initializer<K extends InitializerKind> = (
  value: Extract<InitializerValue, { readonly type: K }>,
  shape: Shape,
  draw: Draws,
) => (index: number) => number;

const builders = {
  zeros: () => () => 0,
  ones: () => () => 1,
  constant: ({ value }) => always(value),
  randomNormal:
    ({ mean, stddev }, _, { normal }) =>
    () =>
      mean + stddev * normal(),
  randomUniform:
    ({ minval, maxval }, _, { uniform }) =>
    () =>
      minval + (maxval - minval) * uniform(),
  truncatedNormal: ({ mean, stddev }, _, draw) => {
    const next = truncated(draw);
    return () => mean + stddev * next();
  },
  lecunNormal: (_, shape, draw) => scaledNormal(1 / fans(shape).fanIn, draw),
  lecunUniform: (_, shape, draw) => scaledUniform(1 / fans(shape).fanIn, draw),
  glorotNormal: (_, shape, draw) => scaledNormal(glorotVariance(shape), draw),
  glorotUniform: (_, shape, draw) => scaledUniform(glorotVariance(shape), draw),
  heNormal: (_, shape, draw) => scaledNormal(2 / fans(shape).fanIn, draw),
  heUniform: (_, shape, draw) => scaledUniform(2 / fans(shape).fanIn, draw),
  orthogonal: ({ gain }, shape, { normal }) => {
    const matrix = orthogonalMatrix(shape, normal);
    return (index) => gain * matrix[index]!;
  },
  identity: ({ gain }, shape) => {
    const isOne = identityPlaces(shape);
    return (index) => (isOne(index) ? gain : 0);
  },
  lectureXavier: ({ deviation }, shape, { normal }) => {
    const { fanIn } = fans(shape);
    const stddev = deviation === 'slide' ? 1 / fanIn : 1 / Math.sqrt(fanIn);
    return () => stddev * normal();
  },
} satisfies { readonly [K in InitializerKind]: Initializer<K> };

/**
 * The first values of a weight, row-major. They depend on the seed and the weight's own name only, so
 * adding a layer does not change how the others start.
 */
export function initialValues(
  value: InitializerValue,
  shape: Shape,
  seed: number,
  weightName: string,
): Float32Array {
  const draw = draws(streamKey(seed, `initializer/${weightName}`));
  const next = (builders[value.type] as Initializer<InitializerKind>)(value, shape, draw);
  // `Float32Array.from` takes twice as long, which for a hundred million weights is seconds.
  const values = new Float32Array(elements(shape));
  for (let idx = 0; idx < values.length; idx++) values[idx] = next(idx);
  return values;
}

/** Inputs and outputs of one unit, by Keras' rule: a kernel's taps count for both. */
export function fans(shape: Shape): { readonly fanIn: number; readonly fanOut: number } {
  const fanOut = shape.at(-1) ?? 1;
  if (shape.length < 2) return { fanIn: fanOut, fanOut };
  const taps = elements(shape.slice(0, -2));
  return { fanIn: taps * (shape.at(-2) ?? 1), fanOut: taps * fanOut };
}

/** Standard deviation of a standard normal number that is redrawn beyond ±2. */
const truncatedDeviation = 0.87962566103423978;

function glorotVariance(shape: Shape): number {
  const { fanIn, fanOut } = fans(shape);
  return 2 / (fanIn + fanOut);
}

function scaledNormal(variance: number, draw: Draws): () => number {
  const stddev = Math.sqrt(variance) / truncatedDeviation;
  const next = truncated(draw);
  return () => stddev * next();
}

function scaledUniform(variance: number, { uniform }: Draws): () => number {
  const limit = Math.sqrt(3 * variance);
  return () => limit * (2 * uniform() - 1);
}

function truncated({ normal }: Draws): () => number {
  return () => {
    for (;;) {
      const x = normal();
      if (Math.abs(x) <= 2) return x;
    }
  };
}

function always(value: number): () => number {
  return () => value;
}
