import type { FamilyName } from '../catalogue/index';
import { experimentSchema } from './experiment';

/** The part of JSON Schema that the catalogue uses, for code that walks a schema. */
export interface SchemaNode {
  readonly type?: 'object' | 'array' | 'integer' | 'number' | 'string' | 'boolean';
  readonly title?: string;
  readonly description?: string;
  /** Shown after the value: `px`. */
  readonly unit?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  /** Alternatives told apart by their own shape: names, or one number and a pair. */
  readonly anyOf?: readonly SchemaNode[];
  /** Components told apart by `type`. */
  readonly oneOf?: readonly SchemaNode[];
  /** The family of the catalogue whose components or names stand here. */
  readonly family?: FamilyName;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  /** The schema of further properties, whatever their names. */
  readonly additional?: SchemaNode;
  readonly required?: readonly string[];
  readonly items?: SchemaNode | readonly SchemaNode[];
  /** Whether the elements may have "$name" in place of any value, for a parameter of their block. */
  readonly template?: boolean;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  /** Whether the numbers of a list must not become smaller from one to the next. */
  readonly isAscending?: boolean;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
}

/** The schema of a whole file, as something to walk. */
export const rootSchema = experimentSchema as unknown as SchemaNode;

/** The properties of an object's schema, in the order in which the catalogue declares them. */
export function propertiesOf(schema: SchemaNode): readonly (readonly [string, SchemaNode])[] {
  return Object.entries(schema.properties ?? {});
}

/** The schema of one property; own properties only, so that `__proto__` is no property of anything. */
export function propertyOf(schema: SchemaNode, key: string): SchemaNode | undefined {
  const properties = schema.properties ?? {};
  return Object.hasOwn(properties, key) ? properties[key] : schema.additional;
}

/** Whether a file must state the property: it has no default and may not be absent. */
export function isRequired(schema: SchemaNode, key: string): boolean {
  const property = propertyOf(schema, key);
  return property?.default === undefined && (schema.required ?? []).includes(key);
}

/** The `type` of a component's schema: `conv2d`. */
export function kindOf(branch: SchemaNode): string | undefined {
  const kind = branch.properties?.type?.const;
  return typeof kind === 'string' ? kind : undefined;
}

/** The schema of the element of a list, or of a fixed place in it. */
export function itemOf(schema: SchemaNode, index: number): SchemaNode | undefined {
  const { items } = schema;
  return Array.isArray(items) ? (items as readonly SchemaNode[])[index] : (items as SchemaNode);
}

/** The values a choice allows: of `enum`, of constants, of names. */
export function choicesOf(schema: SchemaNode): readonly unknown[] | undefined {
  if (schema.const !== undefined) return [schema.const];
  if (schema.enum !== undefined) return schema.enum;
  const { anyOf } = schema;
  if (anyOf?.every((option) => option.const !== undefined)) {
    return anyOf.map((option) => option.const);
  }
  return undefined;
}
