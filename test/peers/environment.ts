// A Python environment with the programs that we compare with, from PyPI, in .cache/peers. The benchmark
// with the peers uses it, too.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { ROOT } from '../../scripts/processes';
import { ensurePythonEnvironment } from '../../scripts/pythonEnvironment';

// For Apple's processors there is only the package that also has the GPU.
const tensorflow = process.platform === 'darwin' ? 'tensorflow' : 'tensorflow-cpu';

/** Makes the environment unless it is there, and gives its Python. */
export function ensurePeers(): Promise<string> {
  return ensurePythonEnvironment({
    name: 'peers',
    packages: [
      'torch==2.15.0',
      'torchvision==0.29.2',
      `${tensorflow}==2.21.0`,
      'keras==3.15.1',
      'jax==0.10.2',
      'tensorboard==2.21.0',
      'numpy>=2.2,<3',
      'scikit-learn==1.7.2',
      'scikit-image==0.25.2',
    ],
    // For Linux, PyPI has PyTorch only together with CUDA, most of which it loads whatever it computes on.
    leftOut: ['triton', 'nvidia-cusolver', 'nvidia-nvtx'],
    title: 'PyTorch, TensorFlow, Keras, JAX, scikit-learn and scikit-image',
    effort: 'one to three minutes; 6 GB on Linux, 2 GB elsewhere',
  });
}

/**
 * Runs a script of test/peers with the environment's Python. The script is called with two files: it
 * reads its input as JSON from the first and writes its result as JSON to the second; what it prints
 * is for people.
 */
export async function runPython<Result>(script: string, input: unknown): Promise<Result> {
  const python = await ensurePeers();
  const folder = mkdtempSync(path.join(tmpdir(), 'lightbench-peer-'));
  try {
    const inputFile = path.join(folder, 'input.json');
    const resultFile = path.join(folder, 'result.json');
    writeFileSync(inputFile, JSON.stringify(input));
    const file = path.join(ROOT, 'test', 'peers', script);
    await runQuietly(python, [file, inputFile, resultFile]);
    return JSON.parse(readFileSync(resultFile, 'utf8')) as Result;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs Python and shows what it said only when it failed. */
function runQuietly(python: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const env = {
      ...process.env,
      KERAS_BACKEND: 'jax',
      JAX_PLATFORMS: 'cpu',
      TF_CPP_MIN_LOG_LEVEL: '2',
      // Arrays are small here: threads would only wait for each other.
      OMP_NUM_THREADS: '1',
    };
    const child = spawn(python, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    const hear = (chunk: Buffer): void => {
      said += chunk.toString();
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${path.basename(args[0] ?? '')} ended with ${code}:\n${said}`));
    });
  });
}
