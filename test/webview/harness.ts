// Opens a built page in Chromium as VS Code would, with the test in the place of the host.
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { launchBrowser, NAME_SHIM } from '../../scripts/browser';
import { ROOT } from '../../scripts/processes';
import { screenshot, measurePicture } from '../vscode/harness/screenshots';
import type { PictureFacts } from '../vscode/harness/screenshots';
import themes from './themes.json';

/** Any address will do; the page's requests are answered from dist/ and never leave the test. */
const ORIGIN = 'http://lightbench.test';
const ACTION_TIMEOUT_MS = 15_000;

export type Theme = keyof typeof themes;
export const THEMES: readonly Theme[] = ['dark', 'light', 'highContrast'];

export interface PageOptions {
  /** VS Code's own colours of one of its themes. */
  readonly theme?: Theme;
  /** What `acquireVsCodeApi().getState()` gives at the start. */
  readonly state?: unknown;
  readonly width?: number;
  readonly height?: number;
  /** Attributes of the body, as the host's HTML sets them. */
  readonly bodyAttributes?: Readonly<Record<string, string>>;
  /**
   * Called with every message of the page; what it returns (or resolves to) is posted back, unless it
   * is undefined.
   */
  readonly host?: (message: unknown) => unknown;
}

/** A page under test; whoever opens it closes it. */
export class WebviewPage {
  /** Every message that the page has sent to its host. */
  readonly sent: unknown[] = [];
  /** Errors that nothing in the page caught. */
  readonly errors: string[] = [];
  /** Requests for anything but the page's own files. */
  readonly outsideRequests: string[] = [];
  /** What the page has last kept with `setState`. */
  state: unknown;
  readonly #waiting = new Set<() => void>();

  constructor(
    readonly page: Page,
    private readonly options: PageOptions,
  ) {
    this.state = options.state;
    page.setDefaultTimeout(ACTION_TIMEOUT_MS);
    page.on('pageerror', (error) => {
      this.errors.push(error.message);
      this.#wake();
    });
  }

  /** Posts a message to the page as the host does. */
  post(message: unknown): Promise<void> {
    return this.page.evaluate((data) => window.postMessage(data, '*'), message);
  }

  /**
   * The first message of the page, past or to come, that the test accepts. Throws when the page has
   * failed: it will hardly send it then.
   */
  async message<T>(accept: (message: unknown) => message is T): Promise<T> {
    for (;;) {
      const found = this.sent.find(accept);
      if (found !== undefined) return found;
      if (this.errors.length > 0) throw new Error(`The page failed: ${this.errors.join('; ')}`);
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  /** Saves a picture of the page, or of the part that a selector names, and measures it. */
  async measure(name: string, selector?: string): Promise<PictureFacts> {
    const target = selector === undefined ? this.page : this.page.locator(selector).first();
    return measurePicture(await screenshot(target, name));
  }

  close(): Promise<void> {
    return this.page.close();
  }

  /** For the page's side of the bridge. */
  async receive(message: unknown): Promise<void> {
    this.sent.push(message);
    this.#wake();
    const answer = await this.options.host?.(message);
    if (answer !== undefined) await this.post(answer);
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}

let browser: Browser | undefined;
let context: BrowserContext | undefined;

/** Starts the browser that all pages of this ring share; for the hooks alone. */
export async function startBrowser(): Promise<void> {
  browser = await launchBrowser();
  context = await browser.newContext();
  await context.addInitScript(NAME_SHIM);
}

/** Ends it again. */
export async function stopBrowser(): Promise<void> {
  await browser?.close();
}

/** Opens the page `dist/webviews/<name>.js`. */
export async function openPage(name: string, options: PageOptions = {}): Promise<WebviewPage> {
  if (context === undefined) {
    throw new Error('There is no browser. Run these suites with "npm test -- webview".');
  }
  const page = await context.newPage();
  await page.setViewportSize({ width: options.width ?? 900, height: options.height ?? 700 });
  const opened = new WebviewPage(page, options);
  await page.exposeFunction('lightbenchPost', (message: unknown) => opened.receive(message));
  await page.exposeFunction('lightbenchKeep', (state: unknown) => {
    opened.state = state;
  });
  await page.addInitScript(installApi, options.state);
  await page.route('**/*', async (route) => {
    const { origin, pathname } = new URL(route.request().url());
    if (origin !== ORIGIN) {
      opened.outsideRequests.push(route.request().url());
      await route.abort();
    } else if (pathname === '/') {
      await route.fulfill({ contentType: 'text/html', body: html(name, options) });
    } else {
      await route.fulfill({ path: path.join(ROOT, 'dist', 'webviews', path.basename(pathname)) });
    }
  });
  await page.goto(ORIGIN);
  return opened;
}

/** Runs in the page: the three functions that VS Code gives to a webview. */
function installApi(initial: unknown): void {
  const bridge = window as unknown as {
    lightbenchPost(message: unknown): Promise<void>;
    lightbenchKeep(state: unknown): Promise<void>;
  };
  let state = initial;
  const api = {
    postMessage: (message: unknown) => void bridge.lightbenchPost(message),
    getState: () => state,
    setState: (next: unknown) => {
      state = next;
      void bridge.lightbenchKeep(next);
      return next;
    },
  };
  Object.assign(window, { acquireVsCodeApi: () => api });
}

function html(name: string, options: PageOptions): string {
  const theme = themes[options.theme ?? 'dark'];
  const variables = Object.entries(theme.variables)
    .map(([key, value]) => `${key.replaceAll('.', '\\.')}: ${value};`)
    .join(' ');
  const attributes = Object.entries(options.bodyAttributes ?? {})
    .map(([key, value]) => ` ${key}="${value.replaceAll('"', '&quot;')}"`)
    .join('');
  const style = readIfThere(path.join(ROOT, 'dist', 'webviews', `${name}.css`));
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><style>
    html { ${variables} background-color: var(--vscode-editor-background); }
    body { color: var(--vscode-editor-foreground); font-family: var(--vscode-font-family);
      font-size: var(--vscode-font-size); margin: 0; padding: 0 20px; }
    </style><style>${style}</style></head>
    <body class="${theme.bodyClass}" data-vscode-theme-kind="${theme.bodyClass}"${attributes}>
    <div id="root"></div><script src="/${name}.js"></script></body></html>`;
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // A page without styles of its own has no CSS file.
    return '';
  }
}
