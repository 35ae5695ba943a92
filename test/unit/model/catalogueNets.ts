// Networks and experiments made of the catalogue's examples: what is added there is tested by them at once.
import type { Shape } from '#common/catalogue/component';
import { family, type FamilyName } from '#common/catalogue/index';
import { elements } from '#common/catalogue/shape';
import type { EngineId } from '#common/engine';
import { checkExperiment, factsOf } from '#common/experiment/check';
import { hasErrors } from '#common/experiment/diagnose';
import { unsupportedOn } from '#common/experiment/engineLimits';
import type { Experiment } from '#common/experiment/experiment';
import { traceExperiment } from '#common/experiment/trace';
import { experimentWith } from './support';

/** Of the images: with the stem's filters they have as many values as the example of `reshape` takes. */
export const exampleImage: Shape = [14, 14, 3];

/** As many as the examples of class weights have. */
const classes = 2;

/** Two layers of equal shape, by the names that examples with several inputs have for theirs. */
const stem = ['first', 'second'].map((name) => ({
  ...{ type: 'conv2d', name, filters: 16, kernelSize: 3, padding: 'same' },
  ...{ activation: 'tanh', useBias: false },
}));
const flatten = { type: 'flatten' };

/** The block that the example of its use names. */
const blocks = {
  residual: {
    parameters: { filters: 8 },
    layers: [
      { type: 'conv2d', name: 'inner', filters: '$filters', kernelSize: 3, padding: 'same' },
      { type: 'conv2d', name: 'way', filters: '$filters', kernelSize: 1, inputs: ['input'] },
      { type: 'add', inputs: ['inner', 'way'] },
    ],
  },
};

/** Examples of every component of a family. */
export function examplesOf(name: FamilyName): readonly object[] {
  return Object.values(family(name).components).flatMap(({ examples }) => examples);
}

/** Examples of every kind of layer, and of every activation. */
export function layerExamples(): readonly object[] {
  const activations = Object.keys(family('activations').components);
  return [
    ...examplesOf('layers'),
    ...activations.map((type) => ({ type: 'activation', function: type })),
  ];
}

/** What a network ends in: figures of classes, or an image of the size of the object. */
const heads = [
  [{ type: 'dense', units: classes }],
  [
    { type: 'dense', units: elements(exampleImage) },
    { type: 'reshape', targetShape: exampleImage },
  ],
];

/** The stem of experiment `i`, whose layers differ in how they learn. */
function stemLearning(constraint: object, i: number): readonly object[] {
  const [first, second] = stem;
  const learningRateMultiplier = [1, 0.3, 2][i % 3];
  return [
    { ...first, kernelConstraint: constraint, learningRateMultiplier },
    { ...second, trainable: i % 2 === 0 },
  ];
}

/** A network around those of the given layers that fit where they come: a section "model". */
export function netAround(
  given: readonly object[],
  head: readonly object[] = heads[0]!,
  start: readonly object[] = stem,
) {
  const layers = given.reduce<readonly object[]>((before, layer) => {
    const ways = [[layer], [flatten, layer]].map((way) => [...before, ...way]);
    return ways.find(fits) ?? before;
  }, start);
  return { blocks, layers: [...layers, flatten, ...head] };
}

function fits(layers: readonly object[]): boolean {
  const { findings } = traceExperiment(experimentWith({ model: { blocks, layers } }), exampleImage);
  return findings.length === 0;
}

/** Experiments that have, together, every example of every section that a training step goes through. */
export function catalogueExperiments(): readonly Experiment[] {
  const layers = layerExamples();
  const parts = {
    physics: examplesOf('physics'),
    normalization: examplesOf('normalization'),
    loss: examplesOf('losses'),
    optimizer: examplesOf('optimizers'),
    regularization: examplesOf('regularizers'),
    constraints: examplesOf('constraints'),
    augmentation: examplesOf('augmentation'),
  };
  const most = Math.max(layers.length, ...Object.values(parts).map(({ length }) => length));
  return Array.from({ length: most }, (_, i) => {
    const pick = (from: readonly object[]): object => from[i % from.length]!;
    const made = (loss: object, head: readonly object[]): Experiment =>
      experimentWith({
        name: JSON.stringify(pick(layers)),
        data: {
          source: { type: 'synthetic', shape: exampleImage, classes, count: 60, noise: 0.2 },
        },
        augmentation: [pick(parts.augmentation)],
        physics: [pick(parts.physics)],
        normalization: pick(parts.normalization),
        model: netAround([pick(layers)], head, stemLearning(pick(parts.constraints), i)),
        loss,
        regularization: pick(parts.regularization),
        // So small that no loss of these networks grows without bound, however they were put together.
        optimizer: { ...pick(parts.optimizer), learningRate: 1e-3 },
      });
    // A loss that is refused alone is part of the example of a mixture.
    const losses = [pick(parts.loss), { type: 'softmaxCrossEntropy' }];
    const all = losses.flatMap((loss) => heads.map((head) => made(loss, head)));
    return all.find(isSound) ?? all[0]!;
  });
}

/** Whether a loss takes what the network gives. */
function isSound(experiment: Experiment): boolean {
  return !hasErrors(checkExperiment(experiment, factsOf(experiment.data.source)));
}

/** An experiment without the physical layers that an engine cannot train. */
export function withoutUnsupported(
  engine: EngineId,
  experiment: Experiment,
  image: Shape,
): Experiment {
  const refused = unsupportedOn(engine, traceExperiment(experiment, image));
  const places = new Set(refused.map(({ path: [, place] }) => place));
  return { ...experiment, physics: experiment.physics.filter((_, i) => !places.has(i)) };
}
