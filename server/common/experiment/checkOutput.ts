import type { DataFacts, Shape } from '../catalogue/component';
import {
  lossComponent,
  losses,
  simpleLossesOf,
  type LossKind,
  type SimpleLossKind,
  type SimpleLossValue,
} from '../catalogue/losses';
import { normalizationLayers } from '../catalogue/normalizationLayers';
import { describe } from '../catalogue/shape';
import { tasks, type Task } from '../catalogue/tasks';
import type { Experiment } from './experiment';
import type { JsonPath } from './path';
import type { Finding } from './problem';
import { fitsTask, takesLogits, taskOf } from './task';
import { pathOfKey, type Trace } from './trace';

/** Layers that keep the number of channels or features, so that an earlier one decides it. */
const keepWidth: ReadonlySet<string> = new Set([
  'activation',
  'dropout',
  'leakyRelu',
  'prelu',
  ...Object.keys(normalizationLayers),
  'maxPooling2d',
  'averagePooling2d',
  'l2Pooling2d',
  'globalAveragePooling2d',
  'globalMaxPooling2d',
  'adaptiveAveragePooling2d',
  'zeroPadding2d',
  'cropping2d',
  'upSampling2d',
  'resize',
  'add',
  'subtract',
  'multiply',
  'average',
  'maximum',
]);

/** Whether what the network gives is what the loss takes, for these classes and these objects. */
export function checkOutput(
  experiment: Experiment,
  facts: DataFacts,
  trace: Trace,
): readonly Finding[] {
  const { output } = trace;
  if (output === undefined) return [];
  const parts = simpleLossesOf(experiment.loss);
  const task = taskOf(experiment, facts, trace);
  const findings = parts.flatMap(({ value, path }) => [
    ...checkOneOutput({ facts, trace, output, task }, value.type, ['loss', ...path]),
    ...checkClassWeights(value, facts, ['loss', ...path]),
  ]);
  return [
    ...withoutRepeats(findings),
    ...checkTarget(experiment),
    ...(takesLogits(experiment) ? checkLogits(trace) : []),
  ];
}

/** What an output is judged by. */
interface OutputFacts {
  readonly facts: DataFacts;
  readonly trace: Trace;
  readonly output: Shape;
  readonly task: Task;
}

/** What one loss, or one term of a mixture, says to the output. */
function checkOneOutput(
  judged: OutputFacts,
  type: SimpleLossKind,
  path: JsonPath,
): readonly Finding[] {
  const { facts, output, task } = judged;
  const { compares } = lossComponent(type);
  const takesImages = compares === 'images' || compares === 'outputs';
  if (takesImages && output.length === 1) {
    const message = `\`${type}\` takes an image; the network ends in ${describe(output)} values. Use another loss, or end in a convolution.`;
    return [error('loss/output-not-image', message, [...path, 'type'])];
  }
  if (compares === 'outputs') return [];
  if (task !== 'classification' && !fitsTask(type, task)) return [lossMisfit(type, task, path)];
  switch (task) {
    case 'classification':
      return checkFlatOutput(judged, type, facts.classNames?.length, 'class');
    case 'multiLabel':
      return checkFlatOutput(judged, type, facts.classNames?.length, 'label');
    case 'regression':
      return checkFlatOutput(judged, type, facts.targetShape?.[0], 'number');
    case 'segmentation':
      return checkMaskOutput(judged, type);
    case 'reconstruction':
      return [
        ...checkImageOutput(judged, type),
        ...(type === 'ssim' ? checkWindow(output, path) : []),
      ];
  }
}

function lossMisfit(type: SimpleLossKind, task: Task, path: JsonPath): Finding {
  const others = (Object.keys(losses) as LossKind[]).filter(
    (kind): kind is SimpleLossKind =>
      kind !== 'mixture' && lossComponent(kind).compares !== 'outputs' && fitsTask(kind, task),
  );
  const advice = others
    .slice(0, 3)
    .map((kind) => `"${kind}"`)
    .join(' or ');
  const message = `\`${type}\` cannot compare what these data ask for, which is ${tasks[task]}. Use ${advice}.`;
  return error('loss/task', message, [...path, 'type']);
}

/** The windows of structural similarity must fit into the image. */
function checkWindow(output: Shape, path: JsonPath): readonly Finding[] {
  if (Math.min(output[0] ?? 0, output[1] ?? 0) >= 11) return [];
  const message = `\`ssim\` compares windows of 11 × 11 pixels; the image is ${describe(output)}. Use another loss, or larger images.`;
  return [error('loss/small-image', message, [...path, 'type'])];
}

function checkClassWeights(
  value: SimpleLossValue,
  { classNames }: DataFacts,
  path: JsonPath,
): readonly Finding[] {
  const weights = value.type === 'softmaxCrossEntropy' ? value.classWeights : undefined;
  if (weights === undefined) return [];
  const place = [...path, 'classWeights'];
  if (weights.every((weight) => weight === 0)) {
    const message = `\`classWeights\` must not all be 0; got [${weights.join(', ')}]. Nothing would be learned: give a class that counts a weight of 1.`;
    return [error('loss/class-weights', message, place)];
  }
  if (classNames === undefined || weights.length === classNames.length) return [];
  const message = `\`classWeights\` must have one weight for each of the ${classNames.length} classes; got ${weights.length}. ${weights.length < classNames.length ? 'Add' : 'Remove'} weights: their order is ${list(classNames)}.`;
  return [error('loss/class-weights', message, place)];
}

/** The first few names of a list. */
function list(names: readonly string[]): string {
  const shown = names.slice(0, 5).map((name) => `"${name}"`);
  return `${shown.join(', ')}${names.length > shown.length ? ' …' : ''}`;
}

/** Something must compare the outputs with what they should be. */
function checkTarget({ loss }: Experiment): readonly Finding[] {
  const all = simpleLossesOf(loss);
  if (all.some(({ value }) => lossComponent(value.type).compares !== 'outputs')) return [];
  const message = `\`${all[0]!.value.type}\` looks at the outputs alone, so that any constant image would be best. Put it into a "mixture" with a loss that has a target, such as meanSquaredError.`;
  return [error('loss/no-target', message, ['loss'])];
}

/** Terms of a mixture often have the same to say. */
function withoutRepeats(findings: readonly Finding[]): readonly Finding[] {
  const key = ({ code, path }: Finding): string => JSON.stringify([code, path]);
  const keys = findings.map(key);
  return findings.filter((_, i) => keys.indexOf(keys[i]!) === i);
}

/** What the values of a flat output stand for, in the plural. */
const plurals = { class: 'classes', label: 'labels', number: 'numbers' } as const;

function checkFlatOutput(
  { trace, output }: OutputFacts,
  loss: SimpleLossKind,
  count: number | undefined,
  each: keyof typeof plurals,
): readonly Finding[] {
  const last = trace.layers.at(-1);
  const units = count === undefined ? `one unit for each ${each}` : `${count} units`;
  if (output.length !== 1) {
    const message = `\`${loss}\` takes one value for each ${each}; the network ends in an image of ${describe(output)}${last === undefined ? '' : ` (layer \`${last.name}\`)`}. Add a flatten layer and a dense layer with ${units} at the end.`;
    return [error('loss/output-not-flat', message, last?.path ?? ['model', 'layers'])];
  }
  if (count === undefined || output[0] === count) return [];
  if (each === 'class' && isOneLogit(loss, count, output[0]!)) return [];
  const { layer, path, key } = widthOf(trace);
  const other = each === 'class' && output[0] === 1 ? oneLogitAdvice(count) : '';
  const advice =
    key === undefined
      ? `Add a dense layer with ${count} units at the end${other}.`
      : `Set \`${key}\` to ${count}${other}.`;
  const message = `The network gives ${output[0]} values (layer \`${layer}\`), but the data have ${count} ${plurals[each]}. ${advice}`;
  const finding = error(`loss/output-${plurals[each]}`, message, path);
  return [key === undefined ? finding : { ...finding, suggestion: String(count) }];
}

/** Whether an output alone tells two classes apart: it is the logit of the second. */
function isOneLogit(loss: SimpleLossKind, classes: number, outputs: number): boolean {
  return classes === 2 && outputs === 1 && lossComponent(loss).takesOneLogit === true;
}

function oneLogitAdvice(classes: number): string {
  return classes === 2 ? ', or use a loss that takes one logit, such as "sigmoidCrossEntropy"' : '';
}

/** One value for each class at each pixel of the mask. */
function checkMaskOutput(
  { trace, output, facts }: OutputFacts,
  loss: SimpleLossKind,
): readonly Finding[] {
  const { targetShape, shape, classNames } = facts;
  const [height, width] = targetShape ?? shape;
  const last = trace.layers.at(-1);
  const name = last?.name ?? 'input';
  if (output.length !== 3 || output[0] !== height || output[1] !== width) {
    const message = `A mask has a class for each of its ${height} × ${width} pixels; the network ends in ${describe(output)} (layer \`${name}\`). Use "padding": "same", and bring what pooling has made smaller up to the size of the mask again.`;
    return [error('loss/output-shape', message, last?.path ?? ['model', 'layers'])];
  }
  const classes = classNames?.length;
  if (classes === undefined || output[2] === classes) return [];
  if (isOneLogit(loss, classes, output[2]!)) return [];
  const { layer, path, key } = widthOf(trace);
  const other = output[2] === 1 ? oneLogitAdvice(classes) : '';
  const advice =
    key === undefined
      ? `End in ${classes} channels${other}.`
      : `Set \`${key}\` to ${classes}${other}.`;
  const message = `The network gives ${output[2]} values for each pixel (layer \`${layer}\`), but the masks have ${classes} classes. ${advice}`;
  const finding = error('loss/output-classes', message, path);
  return [key === undefined ? finding : { ...finding, suggestion: String(classes) }];
}

/** The layer that decides how many values the network gives, and its parameter that says so. */
function widthOf({ layers }: Trace): {
  readonly layer: string;
  readonly path: JsonPath;
  readonly key?: string;
} {
  const byName = new Map(layers.map((layer) => [layer.name, layer]));
  let layer = layers.at(-1);
  while (layer !== undefined && keepWidth.has(layer.type)) {
    const before = byName.get(layer.inputs[0]!);
    if (before === undefined) break;
    layer = before;
  }
  if (layer === undefined) return { layer: 'input', path: ['model', 'layers'] };
  const { name, path, value } = layer;
  const key = ['units', 'filters'].find((candidate) => candidate in value);
  return key === undefined
    ? { layer: name, path }
    : { layer: name, path: pathOfKey(layer, key), key };
}

function checkImageOutput({ trace, output, facts }: OutputFacts, loss: string): readonly Finding[] {
  const object = facts.targetShape ?? facts.shape;
  if (output.length === object.length && output.every((size, axis) => size === object[axis])) {
    return [];
  }
  const last = trace.layers.at(-1);
  const message = `\`${loss}\` compares an image with the object, ${describe(object)}; the network ends in ${describe(output)} (layer \`${last?.name ?? 'input'}\`). Use "padding": "same" without pooling and ${object[2]} filters at the end, or end in a dense layer with one unit for each class.`;
  return [error('loss/output-shape', message, last?.path ?? ['model', 'layers'])];
}

/** A loss that takes logits applies its own function: an activation before it only gets in the way. */
function checkLogits(trace: Trace): readonly Finding[] {
  const last = trace.layers.at(-1);
  if (last === undefined) return [];
  const { value } = last;
  const key = value.type === 'activation' ? 'function' : 'activation';
  const activation = Object.entries(value).find(([name]) => name === key)?.[1] as
    string | undefined;
  if (activation === undefined || activation === 'linear') return [];
  const message = `The network should end in logits; its last layer applies "${activation}", which cuts off or squeezes them before the loss applies its own function. Set \`${key}\` to "linear"${key === 'activation' ? ' or leave it out' : ''}.`;
  return [
    {
      severity: 'warning',
      code: 'loss/activated-logits',
      message,
      path: pathOfKey(last, key),
      suggestion: '"linear"',
    },
  ];
}

function error(code: string, message: string, path: JsonPath): Finding {
  return { severity: 'error', code, message, path };
}
