// The programs that are compared: the peers' environment of the tests, and versions of Node from npm.
import { existsSync, mkdirSync } from 'node:fs';
import * as path from 'node:path';
import { CACHE, cleanEnvironment, npm } from '../../../scripts/processes';

/** Gives a Node of a major version: this one, or one that npm installs. */
export function ensureNode(major: number): string {
  if (Number(process.versions.node.split('.')[0]) === major) return process.execPath;
  const folder = path.join(CACHE, `node${major}`);
  const program = process.platform === 'win32' ? 'node.exe' : 'node';
  const file = path.join(folder, 'node_modules/node/bin', program);
  if (!existsSync(file)) {
    console.log(`Installing Node ${major} into .cache/node${major} ...`);
    mkdirSync(folder, { recursive: true });
    npm(['install', '--no-save', '--prefix', folder, `node@${major}`], folder);
  }
  return file;
}

/**
 * The peers' environment on some threads. No GPU, and none of the settings that tie a linear-algebra
 * library to an older processor than the one that is here.
 */
export function peerEnvironment(threads: number): NodeJS.ProcessEnv {
  const env = cleanEnvironment({
    OMP_NUM_THREADS: String(threads),
    MKL_NUM_THREADS: String(threads),
    CUDA_VISIBLE_DEVICES: '-1',
    KERAS_BACKEND: 'tensorflow',
    TF_CPP_MIN_LOG_LEVEL: '2',
  });
  for (const name of ['OPENBLAS_CORETYPE', 'OPENBLAS_L2_SIZE']) delete env[name];
  return env;
}
