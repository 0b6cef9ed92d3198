/** What a misspelt word most likely meant: the nearest of the known ones by edit distance. */

/** Words longer than this are not compared: nobody misspells them by a letter, and the comparison costs their square. */
const maxWordLength = 64;

/**
 * Returns the known word nearest to `word`, or undefined when none is near enough to be worth suggesting.
 *
 * Letter case, `-` and `_` do not count, so that `gated_by` finds `gatedBy`.
 */
export function nearestWord(word: string, known: Iterable<string>): string | undefined {
  if (word.length > maxWordLength) return undefined;
  const wanted = fold(word);
  let best: { readonly word: string; readonly distance: number } | undefined;
  for (const candidate of known) {
    if (candidate.length > maxWordLength) continue;
    const folded = fold(candidate);
    const distance = editDistance(wanted, folded);
    const allowed = Math.max(1, Math.floor(Math.max(wanted.length, folded.length) / 3));
    const isNear = distance <= allowed && distance < Math.min(wanted.length, folded.length);
    if ((isNear || distance === 0) && (best === undefined || distance < best.distance)) {
      best = { word: candidate, distance };
    }
  }
  return best?.word;
}

/** The text `, did you mean 'x'?`, or nothing when no known word is near. */
export function didYouMean(word: string, known: Iterable<string>): string {
  const nearest = nearestWord(word, known);
  return nearest === undefined ? '' : `, did you mean '${nearest}'?`;
}

/** Inserted, removed, changed and swapped neighbouring letters that turn `a` into `b` (optimal string alignment). */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const changed = a[row - 1] === b[column - 1] ? 0 : 1;
      let cost = Math.min((last[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1, (last[column - 1] ?? 0) + changed);
      const isSwapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (isSwapped) cost = Math.min(cost, (beforeLast[column - 2] ?? 0) + 1);
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length] ?? 0;
}

function fold(word: string): string {
  return word.toLowerCase().replace(/[-_]/g, '');
}
