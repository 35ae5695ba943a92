import assert from 'node:assert/strict';
import { importsOf, readSource, sourceFiles, whyForbidden } from './boundaries';
import { ourInputs, packagesIn, readMetafiles } from './metafiles';

/** What may be in a bundle at all, however it got there. */
const BUNDLES: Readonly<Record<string, readonly string[]>> = {
  extension: ['extension', 'server/common', 'server/runs'],
  languageClient: ['extension'],
  language: ['server/language', 'server/common'],
  training: ['server/training', 'server/common', 'server/runs'],
  cli: ['server/cli', 'server/training', 'server/language', 'server/common', 'server/runs'],
};
const PAGE = ['webviews', 'server/common'];
const WITH_TENSORS = ['training', 'cli'];

describe('the walls between the folders', () => {
  it('are kept by every source file', () => {
    const broken = sourceFiles().flatMap((file) =>
      importsOf(readSource(file)).flatMap((imported) => whyForbidden(file, imported) ?? []),
    );
    assert.deepEqual(broken, []);
  });

  it('are kept by what the bundler put into each bundle', () => {
    for (const [name, metafile] of readMetafiles()) {
      const allowed = BUNDLES[name] ?? PAGE;
      const strangers = ourInputs(metafile).filter(
        (file) => !allowed.some((folder) => file.startsWith(`${folder}/`)),
      );
      assert.deepEqual(strangers, [], `bundle ${name}`);
    }
  });

  it('keep the tensors in the trainer', () => {
    for (const [name, metafile] of readMetafiles()) {
      if (WITH_TENSORS.includes(name)) continue;
      const tensors = packagesIn(metafile).filter((name) => name.startsWith('@tensorflow/'));
      assert.deepEqual(tensors, [], `bundle ${name}`);
    }
  });

  const cases: readonly (readonly [file: string, imported: string, reason: RegExp | undefined])[] =
    [
      ['server/common/rng.ts', 'node:fs', /without Node/],
      ['server/common/rng.ts', 'fs', /without Node/],
      ['webviews/run/main.tsx', 'node:path', /without Node/],
      ['server/common/rng.ts', 'vscode', /must not import vscode/],
      ['server/common/rng.ts', '../training/run/loop', /server\/training/],
      ['server/language/main.ts', '../training/index', /server\/training/],
      ['server/language/main.ts', '@tensorflow/tfjs-core', /tfjs-core/],
      ['server/language/main.ts', '#runs/list', /server\/runs/],
      ['server/training/main.ts', '../language/index', /server\/language/],
      ['server/cli/main.ts', '../training/model/build', /server\/training\/model/],
      ['server/cli/main.ts', '../training/index', undefined],
      ['webviews/run/main.tsx', '@vscode/webview-ui-toolkit', /webview-ui-toolkit/],
      ['webviews/shared/ui.ts', '@vscode/webview-ui-toolkit', undefined],
      ['extension/main.ts', '../server/training/index', /server\/training/],
      ['extension/main.ts', 'vscode-languageclient/node', undefined],
      ['server/common/experiment/read.ts', '@sinclair/typebox/value', undefined],
      ['server/runs/follow.ts', '#common/run/events', undefined],
    ];
  for (const [file, imported, reason] of cases) {
    const verdict = reason === undefined ? 'let' : 'do not let';
    it(`${verdict} ${file} import ${imported}`, () => {
      const why = whyForbidden(file, imported);
      if (reason === undefined) assert.equal(why, undefined);
      else assert.match(why ?? '', reason);
    });
  }

  it('see imports of types and imports at run time', () => {
    const text = "import type { A } from 'a'; const b = await import('b'); export * from 'c';";
    assert.deepEqual(importsOf(text).sort(), ['a', 'b', 'c']);
  });
});
