import type { Node } from 'jsonc-parser';
import type { JsonPath } from './path';

/** A property as it stands in the file. */
export interface Member {
  readonly key: string;
  readonly keyNode: Node;
  readonly valueNode?: Node;
}

/** The members of an object node in their order, repeated ones included. */
export function membersOf(node: Node): readonly Member[] {
  if (node.type !== 'object') return [];
  return (node.children ?? []).flatMap((property) => {
    const [keyNode, valueNode] = property.children ?? [];
    if (keyNode === undefined || typeof keyNode.value !== 'string') return [];
    return { key: keyNode.value, keyNode, ...(valueNode === undefined ? {} : { valueNode }) };
  });
}

/** The node at a path; of repeated keys the last counts, as in JSON. */
export function nodeAt(root: Node | undefined, path: JsonPath): Node | undefined {
  let node = root;
  for (const part of path) {
    if (node === undefined) return undefined;
    if (typeof part === 'number') node = node.type === 'array' ? node.children?.[part] : undefined;
    else node = membersOf(node).findLast(({ key }) => key === part)?.valueNode;
  }
  return node;
}

/** What stands for an object in the text: its `type` if it is a component, its key, or its brace. */
export function headOf(node: Node): Pick<Node, 'offset' | 'length'> {
  const member = membersOf(node).find(({ key }) => key === 'type');
  if (member?.valueNode !== undefined) return member.valueNode;
  const property = node.parent;
  if (property?.type === 'property') return property.children?.[0] ?? node;
  return node.type === 'object' || node.type === 'array'
    ? { offset: node.offset, length: 1 }
    : node;
}

/** A default as a node without text, at the object that lacks it, so that reading fills it in too. */
export function nodeOfValue(value: unknown, at: Pick<Node, 'offset'>): Node {
  const place = { offset: at.offset, length: 1 };
  if (Array.isArray(value)) {
    return { type: 'array', ...place, children: value.map((item) => nodeOfValue(item, at)) };
  }
  if (typeof value === 'object' && value !== null) {
    const children = Object.entries(value).map(([key, item]): Node => {
      const keyNode: Node = { type: 'string', ...place, value: key };
      return { type: 'property', ...place, children: [keyNode, nodeOfValue(item, at)] };
    });
    return { type: 'object', ...place, children };
  }
  return { type: typeof value as 'string' | 'number' | 'boolean', ...place, value };
}
