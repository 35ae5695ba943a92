import type { DataFacts, Shape } from '../catalogue/component';
import type { LossKind } from '../catalogue/losses';
import { describe } from '../catalogue/shape';
import { tasks, type Task } from '../catalogue/tasks';
import type { Experiment } from './experiment';
import type { JsonPath } from './path';
import type { Finding } from './problem';
import { fitsTask, lossTasks, takesLogits, taskOf } from './task';
import type { LayerTrace, Trace } from './trace';

/** Layers that keep the number of channels or features, so that an earlier one decides it. */
const keepWidth: ReadonlySet<string> = new Set([
  'activation',
  'dropout',
  'batchNormalization',
  'maxPooling2d',
  'averagePooling2d',
  'globalAveragePooling2d',
]);

/** Whether what the network gives is what the loss takes, for these classes and these targets. */
export function checkOutput(
  experiment: Experiment,
  facts: DataFacts,
  trace: Trace,
): readonly Finding[] {
  const { output } = trace;
  if (output === undefined) return [];
  const task = taskOf(experiment, facts, trace);
  if (!fitsTask(experiment.loss.type, task)) return [lossMisfit(experiment, task)];
  const logits = takesLogits(experiment.loss.type) ? checkLogits(experiment, trace) : [];
  const classes = facts.classNames?.length;
  switch (task) {
    case 'classification':
      return [...checkFlatOutput(experiment, trace, output, classes, 'class'), ...logits];
    case 'multiLabel':
      return [...checkFlatOutput(experiment, trace, output, classes, 'label'), ...logits];
    case 'regression': {
      const [numbers] = facts.targetShape ?? [];
      return checkFlatOutput(experiment, trace, output, numbers, 'number');
    }
    case 'segmentation':
      return [...checkMaskOutput(experiment, trace, output, facts), ...logits];
    case 'reconstruction':
      return checkImageOutput(experiment, trace, output, facts.targetShape ?? facts.shape);
  }
}

function lossMisfit({ loss }: Experiment, task: Task): Finding {
  const others = (Object.keys(lossTasks) as LossKind[]).filter((kind) => fitsTask(kind, task));
  const advice = others.map((kind) => `"${kind}"`).join(' or ') || 'other targets';
  const message = `\`${loss.type}\` cannot compare what these data ask for, which is ${tasks[task]}. Use ${advice}.`;
  return error('loss/task', message, ['loss']);
}

/** What the values of a flat output stand for, in the plural. */
const plurals = { class: 'classes', label: 'labels', number: 'numbers' } as const;

function checkFlatOutput(
  experiment: Experiment,
  trace: Trace,
  output: Shape,
  count: number | undefined,
  each: keyof typeof plurals,
): readonly Finding[] {
  const last = trace.layers.at(-1);
  const units = count === undefined ? `one unit for each ${each}` : `${count} units`;
  if (output.length !== 1) {
    const message = `\`${experiment.loss.type}\` takes one value for each ${each}; the network ends in an image of ${describe(output)}${last === undefined ? '' : ` (layer \`${last.name}\`)`}. Add a flatten layer and a dense layer with ${units} at the end.`;
    return [error('loss/output-not-flat', message, last?.path ?? ['model', 'layers'])];
  }
  if (count === undefined || output[0] === count) return [];
  const { layer, path, key } = widthOf(experiment, trace);
  const advice =
    key === undefined
      ? `Add a dense layer with ${count} units at the end.`
      : `Set \`${key}\` to ${count}.`;
  const message = `The network gives ${output[0]} values (layer \`${layer}\`), but the data have ${count} ${plurals[each]}. ${advice}`;
  const finding = error(`loss/output-${plurals[each]}`, message, path);
  return [key === undefined ? finding : { ...finding, suggestion: String(count) }];
}

/** One value for each class at each pixel of the mask. */
function checkMaskOutput(
  experiment: Experiment,
  trace: Trace,
  output: Shape,
  { targetShape, shape, classNames }: DataFacts,
): readonly Finding[] {
  const [height, width] = targetShape ?? shape;
  const last = trace.layers.at(-1);
  const name = last?.name ?? 'input';
  if (output.length !== 3 || output[0] !== height || output[1] !== width) {
    const message = `A mask has a class for each of its ${height} × ${width} pixels; the network ends in ${describe(output)} (layer \`${name}\`). Use "padding": "same", and bring what pooling has made smaller up to the size of the mask again.`;
    return [error('loss/output-shape', message, last?.path ?? ['model', 'layers'])];
  }
  const classes = classNames?.length;
  if (classes === undefined || output[2] === classes) return [];
  const { layer, path, key } = widthOf(experiment, trace);
  const advice =
    key === undefined ? `End in ${classes} channels.` : `Set \`${key}\` to ${classes}.`;
  const message = `The network gives ${output[2]} values for each pixel (layer \`${layer}\`), but the masks have ${classes} classes. ${advice}`;
  const finding = error('loss/output-classes', message, path);
  return [key === undefined ? finding : { ...finding, suggestion: String(classes) }];
}

/** The layer that decides how many values the network gives, and its parameter that says so. */
function widthOf(
  experiment: Experiment,
  trace: Trace,
): { readonly layer: string; readonly path: JsonPath; readonly key?: string } {
  for (let index = trace.layers.length - 1; index >= 0; index--) {
    const { type, name, path } = trace.layers[index] as LayerTrace;
    if (keepWidth.has(type)) continue;
    const value = experiment.model.layers[index] as object;
    const key = ['units', 'filters'].find((candidate) => candidate in value);
    if (key !== undefined) return { layer: name, path: [...path, key], key };
    return { layer: name, path };
  }
  const last = trace.layers.at(-1);
  return { layer: last?.name ?? 'input', path: last?.path ?? ['model', 'layers'] };
}

function checkImageOutput(
  { loss }: Experiment,
  trace: Trace,
  output: Shape,
  object: Shape,
): readonly Finding[] {
  if (output.length === object.length && output.every((size, axis) => size === object[axis])) {
    return [];
  }
  const last = trace.layers.at(-1);
  const message = `\`${loss.type}\` compares an image with the object, ${describe(object)}; the network ends in ${describe(output)} (layer \`${last?.name ?? 'input'}\`). Use "padding": "same" without pooling and ${object[2]} filters at the end, or end in a dense layer with one unit for each class.`;
  return [error('loss/output-shape', message, last?.path ?? ['model', 'layers'])];
}

/** A loss that takes logits applies its own softmax: an activation before it only gets in the way. */
function checkLogits(experiment: Experiment, trace: Trace): readonly Finding[] {
  const index = experiment.model.layers.length - 1;
  const value = experiment.model.layers[index];
  if (value === undefined || trace.layers.length <= index) return [];
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
      path: ['model', 'layers', index, key],
      suggestion: '"linear"',
    },
  ];
}

function error(code: string, message: string, path: JsonPath): Finding {
  return { severity: 'error', code, message, path };
}
