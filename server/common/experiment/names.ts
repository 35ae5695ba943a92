import type { TemplateLayer } from '../catalogue/blocks';

/** The name of what a list of layers reads: the first input, or a further one of a block: `input_1`. */
export function inputName(index: number): string {
  return index === 0 ? 'input' : `input_${index}`;
}

/** Whether a name is that of an input, which no layer can have. */
export function isInputName(name: string): boolean {
  return /^input(_\d+)?$/.test(name);
}

/** Numbers nameless parts by type, as Keras does, and keeps clear of the names the user gave. */
export function namer(taken: readonly string[] = []): (type: string) => string {
  const used = new Set(taken);
  const counts = new Map<string, number>();
  return (type) => {
    for (;;) {
      const count = counts.get(type) ?? 0;
      counts.set(type, count + 1);
      const name = count === 0 ? type : `${type}_${count}`;
      if (!used.has(name)) return name;
    }
  };
}

/** The names of the layers of a list, in order: given ones, or the type or block with a number. */
export function localNames(layers: readonly TemplateLayer[]): readonly string[] {
  const nameOf = namer(layers.flatMap(({ name }) => name ?? []));
  return layers.map(({ name, type, block }) => name ?? nameOf(block ?? type));
}
