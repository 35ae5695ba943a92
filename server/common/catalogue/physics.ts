import { definePhysicalLayer, type PhysicalParameterSpec, type ValueOf } from './component';
import { learnable } from './learnable';
import { oneOfNames, realNumber, yesNo } from './parameters';
import { pupilBlur } from './pupil';

/** Borders by their unambiguous names: "reflect" means mirror in NumPy and symmetric in SciPy. */
const borders = {
  zero: 'Outside is dark: 0 0 0 | a b c d',
  circular: 'The image repeats: b c d | a b c d',
  mirror: 'Mirrored about the edge sample, which is not repeated: d c b | a b c d',
  symmetric: 'Mirrored about the edge, whose sample is repeated: c b a | a b c d',
} as const;

const gaussianBlur = definePhysicalLayer({
  type: 'gaussianBlur',
  title: 'Gaussian blur',
  stage: 'optics',
  summary:
    'Convolves the image with a Gaussian point-spread function: defocus or a modest lens, incoherent light.',
  formula:
    'y = h ∗ x, h(d) ∝ exp(−d²/2σ²) sampled for σ ≥ 0.8, else integrated over each pixel (variance σ² + 1/12); Σ h = 1 over |d| ≤ ⌈4σ⌉ (of the largest σ where it is learned); MTF(ν) = exp(−2π²σ²ν²)',
  params: {
    sigmaPx: realNumber({
      description: 'Standard deviation of the point-spread function.',
      unit: 'px',
      minimum: 0.2,
      maximum: 5,
      default: 1,
    }),
    border: oneOfNames(borders, { description: 'What is outside the image.', default: 'zero' }),
    ...learnable,
  },
  references: [{ title: 'Goodman, Introduction to Fourier Optics, ch. 6' }],
  snippet: '"sigmaPx": ${1:1.0}, "trainable": ${2:true}',
  examples: [{ type: 'gaussianBlur', sigmaPx: 1.0, trainable: true }],
  shape: (input) => input,
  parameters: (params): readonly PhysicalParameterSpec[] => [
    {
      name: 'sigmaPx',
      shape: [],
      initial: params.sigmaPx,
      minimum: 0.2,
      maximum: 5,
      unit: 'px',
      trainable: params.trainable,
      learningRate: params.learningRate,
    },
  ],
});

const shotNoise = definePhysicalLayer({
  type: 'shotNoise',
  title: 'Shot and read noise',
  stage: 'noise',
  summary:
    'Counts photons: Poisson noise at a photon budget plus the read noise of the sensor, drawn anew for every exposure, in evaluation too.',
  formula:
    'e = Poisson(Q N t x + d t) + Normal(0, σ_r²), y = e / (Q N t); mean x + d/(Q N), variance x/(Q N t) + d/(Q² N² t) + (σ_r/(Q N t))²',
  params: {
    photons: realNumber({
      description: 'N: photons that reach a pixel of value 1 in one exposure.',
      unit: 'photons',
      exclusiveMinimum: 0,
      maximum: 1e7,
      default: 1000,
    }),
    readNoise: realNumber({
      description: 'σ_r: standard deviation of the read-out.',
      unit: 'electrons',
      minimum: 0,
      maximum: 1000,
      default: 0,
    }),
    quantumEfficiency: realNumber({
      description: 'Q: electrons for one photon.',
      exclusiveMinimum: 0,
      maximum: 1,
      default: 1,
    }),
    darkCurrent: realNumber({
      description: 'd: electrons for one unit of exposure without any light.',
      unit: 'electrons',
      minimum: 0,
      maximum: 1e6,
      default: 0,
    }),
    exposure: realNumber({
      description: 't: exposure relative to the one that the photons are given for.',
      exclusiveMinimum: 0,
      maximum: 1e4,
      default: 1,
    }),
    clip: yesNo({
      description:
        'Clip negative read-outs to 0. This biases dim pixels (expected 0.5 electrons, read noise 2: mean 1.117), so it is off by default.',
      default: false,
    }),
    gradient: oneOfNames(
      {
        reparametrised:
          'Train on x + √variance · ε with its exact gradient; evaluate on true Poisson counts.',
        straightThrough: 'Train on true Poisson counts and pass the gradient through unchanged.',
      },
      { description: 'How the gradient passes the noise.', default: 'reparametrised' },
    ),
  },
  references: [
    { title: 'Janesick, Photon Transfer, SPIE 2007' },
    {
      title:
        'Hörmann, The transformed rejection method for generating Poisson random variables, 1993',
    },
  ],
  snippet: '"photons": ${1:200}, "readNoise": ${2:2}',
  examples: [{ type: 'shotNoise', photons: 200, readNoise: 2 }],
  shape: (input) => input,
  parameters: () => [],
});

export const physics = { gaussianBlur, pupilBlur, shotNoise } as const;

export type PhysicsKind = keyof typeof physics;
export type PhysicsValue = ValueOf<(typeof physics)[PhysicsKind]>;
export type PhysicsValueOf<K extends PhysicsKind> = ValueOf<(typeof physics)[K]>;
