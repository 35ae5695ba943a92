import './tfGradients';
import * as tf from '@tensorflow/tfjs-core';
import type { EngineChoice, EngineFacts, EngineId, EngineReport } from '#common/engine';
import { engineIds } from '#common/engine';
import { CodedError, messageOf } from '#common/protocol/rpc';
import { backendName, KernelBackend } from './backend/backend';
import { createSharedMemory } from './backend/heap';
import type { KernelHost } from './backend/host';
import { registerKernels } from './backend/register';
import {
  NotInstalledError,
  type InstalledEngine,
  type InstalledOptions,
  type OpenedEngine,
} from './installed/installedEngine';
import { hostNative, loadNative } from './native/addon';
import { tensorflowEngine } from './tensorflow/engine';
import { defaultThreads } from './threads';
import { compileKernels, linkKernels, type WasmVariant } from './wasm/module';
import { webgpuEngine } from './webgpu/engine';

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
  /** Where to look for engines that the user has installed; default: the current folder. */
  readonly folder?: string;
  /** Why an engine cannot train what it is wanted for; default: each can. */
  readonly refusal?: (id: EngineId) => string | undefined;
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

/** The engines that use what the user has. */
const installedEngines: Readonly<Record<Exclude<EngineId, OwnEngine>, InstalledEngine>> = {
  tensorflow: tensorflowEngine('tensorflow'),
  cuda: tensorflowEngine('cuda'),
  webgpu: webgpuEngine,
};

/** What `auto` tries, the fastest first. WebGPU is an experiment that has to be asked for. */
const automaticOrder = ['cuda', 'native', 'tensorflow', 'wasm'] as const satisfies EngineId[];

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
  try {
    return asEngine(choice, await open(choice, options), 'asked for');
  } catch (error) {
    const others = choice === 'wasm' ? '' : ' Use "auto" or "wasm" instead.';
    throw unavailable(`The engine "${choice}" is not available. ${sentence(error)}${others}`);
  }
}

/** Takes the first engine that works, and says why those before it that should work did not. */
async function openFastest(options: EngineOptions): Promise<Engine> {
  const refusals: string[] = [];
  for (const id of automaticOrder) {
    try {
      const opened = await open(id, options);
      return asEngine(id, opened, ['the fastest engine that works here', ...refusals].join('; '));
    } catch (error) {
      if (!(error instanceof NotInstalledError)) refusals.push(`not ${id}: ${messageOf(error)}`);
    }
  }
  throw unavailable(`No engine is available. ${refusals.join(' ')}`);
}

function asEngine(id: EngineId, opened: OpenedEngine, reason: string): Engine {
  const { description, threads, ...rest } = opened;
  return { id, facts: { id, description, threads, reason }, ...rest };
}

async function open(id: EngineId, options: EngineOptions): Promise<OpenedEngine> {
  const refusal = options.refusal?.(id);
  if (refusal !== undefined) throw new Error(refusal);
  if (!isOwn(id)) return installedEngines[id].open(installedOptions(options));
  return openBackend(await openers[id](options.kernels), options);
}

function isOwn(id: EngineId): id is OwnEngine {
  return ownEngines.some((own) => own === id);
}

function installedOptions({ threads, folder }: EngineOptions = {}): InstalledOptions {
  return {
    threads: threads ?? defaultThreads(),
    folder: folder ?? process.cwd(),
    env: process.env,
  };
}

async function openBackend(
  { host, description }: OpenKernels,
  options: EngineOptions,
): Promise<OpenedEngine> {
  registerKernels();
  const backend = new KernelBackend(host, options.threads ?? defaultThreads());
  if (tf.findBackendFactory(backendName)) tf.removeBackend(backendName);
  tf.registerBackend(backendName, () => backend);
  await tf.setBackend(backendName);
  return {
    description,
    threads: backend.threads,
    usedBytes: () => backend.heap.usedBytes,
    mostBytes: () => backend.heap.mostBytes,
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
export async function probeEngines(options: EngineOptions = {}): Promise<readonly EngineReport[]> {
  return Promise.all(engineIds.map(async (id) => ({ id, ...(await probe(id, options)) })));
}

type Report = Omit<EngineReport, 'id'>;

async function probe(id: EngineId, options: EngineOptions): Promise<Report> {
  try {
    const found = isOwn(id)
      ? await ownProbes[id]()
      : await installedEngines[id].probe(installedOptions(options));
    return { available: true, ...found };
  } catch (error) {
    return { available: false, reason: messageOf(error), facts: {} };
  }
}

const ownProbes: Readonly<Record<OwnEngine, () => Promise<Pick<Report, 'reason' | 'facts'>>>> = {
  native: () =>
    Promise.resolve().then(() => ({
      reason: 'Part of Lightbench: compiled for this platform, with nothing to install.',
      facts: { description: describeNative(loadNative().processor), threads: defaultThreads() },
    })),
  wasm: async () => {
    const { variant } = await compileKernels();
    return {
      reason: 'Part of Lightbench: runs everywhere, with nothing to install.',
      facts: { description: descriptions[variant], threads: defaultThreads() },
    };
  },
};

/** Errors of libraries end as they like. */
function sentence(error: unknown): string {
  return messageOf(error).replace(/[^.!?]$/, '$&.');
}

function unavailable(message: string): CodedError {
  return new CodedError('engine/unavailable', message);
}
