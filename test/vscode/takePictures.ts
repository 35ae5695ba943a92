// Takes the pictures of the README from the real thing: the packed extension in a real VS Code, a
// sample trained to its end. Beside them, for people who work on the page, its results in every theme.
//   npm run screenshots
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { build, ROOT } from '../../scripts/processes';
import { RunPage } from './harness/runPage';
import { screenshot } from './harness/screenshots';
import { Session } from './harness/session';
import { VSCODE_THEMES } from './harness/themes';
import type { Workbench } from './harness/workbench';

const FILE = 'blurred-digits.experiment.json';
/** Metrics that have a picture of their own on the page. */
const METRICS = ['accuracy', 'macroF1', 'rocAuc', 'averagePrecision', 'expectedCalibrationError'];
const IMAGES = path.join(ROOT, 'docs', 'images');
/** The README is read over a network. */
const MAX_BYTES = 300_000;
/** High enough for all three charts. */
const SIZE = { width: 1400, height: 1080 };
/** High enough for the whole page, of which the editor takes half the width. */
const WHOLE_PAGE = { width: 2000, height: 3400 };
/** What the editor takes from the panel: its lines are to be whole. */
const WIDENING_PX = 185;

async function main(): Promise<void> {
  await build();
  const session = await Session.start();
  try {
    const window = await session.openWindow({
      files: { [FILE]: readFileSync(path.join(ROOT, 'samples', 'physics', FILE), 'utf8') },
      settings: {
        'editor.fontSize': 11.5,
        'editor.lineNumbersMinChars': 2,
        'editor.folding': false,
        'editor.glyphMargin': false,
        'editor.scrollBeyondLastLine': false,
        'editor.matchBrackets': 'never',
        'editor.hideCursorInOverviewRuler': true,
        'breadcrumbs.enabled': false,
        'window.title': 'Lightbench',
      },
    });
    await window.page.setViewportSize(SIZE);
    await arrange(window);
    await takePicture(window, 'run-panel.png');
    await window.close();
    await takeResults(session);
  } finally {
    await session.stop();
  }
}

/** The experiment with its inlay hints at the left, its finished run at the right. */
async function arrange(window: Workbench): Promise<void> {
  const editor = await window.openFile(FILE);
  await window.command('Lightbench: Train Experiment');
  await new RunPage(window).untilStatus('finished');
  await window.command('View: Close Primary Side Bar');
  await widenEditor(window);
  await editor.locator('.view-lines').click();
  await window.page.keyboard.press('Control+End');
  await window.editorLine('→ 10 · 650').first().waitFor();
  // The mouse would show a tooltip, and a chart its values under it.
  await window.page.mouse.move(5, SIZE.height - 20);
}

/** Drags the line between the two groups of editors. */
async function widenEditor({ page }: Workbench): Promise<void> {
  const panel = page.locator('.editor-group-container').nth(1);
  const box = await panel.boundingBox();
  if (box === null) throw new Error('There is no second group of editors to drag.');
  const middle = box.y + box.height / 2;
  await page.mouse.move(box.x, middle);
  await page.mouse.down();
  await page.mouse.move(box.x + WIDENING_PX, middle, { steps: 5 });
  await page.mouse.up();
}

/** The page of a run with much to show, over the whole window, in every theme. */
async function takeResults(session: Session): Promise<void> {
  const text = readFileSync(path.join(ROOT, 'samples', 'physics', FILE), 'utf8');
  const much = text.replace('"metrics": ["accuracy"]', `"metrics": ${JSON.stringify(METRICS)}`);
  const window = await session.openWindow({ files: { [FILE]: much }, open: [FILE] });
  await window.page.setViewportSize(WHOLE_PAGE);
  await window.editor(FILE);
  await window.command('Lightbench: Train Experiment');
  const page = new RunPage(window);
  await page.untilStatus('finished');
  await window.command('View: Close Primary Side Bar');
  await page.frame.locator('.details').waitFor();
  for (const { name, theme, bodyClass } of VSCODE_THEMES) {
    const settings = path.join(window.folder, '.vscode', 'settings.json');
    writeFileSync(settings, JSON.stringify({ 'workbench.colorTheme': theme }));
    await page.frame.locator(`body.${bodyClass}`).waitFor();
    await window.page.mouse.move(5, WHOLE_PAGE.height - 5);
    await screenshot(window.page, `results-vscode-${name}`);
  }
}

async function takePicture(window: Workbench, name: string): Promise<void> {
  mkdirSync(IMAGES, { recursive: true });
  const file = path.join(IMAGES, name);
  await window.page.screenshot({ path: file, animations: 'disabled' });
  const bytes = statSync(file).size;
  console.log(`${path.relative(ROOT, file)}: ${Math.round(bytes / 1000)} kB`);
  if (bytes > MAX_BYTES) {
    throw new Error(`${name} has ${bytes} bytes, more than ${MAX_BYTES}; show less in it.`);
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
