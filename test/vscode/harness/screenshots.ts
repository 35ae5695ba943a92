// Pictures of what is on the screen, kept for people and measured by tests.
import { mkdirSync } from 'node:fs';
import * as path from 'node:path';
import { decode } from 'fast-png';
import type { Locator, Page } from 'playwright-core';
import { CACHE } from '../../../scripts/processes';

/** Where the pictures are kept. */
export const SHOTS = path.join(CACHE, 'shots');

/** Saves what a page or a part of it shows as `.cache/shots/<name>.png`. */
export async function screenshot(target: Page | Locator, name: string): Promise<Buffer> {
  mkdirSync(SHOTS, { recursive: true });
  return target.screenshot({ path: path.join(SHOTS, `${name}.png`) });
}

/** What tells a drawn picture from an empty one. */
export interface PictureFacts {
  readonly width: number;
  readonly height: number;
  readonly distinctColours: number;
  /** The part of the pixels that do not have the commonest colour. */
  readonly drawnFraction: number;
}

/** Measures a PNG. */
export function measurePicture(png: Buffer): PictureFacts {
  const { width, height, channels, data } = decode(png);
  const counts = new Map<number, number>();
  for (let at = 0; at < data.length; at += channels) {
    const colour = ((data[at] ?? 0) << 16) | ((data[at + 1] ?? 0) << 8) | (data[at + 2] ?? 0);
    counts.set(colour, (counts.get(colour) ?? 0) + 1);
  }
  const commonest = Math.max(0, ...counts.values());
  return {
    width,
    height,
    distinctColours: counts.size,
    drawnFraction: 1 - commonest / (width * height),
  };
}
