// Random networks and instruments of the catalogue's components for the recorder, trained for some steps.
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { traceExperiment } from '#common/experiment/trace';
import type { ForwardContext } from '../../server/training/context';
import type { ProgramSpec } from '../../server/training/engine/program';
import { moveTowards, update } from '../../server/training/engine/updates';
import { valueAndGradients } from '../../server/training/gradients';
import { buildNetwork } from '../../server/training/model/network';
import { buildInstrument } from '../../server/training/physics/instrument';
import { checkTrials, type Trial } from '../unit/engine/replay';
import { exampleImage, examplesOf, layerExamples, netAround } from '../unit/model/catalogueNets';
import { experimentWith } from '../unit/model/support';

/** Components in the order in which they are tried: those that do not fit are left out. */
export interface NetworkPlan {
  readonly batch: number;
  readonly physics: readonly object[];
  readonly layers: readonly object[];
}

export function networkPlans(): fc.Arbitrary<NetworkPlan> {
  return fc.record({
    batch: fc.constantFrom(1, 2, 3, 7, 19),
    physics: fc.constantFrom([], ...examplesOf('physics').map((layer) => [layer])),
    layers: fc.array(fc.constantFrom(...layerExamples()), { minLength: 1, maxLength: 4 }),
  });
}

/** Throws where recorded steps of a network differ from its operations one by one. */
export async function checkNetwork(plan: NetworkPlan): Promise<void> {
  await checkTrials(() => trialOf(plan));
}

function trialOf({ batch, physics, layers }: NetworkPlan): Trial {
  const experiment = experimentWith({ physics, model: netAround(layers) });
  const trace = traceExperiment(experiment, exampleImage);
  const instrument = buildInstrument(trace, experiment);
  const network = buildNetwork(trace, experiment);
  const owners = [...network.weights, ...instrument.parameters];
  const learned = owners.filter(([, { spec }]) => spec.trainable);
  const trainable = new Map(learned.map(([name, { variable }]) => [name, variable]));
  const slots = new Map(learned.map(([name, { variable }]) => [name, slotOf(variable)]));
  const spec: ProgramSpec = {
    inputs: {
      images: { shape: [batch, ...exampleImage], dtype: 'float32' },
      samples: { shape: [batch], dtype: 'int32' },
      epoch: { shape: [], dtype: 'int32' },
      rates: { shape: [2], dtype: 'float32' },
    },
    compute(given) {
      const images = tf.abs(given['images']!) as tf.Tensor4D;
      const ctx: ForwardContext = {
        ...{ training: true, seed: experiment.seed, split: 'train' },
        ...{ epoch: given['epoch'] as tf.Scalar, samples: given['samples'] as tf.Tensor1D },
      };
      const rates = given['rates'] as tf.Tensor1D;
      const { value, gradients } = valueAndGradients(() => {
        const seen = instrument.apply(images, ctx);
        return tf.mean(tf.square(network.apply(seen, { ...ctx, moveAverage: moveTowards })));
      }, trainable);
      for (const [name, variable] of trainable) {
        const gradient = gradients.get(name);
        const ofVariable = [slots.get(name)!];
        if (gradient) update('nesterov', { variable, gradient, slots: ofVariable, rates });
      }
      instrument.project();
      return { value };
    },
  };
  return {
    spec,
    variables: [...owners.map(([, { variable }]) => variable), ...slots.values()],
    dispose() {
      tf.dispose([...slots.values()]);
      network.dispose();
      instrument.dispose();
    },
  };
}

function slotOf(variable: tf.Variable): tf.Variable {
  return tf.tidy(() => tf.variable(tf.zeros(variable.shape), false));
}
