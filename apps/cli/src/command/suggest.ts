const MAX_DISTANCE = 2;

/** Returns the known word that someone most likely meant, or undefined when none is near. */
export function suggest(typed: string, known: readonly string[]): string | undefined {
  let best: { readonly word: string; readonly distance: number } | undefined;
  for (const word of known) {
    const distance = editDistance(typed, word);
    // A word of three letters is two edits away from half of all others.
    if (distance > MAX_DISTANCE || distance * 2 > Math.max(typed.length, word.length)) continue;
    if (best === undefined || distance < best.distance) best = { word, distance };
  }
  return best?.word ?? (typed.length >= 2 ? known.find((word) => word.startsWith(typed)) : undefined);
}

/** Damerau-Levenshtein distance: insertions, deletions, substitutions and swaps of neighbours, no part edited twice. */
export function editDistance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1];
      let cost = Math.min((last[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1, (last[column - 1] ?? 0) + (same ? 0 : 1));
      const swapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (swapped) cost = Math.min(cost, (beforeLast[column - 2] ?? 0) + 1);
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return last[to.length] ?? 0;
}
