// The page of a run, as its user sees and presses it.
import type { FrameLocator, Locator } from 'playwright-core';
import type { RunStatus } from '#common/run/record';
import type { Workbench } from './workbench';

/** A run under load can take longer to end than a click may take. */
const STATUS_TIMEOUT_MS = 90_000;

export class RunPage {
  readonly frame: FrameLocator;

  constructor(window: Workbench) {
    this.frame = window.webview();
  }

  async untilStatus(status: RunStatus): Promise<void> {
    const badge = this.frame.locator('.badge', { hasText: status });
    await badge.waitFor({ timeout: STATUS_TIMEOUT_MS });
  }

  /** Presses a button of the page. */
  press(label: string): Promise<void> {
    return this.frame.locator('vscode-button', { hasText: label }).first().click();
  }

  /** "Epoch 3 of 12 · …" */
  progress(): Promise<string> {
    return this.frame.locator('.progress-text').innerText();
  }

  /** Waits until the page says that this many epochs and no fewer are done or under way. */
  async untilEpoch(epoch: number): Promise<void> {
    await this.frame.locator('.progress-text').evaluate((element, wanted) => {
      const isThere = (): boolean => Number(/Epoch (\d+)/.exec(element.textContent)?.[1]) >= wanted;
      return new Promise<void>((resolve) => {
        const observer = new MutationObserver(look);
        function look(): void {
          if (!isThere()) return;
          observer.disconnect();
          resolve();
        }
        observer.observe(element, { childList: true, characterData: true, subtree: true });
        look();
      });
    }, epoch);
  }

  /** The epoch that is under way. */
  async epoch(): Promise<number> {
    return Number(/Epoch (\d+)/.exec(await this.progress())?.[1]);
  }

  chart(id: string): Locator {
    return this.frame.locator(`.chart[data-chart="${id}"]`);
  }

  /** How many pixels of a chart's canvas have a colour: axes and grid are grey, curves are not. */
  colouredPixels(chart: string): Promise<number> {
    return this.chart(chart)
      .locator('canvas')
      .evaluate((element) => {
        const canvas = element as HTMLCanvasElement;
        const ctx = canvas.getContext('2d');
        if (ctx === null) return 0;
        const { data } = ctx.getImageData(0, 0, canvas.width, canvas.height);
        let coloured = 0;
        for (let at = 0; at < data.length; at += 4) {
          const [red = 0, green = 0, blue = 0, alpha = 0] = data.subarray(at, at + 4);
          const spread = Math.max(red, green, blue) - Math.min(red, green, blue);
          if (alpha > 40 && spread > 50) coloured += 1;
        }
        return coloured;
      });
  }

  /** A colour of VS Code's theme, by the end of its variable's name. */
  themeColour(name: string): Promise<string> {
    return this.frame
      .locator('body')
      .evaluate(
        (body, variable) => getComputedStyle(body).getPropertyValue(variable).trim(),
        `--vscode-${name}`,
      );
  }

  /** Waits until a chart's curves have begun. */
  async untilCurve(chart: string): Promise<void> {
    const value = this.chart(chart).locator('.legend li b').first();
    await value.filter({ hasText: /\d/ }).waitFor();
  }
}
