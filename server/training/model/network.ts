import * as tf from '@tensorflow/tfjs-core';
import type { WeightSpec } from '#common/catalogue/component';
import type { InitializerValue } from '#common/catalogue/initializers';
import type { Experiment } from '#common/experiment/experiment';
import type { LayerTrace, Trace } from '#common/experiment/trace';
import { tags } from '#common/run/series';
import type { ForwardContext } from '../context';
import type { FollowingRelu } from '../engine/ops';
import { initialValues } from '../initializers/initializers';
import type { Layer, LayerBuilder, LayerContext } from './layer';
import { layerBuilders } from './layers';

/** One named array of the network. */
export interface Weight {
  readonly spec: WeightSpec;
  readonly layer: LayerTrace;
  readonly variable: tf.Variable;
}

/** The digital part of an experiment, from the normalized image to the logits. */
export interface Network {
  /** By name: `conv2d/kernel`. Trainable weights and running averages alike. */
  readonly weights: ReadonlyMap<string, Weight>;
  /** Logits of a batch; `moveAverage` is told how normalization layers want their averages moved. */
  apply(x: tf.Tensor, ctx: LayerContext): tf.Tensor;
  /** The outputs of all layers in their order, after the `input`, without changing anything. */
  outputsOf(x: tf.Tensor, ctx: ForwardContext): ReadonlyMap<string, tf.Tensor>;
  dispose(): void;
}

/** Makes the layers of an experiment with the first values of their weights. */
export function buildNetwork(trace: Trace, experiment: Pick<Experiment, 'seed'>): Network {
  const weights = new Map<string, Weight>();
  const layers = new Map<LayerTrace, Layer>();
  for (const layer of trace.layers) {
    for (const spec of layer.weights) {
      const name = tags.weight(layer.name, spec.name);
      weights.set(name, { spec, layer, variable: createVariable(spec, name, experiment.seed) });
    }
    const ofLayer = (name: string) => weights.get(tags.weight(layer.name, name))!.variable;
    layers.set(layer, buildLayer(layer, ofLayer));
  }
  const fused = fuseRelus(trace, layers);
  return {
    weights,
    apply: (x, ctx) =>
      tf.tidy(() => {
        const outputs = forward(fused, x, ctx);
        return outputs.get(trace.layers.at(-1)?.name ?? inputName)!;
      }),
    outputsOf: (x, ctx) => forward(layers, x, { ...ctx, moveAverage: undefined }),
    dispose() {
      for (const layer of layers.values()) layer.dispose?.();
      for (const { variable } of weights.values()) variable.dispose();
    },
  };
}

const inputName = 'input';

/** Outputs of all layers by name, in order, after the input. */
function forward(
  layers: ReadonlyMap<LayerTrace, Layer>,
  x: tf.Tensor,
  ctx: LayerContext,
): ReadonlyMap<string, tf.Tensor> {
  const outputs = new Map([[inputName, x]]);
  for (const [{ name, inputs }, layer] of layers) {
    const [first, ...others] = inputs.map((input) => outputs.get(input)!);
    outputs.set(name, layer.apply(first!, ctx, others));
  }
  return outputs;
}

/**
 * The same layers, where those that nothing but an activation follows apply it themselves, if they can. Only for passes of
 * which the last output alone is read.
 */
function fuseRelus(
  trace: Trace,
  layers: ReadonlyMap<LayerTrace, Layer>,
): ReadonlyMap<LayerTrace, Layer> {
  const fused = new Map(layers);
  for (const follower of trace.layers) {
    const { value } = follower;
    if (value.type !== 'activation') continue;
    const before = trace.layers.find(({ name }) => name === follower.inputs[0]);
    const layer = before && layers.get(before);
    const apply = layer?.applyWith?.[value.function as FollowingRelu];
    if (!apply) continue;
    if (trace.layers.filter(({ inputs }) => inputs.includes(before!.name)).length > 1) continue;
    fused.set(before!, { apply });
    fused.set(follower, { apply: (x) => x });
  }
  return fused;
}

function buildLayer(trace: LayerTrace, weight: (name: string) => tf.Variable): Layer {
  const { value } = trace;
  return (layerBuilders[value.type] as LayerBuilder)(value, trace, weight);
}

function createVariable(spec: WeightSpec, name: string, seed: number): tf.Variable {
  const values = initialValues(spec.initializer as InitializerValue, spec.shape, seed, name);
  // TF.js wants variable names unique in the process; ours are unique in a network, so it numbers them.
  return tf.tidy(() => tf.variable(tf.tensor(values, [...spec.shape]), spec.trainable));
}
