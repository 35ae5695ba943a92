import type { DataFacts } from '../catalogue/component';
import { lossComponent, simpleLossesOf } from '../catalogue/losses';
import type { Experiment } from './experiment';
import type { Finding } from './problem';

const splitNames = ['train', 'validation', 'test'] as const;
/** Fractions are typed by hand: a third is 0.333333. The rest is room for the rounding of the sum. */
const sumTolerance = 1e-6 + 1e-12;

/** What is wrong with the samples and how they are divided. */
export function checkData(experiment: Experiment, facts: DataFacts): readonly Finding[] {
  return [
    ...checkFractions(experiment),
    ...checkCounts(experiment, facts),
    ...checkClasses(experiment, facts),
    ...checkBatchSize(experiment, facts),
  ];
}

function checkFractions({ data: { split } }: Experiment): readonly Finding[] {
  const path = ['data', 'split'];
  const empty = splitNames
    .filter((name) => split[name] <= 0)
    .map((name): Finding => {
      const use = {
        train: 'the weights are fitted to it',
        validation: 'it decides which weights are best',
        test: 'it is what the result is measured on',
      }[name];
      const message = `\`${name}\` must be above 0; got ${split[name]}. Give it a part of the samples: ${use}.`;
      return { severity: 'error', code: 'data/empty-split', message, path: [...path, name] };
    });
  const sum = split.train + split.validation + split.test;
  if (Math.abs(sum - 1) <= sumTolerance) return empty;
  const rest = Number((1 - split.train - split.validation).toFixed(6));
  const advice =
    rest > 0 ? `With the others as they are, \`test\` would be ${rest}.` : 'Make them smaller.';
  const parts = splitNames.map((name) => split[name]).join(' + ');
  const message = `\`train\`, \`validation\` and \`test\` must add up to 1; got ${parts} = ${Number(sum.toFixed(6))}. ${advice}`;
  return [...empty, { severity: 'error', code: 'data/split-sum', message, path }];
}

function checkCounts({ data }: Experiment, facts: DataFacts): readonly Finding[] {
  const { count } = facts;
  if (count === undefined) return [];
  if (count < splitNames.length) {
    const message = `There are too few samples for three splits: ${count}, and every split needs one. Add samples.`;
    return [{ severity: 'error', code: 'data/too-few', message, path: ['data', 'source'] }];
  }
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
  if (names?.length === 1 && choosesClass(experiment)) {
    const message = `A network cannot learn to choose from one class only; the data have just "${names[0]}". Add samples of another class.`;
    findings.push({ severity: 'error', code: 'data/one-class', message, path });
  }
  for (const [index, count] of (facts.classCounts ?? []).entries()) {
    if (count >= splitNames.length) continue;
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
  const trainCount = Math.round(facts.count * data.split.train);
  if (trainCount < 1 || training.batchSize <= trainCount) return [];
  const message = `\`batchSize\` is larger than the training split: ${training.batchSize} of ${trainCount} samples, so an epoch is one step. Use at most ${trainCount}; 32 to 128 is usual.`;
  const path = ['training', 'batchSize'];
  return [{ severity: 'warning', code: 'training/batch-size', message, path }];
}

function roundUp(value: number): number {
  return Math.min(1, Math.ceil(value * 1e4) / 1e4);
}
