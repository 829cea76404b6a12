/** The candidate that the word was most likely meant to be, or nothing where none is close. Case, `-` and `_` do not count. */
export const nearest = (word: string, candidates: Iterable<string>): string | undefined => {
  const wanted = plain(word)
  const limit = Math.floor((wanted.length + 1) / 3)
  let best: string | undefined
  let bestDistance = limit + 1
  for (const candidate of candidates) {
    const other = plain(candidate)
    const begins = wanted.length > 2 && other.startsWith(wanted)
    const distance = begins ? Math.min(limit, editDistance(wanted, other)) : editDistance(wanted, other)
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

const plain = (word: string): string => word.replaceAll(/[-_]/g, '').toLowerCase()

/** How many insertions, deletions, replacements and swaps of neighbours turn one word into the other (optimal string alignment). */
export const editDistance = (a: string, b: string): number => {
  let before: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      row[j] = Math.min(replaced, previous[j]! + 1, row[j - 1]! + 1, swapped ? before[j - 2]! + 1 : Infinity)
    }
    before = previous
    previous = row
  }
  return previous[b.length]!
}
