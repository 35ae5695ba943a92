// Opens an editor with the extension and the samples in it: the user's VS Code, or, where there is
// none, the one that code-server serves to a browser.
//   npm start [-- FOLDER]
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import * as path from 'node:path';
import { startCodeServer } from './codeServer';
import { findDesktopCode, hasDisplay } from './desktop';
import { packageExtension } from './package';
import { build, CACHE, cleanEnvironment, ROOT } from './processes';

async function main(): Promise<void> {
  const folder = path.resolve(process.argv[2] ?? path.join(ROOT, 'samples'));
  await build();
  const code = hasDisplay() ? findDesktopCode() : undefined;
  if (code === undefined) await serve(folder);
  else openDesktop(code, folder);
}

function openDesktop(code: string, folder: string): void {
  console.log(`Opening ${folder} in ${code} ...`);
  const args = [`--extensionDevelopmentPath=${ROOT}`, folder];
  // VS Code refuses to start for root on the profile of a user.
  if (process.platform === 'linux' && process.getuid?.() === 0) {
    args.push('--no-sandbox', `--user-data-dir=${path.join(CACHE, 'vscode-profile')}`);
  }
  const windows = process.platform === 'win32';
  const child = spawn(windows ? `"${code}"` : code, windows ? args.map(quote) : args, {
    env: cleanEnvironment(),
    stdio: 'inherit',
    shell: windows,
  });
  child.once('error', (error) => {
    console.error(`VS Code (${code}) did not start: ${error.message}. Open the folder by hand.`);
    process.exitCode = 1;
  });
}

async function serve(folder: string): Promise<void> {
  const vsix = await packageExtension(path.join(CACHE, 'lightbench-start.vsix'));
  const home = path.join(CACHE, 'vscode-home');
  mkdirSync(home, { recursive: true });
  const server = await startCodeServer({
    home,
    vsix,
    // These two are for the tests, which type exactly what they mean.
    settings: {
      'editor.autoClosingBrackets': 'languageDefined',
      'editor.autoClosingQuotes': 'languageDefined',
    },
  });
  const address = `${server.address}?folder=${encodeURIComponent(folder)}`;
  console.log(`\nLightbench is at\n\n  ${address}\n\nCtrl+C ends it.`);
  if (hasDisplay()) openInBrowser(address);
  await new Promise((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  await server.stop();
}

function openInBrowser(address: string): void {
  const program = process.platform === 'darwin' ? 'open' : 'xdg-open';
  const child = spawn(program, [address], { stdio: 'ignore', detached: true });
  // The address is on the screen already; a missing opener is no reason to stop.
  child.once('error', () => undefined);
  child.unref();
}

function quote(text: string): string {
  return `"${text}"`;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
