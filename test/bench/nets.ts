// The networks that are timed, as the experiments that a user would write: what is measured is the trainer.
import { traceExperiment, type Trace } from '#common/experiment/trace';
import type { Experiment } from '#common/experiment/experiment';
import { readExperiment } from '#common/experiment/read';
import { createBatchReader } from '../../server/training/run/batches';
import { createLearner } from '../../server/training/run/learner';
import { openDataset } from '../../server/training/data/dataset';

interface NetPlan {
  /** One sentence for people. */
  readonly summary: string;
  readonly image: readonly [height: number, width: number, channels: number];
  readonly batchSize: number;
  readonly layers: readonly object[];
  /** The cross-entropy of classes unless given. */
  readonly loss?: object;
}

const classes = 10;
const relu = { type: 'activation', function: 'relu' };

const conv = (filters: number, more: object = {}): object => ({
  type: 'conv2d',
  filters,
  padding: 'same',
  activation: 'relu',
  ...more,
});

const normalized = (layer: object, after: 'relu6' | 'linear'): readonly object[] => [
  { padding: 'same', useBias: false, ...layer },
  { type: 'batchNormalization' },
  ...(after === 'linear' ? [] : [{ type: 'activation', function: after }]),
];

/** MobileNetV2's block: widen sixfold, filter each channel by itself, narrow; a way around where it fits. */
function invertedResidual(
  name: string,
  input: string,
  size: { readonly channels: number; readonly filters: number; readonly strides: number },
): readonly object[] {
  const { channels, filters, strides } = size;
  const [first, ...rest] = [
    ...normalized({ type: 'conv2d', filters: 6 * channels, kernelSize: 1 }, 'relu6'),
    ...normalized({ type: 'depthwiseConv2d', kernelSize: 3, strides }, 'relu6'),
    ...normalized({ type: 'conv2d', filters, kernelSize: 1 }, 'linear'),
  ];
  const isSameShape = strides === 1 && channels === filters;
  const block = [{ ...first, inputs: [input] }, ...rest.slice(0, -1)];
  if (!isSameShape) return [...block, { ...rest.at(-1), name }];
  const narrow = `${name}_narrow`;
  const around = { type: 'add', name, inputs: [input, narrow] };
  return [...block, { ...rest.at(-1), name: narrow }, around];
}

/** A level of a U-Net on its way up: enlarge, join what was there on the way down, and convolve. */
const upward = (filters: number, level: string): readonly object[] => [
  {
    type: 'conv2dTranspose',
    name: `${level}_up`,
    filters,
    kernelSize: 2,
    strides: 2,
    padding: 'same',
  },
  { type: 'concatenate', inputs: [level, `${level}_up`] },
  conv(filters),
  conv(filters),
];

const plans = {
  a: {
    summary: 'two valid convolutions (32, 64) with pooling, dense 128, dropout, dense 10',
    image: [28, 28, 1],
    batchSize: 128,
    layers: [
      conv(32, { padding: 'valid' }),
      { type: 'maxPooling2d' },
      conv(64, { padding: 'valid' }),
      { type: 'maxPooling2d' },
      { type: 'flatten' },
      { type: 'dense', units: 128, activation: 'relu' },
      { type: 'dropout', rate: 0.5 },
      { type: 'dense', units: classes },
    ],
  },
  b: {
    summary: 'three convolutions (32, 64, 128) with batch normalization and pooling, dense 10',
    image: [32, 32, 3],
    batchSize: 128,
    layers: [
      ...[32, 64, 128].flatMap((filters) => [
        conv(filters, { useBias: false, activation: 'linear' }),
        { type: 'batchNormalization' },
        relu,
        { type: 'maxPooling2d' },
      ]),
      { type: 'flatten' },
      { type: 'dense', units: classes },
    ],
  },
  s: {
    summary: 'two small convolutions (16, 32) with pooling, dense 10',
    image: [8, 8, 1],
    batchSize: 64,
    layers: [
      conv(16),
      { type: 'maxPooling2d' },
      conv(32),
      { type: 'maxPooling2d' },
      { type: 'flatten' },
      { type: 'dense', units: classes },
    ],
  },
  m: {
    summary: 'MobileNetV2-like, three inverted residual blocks with depthwise convolutions',
    image: [32, 32, 3],
    batchSize: 64,
    layers: [
      ...normalized({ type: 'conv2d', filters: 16, kernelSize: 3 }, 'linear'),
      { type: 'activation', name: 'stem', function: 'relu6' },
      ...invertedResidual('block_1', 'stem', { channels: 16, filters: 24, strides: 2 }),
      ...invertedResidual('block_2', 'block_1', { channels: 24, filters: 24, strides: 1 }),
      ...invertedResidual('block_3', 'block_2', { channels: 24, filters: 32, strides: 2 }),
      ...normalized({ type: 'conv2d', filters: 128, kernelSize: 1 }, 'relu6'),
      { type: 'globalAveragePooling2d' },
      { type: 'dense', units: classes },
    ],
  },
  u: {
    summary:
      'U-Net of three levels (16, 32, 64) with transposed convolutions, a class for each pixel',
    image: [128, 128, 1],
    batchSize: 8,
    layers: [
      conv(16),
      conv(16, { name: 'level_1' }),
      { type: 'maxPooling2d' },
      conv(32),
      conv(32, { name: 'level_2' }),
      { type: 'maxPooling2d' },
      conv(64),
      conv(64),
      ...upward(32, 'level_2'),
      ...upward(16, 'level_1'),
      { type: 'conv2d', filters: 3, kernelSize: 1 },
    ],
    loss: {
      type: 'mixture',
      terms: [{ loss: { type: 'softmaxCrossEntropy' } }, { loss: { type: 'dice' } }],
    },
  },
} satisfies Readonly<Record<string, NetPlan>>;

export type NetName = keyof typeof plans;

export const netNames = Object.keys(plans) as readonly NetName[];

/** A net as data: what every side of a comparison builds its own from. */
export interface NetExperiment {
  readonly name: NetName;
  readonly summary: string;
  readonly experiment: Experiment;
  readonly trace: Trace;
  /** Multiplications and additions of forward and backward pass on one batch. */
  readonly gigaFlop: number;
}

export function netExperiment(name: NetName): NetExperiment {
  const plan: NetPlan = plans[name];
  const { batchSize } = plan;
  const { experiment, problems } = readExperiment(
    JSON.stringify({
      version: 1,
      name: `net ${name}`,
      data: { source: { type: 'synthetic', shape: plan.image, classes, count: 10 * batchSize } },
      model: { layers: plan.layers },
      loss: plan.loss ?? { type: 'softmaxCrossEntropy' },
      optimizer: { type: 'adam', learningRate: 1e-3 },
      training: { batchSize },
    }),
  );
  if (experiment === undefined) throw new Error(problems.map(({ message }) => message).join('\n'));
  const trace = traceExperiment(experiment, plan.image);
  const [finding] = trace.findings;
  if (finding !== undefined) throw new Error(`Net ${name}: ${finding.message}`);
  const gigaFlop = gigaFlopOf(trace, batchSize);
  return { name, summary: plan.summary, experiment, trace, gigaFlop };
}

/** A net with its data, ready to be stepped. */
export interface Net extends NetExperiment {
  /** Takes one training step on the same batch and gives the loss. */
  readonly step: () => Promise<number>;
  readonly dispose: () => void;
}

/** Builds a net on the engine that is open. */
export async function openNet(name: NetName): Promise<Net> {
  const net = netExperiment(name);
  const { experiment, trace } = net;
  const { seed, data, training } = experiment;
  const dataset = await openDataset(data.source, { baseFolder: '.', seed });
  const samples = Uint32Array.from({ length: training.batchSize }, (_, idx) => idx);
  const readBatch = createBatchReader(dataset);
  const read = readBatch({ samples, split: 'train', epoch: 0, training: true });
  const batch = { ...read, labels: labelsFor(trace, read.labels) };
  const learner = createLearner(trace, experiment);
  const step = async (): Promise<number> => {
    const { perSampleLoss } = await learner.train(batch);
    return perSampleLoss.reduce((sum, loss) => sum + loss, 0) / perSampleLoss.length;
  };
  return { ...net, step, dispose: () => learner.dispose() };
}

/** The class of every pixel where the net ends in an image: any will do, drawn by a rule. */
function labelsFor({ output }: Trace, ofImages: Int32Array): Int32Array {
  const [height = 1, width = 1, classes = 1] = output ?? [];
  if (output?.length !== 3) return ofImages;
  const count = ofImages.length * height * width;
  return Int32Array.from({ length: count }, (_, pixel) => (pixel * 7) % classes);
}

/**
 * Each product of the forward pass has two more in the backward pass, by the weights and by the input;
 * nobody asks for the gradient by the image.
 */
function gigaFlopOf(trace: Trace, batchSize: number): number {
  const products = trace.layers.reduce((sum, { multiplyAdds, inputs }) => {
    return sum + multiplyAdds * (inputs.includes('input') ? 2 : 3);
  }, 0);
  return (2 * products * batchSize) / 1e9;
}
