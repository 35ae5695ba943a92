import type { DataFacts, Shape } from '../catalogue/component';
import { describe } from '../catalogue/shape';
import type { Experiment } from './experiment';
import type { JsonPath } from './path';
import type { Finding } from './problem';
import { pathOfKey, type Trace } from './trace';

/** Layers that keep the number of channels or features, so that an earlier one decides it. */
const keepWidth: ReadonlySet<string> = new Set([
  'activation',
  'dropout',
  'batchNormalization',
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
  const classes = facts.classNames?.length;
  switch (experiment.loss.type) {
    case 'softmaxCrossEntropy':
      return [...checkClassOutput(experiment, trace, output, classes), ...checkLogits(trace)];
    case 'meanSquaredError':
      return output.length === 1
        ? checkClassOutput(experiment, trace, output, classes)
        : checkImageOutput(trace, output, facts.shape);
  }
}

/** Whether the network gives an image to be compared with the object. */
export function isReconstruction(experiment: Experiment, trace: Trace): boolean {
  return experiment.loss.type === 'meanSquaredError' && (trace.output?.length ?? 0) > 1;
}

function checkClassOutput(
  experiment: Experiment,
  trace: Trace,
  output: Shape,
  classes: number | undefined,
): readonly Finding[] {
  const last = trace.layers.at(-1);
  const units = classes === undefined ? 'one unit for each class' : `${classes} units`;
  if (output.length !== 1) {
    const message = `\`${experiment.loss.type}\` takes one value for each class; the network ends in an image of ${describe(output)}${last === undefined ? '' : ` (layer \`${last.name}\`)`}. Add a flatten layer and a dense layer with ${units} at the end.`;
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

function checkImageOutput(trace: Trace, output: Shape, object: Shape): readonly Finding[] {
  if (output.length === object.length && output.every((size, axis) => size === object[axis])) {
    return [];
  }
  const last = trace.layers.at(-1);
  const message = `\`meanSquaredError\` compares an image with the object, ${describe(object)}; the network ends in ${describe(output)} (layer \`${last?.name ?? 'input'}\`). Use "padding": "same" without pooling and ${object[2]} filters at the end, or end in a dense layer with one unit for each class.`;
  return [error('loss/output-shape', message, last?.path ?? ['model', 'layers'])];
}

/** A loss that takes logits applies its own softmax: an activation before it only gets in the way. */
function checkLogits(trace: Trace): readonly Finding[] {
  const last = trace.layers.at(-1);
  if (last === undefined) return [];
  const { value } = last;
  const key = value.type === 'activation' ? 'function' : 'activation';
  const activation = Object.entries(value).find(([name]) => name === key)?.[1] as
    string | undefined;
  if (activation === undefined || activation === 'linear') return [];
  const message = `The network should end in logits; its last layer applies "${activation}", which cuts off or squeezes them before the softmax of the loss. Set \`${key}\` to "linear"${key === 'activation' ? ' or leave it out' : ''}.`;
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
