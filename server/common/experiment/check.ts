import type { DataFacts, DataSourceComponent } from '../catalogue/component';
import { dataSources, type DataSourceValue } from '../catalogue/data';
import { checkAugmentation } from './checkAugmentation';
import { checkData } from './checkData';
import { checkGraph } from './checkGraph';
import { checkOutput, isReconstruction } from './checkOutput';
import { checkOptimizer } from './checkOptimizer';
import { checkPhysics } from './checkPhysics';
import type { Experiment } from './experiment';
import type { Finding } from './problem';
import { traceExperiment, type Trace } from './trace';

/**
 * What is wrong between the sections of an experiment: shapes, loss against output and labels, splits,
 * augmentation, physics, training. Takes what the catalogue knows of the data unless they have been read.
 */
export function checkExperiment(experiment: Experiment, dataFacts?: DataFacts): readonly Finding[] {
  const facts = dataFacts ?? factsOf(experiment.data.source);
  return checkTraced(experiment, facts, traceExperiment(experiment, facts.shape));
}

/** The same with the shapes already traced, findings of the trace included. */
export function checkTraced(
  experiment: Experiment,
  facts: DataFacts,
  trace: Trace,
): readonly Finding[] {
  return [
    ...checkData(experiment, facts),
    ...checkAugmentation(experiment.augmentation, facts.shape),
    ...checkPhysics(experiment.physics),
    ...trace.findings,
    ...checkGraph(experiment),
    ...checkNumbers(experiment),
    ...checkOutput(experiment, facts, trace),
    ...checkOptimizer(experiment),
    ...checkTraining(experiment),
    ...checkMetrics(experiment, trace),
  ];
}

/** What is known of a data source without reading it. */
export function factsOf(source: DataSourceValue): DataFacts {
  return (dataSources[source.type] as unknown as DataSourceComponent).facts(source);
}

/** Pairs of numbers whose order matters. */
function checkNumbers({ normalization, model }: Experiment): readonly Finding[] {
  const findings: Finding[] = [];
  if (normalization?.type === 'rescale' && normalization.minimum >= normalization.maximum) {
    const message = `\`minimum\` must be below \`maximum\`; got ${normalization.minimum} and ${normalization.maximum}. Exchange them.`;
    findings.push(misordered(message, ['normalization', 'minimum']));
  }
  for (const [index, layer] of model.layers.entries()) {
    for (const key of ['kernelInitializer', 'biasInitializer'] as const) {
      const initializer = key in layer ? (layer as Record<typeof key, unknown>)[key] : undefined;
      const { minval, maxval } = (initializer ?? {}) as { minval?: number; maxval?: number };
      if (minval === undefined || maxval === undefined || minval <= maxval) continue;
      const message = `\`minval\` must not be above \`maxval\`; got ${minval} and ${maxval}. Exchange them.`;
      findings.push(misordered(message, ['model', 'layers', index, key, 'minval']));
    }
  }
  return findings;
}

function misordered(message: string, path: Finding['path']): Finding {
  return { severity: 'error', code: 'values/order', message, path };
}

function checkTraining({ training }: Experiment): readonly Finding[] {
  const { earlyStopping, epochs } = training;
  if (earlyStopping === undefined || epochs >= earlyStopping.patience) return [];
  const message = `Early stopping cannot act: \`patience\` is ${earlyStopping.patience} epochs, and training ends after ${epochs}. Lower \`patience\` or raise \`epochs\`.`;
  const path = ['training', 'earlyStopping', 'patience'];
  return [{ severity: 'information', code: 'training/patience', message, path }];
}

function checkMetrics(experiment: Experiment, trace: Trace): readonly Finding[] {
  const findings: Finding[] = [];
  const { metrics, training } = experiment;
  const accuracyAt = metrics.indexOf('accuracy');
  if (accuracyAt >= 0 && isReconstruction(experiment, trace)) {
    const message =
      '`accuracy` counts classes, but this network gives an image that is compared with the object. Remove it from the metrics; the loss is the measure.';
    const path = ['metrics', accuracyAt];
    findings.push({ severity: 'error', code: 'metrics/no-classes', message, path });
  }
  const monitor = training.earlyStopping?.monitor;
  if (monitor?.endsWith('/accuracy') === true && accuracyAt < 0) {
    const message = `Early stopping watches "${monitor}", but \`accuracy\` is not among the metrics. Add "accuracy" to \`metrics\`, or watch "${monitor.replace('accuracy', 'loss')}".`;
    const path = ['training', 'earlyStopping', 'monitor'];
    findings.push({ severity: 'error', code: 'training/unknown-series', message, path });
  }
  return findings;
}
