/** The three parts of the data; each has a folder of event files in a run. */
export const splits = ['train', 'validation', 'test'] as const;
export type Split = (typeof splits)[number];

/**
 * One metric over steps, in columns. `steps` rises; a resumed run overwrites what lies at and after its
 * first step.
 */
export interface Series {
  readonly split: Split;
  /** As TensorBoard shows it: `epoch_loss`. */
  readonly tag: string;
  readonly steps: Uint32Array;
  readonly values: Float64Array;
  /** Seconds since 1970. */
  readonly times: Float64Array;
}

/** Tags of the metrics log; they follow Keras' TensorBoard callback. */
export const tags = {
  batch: (metric: string) => `batch_${metric}`,
  epoch: (metric: string) => `epoch_${metric}`,
  learningRate: 'epoch_learning_rate',
  /** Series of a physical parameter, one value a step: `physics/gaussianBlur/sigmaPx`. */
  physics: (layer: string, parameter: string) => `physics/${layer}/${parameter}`,
  /** Histogram of a weight: `conv2d_1/kernel`. */
  weight: (layer: string, weight: string) => `${layer}/${weight}`,
} as const;
