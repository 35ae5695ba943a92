import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { doneFraction, epochUnderWay, progressAfter, stepsLeft } from '#common/run/progress';
import type { RunRecord } from '#common/run/record';
import { describeSample, freeName } from '../../../extension/commands/samples';
import { parseInstallEvent } from '../../../extension/commands/installEvents';
import { plainText, programEnvironment } from '../../../extension/programs';
import {
  describeRun,
  escapeMarkdown,
  runTooltip,
  statusBarText,
} from '../../../extension/runs/runText';
import { settingsOf } from '../../../extension/settingValues';

function recordOf(changes: Partial<RunRecord>): RunRecord {
  return {
    format: 1,
    id: '20260102-030405-digits-1a2b',
    name: 'digits',
    status: 'running',
    created: '2026-01-02T03:04:05Z',
    experimentFile: 'digits.experiment.json',
    seed: 1,
    request: { engine: 'auto' },
    versions: {},
    progress: { epoch: 2, epochs: 10, step: 10, stepsPerEpoch: 20 },
    ...changes,
  };
}

describe('what the tree and the status bar say', () => {
  const figures = { validation: { loss: 0.0811, accuracy: 0.978 }, train: { loss: 0.05 } };
  const cases: readonly (readonly [Partial<RunRecord>, string])[] = [
    [{ status: 'queued' }, 'starting'],
    [{ status: 'running' }, '25 %'],
    [{ status: 'running', latest: figures }, '25 % · 97.8 % · loss 0.0811'],
    [{ status: 'finished', latest: figures }, '97.8 % · loss 0.0811'],
    [{ status: 'interrupted' }, 'interrupted'],
    [{ status: 'failed', latest: { train: { loss: 3 } } }, 'failed · loss 3.00'],
  ];
  for (const [changes, expected] of cases) {
    it(`describes a run as "${expected}"`, () => {
      assert.equal(describeRun({ folder: 'x', record: recordOf(changes) }), expected);
    });
  }

  it('shows epoch, progress and loss in the status bar, and how many more runs there are', () => {
    const text = statusBarText(recordOf({ latest: figures }), 2);
    assert.equal(text, '$(sync~spin) digits: epoch 3/10 · 25 % · loss 0.0500 · +2 more');
  });

  it('lets no name become a link, a command or an icon', () => {
    const name = '[x](command:workbench.action.quit) $(bug) <b>';
    const tooltip = runTooltip({ folder: 'x', record: recordOf({ name }) });
    assert.ok(!tooltip.includes('](command'));
    assert.ok(!tooltip.includes('$(bug)'));
    assert.equal(escapeMarkdown('a_b*c'), 'a\\_b\\*c');
  });
});

describe('progress', () => {
  const progress = { epoch: 2, epochs: 10, step: 10, stepsPerEpoch: 20 };

  it('counts whole epochs and the steps of the one under way', () => {
    assert.equal(doneFraction(progress), 0.25);
    assert.equal(epochUnderWay(progress), 3);
    assert.equal(stepsLeft(progress), 150);
  });

  it('is nothing before the run has begun, and all at its end', () => {
    const begin = { epoch: 0, epochs: 10, step: 0, stepsPerEpoch: 0 };
    assert.equal(doneFraction(begin), 0);
    assert.equal(epochUnderWay(begin), 1);
    const end = { epoch: 10, epochs: 10, step: 0, stepsPerEpoch: 20 };
    assert.equal(doneFraction(end), 1);
    assert.equal(epochUnderWay(end), 10);
  });

  it('follows the curves where they are ahead', () => {
    assert.deepEqual(progressAfter(progress, 67), { ...progress, epoch: 3, step: 7 });
    assert.deepEqual(progressAfter(progress, 12), progress);
  });
});

describe('settings', () => {
  const read = (values: Record<string, unknown>) => settingsOf((name) => values[name]);

  it('have defaults', () => {
    assert.deepEqual(read({}), { engine: 'auto', onWindowClose: 'continue' });
  });

  it('are taken where they make sense and ignored where they do not', () => {
    const good = {
      engine: 'wasm',
      'training.threads': 4,
      'training.nodePath': ' /opt/node ',
      'tensorflow.path': '/opt/tensorflow',
      'training.onWindowClose': 'stop',
    };
    assert.deepEqual(read(good), {
      engine: 'wasm',
      threads: 4,
      nodePath: '/opt/node',
      tensorflowPath: '/opt/tensorflow',
      onWindowClose: 'stop',
    });
    const bad = {
      engine: 'abacus',
      'training.threads': -1,
      'training.nodePath': 7,
      'tensorflow.path': '  ',
      'training.onWindowClose': null,
    };
    assert.deepEqual(read(bad), { engine: 'auto', onWindowClose: 'continue' });
  });
});

describe('programs', () => {
  it('run under Node and get nothing of what VS Code passes to its own processes', () => {
    const env = programEnvironment({ PATH: '/bin', VSCODE_IPC_HOOK: 'x', ELECTRON_NO_ASAR: '1' });
    assert.deepEqual(env, { PATH: '/bin', ELECTRON_RUN_AS_NODE: '1' });
  });

  it('are told where TensorFlow is', () => {
    const env = programEnvironment({}, { tensorflowPath: '/opt/tensorflow' });
    assert.equal(env['LIGHTBENCH_TENSORFLOW_PATH'], '/opt/tensorflow');
  });

  it('are quoted without the colours of a terminal', () => {
    assert.equal(plainText('\u001b[31merror:\u001b[39m no file\n'), 'error: no file');
  });
});

describe('the events of an installation', () => {
  it('are believed only when they are whole', () => {
    const step = { event: 'step', step: 1, steps: 5, title: 'Looking' };
    const end = { event: 'end', engine: 'cuda', folder: '/x', description: 'TensorFlow' };
    for (const event of [step, end]) {
      assert.deepEqual(parseInstallEvent(JSON.stringify(event)), event);
    }
    const others = [
      { ...step, title: 1 },
      { ...step, steps: '5' },
      { ...end, engine: 'abacus' },
    ];
    const lines = [...others.map((value) => JSON.stringify(value)), 'WARNING', 'null', '7', ''];
    for (const line of lines) assert.equal(parseInstallEvent(line), undefined, line);
  });
});

describe('samples', () => {
  it('are described by their header', () => {
    const text = '// A title\n//\n// Look here. And there.\n{ }';
    assert.deepEqual(describeSample('x.experiment.json', text), {
      title: 'A title',
      summary: 'Look here.',
    });
  });

  it('bring their images with them', () => {
    const folder = path.join(__dirname, '../../../samples/images');
    const text = readFileSync(path.join(folder, 'micrographs.experiment.json'), 'utf8');
    assert.equal(describeSample('micrographs.experiment.json', text).dataFolder, 'micrographs');
  });

  it('get a name that is free', () => {
    const taken = new Set(['a.experiment.json', 'a-2.experiment.json']);
    assert.equal(
      freeName('a.experiment.json', (name) => taken.has(name)),
      'a-3.experiment.json',
    );
  });
});
