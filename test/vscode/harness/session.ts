// The one server and browser that all suites of the ring share: starting them takes longer than most
// tests do. The hooks start and end it.
import type { Browser, BrowserContext } from 'playwright-core';
import { launchBrowser, NAME_SHIM } from '../../../scripts/browser';
import { startCodeServer } from '../../../scripts/codeServer';
import type { CodeServer } from '../../../scripts/codeServer';
import { packageForTests } from '../../../scripts/package';
import { makeWorkspace, removeWorkspace } from '../workspace';
import { screenshot } from './screenshots';
import { Workbench } from './workbench';

const ACTION_TIMEOUT_MS = 30_000;

export interface WindowOptions {
  /** The workspace's files, path → text or object; not used when `folder` is given. */
  readonly files?: Readonly<Record<string, unknown>>;
  /** An existing workspace folder, for a second window on it; null for a window without one. */
  readonly folder?: string | null;
  /** Files to open, relative to the folder. */
  readonly open?: readonly string[];
  /** Settings of the workspace, for example the colour theme. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

/** A server with the packed extension installed, a browser, and the windows that are open in it. */
export class Session {
  readonly #windows = new Set<Workbench>();
  readonly #folders: string[] = [];
  readonly #requests: string[] = [];

  private constructor(
    private readonly server: CodeServer,
    private readonly browser: Browser,
    private readonly context: BrowserContext,
  ) {}

  static async start(): Promise<Session> {
    const server = await startCodeServer({ vsix: await packageForTests() });
    const browser = await launchBrowser();
    const context = await browser.newContext({ viewport: { width: 1400, height: 900 } });
    context.setDefaultTimeout(ACTION_TIMEOUT_MS);
    await context.addInitScript(NAME_SHIM);
    const session = new Session(server, browser, context);
    context.on('request', (request) => session.#requests.push(request.url()));
    return session;
  }

  /** Opens a window on a new workspace or on an existing folder. */
  async openWindow(options: WindowOptions): Promise<Workbench> {
    const folder = options.folder === undefined ? this.#makeFolder(options) : options.folder;
    const page = await this.context.newPage();
    const window = new Workbench(page, folder ?? '');
    this.#windows.add(window);
    page.once('close', () => this.#windows.delete(window));
    const open = (options.open ?? []).map((name) => `${folder ?? ''}/${name}`);
    await page.goto(this.server.url({ ...(folder === null ? {} : { folder }), open }));
    await window.ready();
    return window;
  }

  /** Requests that left this machine. The workbench's service worker answers the one host itself. */
  outsideRequests(): string[] {
    return this.#requests.filter((address) => {
      const { protocol, hostname } = new URL(address);
      if (!/^(https?|wss?):$/.test(protocol)) return false;
      return hostname !== 'localhost' && !hostname.endsWith('.vscode-resource.vscode-cdn.net');
    });
  }

  /** Takes a picture of every open window after a failed test, and tells what the server said. */
  async recordFailure(title: string): Promise<void> {
    const name = title.replace(/\W+/g, '-').slice(0, 80);
    let number = 0;
    for (const { page } of this.#windows) {
      number += 1;
      await screenshot(page, `failed-${name}-${number}`);
    }
    // Two files of the licence check are never in this build; their absence explains nothing.
    const lines = this.server.log.split('\n').filter((line) => !/vsda|^\s*$/.test(line));
    console.log(lines.slice(-15).join('\n'));
  }

  /** Closes what a suite left open. */
  async closeWindows(): Promise<void> {
    for (const window of this.#windows) await window.close();
  }

  async stop(): Promise<void> {
    await this.browser.close();
    await this.server.stop();
    for (const folder of this.#folders) removeWorkspace(folder);
  }

  #makeFolder(options: WindowOptions): string {
    const settings = { '.vscode/settings.json': options.settings ?? {} };
    const folder = makeWorkspace({ ...settings, ...options.files });
    this.#folders.push(folder);
    return folder;
  }
}

let current: Session | undefined;

/** For the hooks alone. */
export async function stopSession(): Promise<void> {
  await current?.stop();
  current = undefined;
}

/** For the hooks alone. */
export function setSession(session: Session): void {
  current = session;
}

/** The session of this run. */
export function session(): Session {
  if (current === undefined) {
    throw new Error(
      'There is no editor session. Run these suites with "npm test -- vscode", which starts one.',
    );
  }
  return current;
}
