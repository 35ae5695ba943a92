// The names in a model: of layers that others can read, of blocks, and of their parameters.
import { argumentSchema, type TemplateLayer } from '#common/catalogue/blocks';
import { inputName, localNames } from '#common/experiment/names';
import type { JsonPath } from '#common/experiment/path';
import { membersOf, nodeAt } from '#common/experiment/readNode';
import type { SchemaNode } from '#common/experiment/schemaNode';
import type { Node } from 'jsonc-parser';

/** The schema of a parameter's value. */
export const argumentNode = argumentSchema as unknown as SchemaNode;

/** The names that may stand at a path, where it is that of an input or of a block. */
export function namesAt(root: Node | undefined, path: JsonPath): readonly string[] | undefined {
  const listAt = path.findLastIndex((part) => part === 'layers');
  const index = path[listAt + 1];
  if (path[0] !== 'model' || typeof index !== 'number') return undefined;
  const [key, ...rest] = path.slice(listAt + 2);
  if (key === 'block' && rest.length === 0) return blockNames(root);
  if (key !== 'inputs' || rest.length !== 1) return undefined;
  const list = nodeAt(root, path.slice(0, listAt + 1))?.children ?? [];
  const names = localNames(list.map(asLayer)).slice(0, index);
  // The layer before is the usual one.
  return [...names.reverse(), inputName(0)];
}

/** The parameters of the block that the layer at a path uses, with their defaults. */
export function parametersAt(
  root: Node | undefined,
  path: JsonPath,
): readonly (readonly [string, unknown])[] {
  const layer = nodeAt(root, path);
  const { type, block } = layer === undefined ? { type: '' } : asLayer(layer);
  if (type !== 'block' || block === undefined) return [];
  const parameters = nodeAt(root, ['model', 'blocks', block, 'parameters']);
  if (parameters === undefined) return [];
  return membersOf(parameters).map(({ key, valueNode }) => [key, valueNode?.value as unknown]);
}

function blockNames(root: Node | undefined): readonly string[] {
  const blocks = nodeAt(root, ['model', 'blocks']);
  return blocks === undefined ? [] : membersOf(blocks).map(({ key }) => key);
}

/** What names a layer, of one that may be half written. */
function asLayer(node: Node): TemplateLayer {
  const textOf = (wanted: string): string | undefined => {
    const value = membersOf(node).findLast(({ key }) => key === wanted)?.valueNode
      ?.value as unknown;
    return typeof value === 'string' ? value : undefined;
  };
  const [name, block] = [textOf('name'), textOf('block')];
  return {
    type: textOf('type') ?? '',
    ...(name === undefined ? {} : { name }),
    ...(block === undefined ? {} : { block }),
  };
}
