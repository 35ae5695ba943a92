// Types only: pages show metrics too, and TypeBox is none of their business.
import type { Component, Reference } from './component';
import type { Task } from './tasks';

/** A metric: what it can be worked out for, and which way is better. */
export interface MetricComponent<
  T extends string = string,
  K extends Task = Task,
> extends Component<T> {
  readonly tasks: readonly K[];
  readonly better: 'larger' | 'smaller';
  /** How a value is shown: a part as percent, anything else as a number. */
  readonly shownAs: 'part' | 'number';
}

const choosing = ['classification', 'segmentation'] as const satisfies readonly Task[];
const labelling = [...choosing, 'multiLabel'] as const satisfies readonly Task[];
const scoring = ['classification', 'multiLabel'] as const satisfies readonly Task[];
const imaging = ['reconstruction'] as const satisfies readonly Task[];
const measuring = ['reconstruction', 'regression'] as const satisfies readonly Task[];

interface Definition<K extends Task> {
  readonly title: string;
  readonly summary: string;
  readonly formula: string;
  readonly tasks: readonly K[];
  readonly better?: MetricComponent['better'];
  readonly shownAs?: MetricComponent['shownAs'];
  readonly references?: readonly Reference[];
}

/** Metrics have no parameters: they are named in the `metrics` list of the file. */
function metric<const T extends string, const K extends Task>(
  type: T,
  definition: Definition<K>,
): MetricComponent<T, K> {
  const { tasks, better = 'larger', shownAs = 'part', references = [], ...texts } = definition;
  return { type, ...texts, params: {}, references, examples: [], tasks, better, shownAs };
}

const brier = { title: 'Brier, Verification of forecasts expressed in terms of probability, 1950' };
const guo = { title: 'Guo et al., On calibration of modern neural networks, ICML 2017' };
const cohen = { title: 'Cohen, A coefficient of agreement for nominal scales, 1960' };
const hanley = {
  title: 'Hanley and McNeil, The meaning and use of the area under a ROC curve, Radiology 1982',
};
const wang = {
  title: 'Wang et al., Image quality assessment: from error visibility to SSIM, 2004',
};

/** Every metric that a file can name. */
export const metrics = {
  accuracy: metric('accuracy', {
    title: 'Accuracy',
    summary:
      'Part of the samples, or of the pixels of masks, whose largest logit is at the true class; of several labels all must be right.',
    formula: 'mean of [argmax_k z_k = label]',
    tasks: labelling,
  }),
  balancedAccuracy: metric('balancedAccuracy', {
    title: 'Balanced accuracy',
    summary: 'Mean recall of the classes that occur: a large class does not outweigh a small one.',
    formula: '1/K Σ_k right_k / true_k',
    tasks: choosing,
  }),
  top3Accuracy: metric('top3Accuracy', {
    title: 'Top-3 accuracy',
    summary: 'Part of the samples whose true class is among the three largest logits.',
    formula:
      'mean of [fewer than 3 logits come before z_label]; the first of equal ones comes first',
    tasks: ['classification'],
  }),
  top5Accuracy: metric('top5Accuracy', {
    title: 'Top-5 accuracy',
    summary: 'Part of the samples whose true class is among the five largest logits.',
    formula:
      'mean of [fewer than 5 logits come before z_label]; the first of equal ones comes first',
    tasks: ['classification'],
  }),
  macroPrecision: metric('macroPrecision', {
    title: 'Precision, macro',
    summary: 'Mean precision of the classes that occur among truth or predictions.',
    formula: '1/K Σ_k right_k / predicted_k, 0 where a class was never predicted',
    tasks: labelling,
  }),
  macroRecall: metric('macroRecall', {
    title: 'Recall, macro',
    summary: 'Mean recall (sensitivity) of the classes that occur among truth or predictions.',
    formula: '1/K Σ_k right_k / true_k, 0 where a class never occurred',
    tasks: labelling,
  }),
  macroF1: metric('macroF1', {
    title: 'F1, macro',
    summary: 'Mean F1 of the classes that occur among truth or predictions.',
    formula: '1/K Σ_k 2 right_k / (true_k + predicted_k)',
    tasks: labelling,
  }),
  weightedPrecision: metric('weightedPrecision', {
    title: 'Precision, weighted',
    summary: 'Mean precision of the classes, each weighted by its number of samples.',
    formula: 'Σ_k true_k / N · right_k / predicted_k',
    tasks: labelling,
  }),
  weightedRecall: metric('weightedRecall', {
    title: 'Recall, weighted',
    summary:
      'Mean recall of the classes, each weighted by its number of samples; of classes that exclude each other it is the accuracy.',
    formula: 'Σ_k true_k / N · right_k / true_k',
    tasks: labelling,
  }),
  weightedF1: metric('weightedF1', {
    title: 'F1, weighted',
    summary: 'Mean F1 of the classes, each weighted by its number of samples.',
    formula: 'Σ_k true_k / N · 2 right_k / (true_k + predicted_k)',
    tasks: labelling,
  }),
  rocAuc: metric('rocAuc', {
    title: 'Area under the ROC curve',
    summary:
      'Probability that a sample of a class scores higher for it than one of another class, mean over the classes; ½ is chance.',
    formula: 'trapezoid = Mann–Whitney U / (positives · negatives), one class against the rest',
    tasks: scoring,
    shownAs: 'number',
    references: [hanley],
  }),
  averagePrecision: metric('averagePrecision', {
    title: 'Average precision',
    summary:
      'Area under the precision-recall curve by steps, one class against the rest, mean over the classes; the part of the positives is chance.',
    formula: 'Σ_n (R_n − R_{n−1}) P_n over falling thresholds',
    tasks: scoring,
    shownAs: 'number',
  }),
  cohenKappa: metric('cohenKappa', {
    title: 'Cohen kappa',
    summary: 'Agreement beyond chance: 1 is perfect, 0 what chance would give.',
    formula: 'κ = (p_o − p_e) / (1 − p_e), 0 where only one class occurs',
    tasks: choosing,
    shownAs: 'number',
    references: [cohen],
  }),
  brierScore: metric('brierScore', {
    title: 'Brier score',
    summary: 'Mean squared error of the probabilities that softmax or sigmoid makes of the logits.',
    formula:
      'mean of Σ_k (p_k − y_k)², halved for two classes as scikit-learn does; of several labels the mean over them',
    tasks: scoring,
    better: 'smaller',
    shownAs: 'number',
    references: [brier],
  }),
  expectedCalibrationError: metric('expectedCalibrationError', {
    title: 'Expected calibration error',
    summary: 'How far the confidence of the network is from how often it is right.',
    formula:
      'Σ_b n_b / N · |right_b / n_b − mean confidence_b| over 15 equal bins of the confidence',
    tasks: scoring,
    better: 'smaller',
    references: [guo],
  }),
  dice: metric('dice', {
    title: 'Dice',
    summary:
      'Overlap of predicted and true pixels over the whole split, mean over the classes but the background (class 0) that occur.',
    formula: '2 |A ∩ B| / (|A| + |B|)',
    tasks: ['segmentation'],
    shownAs: 'number',
  }),
  iou: metric('iou', {
    title: 'Intersection over union',
    summary:
      'Common part of predicted and true pixels over the whole split, mean over the classes but the background (class 0) that occur.',
    formula: '|A ∩ B| / |A ∪ B|',
    tasks: ['segmentation'],
    shownAs: 'number',
  }),
  meanSquaredError: metric('meanSquaredError', {
    title: 'Mean squared error',
    summary: 'Mean over samples and values of the squared difference.',
    formula: 'MSE = mean of (y − t)²',
    tasks: measuring,
    better: 'smaller',
    shownAs: 'number',
  }),
  meanAbsoluteError: metric('meanAbsoluteError', {
    title: 'Mean absolute error',
    summary: 'Mean over samples and values of the size of the difference.',
    formula: 'MAE = mean of |y − t|',
    tasks: measuring,
    better: 'smaller',
    shownAs: 'number',
  }),
  psnr: metric('psnr', {
    title: 'Peak signal-to-noise ratio',
    summary: 'Mean over the images of the peak, which is 1, over the error, in decibels.',
    formula: '10 log₁₀(1 / MSE of the image), at most 120 dB',
    tasks: imaging,
    shownAs: 'number',
  }),
  ssim: metric('ssim', {
    title: 'Structural similarity',
    summary:
      'Mean over the images of their likeness in brightness, contrast and structure; values range over 0–1.',
    formula:
      '(2 μ_x μ_y + 0.01²)(2 σ_xy + 0.03²) / ((μ_x² + μ_y² + 0.01²)(σ_x² + σ_y² + 0.03²)) under a Gaussian window of 11 × 11 pixels and σ = 1.5 (less in smaller images) wherever it fits, mean over places and channels',
    tasks: imaging,
    shownAs: 'number',
    references: [wang],
  }),
} as const;

export type MetricKind = keyof typeof metrics;

/** The metrics of one task. */
export type MetricKindFor<T extends Task> = {
  [M in MetricKind]: T extends (typeof metrics)[M]['tasks'][number] ? M : never;
}[MetricKind];

/** A metric by its name in a tag or a figure; undefined for the loss and anything else. */
export function metricComponent(name: string): MetricComponent | undefined {
  return Object.hasOwn(metrics, name) ? metrics[name as MetricKind] : undefined;
}
