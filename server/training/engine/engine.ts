import { createRequire } from 'node:module';
import './tfGradients';
import * as tf from '@tensorflow/tfjs-core';
import type { EngineChoice, EngineFacts, EngineId, EngineReport } from '#common/engine';
import { engineIds } from '#common/engine';
import { CodedError, messageOf } from '#common/protocol/rpc';
import { backendName, KernelBackend } from './backend/backend';
import { createSharedMemory } from './backend/heap';
import type { KernelHost } from './backend/host';
import { registerKernels } from './backend/register';
import { hostNative, loadNative } from './native/addon';
import { defaultThreads } from './threads';
import { compileKernels, linkKernels, type WasmVariant } from './wasm/module';

/** What computes a training run, once it is open. */
export interface Engine {
  readonly id: EngineId;
  readonly facts: EngineFacts;
  /** Bytes that the engine holds for tensors and for its own use. */
  usedBytes(): number;
  /** Bytes that it can get at most, now; undefined where it does not say. */
  mostBytes(): number | undefined;
  /** Frees everything; tensors made on the engine are gone. */
  dispose(): void;
}

export interface EngineOptions {
  /** Threads that compute, this one among them; default: see threads.ts. */
  readonly threads?: number;
  /**
   * Which kernels to run, "relaxed" or "plain" of wasm, an instruction set of native; default: the
   * fastest that work. For tests and benchmarks.
   */
  readonly kernels?: string;
}

/** The engines that come with Lightbench, the fastest first. */
const ownEngines = ['native', 'wasm'] as const;
type OwnEngine = (typeof ownEngines)[number];

/** Kernels of one of our engines, and what to call them. */
interface OpenKernels {
  readonly host: KernelHost;
  readonly description: string;
}

const openers: Readonly<Record<OwnEngine, (kernels?: string) => Promise<OpenKernels>>> = {
  native: openNative,
  wasm: openWasm,
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
  if (choice === 'auto') return openFastest(options);
  if (choice === 'native' || choice === 'wasm') {
    const kernels = await openers[choice](options.kernels).catch((error: unknown) => {
      const other = choice === 'native' ? ' Use "auto" or "wasm" instead.' : '';
      throw unavailable(`The engine "${choice}" is not available. ${messageOf(error)}${other}`);
    });
    return openBackend(choice, kernels, 'asked for', options);
  }
  const reports = await probeEngines();
  const reason = reports.find(({ id }) => id === choice)?.reason ?? 'There is no such engine.';
  throw unavailable(
    `The engine "${choice}" is not available. ${reason} Use "auto" or "wasm" instead.`,
  );
}

/** Takes the first of our engines that works, and says why the ones before it did not. */
async function openFastest(options: EngineOptions): Promise<Engine> {
  const refusals: string[] = [];
  for (const id of ownEngines) {
    try {
      const kernels = await openers[id](options.kernels);
      const reason = ['the fastest engine that works here', ...refusals].join('; ');
      return await openBackend(id, kernels, reason, options);
    } catch (error) {
      refusals.push(`not ${id}: ${messageOf(error)}`);
    }
  }
  throw unavailable(`No engine is available. ${refusals.join(' ')}`);
}

async function openBackend(
  id: OwnEngine,
  { host, description }: OpenKernels,
  reason: string,
  options: EngineOptions,
): Promise<Engine> {
  registerKernels();
  const backend = new KernelBackend(host, options.threads ?? defaultThreads());
  if (tf.findBackendFactory(backendName)) tf.removeBackend(backendName);
  tf.registerBackend(backendName, () => backend);
  await tf.setBackend(backendName);
  return {
    id,
    facts: { id, description, threads: backend.threads, reason },
    usedBytes: () => backend.heap.usedBytes,
    // The address space is one bound, what the system has left another.
    mostBytes: () =>
      Math.min(backend.heap.mostBytes, backend.heap.totalBytes + process.availableMemory()),
    dispose() {
      tf.removeBackend(backendName);
      // TF.js forgets a backend without telling it.
      backend.dispose();
    },
  };
}

function openNative(kernels?: string): Promise<OpenKernels> {
  return Promise.resolve().then(() => {
    const native = loadNative(kernels);
    return {
      host: hostNative(native, createSharedMemory()),
      description: describeNative(native.processor),
    };
  });
}

async function openWasm(kernels?: string): Promise<OpenKernels> {
  const compiled = await compileKernels(kernels as WasmVariant | undefined);
  return {
    host: await linkKernels(compiled, createSharedMemory()),
    description: descriptions[compiled.variant],
  };
}

const descriptions: Readonly<Record<WasmVariant, string>> = {
  relaxed: 'WebAssembly, relaxed SIMD',
  plain: 'WebAssembly, SIMD',
};

function describeNative(processor: string): string {
  return `Native, ${processor}`;
}

/** What every engine says about this machine, in the order of preference. */
export async function probeEngines(): Promise<readonly EngineReport[]> {
  return Promise.all(engineIds.map(async (id) => ({ id, ...(await probes[id]()) })));
}

type Probe = () => Promise<Omit<EngineReport, 'id'>>;

const probes: Readonly<Record<EngineId, Probe>> = {
  native: () => Promise.resolve(probeNative()),
  wasm: probeWasm,
  tensorflow: () => Promise.resolve(probePackage('@tensorflow/tfjs-node', 'TensorFlow')),
  cuda: () => Promise.resolve(probePackage('@tensorflow/tfjs-node-gpu', 'TensorFlow on CUDA')),
  webgpu: () => Promise.resolve(notYet('Training on WebGPU is not part of this version.')),
};

function probeNative(): Omit<EngineReport, 'id'> {
  try {
    const { processor } = loadNative();
    return {
      available: true,
      reason: 'Part of Lightbench: compiled for this platform, with nothing to install.',
      facts: { description: describeNative(processor), threads: defaultThreads() },
    };
  } catch (error) {
    return notYet(messageOf(error));
  }
}

async function probeWasm(): ReturnType<Probe> {
  try {
    const { variant } = await compileKernels();
    return {
      available: true,
      reason: 'Part of Lightbench: runs everywhere, with nothing to install.',
      facts: { description: descriptions[variant], threads: defaultThreads() },
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
