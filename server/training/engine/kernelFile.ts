import fs from 'node:fs';
import path from 'node:path';

/** Names another folder, in the environment: with kernels that were built to be watched. */
export const KERNELS_VARIABLE = 'LIGHTBENCH_KERNELS';

/** Where a file of the compiled kernels is: beside the sources, and beside the bundle once built. */
export function findKernelFile(name: string): string {
  const file = path.join(process.env[KERNELS_VARIABLE] ?? path.join(__dirname, 'kernels'), name);
  if (fs.existsSync(file)) return file;
  throw new Error(
    `Compiled kernels are missing: there is no ${file}. Reinstall the extension, or run npm run ` +
      'build:kernels in a checkout.',
  );
}
