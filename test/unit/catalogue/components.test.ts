import assert from 'node:assert/strict';
import { parseTree } from 'jsonc-parser';
import { catalogue, family, type FamilyName } from '#common/catalogue/index';
import type { Component } from '#common/catalogue/component';
import type { ReadContext } from '#common/experiment/readProblems';
import { readValue } from '#common/experiment/readValue';
import { componentSnippet } from '#common/experiment/schema';
import { componentDocs, parametersOf, schemaOf } from '#common/experiment/schemaDocs';
import { choicesOf, isRequired, type SchemaNode } from '#common/experiment/schemaNode';

const all = (Object.keys(catalogue) as FamilyName[]).flatMap((name) =>
  Object.entries(family(name).components).map(
    ([key, component]) => [`${name}/${key}`, key, component] as const,
  ),
);

/** The messages of reading a value by a schema, and the value. */
function read(text: string, schema: SchemaNode): { value: unknown; problems: readonly string[] } {
  const ctx: ReadContext = { text, problems: [], gaps: 0 };
  const node = parseTree(text);
  assert.ok(node, text);
  const value = readValue(ctx, node, schema, []);
  return { value, problems: ctx.problems.map(({ message }) => message) };
}

/** A snippet with its places filled in as they are shown. */
function filled(snippet: string): string {
  return snippet.replace(/\$\{\d+:([^}]*)\}/g, '$1');
}

function numbersIn(schema: SchemaNode): readonly SchemaNode[] {
  const inner = [...(schema.anyOf ?? []), ...[schema.items ?? []].flat()] as SchemaNode[];
  return [schema, ...inner.flatMap(numbersIn)].filter(
    ({ type }) => type === 'integer' || type === 'number',
  );
}

describe('the catalogue', () => {
  it('has components in every family', () => {
    for (const name of Object.keys(catalogue) as FamilyName[]) {
      assert.ok(Object.keys(family(name).components).length > 0, name);
    }
    assert.ok(all.length > 30);
  });

  for (const [title, key, component] of all) {
    describe(title, () => {
      it('is filed under its type', () => assert.equal(component.type, key));

      it('is described in sentences', () => {
        assert.match(component.summary, /^[A-Z0-9].*\.$|^scikit-learn.*\.$/);
        assert.ok(
          component.title.length > 0 && componentDocs(component).includes(component.summary),
        );
        for (const [name, schema] of parametersOf(component)) {
          assert.match(schema.description ?? '', /.{8,}\.$/, name);
        }
      });

      it('has examples and a snippet that are read without a problem', () => {
        for (const example of component.examples) {
          assert.deepEqual(read(JSON.stringify(example), schemaOf(component)).problems, []);
        }
        const snippet = filled(componentSnippet(component));
        assert.deepEqual(read(snippet, schemaOf(component)).problems, [], snippet);
      });

      it('has defaults that its own rules accept', () => {
        for (const [name, schema] of parametersOf(component)) {
          if (schema.default === undefined) continue;
          const { problems } = read(JSON.stringify(schema.default), schema);
          assert.deepEqual(problems, [], name);
        }
      });

      it('gives an example for what it requires', () => {
        for (const [name] of parametersOf(component)) {
          if (!isRequired(schemaOf(component), name)) continue;
          assert.ok(
            component.examples.some((example) => Object.hasOwn(example, name)),
            name,
          );
        }
      });

      it('states a unit in the docs of every name that carries one', () => {
        for (const [name, schema] of parametersOf(component)) {
          if (/(Px|Um|Degrees)$/.test(name)) assert.ok(schema.unit !== undefined, name);
        }
      });

      it('has a range for every number that could not be any', () => {
        const free = new Set(['value', 'mean', 'minval', 'maxval', 'minimum', 'maximum']);
        for (const [name, schema] of parametersOf(component)) {
          if (free.has(name) || choicesOf(schema) !== undefined) continue;
          for (const number of numbersIn(schema)) {
            const hasLow = number.minimum !== undefined || number.exclusiveMinimum !== undefined;
            assert.ok(hasLow, `${component.type}.${name}`);
          }
        }
      });
    });
  }

  it('resolves a component to all its parameters', () => {
    const component: Component = family('layers').components.dropout as Component;
    const { value } = read('{ "type": "dropout" }', schemaOf(component));
    assert.deepEqual(value, { type: 'dropout', rate: 0.5, mode: 'inverted' });
  });
});
