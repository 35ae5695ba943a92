import type { LayerKind } from '../catalogue/layers';
import type { PhysicsKind } from '../catalogue/physics';
import type { EngineId } from '../engine';
import type { Finding } from './problem';
import type { Trace } from './trace';

/** What an engine cannot train, and why; it can train everything that is not named here. */
interface EngineLimits {
  /** Why it can train no experiment at all. */
  readonly anything?: string;
  readonly layers?: Readonly<Partial<Record<LayerKind, string>>>;
  readonly physics?: Readonly<Partial<Record<PhysicsKind, string>>>;
}

const onHost = 'it is computed by the processor in the middle of a step';

/** The engines that are ours have kernels or compositions for all of the catalogue. */
const limits: Readonly<Record<EngineId, EngineLimits>> = {
  native: {},
  wasm: {},
  tensorflow: {},
  cuda: {},
  webgpu: {
    anything: 'training reads the loss of every step at once, and WebGPU gives results only later',
    physics: { gaussianBlur: onHost, shotNoise: onHost },
  },
};

/** Why an engine can train no experiment; undefined when it can train some. */
export function engineLimit(engine: EngineId): string | undefined {
  return limits[engine].anything;
}

/** The parts of an experiment that an engine cannot train, each at its place in the file. */
export function unsupportedOn(engine: EngineId, trace: Trace): readonly Finding[] {
  const { anything, layers = {}, physics = {} } = limits[engine];
  const finding = (what: string, why: string, path: Finding['path']): Finding => ({
    severity: 'error',
    code: 'engine/unsupported',
    message: `The engine "${engine}" cannot train ${what}: ${why}. Choose the engine "auto", which takes one that can.`,
    path,
  });
  if (anything !== undefined) return [finding('experiments', anything, [])];
  const of = (
    parts: readonly {
      readonly name: string;
      readonly type: string;
      readonly path: Finding['path'];
    }[],
    reasons: ReadonlyMap<string, string>,
  ) =>
    parts.flatMap(({ name, type, path }) => {
      const why = reasons.get(type);
      return why === undefined ? [] : [finding(`"${name}" (${type})`, why, path)];
    });
  return [
    ...of(trace.physics, new Map(Object.entries(physics))),
    ...of(trace.layers, new Map(Object.entries(layers))),
  ];
}
