// A complete VS Code out of the npm package code-server, for machines without a desktop VS Code.
// It is kept in .cache/ and not in node_modules: the package insists on Node 24 in its install
// script, and the Node it needs would shadow the one that runs npm's scripts.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { CACHE, cleanEnvironment, npm, output } from './processes';

/** code-server 4.139.1 is VS Code 1.139.1. */
const CODE_SERVER_VERSION = '4.139.1';
const NODE_VERSION = '24.21.0';
const FOLDER = path.join(CACHE, 'vscode-server');
const START_TIMEOUT_MS = 120_000;

/** What is in the payload but no test and no user of ours needs: 400 MiB of it. */
const UNUSED = ['node_modules/@github', 'node_modules/@microsoft/mxc-sdk', 'extensions/copilot'];

/** Settings that keep a first start quiet: nothing pops up and nothing asks the network. */
export const QUIET_SETTINGS: Readonly<Record<string, unknown>> = {
  'workbench.startupEditor': 'none',
  'workbench.welcomePage.walkthroughs.openOnInstall': false,
  'workbench.tips.enabled': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.enableExperiments': false,
  'workbench.settings.enableNaturalLanguageSearch': false,
  'workbench.colorTheme': 'Default Dark Modern',
  'security.workspace.trust.enabled': false,
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'chat.disableAIFeatures': true,
  'git.enabled': false,
  'git.openRepositoryInParentFolders': 'never',
  'json.schemaDownload.enable': false,
  'npm.fetchOnlinePackageInfo': false,
  'typescript.disableAutomaticTypeAcquisition': true,
  'files.simpleDialog.enable': true,
  'editor.minimap.enabled': false,
  'editor.cursorBlinking': 'solid',
  'editor.autoClosingBrackets': 'never',
  'editor.autoClosingQuotes': 'never',
  'window.commandCenter': false,
};

/** The files of an installed server. */
export interface ServerFiles {
  readonly node: string;
  readonly main: string;
}

/** Puts the server into the cache folder, from the npm registry alone; does nothing when it is there. */
export function ensureCodeServer(): ServerFiles {
  const stamp = path.join(FOLDER, 'stamp.json');
  const wanted = JSON.stringify({ codeServer: CODE_SERVER_VERSION, node: NODE_VERSION, layout: 1 });
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
    console.log(`Installing code-server ${CODE_SERVER_VERSION} into .cache/ (about a minute) ...`);
    // Built beside and then moved, so that an interrupted set-up is never taken for a whole one.
    const fresh = `${FOLDER}.${process.pid}`;
    rmSync(fresh, { recursive: true, force: true });
    install(fresh);
    writeFileSync(path.join(fresh, 'stamp.json'), wanted);
    rmSync(FOLDER, { recursive: true, force: true });
    renameSync(fresh, FOLDER);
  }
  return filesIn(FOLDER);
}

function install(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const dependencies = { 'code-server': CODE_SERVER_VERSION, [nodePackage()]: NODE_VERSION };
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }));
  const args = ['install', '--ignore-scripts', '--omit=dev'];
  npm(args, folder);
  const vscode = path.join(folder, 'node_modules/code-server/lib/vscode');
  npm(args, vscode);
  npm(args, path.join(vscode, 'extensions'));
  compileLogging(folder, vscode);
  for (const unused of UNUSED) rmSync(path.join(vscode, unused), { recursive: true, force: true });
}

/** Without these two add-ons everything works, but every process prints a stack trace. */
function compileLogging(folder: string, vscode: string): void {
  const npmFile = realpathSync(output('which', ['npm']).trim());
  const gyp = path.join(path.dirname(npmFile), '../node_modules/node-gyp/bin/node-gyp.js');
  const { node } = filesIn(folder);
  const headers = path.join(folder, 'node_modules', nodePackage());
  for (const name of ['@vscode/spdlog', '@vscode/native-watchdog']) {
    const cwd = path.join(vscode, 'node_modules', name);
    try {
      output(node, [gyp, 'rebuild', `--nodedir=${headers}`], { cwd, env: cleanEnvironment() });
    } catch {
      console.log(`No compiler for ${name}; the editor's own log will have stack traces in it.`);
    }
  }
}

function nodePackage(): string {
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  return `node-${platform}-${process.arch}`;
}

function filesIn(folder: string): ServerFiles {
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  return {
    node: path.join(folder, 'node_modules', nodePackage(), 'bin', name),
    main: path.join(folder, 'node_modules/code-server/lib/vscode/out/server-main.js'),
  };
}

export interface ServerOptions {
  /** User settings on top of the quiet ones. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** A packed extension to have installed. */
  readonly vsix?: string;
  /** Lets the address name an extension under development; it hides notifications. */
  readonly automation?: boolean;
  /** Starts with workspaces that are not trusted until the user says so. */
  readonly restricted?: boolean;
  /** Where profile and installed extensions are kept; a fresh temporary folder when absent. */
  readonly home?: string;
  /** A fixed port, for a person who keeps the address; any free one when absent. */
  readonly port?: number;
}

/** Starts the server with a profile of its own and waits until it listens. */
export async function startCodeServer(options: ServerOptions = {}): Promise<CodeServer> {
  const files = ensureCodeServer();
  const home = options.home ?? mkdtempSync(path.join(tmpdir(), 'lightbench-vscode-'));
  writeSettings(home, options.settings ?? {});
  const env = cleanEnvironment({ HOME: home, EXTENSIONS_GALLERY: '{}' });
  const folders = ['--server-data-dir', path.join(home, 'data')].concat(
    '--extensions-dir',
    path.join(home, 'extensions'),
  );
  const common = [files.main, '--accept-server-license-terms', '--disable-telemetry', ...folders];
  if (options.vsix !== undefined) {
    output(files.node, [...common, '--install-extension', options.vsix, '--force'], { env });
  }
  const args = [...common, '--host', '127.0.0.1', '--port', String(options.port ?? 0)].concat(
    '--without-connection-token',
    options.restricted === true ? [] : ['--disable-workspace-trust'],
    options.automation === true ? ['--enable-smoke-test-driver'] : [],
  );
  // It forks extension hosts and watchers: its own process group lets us end all of them.
  const child = spawn(files.node, args, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const server = new CodeServer(child, home, options.home === undefined);
  await server.ready;
  return server;
}

function writeSettings(home: string, settings: Readonly<Record<string, unknown>>): void {
  const folder = path.join(home, 'data', 'data', 'Machine');
  mkdirSync(folder, { recursive: true });
  mkdirSync(path.join(home, 'extensions'), { recursive: true });
  const text = JSON.stringify({ ...QUIET_SETTINGS, ...settings }, null, 2);
  writeFileSync(path.join(folder, 'settings.json'), text);
  const user = path.join(home, 'data', 'data', 'User');
  mkdirSync(user, { recursive: true });
  writeFileSync(path.join(user, 'settings.json'), text);
}

export interface WindowAddress {
  /** Absent for a window without a folder. */
  readonly folder?: string;
  /** Absolute paths of files to open at start. */
  readonly open?: readonly string[];
  /** Further start options of the workbench, as pairs. */
  readonly payload?: readonly (readonly [string, string])[];
}

/** A running server; whoever starts it stops it. */
export class CodeServer {
  /** Resolves when the server listens. */
  readonly ready: Promise<void>;
  #port = 0;
  #log = '';
  readonly #child: ChildProcess;
  readonly #home: string;
  readonly #removeHome: boolean;
  readonly #onExit = (): void => this.#signal('SIGKILL');

  constructor(child: ChildProcess, home: string, removeHome: boolean) {
    this.#child = child;
    this.#home = home;
    this.#removeHome = removeHome;
    process.once('exit', this.#onExit);
    this.ready = new Promise((resolve, reject) => {
      const fail = (what: string): void =>
        reject(new Error(`The VS Code server ${what}; its output was:\n${this.#log}`));
      const timer = setTimeout(() => fail('did not start in time'), START_TIMEOUT_MS);
      const read = (chunk: Buffer): void => {
        this.#log = (this.#log + chunk.toString()).slice(-100_000);
        const listening = /Extension host agent listening on (\d+)/.exec(this.#log);
        if (listening === null || this.#port !== 0) return;
        this.#port = Number(listening[1]);
        clearTimeout(timer);
        resolve();
      };
      child.stdout?.on('data', read);
      child.stderr?.on('data', read);
      child.once('exit', () => fail('ended'));
    });
  }

  /** What the server has said lately, for reports of failures. */
  get log(): string {
    return this.#log;
  }

  /** Where profile and extensions are kept. */
  get home(): string {
    return this.#home;
  }

  /** The address of the server; service workers need the name instead of the number. */
  get address(): string {
    return `http://localhost:${this.#port}/`;
  }

  /** A file on this machine as the workbench in the browser names it. */
  remote(file: string): string {
    return `vscode-remote://localhost:${this.#port}${file}`;
  }

  /** The address of a window. */
  url(window: WindowAddress): string {
    const query = new URLSearchParams({
      // Without this the server opens the folder of the last window.
      ...(window.folder === undefined ? { ew: 'true' } : { folder: window.folder }),
      payload: JSON.stringify([
        ['skipWelcome', 'true'],
        ['skipReleaseNotes', 'true'],
        ...(window.open ?? []).map((file) => ['openFile', this.remote(file)]),
        ...(window.payload ?? []),
      ]),
    });
    return `${this.address}?${query.toString()}`;
  }

  async stop(): Promise<void> {
    process.removeListener('exit', this.#onExit);
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const gone = new Promise((resolve) => this.#child.once('exit', resolve));
      this.#signal('SIGTERM');
      const hurry = setTimeout(() => this.#signal('SIGKILL'), 3000);
      await gone;
      clearTimeout(hurry);
    }
    this.#signal('SIGKILL');
    if (this.#removeHome) rmSync(this.#home, { recursive: true, force: true, maxRetries: 5 });
  }

  #signal(signal: NodeJS.Signals): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      process.kill(-pid, signal);
    } catch {
      // The whole group has ended already, which is what was wanted.
    }
  }
}
