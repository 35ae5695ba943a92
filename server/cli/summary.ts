import { hasErrors } from '#common/experiment/diagnose';
import { formatPath } from '#common/experiment/path';
import type { LayerTrace, PhysicsTrace, Trace } from '#common/experiment/trace';
import { loadExperiment } from './diagnose';
import { exitCodes, type ExitCode } from './exit';
import type { Override } from './overrides';
import { sayProblems } from './problems';
import { initialFigures, type InitialFigures } from '../training/index';
import { figureText, shapeText, style, table, type Terminal } from './terminal';

/** Shows instrument and network with their shapes and sizes. */
export async function summary(
  terminal: Terminal,
  file: string,
  overrides: readonly Override[],
): Promise<ExitCode> {
  const { text, experiment, trace, problems } = await loadExperiment(file, overrides);
  sayProblems(terminal, file, text, problems);
  if (experiment === undefined || trace === undefined || hasErrors(problems)) {
    return exitCodes.wrongInput;
  }
  const initialWeights = initialFigures(trace, experiment.seed);
  if (terminal.json) terminal.answer({ ...summaryOf(trace), initialWeights });
  else terminal.say(`${summaryText(trace)}\n\n${initialText(initialWeights)}`);
  return exitCodes.good;
}

/** What `summary --json` gives; shapes are without the batch axis. */
export function summaryOf(trace: Trace) {
  const sum = (of: (layer: LayerTrace) => number) =>
    trace.layers.reduce((total, layer) => total + of(layer), 0);
  return {
    input: trace.input,
    layers: trace.layers.map((layer) => ({
      name: layer.name,
      type: layer.type,
      path: formatPath(layer.path),
      inputs: layer.inputs,
      outputShape: layer.outputShape,
      parameters: layer.parameters,
      trainableParameters: layer.trainableParameters,
      multiplyAdds: layer.multiplyAdds,
    })),
    physics: trace.physics.map(({ name, type, path, outputShape, parameters }) => ({
      name,
      type,
      path: formatPath(path),
      outputShape,
      parameters: parameters.map((parameter) => ({
        name: parameter.name,
        unit: parameter.unit,
        initial: parameter.initial,
        trainable: parameter.trainable,
      })),
    })),
    parameters: {
      total: sum(({ parameters }) => parameters),
      trainable: sum(({ trainableParameters }) => trainableParameters),
    },
    multiplyAdds: sum(({ multiplyAdds }) => multiplyAdds),
  };
}

function summaryText(trace: Trace): string {
  const { parameters, multiplyAdds } = summaryOf(trace);
  const head = ['', 'type', 'output', 'parameters', 'trainable', 'multiply-adds'].map(style.dim);
  const rows = [
    head,
    [style.bold('object'), '', shapeText(trace.input)],
    ...trace.physics.map(physicsRow),
    ...trace.layers.map((layer) => [
      style.bold(layer.name),
      layer.type,
      shapeText(layer.outputShape),
      countText(layer.parameters),
      countText(layer.trainableParameters),
      countText(layer.multiplyAdds),
    ]),
  ];
  const fixed = parameters.total - parameters.trainable;
  const detail = fixed === 0 ? '' : `, of which ${countText(fixed)} are not trained`;
  return `${table(rows)}\n\n${countText(parameters.total)} parameters${detail}; ${countText(multiplyAdds)} multiply-adds for one sample.`;
}

/** How the kernels begin, and what that does to the variance of what goes through them. */
function initialText(figures: readonly InitialFigures[]): string {
  const head = ['first weights', 'initializer', 'N', 'deviation', 'N · variance'].map(style.dim);
  const rows = figures.map(({ name, initializer, fanIn, deviation, gain }) => [
    name,
    initializer,
    countText(fanIn),
    figureText(deviation),
    figureText(gain),
  ]);
  const meaning =
    'N · variance is what a linear layer multiplies the variance of its input by: 1 keeps it, and before ReLU, which halves it, 2 does.';
  return `${table([head, ...rows])}\n${style.dim(meaning)}`;
}

function physicsRow({ name, type, outputShape, parameters }: PhysicsTrace): string[] {
  const learned = parameters
    .filter(({ trainable }) => trainable)
    .map((parameter) => parameter.name);
  const note = learned.length === 0 ? '' : `learns ${learned.join(', ')}`;
  return [style.bold(name), type, shapeText(outputShape), note];
}

function countText(count: number): string {
  return count.toLocaleString('en');
}
