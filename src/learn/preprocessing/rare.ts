import { aNumber, anInteger, either, nothing } from '../../core/options.ts'

export const rareOptions = {
  minFrequency: either([nothing, aNumber({ above: 0 })], {
    default: null,
    help: 'categories that come less often are put together: a share of the rows below 1, from 1 on a number of rows',
  }),
  maxCategories: either([nothing, anInteger({ min: 1 })], {
    default: null,
    help: 'the most columns of a feature; the least frequent categories are put together',
  }),
}

/** Categories by the group that stands for them: frequent ones in their order, and one group for all others at the end. */
export interface Grouping {
  /** The group of each category. */
  readonly groups: Int32Array
  readonly count: number
  /** The group of the infrequent ones, or -1. */
  readonly rare: number
}

/** Puts the infrequent categories of a feature into one group. */
export const groupRare = (
  counts: readonly number[],
  rows: number,
  { minFrequency, maxCategories }: { readonly minFrequency: number | null; readonly maxCategories: number | null },
): Grouping => {
  const rare = counts.map(
    count => minFrequency !== null && count < (minFrequency < 1 ? minFrequency * rows : minFrequency),
  )
  const some = (): number => rare.filter(Boolean).length
  if (maxCategories !== null && counts.length - some() + Math.min(1, some()) > maxCategories) {
    // A stable order: of equally frequent categories the first ones go.
    const order = [...counts.keys()].sort((a, b) => counts[a]! - counts[b]! || a - b)
    for (const i of order.slice(0, counts.length - (maxCategories - 1))) rare[i] = true
  }
  const frequent = counts.length - some()
  let next = 0
  return {
    groups: Int32Array.from(rare, isRare => (isRare ? frequent : next++)),
    count: frequent + Math.min(1, some()),
    rare: some() > 0 ? frequent : -1,
  }
}
