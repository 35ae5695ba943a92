// Runs the suites of test/vscode/host inside the extension host of a real VS Code: a desktop one
// where it can be downloaded and shown, otherwise the one of code-server in a browser.
// LIGHTBENCH_TEST_VSCODE=desktop or =server decides it by hand.
import { rmSync } from 'node:fs';
import * as path from 'node:path';
import { downloadAndUnzipVSCode, runTests } from '@vscode/test-electron';
import * as esbuild from 'esbuild';
import type { Page } from 'playwright-core';
import { launchBrowser } from '../../scripts/browser';
import { QUIET_SETTINGS, startCodeServer } from '../../scripts/codeServer';
import type { CodeServer } from '../../scripts/codeServer';
import { hasDisplay } from '../../scripts/desktop';
import { CACHE, ROOT } from '../../scripts/processes';
import { readResults, RESULTS_VARIABLE } from '../results';
import { testFiles } from '../rings';
import { digitsExperiment, makeWorkspace, removeWorkspace } from './workspace';

const OUT = path.join(ROOT, 'out-test');
const TIMEOUT_MS = 300_000;

async function main(): Promise<void> {
  await bundleSuites();
  const workspace = makeWorkspace({
    'digits.experiment.json': digitsExperiment(3),
    '.vscode/settings.json': QUIET_SETTINGS,
  });
  const results = process.env[RESULTS_VARIABLE] ?? path.join(workspace, 'results.jsonl');
  const environment = { [RESULTS_VARIABLE]: results };
  const desktop = await findDesktop();
  try {
    if (desktop !== undefined) await runOnDesktop(desktop, workspace, environment);
    else await runInBrowser(workspace, environment, results);
  } finally {
    removeWorkspace(workspace);
  }
}

/** Makes CommonJS of the suites, one file each, found by name. */
async function bundleSuites(): Promise<void> {
  rmSync(OUT, { recursive: true, force: true });
  const suites = testFiles('test/vscode/host').map((file) => ({
    in: path.join(ROOT, file),
    out: path.join('host', path.basename(file, '.ts')),
  }));
  await esbuild.build({
    absWorkingDir: ROOT,
    entryPoints: [...suites, { in: path.join(ROOT, 'test/vscode/hostEntry.ts'), out: 'index' }],
    outdir: OUT,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    mainFields: ['module', 'main'],
    external: ['vscode', 'mocha'],
    sourcemap: 'inline',
    logLevel: 'warning',
  });
}

/** The executable of a desktop VS Code to test in; undefined for the one in the browser. */
async function findDesktop(): Promise<string | undefined> {
  const wanted = process.env['LIGHTBENCH_TEST_VSCODE'];
  if (wanted === 'server' || (wanted !== 'desktop' && !hasDisplay())) return undefined;
  try {
    return await downloadAndUnzipVSCode({
      version: 'stable',
      cachePath: path.join(CACHE, 'vscode-desktop'),
    });
  } catch (error) {
    if (wanted === 'desktop') throw error;
    console.log('VS Code could not be downloaded; testing in the one of code-server.');
    return undefined;
  }
}

async function runOnDesktop(
  executable: string,
  workspace: string,
  environment: Record<string, string>,
): Promise<void> {
  // A short path: the profile holds a socket, and those have names of 103 bytes at most.
  const profile = makeWorkspace({ 'User/settings.json': QUIET_SETTINGS });
  process.exitCode = await runTests({
    vscodeExecutablePath: executable,
    extensionDevelopmentPath: ROOT,
    extensionTestsPath: path.join(OUT, 'index.js'),
    extensionTestsEnv: environment,
    launchArgs: [
      workspace,
      '--disable-extensions',
      `--user-data-dir=${profile}`,
      `--extensions-dir=${path.join(profile, 'extensions')}`,
    ],
  });
}

async function runInBrowser(
  workspace: string,
  environment: Record<string, string>,
  results: string,
): Promise<void> {
  const server = await startCodeServer({ automation: true });
  try {
    const browser = await launchBrowser();
    try {
      const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
      const exitCode = await runInPage(page, server, workspace, environment);
      for (const result of readResults(results)) {
        console.log(`  ${result.passed ? '✔' : '✖'} ${result.title} (${result.durationMs} ms)`);
        if (result.error !== undefined) console.log(`${result.error}\n`);
      }
      if (exitCode !== 0) process.exitCode = 1;
    } finally {
      await browser.close();
    }
  } finally {
    await server.stop();
  }
}

async function runInPage(
  page: Page,
  server: CodeServer,
  workspace: string,
  environment: Record<string, string>,
): Promise<number> {
  // The workbench calls these two by name; what it logs is mostly its own noise.
  const log: string[] = [];
  await page.exposeFunction('codeAutomationLog', (_type: string, args: readonly unknown[]) => {
    log.push(args.map(String).join(' '));
  });
  const done = new Promise<number>((resolve) => {
    void page.exposeFunction('codeAutomationExit', resolve);
  });
  const payload = [
    ['extensionDevelopmentPath', server.remote(ROOT)],
    ['extensionTestsPath', server.remote(path.join(OUT, 'index.js'))],
    ['extensionEnvironment', JSON.stringify(environment)],
  ] as const;
  await page.goto(server.url({ folder: workspace, payload }));
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), TIMEOUT_MS);
  });
  const exitCode = await Promise.race([done, late]);
  clearTimeout(timer);
  if (exitCode === 0) return 0;
  await page.screenshot({ path: path.join(CACHE, 'shots', 'host-failed.png') });
  console.log(
    `The extension host ended with "${exitCode}". It said:\n${log.slice(-60).join('\n')}`,
  );
  return 1;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
