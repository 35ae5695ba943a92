import { createRequire } from 'node:module';
import path from 'node:path';
import util from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import type { TensorflowEngineId } from '#common/engine';
import type { InstalledEngine, InstalledOptions, OpenedEngine } from '../installed/installedEngine';
import { createLoader } from '../installed/loadModule';
import { tfForPackages } from '../installed/tfjs';
import { tensorflowBackendName, type TensorflowBackend } from './backend';
import { findBinding, type Binding } from './binding';
import { registerTensorflowKernels } from './kernels';

/** What tfjs-node's backend is made from. */
type BackendClass = new (binding: unknown, packageName: string) => TensorflowBackend;

/** TensorFlow, loaded. */
interface Library {
  readonly file: string;
  readonly threads: number;
  createBackend(): TensorflowBackend;
}

/** The library and its threads belong to the process, so they can be neither unloaded nor changed. */
let library: Library | undefined;

/** TensorFlow for Node, on the CPU or on CUDA. */
export function tensorflowEngine(id: TensorflowEngineId): InstalledEngine {
  return {
    async open(options) {
      const binding = await findBinding(id, options);
      library ??= loadLibrary(binding, options);
      if (library.file !== binding.file) {
        throw new Error(
          `This process computes with ${library.file} already, and ${binding.file} does not fit in beside it. Start another process.`,
        );
      }
      return openBackend(binding, library);
    },
    async probe(options) {
      const binding = await findBinding(id, options);
      const { folder, version } = binding.package;
      const facts = { description: describe(binding), threads: options.threads, package: version };
      return { reason: `Found in ${folder}.`, facts };
    },
  };
}

function describe({ version, isUsingGpu }: Binding): string {
  return `TensorFlow ${version}, ${isUsingGpu ? 'CUDA' : 'CPU'}`;
}

function loadLibrary(
  { package: found, file }: Binding,
  { threads, env }: InstalledOptions,
): Library {
  // TensorFlow reads these when it starts: how many threads compute, and that it speaks of errors only.
  process.env['TF_NUM_INTRAOP_THREADS'] = String(threads);
  process.env['TF_CPP_MIN_LOG_LEVEL'] = env['TF_CPP_MIN_LOG_LEVEL'] ?? '2';
  const dist = path.join(found.folder, 'dist');
  const load = createLoader(replacements);
  const { NodeJSKernelBackend } = load(path.join(dist, 'nodejs_kernel_backend.js')) as {
    readonly NodeJSKernelBackend: BackendClass;
  };
  load(path.join(dist, 'register_all_kernels.js'));
  const binding: unknown = createRequire(__filename)(file);
  const createBackend = () => new NodeJSKernelBackend(binding, found.name);
  registerTensorflowKernels(createBackend());
  return { file, threads, createBackend };
}

/** What tfjs-node is given in the place of what it asks for. */
const replacements: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['@tensorflow/tfjs', tfForPackages],
  ['@tensorflow/tfjs-core', tfForPackages],
  // Gone from Node 23 on (github.com/tensorflow/tfjs/pull/8425 is not released).
  [
    'util',
    { ...util, isNullOrUndefined: (value: unknown) => value == null, isArray: Array.isArray },
  ],
  // Messages for TensorBoard, which it would bring another package for.
  ['./proto/api_pb', {}],
]);

async function openBackend(
  binding: Binding,
  { threads, createBackend }: Library,
): Promise<OpenedEngine> {
  if (tf.findBackendFactory(tensorflowBackendName)) tf.removeBackend(tensorflowBackendName);
  tf.registerBackend(tensorflowBackendName, createBackend);
  await tf.setBackend(tensorflowBackendName);
  return {
    description: describe(binding),
    threads,
    usedBytes: () => tf.memory().numBytes,
    mostBytes: () => undefined,
    dispose: () => tf.removeBackend(tensorflowBackendName),
  };
}
