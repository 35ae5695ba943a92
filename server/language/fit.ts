import { isMisfit, stages, type Shape } from '#common/catalogue/component';
import { layerComponent, physicalComponent } from '#common/catalogue/index';
import { layers, type LayerKind } from '#common/catalogue/layers';
import { physics, type PhysicsKind } from '#common/catalogue/physics';
import type { JsonPath } from '#common/experiment/path';
import type { Trace } from '#common/experiment/trace';

/** How well a kind of component fits in a place: 0 is best, undefined is not at all. */
export type Rank = (kind: string) => number | undefined;

/** The ranking of kinds at the path of a component, by the shapes and stages around it. */
export function rankAt(path: JsonPath, trace: Trace | undefined): Rank {
  const index = path.at(-1);
  if (trace === undefined || typeof index !== 'number') return () => 0;
  if (path[0] === 'physics') {
    const before = trace.physics[index - 1]?.type;
    return (kind) => (comesBefore(kind, before) ? 1 : 0);
  }
  if (path[0] === 'model' && path[1] === 'layers') {
    const shape = shapeBefore(trace, index);
    return (kind) => (shape === undefined || takes(kind, shape) ? 0 : undefined);
  }
  return () => 0;
}

/** The shape that a layer at this index gets, where it is known. */
function shapeBefore(trace: Trace, index: number): Shape | undefined {
  if (index > 0) return trace.layers.findLast(({ entry }) => entry[2] === index - 1)?.outputShape;
  return trace.physics.at(-1)?.outputShape ?? trace.input;
}

/** Whether a layer of this kind can take the shape with some parameters. */
function takes(kind: string, input: Shape): boolean {
  if (!Object.hasOwn(layers, kind)) return true;
  const layer = layerComponent(kind as LayerKind);
  return !isMisfit(layer.shape(input, { ...leastDemanding, targetShape: input }));
}

/** Values of everything that shape rules look at with which a layer fits wherever it can fit at all. */
const leastDemanding = {
  filters: 1,
  units: 1,
  kernelSize: 1,
  poolSize: 1,
  strides: 1,
  dilation: 1,
  padding: 'same',
  depthMultiplier: 1,
  outputSize: 1,
  cropping: 0,
  size: 1,
  height: 1,
  width: 1,
  dims: [1, 2, 3],
};

/** Whether light meets a kind earlier than the part that stands before it. */
function comesBefore(kind: string, before: string | undefined): boolean {
  const stage = stageOf(kind);
  const stageBefore = before === undefined ? undefined : stageOf(before);
  return stage !== undefined && stageBefore !== undefined && stage < stageBefore;
}

function stageOf(kind: string): number | undefined {
  if (!Object.hasOwn(physics, kind)) return undefined;
  const part = physicalComponent(kind as PhysicsKind);
  return stages.indexOf(part.stage);
}
