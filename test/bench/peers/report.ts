// Tables for people out of what was measured.
import { median } from '../timing';
import { augmentationFactor } from './bounds';
import type { Judgement, Measured } from './results';
import { printTable } from './table';

/** The machine's peak in GFLOP/s by the number of cores. */
export type Peaks = ReadonlyMap<number, number>;

/** Milliseconds a step, against the peers, the bounds and what the machine can do at most. */
export function printSteps(
  title: string,
  judged: readonly Judgement[],
  failed: readonly Measured[],
  work: { readonly gigaFlop: number; readonly peaks: Peaks },
): void {
  console.log(`\n${title}`);
  const rows = judged.map((one) => {
    const rate = work.gigaFlop / (one.median / 1000);
    const peak = work.peaks.get(one.threads);
    const part = peak === undefined ? '' : `${((100 * rate) / peak).toFixed(1)} %`;
    return [
      nameOf(one),
      milliseconds(one.median),
      milliseconds(one.min),
      rate.toFixed(1),
      part,
      ...verdict(one),
    ];
  });
  const headings = ['side', 'median ms', 'min ms', 'GFLOP/s', 'of peak', ...verdictHeadings];
  printTable(headings, rows);
  printFailed(failed);
}

export function printTimes(
  title: string,
  judged: readonly Judgement[],
  failed: readonly Measured[],
): void {
  console.log(`\n${title}`);
  const rows = judged.map((one) => [
    nameOf(one),
    milliseconds(one.median),
    milliseconds(one.min),
    ...verdict(one),
  ]);
  printTable(['side', 'median ms', 'min ms', ...verdictHeadings], rows);
  printFailed(failed);
}

/** What a second thread gives to our own engines. */
export function printScaling(
  rows: readonly { subject: string; one: Judgement; two: Judgement }[],
): void {
  if (rows.length === 0) return;
  console.log('\nFrom one thread to two');
  const cells = rows.map(({ subject, one, two }) => [
    `${subject}, ${one.side}`,
    milliseconds(one.median),
    milliseconds(two.median),
    `${(one.median / two.median).toFixed(2)} x`,
    `${(one.min / two.min).toFixed(2)} x`,
  ]);
  printTable(['net and side', '1 thread ms', '2 threads ms', 'faster', 'by minima'], cells);
}

/** Images a second on one core, where more is better. */
export function printAugmentation(
  title: string,
  all: readonly Measured[],
  imagesAStep: number,
): void {
  console.log(`\n${title}`);
  const timed = all.filter(({ milliseconds }) => milliseconds.length > 0);
  const rate = ({ milliseconds }: Measured) => (1000 * imagesAStep) / median(milliseconds);
  const peer = Math.max(...timed.filter(({ team }) => team === 'PyTorch').map(rate));
  const rows = timed.map((one) => {
    const factor = rate(one) / peer;
    const isOwn = one.team === 'native' || one.team === 'wasm';
    return [
      nameOf({ ...one, side: one.team === 'PyTorch' ? 'torchvision' : one.side }),
      rate(one).toFixed(0),
      factor.toFixed(2),
      isOwn ? `>= ${augmentationFactor}` : '',
      isOwn ? (factor >= augmentationFactor ? 'yes' : 'no') : '',
    ];
  });
  printTable(['side', 'images/s', 'x the peer', 'bound', 'reached'], rows);
  printFailed(all.filter(({ milliseconds }) => milliseconds.length === 0));
}

const verdictHeadings = ['x best peer', 'x PyTorch', 'by minima', 'bound', 'reached'];

function verdict({ ratios, ratiosOfMinima, bound, isReached }: Judgement): string[] {
  const toPeers = [ratios['the best peer'].toFixed(2), ratios.PyTorch.toFixed(2)];
  const byMinima = ratiosOfMinima[bound?.of ?? 'the best peer'].toFixed(2);
  if (bound === undefined) return [...toPeers, byMinima];
  return [...toPeers, byMinima, `<= ${bound.factor} x ${bound.of}`, isReached ? 'yes' : 'no'];
}

function printFailed(failed: readonly Measured[]): void {
  for (const one of failed) console.log(`  ${nameOf(one)}: ${one.error?.split('\n')[0]}`);
}

function nameOf({
  side,
  variant,
  threads,
}: Pick<Measured, 'side' | 'variant' | 'threads'>): string {
  const name = variant === '' ? side : `${side} ${variant}`;
  return threads === 1 ? `${name}, 1 thread` : name;
}

function milliseconds(value: number): string {
  return value.toFixed(value < 10 ? 2 : 1);
}
