import { family } from '../catalogue/index';
import { formatPath, type JsonPath } from './path';
import { choicesOf, itemOf, type SchemaNode } from './schemaNode';

/** A place for a message: the key and, for an element of a list, its number: `kernelSize[0]`. */
export function nameOf(path: JsonPath): string {
  const keyAt = path.findLastIndex((part) => typeof part === 'string');
  return path.length === 0 ? 'The file' : `\`${formatPath(path.slice(Math.max(0, keyAt)))}\``;
}

/** What a value must be: "a whole number of at least 1". */
export function expectation(schema: SchemaNode): string {
  const choices = choicesOf(schema);
  if (choices !== undefined) return alternatives(choices.map((choice) => JSON.stringify(choice)));
  if (schema.oneOf !== undefined) return `an object with a \`type\``;
  if (schema.anyOf !== undefined) return schema.anyOf.map(expectation).join(' or ');
  switch (schema.type) {
    case 'integer':
      return `a whole number${rangeOf(schema)}`;
    case 'number':
      return `a number${rangeOf(schema)}`;
    case 'boolean':
      return 'true or false';
    case 'string':
      return 'a text in double quotes';
    case 'array':
      return listExpectation(schema);
    case 'object':
    case undefined:
      return 'an object, { … }';
  }
}

function listExpectation(schema: SchemaNode): string {
  const first = itemOf(schema, 0);
  if (!Array.isArray(schema.items) || first === undefined) return 'a list, [ … ]';
  if (schema.isAscending === true) {
    return `[low, high]${rangeOf({ ...first, unit: schema.unit ?? first.unit })}`;
  }
  const isWhole = first.type === 'integer';
  return `a list of ${schema.items.length} ${isWhole ? 'whole numbers' : 'numbers'}`;
}

/** The range of a number with its unit: " from 0.2 to 5 px". */
export function rangeOf(schema: SchemaNode): string {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema;
  const unit = schema.unit === undefined ? '' : ` ${schema.unit}`;
  if (minimum !== undefined && maximum !== undefined)
    return ` from ${minimum} to ${maximum}${unit}`;
  const ends = [
    ...(minimum === undefined ? [] : [`of at least ${minimum}`]),
    ...(exclusiveMinimum === undefined ? [] : [`above ${exclusiveMinimum}`]),
    ...(maximum === undefined ? [] : [`at most ${maximum}`]),
    ...(exclusiveMaximum === undefined ? [] : [`below ${exclusiveMaximum}`]),
  ];
  return ends.length === 0 ? '' : ` ${ends.join(' and ')}${unit}`;
}

/** The end of its range that a number breaks: " of at least 1"; undefined when it breaks none. */
export function brokenBound(schema: SchemaNode, value: number): string | undefined {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema;
  const unit = schema.unit === undefined ? '' : ` ${schema.unit}`;
  if (minimum !== undefined && value < minimum) return ` of at least ${minimum}${unit}`;
  if (maximum !== undefined && value > maximum) return ` of at most ${maximum}${unit}`;
  if (exclusiveMinimum !== undefined && value <= exclusiveMinimum) {
    return ` above ${exclusiveMinimum}${unit}`;
  }
  if (exclusiveMaximum !== undefined && value >= exclusiveMaximum) {
    return ` below ${exclusiveMaximum}${unit}`;
  }
  return undefined;
}

/** What stands in a place of the schema: "network layer", "padding". */
export function subjectOf(schema: SchemaNode): string {
  return schema.family === undefined ? 'choice' : family(schema.family).singular;
}

/** "a", "a or b", "a, b or c"; long lists break off. */
export function alternatives(words: readonly string[], joint: 'or' | 'and' = 'or'): string {
  const shown = words.slice(0, 24);
  const rest = words.length > shown.length ? ' …' : '';
  if (shown.length < 2) return `${shown.join('')}${rest}`;
  return `${shown.slice(0, -1).join(', ')} ${joint} ${shown.at(-1)}${rest}`;
}

/** A value as it stands in the file, short enough for one line. */
export function shorten(source: string): string {
  const line = source.replace(/\s+/g, ' ');
  return line.length <= 40 ? line : `${line.slice(0, 39)}…`;
}
