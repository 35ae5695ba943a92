// What is wrong with names and blocks: each list of layers is looked at by itself, used or not.
import { block as blockEntry, blockKeys, type TemplateLayer } from '../catalogue/blocks';
import type { Experiment, ModelValue } from './experiment';
import { isInputName, localNames } from './names';
import type { JsonPath } from './path';
import type { Finding } from './problem';
import { alternatives } from './readMessages';
import { quoted } from './readProblems';
import { isReference, referredName } from './reference';
import { nearestName } from './suggest';

/** A list of layers: the network's, or a block's. */
interface LayerList {
  readonly path: JsonPath;
  readonly layers: readonly TemplateLayer[];
  /** The block that the list belongs to. */
  readonly block?: string;
}

/** Names of layers, what they read, dead ends, and the uses of blocks. */
export function checkGraph({ model }: Pick<Experiment, 'model'>): readonly Finding[] {
  const blocks = Object.entries(model.blocks).map(([block, { layers }]): LayerList => ({
    path: ['model', 'blocks', block, 'layers'],
    layers,
    block,
  }));
  const lists: readonly LayerList[] = [
    ...blocks,
    { path: ['model', 'layers'], layers: model.layers },
  ];
  return [
    ...checkBlockNames(model),
    ...lists.flatMap((list) => [
      ...checkNames(list),
      ...checkInputs(list),
      ...checkDeadEnds(list),
      ...checkUses(list, model),
      ...checkReferences(list, model),
    ]),
  ];
}

function error(code: string, message: string, path: JsonPath, suggestion?: string): Finding {
  const fix = suggestion === undefined ? {} : { suggestion };
  return { severity: 'error', code: `model/${code}`, message, path, ...fix };
}

function checkNames({ path, layers }: LayerList): readonly Finding[] {
  const seen = new Set<string>();
  return layers.flatMap(({ name }, index) => {
    if (name === undefined) return [];
    const problem = problemOfName(name, seen);
    seen.add(name);
    return problem ? [error(problem.code, problem.message, [...path, index, 'name'])] : [];
  });
}

interface NameProblem {
  readonly code: string;
  readonly message: string;
}

function problemOfName(name: string, seen: ReadonlySet<string>): NameProblem | undefined {
  if (seen.has(name)) {
    const message = `Two layers are named "${name}". Give one of them another name: it is how weights and series are told apart.`;
    return { code: 'duplicate-name', message };
  }
  if (isInputName(name)) {
    const what = name === 'input' ? 'the image after normalization' : 'an input of a block';
    const message = `A layer cannot be named "${name}": that is ${what}. Choose another name.`;
    return { code: 'reserved-name', message };
  }
  if (!/^[\w.-]+$/.test(name)) {
    const message = `The name of a layer may have letters, digits, "_", "-" and "." only; got ${JSON.stringify(name)}. Other signs would break the names of its weights.`;
    return { code: 'bad-name', message };
  }
  return undefined;
}

function checkInputs({ path, layers, block }: LayerList): readonly Finding[] {
  const names = localNames(layers);
  return layers.flatMap(({ inputs = [] }, index) =>
    inputs.flatMap((input, place) => {
      const isInput = block === undefined ? input === 'input' : isInputName(input);
      if (isReference(input) || isInput || names.slice(0, index).includes(input)) return [];
      const at = [...path, index, 'inputs', place];
      if (names.includes(input)) {
        const what = input === names[index] ? 'itself' : `"${input}", which comes after it`;
        const message = `Layer \`${names[index]}\` reads ${what}: a network has no cycles. Name an earlier layer, or move that one before this.`;
        return [error('input-later', message, at)];
      }
      const known = ['input', ...names.slice(0, index)];
      const near = nearestName(input, known);
      const advice =
        near === undefined
          ? `Known here are ${alternatives(
              known.map((name) => `"${name}"`),
              'and',
            )}.`
          : `Did you mean "${near}"?`;
      const message = `There is no layer "${input}" before layer \`${names[index]}\`. ${advice}`;
      return [error('unknown-input', message, at, quoted(near))];
    }),
  );
}

/** Layers that nothing reads. The last one is the output. */
function checkDeadEnds({ path, layers }: LayerList): readonly Finding[] {
  const names = localNames(layers);
  const inputs = layers.map((layer, index) => layer.inputs ?? [names[index - 1] ?? 'input']);
  const read = new Set(inputs.flat());
  // What a parameter names is known where the block is used only, and a wrong name may mean any.
  if ([...read].some((name) => !isInputName(name) && !names.includes(name))) return [];
  return names.slice(0, -1).flatMap((name, index): Finding[] => {
    if (read.has(name)) return [];
    const message = `Nothing reads layer \`${name}\`: it is computed in vain and learns nothing. Add "${name}" to the \`inputs\` of a later layer, or remove it.`;
    return [{ severity: 'warning', code: 'model/dead-end', message, path: [...path, index] }];
  });
}

function checkUses({ path, layers, block }: LayerList, model: ModelValue): readonly Finding[] {
  return layers.flatMap((layer, index) => {
    const { type, block: used } = layer;
    if (type !== blockEntry.type || used === undefined) return [];
    const at = [...path, index];
    const names = Object.keys(model.blocks);
    if (!names.includes(used)) {
      const near = nearestName(used, names);
      const advice =
        names.length === 0
          ? `Declare it in \`blocks\` of the model.`
          : near === undefined
            ? `Known blocks are ${alternatives(
                names.map((name) => `"${name}"`),
                'and',
              )}.`
            : `Did you mean "${near}"?`;
      const message = `There is no block "${used}". ${advice}`;
      return [error('unknown-block', message, [...at, 'block'], quoted(near))];
    }
    if (block !== undefined && reaches(model, used, block)) {
      const through = used === block ? '' : ` by way of "${used}"`;
      const message = `Block "${block}" uses itself${through}: it would have no end. Remove the use, or move it out of the block.`;
      return [error('recursive-block', message, [...at, 'block'])];
    }
    return checkArguments(layer, used, at, model);
  });
}

function checkArguments(
  layer: TemplateLayer,
  used: string,
  path: JsonPath,
  model: ModelValue,
): readonly Finding[] {
  const parameters = Object.keys(model.blocks[used]!.parameters);
  const given = Object.keys(layer).filter((key) => !blockKeys.has(key));
  return given.flatMap((key) => {
    if (parameters.includes(key)) return [];
    const near = nearestName(key, [...parameters, ...blockKeys]);
    const advice =
      near !== undefined
        ? `Did you mean \`${near}\`?`
        : parameters.length === 0
          ? 'It has none: remove the key, or declare it in `parameters` of the block.'
          : `Its parameters are ${alternatives(
              parameters.map((name) => `\`${name}\``),
              'and',
            )}.`;
    const message = `Block "${used}" has no parameter \`${key}\`. ${advice}`;
    return [error('unknown-argument', message, [...path, key])];
  });
}

/** Whether a block uses another one, itself or through others. */
function reaches(model: ModelValue, from: string, to: string, seen = new Set<string>()): boolean {
  if (from === to) return true;
  if (seen.has(from) || !Object.hasOwn(model.blocks, from)) return false;
  seen.add(from);
  return model.blocks[from]!.layers.some(
    ({ block }) => block !== undefined && reaches(model, block, to, seen),
  );
}

/** References to parameters that the block does not have. */
function checkReferences(list: LayerList, model: ModelValue): readonly Finding[] {
  const { block, layers, path } = list;
  if (block === undefined) return [];
  const parameters = Object.keys(model.blocks[block]!.parameters);
  return referencesIn(layers, path).flatMap(({ reference, path: at }) => {
    const name = referredName(reference);
    if (parameters.includes(name)) return [];
    const near = nearestName(name, parameters);
    const advice =
      near === undefined
        ? `Declare it in \`parameters\` of the block, or write the value.`
        : `Did you mean "$${near}"?`;
    const message = `Block "${block}" has no parameter "${name}", which "${reference}" stands for. ${advice}`;
    const fix = near === undefined ? undefined : quoted(`$${near}`);
    return [error('unknown-parameter', message, at, fix)];
  });
}

function referencesIn(
  value: unknown,
  path: JsonPath,
): readonly { readonly reference: string; readonly path: JsonPath }[] {
  if (isReference(value)) return [{ reference: value, path }];
  if (typeof value !== 'object' || value === null) return [];
  const members: readonly (readonly [string | number, unknown])[] = Array.isArray(value)
    ? [...(value as readonly unknown[]).entries()]
    : Object.entries(value);
  return members.flatMap(([key, member]) => referencesIn(member, [...path, key]));
}

/** Names that the keys of a use, or the references in a block, could not be told from others. */
function checkBlockNames({ blocks }: ModelValue): readonly Finding[] {
  return Object.entries(blocks).flatMap(([block, { parameters }]) =>
    Object.keys(parameters).flatMap((name) => {
      if (!blockKeys.has(name) && /^[A-Za-z]\w*$/.test(name)) return [];
      const why = blockKeys.has(name)
        ? `\`${name}\` is a key of every use of a block`
        : 'a name has letters, digits and "_" only';
      const message = `A parameter of block "${block}" cannot be named "${name}": ${why}. Choose another name.`;
      return [error('bad-parameter', message, ['model', 'blocks', block, 'parameters', name])];
    }),
  );
}
