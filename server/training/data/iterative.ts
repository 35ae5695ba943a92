import { permutation, streamKey } from '#common/rng';
import type { Split } from '#common/run/series';
import { wholeCounts, type DivideTask, type Part, type Places } from './divide';

type IterativeTask = Pick<DivideTask, 'parts' | 'classes' | 'seed'> &
  Required<Pick<DivideTask, 'kinds'>>;

/**
 * Divides samples that may be of several classes so that each class is shared out like all samples:
 * iterative stratification (Sechidis, Tsoumakas and Vlahavas, On the stratification of multi-label data,
 * ECML PKDD 2011). The rarest class that is left goes first, each of its samples to the part that lacks
 * most of it. Unlike there, the parts have exactly their sizes.
 */
export function iteratively({ parts, kinds, classes, seed }: IterativeTask): Places {
  const places = new Array<Split | undefined>(kinds.length).fill(undefined);
  const isPlaced = new Uint8Array(kinds.length);
  const members = membersOf(kinds, classes, seed);
  const left = members.map(({ length }) => length);
  const room = roomOf(parts, kinds.length);
  const lacks = parts.map(({ share }) => members.map(({ length }) => share * length));
  for (let rarest = rarestOf(left); rarest >= 0; rarest = rarestOf(left)) {
    for (const sample of members[rarest]!) {
      if (isPlaced[sample] === 1) continue;
      const part = neediest(rarest, lacks, room);
      places[sample] = parts[part]!.name;
      isPlaced[sample] = 1;
      room[part]!--;
      for (const kind of kinds[sample]!) {
        lacks[part]![kind]!--;
        left[kind]!--;
      }
    }
  }
  return places;
}

/** The samples of each class, in an order that the seed gives. */
function membersOf(
  kinds: readonly (readonly number[])[],
  classes: number,
  seed: number,
): readonly number[][] {
  const members = Array.from({ length: classes }, (): number[] => []);
  for (const sample of permutation(streamKey(seed, 'split'), kinds.length)) {
    for (const kind of kinds[sample]!) members[kind]!.push(sample);
  }
  return members;
}

function roomOf(parts: readonly Part[], count: number): number[] {
  const wanted = parts.map(({ share }) => share * count);
  return [...wholeCounts(wanted, parts, count)];
}

/** The class that has the fewest samples left; −1 when none has any. */
function rarestOf(left: readonly number[]): number {
  const counts = left.map((count) => (count > 0 ? count : Infinity));
  const fewest = Math.min(...counts);
  return fewest === Infinity ? -1 : counts.indexOf(fewest);
}

/** Of the parts with room, the one that lacks most of a class, or else has most room. */
function neediest(
  kind: number,
  lacks: readonly (readonly number[])[],
  room: readonly number[],
): number {
  let best = -1;
  for (const [part, places] of room.entries()) {
    if (places === 0) continue;
    const lead = best < 0 ? 1 : lacks[part]![kind]! - lacks[best]![kind]!;
    // Shares are decimal fractions: what differs by a hair is the same.
    if (lead > 1e-9 || (lead > -1e-9 && places > room[best]!)) best = part;
  }
  return best;
}
