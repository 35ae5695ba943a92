import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { messageOf } from '#common/protocol/rpc';
import { NotInstalledError, type InstalledEngine } from '../installed/installedEngine';
import { createLoader } from '../installed/loadModule';
import { findPackage, type FoundPackage, type SearchOptions } from '../installed/packages';
import { tfForPackages } from '../installed/tfjs';
import { runTrial } from '../installed/trial';
import { addInGroups } from './addInGroups';

/** What the package `webgpu` exports: Dawn, the implementation of WebGPU in Chromium. */
interface Dawn {
  /** Makes what a browser has as `navigator.gpu`, with options of Dawn as texts. */
  create(options: readonly string[]): unknown;
  /** Classes and constants that a browser has as globals. */
  readonly globals: Readonly<Record<string, unknown>>;
}

interface Packages {
  readonly dawn: FoundPackage;
  readonly backend: FoundPackage;
  /** What computes, as its driver calls it. */
  readonly adapter: string;
}

const dawnName = 'webgpu';
const backendPackage = '@tensorflow/tfjs-backend-webgpu';
/** The name under which TF.js knows the backend. */
const backendName = 'webgpu';

/** WebGPU by Dawn for Node and TF.js' backend for it: an experiment, never chosen by "auto". */
export const webgpuEngine: InstalledEngine = {
  async open(options) {
    const packages = await findPackages(options);
    await loadOnce(packages);
    await tf.setBackend(backendName);
    return {
      description: describe(packages),
      // The processor only hands out work.
      threads: 1,
      usedBytes: () => tf.memory().numBytes,
      mostBytes: () => undefined,
      dispose: close,
    };
  },
  async probe(options) {
    const packages = await findPackages(options);
    const { folder, version } = packages.dawn;
    return {
      reason: `An experiment, never chosen by "auto". Found in ${folder}.`,
      facts: { description: describe(packages), package: version },
    };
  },
};

/** Frees the device. TF.js forgets then how it was made, while the package says so once a process. */
function close(): void {
  const factory = tf.findBackendFactory(backendName);
  tf.removeBackend(backendName);
  tf.registerBackend(backendName, factory);
}

function describe({ adapter }: Packages): string {
  return `WebGPU, ${adapter}`;
}

/** Finds both packages and asks for a GPU in a process of its own: a driver may end its process. */
async function findPackages(options: SearchOptions): Promise<Packages> {
  const [dawn, backend] = [dawnName, backendPackage].map((name) =>
    findPackage('webgpu', name, options),
  );
  if (dawn === undefined || backend === undefined) {
    const missing = dawn === undefined ? dawnName : backendPackage;
    throw new NotInstalledError(
      `WebGPU is not installed: there is no package ${missing} in ${options.folder} or above, or among the global packages. Run "npm install --global ${dawnName} ${backendPackage}@4".`,
    );
  }
  const adapter = await runTrial(trial, [moduleOf(dawn)], options.env).catch((error: unknown) => {
    throw new Error(
      `The package ${dawnName} ${dawn.version} in ${dawn.folder} does not work: ${messageOf(error)}.`,
    );
  });
  if (typeof adapter === 'string') return { dawn, backend, adapter };
  throw new Error(
    `WebGPU found no GPU: the package ${dawnName} is in ${dawn.folder}, but the system offers it none. Install the driver of the GPU (on Linux the one for Vulkan).`,
  );
}

const trial = `
  const { create } = await import(process.argv[1]);
  const adapter = await create([]).requestAdapter();
  const { description, device, vendor } = adapter?.info ?? {};
  console.log(JSON.stringify(adapter ? description || device || vendor || 'GPU' : null));
  process.exit();
`;

/** The module as Node imports it by its address. */
function moduleOf({ folder }: FoundPackage): string {
  return pathToFileURL(createRequire(__filename).resolve(folder)).href;
}

let loading: Promise<void> | undefined;

/** The backend registers itself once a process, and finds WebGPU where a browser has it. */
function loadOnce(packages: Packages): Promise<void> {
  return (loading ??= load(packages));
}

async function load({ dawn, backend }: Packages): Promise<void> {
  const { create, globals } = (await import(moduleOf(dawn))) as Dawn;
  Object.assign(globalThis, globals);
  // Node has a navigator from version 21 on, which can be added to but not replaced.
  const navigator = (globalThis as { navigator?: object }).navigator ?? {};
  Object.defineProperty(navigator, 'gpu', { value: create([]), configurable: true });
  Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true });
  const loadFile = createLoader(new Map([['@tensorflow/tfjs-core', tfForPackages]]));
  loadFile(createRequire(__filename).resolve(backend.folder));
  addInGroups(backendName);
}
