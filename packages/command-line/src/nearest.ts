/** Typing errors: letters left out, doubled, swapped or wrong. More than two make another word. */
const MOST_ERRORS = 2

/** @returns the candidate that `word` was most likely meant to be, if any is near */
export function findNearest(word: string, candidates: Iterable<string>): string | undefined {
  let nearest: string | undefined
  let fewest = MOST_ERRORS + 1
  for (const candidate of candidates) {
    const errors = countErrors(word, candidate)
    // Of a short word, two errors leave nothing.
    if (errors < fewest && errors < candidate.length / 2) [nearest, fewest] = [candidate, errors]
  }
  return nearest
}

/** Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours. */
export function countErrors(a: string, b: string): number {
  let [before, row]: [number[], number[]] = [[], Array.from({ length: b.length + 1 }, (_, i) => i)]
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1]
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      next[j] = Math.min(
        at(row, j) + 1,
        at(next, j - 1) + 1,
        at(row, j - 1) + (isSame ? 0 : 1),
        isSwap ? at(before, j - 2) + 1 : Infinity,
      )
    }
    ;[before, row] = [row, next]
  }
  return at(row, b.length)
}

const at = (row: readonly number[], index: number): number => row[index] ?? Infinity
