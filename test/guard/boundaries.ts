// Which folder may import what, as data, and the check of a file against it.
import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import * as path from 'node:path';
import ts from 'typescript';
import { ROOT } from '../../scripts/processes';

/** What the files of a folder may import. */
export interface FolderRule {
  readonly folder: string;
  /** Other folders; a name with a file in it allows that module alone. */
  readonly folders: readonly string[];
  readonly packages: readonly string[];
  /** Whether Node's own modules may be imported. */
  readonly node: boolean;
}

export const RULES: readonly FolderRule[] = [
  {
    folder: 'extension',
    folders: ['server/common', 'server/runs'],
    packages: ['vscode', 'vscode-languageclient', 'vscode-jsonrpc'],
    node: true,
  },
  {
    folder: 'server/common',
    folders: [],
    packages: ['@sinclair/typebox', 'jsonc-parser'],
    node: false,
  },
  {
    folder: 'server/runs',
    folders: ['server/common'],
    packages: ['vscode-jsonrpc'],
    node: true,
  },
  {
    folder: 'server/language',
    folders: ['server/common'],
    packages: [
      '@sinclair/typebox',
      'jsonc-parser',
      'vscode-languageserver',
      'vscode-languageserver-textdocument',
    ],
    node: true,
  },
  {
    folder: 'server/training',
    folders: ['server/common', 'server/runs'],
    packages: [
      '@tensorflow/tfjs-core',
      '@tensorflow/tfjs-backend-cpu',
      '@tensorflow/tfjs-node-gpu',
      'fast-png',
      'fflate',
      'jpeg-js',
      'vscode-jsonrpc',
    ],
    node: true,
  },
  {
    folder: 'server/cli',
    folders: ['server/common', 'server/runs', 'server/training/index', 'server/language/index'],
    packages: ['commander'],
    node: true,
  },
  {
    folder: 'webviews',
    folders: ['server/common'],
    packages: ['preact', 'uplot'],
    node: false,
  },
];

/** Single files with a right of their own. */
export const EXCEPTIONS: ReadonlyMap<string, readonly string[]> = new Map([
  // The one module behind which the unmaintained toolkit is kept.
  ['webviews/shared/ui.ts', ['@vscode/webview-ui-toolkit']],
]);

/** Programs that make files of the product and are in none of its bundles. */
export const TOOLS: readonly string[] = [
  'server/training/engine/kernels/build.ts',
  'server/training/engine/kernels/buildNative.ts',
  'server/training/engine/kernels/buildWasm.ts',
];

/** Why a file must not have the given import; undefined when it may. */
export function whyForbidden(file: string, imported: string): string | undefined {
  const rule = RULES.find(({ folder }) => isWithin(file, folder));
  if (rule === undefined) return undefined;
  if (isBuiltin(imported)) {
    return rule.node ? undefined : `${file} must run without Node and imports ${imported}`;
  }
  const target = resolveInRepository(file, imported);
  if (target !== undefined) {
    const allowed = [rule.folder, ...rule.folders].some((folder) => isWithin(target, folder));
    return allowed ? undefined : `${rule.folder} must not import ${target} (${file})`;
  }
  const name = packageName(imported);
  const packages = [...rule.packages, ...(EXCEPTIONS.get(file) ?? [])];
  return packages.includes(name)
    ? undefined
    : `${rule.folder} must not import ${name} (${file}); the table is test/guard/boundaries.ts`;
}

/** Every import of a source file, of types too. */
export function importsOf(text: string): string[] {
  return ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName);
}

/** The product's source files, from the repository's top. */
export function sourceFiles(): string[] {
  return ['extension', 'server', 'webviews']
    .flatMap((folder) =>
      readdirSync(path.join(ROOT, folder), { recursive: true, withFileTypes: true }),
    )
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => posix(path.relative(ROOT, path.join(entry.parentPath, entry.name))))
    .filter((file) => !TOOLS.includes(file))
    .sort();
}

/** The text of a file of the repository. */
export function readSource(file: string): string {
  return readFileSync(path.join(ROOT, file), 'utf8');
}

/** The npm package of an import: "@scope/name" of "@scope/name/file". */
export function packageName(imported: string): string {
  return imported
    .split('/')
    .slice(0, imported.startsWith('@') ? 2 : 1)
    .join('/');
}

/** The imported module as a path from the repository's top, without extension; undefined for packages. */
function resolveInRepository(file: string, imported: string): string | undefined {
  const shared = /^#(common|runs)\/(.*)$/.exec(imported);
  if (shared !== null) return `server/${shared[1]}/${shared[2]}`;
  if (!imported.startsWith('.')) return undefined;
  const target = path.posix.join(path.posix.dirname(file), imported);
  return target.replace(/\.(ts|tsx|js)$/, '');
}

function isWithin(file: string, folder: string): boolean {
  return file === folder || file.startsWith(`${folder}/`);
}

function posix(file: string): string {
  return file.split(path.sep).join('/');
}
