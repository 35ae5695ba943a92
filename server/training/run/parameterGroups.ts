import type * as tf from '@tensorflow/tfjs-core';
import type { Experiment } from '#common/experiment/experiment';
import type { Trace } from '#common/experiment/trace';
import { constraintOf } from '../constraints/constraints';
import type { Network, Weight } from '../model/network';
import type { ParameterGroup } from '../optimizer/optimizer';
import type { Instrument } from '../physics/instrument';

/** Name of a physical parameter among the variables, where layers may have any name. */
export function physicsVariableName(parameter: string): string {
  return `physics/${parameter}`;
}

/** What learns, by its learning rate: the network, and each physical layer, which has its own. */
export function parameterGroups(
  { physics }: Trace,
  { optimizer }: Experiment,
  instrument: Instrument,
  network: Network,
): readonly ParameterGroup[] {
  const ofPhysics = physics.flatMap((layer): readonly ParameterGroup[] => {
    const learned = layer.parameters.filter((spec) => spec.trainable);
    const [first] = learned;
    if (first === undefined) return [];
    const parameters = learned.map((spec) => {
      const name = `${layer.name}/${spec.name}`;
      return [physicsVariableName(name), instrument.parameters.get(name)!] as const;
    });
    return [
      {
        name: layer.name,
        learningRate: first.learningRate,
        variables: new Map(parameters.map(([name, { variable }]) => [name, variable])),
        projections: new Map(parameters.map(([name, { toRange }]) => [name, toRange])),
      },
    ];
  });
  return [...networkGroups(network, optimizer.learningRate), ...ofPhysics];
}

/** The weights that learn, in one group for each multiplier of the learning rate. */
function networkGroups({ weights }: Network, learningRate: number): readonly ParameterGroup[] {
  const byMultiplier = new Map<number, [string, Weight][]>();
  for (const [name, weight] of weights) {
    const { trainable, learningRateMultiplier: multiplier = 1 } = weight.spec;
    if (!trainable) continue;
    byMultiplier.set(multiplier, [...(byMultiplier.get(multiplier) ?? []), [name, weight]]);
  }
  return [...byMultiplier].map(([multiplier, members]): ParameterGroup => {
    const variables = members.map(([name, { variable }]): [string, tf.Variable] => [
      name,
      variable,
    ]);
    const kernels = members.filter(([, { spec }]) => spec.role === 'kernel');
    const projections = members.flatMap(([name, { spec }]) => {
      const projection = constraintOf(spec);
      return projection === undefined ? [] : [[name, projection] as const];
    });
    return {
      name: multiplier === 1 ? 'network' : `network × ${multiplier}`,
      ...(multiplier !== 1 && { learningRate: learningRate * multiplier }),
      variables: new Map(variables),
      decaying: new Set(kernels.map(([name]) => name)),
      projections: new Map(projections),
    };
  });
}
