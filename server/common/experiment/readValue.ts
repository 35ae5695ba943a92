import type { Node } from 'jsonc-parser';
import type { JsonPath } from './path';
import type { Problem } from './problem';
import { alternatives, brokenBound, expectation, nameOf, shorten, subjectOf } from './readMessages';
import { headOf, membersOf, nodeOfValue, type Member } from './readNode';
import {
  choicesOf,
  isRequired,
  itemOf,
  kindOf,
  propertiesOf,
  propertyOf,
  type SchemaNode,
} from './schemaNode';
import { nearestName } from './suggest';

/** Enough for every file that someone wants to repair; a broken five-megabyte file stops here. */
const maxProblems = 500;

/** Where a problem goes: the text it is in and the list it is added to. */
export interface ReadContext {
  readonly text: string;
  readonly problems: Problem[];
  /** Number of places that could not be read, reported or not: what holds one of them is not whole. */
  gaps: number;
}

/**
 * Reads a value by its schema, with defaults filled in. What is wrong is added to the problems: an
 * object then lacks that part, a list ends before it, anything else is undefined.
 */
export function readValue(
  ctx: ReadContext,
  node: Node,
  schema: SchemaNode,
  path: JsonPath,
): unknown {
  if (ctx.problems.length >= maxProblems) return gap(ctx);
  if (schema.oneOf !== undefined) return readComponent(ctx, node, schema, path);
  const choices = choicesOf(schema);
  if (choices !== undefined) return readChoice(ctx, node, schema, choices, path);
  if (schema.anyOf !== undefined) {
    const fitting = schema.anyOf.find((option) => hasJsonType(node, option));
    if (fitting === undefined) return wrongType(ctx, node, schema, path);
    return readValue(ctx, node, { ...fitting, ...unitOf(schema) }, path);
  }
  if (!hasJsonType(node, schema)) return wrongType(ctx, node, schema, path);
  switch (schema.type) {
    case 'integer':
    case 'number':
      return readNumber(ctx, node, schema, path);
    case 'string':
      return readString(ctx, node, schema, path);
    case 'array':
      return readList(ctx, node, schema, path);
    case 'object':
      return readObject(ctx, node, schema, path);
    case 'boolean':
    case undefined:
      return node.value;
  }
}

function readObject(ctx: ReadContext, node: Node, schema: SchemaNode, path: JsonPath): object {
  const members = new Map<string, Member>();
  // A key that is there with a slip is not missing too.
  const misspelt = new Set<string | undefined>();
  for (const member of membersOf(node)) {
    if (members.has(member.key)) duplicateKey(ctx, member, path);
    else if (propertyOf(schema, member.key) === undefined) {
      misspelt.add(unknownKey(ctx, member, schema, path));
    }
    members.set(member.key, member);
  }
  const entries: [string, unknown][] = [];
  for (const [key, property] of propertiesOf(schema)) {
    const member = members.get(key);
    if (member === undefined && isRequired(schema, key) && !misspelt.has(key)) {
      missingKey(ctx, node, schema, key, path);
    }
    const valueNode =
      member === undefined && property.default !== undefined
        ? nodeOfValue(property.default, node)
        : member?.valueNode;
    if (valueNode === undefined) {
      // A key without a value is a syntax error, which has been reported.
      if (member !== undefined) gap(ctx);
      continue;
    }
    const value = readValue(ctx, valueNode, property, [...path, key]);
    if (value !== undefined) entries.push([key, value]);
  }
  return Object.fromEntries(entries);
}

function readComponent(ctx: ReadContext, node: Node, schema: SchemaNode, path: JsonPath): unknown {
  const branches = schema.oneOf ?? [];
  const kinds = branches.flatMap((branch) => kindOf(branch) ?? []);
  const what = subjectOf(schema);
  const known = `Known kinds: ${alternatives(
    kinds.map((kind) => `"${kind}"`),
    'and',
  )}.`;
  if (node.type !== 'object') {
    const named = typeof node.value === 'string' && kinds.includes(node.value);
    const suggestion = `{ "type": ${JSON.stringify(named ? node.value : kinds[0])} }`;
    const message = `${nameOf(path)} must be an object with the \`type\` of a ${what}; got ${sourceOf(ctx, node)}. Write ${suggestion}.`;
    return report(ctx, node, 'schema/type', message, path, named ? suggestion : undefined);
  }
  const member = membersOf(node).findLast(({ key }) => key === 'type');
  if (member === undefined) {
    const message = `A ${what} must have a \`type\`. ${known}`;
    return report(ctx, headOf(node), 'schema/missing-key', message, path);
  }
  const typeNode = member.valueNode;
  if (typeNode === undefined) return gap(ctx);
  const branch = branches.find((candidate) => kindOf(candidate) === typeNode.value);
  if (branch === undefined) {
    const got = sourceOf(ctx, typeNode);
    const isName = typeof typeNode.value === 'string';
    const near = isName ? nearestName(typeNode.value as string, kinds) : undefined;
    const advice = near === undefined ? known : `Did you mean "${near}"? ${known}`;
    const failure = isName
      ? `There is no ${what} ${got}.`
      : `\`type\` must be the name of a ${what}; got ${got}.`;
    const message = `${failure} ${advice}`;
    const place = [...path, 'type'];
    return report(ctx, typeNode, 'schema/unknown-type', message, place, quoted(near));
  }
  const before = ctx.gaps;
  const value = readObject(ctx, node, branch, path);
  return ctx.gaps === before ? value : undefined;
}

function readChoice(
  ctx: ReadContext,
  node: Node,
  schema: SchemaNode,
  choices: readonly unknown[],
  path: JsonPath,
): unknown {
  if (choices.includes(node.value)) return node.value;
  const names = choices.filter((choice) => typeof choice === 'string');
  const near = typeof node.value === 'string' ? nearestName(node.value, names) : undefined;
  const advice = near === undefined ? '' : ` Did you mean "${near}"?`;
  const message = `${nameOf(path)} must be ${expectation(schema)}; got ${sourceOf(ctx, node)}.${advice}`;
  return report(ctx, node, 'schema/choice', message, path, quoted(near));
}

function readNumber(ctx: ReadContext, node: Node, schema: SchemaNode, path: JsonPath): unknown {
  const value = node.value as number;
  const got = `got ${sourceOf(ctx, node)}`;
  const kind = schema.type === 'integer' ? 'a whole number' : 'a number';
  if (!Number.isFinite(value)) {
    const message = `${nameOf(path)} must be ${expectation(schema)}; ${got}, more than a number can hold. Write a smaller one.`;
    return report(ctx, node, 'schema/range', message, path);
  }
  if (schema.type === 'integer' && !Number.isInteger(value)) {
    const message = `${nameOf(path)} must be ${expectation(schema)}; ${got}. Write it without a fraction.`;
    return report(ctx, node, 'schema/type', message, path, String(Math.round(value)));
  }
  const bound = brokenBound(schema, value);
  if (bound === undefined) return value;
  const message = `${nameOf(path)} must be ${kind}${bound}; ${got}.`;
  return report(ctx, node, 'schema/range', message, path);
}

function readString(ctx: ReadContext, node: Node, schema: SchemaNode, path: JsonPath): unknown {
  const value = node.value as string;
  const { minLength = 0, maxLength = Infinity } = schema;
  if (value.length >= minLength && value.length <= maxLength) return value;
  const rule =
    value.length < minLength
      ? `a text of at least ${minLength} character${minLength === 1 ? '' : 's'}; got ${sourceOf(ctx, node)}`
      : `a text of at most ${maxLength} characters; got ${value.length}`;
  return report(ctx, node, 'schema/length', `${nameOf(path)} must be ${rule}.`, path);
}

function readList(ctx: ReadContext, node: Node, schema: SchemaNode, path: JsonPath): unknown {
  const children = node.children ?? [];
  checkCount(ctx, node, schema, path);
  const values: unknown[] = [];
  let broken = false;
  for (const [index, child] of children.entries()) {
    const item = itemOf(schema, index);
    if (item === undefined) continue;
    const before = ctx.gaps;
    const value = readValue(ctx, child, { ...item, ...unitOf(schema) }, [...path, index]);
    if (schema.uniqueItems === true && value !== undefined && values.includes(value)) {
      const message = `${nameOf(path)} names ${sourceOf(ctx, child)} twice. Remove one of them.`;
      report(ctx, child, 'schema/duplicate-item', message, [...path, index]);
    }
    broken ||= value === undefined || ctx.gaps > before;
    if (!broken) values.push(value);
  }
  return values;
}

/** Whether a list has too few or too many elements; those that it has are read all the same. */
function checkCount(ctx: ReadContext, node: Node, schema: SchemaNode, path: JsonPath): void {
  const { length } = node.children ?? [];
  const { minItems = 0, maxItems = Infinity } = schema;
  if (length >= minItems && length <= maxItems) return;
  const isTooShort = length < minItems;
  const rule = Array.isArray(schema.items)
    ? `be ${expectation(schema)}`
    : isTooShort
      ? `have at least ${minItems} element${minItems === 1 ? '' : 's'}`
      : `have at most ${maxItems} elements`;
  const message = `${nameOf(path)} must ${rule}; got ${length}. ${isTooShort ? 'Add' : 'Remove'} elements.`;
  report(ctx, headOfList(node), 'schema/length', message, path);
}

/** A long list would be marked over many lines; its key says which one it is. */
function headOfList(node: Node): Pick<Node, 'offset' | 'length'> {
  return (node.children ?? []).length > 4 ? headOf(node) : node;
}

function wrongType(ctx: ReadContext, node: Node, schema: SchemaNode, path: JsonPath): undefined {
  const message = `${nameOf(path)} must be ${expectation(schema)}; got ${sourceOf(ctx, node)}.`;
  const isQuotedNumber =
    typeof node.value === 'string' &&
    (schema.type === 'number' || schema.type === 'integer') &&
    /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(node.value);
  const advice = isQuotedNumber ? ' Remove the quotes.' : '';
  const suggestion = isQuotedNumber ? String(Number(node.value)) : undefined;
  return report(ctx, node, 'schema/type', message + advice, path, suggestion);
}

function missingKey(
  ctx: ReadContext,
  node: Node,
  schema: SchemaNode,
  key: string,
  path: JsonPath,
): void {
  const property = propertyOf(schema, key) ?? {};
  const kind = kindOf(schema);
  const owner = kind === undefined ? nameOf(path) : `A ${kind}`;
  const message = `${owner} must have the key \`${key}\`, ${expectation(property)}. Add it: ${property.description ?? ''}`;
  report(ctx, headOf(node), 'schema/missing-key', message.trim(), path);
}

/** Reports a key that the object does not have; gives the key that was probably meant. */
function unknownKey(
  ctx: ReadContext,
  member: Member,
  schema: SchemaNode,
  path: JsonPath,
): string | undefined {
  const kind = kindOf(schema);
  const owner = kind ?? (path.length === 0 ? 'an experiment' : nameOf(path));
  const present = membersOf(member.keyNode.parent?.parent ?? member.keyNode).map(({ key }) => key);
  const keys = Object.keys(schema.properties ?? {});
  const near = nearestName(
    member.key,
    keys.filter((key) => !present.includes(key)),
  );
  const known = keys.filter((key) => key !== '$schema').map((key) => `\`${key}\``);
  const advice =
    near === undefined
      ? `Remove it; known keys are ${alternatives(known, 'and')}.`
      : `Did you mean \`${near}\`?`;
  const message = `There is no key \`${shorten(member.key)}\` in ${owner}. ${advice}`;
  const place = [...path, member.key];
  report(ctx, member.keyNode, 'schema/unknown-key', message, place, quoted(near));
  return near;
}

function duplicateKey(ctx: ReadContext, member: Member, path: JsonPath): void {
  const message = `The key \`${shorten(member.key)}\` is given twice in the same object. Keep one of them.`;
  report(ctx, member.keyNode, 'schema/duplicate-key', message, [...path, member.key]);
}

function gap(ctx: ReadContext): undefined {
  ctx.gaps += 1;
  return undefined;
}

function report(
  ctx: ReadContext,
  place: Pick<Node, 'offset' | 'length'>,
  code: string,
  message: string,
  path: JsonPath,
  suggestion?: string,
): undefined {
  gap(ctx);
  const { offset, length } = place;
  const fix = suggestion === undefined ? {} : { suggestion };
  ctx.problems.push({ severity: 'error', code, message, path, offset, length, ...fix });
  return undefined;
}

function hasJsonType(node: Node, schema: SchemaNode): boolean {
  if (schema.type === undefined) return true;
  return node.type === (schema.type === 'integer' ? 'number' : schema.type);
}

/** The source of a value for a message. */
function sourceOf(ctx: ReadContext, node: Node): string {
  if (node.type === 'object') return 'an object';
  if (node.type === 'array') return (node.children ?? []).length === 0 ? 'an empty list' : 'a list';
  return shorten(ctx.text.slice(node.offset, node.offset + node.length));
}

/** The unit of a list or a choice holds for the numbers in it. */
function unitOf(schema: SchemaNode): Pick<SchemaNode, 'unit'> {
  return schema.unit === undefined ? {} : { unit: schema.unit };
}

function quoted(name: string | undefined): string | undefined {
  return name === undefined ? undefined : JSON.stringify(name);
}
