import type { Component } from '#common/catalogue/component';
import {
  choicesOf,
  isRequired,
  kindOf,
  propertiesOf,
  type SchemaNode,
} from '#common/experiment/schemaNode';

/** Writes one snippet in LSP syntax; its places to fill in are numbered as they are asked for. */
class Places {
  private count = 0;

  place(text: string): string {
    return `\${${++this.count}:${text.replace(/[\\$}]/g, '\\$&')}}`;
  }

  choice(words: readonly string[]): string {
    const [only] = words;
    if (only !== undefined && words.length === 1) return this.place(only);
    return `\${${++this.count}|${words.map((word) => word.replace(/[\\$},|]/g, '\\$&')).join(',')}|}`;
  }

  empty(): string {
    return `$${++this.count}`;
  }
}

/** A key with a value to fill in: `"padding": "${1|valid,same|}"`. */
export function keySnippet(name: string, schema: SchemaNode, example?: unknown): string {
  return `"${name}": ${valueSnippet(schema, example)}`;
}

/** A value to fill in: the default, an example, or the frame of an object with its required keys. */
export function valueSnippet(schema: SchemaNode, example?: unknown): string {
  return write(schema, new Places(), example);
}

/** A pair where one number would do: `[${1:3}, ${2:3}]`; undefined where no list may stand. */
export function pairSnippet(schema: SchemaNode): string | undefined {
  const list = schema.anyOf?.find(({ type }) => type === 'array');
  if (list === undefined) return undefined;
  const places = new Places();
  const start = String(schema.default ?? 1);
  return `[${places.place(start)}, ${places.place(start)}]`;
}

/** The members of a component behind its opening brace: `"type": "dense", "units": ${1:10}`. */
export function componentMembers(component: Component): string {
  return `"type": "${component.type}"${moreMembers(component)}`;
}

/** The members of a component behind its `type`. */
export function moreMembers({ snippet }: Component): string {
  return snippet === undefined ? '' : `, ${snippet}`;
}

/** A whole experiment to begin with. */
export const experimentSnippet = `{
  "version": 1,
  "name": "\${1:digits}",
  "seed": \${2:1},
  "data": { "source": { "type": "\${3:digits}" } },
  "normalization": { "type": "standardize" },
  "model": {
    "layers": [
      { "type": "conv2d", "filters": \${4:16}, "kernelSize": 3, "activation": "relu" },
      { "type": "maxPooling2d" },
      { "type": "flatten" },
      { "type": "dense", "units": \${5:10} }
    ]
  },
  "loss": { "type": "softmaxCrossEntropy" },
  "optimizer": { "type": "adam", "learningRate": \${6:1e-3} },
  "training": { "epochs": \${7:10}, "batchSize": \${8:64} },
  "metrics": ["accuracy"]
}
`;

function write(schema: SchemaNode, places: Places, example?: unknown): string {
  if (schema.oneOf !== undefined) return writeComponent(schema, places);
  const choices = choicesOf(schema);
  const start = schema.default ?? example;
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (choices !== undefined) return writeChoice(choices, start, places);
  if (schema.type === 'object') {
    const members = propertiesOf(schema)
      .filter(([name]) => isRequired(schema, name))
      .map(([name, property]) => `"${name}": ${write(property, places)}`);
    return members.length === 0 ? `{ ${places.empty()} }` : `{ ${members.join(', ')} }`;
  }
  if (schema.type === 'array') return writeList(start, places);
  if (schema.type === 'boolean') {
    return places.choice(start === true ? ['false', 'true'] : ['true', 'false']);
  }
  if (schema.type === 'string') return `"${places.place(typeof start === 'string' ? start : '')}"`;
  return places.place(String(start ?? schema.minimum ?? 1));
}

/** The default comes first: that is what a snippet shows before anything is chosen. */
function writeChoice(choices: readonly unknown[], start: unknown, places: Places): string {
  const ordered = [...choices].sort((a, b) => Number(b === start) - Number(a === start));
  const words = places.choice(ordered.map(String));
  return typeof choices[0] === 'string' ? `"${words}"` : words;
}

function writeComponent(schema: SchemaNode, places: Places): string {
  const kinds = (schema.oneOf ?? []).flatMap((branch) => kindOf(branch) ?? []);
  const start = (schema.default as { readonly type?: string } | undefined)?.type;
  return `{ "type": ${writeChoice(kinds, start, places)} }`;
}

function writeList(start: unknown, places: Places): string {
  if (!Array.isArray(start) || start.length === 0) return `[${places.empty()}]`;
  return `[${start.map((item) => places.place(JSON.stringify(item))).join(', ')}]`;
}
