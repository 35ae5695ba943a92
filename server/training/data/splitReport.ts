import { createHash } from 'node:crypto';
import type { DataNotice } from '#common/catalogue/component';
import { splits as names, type Split } from '#common/run/series';
import type { Dataset } from './dataset';
import {
  classCountsIn,
  isDividedFreely,
  missingClass,
  type Splits,
  type SplitValue,
} from './split';

/** What a person should know of how the samples are divided, though it forbids nothing. */
export function splitNotices(
  dataset: Dataset,
  splits: Splits,
  split: SplitValue,
): readonly DataNotice[] {
  return [
    ...missingClasses(dataset, splits, split),
    ...duplicates(dataset, splits),
    ...weighting(dataset),
  ];
}

/** A column of weights may have been meant otherwise: as what a patient weighs. */
function weighting({ sampleWeights }: Dataset): readonly DataNotice[] {
  if (sampleWeights === undefined) return [];
  let [least, most] = [Infinity, 0];
  for (const weight of sampleWeights) {
    [least, most] = [Math.min(least, weight), Math.max(most, weight)];
  }
  const message = `The table has weights of samples: its column "weight" goes from ${shortNumber(least)} to ${shortNumber(most)}, and the loss of each sample is multiplied by its weight. Give the column another name if it means something else.`;
  return [{ severity: 'information', code: 'data/weights', message, key: 'source' }];
}

function shortNumber(value: number): string {
  return String(Number(value.toPrecision(4)));
}

/** Tells whether a split is still the same: over pixels and labels of its samples, in their order. */
export function splitFingerprints(
  dataset: Pick<Dataset, 'digests' | 'labels'>,
  splits: Splits,
): Readonly<Record<Split, string>> {
  const digests = dataset.digests();
  const fingerprintOf = (samples: Uint32Array) => {
    const sum = createHash('sha256');
    for (const sample of samples) sum.update(`${digests[sample]} ${dataset.labels[sample]}\n`);
    return sum.digest('hex');
  };
  return {
    train: fingerprintOf(splits.train),
    validation: fingerprintOf(splits.validation),
    test: fingerprintOf(splits.test),
  };
}

function missingClasses(
  dataset: Dataset,
  splits: Splits,
  split: SplitValue,
): readonly DataNotice[] {
  const { target = 'class' } = dataset.facts;
  if (target !== 'class' || isDividedFreely(dataset, split)) return [];
  return (['validation', 'test'] as const).flatMap((name): DataNotice[] => {
    const missing = classCountsIn(splits[name], dataset).indexOf(0);
    if (missing < 0) return [];
    const message = missingClass(name, missing, dataset, split);
    return [{ code: 'data/class-missing', message, key: 'split' }];
  });
}

/** Equal images in two splits: what is measured there has been seen in training. */
function duplicates(dataset: Dataset, splits: Splits): readonly DataNotice[] {
  const digests = dataset.digests();
  const first = new Map<string, { readonly sample: number; readonly split: Split }>();
  const across: { readonly of: number; readonly sample: number; readonly places: string }[] = [];
  const contradictions: number[] = [];
  for (const name of names) {
    for (const sample of splits[name]) {
      const known = first.get(digests[sample]!);
      if (known === undefined) {
        first.set(digests[sample]!, { sample, split: name });
        continue;
      }
      if (dataset.labels[known.sample] !== dataset.labels[sample]) contradictions.push(sample);
      if (known.split === name) continue;
      across.push({ of: known.sample, sample, places: `${known.split} and ${name}` });
    }
  }
  const nameOf = (sample: number) => dataset.names?.[sample] ?? `sample ${sample}`;
  const notices: DataNotice[] = [];
  const [pair] = across;
  if (pair !== undefined) {
    const message = `Equal images lie in different splits: ${across.length} in all, such as ${nameOf(pair.of)} and ${nameOf(pair.sample)} (${pair.places}). What the network has seen in training it cannot be tested on: remove the copies, or give them one group.`;
    notices.push({ code: 'data/duplicates', message, key: 'split' });
  }
  const [contradiction] = contradictions;
  if (contradiction !== undefined) {
    const message = `Equal images have different labels: ${contradictions.length} in all, such as ${nameOf(first.get(digests[contradiction]!)!.sample)} and ${nameOf(contradiction)}. One of the labels is wrong: correct it, or remove both.`;
    notices.push({ code: 'data/contradiction', message, key: 'source' });
  }
  return notices;
}
