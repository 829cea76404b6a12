// Texts that small models learn from in a minute, made here so that nothing is fetched: the same on every machine, whatever the seed of a run.

/** A stream of numbers in [0, 1). Source: mulberry32, T. Ettinger 2017. */
const stream = (seed: number) => (): number => {
  seed = (seed + 0x6d2b79f5) | 0
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
}

interface Animal {
  readonly name: string
  readonly he: 'he' | 'she'
  readonly home: string
  readonly food: string
}
const animals: readonly Animal[] = [
  { name: 'fox', he: 'he', home: 'under the old oak', food: 'a piece of cheese' },
  { name: 'hen', he: 'she', home: 'behind the barn', food: 'a heap of corn' },
  { name: 'mouse', he: 'she', home: 'in the wall', food: 'a crumb of bread' },
  { name: 'bear', he: 'he', home: 'in the dark cave', food: 'a pot of honey' },
  { name: 'owl', he: 'she', home: 'in the church tower', food: 'a bowl of milk' },
  { name: 'frog', he: 'he', home: 'by the green pond', food: 'a ripe plum' },
  { name: 'goat', he: 'she', home: 'on the stony hill', food: 'a red apple' },
  { name: 'wolf', he: 'he', home: 'at the edge of the wood', food: 'a warm pie' },
]
const natures = ['clever', 'lazy', 'proud', 'kind', 'hungry', 'small', 'old', 'brave'] as const
const times = ['One morning', 'One evening', 'After the rain', 'In the winter', 'When the moon was full'] as const
const lessons: Readonly<Record<(typeof natures)[number], string>> = {
  clever: 'a good thought is worth a sack of gold',
  lazy: 'who sleeps too long will dine too late',
  proud: 'the tallest tree feels the wind first',
  kind: 'a gift comes back by another road',
  hungry: 'half a loaf shared is better than one lost',
  small: 'little feet can walk a long way',
  old: 'the slow river knows the valley best',
  brave: 'fear is smaller when you look at it',
}
const upper = (word: string): string => word[0]!.toUpperCase() + word.slice(1)

const fable = (next: () => number): string => {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(next() * from.length)]!
  const one = pick(animals)
  const other = pick(animals.filter(({ name }) => name !== one.name))
  const nature = pick(natures)
  const He = upper(one.he)
  const shares = nature === 'kind' || nature === 'clever' || nature === 'brave'
  return [
    `A ${nature} ${one.name} lived ${one.home}.`,
    `${pick(times)}, the ${one.name} found ${one.food}.`,
    `"What do you have there?" asked the ${other.name}.`,
    shares
      ? `"${upper(one.food)}," said the ${one.name}. "Sit down and eat with me."`
      : `"Nothing at all," said the ${one.name}, and ${one.he} ran home.`,
    shares
      ? `So they ate, and the ${other.name} was glad.`
      : `The next day the ${other.name} had ${other.food}, and the ${one.name} got none.`,
    `${He} learned that ${lessons[nature]}.`,
  ].join(' ')
}

const fables = (): string => {
  const next = stream(2026)
  return Array.from({ length: 420 }, () => fable(next)).join('\n\n')
}

const sums = (): string => {
  const next = stream(77)
  const lines = Array.from({ length: 9000 }, () => {
    const [a, b] = [Math.floor(next() * 50), Math.floor(next() * 50)]
    return `${a}+${b}=${a + b}`
  })
  return lines.join('\n')
}

/** The text of a corpus by its name. */
export const corpora = { fables, sums } as const
