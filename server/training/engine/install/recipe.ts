import type { TensorflowEngineId } from '#common/engine';
import { CodedError } from '#common/protocol/rpc';
import { tensorflowPackages } from '../tensorflow/binding';

/** What an engine is built from. All of it comes from npm and PyPI. */
export interface Recipe {
  /** The npm package with TF.js' backend and the source of its binding. */
  readonly package: string;
  /** The headers of Node's interface for add-ons, which is the same for every Node. */
  readonly headers: string;
  /** The Python wheel that has TensorFlow's library in it. */
  readonly wheel: string;
  readonly wheelMegabytes: number;
  /** Whether NVIDIA's libraries, which the wheel names, are needed too. */
  readonly needsCuda: boolean;
  readonly libraries: readonly string[];
  /** What the linker is told besides, to find the libraries beside the binding. */
  readonly linkerOptions: readonly string[];
}

/** One of the versions that the binding was built and trained with. */
const tensorflowVersion = '2.21.0';
const packageVersion = '4.22.0';

/** The wheel for each platform; TensorFlow has none with a library that can be linked for the others. */
const wheels: Readonly<
  Record<TensorflowEngineId, Readonly<Record<string, { name: string; megabytes: number }>>>
> = {
  tensorflow: {
    'linux-x64': { name: 'tensorflow-cpu', megabytes: 274 },
    'linux-arm64': { name: 'tensorflow', megabytes: 282 },
    'darwin-arm64': { name: 'tensorflow', megabytes: 224 },
  },
  cuda: { 'linux-x64': { name: 'tensorflow', megabytes: 573 } },
};

/** From lib/napi-v8 of the package to the folder that the wheel's libraries are put into. */
const toLibraries = '../../../../../python/tensorflow';

/**
 * What to build an engine from on a platform (`linux-x64`).
 *
 * @throws CodedError `engine/no-recipe` where it cannot be built.
 */
export function recipeFor(id: TensorflowEngineId, platform: string): Recipe {
  const { name, title } = tensorflowPackages[id];
  const wheel = wheels[id][platform];
  if (wheel === undefined) {
    throw new CodedError(
      'engine/no-recipe',
      `${title} cannot be set up by Lightbench on ${platform}: it is built on ${Object.keys(wheels[id]).join(', ')}. Run "npm install --global ${name}@${packageVersion}" instead, which downloads an older TensorFlow.`,
    );
  }
  return {
    package: `${name}@${packageVersion}`,
    headers: 'node-api-headers@1',
    wheel: `${wheel.name}==${tensorflowVersion}`,
    wheelMegabytes: wheel.megabytes,
    needsCuda: id === 'cuda',
    ...(platform.startsWith('darwin') ? macos : linux),
  };
}

const linux = {
  libraries: ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'],
  linkerOptions: ['-shared', `-Wl,-rpath,$ORIGIN/${toLibraries}`],
} as const;

const macos = {
  libraries: ['libtensorflow_cc.2.dylib', 'libtensorflow_framework.2.dylib'],
  linkerOptions: [
    '-bundle',
    '-undefined',
    'dynamic_lookup',
    `-Wl,-rpath,@loader_path/${toLibraries}`,
  ],
} as const;
