import * as path from 'node:path';
import * as vscode from 'vscode';
import {
  runActions,
  runPageMethods,
  type RunAction,
  type RunPageEvents,
  type RunPageRequests,
} from '#common/protocol/panel';
import { CodedError, messageOf } from '#common/protocol/rpc';
import type { RunWatches } from '../runs/runWatch';
import { pageHtml } from './html';
import { createPageChannel } from './pageChannel';
import { createPace } from './pace';
import { openRunFeed, type RunFeed } from './runFeed';

/** What a panel needs of the rest of the host. */
export interface RunPanelParts {
  readonly extensionUri: vscode.Uri;
  readonly watches: RunWatches;
  readonly log: (message: string) => void;
  act(action: RunAction, folder: string): Promise<void>;
}

/** A page never needs more messages than a screen shows pictures. */
const messageIntervalMs = 50;

/**
 * One panel that shows one run. While it is hidden its page does not exist and nothing is read; when it
 * is shown again the page asks for everything anew.
 */
export class RunPanel implements vscode.Disposable {
  readonly #subscriptions: vscode.Disposable[] = [];
  readonly #disposed = new vscode.EventEmitter<void>();
  #following: vscode.Disposable | undefined;

  constructor(
    readonly folder: string,
    readonly panel: vscode.WebviewPanel,
    private readonly parts: RunPanelParts,
  ) {
    const { webview } = panel;
    webview.options = {
      enableScripts: true,
      localResourceRoots: [vscode.Uri.joinPath(parts.extensionUri, 'dist', 'webviews')],
    };
    const icon = (theme: string) =>
      vscode.Uri.joinPath(parts.extensionUri, 'media', `experiment-${theme}.svg`);
    panel.iconPath = { light: icon('light'), dark: icon('dark') };
    const channel = createPageChannel<RunPageRequests, RunPageEvents>({
      port: { post: (message) => webview.postMessage(message) },
      methods: runPageMethods,
      log: parts.log,
      handlers: {
        'page/ready': () => this.#follow(),
        'run/act': (argument) => parts.act(checkedAction(argument), folder),
      },
    });
    this.#tell = channel.tell;
    this.#subscriptions.push(
      this.#disposed,
      webview.onDidReceiveMessage((message: unknown) => void channel.receive(message)),
      panel.onDidChangeViewState(() => {
        if (!panel.visible) this.#unfollow();
      }),
      panel.onDidDispose(() => this.dispose()),
    );
    webview.html = this.#html();
  }

  readonly #tell: <N extends keyof RunPageEvents & string>(
    event: N,
    value: RunPageEvents[N],
  ) => PromiseLike<unknown>;

  readonly onDidDispose = this.#disposed.event;

  /** Reads no more; the panel itself stays open. */
  release(): void {
    this.#unfollow();
  }

  dispose(): void {
    this.#unfollow();
    this.#disposed.fire();
    for (const subscription of this.#subscriptions.splice(0)) subscription.dispose();
    this.panel.dispose();
  }

  /** Opens the run for a page that has just begun, and tells it what changes from then on. */
  async #follow() {
    this.#unfollow();
    const held = this.parts.watches.acquire(this.folder);
    let feed: RunFeed;
    try {
      feed = await openRunFeed(this.folder, () => held.watch.record);
    } catch (error) {
      held.dispose();
      throw error;
    }
    this.panel.title = feed.snapshot.view.record.name;
    const pace = createPace(messageIntervalMs, () => this.#tellChange(feed));
    const nudging = held.watch.onDidNudge(() => pace.nudge());
    const changing = held.watch.onDidChange(() => pace.nudge());
    this.#following = vscode.Disposable.from(nudging, changing, pace, feed, held);
    // What was written between the snapshot and now has nudged nobody.
    pace.nudge();
    return feed.snapshot;
  }

  async #tellChange(feed: RunFeed): Promise<void> {
    try {
      const change = await feed.read();
      if (change !== undefined) await this.#tell('run/changed', change);
    } catch (error) {
      this.#unfollow();
      await this.#tell('run/lost', { message: messageOf(error) });
    }
  }

  #unfollow(): void {
    this.#following?.dispose();
    this.#following = undefined;
  }

  #html(): string {
    const { webview } = this.panel;
    const page = (file: string) =>
      webview
        .asWebviewUri(vscode.Uri.joinPath(this.parts.extensionUri, 'dist', 'webviews', file))
        .toString();
    return pageHtml({
      scriptUri: page('run.js'),
      styleUri: page('run.css'),
      cspSource: webview.cspSource,
      title: path.basename(this.folder),
    });
  }
}

function checkedAction(argument: unknown): RunAction {
  const { action } = (argument ?? {}) as { readonly action?: unknown };
  const known = runActions.find((name) => name === action);
  if (known !== undefined) return known;
  throw new CodedError(
    'page/unknown-action',
    `The page asked for "${String(action)}", which there is not.`,
  );
}
