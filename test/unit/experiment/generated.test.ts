import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import fc from 'fast-check';
import { getLanguageService, TextDocument, type JSONSchema } from 'vscode-json-languageservice';
import { catalogue, family, sections, type FamilyName } from '#common/catalogue/index';
import { readExperiment } from '#common/experiment/read';
import { editorSchema } from '#common/experiment/schema';
import { generatedFiles } from '#common/generated/pages';
import { ROOT } from '../../../scripts/processes';
import { baseText } from './base';

const files = generatedFiles();

describe('a generated file', () => {
  for (const [file, text] of files) {
    it(`${file} is what the catalogue says now`, () => {
      const committed = readFileSync(path.join(ROOT, file), 'utf8');
      assert.ok(committed === text, `${file} is out of date: run "npm run generate"`);
    });
  }

  it('is the only kind of file among the reference pages', () => {
    const folder = 'docs/reference';
    const found = readdirSync(path.join(ROOT, folder)).map((name) => `${folder}/${name}`);
    assert.deepEqual(
      found.filter((file) => !files.has(file)),
      [],
    );
  });

  it('exists for every section and links to every page', () => {
    const index = files.get('docs/reference/README.md') ?? '';
    for (const section of sections) assert.ok(index.includes(`\`${section}\``), section);
    for (const file of files.keys()) {
      if (!file.endsWith('.md') || file.endsWith('README.md')) continue;
      assert.ok(index.includes(`(${path.basename(file)})`), file);
    }
  });

  it('names every component with its parameters', () => {
    for (const name of Object.keys(catalogue) as FamilyName[]) {
      const page = files.get(`docs/reference/${name}.md`) ?? '';
      for (const component of Object.values(family(name).components)) {
        assert.ok(page.includes(`"type": "${component.type}"`), component.type);
        for (const parameter of Object.keys(component.params)) {
          assert.ok(page.includes(`| \`${parameter}\` |`), `${component.type}.${parameter}`);
        }
      }
    }
  });
});

// The JSON language service of VS Code is an independent validator of the schema.
const service = getLanguageService({});
const schema = editorSchema() as JSONSchema;

async function schemaAccepts(text: string): Promise<boolean> {
  const doc = TextDocument.create('test://x.json', 'jsonc', 1, text);
  const parsed = service.parseJSONDocument(doc);
  const settings = { comments: 'ignore', trailingCommas: 'ignore' } as const;
  return (await service.doValidation(doc, parsed, settings, schema)).length === 0;
}

/** Values that are right for one key and wrong for others. */
const values = fc.constantFrom<unknown>(
  ...[0, 1, 3, -1, 0.5, 1.5, 200, 5000, 1e-7, null, true, false, '', 'relu', 'same', 'adam'],
  ...['digits', 'bilinear', [], [1, 1], [3], [2, 2, 2], ['accuracy'], {}, { type: 'zeros' }],
  ...[{ type: 'constant', value: 2 }, { type: 'nothing' }, { type: 'heNormal', x: 1 }],
);

type Container = Record<string, unknown> | unknown[];

/** Every object and list in a value. */
function containersOf(value: unknown): Container[] {
  if (typeof value !== 'object' || value === null) return [];
  const inner = Object.values(value).flatMap(containersOf);
  return [value as Container, ...inner];
}

/** A resolved experiment with some values exchanged, removed or added. */
const experiments = fc
  .array(fc.record({ where: fc.nat(), which: fc.nat(), value: values, how: fc.nat({ max: 3 }) }), {
    maxLength: 3,
  })
  .map((changes) => {
    const root = structuredClone(readExperiment(baseText).experiment) as unknown as Container;
    for (const { where, which, value: shared, how } of changes) {
      // The same constant may be drawn twice, and what is put into one must not be in the other.
      const value = structuredClone(shared);
      const containers = containersOf(root);
      const container = containers[where % containers.length] ?? root;
      if (Array.isArray(container)) {
        if (how === 0) container.push(value);
        else container[which % Math.max(1, container.length)] = value;
        continue;
      }
      const keys = [...Object.keys(container), 'type', 'unknown'];
      const key = keys[which % keys.length] ?? 'type';
      if (how === 0) delete container[key];
      else container[key] = value;
    }
    return JSON.stringify(root);
  });

describe('the JSON Schema for editors', () => {
  it('accepts the base, with comments and trailing commas', async () => {
    assert.ok(await schemaAccepts(baseText));
  });

  it('accepts exactly what reading accepts', async () => {
    const seen = { good: 0, bad: 0 };
    await fc.assert(
      fc.asyncProperty(experiments, async (text) => {
        const isGood = readExperiment(text).problems.length === 0;
        seen[isGood ? 'good' : 'bad'] += 1;
        assert.equal(await schemaAccepts(text), isGood);
      }),
      { numRuns: 400 },
    );
    assert.ok(seen.good > 20 && seen.bad > 20, JSON.stringify(seen));
  });

  it('requires what has no default and refuses unknown keys, everywhere', () => {
    const objects = containersOf(schema).filter(
      (part) => !Array.isArray(part) && part.type === 'object' && 'properties' in part,
    ) as Record<string, Record<string, unknown> | undefined>[];
    assert.ok(objects.length > 40);
    // Open are a layer in a block, which may have references, and what has the names of the file:
    // the blocks, their parameters, and the use of a block.
    const closed = objects.filter(({ additionalProperties }) => !(additionalProperties ?? true));
    assert.equal(objects.length - closed.length, 4);
    for (const { properties = {}, required = [] } of objects) {
      for (const key of required as unknown as string[]) {
        const property = properties[key] as Record<string, unknown>;
        assert.ok(property !== undefined && !('default' in property), key);
      }
    }
  });
});
