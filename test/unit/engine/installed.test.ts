import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { openEngine, probeEngines } from '../../../server/training/engine/engine';
import { createLoader } from '../../../server/training/engine/installed/loadModule';
import { NotInstalledError } from '../../../server/training/engine/installed/installedEngine';
import { engineFolder, findPackage } from '../../../server/training/engine/installed/packages';
import { runTrial } from '../../../server/training/engine/installed/trial';
import { findBinding } from '../../../server/training/engine/tensorflow/binding';
import { tensorflowKernelNames } from '../../../server/training/engine/tensorflow/kernels';
import { kernelNames } from '../../../server/training/engine/backend/register';

const root = realpathSync(mkdtempSync(path.join(tmpdir(), 'lightbench-installed-')));
after(() => rmSync(root, { recursive: true, force: true }));

/** Writes files below a new folder and gives the folder. */
function files(contents: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(path.join(root, 'case-'));
  for (const [name, text] of Object.entries(contents)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), text);
  }
  return folder;
}

const name = '@tensorflow/tfjs-node';
const packageFile = (version: string, of = name) => JSON.stringify({ name: of, version });
/** Nothing of the machine that the tests run on. */
const bare = { PATH: '', HOME: root, LIGHTBENCH_ENGINES: path.join(root, 'none') };

describe('findPackage', () => {
  const inModules = `node_modules/${name}/package.json`;
  const named = files({ 'package.json': packageFile('4.1.0') });
  const namedModules = files({ [inModules]: packageFile('4.2.0') });
  const workspace = files({ [inModules]: packageFile('4.3.0'), 'a/b/x.json': '' });
  const engines = files({ [`tensorflow/${inModules}`]: packageFile('4.4.0') });
  const below = process.platform === 'win32' ? '' : 'lib/';
  const prefix = files({ [`${below}${inModules}`]: packageFile('4.5.0') });
  const empty = files({});
  const all = { ...bare, LIGHTBENCH_ENGINES: engines, npm_config_prefix: prefix };
  const inside = path.join(workspace, 'a', 'b');

  const cases: readonly [
    title: string,
    folder: string,
    env: NodeJS.ProcessEnv,
    version: string | undefined,
  ][] = [
    ['named, before all others', inside, { ...all, LIGHTBENCH_TENSORFLOW_PATH: named }, '4.1.0'],
    [
      'in the modules of the named one',
      empty,
      { ...bare, LIGHTBENCH_TENSORFLOW_PATH: namedModules },
      '4.2.0',
    ],
    ['above the experiment', inside, all, '4.3.0'],
    ['set up by Lightbench', empty, all, '4.4.0'],
    ['among the global packages', empty, { ...bare, npm_config_prefix: prefix }, '4.5.0'],
    ['nowhere', empty, bare, undefined],
    [
      'named by a folder without it',
      empty,
      { ...bare, LIGHTBENCH_TENSORFLOW_PATH: empty },
      undefined,
    ],
  ];
  for (const [title, folder, env, version] of cases) {
    it(`finds the package ${title}`, () => {
      assert.equal(findPackage('tensorflow', name, { folder, env })?.version, version);
    });
  }

  it('takes no other package in its place', () => {
    const other = files({ [inModules]: packageFile('4.0.0', 'left-pad') });
    assert.equal(findPackage('tensorflow', name, { folder: other, env: bare }), undefined);
    const broken = files({ [inModules]: '{ "name"' });
    assert.equal(findPackage('tensorflow', name, { folder: broken, env: bare }), undefined);
  });

  it('keeps engines where the system keeps data', function () {
    if (process.platform !== 'linux') return;
    const folder = engineFolder('cuda', { XDG_DATA_HOME: '/data' });
    assert.equal(folder, '/data/lightbench/engines/cuda');
  });
});

describe('findBinding', () => {
  const home = (version: string, more: Readonly<Record<string, string>> = {}) =>
    files({
      [`node_modules/${name}/package.json`]: packageFile(version),
      ...Object.fromEntries(
        Object.entries(more).map(([file, text]) => [`node_modules/${name}/${file}`, text]),
      ),
    });
  const binding = 'lib/napi-v8/tfjs_binding.node';

  const cases: readonly [title: string, folder: string, message: RegExp][] = [
    ['nothing', files({}), /not installed: there is no package @tensorflow\/tfjs-node in .*case-/],
    ['another major version', home('3.21.0'), /3\.21\.0 in .* does not fit: version 4 is needed/],
    [
      'no binding',
      home('4.22.0'),
      /has no compiled binding.*lightbench engines install tensorflow/,
    ],
    ['a broken binding', home('4.22.0', { [binding]: 'x' }), /does not load: .+ Run "lightbench/],
  ];
  for (const [title, folder, message] of cases) {
    it(`says what is wrong with ${title}`, async () => {
      await assert.rejects(findBinding('tensorflow', { folder, env: bare }), (error: Error) => {
        assert.match(error.message, message);
        assert.equal(error instanceof NotInstalledError, title === 'nothing');
        return true;
      });
    });
  }
});

describe('an engine that the user has installed', () => {
  const cuda = '@tensorflow/tfjs-node-gpu';
  const broken = files({ [`node_modules/${cuda}/package.json`]: packageFile('4.22.0', cuda) });

  it('is passed over by "auto" when it does not work, which is said', async () => {
    const engine = await openEngine('auto', { folder: broken });
    assert.equal(engine.id, 'native');
    assert.match(
      engine.facts.reason,
      /^the fastest engine that works here; not cuda: .*no compiled/,
    );
    engine.dispose();
  });

  it('is not spoken of by "auto" when it is not there', async () => {
    const engine = await openEngine('auto', { folder: files({}) });
    assert.doesNotMatch(engine.facts.reason, /webgpu|not installed/);
    engine.dispose();
  });

  it('says why it is not available', async () => {
    const reports = await probeEngines({ folder: broken });
    const report = reports.find(({ id }) => id === 'cuda');
    assert.equal(report?.available, false);
    assert.match(report.reason, /has no compiled binding/);
    await assert.rejects(openEngine('cuda', { folder: broken }), {
      code: 'engine/unavailable',
      message:
        /^The engine "cuda" is not available\. .*no compiled.* Use "auto" or "wasm" instead\.$/,
    });
  });

  it('is refused for what it cannot train, and passed over by "auto"', async () => {
    const refusal = (id: string) => (id === 'native' ? 'It cannot train this.' : undefined);
    await assert.rejects(
      openEngine('native', { refusal }),
      /"native" is not available\. It cannot/,
    );
    const engine = await openEngine('auto', { refusal, folder: files({}) });
    assert.notEqual(engine.id, 'native');
    assert.match(engine.facts.reason, /not native: It cannot train this/);
    engine.dispose();
  });
});

describe('the kernels for TensorFlow', () => {
  it('are some of those that our operations ask for', () => {
    assert.deepEqual(
      tensorflowKernelNames.filter((kernel) => !kernelNames.includes(kernel)),
      [],
    );
  });
});

describe('createLoader', () => {
  const folder = files({
    'main.js': `
      const { Base } = require('theirs');
      const part = require('./part');
      exports.join = require('node:path').join;
      exports.of = { name: part.name, again: require('./part') === part, file: __filename };
      function Child() { return Base.call(this) || this; }
      Child.prototype = Object.create(Base.prototype);
      exports.Child = Child;`,
    'part/index.js': `exports.name = 'part'; require('../main');`,
    'node_modules/theirs/index.js': 'exports.Base = function Theirs() {};',
    'data.js': `module.exports = require('./data.json');`,
    'data.json': '{ "answer": 42 }',
    'broken.js': 'exports.a = ;',
  });
  const load = createLoader(new Map([['theirs', { Base: function Ours() {} }]]));

  it('gives modules ours, and runs each of theirs once', () => {
    const main = load(path.join(folder, 'main.js')) as {
      readonly join: unknown;
      readonly of: object;
      readonly Child: new () => object;
    };
    const file = path.join(folder, 'main.js');
    assert.deepEqual(main.of, { name: 'part', again: true, file });
    assert.equal(main.join, path.join);
    const parent = Object.getPrototypeOf(main.Child.prototype) as { constructor: { name: string } };
    assert.equal(parent.constructor.name, 'Ours');
    assert.equal(load(file), main);
  });

  it('leaves JSON to Node, and says which file is broken', () => {
    assert.deepEqual(load(path.join(folder, 'data.js')), { answer: 42 });
    assert.throws(() => load(path.join(folder, 'broken.js')), SyntaxError);
  });
});

describe('runTrial', () => {
  const check = (code: string, ...args: string[]) => runTrial(code, args, process.env);

  it('gives what the module wrote', async () => {
    assert.deepEqual(await check('console.log(JSON.stringify([process.argv[1]]))', 'a b'), ['a b']);
  });

  it('says why it failed, and how it ended when it was ended', async () => {
    await assert.rejects(check('throw new TypeError("no such thing.")'), /^Error: no such thing$/);
    if (process.platform === 'win32') return;
    await assert.rejects(
      check('process.kill(process.pid, "SIGILL")'),
      /ended its process with SIGILL/,
    );
  });
});
