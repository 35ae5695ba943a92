import type { DataFacts, DataSourceComponent } from '../catalogue/component';
import { dataSources, type DataSourceValue } from '../catalogue/data';
import { metrics, type MetricKind } from '../catalogue/metrics';
import { tasks, type Task } from '../catalogue/tasks';
import { monitoredFigure } from '../catalogue/training';
import { checkAugmentation } from './checkAugmentation';
import { checkData } from './checkData';
import { checkGraph } from './checkGraph';
import { checkLearning, checkThatSomethingLearns } from './checkLearning';
import { checkNormalization } from './checkNormalization';
import { checkOutput } from './checkOutput';
import { checkOptimizer } from './checkOptimizer';
import { checkPhysics } from './checkPhysics';
import type { Experiment } from './experiment';
import type { Finding } from './problem';
import { taskOf } from './task';
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
  const ofOutput = checkOutput(experiment, facts, trace);
  const fits = ofOutput.every(({ severity }) => severity !== 'error');
  return [
    ...checkData(experiment, facts),
    ...checkAugmentation(experiment, facts, trace),
    ...checkPhysics(experiment.physics),
    ...trace.findings,
    ...checkGraph(experiment),
    ...checkNormalization(experiment, trace),
    ...checkLearning(trace),
    ...ofOutput,
    // A network that lacks its last layer is told so once.
    ...(fits ? checkThatSomethingLearns(trace) : []),
    ...checkOptimizer(experiment),
    ...checkTraining(experiment),
    ...checkMetrics(experiment, facts, trace),
  ];
}

/** What is known of a data source without reading it. */
export function factsOf(source: DataSourceValue): DataFacts {
  return (dataSources[source.type] as unknown as DataSourceComponent).facts(source);
}

function checkTraining({ training }: Experiment): readonly Finding[] {
  const { earlyStopping, epochs } = training;
  if (earlyStopping === undefined || epochs >= earlyStopping.patience) return [];
  const message = `Early stopping cannot act: \`patience\` is ${earlyStopping.patience} epochs, and training ends after ${epochs}. Lower \`patience\` or raise \`epochs\`.`;
  const path = ['training', 'earlyStopping', 'patience'];
  return [{ severity: 'information', code: 'training/patience', message, path }];
}

function checkMetrics(experiment: Experiment, facts: DataFacts, trace: Trace): readonly Finding[] {
  const findings: Finding[] = [];
  const { metrics: named, training } = experiment;
  const task = taskOf(experiment, facts, trace);
  for (const [index, name] of named.entries()) {
    if (trace.output === undefined || metrics[name].tasks.some((one) => one === task)) continue;
    findings.push({ severity: 'error', ...metricMisfit(name, task), path: ['metrics', index] });
  }
  const monitor = training.earlyStopping?.monitor;
  if (monitor === undefined) return findings;
  const figure = monitoredFigure(monitor);
  if (figure !== 'loss' && !named.some((name) => name === figure)) {
    const message = `Early stopping watches "${monitor}", but \`${figure}\` is not among the metrics. Add "${figure}" to \`metrics\`, or watch "${monitor.replace(figure, 'loss')}".`;
    const path = ['training', 'earlyStopping', 'monitor'];
    findings.push({ severity: 'error', code: 'training/unknown-series', message, path });
  }
  return findings;
}

function metricMisfit(name: MetricKind, task: Task): Pick<Finding, 'code' | 'message'> {
  const others = Object.values(metrics).filter(({ tasks: all }) => all.some((one) => one === task));
  const advice = `Remove it from the metrics, or use ${others[0]?.type ?? 'the loss'}.`;
  const countsClasses = metrics[name].tasks.some((one) => one === 'classification');
  if (countsClasses && task === 'reconstruction') {
    const message = `\`${name}\` counts classes, but this network gives an image that is compared with another one. ${advice}`;
    return { code: 'metrics/no-classes', message };
  }
  const message = `\`${name}\` cannot be worked out here: it is for ${metrics[name].tasks.map((one) => tasks[one]).join(' or ')}, and this experiment is about ${tasks[task]}. ${advice}`;
  return { code: 'metrics/task', message };
}
