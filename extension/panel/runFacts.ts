import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import { dataSources } from '#common/catalogue/data';
import { termFigures } from '#common/catalogue/losses';
import { diagnoseExperiment } from '#common/experiment/diagnose';
import { isPenalized } from '#common/experiment/task';
import type { LayerTrace } from '#common/experiment/trace';
import type { RunFacts } from '#common/protocol/panel';
import { runFiles } from '#common/run/record';
import { tags } from '#common/run/series';

/** What the resolved experiment of a run says; little when it cannot be read. */
export async function readRunFacts(folder: string): Promise<RunFacts> {
  const file = path.join(folder, runFiles.resolved);
  const text = await readFile(file, 'utf8').catch(() => '');
  return factsOf(text);
}

/** The facts in the text of a resolved experiment. */
export function factsOf(text: string): RunFacts {
  const { experiment, trace } = diagnoseExperiment(text);
  if (experiment === undefined || trace === undefined) return { metrics: [], physics: [] };
  const { layers } = trace;
  const lossTerms = termFigures(experiment.loss);
  const sum = (count: (layer: LayerTrace) => number) =>
    layers.reduce((total, layer) => total + count(layer), 0);
  const learned = trace.physics.flatMap(({ name, parameters }) =>
    parameters
      .filter(({ trainable }) => trainable)
      .map((parameter) => ({ layer: name, parameter })),
  );
  return {
    data: dataSources[experiment.data.source.type].title,
    inputShape: trace.input,
    batchSize: experiment.training.batchSize,
    parameters: {
      total: sum(({ parameters }) => parameters),
      trainable: sum(({ trainableParameters }) => trainableParameters),
    },
    ...(lossTerms.length > 0 && { lossTerms }),
    ...(isPenalized({ experiment, trace }) && { isPenalized: true }),
    metrics: experiment.metrics,
    physics: learned.map(({ layer, parameter }) => ({
      tag: tags.physics(layer, parameter.name),
      layer,
      parameter: parameter.name,
      unit: parameter.unit,
      initial: parameter.initial,
      minimum: parameter.minimum,
      maximum: parameter.maximum,
    })),
  };
}
