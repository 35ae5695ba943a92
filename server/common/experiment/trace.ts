import { layerComponent, physicalComponent } from '../catalogue/index';
import type { LayerKind, LayerValue } from '../catalogue/layers';
import { elements } from '../catalogue/shape';
import {
  isMisfit,
  type PhysicalParameterSpec,
  type Shape,
  type WeightSpec,
} from '../catalogue/component';
import type { Experiment } from './experiment';
import type { JsonPath } from './path';
import type { Finding } from './problem';

/** A network layer with everything its input decides. */
export interface LayerTrace {
  /** Its own name, or Keras' way: `conv2d`, `conv2d_1`. Prefix of its weights. */
  readonly name: string;
  readonly type: LayerKind;
  readonly path: JsonPath;
  /** Names of the layers it reads; `input` is the image after normalization. */
  readonly inputs: readonly string[];
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
  const layerTraces = traceLayers(experiment.model.layers, last, findings);
  return {
    input,
    physics: physicsTraces,
    layers: layerTraces,
    findings,
    ...(findings.length === 0 ? { output: layerTraces.at(-1)?.outputShape ?? last } : {}),
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
  values: readonly LayerValue[],
  input: Shape,
  findings: Finding[],
): readonly LayerTrace[] {
  const traces: LayerTrace[] = [];
  const nameOf = namer(values.flatMap((value) => value.name ?? []));
  let shape = input;
  for (const [index, value] of values.entries()) {
    const component = layerComponent(value.type);
    const path = ['model', 'layers', index];
    const outputShape = component.shape(shape, value);
    if (isMisfit(outputShape)) {
      findings.push(misfit(path, outputShape));
      break;
    }
    const weights = component.parameters(shape, value);
    const count = (specs: readonly WeightSpec[]) =>
      specs.reduce((sum, spec) => sum + elements(spec.shape), 0);
    traces.push({
      name: value.name ?? nameOf(value.type),
      type: value.type,
      path,
      inputs: [traces.at(-1)?.name ?? 'input'],
      inputShape: shape,
      outputShape,
      weights,
      parameters: count(weights),
      trainableParameters: count(weights.filter((spec) => spec.trainable)),
      multiplyAdds: component.multiplyAdds?.(shape, outputShape, value) ?? 0,
    });
    shape = outputShape;
  }
  return traces;
}

function misfit(path: JsonPath, { parameter, message }: { parameter?: string; message: string }) {
  return {
    severity: 'error',
    code: 'shape/misfit',
    message,
    path: parameter === undefined ? path : [...path, parameter],
  } as const satisfies Finding;
}

/** Numbers nameless parts by type, as Keras does, and keeps clear of the names the user gave. */
function namer(taken: readonly string[] = []): (type: string) => string {
  const used = new Set(taken);
  const counts = new Map<string, number>();
  return (type) => {
    for (;;) {
      const count = counts.get(type) ?? 0;
      counts.set(type, count + 1);
      const name = count === 0 ? type : `${type}_${count}`;
      if (!used.has(name)) return name;
    }
  };
}
