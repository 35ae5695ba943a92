// Networks and experiments made of the catalogue's examples: what is added there is tested by them at once.
import type { Shape } from '#common/catalogue/component';
import { family, type FamilyName } from '#common/catalogue/index';
import type { Experiment } from '#common/experiment/experiment';
import { traceExperiment } from '#common/experiment/trace';
import { experimentWith } from './support';

/** Of the images: with the stem's filters they have as many values as the example of `reshape` takes. */
export const exampleImage: Shape = [14, 14, 1];

const classes = 10;

/** Two layers of equal shape, by the names that examples with several inputs have for theirs. */
const stem = ['first', 'second'].map((name) => ({
  ...{ type: 'conv2d', name, filters: 16, kernelSize: 3, padding: 'same' },
  ...{ activation: 'tanh', useBias: false },
}));
const flatten = { type: 'flatten' };

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

/** Layers of a classifier around those of the given ones that fit where they come. */
export function netAround(given: readonly object[]): readonly object[] {
  const layers = given.reduce<readonly object[]>((before, layer) => {
    const ways = [[layer], [flatten, layer]].map((way) => [...before, ...way]);
    return ways.find(fits) ?? before;
  }, stem);
  return [...layers, flatten, { type: 'dense', name: 'last', units: classes }];
}

function fits(layers: readonly object[]): boolean {
  return traceExperiment(experimentWith({ model: { layers } }), exampleImage).findings.length === 0;
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
    augmentation: examplesOf('augmentation'),
  };
  const most = Math.max(layers.length, ...Object.values(parts).map(({ length }) => length));
  return Array.from({ length: most }, (_, i) => {
    const pick = (from: readonly object[]): object => from[i % from.length]!;
    return experimentWith({
      name: JSON.stringify(pick(layers)),
      data: { source: { type: 'synthetic', shape: exampleImage, classes, count: 60, noise: 0.2 } },
      augmentation: [pick(parts.augmentation)],
      physics: [pick(parts.physics)],
      normalization: pick(parts.normalization),
      model: { layers: netAround([pick(layers)]) },
      loss: pick(parts.loss),
      regularization: pick(parts.regularization),
      optimizer: pick(parts.optimizer),
    });
  });
}
