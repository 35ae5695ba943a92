import { layerComponent, physicalComponent } from '../catalogue/index';
import type { LayerKind } from '../catalogue/layers';
import { weightsOf } from '../catalogue/learning';
import { elements } from '../catalogue/shape';
import {
  isMisfit,
  type LayerComponent,
  type Misfit,
  type PhysicalParameterSpec,
  type Shape,
  type WeightSpec,
} from '../catalogue/component';
import { expandModel, type PlacedLayer } from './expand';
import type { Experiment, ModelValue } from './experiment';
import { inputName, namer } from './names';
import type { JsonPath } from './path';
import type { Finding } from './problem';

/** A network layer with everything its inputs decide. Its name is the prefix of its weights. */
export interface LayerTrace extends PlacedLayer {
  readonly type: LayerKind;
  /** The shape of its first input. */
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  readonly weights: readonly WeightSpec[];
  readonly parameters: number;
  readonly trainableParameters: number;
  readonly multiplyAdds: number;
}

/** A physical layer in its place in the instrument. */
export interface PhysicsTrace {
  /** `gaussianBlur`, `gaussianBlur_1`: prefix of its series. */
  readonly name: string;
  readonly type: string;
  readonly path: JsonPath;
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  readonly parameters: readonly PhysicalParameterSpec[];
}

/** Shapes through the whole experiment, as far as they fit. */
export interface Trace {
  /** `[height, width, channels]` of the object. */
  readonly input: Shape;
  readonly physics: readonly PhysicsTrace[];
  readonly layers: readonly LayerTrace[];
  /** Shape of the last layer's output; absent when something before it does not fit. */
  readonly output?: Shape;
  readonly findings: readonly Finding[];
}

/** Follows the shape of one sample through instrument and network. */
export function traceExperiment(
  experiment: Pick<Experiment, 'physics' | 'model'>,
  input: Shape,
): Trace {
  const findings: Finding[] = [];
  const physicsTraces = tracePhysics(experiment.physics, input, findings);
  const last = physicsTraces.at(-1)?.outputShape ?? input;
  if (findings.length > 0) return { input, physics: physicsTraces, layers: [], findings };
  const { layers: layerTraces, isWhole } = traceLayers(experiment.model, last, findings);
  return {
    input,
    physics: physicsTraces,
    layers: layerTraces,
    findings,
    ...(isWhole && findings.length === 0
      ? { output: layerTraces.at(-1)?.outputShape ?? last }
      : {}),
  };
}

function tracePhysics(
  values: Experiment['physics'],
  input: Shape,
  findings: Finding[],
): readonly PhysicsTrace[] {
  const traces: PhysicsTrace[] = [];
  const nameOf = namer();
  let shape = input;
  for (const [index, value] of values.entries()) {
    const component = physicalComponent(value.type);
    const path = ['physics', index];
    const outputShape = component.shape(shape, value);
    if (isMisfit(outputShape)) {
      findings.push(misfit(path, outputShape));
      break;
    }
    const parameters = component.parameters(value);
    const name = nameOf(value.type);
    traces.push({ name, type: value.type, path, inputShape: shape, outputShape, parameters });
    shape = outputShape;
  }
  return traces;
}

function traceLayers(
  model: ModelValue,
  input: Shape,
  findings: Finding[],
): { readonly layers: readonly LayerTrace[]; readonly isWhole: boolean } {
  const expansion = expandModel(model);
  findings.push(...expansion.findings);
  const traces: LayerTrace[] = [];
  const shapes = new Map([[inputName(0), input]]);
  for (const layer of expansion.layers) {
    const component = layerComponent(layer.value.type);
    const inputShapes = layer.inputs.map((name) => shapes.get(name)!);
    const outputShape = outputOf(component, layer, inputShapes);
    if (isMisfit(outputShape)) {
      findings.push(misfit(layer.path, outputShape, layer));
      return { layers: traces, isWhole: false };
    }
    shapes.set(layer.name, outputShape);
    traces.push(traceLayer(component, layer, inputShapes[0]!, outputShape));
  }
  return { layers: traces, isWhole: expansion.isWhole };
}

function traceLayer(
  component: LayerComponent,
  layer: PlacedLayer,
  inputShape: Shape,
  outputShape: Shape,
): LayerTrace {
  const { value } = layer;
  const weights = weightsOf(component, inputShape, value);
  const count = (specs: readonly WeightSpec[]) =>
    specs.reduce((sum, spec) => sum + elements(spec.shape), 0);
  return {
    ...layer,
    type: value.type,
    inputShape,
    outputShape,
    weights,
    parameters: count(weights),
    trainableParameters: count(weights.filter((spec) => spec.trainable)),
    multiplyAdds: component.multiplyAdds?.(inputShape, outputShape, value) ?? 0,
  };
}

/** The output shape of a layer, with as many inputs as its kind takes. */
function outputOf(
  { type, combine, shape }: LayerComponent,
  { value }: PlacedLayer,
  inputs: readonly Shape[],
): Shape | Misfit {
  if (combine === undefined) {
    if (inputs.length === 1) return shape(inputs[0]!, value);
    const message = `A ${type} layer reads one layer; got ${inputs.length} \`inputs\`. Put an add or a concatenate layer before it.`;
    return { parameter: 'inputs', message };
  }
  if (inputs.length > 1) return combine(inputs, value);
  const message = `${/^a/.test(type) ? 'An' : 'A'} ${type} layer reads two layers or more; got ${inputs.length}. Name them in \`inputs\`.`;
  return { parameter: 'inputs', message };
}

/** Where a value of a layer stands: in it, or where a parameter of its block gets its value. */
export function pathOfKey({ path, origins }: PlacedLayer, key: string): JsonPath {
  return Object.hasOwn(origins, key) ? origins[key]! : [...path, key];
}

function misfit(path: JsonPath, { parameter, message }: Misfit, layer?: PlacedLayer): Finding {
  const isInBlock = layer !== undefined && layer.path !== layer.entry;
  return {
    severity: 'error',
    code: 'shape/misfit',
    message: isInBlock ? `Layer \`${layer.name}\`: ${message}` : message,
    path:
      parameter === undefined
        ? path
        : layer === undefined
          ? [...path, parameter]
          : pathOfKey(layer, parameter),
  };
}
