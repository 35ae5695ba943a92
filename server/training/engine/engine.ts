import { createRequire } from 'node:module';
import './tfGradients';
import * as tf from '@tensorflow/tfjs-core';
import type { EngineChoice, EngineFacts, EngineId, EngineReport } from '#common/engine';
import { engineIds } from '#common/engine';
import { CodedError, messageOf } from '#common/protocol/rpc';
import { WasmBackend, wasmBackendName } from './wasm/backend';
import { createSharedMemory } from './wasm/heap';
import { compileKernels, type KernelVariant, linkKernels } from './wasm/module';
import { registerWasmKernels } from './wasm/register';

/** What computes a training run, once it is open. */
export interface Engine {
  readonly id: EngineId;
  readonly facts: EngineFacts;
  /** Bytes that the engine holds for tensors and for its own use. */
  usedBytes(): number;
  /** Frees everything; tensors made on the engine are gone. */
  dispose(): void;
}

export interface EngineOptions {
  /** Threads that the engine may use. This version computes on one, whatever is asked for. */
  readonly threads?: number;
  /** Which kernels to run; default: the fastest that this Node validates. For tests and benchmarks. */
  readonly kernels?: KernelVariant;
}

const descriptions: Readonly<Record<KernelVariant, string>> = {
  relaxed: 'WebAssembly, relaxed SIMD',
  plain: 'WebAssembly, SIMD',
};

/**
 * Opens an engine and makes it the TF.js backend of this process.
 *
 * @throws CodedError `engine/unavailable` when the engine that was asked for cannot train here.
 */
export async function openEngine(
  choice: EngineChoice,
  options: EngineOptions = {},
): Promise<Engine> {
  if (choice !== 'auto' && choice !== 'wasm') {
    const reports = await probeEngines();
    const reason = reports.find(({ id }) => id === choice)?.reason ?? 'There is no such engine.';
    throw unavailable(
      `The engine "${choice}" is not available. ${reason} Use "auto" or "wasm" instead.`,
    );
  }
  const reason = choice === 'auto' ? 'the fastest engine in this version' : 'asked for';
  return openWasm(reason, options);
}

async function openWasm(reason: string, options: EngineOptions): Promise<Engine> {
  const { backend, variant } = await createBackend(options.kernels).catch((error: unknown) => {
    throw unavailable(messageOf(error));
  });
  registerWasmKernels();
  if (tf.findBackendFactory(wasmBackendName)) tf.removeBackend(wasmBackendName);
  tf.registerBackend(wasmBackendName, () => backend);
  await tf.setBackend(wasmBackendName);
  return {
    id: 'wasm',
    facts: { id: 'wasm', description: descriptions[variant], threads: 1, reason },
    usedBytes: () => backend.heap.usedBytes,
    dispose: () => tf.removeBackend(wasmBackendName),
  };
}

async function createBackend(
  wanted?: KernelVariant,
): Promise<{ backend: WasmBackend; variant: KernelVariant }> {
  const compiled = await compileKernels(wanted);
  const memory = createSharedMemory();
  const linked = await linkKernels(compiled, memory);
  return { backend: new WasmBackend(linked, memory), variant: compiled.variant };
}

/** What every engine says about this machine, in the order of preference. */
export async function probeEngines(): Promise<readonly EngineReport[]> {
  return Promise.all(engineIds.map(async (id) => ({ id, ...(await probes[id]()) })));
}

type Probe = () => Promise<Omit<EngineReport, 'id'>>;

const probes: Readonly<Record<EngineId, Probe>> = {
  native: () => Promise.resolve(notYet('The native kernels are not part of this version.')),
  wasm: probeWasm,
  tensorflow: () => Promise.resolve(probePackage('@tensorflow/tfjs-node', 'TensorFlow')),
  cuda: () => Promise.resolve(probePackage('@tensorflow/tfjs-node-gpu', 'TensorFlow on CUDA')),
  webgpu: () => Promise.resolve(notYet('Training on WebGPU is not part of this version.')),
};

async function probeWasm(): ReturnType<Probe> {
  try {
    const { variant } = await compileKernels();
    return {
      available: true,
      reason: 'Part of Lightbench: runs everywhere, with nothing to install.',
      facts: { description: descriptions[variant], threads: 1 },
    };
  } catch (error) {
    return notYet(messageOf(error));
  }
}

/** Looks for a TF.js binding that the user has. It is found and reported, but not yet trained on. */
function probePackage(name: string, title: string): Omit<EngineReport, 'id'> {
  const version = findPackage(name);
  if (version === undefined) {
    return notYet(
      `${title} is not part of this version, and the package ${name} is not installed.`,
    );
  }
  return {
    available: false,
    reason: `The package ${name} ${version} is installed, but this version does not train with it yet.`,
    facts: { package: name, version },
  };
}

function findPackage(name: string): string | undefined {
  const require = createRequire(__filename);
  try {
    const { version } = require(`${name}/package.json`) as { readonly version: string };
    return version;
  } catch {
    return undefined;
  }
}

function notYet(reason: string): Omit<EngineReport, 'id'> {
  return { available: false, reason, facts: {} };
}

function unavailable(message: string): CodedError {
  return new CodedError('engine/unavailable', message);
}
