import type { DataFacts } from '../catalogue/component';
import { lossComponent, simpleLossesOf } from '../catalogue/losses';
import type { Experiment } from './experiment';
import { checkSplit } from './checkSplit';
import type { Finding } from './problem';

const splitNames = ['train', 'validation', 'test'] as const;

/** What is wrong with the samples and how they are divided. */
export function checkData(experiment: Experiment, facts: DataFacts): readonly Finding[] {
  return [
    ...checkSplit(experiment, facts),
    ...checkCounts(experiment, facts),
    ...checkClasses(experiment, facts),
    ...checkBatchSize(experiment, facts),
    ...(facts.notices ?? []).map(({ code, message, key, severity }): Finding => {
      return { severity: severity ?? 'warning', code, message, path: ['data', key] };
    }),
  ];
}

function checkCounts({ data }: Experiment, facts: DataFacts): readonly Finding[] {
  const { count } = facts;
  if (count === undefined) return [];
  if (count < splitNames.length) {
    const message = `There are too few samples for three splits: ${count}, and every split needs one. Add samples.`;
    return [{ severity: 'error', code: 'data/too-few', message, path: ['data', 'source'] }];
  }
  // Elsewhere the numbers are no fractions.
  if (data.split.by !== 'fraction' || data.split.folds !== undefined) return [];
  return splitNames
    .filter((name) => data.split[name] > 0 && data.split[name] * count < 1)
    .map((name): Finding => {
      const message = `\`${name}\` is ${data.split[name]} of ${count} samples, less than one; it gets the least that is possible, which says little. Raise it to ${roundUp(10 / count)} for ten samples, or use more samples.`;
      const path = ['data', 'split', name];
      return { severity: 'warning', code: 'data/small-split', message, path };
    });
}

function checkClasses(experiment: Experiment, facts: DataFacts): readonly Finding[] {
  const path = ['data', 'source'];
  const findings: Finding[] = [];
  const names = facts.classNames;
  const { data } = experiment;
  // Several labels need not be in every split, and a mask has many classes in one sample.
  if ((facts.target ?? 'class') !== 'class') return [];
  if (names?.length === 1 && choosesClass(experiment)) {
    const message = `A network cannot learn to choose from one class only; the data have just "${names[0]}". Add samples of another class.`;
    findings.push({ severity: 'error', code: 'data/one-class', message, path });
  }
  for (const [index, count] of (facts.classCounts ?? []).entries()) {
    if (count >= splitNames.length || data.split.by === 'data') continue;
    const message = `Class "${names?.[index] ?? index}" is too small for three splits: it has ${count} sample${count === 1 ? '' : 's'}, and every split needs one of each class. Add samples or take the class out.`;
    findings.push({ severity: 'error', code: 'data/class-too-small', message, path });
    // One class says it; a hundred would hide the rest.
    break;
  }
  return findings;
}

function choosesClass({ loss }: Experiment): boolean {
  return simpleLossesOf(loss).some(({ value }) => lossComponent(value.type).compares === 'classes');
}

function checkBatchSize({ data, training }: Experiment, facts: DataFacts): readonly Finding[] {
  if (facts.count === undefined) return [];
  const trainCount = trainingSamples(data.split, facts.count);
  if (trainCount < 1 || training.batchSize <= trainCount) return [];
  const message = `\`batchSize\` is larger than the training split: ${training.batchSize} of ${trainCount} samples, so an epoch is one step. Use at most ${trainCount}; 32 to 128 is usual.`;
  const path = ['training', 'batchSize'];
  return [{ severity: 'warning', code: 'training/batch-size', message, path }];
}

/** About how many samples are for training; 0 if only the data know. */
function trainingSamples(split: Experiment['data']['split'], count: number): number {
  const { by, train, test, folds } = split;
  if (by === 'data') return 0;
  const whole = by === 'count' ? 1 : count;
  if (folds === undefined) return Math.round(train * whole);
  return Math.round((count - test * whole) * (1 - 1 / folds));
}

function roundUp(value: number): number {
  return Math.min(1, Math.ceil(value * 1e4) / 1e4);
}
