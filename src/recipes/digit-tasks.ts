import { fillUniform } from '../core/philox.ts'
import type { Generator } from '../tensor/random.ts'
import type { Pair } from '../text/pairs.ts'

/** What is to be done with a string of digits; `add` is of two, with a plus between. */
export const digitTasks = ['reverse', 'sort', 'copy', 'add'] as const
export type DigitTask = (typeof digitTasks)[number]

const solutions: Readonly<Record<DigitTask, (source: string) => string>> = {
  reverse: source => [...source].reverse().join(''),
  sort: source => [...source].sort().join(''),
  copy: source => source,
  add: source =>
    source
      .split('+')
      .reduce((sum, term) => sum + BigInt(term), 0n)
      .toString(),
}

/** Every symbol that a task's strings may have. */
export const taskSymbols = (task: DigitTask): string => (task === 'add' ? '0123456789+' : '0123456789')

/** The longest source and target of a task with strings of so many digits. */
export const longestOf = (task: DigitTask, digits: number): { source: number; target: number } =>
  task === 'add' ? { source: 2 * digits + 1, target: digits + 1 } : { source: digits, target: digits }

/** Strings of `from` to `to` digits, each length as often, with what the task makes of them; none that `except` has. */
export const drawPairs = (
  task: DigitTask,
  count: number,
  { from, to, except }: { readonly from: number; readonly to: number; readonly except?: ReadonlySet<string> },
  generator: Generator,
): Pair[] => {
  const terms = task === 'add' ? 2 : 1
  const each = terms * (1 + to)
  const pairs: Pair[] = []
  while (pairs.length < count) {
    const wanted = count - pairs.length
    const unit = new Float64Array(wanted * each)
    generator.draw<Float64Array>(unit.length, fillUniform)(unit)
    for (let i = 0; i < wanted; i++) {
      const numbers = unit.subarray(i * each, (i + 1) * each)
      const source = Array.from({ length: terms }, (_, k) => {
        const [first, ...digits] = numbers.subarray(k * (1 + to), (k + 1) * (1 + to))
        return digits
          .slice(0, from + Math.floor(first! * (to - from + 1)))
          .map(u => Math.floor(10 * u))
          .join('')
      }).join('+')
      if (!except?.has(source)) pairs.push({ source, target: solutions[task](source) })
    }
  }
  return pairs
}
