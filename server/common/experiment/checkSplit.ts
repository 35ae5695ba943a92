import type { DataFacts } from '../catalogue/component';
import { targetKinds, type TargetKind } from '../catalogue/tasks';
import { splits as names } from '../run/series';
import type { Experiment } from './experiment';
import type { Finding } from './problem';

/** Fractions are typed by hand: a third is 0.333333. The rest is room for the rounding of the sum. */
const sumTolerance = 1e-6 + 1e-12;
const path = ['data', 'split'];

/** Whether the numbers of the split fit together, and whether the source can say what it is asked for. */
export function checkSplit(experiment: Experiment, facts: DataFacts): readonly Finding[] {
  const { split } = experiment.data;
  const { by, folds, fold } = split;
  const findings: Finding[] = [...checkSource(experiment), ...checkStratify(experiment, facts)];
  if (folds !== undefined && by === 'data') {
    const message = `\`folds\` divides anew what the data have divided already: \`by\` is "data". Remove \`folds\`, or divide by fractions.`;
    return [...findings, error('data/folds', message, 'folds')];
  }
  if (folds !== undefined && fold > folds) {
    const message = `\`fold\` must be one of the ${folds} folds, counted from 1; got ${fold}. Use at most ${folds}.`;
    findings.push(error('data/folds', message, 'fold'));
  }
  if (by === 'data') return findings;
  return [...findings, ...(by === 'count' ? checkCounts(split, facts) : checkFractions(split))];
}

type SplitValue = Experiment['data']['split'];
type PartName = (typeof names)[number];

/** The parts that a number is given for. */
function partsOf({ folds }: SplitValue): readonly PartName[] {
  return folds === undefined ? names : ['test'];
}

function emptyParts(split: SplitValue): readonly Finding[] {
  return partsOf(split)
    .filter((name) => split[name] <= 0)
    .map((name): Finding => {
      const use = {
        train: 'the weights are fitted to it',
        validation: 'it decides which weights are best',
        test: 'it is what the result is measured on',
      }[name];
      const message = `\`${name}\` must be above 0; got ${split[name]}. Give it a part of the samples: ${use}.`;
      return error('data/empty-split', message, name);
    });
}

function checkFractions(split: SplitValue): readonly Finding[] {
  const empty = emptyParts(split);
  if (split.folds !== undefined) {
    if (split.test < 1) return empty;
    const message = `\`test\` must be below 1 to leave something for the ${split.folds} folds; got ${split.test}. Make it smaller.`;
    return [error('data/split-sum', message, 'test')];
  }
  const sum = split.train + split.validation + split.test;
  if (Math.abs(sum - 1) <= sumTolerance) return empty;
  const rest = Number((1 - split.train - split.validation).toFixed(6));
  const advice =
    rest > 0 ? `With the others as they are, \`test\` would be ${rest}.` : 'Make them smaller.';
  const parts = names.map((name) => split[name]).join(' + ');
  const message = `\`train\`, \`validation\` and \`test\` must add up to 1; got ${parts} = ${Number(sum.toFixed(6))}. ${advice}`;
  return [...empty, { severity: 'error', code: 'data/split-sum', message, path }];
}

function checkCounts(split: SplitValue, { count }: DataFacts): readonly Finding[] {
  const parts = partsOf(split);
  const broken = parts
    .filter((name) => !Number.isInteger(split[name]))
    .map((name) => {
      const message = `\`${name}\` must be a whole number of samples, because \`by\` is "count"; got ${split[name]}. Write a number such as 100, or set \`by\` to "fraction".`;
      return error('data/split-count', message, name);
    });
  const findings = [...emptyParts(split), ...broken];
  const sum = parts.reduce((total, name) => total + split[name], 0);
  const least = split.folds ?? 0;
  if (findings.length > 0 || count === undefined || sum + least <= count) return findings;
  const what = parts.map((name) => `\`${name}\``).join(', ');
  const message = `The splits ask for more samples than there are: ${what} and the folds need ${sum + least}, and the data have ${count}. Lower the numbers.`;
  return [{ severity: 'error', code: 'data/split-sum', message, path }];
}

/** Why the mix of classes cannot be kept, where that is asked for. */
function checkStratify({ data: { split } }: Experiment, facts: DataFacts): readonly Finding[] {
  const reasons = [
    split.by === 'data' && '`by` is "data", so that the data alone decide',
    split.order === 'time' && '`order` is "time", so that the times alone decide',
    facts.target === 'image' && 'the targets are images, which have no classes to be mixed',
  ];
  const reason = reasons.find((one) => one !== false);
  if (!split.stratify || reason === undefined) return [];
  const message = `\`stratify\` cannot keep a mix here: ${reason}. Remove it, or set it to false.`;
  const finding = error('data/not-stratified', message, 'stratify');
  return [{ ...finding, severity: 'warning', suggestion: 'false', isOfWritten: true }];
}

/** What only a table, or folders for the splits, can tell. */
function checkSource({ data: { source, split } }: Experiment): readonly Finding[] {
  const isFolder = source.type === 'imageFolder';
  const hasTable = isFolder && source.table !== undefined;
  const findings: Finding[] = [];
  if (isFolder && source.target !== 'class' && !hasTable) {
    const message = needsTable(source.target);
    const place = ['data', 'source', 'target'];
    findings.push({ severity: 'error', code: 'data/needs-table', message, path: place });
  }
  if (split.by === 'data' && !hasTable && !(isFolder && source.layout === 'splits')) {
    const message = `The data do not say which split a sample belongs to: \`by\` is "data". Use an image folder with a table that has a column "split" or with \`layout\` "splits", or divide by fractions.`;
    findings.push(error('data/no-assignment', message, 'by'));
  }
  if (split.order === 'time' && split.by !== 'data' && !hasTable) {
    const message = `The data do not say when a sample was taken: \`order\` is "time". Use an image folder with a table that has a column "time", or let \`order\` be "random".`;
    findings.push(error('data/no-times', message, 'order'));
  }
  return findings;
}

/** Why a target other than a class cannot be read off folders. */
export function needsTable(target: TargetKind): string {
  const what = targetKinds[target].replace(/[.,:;].*$/, '').toLowerCase();
  return `A target of the kind "${target}" (${what}) stands in a table, and the image folder has none. Set \`table\` to a file of comma-separated values in the folder with the columns \`file\` and \`${target === 'labels' ? 'label' : 'target'}\`.`;
}

function error(code: string, message: string, key: keyof SplitValue): Finding {
  return { severity: 'error', code, message, path: [...path, key] };
}
