import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { experimentFolder, experimentText, removeFolders, run, workFolder } from './cli';

afterEach(removeFolders);

interface Validation {
  readonly valid: boolean;
  readonly diagnostics: readonly {
    readonly severity: string;
    readonly code: string;
    readonly message: string;
    readonly path: string;
    readonly range: { readonly start: Place; readonly end: Place };
  }[];
}
interface Place {
  readonly line: number;
  readonly character: number;
}

const file = 'x.experiment.json';

/** Validates a text and checks that stdout holds one JSON value and that the exit code fits it. */
async function validate(text: string | Uint8Array, args: readonly string[] = []) {
  const cwd = workFolder({ [file]: text });
  const outcome = await run(['validate', file, '--json', ...args], { cwd });
  const answer = JSON.parse(outcome.stdout) as Validation;
  assert.equal(outcome.code, answer.valid ? 0 : 1);
  assert.equal(outcome.stderr, '');
  return answer;
}

describe('validate', () => {
  it('accepts what can be trained', async () => {
    const { valid, diagnostics } = await validate(experimentText());
    assert.equal(valid, true);
    assert.ok(diagnostics.every(({ severity }) => severity !== 'error'));
    const { code, stdout } = await run(['validate', file], { cwd: experimentFolder() });
    assert.equal(code, 0);
    assert.match(stdout, /x\.experiment\.json can be trained/);
  });

  it('marks the exact value', async () => {
    const text = experimentText().replace('"units": 2', '"units": -3');
    const { valid, diagnostics } = await validate(text);
    assert.equal(valid, false);
    const [diagnostic] = diagnostics;
    assert.equal(diagnostic?.severity, 'error');
    assert.equal(diagnostic.path, 'model.layers[1].units');
    assert.match(diagnostic.message, /-3/);
    const { start, end } = diagnostic.range;
    const line = text.split('\n')[start.line] ?? '';
    assert.equal(end.line, start.line);
    assert.equal(line.slice(start.character, end.character), '-3');
  });

  it('says what the engine that is asked for cannot train', async () => {
    const physics = [{ type: 'shotNoise', photons: 200 }];
    const text = experimentText({ physics });
    const { valid, diagnostics } = await validate(text, ['--engine', 'webgpu']);
    assert.equal(valid, false);
    assert.deepEqual(
      diagnostics.filter(({ severity }) => severity === 'error').map(({ code }) => code),
      ['engine/unsupported'],
    );
  });

  it('tells people the place as editors count', async () => {
    const text = experimentText().replace('"units": 2', '"units": -3');
    const line = text.split('\n').findIndex((part) => part.includes('-3')) + 1;
    const { code, stdout, stderr } = await run(['validate', file], {
      cwd: workFolder({ [file]: text }),
    });
    assert.equal(code, 1);
    assert.match(
      stderr,
      new RegExp(`^x\\.experiment\\.json:${line}:\\d+ error model\\.layers`, 'm'),
    );
    assert.match(stdout, /cannot be trained: 1 error\.$/m);
  });

  it('counts a value of the command line as if it stood in the file', async () => {
    const set = await validate(experimentText(), ['--set', 'model.layers[1].units=0']);
    assert.deepEqual(
      set.diagnostics.map(({ path: place }) => place),
      ['model.layers[1].units'],
    );
    const broken = experimentText().replace('"units": 2', '"units": -3');
    assert.equal((await validate(broken, ['--set', 'model.layers.1.units=2'])).valid, true);
    const unknown = await validate(experimentText(), ['--set', 'training.epoch=2']);
    assert.match(unknown.diagnostics[0]?.message ?? '', /epochs/);
    const named = await validate(experimentText(), ['--set', 'name=a name']);
    assert.equal(named.valid, true, 'what is no JSON is a text');
  });

  it('keeps to the places of the file when the command line adds lines to it', async () => {
    const text = experimentText().replace('"units": 2', '"units": -3');
    const [plain] = (await validate(text)).diagnostics;
    const [moved] = (await validate(text, ['--set', 'data.split.train=0.7'])).diagnostics;
    assert.deepEqual(moved, plain);
  });

  const bad: readonly [string, string | Uint8Array, RegExp][] = [
    ['an empty file', '', /^file\/empty$/],
    ['a binary file', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0, 0xff, 0xfe), /^file\/binary$/],
    ['a text in UTF-16', Buffer.from('\ufeff{}', 'utf16le'), /^file\/binary$/],
    ['a huge file', ' '.repeat(5_000_001), /^file\/too-large$/],
    ['a deep file', '['.repeat(100_000), /^file\/too-deep$/],
    ['half a file', experimentText().slice(0, 200), /^syntax\//],
    ['an unknown key', experimentText({ optimiser: {} }), /unknown/],
  ];
  for (const [what, text, code] of bad) {
    it(`refuses ${what} with a message and exit code 1`, async () => {
      const { valid, diagnostics } = await validate(text);
      assert.equal(valid, false);
      assert.match(diagnostics[0]?.code ?? '', code);
      assert.ok((diagnostics[0]?.message.length ?? 0) > 30);
    });
  }

  it('refuses a file that is not there, with the one that was meant', async () => {
    const cwd = experimentFolder();
    for (const verb of ['validate', 'summary', 'train']) {
      const { code, stderr, stdout } = await run([verb, 'x.experment.json'], { cwd });
      assert.equal(code, 1);
      assert.equal(stdout, '');
      assert.match(
        stderr,
        /There is no file x\.experment\.json\. Did you mean x\.experiment\.json\?/,
      );
    }
    const { stdout, code } = await run(['validate', 'none', '--json'], { cwd });
    assert.equal(code, 1);
    const { valid, diagnostics } = JSON.parse(stdout) as Validation;
    assert.equal(valid, false);
    assert.equal(diagnostics[0]?.code, 'file/missing');
  });

  it('refuses a folder and names the experiments in it', async () => {
    const cwd = experimentFolder();
    const { code, stderr } = await run(['validate', '.'], { cwd });
    assert.equal(code, 1);
    assert.match(stderr, /is a folder\. Name a file in it: x\.experiment\.json/);
  });

  it('reads the data and marks the source when they are missing', async () => {
    const source = { type: 'imageFolder', path: 'pictures', size: [4, 4] };
    const text = experimentText({ data: { source } });
    const { valid, diagnostics } = await validate(text);
    assert.equal(valid, false);
    const found = diagnostics.find(({ code }) => code.startsWith('data/'));
    assert.equal(found?.path, 'data.source.path');
    const line = text.split('\n')[found.range.start.line] ?? '';
    assert.equal(line.slice(found.range.start.character, found.range.end.character), '"pictures"');
  });

  it('looks for the data beside the file, not beside the caller', async () => {
    const source = { type: 'imageFolder', path: 'pictures', size: [4, 4] };
    const top = workFolder();
    const folder = path.join(top, 'below');
    mkdirSync(path.join(folder, 'pictures'), { recursive: true });
    writeFileSync(path.join(folder, file), experimentText({ data: { source } }));
    const { stdout } = await run(['validate', path.join('below', file), '--json'], { cwd: top });
    const { diagnostics } = JSON.parse(stdout) as Validation;
    // The folder is there and has no classes in it.
    assert.doesNotMatch(diagnostics[0]?.code ?? '', /missing/);
    assert.match(diagnostics[0]?.message ?? '', /pictures/);
  });
});

describe('summary', () => {
  const layers = [
    { type: 'conv2d', filters: 4, kernelSize: 3, activation: 'relu' },
    { type: 'batchNormalization' },
    { type: 'maxPooling2d' },
    { type: 'flatten' },
    { type: 'dense', units: 2, name: 'logits' },
  ];
  const cnn = { model: { layers }, physics: [{ type: 'gaussianBlur', trainable: true }] };

  it('gives shapes, parameters and multiply-adds of every layer', async () => {
    const { code, stdout } = await run(['summary', file, '--json'], { cwd: experimentFolder(cnn) });
    assert.equal(code, 0);
    const answer = JSON.parse(stdout) as Record<string, unknown> & {
      layers: readonly Record<string, unknown>[];
      physics: readonly Record<string, unknown>[];
    };
    assert.deepEqual(answer['input'], [8, 8, 1]);
    const columns = answer.layers.map((layer) => [
      layer['name'],
      layer['path'],
      layer['inputs'],
      layer['outputShape'],
      layer['parameters'],
      layer['trainableParameters'],
    ]);
    // Keras' counts: 3·3·1·4 + 4; 4 of each γ, β, mean, variance; 3·3·4·2 + 2.
    assert.deepEqual(columns, [
      ['conv2d', 'model.layers[0]', ['input'], [6, 6, 4], 40, 40],
      ['batchNormalization', 'model.layers[1]', ['conv2d'], [6, 6, 4], 16, 8],
      ['maxPooling2d', 'model.layers[2]', ['batchNormalization'], [3, 3, 4], 0, 0],
      ['flatten', 'model.layers[3]', ['maxPooling2d'], [36], 0, 0],
      ['logits', 'model.layers[4]', ['flatten'], [2], 74, 74],
    ]);
    assert.deepEqual(answer['parameters'], { total: 130, trainable: 122 });
    // 6·6 places of 3·3·1 taps for 4 filters.
    assert.equal(answer.layers[0]?.['multiplyAdds'], 1296);
    const [blur] = answer.physics;
    assert.deepEqual([blur?.['name'], blur?.['outputShape']], ['gaussianBlur', [8, 8, 1]]);
    assert.deepEqual(blur?.['parameters'], [
      { name: 'sigmaPx', unit: 'px', initial: 1, trainable: true },
    ]);
  });

  it('is a table for people', async () => {
    const { code, stdout, stderr } = await run(['summary', file], { cwd: experimentFolder(cnn) });
    assert.equal(code, 0);
    assert.doesNotMatch(stdout, /\x1b/);
    assert.match(stdout, /^gaussianBlur +gaussianBlur +\[8, 8, 1\] +learns sigmaPx$/m);
    assert.match(stdout, /^logits +dense +\[2\] +74 /m);
    assert.match(stdout, /^130 parameters, of which 8 are not trained; /m);
    assert.doesNotMatch(stderr, /error/);
  });

  it('tells what learns from what is frozen', async () => {
    const cwd = experimentFolder(cnn);
    const frozen = ['--set', 'model.layers[0].trainable=false'];
    const shown = await run(['summary', file, ...frozen], { cwd });
    assert.match(shown.stdout, /^conv2d +conv2d +\[6, 6, 4\] +40 +0 +1,296$/m);
    assert.match(shown.stdout, /^130 parameters, of which 48 are not trained; /m);
    const { stdout } = await run(['summary', file, ...frozen, '--json'], { cwd });
    const { parameters } = JSON.parse(stdout) as { readonly parameters: unknown };
    assert.deepEqual(parameters, { total: 130, trainable: 82 });
  });

  it('refuses a layer that does not fit, and leaves stdout empty', async () => {
    const misfit = [{ type: 'flatten' }, { type: 'conv2d', filters: 2, kernelSize: 3 }];
    const cwd = experimentFolder({ model: { layers: misfit } });
    const { code, stdout, stderr } = await run(['summary', file, '--json'], { cwd });
    assert.deepEqual({ code, stdout }, { code: 1, stdout: '' });
    assert.match(stderr, /model\.layers\[1\]/);
  });
});
