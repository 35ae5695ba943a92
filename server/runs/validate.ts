/** The part of JSON Schema that our records use. */
interface RecordSchema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, RecordSchema>>;
  readonly required?: readonly string[];
  readonly patternProperties?: Readonly<Record<string, RecordSchema>>;
  readonly items?: RecordSchema;
  readonly allOf?: readonly RecordSchema[];
}

/**
 * What of a value that was read from disk does not fit its schema, as "progress.epoch must be integer";
 * undefined when it fits. Unknown members are let through: a later version may have written them.
 */
export function misfitOf(schema: object, value: unknown, place = 'it'): string | undefined {
  const { type, properties, patternProperties, items, required, allOf, ...rest } =
    schema as RecordSchema;
  if ('const' in rest && value !== rest.const) return `${place} must be ${String(rest.const)}`;
  if (rest.enum !== undefined && !rest.enum.includes(value)) {
    return `${place} must be one of ${rest.enum.join(', ')}`;
  }
  if (type !== undefined && !isOfType(type, value)) return `${place} must be ${type}`;
  for (const part of allOf ?? []) {
    const misfit = misfitOf(part, value, place);
    if (misfit !== undefined) return misfit;
  }
  if (Array.isArray(value)) {
    return (
      items && firstOf(value.entries(), ([i, item]) => misfitOf(items, item, `${place}[${i}]`))
    );
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const inner = (name: string) => (place === 'it' ? name : `${place}.${name}`);
  const missing = required?.find((name) => !Object.hasOwn(value, name));
  if (missing !== undefined) return `${inner(missing)} is missing`;
  const anyMember = Object.values(patternProperties ?? {})[0];
  return firstOf(Object.entries(value), ([name, member]) => {
    const known = properties !== undefined && Object.hasOwn(properties, name);
    const memberSchema = known ? properties[name] : anyMember;
    return memberSchema && misfitOf(memberSchema, member, inner(name));
  });
}

function isOfType(type: string, value: unknown): boolean {
  if (type === 'integer') return Number.isSafeInteger(value);
  if (type === 'number') return typeof value === 'number' && Number.isFinite(value);
  if (type === 'array') return Array.isArray(value);
  if (type === 'object') {
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  }
  return typeof value === type;
}

function firstOf<T, R>(items: Iterable<T>, find: (item: T) => R | undefined): R | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
