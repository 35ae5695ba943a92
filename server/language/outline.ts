import { describe } from '#common/catalogue/shape';
import type { Diagnosis } from '#common/experiment/diagnose';
import { formatPath, type JsonPath } from '#common/experiment/path';
import { membersOf } from '#common/experiment/readNode';
import type { Node } from 'jsonc-parser';
import { SymbolKind, type DocumentSymbol } from 'vscode-languageserver';
import type { TextDocument } from 'vscode-languageserver-textdocument';

/** The outline: sections, and in them their components by name. */
export function documentSymbols(doc: TextDocument, diagnosis: Diagnosis): DocumentSymbol[] {
  const { root, trace } = diagnosis;
  if (root === undefined) return [];
  // A layer of a block has as many names and shapes as the block has uses.
  const layers = (trace?.layers ?? []).filter(({ path, entry }) => path === entry);
  const traced = [...layers, ...(trace?.physics ?? [])];
  const byPath = new Map(traced.map((part) => [formatPath(part.path), part]));
  const rangeOf = ({ offset, length }: Pick<Node, 'offset' | 'length'>) => ({
    start: doc.positionAt(offset),
    end: doc.positionAt(offset + length),
  });
  const symbolsIn = (node: Node, path: JsonPath): DocumentSymbol[] =>
    partsOf(node, path).map((part) => {
      const known = byPath.get(formatPath(part.path));
      return {
        name: known?.name ?? part.name,
        detail: known === undefined ? part.detail : `→ ${describe(known.outputShape)}`,
        kind: part.isComponent ? SymbolKind.Object : SymbolKind.Module,
        range: rangeOf(part.whole),
        selectionRange: rangeOf(part.head),
        children: symbolsIn(part.value, part.path),
      };
    });
  return symbolsIn(root, []);
}

interface Part {
  readonly name: string;
  readonly detail: string;
  readonly isComponent: boolean;
  readonly path: JsonPath;
  readonly whole: Node;
  readonly head: Node;
  readonly value: Node;
}

/** Objects and lists in an object, objects in a list; numbers and names would only fill the outline. */
function partsOf(node: Node, path: JsonPath): readonly Part[] {
  if (node.type === 'array') {
    return (node.children ?? []).flatMap((child, index) =>
      child.type === 'object' ? elementPart(child, [...path, index]) : [],
    );
  }
  return membersOf(node).flatMap(({ key, keyNode, valueNode }) => {
    if (valueNode === undefined || (valueNode.type !== 'object' && valueNode.type !== 'array')) {
      return [];
    }
    const kind = kindOfNode(valueNode);
    return {
      name: key === '' ? '""' : key,
      detail: typeof kind?.value === 'string' ? kind.value : '',
      isComponent: kind !== undefined,
      path: [...path, key],
      whole: keyNode.parent ?? valueNode,
      head: keyNode,
      value: valueNode,
    };
  });
}

function elementPart(child: Node, path: JsonPath): Part {
  const kind = kindOfNode(child);
  const name = typeof kind?.value === 'string' && kind.value !== '' ? kind.value : '{ … }';
  return {
    ...{ name, detail: '', isComponent: true, path },
    ...{ whole: child, head: kind ?? child, value: child },
  };
}

function kindOfNode(node: Node): Node | undefined {
  return membersOf(node).find(({ key }) => key === 'type')?.valueNode;
}
