// What esbuild wrote down about each bundle, in dist/meta/.
import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import type { Metafile } from 'esbuild';
import { ROOT } from '../../scripts/processes';
import { packageName } from './boundaries';

/** The metafile of every bundle by the bundle's name; a page is `webviews-<page>`. */
export function readMetafiles(): ReadonlyMap<string, Metafile> {
  const folder = path.join(ROOT, 'dist', 'meta');
  return new Map(
    readdirSync(folder).map((file) => [
      path.basename(file, '.json'),
      JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as Metafile,
    ]),
  );
}

/** The files of a bundle that are ours. */
export function ourInputs(metafile: Metafile): string[] {
  return Object.keys(metafile.inputs).filter((file) => !file.includes('node_modules/'));
}

/** The packages of which something is in a bundle or is loaded by it. */
export function packagesIn(metafile: Metafile): string[] {
  const bundled = Object.keys(metafile.inputs).flatMap((file) => {
    const [, inPackage] = file.split(/.*node_modules\//);
    return inPackage === undefined ? [] : [packageName(inPackage)];
  });
  const external = Object.values(metafile.inputs)
    .flatMap(({ imports }) => imports)
    .filter((imported) => imported.external === true)
    .map((imported) => packageName(imported.path));
  return [...new Set([...bundled, ...external])].sort();
}
