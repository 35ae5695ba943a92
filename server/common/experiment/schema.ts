import { family } from '../catalogue/index';
import type { Component } from '../catalogue/component';
import { rangeOf } from './readMessages';
import { componentDocs, componentOf, keyDocs, withUnit } from './schemaDocs';
import {
  choicesOf,
  isRequired,
  kindOf,
  propertiesOf,
  rootSchema,
  type SchemaNode,
} from './schemaNode';

/** A JSON Schema (draft 7) with the extensions that VS Code reads. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * The JSON Schema of an experiment file for editors, derived from the schema that reading walks: a key
 * with a default is not required, unknown keys are refused, components are told apart by `type`.
 */
export function editorSchema(): JsonSchema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Lightbench experiment',
    ...convert(rootSchema),
    allowTrailingCommas: true,
  };
}

/** A completion snippet of a whole component, in LSP syntax. */
export function componentSnippet(component: Component): string {
  const members = component.snippet === undefined ? '' : `, ${component.snippet}`;
  return `{ "type": "${component.type}"${members} }`;
}

function convert(schema: SchemaNode): JsonSchema {
  if (schema.oneOf !== undefined) return components(schema);
  const choices = choicesOf(schema);
  if (choices !== undefined) return choice(schema, choices);
  if (schema.anyOf !== undefined) {
    return { anyOf: schema.anyOf.map(convert), ...annotations(schema) };
  }
  if (schema.type === 'object') return object(schema);
  const { type, items, minItems, maxItems, uniqueItems, minLength, maxLength } = schema;
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema;
  return defined({
    type,
    items: items === undefined ? undefined : schema.template ? anyComponent : itemsOf(items),
    additionalItems: Array.isArray(items) ? false : undefined,
    ...{ minItems, maxItems, uniqueItems, minLength, maxLength },
    ...{ minimum, maximum, exclusiveMinimum, exclusiveMaximum },
    ...annotations(schema),
  });
}

/** A component that may have "$name" for any value: what stands for it is checked where it is used. */
const anyComponent: JsonSchema = {
  type: 'object',
  properties: { type: { type: 'string' } },
  required: ['type'],
};

function itemsOf(items: NonNullable<SchemaNode['items']>): unknown {
  return Array.isArray(items)
    ? (items as readonly SchemaNode[]).map(convert)
    : convert(items as SchemaNode);
}

function object(schema: SchemaNode): JsonSchema {
  const properties = propertiesOf(schema).map(([name, property]) => {
    const markdownDescription = keyDocs(name, property, isRequired(schema, name));
    const isKind = name === 'type' && kindOf(schema) !== undefined;
    return [name, isKind ? kindSchema(property) : { ...convert(property), markdownDescription }];
  });
  return defined({
    type: 'object',
    properties: Object.fromEntries(properties) as JsonSchema,
    required: propertiesOf(schema).flatMap(([name]) => (isRequired(schema, name) ? name : [])),
    additionalProperties: schema.additional === undefined ? false : convert(schema.additional),
    ...annotations(schema),
  });
}

/** The `type` of a component: its docs stand at the component. */
function kindSchema(property: SchemaNode): JsonSchema {
  return { type: 'string', const: property.const };
}

function components(schema: SchemaNode): JsonSchema {
  const found = (schema.oneOf ?? []).map((branch) => {
    const component = componentOf(schema.family ?? 'layers', kindOf(branch) ?? '');
    return { branch, component };
  });
  return defined({
    ...annotations(schema),
    type: 'object',
    required: ['type'],
    oneOf: found.map(({ branch, component }) => ({
      ...object(branch),
      ...(component === undefined ? {} : { markdownDescription: componentDocs(component) }),
    })),
    defaultSnippets: found.flatMap(({ component }) =>
      component === undefined
        ? []
        : {
            label: component.type,
            description: component.summary,
            bodyText: componentSnippet(component),
          },
    ),
  });
}

function choice(schema: SchemaNode, choices: readonly unknown[]): JsonSchema {
  const named = (schema.anyOf ?? []).map((option) => option.description ?? '');
  return defined({
    type: typeof choices[0] === 'string' ? 'string' : 'integer',
    ...(choices.length === 1 && schema.family === undefined
      ? { const: choices[0] }
      : { enum: choices }),
    enumDescriptions: named.length === 0 ? undefined : named,
    ...annotations(schema),
  });
}

function annotations(schema: SchemaNode): JsonSchema {
  const range = schema.minimum === undefined && schema.maximum === undefined ? '' : rangeOf(schema);
  const description = schema.description === undefined ? undefined : withUnit(schema);
  return defined({
    title:
      schema.title ?? (schema.family === undefined ? undefined : family(schema.family).singular),
    description:
      description === undefined || range === '' ? description : `${description} A number${range}.`,
    default: schema.default,
  });
}

function defined(schema: Readonly<Record<string, unknown>>): JsonSchema {
  return Object.fromEntries(Object.entries(schema).filter(([, value]) => value !== undefined));
}
