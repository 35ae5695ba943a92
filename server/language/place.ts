import type { JsonPath } from '#common/experiment/path';
import { membersOf } from '#common/experiment/readNode';
import {
  isRequired,
  itemOf,
  kindOf,
  propertyOf,
  rootSchema,
  type SchemaNode,
} from '#common/experiment/schemaNode';
import type { Node } from 'jsonc-parser';

/** What the schema says of a place in the file. */
export interface Place {
  readonly schema: SchemaNode;
  /** Whether the file must state it. */
  readonly required: boolean;
}

/** The schema of the value at a path, through the kinds that the file names; undefined off the schema. */
export function placeOf(root: Node | undefined, path: JsonPath): Place | undefined {
  let place: Place | undefined = { schema: rootSchema, required: true };
  let node = root;
  for (const part of path) {
    if (place === undefined) return undefined;
    const schema = withKind(place.schema, node);
    if (typeof part === 'number') {
      const item = itemOf(schema, part);
      place = item === undefined ? undefined : { schema: item, required: false };
      node = node?.type === 'array' ? node.children?.[part] : undefined;
    } else {
      const property = propertyOf(schema, part);
      place =
        property === undefined
          ? undefined
          : { schema: property, required: isRequired(schema, part) };
      node = node && membersOf(node).findLast(({ key }) => key === part)?.valueNode;
    }
  }
  return place;
}

/** The branch for the `type` that a component has in the file, the list for a value that is one. */
export function withKind(schema: SchemaNode, node: Node | undefined): SchemaNode {
  if (node === undefined) return schema;
  if (schema.oneOf !== undefined) {
    const kind = membersOf(node).findLast(({ key }) => key === 'type')?.valueNode?.value as unknown;
    return schema.oneOf.find((branch) => kindOf(branch) === kind) ?? schema;
  }
  const isList = node.type === 'array';
  return (isList ? schema.anyOf?.find(({ type }) => type === 'array') : undefined) ?? schema;
}
