import type { Static, TObject } from '@sinclair/typebox';
import {
  definePhysicalLayer,
  type Misfit,
  type PhysicalParameterSpec,
  type Shape,
} from './component';
import { learnable } from './learnable';
import { oneOfNames, realNumber } from './parameters';

/** What a Zernike coefficient may be, and how far light may be out of focus. */
const ranges = {
  waves: { minimum: -0.5, maximum: 0.5 },
  defocusUm: { minimum: -1000, maximum: 1000 },
} as const;

function zernike(noll: number, aberration: string) {
  return realNumber({
    description: `a${noll}: ${aberration}, its root mean square over the pupil.`,
    unit: 'waves',
    ...ranges.waves,
    default: 0,
  });
}

/** Zernike coefficients in Noll's order, from a4 on. */
const aberrations = {
  defocusWaves: zernike(4, 'defocus'),
  obliqueAstigmatismWaves: zernike(5, 'oblique astigmatism'),
  verticalAstigmatismWaves: zernike(6, 'vertical astigmatism'),
  verticalComaWaves: zernike(7, 'vertical coma'),
  horizontalComaWaves: zernike(8, 'horizontal coma'),
  verticalTrefoilWaves: zernike(9, 'vertical trefoil'),
  obliqueTrefoilWaves: zernike(10, 'oblique trefoil'),
  sphericalWaves: zernike(11, 'spherical aberration'),
  verticalSecondaryAstigmatismWaves: zernike(12, 'vertical secondary astigmatism'),
  obliqueSecondaryAstigmatismWaves: zernike(13, 'oblique secondary astigmatism'),
  verticalQuadrafoilWaves: zernike(14, 'vertical quadrafoil'),
  obliqueQuadrafoilWaves: zernike(15, 'oblique quadrafoil'),
};

type AberrationName = keyof typeof aberrations;

/** Names of the Zernike coefficients with their numbers in Noll's order. */
export const aberrationNames = (Object.keys(aberrations) as AberrationName[]).map((name, idx) => ({
  name,
  noll: idx + 4,
}));

const params = {
  numericalAperture: realNumber({
    description: 'NA: sine of the largest angle of light that passes, times the refractive index.',
    minimum: 0.05,
    maximum: 1.4,
    default: 0.25,
  }),
  wavelengthUm: realNumber({
    description: 'λ: wavelength in vacuum, one for all channels.',
    unit: 'µm',
    minimum: 0.2,
    maximum: 2,
    default: 0.532,
  }),
  pixelUm: realNumber({
    description: 'Δ: size of a pixel on the object. At most λ/(4 NA), or the image would alias.',
    unit: 'µm',
    minimum: 0.01,
    maximum: 10,
    default: 0.5,
  }),
  refractiveIndex: realNumber({
    description: 'n: refractive index of what the object is in; above NA.',
    minimum: 1,
    maximum: 2,
    default: 1,
  }),
  defocusUm: realNumber({
    description:
      'z: how far the object is from focus. W = z (√(n² − NA²ρ²) − n)/λ, in its paraxial limit a4 = −z NA²/(4√3 n λ).',
    unit: 'µm',
    ...ranges.defocusUm,
    default: 0,
  }),
  ...aberrations,
  border: oneOfNames(
    {
      zero: 'Outside is dark: 0 0 0 | a b c d',
      circular: 'The image repeats: b c d | a b c d',
    },
    { description: 'What is outside the image.', default: 'zero' },
  ),
  ...learnable,
  learn: oneOfNames(
    {
      aberrations: 'The Zernike coefficients a4 … a15.',
      defocus: '`defocusUm` alone: where the object is.',
    },
    {
      description:
        'What is learned where `trainable` says so. Not both: `defocusUm` and a4 do nearly the same.',
      default: 'aberrations',
    },
  ),
};

type PupilParams = Static<TObject<typeof params>>;

export const pupilBlur = definePhysicalLayer({
  type: 'pupilBlur',
  title: 'Pupil with aberrations',
  stage: 'optics',
  summary:
    'Convolves the image with the point-spread function of an objective with a round pupil and aberrations: scalar diffraction of incoherent light.',
  formula:
    'y = h ∗ x, h = |F⁻¹P|² / Σ|F⁻¹P|², P = exp(2πi W) for ρ ≤ 1, else 0; ρ = |f| λ/NA, W = Σ a_j Z_j(ρ, θ) + z (√(n² − NA²ρ²) − n)/λ; Z_4 … Z_15 in the order of Noll, of root mean square 1, θ from columns to rows; the frequencies f are those of the image, or with dark borders of one twice as large',
  params,
  references: [
    { title: 'Goodman, Introduction to Fourier Optics, ch. 6' },
    {
      title:
        'Noll, Zernike polynomials and atmospheric turbulence, J. Opt. Soc. Am. 66, 207 (1976)',
    },
  ],
  snippet: '"defocusWaves": ${1:0.2}, "trainable": ${2:true}',
  examples: [
    { type: 'pupilBlur', defocusWaves: 0.2, sphericalWaves: 0.1, trainable: true },
    { type: 'pupilBlur', defocusUm: 5, border: 'circular', trainable: true, learn: 'defocus' },
  ],
  shape: (input, given): Shape | Misfit => misfitOf(given) ?? input,
  parameters: (given) => [
    ...aberrationNames.map(({ name }) =>
      parameter(given, name, { ...ranges.waves, unit: 'waves' }, given.learn === 'aberrations'),
    ),
    parameter(given, 'defocusUm', { ...ranges.defocusUm, unit: 'µm' }, given.learn === 'defocus'),
  ],
});

function misfitOf({
  numericalAperture,
  wavelengthUm,
  pixelUm,
  refractiveIndex,
}: PupilParams): Misfit | undefined {
  if (numericalAperture >= refractiveIndex) {
    return {
      parameter: 'numericalAperture',
      message: `\`numericalAperture\` must be below the refractive index ${refractiveIndex}; got ${numericalAperture}. Lower it, or set \`refractiveIndex\` to that of the immersion: 1.33 for water, 1.518 for oil.`,
    };
  }
  const largestUm = wavelengthUm / (4 * numericalAperture);
  if (pixelUm <= largestUm) return undefined;
  return {
    parameter: 'pixelUm',
    message: `\`pixelUm\` must be at most λ/(4 NA) = ${Number(largestUm.toPrecision(3))} µm, or the image would alias; got ${pixelUm}. Take smaller pixels, a smaller \`numericalAperture\` or a longer \`wavelengthUm\`.`,
  };
}

function parameter(
  given: PupilParams,
  name: AberrationName | 'defocusUm',
  range: Pick<PhysicalParameterSpec, 'minimum' | 'maximum' | 'unit'>,
  isChosen: boolean,
): PhysicalParameterSpec {
  return {
    name,
    shape: [],
    initial: given[name],
    ...range,
    trainable: given.trainable && isChosen,
    learningRate: given.learningRate,
  };
}
