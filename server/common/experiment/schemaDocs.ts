import { family, type FamilyName } from '../catalogue/index';
import { valueSchema, type Component, type Reference } from '../catalogue/component';
import { expectation } from './readMessages';
import { choicesOf, isRequired, propertiesOf, type SchemaNode } from './schemaNode';

/** The parameters of a component with what a file may write for each. */
export function parametersOf(component: Component): readonly (readonly [string, SchemaNode])[] {
  return propertiesOf(schemaOf(component)).filter(([name]) => name !== 'type');
}

/** The schema of a component's value. */
export function schemaOf(component: Component): SchemaNode {
  return valueSchema(component) as unknown as SchemaNode;
}

/** A component for a hover: purpose, formula, parameters, sources; Markdown. */
export function componentDocs(component: Component): string {
  const parameters = parametersOf(component);
  return [
    `**${component.title}** · \`${component.type}\``,
    component.summary,
    ...(component.formula === undefined ? [] : [formulaBlock(component.formula)]),
    ...(parameters.length === 0
      ? []
      : [parameters.map(([name, schema]) => parameterLine(component, name, schema)).join('\n')]),
    ...sourceLines(component.references),
  ].join('\n\n');
}

/** A key for a hover: what it means, what it may be, its default and its choices; Markdown. */
export function keyDocs(name: string, schema: SchemaNode, required: boolean): string {
  const choices = choiceLines(schema);
  return [
    `**\`${name}\`** · ${ruleOf(schema)} · ${defaultOf(schema, required)}`,
    ...(schema.description === undefined ? [] : [withUnit(schema)]),
    ...(choices.length === 0 ? [] : [choices.join('\n')]),
  ].join('\n\n');
}

/** A name that a key may have as its value, for a hover; Markdown. */
export function choiceDocs(schema: SchemaNode, value: unknown): string | undefined {
  const option = schema.anyOf?.find((candidate) => candidate.const === value);
  const component =
    schema.family === undefined ? undefined : componentOf(schema.family, String(value));
  if (component !== undefined) return componentDocs(component);
  if (option?.description === undefined) return undefined;
  return `**\`${String(value)}\`**\n\n${option.description}`;
}

/** A component by family and kind. */
export function componentOf(name: FamilyName, kind: string): Component | undefined {
  const { components } = family(name);
  return Object.hasOwn(components, kind) ? components[kind] : undefined;
}

/** What a value must be, in a few words: "a whole number from 1 to 65536". */
export function ruleOf(schema: SchemaNode): string {
  if (schema.oneOf !== undefined && schema.family !== undefined) {
    return `${withArticle(family(schema.family).singular)} with its \`type\``;
  }
  const choices = choicesOf(schema);
  if (schema.family !== undefined && choices !== undefined) {
    return `the name of ${withArticle(family(schema.family).singular)}`;
  }
  return choices !== undefined && choices.length > 3
    ? 'one of the names below'
    : expectation(schema);
}

/** "default 3", "required", "optional". */
export function defaultOf(schema: SchemaNode, required: boolean): string {
  if (required) return 'required';
  if (schema.default === undefined) return 'optional';
  return `default \`${JSON.stringify(schema.default)}\``;
}

/** The description with the unit of its numbers. */
export function withUnit(schema: SchemaNode): string {
  const description = schema.description ?? '';
  return schema.unit === undefined ? description : `${description} Unit: ${schema.unit}.`;
}

/** A source as Markdown. */
export function referenceText({ title, url }: Reference): string {
  return url === undefined ? title : `[${title}](${url})`;
}

function parameterLine(component: Component, name: string, schema: SchemaNode): string {
  const required = isRequired(schemaOf(component), name);
  return `- \`${name}\`: ${withUnit(schema)} (${ruleOf(schema)}; ${defaultOf(schema, required)})`;
}

function choiceLines(schema: SchemaNode): readonly string[] {
  const named = (schema.anyOf ?? []).filter((option) => option.const !== undefined);
  return named.map((option) => `- \`${String(option.const)}\`: ${option.description ?? ''}`);
}

function sourceLines(references: readonly Reference[]): readonly string[] {
  if (references.length === 0) return [];
  return [`Source: ${references.map(referenceText).join('; ')}`];
}

function formulaBlock(formula: string): string {
  return `\`\`\`text\n${formula}\n\`\`\``;
}

function withArticle(noun: string): string {
  return `${/^[aeiou]/i.test(noun) ? 'an' : 'a'} ${noun}`;
}
