// Experiments that have, together, all of the catalogue that could read values in the middle of a step, in few
// and short runs: for engines on which reading is impossible, or slow.
import type { Shape } from '#common/catalogue/component';
import { checkExperiment, factsOf } from '#common/experiment/check';
import { hasErrors } from '#common/experiment/diagnose';
import type { Experiment } from '#common/experiment/experiment';
import type { Dataset } from '../../../server/training/data/dataset';
import {
  exampleImage,
  examplesOf,
  layerExamples,
  netAround,
  withoutUnsupported,
} from '../model/catalogueNets';
import { experimentWith } from '../model/support';
import { dataOf, shortRunOn, type Outcome } from './shortRun';

/** An experiment, and what its outputs are compared with. */
export interface ValueExperiment {
  readonly what: string;
  readonly experiment: Experiment;
  readonly target: Target;
}

type Target = 'class' | 'mask' | 'image';

/** Large enough for the windows of SSIM. */
const shape: Shape = [12, 12, 3];
const classes = 2;
/** Enough for chance to choose some of them, and to mix them with each other. */
const images = 4;

/** The least that can be trained for a target: the rest of a step is what counts. */
const least: Readonly<Record<Target, { readonly layers: readonly object[]; loss: object }>> = {
  class: {
    layers: [{ type: 'flatten' }, { type: 'dense', units: classes }],
    loss: { type: 'softmaxCrossEntropy' },
  },
  mask: {
    layers: [{ type: 'conv2d', filters: classes, kernelSize: 3, padding: 'same' }],
    loss: { type: 'softmaxCrossEntropy' },
  },
  image: {
    // Between 0 and 1, where every loss of images has moderate values.
    layers: [{ type: 'conv2d', filters: 3, kernelSize: 3, padding: 'same', activation: 'sigmoid' }],
    loss: { type: 'meanSquaredError' },
  },
};

/** Experiments that an engine without values in a step has to train as ours do. */
export function valueExperiments(): readonly ValueExperiment[] {
  return [
    ...layerExperiments(),
    ...optimizerExperiments(),
    ...lossExperiments(),
    ...augmentationExperiments(),
  ];
}

/** Trains an experiment on the open engine for a few steps. */
export async function valueRun({ experiment, target }: ValueExperiment): Promise<Outcome> {
  const dataset = await dataOf(experiment);
  return shortRunOn(target === 'mask' ? withMasks(dataset) : dataset, experiment);
}

/** Data with a mask for each image: a square that moves from sample to sample. */
function withMasks(dataset: Dataset): Dataset {
  const [height = 1, width = 1] = dataset.facts.shape;
  const size = height * width;
  const isIn = (pixel: number, sample: number): boolean =>
    Math.floor(pixel / width) > 2 * sample && pixel % width > 3;
  const read = (samples: Uint32Array, out: Int32Array): void => {
    out.forEach((_, i) => {
      out[i] = Number(isIn(i % size, samples[Math.floor(i / size)]!));
    });
  };
  return { ...dataset, targets: { kind: 'mask', size, read } };
}

function valueExperiment(
  what: string,
  target: Target,
  changes: Readonly<Record<string, unknown>>,
  data: { readonly shape: Shape; readonly count: number } = { shape, count: images },
): ValueExperiment {
  const { layers, loss } = least[target];
  const source = { type: 'synthetic', classes, noise: 0.2, ...data };
  const experiment = experimentWith({ data: { source }, model: { layers }, loss, ...changes });
  return { what, target, experiment: withoutUnsupported('webgpu', experiment, data.shape) };
}

/** How many layers a network is offered at once: the fewer, the less its roundings grow. */
const offered = 4;

/** What the examples take, of as few products as may be. */
const stem = ['first', 'second'].map((name) => ({
  ...{ type: 'conv2d', name, filters: 16, kernelSize: 1, activation: 'tanh' },
}));

/** Every kind of layer, in networks of those that fit behind each other. */
function layerExperiments(): readonly ValueExperiment[] {
  const made: ValueExperiment[] = [];
  // A block is the layers that it is made of.
  let waiting = layerExamples().filter((layer) => !('block' in layer));
  while (waiting.length > 0) {
    const model = netAround(waiting.slice(0, offered), least.class.layers, stem);
    const taken = waiting.filter((layer, i) => i < offered && model.layers.includes(layer));
    if (taken.length === 0) throw new Error(`No network takes ${JSON.stringify(waiting[0])}.`);
    waiting = waiting.filter((layer) => !taken.includes(layer));
    const what = taken.map((layer) => JSON.stringify(layer)).join(' ');
    const data = { shape: exampleImage, count: 2 };
    made.push(valueExperiment(what, 'class', { model }, data));
  }
  return made;
}

/** What an optimizer can do beside its update. */
const extras = [
  { emaMomentum: 0.9, globalClipNorm: 0.01 },
  { gradientAccumulationSteps: 2, clipValue: 0.01 },
  { clipNorm: 0.01 },
];

/** Every optimizer, with the examples of what has no run of its own. */
function optimizerExperiments(): readonly ValueExperiment[] {
  const [physics, normalizations, regularizers, constraints] = [
    examplesOf('physics'),
    examplesOf('normalization'),
    examplesOf('regularizers'),
    examplesOf('constraints'),
  ];
  return examplesOf('optimizers').map((optimizer, i) => {
    const pick = (from: readonly object[]): object => from[i % from.length]!;
    const [flatten, dense] = least.class.layers;
    const constrained = { ...dense, kernelConstraint: pick(constraints) };
    const changes = {
      physics: physics.slice(i, i + 1),
      normalization: pick(normalizations),
      model: { layers: [flatten, constrained] },
      regularization: pick(regularizers),
      optimizer: { ...optimizer, ...pick(extras) },
    };
    return valueExperiment(JSON.stringify(optimizer), 'class', changes);
  });
}

/** Every loss, as a term of one for each target that it can have. */
function lossExperiments(): readonly ValueExperiment[] {
  const terms = examplesOf('losses')
    .filter((loss) => !('terms' in loss))
    .map((loss) => ({ loss, weight: 0.5, schedule: { epochs: 5 } }));
  return (['class', 'image'] as const).map((target) => {
    const withTerms = (chosen: readonly object[]): ValueExperiment => {
      const loss = { type: 'mixture', terms: chosen };
      return valueExperiment(`all losses that compare with: ${target}`, target, { loss });
    };
    const { loss } = least[target];
    return withTerms(terms.filter((term) => isSound(withTerms([{ loss }, term]))));
  });
}

/** Whether a loss takes what the network gives. */
function isSound({ experiment }: ValueExperiment): boolean {
  // So few samples could not be split.
  const source = { ...experiment.data.source, count: 100 };
  return !hasErrors(checkExperiment(experiment, factsOf(source)));
}

const isMixing = (value: object): boolean => /mixup|cutmix/.test(JSON.stringify(value));

/** All that changes samples by themselves, one after the other, and what mixes them alone. */
function augmentationExperiments(): readonly ValueExperiment[] {
  const kinds = examplesOf('augmentation').map((example, i) => ({
    ...example,
    probability: i % 2 === 0 ? 1 : 0.5,
  }));
  const choices = [{ type: 'cutmix' }, { type: 'flipUpDown' }];
  const mixing = [...kinds.filter(isMixing), { type: 'oneOf', choices }];
  const lists: (readonly [title: string, augmentation: readonly object[]])[] = [
    ['samples changed by themselves', kinds.filter((value) => !isMixing(value))],
    ...mixing.map((value) => [JSON.stringify(value), [value]] as const),
  ];
  return (Object.keys(least) as Target[]).flatMap((target) =>
    lists
      // Masks are cut, but not blended.
      .filter(([title]) => target !== 'mask' || !title.includes('mixup'))
      .map(([title, augmentation]) =>
        valueExperiment(`${title}, compared with: ${target}`, target, { augmentation }),
      ),
  );
}
