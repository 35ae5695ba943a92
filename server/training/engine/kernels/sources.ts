import fs from 'node:fs';
import path from 'node:path';

/** The folder of the C sources and of what is compiled from them. */
export const kernelFolder = __dirname;

/** All C files, by name. */
export function readSources(): Record<string, string> {
  const names = fs.readdirSync(kernelFolder).filter((name) => /\.[ch]$/.test(name));
  return Object.fromEntries(
    names.sort().map((name) => [name, fs.readFileSync(path.join(kernelFolder, name), 'utf8')]),
  );
}
