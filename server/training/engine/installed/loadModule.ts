import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import vm from 'node:vm';

/** What modules get in the place of others, by the name that they ask for. */
export type Replacements = ReadonlyMap<string, unknown>;

interface LoadedModule {
  exports: unknown;
}

/**
 * Makes a loader for the CommonJS files of a package that the user has installed, which gives its modules
 * some of ours: a backend must register itself with our copy of TF.js, which is inside our bundle, and not
 * with the copy that came with it. Nothing of Node's own loader is changed, so nothing else notices.
 */
export function createLoader(replacements: Replacements): (file: string) => unknown {
  const loaded = new Map<string, LoadedModule>();
  const load = (file: string): unknown => {
    const known = loaded.get(file);
    if (known !== undefined) return known.exports;
    const module: LoadedModule = { exports: {} };
    // Before it runs: modules may ask for each other in a circle.
    loaded.set(file, module);
    const parameters = ['exports', 'require', 'module', '__filename', '__dirname'];
    const run = vm.compileFunction(fs.readFileSync(file, 'utf8'), parameters, { filename: file });
    run.call(module.exports, module.exports, requireFrom(file), module, file, path.dirname(file));
    return module.exports;
  };
  const requireFrom = (file: string) => {
    const require = createRequire(file);
    return (request: string): unknown => {
      if (replacements.has(request)) return replacements.get(request);
      const isOfPackage = request.startsWith('.') && require.resolve(request).endsWith('.js');
      return isOfPackage ? load(require.resolve(request)) : require(request);
    };
  };
  return (file) => load(fs.realpathSync(file));
}
