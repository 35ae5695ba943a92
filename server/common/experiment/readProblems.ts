import type { Node } from 'jsonc-parser';
import type { JsonPath } from './path';
import type { Problem } from './problem';
import { alternatives, expectation, nameOf, shorten, subjectOf } from './readMessages';
import { headOf, type Member } from './readNode';
import { kindOf, propertyOf, type SchemaNode } from './schemaNode';
import { nearestName } from './suggest';

/** Enough for every file that someone wants to repair; a broken five-megabyte file stops here. */
const maxProblems = 500;

/** Where a problem goes: the text it is in and the list it is added to. */
export interface ReadContext {
  readonly text: string;
  readonly problems: Problem[];
  /** Number of places that could not be read, reported or not: what holds one of them is not whole. */
  gaps: number;
  /** How many lists around the place may have "$name" for a value. */
  templates?: number;
}

/** Whether no further problem is taken. */
export function isFull({ problems }: ReadContext): boolean {
  return problems.length >= maxProblems;
}

/** Adds a problem, unless there are enough of them. */
export function report(
  ctx: ReadContext,
  place: Pick<Node, 'offset' | 'length'>,
  code: string,
  message: string,
  path: JsonPath,
  suggestion?: string,
): undefined {
  gap(ctx);
  if (isFull(ctx)) return undefined;
  const { offset, length } = place;
  const fix = suggestion === undefined ? {} : { suggestion };
  ctx.problems.push({ severity: 'error', code, message, path, offset, length, ...fix });
  return undefined;
}

/** Counts a place that could not be read. */
export function gap(ctx: ReadContext): undefined {
  ctx.gaps += 1;
  return undefined;
}

/** A value of another type than the schema has. */
export function wrongType(
  ctx: ReadContext,
  node: Node,
  schema: SchemaNode,
  path: JsonPath,
): undefined {
  const message = `${nameOf(path)} must be ${expectation(schema)}; got ${sourceOf(ctx, node)}.`;
  const isQuotedNumber =
    typeof node.value === 'string' &&
    (schema.type === 'number' || schema.type === 'integer') &&
    /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(node.value);
  const advice = isQuotedNumber ? ' Remove the quotes.' : '';
  const suggestion = isQuotedNumber ? String(Number(node.value)) : undefined;
  return report(ctx, node, 'schema/type', message + advice, path, suggestion);
}

/** A key that an object must have and does not. */
export function missingKey(
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
export function unknownKey(
  ctx: ReadContext,
  member: Member,
  members: ReadonlyMap<string, Member>,
  schema: SchemaNode,
  path: JsonPath,
): string | undefined {
  if (isFull(ctx)) return gap(ctx);
  const kind = kindOf(schema);
  const owner = kind ?? (path.length === 0 ? 'an experiment' : nameOf(path));
  const keys = Object.keys(schema.properties ?? {});
  const near = nearestName(
    member.key,
    keys.filter((key) => !members.has(key)),
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

/** A key that an object has more than once; the last one counts. */
export function duplicateKey(ctx: ReadContext, member: Member, path: JsonPath): void {
  const message = `The key \`${shorten(member.key)}\` is given twice in the same object. Keep one of them.`;
  report(ctx, member.keyNode, 'schema/duplicate-key', message, [...path, member.key]);
}

/** Something else where a component belongs; a mere name of one is taken as its kind. */
export function noComponent(
  ctx: ReadContext,
  node: Node,
  schema: SchemaNode,
  path: JsonPath,
): undefined {
  const kinds = kindsOf(schema);
  const isKind = typeof node.value === 'string' && kinds.includes(node.value);
  const suggestion = `{ "type": ${JSON.stringify(isKind ? node.value : kinds[0])} }`;
  const message = `${nameOf(path)} must be an object with the \`type\` of a ${subjectOf(schema)}; got ${sourceOf(ctx, node)}. Write ${suggestion}.`;
  return report(ctx, node, 'schema/type', message, path, isKind ? suggestion : undefined);
}

export function missingKind(
  ctx: ReadContext,
  node: Node,
  schema: SchemaNode,
  path: JsonPath,
): undefined {
  const message = `A ${subjectOf(schema)} must have a \`type\`. ${knownKinds(schema)}`;
  return report(ctx, headOf(node), 'schema/missing-key', message, path);
}

export function unknownKind(
  ctx: ReadContext,
  kindNode: Node,
  schema: SchemaNode,
  path: JsonPath,
): undefined {
  const what = subjectOf(schema);
  const kind = kindNode.value as unknown;
  const got = sourceOf(ctx, kindNode);
  const near = typeof kind === 'string' ? nearestName(kind, kindsOf(schema)) : undefined;
  const failure =
    typeof kind === 'string'
      ? `There is no ${what} ${got}.`
      : `\`type\` must be the name of a ${what}; got ${got}.`;
  const advice = near === undefined ? '' : ` Did you mean "${near}"?`;
  const message = `${failure}${advice} ${knownKinds(schema)}`;
  return report(ctx, kindNode, 'schema/unknown-type', message, [...path, 'type'], quoted(near));
}

function kindsOf(schema: SchemaNode): readonly string[] {
  return (schema.oneOf ?? []).flatMap((branch) => kindOf(branch) ?? []);
}

function knownKinds(schema: SchemaNode): string {
  const names = kindsOf(schema).map((kind) => `"${kind}"`);
  return `Known kinds: ${alternatives(names, 'and')}.`;
}

/** The source of a value for a message. */
export function sourceOf(ctx: ReadContext, node: Node): string {
  if (node.type === 'object') return 'an object';
  if (node.type === 'array') return (node.children ?? []).length === 0 ? 'an empty list' : 'a list';
  return shorten(ctx.text.slice(node.offset, node.offset + node.length));
}

/** A name as it is written in the file. */
export function quoted(name: string | undefined): string | undefined {
  return name === undefined ? undefined : JSON.stringify(name);
}
