import { describe, elements } from '#common/catalogue/shape';
import type { Shape } from '#common/catalogue/component';
import type { Diagnosis } from '#common/experiment/diagnose';
import { formatPath, type JsonPath } from '#common/experiment/path';
import { nodeAt } from '#common/experiment/readNode';
import type { LayerTrace, Trace } from '#common/experiment/trace';
import type { InlayHint, Range } from 'vscode-languageserver';
import type { TextDocument } from 'vscode-languageserver-textdocument';

/** What stands behind one component: its output and what it learns. */
interface Hint {
  readonly path: JsonPath;
  readonly label: string;
  readonly tooltip: string;
}

/** Output shape and number of parameters behind the data, each part of the instrument and each layer. */
export function inlayHints(doc: TextDocument, range: Range, diagnosis: Diagnosis): InlayHint[] {
  const from = doc.offsetAt(range.start);
  const to = doc.offsetAt(range.end);
  return hintsOf(diagnosis).flatMap(({ path, label, tooltip }) => {
    const node = nodeAt(diagnosis.root, path);
    if (node === undefined) return [];
    const end = endOfEntry(doc, node.offset + node.length);
    if (end < from || end > to) return [];
    return { position: doc.positionAt(end), label, tooltip, paddingLeft: true };
  });
}

/** Behind the comma of an entry: a hint before it would push it away from what it ends. */
function endOfEntry(doc: TextDocument, end: number): number {
  const next = doc.getText().charAt(end);
  return next === ',' ? end + 1 : end;
}

function hintsOf({ trace }: Diagnosis): readonly Hint[] {
  if (trace === undefined) return [];
  const source: Hint = {
    path: ['data', 'source'],
    label: arrow(trace.input),
    tooltip: `Each image has ${counted(elements(trace.input), 'value')}: height × width × channels.`,
  };
  const physics = trace.physics.map(({ path, name, outputShape, parameters }): Hint => {
    const learned = parameters.filter(({ trainable }) => trainable);
    const count = learned.reduce((sum, { shape }) => sum + elements(shape), 0);
    const names = learned.map((parameter) => parameter.name).join(', ');
    return {
      path,
      label: arrow(outputShape) + (count === 0 ? '' : ` · ${count}`),
      tooltip: `${name}: what the next part sees${count === 0 ? '' : `; learned: ${names}`}.`,
    };
  });
  return [source, ...physics, ...layerHints(trace)];
}

/** A hint behind each layer; behind the use of a block one for all its layers. */
function layerHints({ layers }: Trace): readonly Hint[] {
  const byEntry = new Map<string, LayerTrace[]>();
  for (const layer of layers) {
    const key = formatPath(layer.entry);
    byEntry.set(key, [...(byEntry.get(key) ?? []), layer]);
  }
  return [...byEntry.values()].map((placed) => layerHint(placed[0]!.entry, placed));
}

function layerHint(path: JsonPath, placed: readonly LayerTrace[]): Hint {
  const [first, last] = [placed[0]!, placed.at(-1)!];
  const sum = (of: (layer: LayerTrace) => number) =>
    placed.reduce((total, layer) => total + of(layer), 0);
  const parameters = sum((layer) => layer.parameters);
  const fixed = parameters - sum((layer) => layer.trainableParameters);
  const multiplyAdds = sum((layer) => layer.multiplyAdds);
  const name = first === last ? first.name : `${counted(placed.length, 'layer')} of the block`;
  const details = [
    `${name}: ${describe(first.inputShape)} → ${describe(last.outputShape)}`,
    `${counted(parameters, 'parameter')}${fixed === 0 ? '' : `, ${grouped(fixed)} of them not trained`}`,
    ...(multiplyAdds === 0 ? [] : [`${counted(multiplyAdds, 'multiply-add')} for each sample`]),
  ];
  return {
    path,
    label: arrow(last.outputShape) + (parameters === 0 ? '' : ` · ${grouped(parameters)}`),
    tooltip: details.join('\n'),
  };
}

function arrow(shape: Shape): string {
  return `→ ${describe(shape)}`;
}

function counted(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** 1234567 as 1,234,567. */
function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}
