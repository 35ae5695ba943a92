import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import * as path from 'node:path';
import { createInterruption } from '../../server/cli/interrupts';
import { createProgressBar, progressText } from '../../server/cli/progressBar';
import { commandName, durationText, figureText, style, table } from '../../server/cli/terminal';
import { experimentFolder, removeFolders } from './cli';

afterEach(removeFolders);

describe('the progress bar', () => {
  const progress = {
    event: 'progress',
    epoch: 2,
    epochs: 3,
    step: 5,
    stepsPerEpoch: 10,
    loss: 0.5,
  } as const;

  it('shows epoch, step, loss, accuracy and the time that remains', () => {
    const bar = '██████████░░░░░░░░░░';
    const whole = `epoch 2/3  ${bar} 5/10  loss 0.5000  accuracy 0.9000  1:02 min left`;
    assert.equal(progressText(progress, 0.9, 62, 200), whole);
    assert.equal(
      progressText(progress, undefined, undefined, 200),
      `epoch 2/3  ${bar} 5/10  loss 0.5000`,
    );
    // Where there is less room, what matters most stays.
    for (let columns = 0; columns < whole.length; columns++) {
      const text = progressText(progress, 0.9, 62, columns);
      assert.ok(text.length <= columns && whole.startsWith(text), text);
    }
  });

  it('is drawn over itself, not too often, with the time that remains', () => {
    const drawn: string[] = [];
    let timeMs = 0;
    const terminal = {
      json: false,
      isInteractive: true,
      columns: 120,
      say: () => undefined,
      answer: () => undefined,
      warn: () => undefined,
      draw: (text: string) => drawn.push(text),
    };
    const bar = createProgressBar(terminal, () => timeMs);
    for (let step = 1; step <= 9; step++) {
      bar.step({ ...progress, epoch: 1, step });
      timeMs += 1000;
    }
    assert.equal(drawn.length, 9);
    assert.ok(drawn.every((text) => text.startsWith('\r') && text.endsWith('\x1b[K')));
    // 8 steps in 8 seconds, and 21 of 30 remain.
    assert.match(drawn[8] ?? '', /9\/10 .* 21 s left/);
    timeMs -= 999;
    bar.step(progress);
    assert.equal(drawn.length, 9, 'again after a millisecond is too often');
    bar.clear();
    bar.clear();
    assert.deepEqual(drawn.slice(9), ['\r\x1b[K']);
  });
});

describe('Ctrl+C', () => {
  it('stops softly, counts once when it comes twice at a time, and ends at once when repeated', () => {
    let timeMs = 1000;
    const warnings: string[] = [];
    const exits: number[] = [];
    const { signal, interrupt } = createInterruption(
      { warn: (text) => void warnings.push(text) },
      { nowMs: () => timeMs, exit: (code) => void exits.push(code) },
    );
    assert.equal(signal.aborted, false);
    interrupt();
    assert.equal(signal.aborted, true);
    timeMs += 20;
    interrupt();
    assert.deepEqual([warnings.length, exits], [1, []]);
    timeMs += 1000;
    interrupt();
    assert.deepEqual(exits, [130]);
  });
});

describe('figures for people', () => {
  it('have a few digits that matter', () => {
    const cases: readonly [number, string][] = [
      [0, '0.0000'],
      [0.97312, '0.9731'],
      [12.345, '12.35'],
      [1234.56, '1234.6'],
      [0.00001234, '1.2e-5'],
      [-3e9, '-3.0e+9'],
      [NaN, 'NaN'],
    ];
    for (const [value, text] of cases) assert.equal(figureText(value), text);
  });

  it('have units of time', () => {
    const cases: readonly [number, string][] = [
      [0.04, '0.0 s'],
      [9.94, '9.9 s'],
      [59.4, '59 s'],
      [62, '1:02 min'],
      [3725, '1:02:05 h'],
    ];
    for (const [seconds, text] of cases) assert.equal(durationText(seconds), text);
  });

  it('line up in tables, styles not counted', () => {
    assert.equal(
      table([
        [style.bold('a'), 'b'],
        ['long', 'c'],
      ]),
      `${style.bold('a')}     b\nlong  c`,
    );
  });
});

describe('a command that is proposed', () => {
  it('is called as this one was', () => {
    assert.equal(commandName(path.resolve('dist/cli.js')), `node ${path.join('dist', 'cli.js')}`);
    assert.equal(commandName('/usr/bin/lightbench'), 'lightbench');
    assert.equal(commandName(path.resolve('a b/cli.js')), `node "${path.join('a b', 'cli.js')}"`);
  });
});

describe('colour', () => {
  /** Runs the command line with a terminal of its own. */
  function inTerminal(args: readonly string[], env: NodeJS.ProcessEnv): string {
    const program = path.join(__dirname, '../../dist/cli.js');
    const command = [process.execPath, program, ...args].join(' ');
    const isMac = process.platform === 'darwin';
    const script = isMac
      ? ['-q', '/dev/null', 'sh', '-c', command]
      : ['-qec', command, '/dev/null'];
    const options = {
      cwd: experimentFolder(),
      env: { ...process.env, ...env },
      encoding: 'utf8',
    } as const;
    const { stdout, status } = spawnSync('script', script, options);
    assert.equal(status, 0, stdout);
    return stdout;
  }

  it('is there in a terminal, with a progress bar', () => {
    const text = inTerminal(['train', 'x.experiment.json'], {
      TERM: 'xterm-256color',
      NO_COLOR: undefined,
      // Node takes the terminals of build servers for black and white.
      CI: undefined,
    });
    assert.match(text, /\x1b\[32mFinished\x1b\[39m/);
    assert.match(text, /\repoch \d\/3 {2}[█░]{20} \d+\/7 {2}loss/);
  });

  it('is not there with NO_COLOR', () => {
    const text = inTerminal(['train', 'x.experiment.json'], {
      TERM: 'xterm-256color',
      NO_COLOR: '1',
    });
    assert.match(text, /^Finished after/m);
    assert.doesNotMatch(text, /\x1b\[\d+m/);
  });
});
