// Finds the Chromium family browser that the page tests and the editor tests drive.
import { existsSync } from 'node:fs';
import * as path from 'node:path';
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';
import { canInstallPackages, installPackages } from './processes';

const LINUX = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'].concat(
  'microsoft-edge',
);

/**
 * To run first in every page. The loader that runs our TypeScript marks functions with a helper of its
 * own, which functions that are sent to a page then call there as well.
 */
export const NAME_SHIM = 'globalThis.__name ??= (target) => target;';

/**
 * The executable of a browser on this machine: `CHROME_PATH`, then the usual places, then the one
 * that `npx playwright-core install chromium` downloads.
 */
export function findBrowser(): string | undefined {
  const named = process.env['CHROME_PATH'];
  if (named !== undefined && named !== '') return named;
  return [...usualPlaces(), chromium.executablePath()].find((file) => existsSync(file));
}

/** The browser's executable; on Debian as root it is installed when it is missing. */
export function ensureBrowser(): string {
  const found = findBrowser();
  if (found !== undefined) return found;
  if (canInstallPackages()) {
    console.log('Installing chromium from the Debian packages ...');
    // The fonts make that text in screenshots is text and not a row of boxes.
    installPackages(['chromium', 'fonts-dejavu-core']);
    const installed = findBrowser();
    if (installed !== undefined) return installed;
  }
  throw new Error(
    'No browser to run the page tests in; looked for Chromium, Chrome and Edge in the usual ' +
      'places. Install one of them, or run "npx playwright-core install chromium", or set ' +
      'CHROME_PATH to the executable.',
  );
}

/** Starts the browser without a window, cut off from everything but this machine. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: ensureBrowser(),
    headless: true,
    args: [
      // Chromium's own sandbox does not start for root, which is what containers are.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      '--disable-gpu',
      '--disable-quic',
      '--disable-dev-shm-usage',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
      '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE localhost , EXCLUDE 127.0.0.1',
    ],
  });
}

function usualPlaces(): string[] {
  if (process.platform === 'darwin') {
    return ['Google Chrome', 'Chromium', 'Microsoft Edge'].map(
      (name) => `/Applications/${name}.app/Contents/MacOS/${name}`,
    );
  }
  if (process.platform === 'win32') {
    const programs = ['ProgramFiles', 'ProgramFiles(x86)', 'LOCALAPPDATA'].flatMap(
      (name) => process.env[name] ?? [],
    );
    return programs.flatMap((folder) => [
      path.join(folder, 'Google', 'Chrome', 'Application', 'chrome.exe'),
      path.join(folder, 'Microsoft', 'Edge', 'Application', 'msedge.exe'),
    ]);
  }
  const folders = (process.env['PATH'] ?? '').split(path.delimiter);
  return LINUX.flatMap((name) => folders.map((folder) => path.join(folder, name)));
}
