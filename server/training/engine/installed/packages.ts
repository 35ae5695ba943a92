import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { tensorflowPathVariable, type EngineId } from '#common/engine';

/** Where to look for what the user has installed. */
export interface SearchOptions {
  /** The folder of the experiment: packages are looked for in it and in the folders above it. */
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
}

/** A package that was found. */
export interface FoundPackage {
  readonly name: string;
  readonly folder: string;
  readonly version: string;
}

/** Names another folder for the engines that Lightbench has set up. */
const enginesVariable = 'LIGHTBENCH_ENGINES';

/** The folder of an engine that Lightbench has set up, where programs of the system keep their data. */
export function engineFolder(id: EngineId, env: NodeJS.ProcessEnv): string {
  const named = env[enginesVariable];
  return path.join(named || path.join(dataFolder(env), 'engines'), id);
}

function dataFolder(env: NodeJS.ProcessEnv): string {
  const home = homeOf(env);
  if (process.platform === 'win32') {
    return path.join(env['LOCALAPPDATA'] || path.join(home, 'AppData', 'Local'), 'Lightbench');
  }
  if (process.platform === 'darwin') {
    return path.join(home, 'Library', 'Application Support', 'Lightbench');
  }
  return path.join(env['XDG_DATA_HOME'] || path.join(home, '.local', 'share'), 'lightbench');
}

/**
 * Finds a package: in the place that the user names, in the folder of the experiment and those above it,
 * among the engines that Lightbench has set up, and among the global packages of npm. Undefined when it
 * is in none of them.
 */
export function findPackage(
  id: EngineId,
  name: string,
  options: SearchOptions,
): FoundPackage | undefined {
  for (const folder of candidates(id, name, options)) {
    const version = versionIn(folder, name);
    if (version !== undefined) return { name, folder: fs.realpathSync(folder), version };
  }
  return undefined;
}

function* candidates(
  id: EngineId,
  name: string,
  { folder, env }: SearchOptions,
): Generator<string> {
  const named = env[tensorflowPathVariable];
  if (named) yield* [named, path.join(named, 'node_modules', name)];
  for (const modules of createRequire(path.join(folder, 'package.json')).resolve.paths(name) ??
    []) {
    yield path.join(modules, name);
  }
  yield path.join(engineFolder(id, env), 'node_modules', name);
  for (const modules of globalModules(env)) yield path.join(modules, name);
}

/** What `npm root -g` would say, without the half second that asking it takes. */
function globalModules(env: NodeJS.ProcessEnv): readonly string[] {
  const prefixes = [env['npm_config_prefix'], prefixOfUser(env), prefixOfNode(env)];
  const below = process.platform === 'win32' ? 'node_modules' : path.join('lib', 'node_modules');
  const folders = prefixes.filter(Boolean).map((prefix) => path.join(prefix!, below));
  if (process.platform !== 'win32' || !env['APPDATA']) return folders;
  return [...folders, path.join(env['APPDATA'], 'npm', 'node_modules')];
}

/** The line `prefix=` of the user's ~/.npmrc. */
function prefixOfUser(env: NodeJS.ProcessEnv): string | undefined {
  try {
    const text = fs.readFileSync(path.join(homeOf(env), '.npmrc'), 'utf8');
    const prefix = /^\s*prefix\s*=\s*(.+?)\s*$/m.exec(text)?.[1];
    return prefix?.replace(/^(~|\$\{HOME\})/, homeOf(env));
  } catch {
    return undefined;
  }
}

/** Where the `node` of the PATH is installed: the one that runs us may be VS Code's. */
function prefixOfNode(env: NodeJS.ProcessEnv): string | undefined {
  const program = process.platform === 'win32' ? 'node.exe' : 'node';
  const folders = (env['PATH'] ?? '').split(path.delimiter).filter(path.isAbsolute);
  const files = folders.map((folder) => path.join(folder, program));
  const found = files.find((file) => fs.existsSync(file));
  if (found === undefined) return undefined;
  const folder = path.dirname(fs.realpathSync(found));
  return process.platform === 'win32' ? folder : path.dirname(folder);
}

function homeOf(env: NodeJS.ProcessEnv): string {
  return env['HOME'] || env['USERPROFILE'] || os.homedir();
}

/** The version of the package in a folder; undefined when it is not there. */
function versionIn(folder: string, name: string): string | undefined {
  try {
    const text = fs.readFileSync(path.join(folder, 'package.json'), 'utf8');
    const found = JSON.parse(text) as { readonly name?: unknown; readonly version?: unknown };
    return found.name === name ? String(found.version) : undefined;
  } catch {
    return undefined;
  }
}
