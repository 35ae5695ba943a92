import type { SimpleLossKind } from '#common/catalogue/losses';
import { compareCases } from './compareCases';
import {
  assertSame,
  type Batch,
  computeOurs,
  distributions,
  type Found,
  logRates,
  type LossCase,
  ofClasses,
  poissonTerms,
  rates,
  titleOf,
  values,
  withTargets,
  yesNo,
} from './losses';
import { picked, randomValues, valuesOf } from './support';

/** A loss as we name it and as torchLosses.py does. */
interface Pair extends Pick<LossCase, 'ours' | 'terms'> {
  readonly theirs: string;
  readonly options?: object;
  readonly batches: readonly Batch[];
  /** They give the mean of the batch only. */
  readonly ofBatch?: boolean;
}

const images: readonly Batch[] = [
  {
    title: 'random images',
    outputs: randomValues([2, 14, 12, 2], 31),
    target: randomValues([2, 14, 12, 2], 32),
  },
  {
    title: 'one window',
    outputs: randomValues([1, 11, 11, 1], 33),
    target: randomValues([1, 11, 11, 1], 34),
  },
  withTargets('an image without contrast', picked([1, 12, 12, 1], [0.5], 35), [0, 1]),
];
const flat = withTargets('flat parts', picked([2, 6, 5, 2], [0, 1, 1], 36), [0]);
const onePixel = withTargets('one pixel', randomValues([3, 1, 1, 2], 37), [0]);

/** Weights of classes: one of them counts for nothing, and not every batch has all classes. */
const weight = [0.5, 2, 0, 1, 7];
const emptyClass: Batch = {
  title: 'a class without samples',
  outputs: randomValues([8, 5], 38, 3),
  labels: [0, 1, 1, 3, 0, 3, 3, 1],
};
/**
 * This loss has no corners, but TensorFlow computes it from |x| and max(−x, 0), and takes 0 for the slopes of both
 * at 0: it finds 1 − z there, and not the limit of both sides that PyTorch and we find.
 */
const withoutZeros: readonly Batch[] = [
  ...yesNo.filter(({ outputs }) => !outputs.values.includes(0)),
  withTargets('logits of ±80 and 3', picked([8, 4], [-80, 80, 3], 39), [0, 1]),
];
const smoothing = { label_smoothing: 0.1 };

const pairs = {
  softmaxCrossEntropy: [
    { theirs: 'cross_entropy', batches: [...ofClasses, emptyClass] },
    {
      ours: { labelSmoothing: 0.1 },
      theirs: 'cross_entropy',
      options: smoothing,
      batches: [...ofClasses, emptyClass],
    },
    {
      ours: { classWeights: weight },
      theirs: 'cross_entropy',
      options: { weight },
      batches: [ofClasses[0]!, emptyClass],
      ofBatch: true,
    },
    {
      ours: { classWeights: weight, labelSmoothing: 0.1 },
      theirs: 'cross_entropy',
      options: { weight, ...smoothing },
      batches: [ofClasses[0]!, emptyClass],
      ofBatch: true,
    },
  ],
  sigmoidCrossEntropy: [{ theirs: 'bce_with_logits', batches: yesNo }],
  weightedSigmoidCrossEntropy: [0.2, 3].flatMap((positiveWeight) => {
    const weighted = { ours: { positiveWeight }, options: { pos_weight: positiveWeight } };
    return [
      { ...weighted, theirs: 'bce_with_logits', batches: yesNo },
      { ...weighted, theirs: 'weighted_cross_entropy', batches: withoutZeros },
    ];
  }),
  klDivergence: [{ theirs: 'kl_div', batches: ofClasses.map(distributions) }],
  hinge: [{ theirs: 'hinge_embedding', batches: yesNo }],
  meanSquaredError: [{ theirs: 'mse', batches: values }],
  meanAbsoluteError: [{ theirs: 'l1', batches: values }],
  huber: [0.5, 3].flatMap((delta) => [
    { ours: { delta }, theirs: 'huber', options: { delta }, batches: values },
    { ours: { delta }, theirs: 'smooth_l1', options: { beta: delta }, batches: values },
  ]),
  pseudoHuber: [0.5, 3].map((delta) => ({
    ours: { delta },
    ...{ theirs: 'pseudo_huber', options: { delta }, batches: values },
  })),
  poisson: [
    {
      ...{ theirs: 'poisson_nll', options: { log_input: true } },
      ...{ batches: logRates, terms: poissonTerms },
    },
    {
      ours: { logInput: false },
      theirs: 'poisson_nll',
      options: { log_input: false, eps: 1e-7 },
      batches: rates,
    },
  ],
  ssim: [
    { theirs: 'ssim', options: { data_range: 1 }, batches: images },
    { ours: { range: 4 }, theirs: 'ssim', options: { data_range: 4 }, batches: images },
  ],
  totalVariation: [{ theirs: 'total_variation', batches: [...images, flat, onePixel] }],
  // None of them has these as we do; Keras has.
  ...{ focal: [], sigmoidFocal: [], logCosh: [], dice: [], tversky: [] },
} satisfies Readonly<Record<SimpleLossKind, readonly Pair[]>>;

type Case = Pair & LossCase;

const cases = Object.entries(pairs).flatMap(([type, list]: [string, readonly Pair[]]) =>
  list.flatMap((pair) => pair.batches.map((batch): Case => ({ ...pair, type, batch }))),
);

function taskOf({ batch: { outputs, labels, target }, theirs, options = {} }: Case): object {
  const truth = target ?? valuesOf(outputs.shape.slice(0, -1), labels!);
  return { name: theirs, options, outputs, truth };
}

/** The mean of a batch and its gradient, as one sample. */
function meanOf({ losses, gradient }: Found): Found {
  const count = losses.length;
  const sum = losses.reduce((total, loss) => total + loss, 0);
  return { losses: [sum / count], gradient: gradient.map((slope) => slope / count) };
}

compareCases<Case, Found>(
  'losses and their gradients in PyTorch, TensorFlow, SciPy and scikit-image',
  {
    script: 'cases/torchLosses.py',
    cases,
    taskOf,
    titleOf: (one) => `${titleOf(one)}, ${one.theirs}`,
    check(one, theirs) {
      const found = computeOurs(one);
      assertSame(one, one.ofBatch ? meanOf(found) : found, theirs);
    },
  },
);
