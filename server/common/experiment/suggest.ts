/** Number of insertions, deletions, substitutions and swaps of neighbours between two words. */
export function editDistance(a: string, b: string): number {
  // Optimal string alignment over three rows: the one before last is needed for swaps.
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let best = Math.min(
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + (same ? 0 : 1),
      );
      const swapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (row > 1 && column > 1 && swapped) best = Math.min(best, at(beforeLast, column - 2) + 1);
      current.push(best);
    }
    beforeLast = last;
    last = current;
  }
  return at(last, b.length);
}

/**
 * The known name that was probably meant: the nearest one, if it is near enough for its length. Case,
 * underscores and hyphens do not count, so `kernel_size` finds `kernelSize`.
 */
export function nearestName(word: string, names: readonly string[]): string | undefined {
  const wanted = plain(word);
  // Nothing in the catalogue is that long, and the distance costs the product of the lengths.
  if (wanted.length === 0 || wanted.length > 60) return undefined;
  let nearest: string | undefined;
  let nearestDistance = Infinity;
  for (const name of names) {
    const distance = editDistance(wanted, plain(name));
    if (distance < nearestDistance && distance <= Math.floor((name.length + 1) / 3)) {
      nearest = name;
      nearestDistance = distance;
    }
  }
  return nearest ?? containing(wanted, names);
}

/** `conv` and `crossEntropy` are far from `conv2d` and `softmaxCrossEntropy`, but mean nothing else. */
function containing(wanted: string, names: readonly string[]): string | undefined {
  if (wanted.length < 4) return undefined;
  const found = names.filter(
    (name) => plain(name).includes(wanted) || (name.length > 3 && wanted.includes(plain(name))),
  );
  return found.length === 1 ? found[0] : undefined;
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[_\-\s]/g, '');
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? 0;
}
