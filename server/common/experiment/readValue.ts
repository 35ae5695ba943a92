import type { Node } from 'jsonc-parser';
import type { JsonPath } from './path';
import { brokenBound, expectation, nameOf } from './readMessages';
import { membersOf, nodeOfValue, headOf, type Member } from './readNode';
import {
  duplicateKey,
  gap,
  isFull,
  missingKey,
  missingKind,
  noComponent,
  quoted,
  report,
  sourceOf,
  unknownKey,
  unknownKind,
  wrongType,
  type ReadContext,
} from './readProblems';
import {
  choicesOf,
  isRequired,
  itemOf,
  kindOf,
  propertiesOf,
  propertyOf,
  type SchemaNode,
} from './schemaNode';
import { isReference } from './reference';
import { nearestName } from './suggest';

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
  if (isFull(ctx)) return gap(ctx);
  if ((ctx.templates ?? 0) > 0 && isReference(node.value)) return node.value;
  if (schema.oneOf !== undefined) return readComponent(ctx, node, schema, path);
  const choices = choicesOf(schema);
  if (choices !== undefined) return readChoice(ctx, node, schema, choices, path);
  if (schema.anyOf !== undefined) {
    const sameType = schema.anyOf.filter((option) => hasJsonType(node, option));
    const fitting = sameType.find((option) => hasItsLength(node, option)) ?? sameType[0];
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
  const unknown: Member[] = [];
  for (const member of membersOf(node)) {
    if (members.has(member.key)) duplicateKey(ctx, member, path);
    else if (propertyOf(schema, member.key) === undefined) unknown.push(member);
    members.set(member.key, member);
  }
  // A key that is there with a slip is not missing too.
  const meant = new Set(unknown.map((member) => unknownKey(ctx, member, members, schema, path)));
  const entries: [string, unknown][] = [];
  for (const [key, property] of propertiesOf(schema)) {
    const member = members.get(key);
    if (member === undefined && isRequired(schema, key) && !meant.has(key)) {
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
  return Object.fromEntries([...entries, ...readAdditional(ctx, members, schema, path)]);
}

/** The members whose names the schema leaves open. */
function readAdditional(
  ctx: ReadContext,
  members: ReadonlyMap<string, Member>,
  schema: SchemaNode,
  path: JsonPath,
): readonly [string, unknown][] {
  const { additional, properties = {} } = schema;
  if (additional === undefined) return [];
  return [...members].flatMap(([key, { valueNode }]): [string, unknown][] => {
    if (Object.hasOwn(properties, key)) return [];
    const value =
      valueNode === undefined ? gap(ctx) : readValue(ctx, valueNode, additional, [...path, key]);
    return value === undefined ? [] : [[key, value]];
  });
}

function readComponent(ctx: ReadContext, node: Node, schema: SchemaNode, path: JsonPath): unknown {
  if (node.type !== 'object') return noComponent(ctx, node, schema, path);
  const member = membersOf(node).findLast(({ key }) => key === 'type');
  if (member === undefined) return missingKind(ctx, node, schema, path);
  const kindNode = member.valueNode;
  if (kindNode === undefined) return gap(ctx);
  const branch = schema.oneOf?.find((candidate) => kindOf(candidate) === kindNode.value);
  if (branch === undefined) return unknownKind(ctx, kindNode, schema, path);
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
  const templates = ctx.templates ?? 0;
  ctx.templates = templates + (schema.template === true ? 1 : 0);
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
  ctx.templates = templates;
  if (schema.isAscending === true && !broken) return readAscending(ctx, node, values, path);
  return values;
}

/** The values, if none is below the one before. */
function readAscending(
  ctx: ReadContext,
  node: Node,
  values: readonly unknown[],
  path: JsonPath,
): readonly unknown[] | undefined {
  const numbers = values as readonly number[];
  if (numbers.every((value, i) => i === 0 || value >= numbers[i - 1]!)) return values;
  const ordered = `[${numbers.toSorted((a, b) => a - b).join(', ')}]`;
  const got = `[${numbers.join(', ')}]`;
  const message = `${nameOf(path)} must go from low to high; got ${got}. Write ${ordered}.`;
  return report(ctx, node, 'schema/order', message, path, ordered);
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

function hasJsonType(node: Node, schema: SchemaNode): boolean {
  if (schema.type === undefined) return true;
  return node.type === (schema.type === 'integer' ? 'number' : schema.type);
}

/** Whether a list is as long as a schema of fixed places wants it. */
function hasItsLength(node: Node, { items }: SchemaNode): boolean {
  return !Array.isArray(items) || items.length === (node.children ?? []).length;
}

/** The unit of a list or a choice holds for the numbers in it. */
function unitOf(schema: SchemaNode): Pick<SchemaNode, 'unit'> {
  return schema.unit === undefined ? {} : { unit: schema.unit };
}
