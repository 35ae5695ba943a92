import type { DataFacts, Shape } from '../catalogue/component';
import { lossComponent, simpleLossesOf, type SimpleLossValue } from '../catalogue/losses';
import { normalizationLayers } from '../catalogue/normalizationLayers';
import { describe } from '../catalogue/shape';
import type { Experiment } from './experiment';
import type { JsonPath } from './path';
import type { Finding } from './problem';
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
  const findings = parts.flatMap(({ value, path }) => [
    ...checkOneOutput(facts, trace, output, value, ['loss', ...path]),
    ...checkClassWeights(value, facts, ['loss', ...path]),
  ]);
  const takesLogits = parts.some(({ value }) => lossComponent(value.type).takesLogits);
  return [
    ...withoutRepeats(findings),
    ...checkTarget(experiment),
    ...(takesLogits ? checkLogits(trace) : []),
  ];
}

/** Whether the network gives an image to be compared with the object. */
export function isReconstruction(experiment: Experiment, trace: Trace): boolean {
  const comparesImages = simpleLossesOf(experiment.loss).some(({ value }) =>
    ['values', 'images'].includes(lossComponent(value.type).compares),
  );
  return comparesImages && (trace.output?.length ?? 0) > 1;
}

/** What one loss, or one term of a mixture, says to the output. */
function checkOneOutput(
  facts: DataFacts,
  trace: Trace,
  output: Shape,
  { type }: SimpleLossValue,
  path: JsonPath,
): readonly Finding[] {
  const { compares } = lossComponent(type);
  const takesImages = compares === 'images' || compares === 'outputs';
  if (takesImages && output.length === 1) {
    const message = `\`${type}\` takes an image; the network ends in ${describe(output)} values. Use another loss, or end in a convolution.`;
    return [error('loss/output-not-image', message, [...path, 'type'])];
  }
  if (compares === 'outputs') return [];
  if (compares === 'classes' || output.length === 1) {
    return checkClassOutput(type, trace, output, facts.classNames?.length);
  }
  return [
    ...checkImageOutput(type, trace, output, facts.shape),
    ...(type === 'ssim' ? checkWindow(output, path) : []),
  ];
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

function checkClassOutput(
  loss: string,
  trace: Trace,
  output: Shape,
  classes: number | undefined,
): readonly Finding[] {
  const last = trace.layers.at(-1);
  const units = classes === undefined ? 'one unit for each class' : `${classes} units`;
  if (output.length !== 1) {
    const message = `\`${loss}\` takes one value for each class; the network ends in an image of ${describe(output)}${last === undefined ? '' : ` (layer \`${last.name}\`)`}. Add a flatten layer and a dense layer with ${units} at the end.`;
    return [error('loss/output-not-flat', message, last?.path ?? ['model', 'layers'])];
  }
  if (classes === undefined || output[0] === classes) return [];
  const { layer, path, key } = widthOf(trace);
  const advice =
    key === undefined
      ? `Add a dense layer with ${classes} units at the end.`
      : `Set \`${key}\` to ${classes}.`;
  const message = `The network gives ${output[0]} values (layer \`${layer}\`), but the data have ${classes} classes. ${advice}`;
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

function checkImageOutput(
  loss: string,
  trace: Trace,
  output: Shape,
  object: Shape,
): readonly Finding[] {
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
