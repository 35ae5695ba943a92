// Packs the extension as a VSIX that works without a network.
//   npm run package [-- FILE]
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import * as path from 'node:path';
import { createVSIX, listFiles, PackageManager } from '@vscode/vsce';
import { build, CACHE, ROOT } from './processes';

/** Packs what dist/ has now into the given file and gives its path. */
export async function packageExtension(file: string): Promise<string> {
  mkdirSync(path.dirname(file), { recursive: true });
  await createVSIX({
    cwd: ROOT,
    packagePath: file,
    // The bundles have their dependencies in them.
    dependencies: false,
    allowMissingRepository: true,
    // Relative pictures in the README are in the package; there is no repository to point them at.
    rewriteRelativeLinks: false,
  });
  return file;
}

/** The package that the guard and the editor tests look at. */
export function packageForTests(): Promise<string> {
  return packageExtension(path.join(CACHE, 'lightbench.vsix'));
}

/** The paths that go into the package, from the repository's top. */
export function packagedFiles(): Promise<string[]> {
  return listFiles({ cwd: ROOT, packageManager: PackageManager.None });
}

async function main(): Promise<void> {
  await build();
  const manifest = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
    readonly version: string;
  };
  const file = process.argv[2] ?? path.join(ROOT, `lightbench-${manifest.version}.vsix`);
  await packageExtension(path.resolve(file));
  const megabytes = statSync(file).size / 2 ** 20;
  console.log(`${path.relative(process.cwd(), file)}: ${megabytes.toFixed(2)} MiB`);
}

if (require.main === module) {
  main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
}
