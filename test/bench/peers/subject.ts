// What all sides are asked to compute, as plain data that goes to workers in other languages.
import type { Experiment } from '#common/experiment/experiment';
import { readExperiment } from '#common/experiment/read';
import { netExperiment, type NetName } from '../nets';

export interface Subject {
  readonly name: NetName | 'augmentation';
  readonly experiment: Experiment;
  /** Height, width and channels. */
  readonly image: readonly number[];
  /** Where each layer of the experiment stands in the graph. */
  readonly layers: readonly {
    readonly name: string;
    readonly inputs: readonly string[];
    readonly outputShape: readonly number[];
  }[];
  /** Trainable ones: every side must have as many. */
  readonly parameters: number;
}

export function netSubject(net: NetName): Subject {
  const { name, experiment, trace } = netExperiment(net);
  return {
    name,
    experiment,
    image: trace.input,
    layers: trace.layers.map(({ name, inputs, outputShape }) => ({ name, inputs, outputShape })),
    parameters: trace.layers.reduce((sum, layer) => sum + layer.trainableParameters, 0),
  };
}

/** Images a step of the augmentation benchmark. */
export const augmentedImages = 64;

/** Flip, affine motion and noise of small colour images. */
export function augmentationSubject(): Subject {
  const image = [32, 32, 3];
  const { experiment } = readExperiment(
    JSON.stringify({
      version: 1,
      name: 'augmentation',
      data: { source: { type: 'synthetic', shape: image, classes: 4, count: augmentedImages } },
      augmentation: [
        { type: 'flipLeftRight' },
        { type: 'affine', rotateDegrees: 15, translate: 0.1, scale: 0.1, shearDegrees: 5 },
        { type: 'gaussianNoise', sigma: 0.05 },
      ],
      model: { layers: [{ type: 'flatten' }, { type: 'dense', units: 4 }] },
      loss: { type: 'softmaxCrossEntropy' },
      optimizer: { type: 'adam' },
      training: { batchSize: augmentedImages },
    }),
  );
  if (experiment === undefined) throw new Error('The augmentation experiment cannot be read.');
  return { name: 'augmentation', experiment, image, layers: [], parameters: 0 };
}
