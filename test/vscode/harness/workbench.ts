// A window of VS Code as its user sees and drives it. Every method waits for what it needs to see;
// nothing waits for a time.
import * as path from 'node:path';
import type { FrameLocator, Locator, Page } from 'playwright-core';
import { measurePicture, screenshot } from './screenshots';
import type { PictureFacts } from './screenshots';

const PALETTE = '.quick-input-widget:visible';
const WORKBENCH_TIMEOUT_MS = 60_000;

export type Severity = 'error' | 'warning' | 'info';

/** One window; whoever opens it closes it. */
export class Workbench {
  constructor(
    readonly page: Page,
    /** The workspace folder. */
    readonly folder: string,
  ) {}

  /** Waits until the window can be used. */
  async ready(): Promise<void> {
    await this.page
      .locator('.monaco-workbench .part.statusbar')
      .waitFor({ timeout: WORKBENCH_TIMEOUT_MS });
  }

  close(): Promise<void> {
    return this.page.close();
  }

  /** Runs a command by its title in the command palette, for example "View: Focus Problems". */
  async command(title: string): Promise<void> {
    const rows = await this.palette(`>${title}`);
    await rows.filter({ hasText: title }).first().click();
  }

  /** Opens the palette with the given text in it and gives its rows. */
  async palette(text: string): Promise<Locator> {
    await this.page.keyboard.press('F1');
    await this.page.locator(`${PALETTE} input.input`).fill(text);
    const rows = this.page.locator(`${PALETTE} .quick-input-list .monaco-list-row`);
    await rows.first().waitFor();
    return rows;
  }

  /** Chooses from a list that a command asks with. */
  async pick(label: string): Promise<void> {
    await this.page
      .locator(`${PALETTE} .quick-input-list .monaco-list-row`, { hasText: label })
      .first()
      .click();
  }

  /** Types into the box that a command asks with. */
  async answer(text: string): Promise<void> {
    await this.page.locator(`${PALETTE} input.input`).fill(text);
    await this.page.keyboard.press('Enter');
  }

  /** Opens a file of the workspace and gives its editor. */
  async openFile(name: string): Promise<Locator> {
    const rows = await this.palette(name);
    await rows
      .filter({ hasText: path.basename(name) })
      .first()
      .click();
    return this.editor(name);
  }

  /** The open editor of a file, in which the cursor then is. */
  async editor(name: string): Promise<Locator> {
    const tab = this.page.locator('.tabs-container .tab.active', { hasText: path.basename(name) });
    await tab.waitFor();
    const editor = this.page.locator('.editor-group-container.active .monaco-editor').first();
    // A line that is there already: bringing the middle of all lines into view would scroll the editor.
    await editor.locator('.view-line').first().click();
    return editor;
  }

  /** Puts the cursor into the active editor; both numbers count from one. */
  async goTo(line: number, column = 1): Promise<void> {
    await this.page.keyboard.press('F1');
    await this.page.locator(`${PALETTE} input.input`).fill(`:${line}:${column}`);
    await this.page.keyboard.press('Enter');
    await this.page.locator(PALETTE).waitFor({ state: 'hidden' });
  }

  async type(text: string): Promise<void> {
    await this.page.keyboard.type(text);
  }

  /** Asks for completions at the cursor and gives their labels, the first few of them. */
  async completions(): Promise<string[]> {
    await this.page.keyboard.press('Control+Space');
    const rows = this.page.locator('.suggest-widget.visible .monaco-list-row .label-name');
    await rows.first().waitFor();
    return rows.allInnerTexts();
  }

  /** Underlined places in the visible editors. */
  squiggles(severity: Severity): Locator {
    return this.page.locator(`.monaco-editor .squiggly-${severity}`);
  }

  /** Rests the mouse on something and gives the hover that shows the wanted text. */
  async hover(target: Locator, text: string | RegExp): Promise<string> {
    // The squiggle lies below the text, which would be told apart as something in its way.
    await target.first().hover({ force: true });
    const hover = this.page.locator('.monaco-hover:visible', { hasText: text }).first();
    await hover.waitFor();
    return hover.innerText();
  }

  /** The piece of an editor's text that reads as given. */
  textInEditor(text: string | RegExp): Locator {
    return this.page
      .locator('.editor-group-container .view-line span:not(:has(span))')
      .filter({ hasText: text });
  }

  /** The line of the visible editors that shows the given text, inlay hints included. */
  editorLine(text: string | RegExp): Locator {
    return this.page.locator('.monaco-editor .view-line').filter({ hasText: text });
  }

  /** The problems list, opened. */
  async problems(): Promise<Locator> {
    await this.command('Problems: Focus on Problems View');
    return this.page.locator('.markers-panel .monaco-list-row');
  }

  /** A notification with the given text. */
  notification(text: string | RegExp): Locator {
    return this.page
      .locator('.notifications-toasts .notification-list-item', { hasText: text })
      .first();
  }

  /** Shows a container of views, by its name in the activity bar. */
  async openViews(name: string): Promise<void> {
    const tab = this.page.locator(`.activitybar .action-item:has(a[aria-label^="${name}"])`);
    await tab.first().waitFor();
    if (!((await tab.first().getAttribute('class')) ?? '').includes('checked')) {
      await tab.first().click();
    }
  }

  /** What a view without content says. */
  welcome(text: string | RegExp): Locator {
    return this.page.locator('.part.sidebar .welcome-view-content', { hasText: text });
  }

  /** A row in a tree of the side bar. */
  treeRow(text: string | RegExp): Locator {
    return this.page.locator('.part.sidebar .monaco-list-row', { hasText: text }).first();
  }

  statusBarItem(text: string | RegExp): Locator {
    return this.page.locator('.part.statusbar .statusbar-item', { hasText: text }).first();
  }

  /** The content of the visible webview: the extension's page in VS Code's two frames. */
  webview(): FrameLocator {
    return this.page
      .frameLocator('iframe.webview.ready')
      .first()
      .frameLocator('iframe#active-frame');
  }

  /** Saves a picture of the window as `.cache/shots/<name>.png`. */
  async screenshot(name: string): Promise<PictureFacts> {
    return measurePicture(await screenshot(this.page, name));
  }

  /** Saves a picture of a part of the window and measures it. */
  async measure(target: Locator, name: string): Promise<PictureFacts> {
    return measurePicture(await screenshot(target, name));
  }

  /** Reloads the window as "Developer: Reload Window" does, and waits until it can be used. */
  async reload(): Promise<void> {
    const loaded = this.page.waitForEvent('load');
    await this.command('Developer: Reload Window');
    await loaded;
    await this.ready();
  }
}
