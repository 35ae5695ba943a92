import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { installEngine } from '../../../server/training/engine/install/install';
import { recipeFor } from '../../../server/training/engine/install/recipe';

describe('recipeFor', () => {
  it('has a wheel for each platform that the library can be linked on', () => {
    assert.equal(recipeFor('tensorflow', 'linux-x64').wheel, 'tensorflow-cpu==2.21.0');
    assert.equal(recipeFor('tensorflow', 'linux-arm64').wheel, 'tensorflow==2.21.0');
    const macos = recipeFor('tensorflow', 'darwin-arm64');
    assert.ok(macos.libraries.every((name) => name.endsWith('.dylib')));
    assert.equal(recipeFor('cuda', 'linux-x64').needsCuda, true);
  });

  it('says what to do on any other', () => {
    for (const [id, platform] of [
      ['tensorflow', 'win32-x64'],
      ['cuda', 'darwin-arm64'],
    ] as const) {
      assert.throws(() => recipeFor(id, platform), {
        code: 'engine/no-recipe',
        message: new RegExp(`on ${platform}: .* Run "npm install --global @tensorflow/tfjs-node`),
      });
    }
  });
});

/** With programs that are shell scripts of ours, so that nothing is fetched. */
describe('installEngine', () => {
  const root = mkdtempSync(path.join(tmpdir(), 'lightbench-install-'));
  after(() => rmSync(root, { recursive: true, force: true }));
  /** A folder of engines with one in it, and a PATH with some programs. */
  function scene(programs: Readonly<Record<string, string>>) {
    const folder = mkdtempSync(path.join(root, 'case-'));
    const bin = path.join(folder, 'bin');
    const engines = path.join(folder, 'engines');
    mkdirSync(bin);
    mkdirSync(path.join(engines, 'tensorflow'), { recursive: true });
    writeFileSync(path.join(engines, 'tensorflow', 'old'), '');
    for (const [name, script] of Object.entries(programs)) {
      writeFileSync(path.join(bin, name), `#!/bin/sh\n${script}\n`);
      chmodSync(path.join(bin, name), 0o755);
    }
    const env = { PATH: bin, LIGHTBENCH_ENGINES: engines };
    const assertUntouched = () => {
      assert.deepEqual(readdirSync(engines), ['tensorflow']);
      assert.ok(existsSync(path.join(engines, 'tensorflow', 'old')));
    };
    return { folder, env, assertUntouched };
  }
  const present = { python3: 'exit 0', 'c++': 'exit 0', tar: 'exit 0' };
  /** Answers `--version`, and fails at anything else. */
  const failing = '[ "$1" = --version ] && exit 0; echo "no way to the registry" >&2; exit 7';
  const platform = 'linux-x64';
  const never = new AbortController().signal;

  it('names the program that is missing, and what to do', async () => {
    const cases: readonly [Readonly<Record<string, string>>, RegExp][] = [
      [{}, /^Setting up this engine needs npm, which comes with Node\.js.* Tried: npm\.$/],
      [{ npm: 'exit 0' }, /needs Python 3\.8.*Tried: python3, python\.$/],
      [
        { npm: 'exit 0', ...present, 'c++': 'exit 1' },
        /needs a C\+\+ compiler.*Tried: c\+\+, g\+\+/,
      ],
      [
        { npm: 'exit 0', ...present, python3: '[ "$1" = -c ]' },
        /needs pip .*Tried: python3 -m pip, python -m pip\.$/,
      ],
    ];
    for (const [programs, message] of cases) {
      const { env, assertUntouched } = scene(programs);
      const options = { env, signal: never, platform, onStep: () => undefined };
      await assert.rejects(installEngine('tensorflow', options), {
        code: 'engine/missing-program',
        message,
      });
      assertUntouched();
    }
  });

  it('fetches nothing for CUDA where there is no GPU', async () => {
    const { env } = scene({ npm: 'exit 0', ...present });
    const options = { env, signal: never, platform, onStep: () => undefined };
    await assert.rejects(installEngine('cuda', options), /needs an NVIDIA GPU/);
  });

  it('leaves everything as it was when a step fails, and passes on what was said', async () => {
    const { env, assertUntouched } = scene({ ...present, npm: failing });
    const titles: string[] = [];
    const onStep = (step: number, steps: number, title: string) =>
      void titles.push(`${step}/${steps} ${title}`);
    await assert.rejects(installEngine('tensorflow', { env, signal: never, platform, onStep }), {
      code: 'engine/not-installed',
      message: 'Fetching @tensorflow/tfjs-node@4.22.0 from npm failed. no way to the registry',
    });
    assert.deepEqual(titles, [
      '1/5 Looking for npm, Python and a C++ compiler',
      '2/5 Fetching @tensorflow/tfjs-node@4.22.0 from npm',
    ]);
    assertUntouched();
  });

  it('ends its programs and leaves everything as it was when it is cancelled', async () => {
    const abort = new AbortController();
    const { folder, env, assertUntouched } = scene({
      ...present,
      npm: '[ "$1" = --version ] && exit 0; /bin/echo $$ > "$STARTED"; /bin/sleep 600 & wait',
    });
    const started = path.join(folder, 'started');
    const onStep = (step: number) => {
      if (step !== 2) return;
      // The program itself says that it runs.
      const watcher = watch(folder, (_, file) => {
        if (file !== path.basename(started)) return;
        watcher.close();
        abort.abort();
      });
    };
    const options = { env: { ...env, STARTED: started }, signal: abort.signal, platform, onStep };
    await assert.rejects(installEngine('tensorflow', options), { name: 'AbortError' });
    assertUntouched();
  });
});
