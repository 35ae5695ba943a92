import fs from 'node:fs/promises';
import path from 'node:path';
import { tensorflowPathVariable, type TensorflowEngineId } from '#common/engine';
import { CodedError, messageOf } from '#common/protocol/rpc';
import { engineFolder } from '../installed/packages';
import { tensorflowPackages } from '../tensorflow/binding';
import { tensorflowEngine } from '../tensorflow/engine';
import { defaultThreads } from '../threads';
import { trainTinyNetwork } from './check';
import { findPrograms, runProgram, type Program, type Programs, type RunOptions } from './programs';
import { recipeFor, type Recipe } from './recipe';
import { unpackWheel } from './unpack';

export interface InstallOptions extends RunOptions {
  /** What it is built for, as `linux-x64`; default: this machine. */
  readonly platform?: string;
  /** Called before each step. */
  onStep(step: number, steps: number, title: string): void;
}

/** An engine that has been set up. */
export interface Installed {
  readonly folder: string;
  /** For people: "TensorFlow 2.21.0, CPU". */
  readonly description: string;
}

/** What the steps of one installation share. */
interface Site {
  readonly id: TensorflowEngineId;
  readonly recipe: Recipe;
  readonly programs: Programs;
  /** Becomes the engine's folder when all is done. */
  readonly folder: string;
  /** What is not needed afterwards. */
  readonly scraps: string;
  run(program: Program, ...args: string[]): Promise<string>;
}

const steps: readonly {
  readonly title: (recipe: Recipe) => string;
  readonly run: (site: Site) => Promise<void>;
  /** Whether it is left out. */
  readonly isNeeded?: (recipe: Recipe) => boolean;
}[] = [
  { title: ({ package: name }) => `Fetching ${name} from npm`, run: fetchPackages },
  {
    title: ({ wheel, wheelMegabytes }) =>
      `Fetching ${wheel} from PyPI (${wheelMegabytes} MB) and unpacking it`,
    run: fetchLibrary,
  },
  {
    title: () => "Fetching NVIDIA's libraries from PyPI (about 3 GB)",
    run: fetchCuda,
    isNeeded: ({ needsCuda }) => needsCuda,
  },
  { title: () => 'Building the binding', run: build },
];

/**
 * Builds an engine for this machine and puts it where Lightbench looks for it, in place of one that is
 * there. It takes its place only once a tiny network has learned with it: whatever happens before leaves
 * everything as it was.
 *
 * @throws CodedError `engine/…`; the signal's reason when it is aborted.
 */
export async function installEngine(
  id: TensorflowEngineId,
  options: InstallOptions,
): Promise<Installed> {
  const { env, signal, onStep, platform = `${process.platform}-${process.arch}` } = options;
  const recipe = recipeFor(id, platform);
  const needed = steps.filter(({ isNeeded }) => isNeeded?.(recipe) ?? true);
  const count = needed.length + 2;
  onStep(1, count, 'Looking for npm, Python and a C++ compiler');
  const programs = await findPrograms(options, recipe.needsCuda);
  const target = engineFolder(id, env);
  await fs.mkdir(path.dirname(target), { recursive: true });
  const folder = await fs.mkdtemp(`${target}.new-`);
  try {
    const scraps = path.join(folder, 'scraps');
    await fs.mkdir(scraps);
    const run: Site['run'] = (program, ...args) => runProgram(program, args, { env, signal });
    const site: Site = { id, recipe, programs, folder, scraps, run };
    for (const [idx, step] of needed.entries()) {
      const title = step.title(recipe);
      onStep(idx + 2, count, title);
      await step.run(site).catch((error: unknown) => {
        signal.throwIfAborted();
        throw new CodedError('engine/not-installed', `${title} failed. ${messageOf(error)}`);
      });
    }
    await fs.rm(scraps, { recursive: true });
    onStep(count, count, 'Training a tiny network');
    const description = await check(site, env);
    signal.throwIfAborted();
    await replace(target, folder);
    return { folder: target, description };
  } finally {
    await fs.rm(folder, { recursive: true, force: true });
  }
}

/** The package alone: of what it depends on, nothing is needed once it is given our TF.js. */
async function fetchPackages({ id, recipe, programs, folder, scraps, run }: Site): Promise<void> {
  const { name } = tensorflowPackages[id];
  const targets: readonly (readonly [string, string])[] = [
    [recipe.package, path.join(folder, 'node_modules', name)],
    [recipe.headers, path.join(scraps, 'headers')],
  ];
  for (const [wanted, target] of targets) {
    const place = ['--pack-destination', scraps];
    const output = await run(programs.npm, 'pack', wanted, '--loglevel=error', ...place);
    const archive = path.join(scraps, output.trim().split('\n').at(-1)!);
    await fs.mkdir(target, { recursive: true });
    await run(programs.tar, '-xzf', archive, '--strip-components=1', '-C', target);
  }
}

/** Any wheel for the platform will do, whichever Python is here: only C functions are called. */
const anyPython = ['--only-binary=:all:', '--python-version', '3.12', '--no-deps'];
const quietly = ['--quiet', '--disable-pip-version-check'];

async function fetchLibrary({ recipe, programs, folder, scraps, run }: Site): Promise<void> {
  const wheels = path.join(scraps, 'wheels');
  await run(programs.pip, 'download', ...quietly, ...anyPython, '--dest', wheels, recipe.wheel);
  const [wheel = ''] = await fs.readdir(wheels);
  const places = [path.join(folder, 'python'), path.join(scraps, 'include')];
  const file = path.join(wheels, wheel);
  const requirements = await run(programs.python, '-c', unpackWheel, file, ...places);
  await fs.rm(wheels, { recursive: true });
  await fs.writeFile(path.join(scraps, 'requirements.txt'), requirements);
}

/** They lie beside TensorFlow, where its libraries look for them. */
async function fetchCuda({ programs, folder, scraps, run }: Site): Promise<void> {
  const target = ['--target', path.join(folder, 'python'), '--no-compile'];
  const wanted = ['--requirement', path.join(scraps, 'requirements.txt')];
  await run(programs.pip, 'install', ...quietly, ...anyPython, ...target, ...wanted);
}

async function build({ id, recipe, programs, folder, scraps, run }: Site): Promise<void> {
  const home = path.join(folder, 'node_modules', tensorflowPackages[id].name);
  const target = path.join(home, 'lib', 'napi-v8');
  await fs.mkdir(target, { recursive: true });
  const includes = [
    path.join(scraps, 'headers', 'include'),
    path.join(scraps, 'include', 'tensorflow', 'include'),
  ];
  const sources = ['tfjs_backend.cc', 'tfjs_binding.cc'];
  await run(
    programs.compiler,
    ...['-O2', '-fPIC', '-std=c++17', '-w', '-DNAPI_VERSION=8'],
    ...includes.map((place) => `-I${place}`),
    ...sources.map((name) => path.join(home, 'binding', name)),
    ...recipe.libraries.map((name) => path.join(folder, 'python', 'tensorflow', name)),
    ...recipe.linkerOptions,
    ...['-o', path.join(target, 'tfjs_binding.node')],
  );
}

async function check({ id, folder }: Site, env: NodeJS.ProcessEnv): Promise<string> {
  try {
    const opened = await tensorflowEngine(id).open({
      threads: defaultThreads(),
      folder,
      env: { ...env, [tensorflowPathVariable]: folder },
    });
    trainTinyNetwork();
    opened.dispose();
    return opened.description;
  } catch (error) {
    throw new CodedError('engine/not-installed', `The engine was built. ${messageOf(error)}`);
  }
}

/** The engine that was there goes only when the new one is in its place. */
async function replace(target: string, folder: string): Promise<void> {
  const old = `${folder}.old`;
  await fs.rename(target, old).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  await fs.rename(folder, target);
  await fs.rm(old, { recursive: true, force: true });
}
