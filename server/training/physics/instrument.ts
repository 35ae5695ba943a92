import * as tf from '@tensorflow/tfjs-core';
import type { PhysicalParameterSpec } from '#common/catalogue/component';
import type { PhysicsKind } from '#common/catalogue/physics';
import type { Experiment } from '#common/experiment/experiment';
import type { Trace } from '#common/experiment/trace';
import type { ForwardContext } from '../context';
import { project, type Projection } from '../engine/updates';
import { gaussianBlur } from './gaussianBlur';
import type { PhysicalLayerBuilder } from './physicalLayer';
import { pupilBlur } from './pupilBlur';
import { shotNoise } from './shotNoise';

/** The physical layer that each kind of the catalogue becomes. */
const builders = { gaussianBlur, pupilBlur, shotNoise } satisfies {
  readonly [K in PhysicsKind]: PhysicalLayerBuilder<K>;
};

/** A quantity of the instrument with its present value. */
export interface PhysicalParameter {
  readonly spec: PhysicalParameterSpec;
  readonly variable: tf.Variable;
  /** The nearest values in its physical range. */
  readonly toRange: Projection;
}

/** The physical part of an experiment, from the object to what the sensor gives. */
export interface Instrument {
  /** Learned and fixed quantities, by name: `gaussianBlur/sigmaPx`. */
  readonly parameters: ReadonlyMap<string, PhysicalParameter>;
  apply(x: tf.Tensor4D, ctx: ForwardContext): tf.Tensor4D;
  /** Moves learned quantities into their physical range, where they have not come by an update. */
  project(): void;
  dispose(): void;
}

/** Makes the physical layers of an experiment, in their order. */
export function buildInstrument(trace: Trace, experiment: Pick<Experiment, 'physics'>): Instrument {
  const parameters = new Map<string, PhysicalParameter>();
  const layers = trace.physics.map((layer, index) => {
    for (const spec of layer.parameters) {
      const parameter = { spec, variable: createVariable(spec), toRange: rangeOf(spec) };
      parameters.set(`${layer.name}/${spec.name}`, parameter);
    }
    const value = experiment.physics[index]!;
    const ofLayer = (name: string) => parameters.get(`${layer.name}/${name}`)!.variable;
    return (builders[value.type] as PhysicalLayerBuilder)(value, layer, ofLayer);
  });
  return {
    parameters,
    apply: (x, ctx) => tf.tidy(() => layers.reduce((image, layer) => layer.apply(image, ctx), x)),
    project() {
      for (const { spec, variable, toRange } of parameters.values()) {
        if (spec.trainable) project(variable, toRange);
      }
    },
    dispose() {
      for (const { variable } of parameters.values()) variable.dispose();
    },
  };
}

function rangeOf({ minimum, maximum }: PhysicalParameterSpec): Projection {
  return (x) => tf.minimum(tf.maximum(x, minimum), maximum);
}

function createVariable({ shape, initial, trainable }: PhysicalParameterSpec): tf.Variable {
  return tf.tidy(() => tf.variable(tf.fill([...shape], initial), trainable));
}
