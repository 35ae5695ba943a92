// What a person waits for: from the command to the finished run, the start of the process included.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { build, cleanEnvironment, ROOT } from '../../../scripts/processes';
import { ensurePeers } from '../../peers/environment';
import { ensureNode, peerEnvironment } from './environment';
import { nodeVersions, threads, type Team } from './sides';

const epochs = 20;
const sample = 'samples/digits/digits.experiment.json';

export interface PersonRun {
  readonly name: string;
  readonly team: Team;
  readonly program: string;
  readonly env: NodeJS.ProcessEnv;
  /** What it writes goes into a folder that is removed afterwards. */
  args(folder: string): readonly string[];
}

export const peopleTitle = `From the command to the finished run: the digits sample, ${epochs} epochs`;

/** The same run by every side, after the bundles have been built. */
export async function planPeople(): Promise<readonly PersonRun[]> {
  const python = await ensurePeers();
  await build();
  const own = (['native', 'wasm'] as const).flatMap((engine) =>
    nodeVersions.map((version) => ownRun(engine, version)),
  );
  return [
    ...own,
    peerRun('PyTorch', python, 'torchDigits.py', 'weights.pt'),
    peerRun('Keras', python, 'kerasDigits.py', 'run.weights.h5'),
  ];
}

function ownRun(engine: 'native' | 'wasm', node: number): PersonRun {
  return {
    name: `${engine}, Node ${node}`,
    team: engine,
    program: ensureNode(node),
    env: cleanEnvironment(),
    args: (folder) => [
      ...['dist/cli.js', 'train', sample, '--set', `training.epochs=${epochs}`],
      ...['--engine', engine, '--threads', String(threads), '--out', path.join(folder, 'run')],
    ],
  };
}

function peerRun(
  team: 'PyTorch' | 'Keras',
  python: string,
  script: string,
  weights: string,
): PersonRun {
  const file = path.join(__dirname, script);
  return {
    name: team,
    team,
    program: python,
    env: peerEnvironment(threads),
    args: (folder) => [file, String(epochs), path.join(folder, weights)],
  };
}

/** Milliseconds of one run. Rejects with what the program said when it fails. */
export async function timePersonRun({ program, env, args }: PersonRun): Promise<number> {
  const folder = mkdtempSync(path.join(tmpdir(), 'lightbench-people-'));
  try {
    const start = performance.now();
    await finish(program, args(folder), env);
    return performance.now() - start;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function finish(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: ROOT, env, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${args[0]} ended with ${code}: ${said.slice(-2000)}`));
    });
  });
}
