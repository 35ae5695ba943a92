/** A place in an experiment: `['model', 'layers', 0, 'filters']`. */
export type JsonPath = readonly (string | number)[];

/** The form used in messages, on the command line and by `--set`: `model.layers[0].filters`. */
export function formatPath(path: JsonPath): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return text === '' ? part : `${text}.${part}`;
  }, '');
}

/** Reads what `formatPath` writes; `layers.0.filters` is understood too. */
export function parsePath(text: string): JsonPath {
  return text
    .replace(/\[(\d+)\]/g, '.$1')
    .split('.')
    .filter((part) => part !== '')
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}
