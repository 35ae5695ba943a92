// The machine's peak of fused multiply-adds, which no program can pass.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { CACHE } from '../../../scripts/processes';
import { ensureCompiler } from '../../../server/training/engine/kernels/buildNative';

const source = path.join(__dirname, 'peak.c');
const x64Flags = process.arch === 'x64' ? ['-mprefer-vector-width=512'] : [];
const flags = ['-O3', '-ffp-contract=fast', '-mcpu=native', ...x64Flags];

/** GFLOP/s of some cores at once: a process each, so that the program needs no threads. */
export async function measurePeak(cores: number): Promise<number> {
  const program = compile();
  const rates = Array.from({ length: cores }, async () => {
    const { stdout } = await promisify(execFile)(program, []);
    return Number.parseFloat(stdout);
  });
  return (await Promise.all(rates)).reduce((sum, rate) => sum + rate, 0);
}

function compile(): string {
  const program = path.join(CACHE, process.platform === 'win32' ? 'peak.exe' : 'peak');
  const isFresh = existsSync(program) && statSync(program).mtimeMs > statSync(source).mtimeMs;
  if (isFresh) return program;
  mkdirSync(CACHE, { recursive: true });
  ensureCompiler()([...flags, source, '-o', program], __dirname);
  return program;
}
