import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { version } from '#common/version';
import { experimentFolder, jsonLines, removeFolders, run, start, workFolder } from './cli';

afterEach(removeFolders);

describe('the command line', () => {
  it('tells its version and its verbs', async () => {
    assert.deepEqual(await run(['--version']), { code: 0, stdout: `${version}\n`, stderr: '' });
    const help = await run(['--help']);
    assert.equal(help.code, 0);
    for (const verb of ['validate', 'summary', 'train', 'resume', 'stop', 'runs', 'evaluate']) {
      assert.match(help.stdout, new RegExp(`^  ${verb} `, 'm'));
    }
    assert.equal((await run(['help', 'train'])).code, 0);
  });

  const wrong: readonly [readonly string[], RegExp][] = [
    [[], /Usage: lightbench/],
    [['trian', 'x.experiment.json'], /unknown command 'trian'.*Did you mean train\?/s],
    [['train'], /missing required argument 'file'/],
    [['train', 'x.experiment.json', '--sede', '1'], /unknown option '--sede'.*--seed/s],
    [['train', 'x.experiment.json', '--seed', '-1'], /whole number from 0 to 4294967295/],
    [['train', 'x.experiment.json', '--seed', '1.5'], /whole number/],
    [['train', 'x.experiment.json', '--threads', '0'], /whole number from 1/],
    [['train', 'x.experiment.json', '--engine', 'abacus'], /Allowed choices are auto, native/],
    [['train', 'x.experiment.json', '--set', 'training.epochs'], /path=value.*got "training\.ep/],
    [['train', 'x.experiment.json', '--set', '=1'], /path=value/],
    [['train', 'x.experiment.json', 'y.experiment.json'], /too many arguments/],
    [['evaluate', 'x', '--split', 'exam'], /Allowed choices are train, validation, test/],
    [['resume', 'nothing'], /No run in .* is called "nothing"\. There are no runs yet/],
    [['stop', 'nothing', '--json'], /No run in/],
    [['evaluate', 'nothing'], /No run in/],
  ];
  for (const [args, message] of wrong) {
    it(`refuses: ${args.join(' ')}`, async () => {
      const outcome = await run(args, { cwd: experimentFolder() });
      assert.equal(outcome.code, 1);
      assert.equal(outcome.stdout, '');
      assert.match(outcome.stderr, message);
      assert.doesNotMatch(outcome.stderr, /\n {4}at /, 'no stack is shown');
    });
  }

  it('prints the JSON Schema', async () => {
    const { code, stdout } = await run(['schema']);
    assert.equal(code, 0);
    const file = path.join(__dirname, '../../server/common/generated/experiment.schema.json');
    assert.deepEqual(JSON.parse(stdout), JSON.parse(readFileSync(file, 'utf8')));
  });

  it('lists the engines', async () => {
    const { code, stdout } = await run(['engines', '--json']);
    assert.equal(code, 0);
    const reports = JSON.parse(stdout) as readonly Record<string, unknown>[];
    assert.deepEqual(
      reports.map(({ id }) => id),
      ['native', 'wasm', 'tensorflow', 'cuda', 'webgpu'],
    );
    for (const report of reports) {
      assert.deepEqual(Object.keys(report), ['id', 'available', 'reason', 'facts']);
      assert.ok(typeof report['reason'] === 'string' && report['reason'] !== '');
    }
    assert.equal(reports[1]?.['available'], true);
    assert.match((await run(['engines'])).stdout, /^wasm +available/m);
  });

  it('sets up no engine that it has no recipe for, nor without what that takes', async () => {
    const unknown = await run(['engines', 'install', 'abacus']);
    assert.equal(unknown.code, 1);
    assert.match(unknown.stderr, /Allowed choices are tensorflow, cuda/);
    const cwd = workFolder();
    const env = { PATH: cwd, LIGHTBENCH_ENGINES: path.join(cwd, 'engines') };
    const { code, stdout, stderr } = await run(['engines', 'install', 'tensorflow', '--json'], {
      env,
    });
    assert.equal(code, 1);
    assert.deepEqual(
      jsonLines({ code, stdout, stderr }).map(({ event }) => event),
      process.platform === 'win32' ? [] : ['step'],
    );
    assert.match(stderr, /needs npm|cannot be set up/);
  });

  it('serves an editor over standard input and output', async () => {
    const { child, outcome } = start(['language-server', '--stdio']);
    const send = (message: object) => {
      const body = JSON.stringify({ jsonrpc: '2.0', ...message });
      child.stdin?.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    };
    send({
      id: 1,
      method: 'initialize',
      params: { processId: null, rootUri: null, capabilities: {} },
    });
    send({ id: 2, method: 'shutdown' });
    send({ method: 'exit' });
    const { code, stdout } = await outcome;
    assert.equal(code, 0);
    assert.match(stdout, /"completionProvider"/);
  });
});
