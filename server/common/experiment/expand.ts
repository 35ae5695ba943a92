// Writes out the blocks of a model: a flat list of layers, each with its full name and what it reads.
import { parseTree } from 'jsonc-parser';
import { blockKeys, type BlockUse, type TemplateLayer } from '../catalogue/blocks';
import type { LayerValue } from '../catalogue/layers';
import type { ModelValue } from './experiment';
import { inputName, isInputName, localNames } from './names';
import type { JsonPath } from './path';
import type { Finding } from './problem';
import type { ReadContext } from './readProblems';
import { readValue } from './readValue';
import { isReference, referredName } from './reference';
import { itemOf, propertyOf, rootSchema, type SchemaNode } from './schemaNode';

/** The most layers that a network may have with its blocks written out. */
export const mostLayers = 2000;

/** A layer of the network. */
export interface PlacedLayer {
  /** `conv2d_1`, in a block with the block's name before it: `residual.conv2d`. */
  readonly name: string;
  readonly value: LayerValue;
  /** Where it is declared: in `model.layers` or in a block. */
  readonly path: JsonPath;
  /** The entry of `model.layers` that it comes from: itself or the use of a block. */
  readonly entry: JsonPath;
  /** Where the values of some of its keys stand, if not in it: those of a block's parameters. */
  readonly origins: Readonly<Record<string, JsonPath>>;
  /** Full names of what it reads; `input` is the normalized image. */
  readonly inputs: readonly string[];
}

export interface Expansion {
  /** As far as names and blocks make sense. */
  readonly layers: readonly PlacedLayer[];
  readonly isWhole: boolean;
  /** Values of parameters that do not fit where they are used; the rest is told by `checkGraph`. */
  readonly findings: readonly Finding[];
}

/** The value of a block's parameter and where it stands. */
interface Bound {
  readonly value: unknown;
  readonly path: JsonPath;
}

interface Scope {
  readonly path: JsonPath;
  /** Comes before the names of the layers. */
  readonly prefix: string;
  /** What the list reads, by full names. */
  readonly inputs: readonly string[];
  readonly parameters: ReadonlyMap<string, Bound>;
  /** The blocks that the list is in, from the outside. */
  readonly blocks: readonly string[];
  /** The entry of `model.layers` and the use of the block that the list comes from. */
  readonly entry?: JsonPath;
  readonly use?: JsonPath;
}

interface Work {
  readonly model: ModelValue;
  readonly layers: PlacedLayer[];
  readonly findings: Finding[];
}

/** Follows the lists of layers from the input of the network on. */
export function expandModel(model: ModelValue): Expansion {
  const work: Work = { model, layers: [], findings: [] };
  const scope: Scope = {
    path: ['model', 'layers'],
    prefix: '',
    inputs: [inputName(0)],
    parameters: new Map(),
    blocks: [],
  };
  const output = placeList(work, model.layers, scope);
  return { layers: work.layers, findings: work.findings, isWhole: output !== undefined };
}

/** Places the layers of a list; gives the full name of its output, or undefined where it breaks off. */
function placeList(work: Work, layers: readonly TemplateLayer[], scope: Scope): string | undefined {
  const names = localNames(layers);
  const known = new Map(scope.inputs.map((full, index) => [inputName(index), full]));
  let last = scope.inputs[0]!;
  for (const [index, template] of layers.entries()) {
    const path = [...scope.path, index];
    const entry = scope.entry ?? path;
    const value = substitute(work, template, path, scope);
    if (value === undefined) return undefined;
    const name = scope.prefix + names[index]!;
    const inputs = readBy(work, value.inputs, last, known, scope);
    if (inputs === undefined) return undefined;
    const place = { name, path, entry, inputs, origins: originsOf(template, scope) };
    const output =
      value.type === 'block'
        ? placeBlock(work, value, place, scope)
        : placeLayer(work, value, place);
    if (output === undefined) return undefined;
    known.set(names[index]!, output);
    last = output;
  }
  return last;
}

/** Full names of what a layer reads. */
function readBy(
  work: Work,
  names: readonly string[] | undefined,
  last: string,
  known: ReadonlyMap<string, string>,
  { inputs, blocks, use }: Scope,
): readonly string[] | undefined {
  if (names === undefined) return [last];
  const unknown = names.find((name) => !known.has(name));
  if (unknown === undefined) return names.map((name) => known.get(name)!);
  // Any other name that is not known is told by the check of the graph.
  if (use !== undefined && isInputName(unknown)) {
    const message = `Block "${blocks.at(-1)}" reads "${unknown}", but is given ${inputs.length} input${inputs.length === 1 ? '' : 's'} here. Name more layers in \`inputs\`.`;
    const finding = { severity: 'error', code: 'model/missing-input', message } as const;
    work.findings.push({ ...finding, path: [...use, 'inputs'] });
  }
  return undefined;
}

type Place = Omit<PlacedLayer, 'value'>;

function placeLayer(work: Work, value: LayerValue, place: Place): string | undefined {
  if (work.layers.length >= mostLayers) {
    const message = `The network has more than ${mostLayers} layers with its blocks written out. Lower \`repeat\`, here or in a block.`;
    const finding = { severity: 'error', code: 'model/too-many-layers', message } as const;
    work.findings.push({ ...finding, path: place.entry });
    return undefined;
  }
  work.layers.push({ value, ...place });
  return place.name;
}

/** Places the layers of a block, as often as it is repeated: each time it reads its last output. */
function placeBlock(work: Work, use: BlockUse, place: Place, scope: Scope): string | undefined {
  const { block, repeat } = use;
  // An unknown block, or one that uses itself, is told by the check of the graph.
  if (!Object.hasOwn(work.model.blocks, block) || scope.blocks.includes(block)) return undefined;
  const { parameters, layers } = work.model.blocks[block]!;
  const path = ['model', 'blocks', block];
  const bound = Object.entries(parameters).map(([key, value]): [string, Bound] => {
    const isGiven = Object.hasOwn(use, key) && !blockKeys.has(key);
    const given = { value: use[key], path: place.origins[key] ?? [...place.path, key] };
    return [key, isGiven ? given : { value, path: [...path, 'parameters', key] }];
  });
  const [first, ...others] = place.inputs;
  let output = first;
  for (let time = 1; time <= repeat && output !== undefined; time++) {
    output = placeList(work, layers, {
      path: [...path, 'layers'],
      prefix: `${place.name}.${repeat === 1 ? '' : `${time}.`}`,
      inputs: [output, ...others],
      parameters: new Map(bound),
      blocks: [...scope.blocks, block],
      entry: place.entry,
      use: place.path,
    });
  }
  return output;
}

/** Where the values stand that the members of a layer take from parameters. */
function originsOf(template: TemplateLayer, scope: Scope): Place['origins'] {
  const found = Object.entries(template).flatMap(([key, value]) => {
    const bound = isReference(value) ? scope.parameters.get(referredName(value)) : undefined;
    return bound === undefined ? [] : [[key, bound.path] as const];
  });
  return Object.fromEntries(found);
}

const layerSchema = itemOf(
  propertyOf(propertyOf(rootSchema, 'model')!, 'layers')!,
  0,
) as SchemaNode;

/** A layer with the values of the parameters, checked like one that is written out. */
function substitute(
  work: Work,
  template: TemplateLayer,
  path: JsonPath,
  scope: Scope,
): LayerValue | BlockUse | undefined {
  const text = JSON.stringify(template, (_, value: unknown) => {
    if (!isReference(value)) return value;
    return scope.parameters.get(referredName(value))?.value ?? value;
  });
  if (scope.blocks.length === 0 || text === JSON.stringify(template)) {
    return template as LayerValue | BlockUse;
  }
  const ctx: ReadContext = { text, problems: [], gaps: 0 };
  const value = readValue(ctx, parseTree(text)!, layerSchema, []);
  const origins = originsOf(template, scope);
  for (const { severity, code, message, path: inside } of ctx.problems) {
    const [key, ...rest] = inside;
    const origin = origins[String(key)];
    const place = origin === undefined ? [...path, ...inside] : [...origin, ...rest];
    const told = `In block \`${scope.blocks.at(-1)}\`: ${message}`;
    // A block that is used ten times is wrong once.
    if (work.findings.some((known) => known.message === told)) continue;
    work.findings.push({ severity, code, message: told, path: place });
  }
  return value as LayerValue | BlockUse | undefined;
}
