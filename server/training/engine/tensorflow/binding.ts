import fs from 'node:fs';
import path from 'node:path';
import type { TensorflowEngineId } from '#common/engine';
import { messageOf } from '#common/protocol/rpc';
import { NotInstalledError } from '../installed/installedEngine';
import { findPackage, type FoundPackage, type SearchOptions } from '../installed/packages';
import { runTrial } from '../installed/trial';

/** The package of each engine, and what people call it. */
export const tensorflowPackages = {
  tensorflow: { name: '@tensorflow/tfjs-node', title: 'TensorFlow' },
  cuda: { name: '@tensorflow/tfjs-node-gpu', title: 'TensorFlow with CUDA' },
} as const satisfies Record<TensorflowEngineId, { readonly name: string; readonly title: string }>;

/** A binding that loads here. */
export interface Binding {
  readonly package: FoundPackage;
  /** The compiled add-on. */
  readonly file: string;
  /** Version of TensorFlow: "2.21.0". */
  readonly version: string;
  readonly isUsingGpu: boolean;
}

/** Its kernels use our copy of TF.js 4, and no other is tested. */
const neededMajor = 4;

/**
 * Finds the binding of an engine and tries it in a process of its own: a library that does not suit the
 * processor ends the process that loads it, and only one TensorFlow fits into a process.
 */
export async function findBinding(
  id: TensorflowEngineId,
  options: SearchOptions,
): Promise<Binding> {
  const { name, title } = tensorflowPackages[id];
  const found = findPackage(id, name, options);
  if (found === undefined) {
    throw new NotInstalledError(
      `${title} is not installed: there is no package ${name} in ${options.folder} or above, among the global packages or among Lightbench's engines. ${howToInstall(id)}`,
    );
  }
  const place = `The package ${name} ${found.version} in ${found.folder}`;
  if (Number(found.version.split('.')[0]) !== neededMajor) {
    throw new Error(`${place} does not fit: version ${neededMajor} is needed. Update it.`);
  }
  const file = bindingFile(found.folder);
  if (file === undefined) {
    throw new Error(
      `${place} has no compiled binding for this Node: its install script did not get TensorFlow. ${howToInstall(id)}`,
    );
  }
  const facts = await tryBinding(file, options.env).catch((error: unknown) => {
    throw new Error(`${place} does not load: ${messageOf(error)}. ${howToInstall(id)}`);
  });
  if (id === 'cuda' && !facts.isUsingGpu) {
    throw new Error(
      `TensorFlow ${facts.version} in ${found.folder} found no GPU. Check that nvidia-smi lists one, and that CUDA and cuDNN are the versions that this TensorFlow needs.`,
    );
  }
  return { package: found, file, ...facts };
}

function howToInstall(id: TensorflowEngineId): string {
  return `Run "lightbench engines install ${id}", or "Set Up TensorFlow Engine" in VS Code.`;
}

/** The add-on with the newest interface that this Node knows. */
function bindingFile(folder: string): string | undefined {
  const newest = Number(process.versions.napi ?? 8);
  for (let version = newest; version >= 3; version--) {
    const file = path.join(folder, 'lib', `napi-v${version}`, 'tfjs_binding.node');
    if (fs.existsSync(file)) return file;
  }
  return undefined;
}

const trial = `
  import { createRequire } from 'node:module';
  const file = process.argv[1];
  const binding = createRequire(file)(file);
  console.log(JSON.stringify([binding.TF_Version, binding.isUsingGpuDevice()]));
`;

async function tryBinding(
  file: string,
  env: NodeJS.ProcessEnv,
): Promise<Pick<Binding, 'version' | 'isUsingGpu'>> {
  const [version, isUsingGpu] = (await runTrial(trial, [file], env)) as [string, boolean];
  return { version, isUsingGpu };
}
