import { describe } from '#common/catalogue/shape';
import type { Diagnosis } from '#common/experiment/diagnose';
import { formatPath, type JsonPath } from '#common/experiment/path';
import { choiceDocs, componentDocs, componentOf, keyDocs } from '#common/experiment/schemaDocs';
import { findNodeAtOffset, getNodePath, type Node } from 'jsonc-parser';
import { MarkupKind, type Hover, type Position } from 'vscode-languageserver';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { placeOf } from './place';

/** What a key, a kind, a name or a value means here. */
export function hoverAt(doc: TextDocument, position: Position, diagnosis: Diagnosis): Hover | null {
  const { root } = diagnosis;
  if (root === undefined) return null;
  const node = findNodeAtOffset(root, doc.offsetAt(position), true);
  if (node === undefined) return null;
  const value = docsAt(node, root, diagnosis);
  if (value === undefined) return null;
  return {
    contents: { kind: MarkupKind.Markdown, value },
    range: { start: doc.positionAt(node.offset), end: doc.positionAt(node.offset + node.length) },
  };
}

function docsAt(node: Node, root: Node, diagnosis: Diagnosis): string | undefined {
  if (node.type === 'object' || node.type === 'array' || node.type === 'property') return undefined;
  const property = node.parent?.type === 'property' ? node.parent : undefined;
  const isKey = property?.children?.[0] === node;
  const path = getNodePath(node);
  if (!isKey && path.at(-1) === 'type') {
    const docs = kindDocs(root, path, node);
    return docs === undefined ? undefined : withShape(docs, path.slice(0, -1), diagnosis);
  }
  const place = placeOf(root, path);
  if (place === undefined) return undefined;
  const { schema, required } = place;
  const choice = isKey ? undefined : choiceDocs(schema, node.value);
  const key = path.findLast((part) => typeof part === 'string') ?? '';
  return choice ?? (path.at(-1) === 'type' ? kindKeyDocs : keyDocs(key, schema, required));
}

const kindKeyDocs =
  '**`type`** · required\n\nWhich component this is; its other keys follow from it.';

/** The docs of the component whose `type` is at the path. */
function kindDocs(root: Node, path: JsonPath, node: Node): string | undefined {
  const owner = placeOf(root, path.slice(0, -1))?.schema.family;
  if (owner === undefined || typeof node.value !== 'string') return undefined;
  const component = componentOf(owner, node.value);
  return component === undefined ? undefined : componentDocs(component);
}

/** A layer's docs with what it does to the shape in this place. */
function withShape(docs: string, path: JsonPath, { trace }: Diagnosis): string {
  const here = formatPath(path);
  const layer = trace?.layers.find((candidate) => formatPath(candidate.path) === here);
  const part = layer ?? trace?.physics.find((candidate) => formatPath(candidate.path) === here);
  if (part === undefined) return docs;
  const count = layer === undefined ? '' : ` · ${layer.parameters} parameters`;
  return `${docs}\n\nHere: ${describe(part.inputShape)} → ${describe(part.outputShape)}${count}`;
}
