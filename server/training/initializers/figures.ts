import type { InitializerValue } from '#common/catalogue/initializers';
import type { Trace } from '#common/experiment/trace';
import { fans, initialValues } from './initializers';

/** How the weights of one kernel begin. */
export interface InitialFigures {
  /** `conv2d/kernel`. */
  readonly name: string;
  readonly initializer: string;
  readonly fanIn: number;
  readonly deviation: number;
  /** Of the values that are drawn, not of the distribution. */
  readonly variance: number;
  /**
   * N · var(w): what a linear layer multiplies the variance of its input by. 1 keeps it; ReLU, which
   * halves it, needs 2.
   */
  readonly gain: number;
}

/** Draws the kernels of an experiment as training would and measures them. */
export function initialFigures(trace: Trace, seed: number): readonly InitialFigures[] {
  return trace.layers.flatMap((layer) =>
    layer.weights
      .filter(({ role }) => role === 'kernel')
      .map(({ name: weight, shape, initializer }): InitialFigures => {
        const name = `${layer.name}/${weight}`;
        const values = initialValues(initializer as InitializerValue, shape, seed, name);
        const variance = varianceOf(values);
        const { fanIn } = fans(shape);
        const { type } = initializer;
        const deviation = Math.sqrt(variance);
        return { name, initializer: type, fanIn, deviation, variance, gain: fanIn * variance };
      }),
  );
}

function varianceOf(values: Float32Array): number {
  let mean = 0;
  for (const value of values) mean += value / values.length;
  let variance = 0;
  for (const value of values) variance += (value - mean) ** 2 / values.length;
  return variance;
}
