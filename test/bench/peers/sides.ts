// Who takes part: Lightbench on its engines and two versions of Node, and the peers.
import * as path from 'node:path';
import { ensurePeers } from '../../peers/environment';
import { ensureNode, peerEnvironment } from './environment';
import type { SideCommand } from './side';
import type { Subject } from './subject';

export type Team = 'native' | 'wasm' | 'PyTorch' | 'Keras';

/** All sides compute with as many, wherever they run. */
export const threads = 2;

/** The first is what bounds are judged on. */
export const nodeVersions = [24, 20] as const;

export interface SidePlan {
  readonly name: string;
  readonly team: Team;
  readonly threads: number;
  /** The version of Node of one of our own sides. */
  readonly node?: number;
  readonly command: SideCommand;
  /** The ways in which it computes a subject; none when it takes no part. */
  variants(subject: Subject): readonly string[];
}

/** All sides, after what they need has been installed. */
export async function planSides(): Promise<readonly SidePlan[]> {
  const python = await ensurePeers();
  const own = (['native', 'wasm'] as const).flatMap((engine) =>
    nodeVersions.map((version) => ownSide(engine, version, threads)),
  );
  const alone = (['native', 'wasm'] as const).map((engine) => ownSide(engine, nodeVersions[0], 1));
  return [
    ...own,
    ...alone,
    peerSide('PyTorch', python, 'torchWorker.py', {
      training: ['eager', 'torch.compile'],
      augmentation: ['PIL', 'tensors'],
    }),
    peerSide('Keras', python, 'kerasWorker.py', {
      training: ['train_on_batch', 'tf.function'],
      augmentation: [],
    }),
  ];
}

function ownSide(engine: 'native' | 'wasm', node: number, count: number): SidePlan {
  const worker = path.join(__dirname, 'ownWorker.ts');
  return {
    name: `${engine}, Node ${node}`,
    team: engine,
    threads: count,
    node,
    command: {
      program: ensureNode(node),
      args: ['--import=tsx', worker, engine, String(count)],
      env: process.env,
    },
    // Augmentation is compared on one core.
    variants: ({ name }) => (name === 'augmentation' && count > 1 ? [] : ['']),
  };
}

function peerSide(
  team: 'PyTorch' | 'Keras',
  python: string,
  script: string,
  variants: { readonly training: readonly string[]; readonly augmentation: readonly string[] },
): SidePlan {
  return {
    name: team,
    team,
    threads,
    command: {
      program: python,
      args: [path.join(__dirname, script), String(threads)],
      env: peerEnvironment(threads),
    },
    variants: ({ name }) => variants[name === 'augmentation' ? 'augmentation' : 'training'],
  };
}
