import type { PhysicsKind } from '../catalogue/physics';
import type { EngineId } from '../engine';
import type { Finding } from './problem';
import type { Trace } from './trace';

/**
 * Which physical layers an engine cannot train, and why; it can train everything else. The engines that are
 * ours have kernels or compositions for all of the catalogue.
 */
const limits: Readonly<Record<EngineId, Readonly<Partial<Record<PhysicsKind, string>>>>> = {
  native: {},
  wasm: {},
  tensorflow: {},
  cuda: {},
  webgpu: {
    shotNoise: 'the processor counts photons in the middle of a step, where WebGPU gives no values',
  },
};

/** The parts of an experiment that an engine cannot train, each at its place in the file. */
export function unsupportedOn(engine: EngineId, { physics }: Trace): readonly Finding[] {
  const reasons = new Map<string, string>(Object.entries(limits[engine]));
  return physics.flatMap(({ name, type, path }): Finding[] => {
    const why = reasons.get(type);
    if (why === undefined) return [];
    return [
      {
        severity: 'error',
        code: 'engine/unsupported',
        message: `The engine "${engine}" cannot train "${name}" (${type}): ${why}. Choose the engine "auto", which takes one that can.`,
        path,
      },
    ];
  });
}
