import { ArgumentError } from '../core/errors.ts'
import { defineOptions, integer, number, oneOf } from '../core/options.ts'
import { openStream, type RandomSource, type RandomStream } from './random-stream.ts'

/** What an individual is made of: bits, numbers between two, or the numbers 0 … length − 1 in some order. */
export type Genes =
  | { readonly kind: 'bits'; readonly length: number }
  | { readonly kind: 'real'; readonly length: number; readonly low: number; readonly high: number }
  | { readonly kind: 'permutation'; readonly length: number }

const declared = defineOptions({
  populationSize: integer({ min: 2, default: 100, help: 'individuals of a generation' }),
  generations: integer({ min: 1, default: 100, help: 'rounds' }),
  selection: oneOf(['tournament', 'roulette', 'rank'], { default: 'tournament', help: 'how parents are chosen' }),
  tournamentSize: integer({ min: 1, default: 3, help: 'individuals that compete to be a parent' }),
  crossoverRate: number({ min: 0, max: 1, default: 0.9, help: 'share of children with two parents' }),
  mutationRate: number({ min: 0, max: 1, help: 'probability that a gene changes' }),
  mutationScale: number({ above: 0, default: 0.1, help: 'width of a change, as a share of the range' }),
  elitism: integer({ min: 0, default: 1, help: 'best individuals kept as they are' }),
})

export interface GeneticOptions extends RandomSource {
  /** By default 100. */
  readonly populationSize?: number
  /** By default 100. */
  readonly generations?: number
  /** The best of a few drawn (the default), or drawn by fitness, or by its rank. */
  readonly selection?: 'tournament' | 'roulette' | 'rank'
  /** By default 3. */
  readonly tournamentSize?: number
  /** Share of children with two parents, by default 0.9. */
  readonly crossoverRate?: number
  /** Probability that a gene changes (of a permutation: that two change places, for each gene); by default one over their number. */
  readonly mutationRate?: number
  /** Width of a number's change, as a share of its range; by default 0.1. */
  readonly mutationScale?: number
  /** Best individuals kept as they are, by default 1. */
  readonly elitism?: number
  /** Ends as soon as an individual is this fit. */
  readonly target?: number
}

export interface GeneticResult {
  readonly best: Float64Array
  readonly fitness: number
  /** The best and the mean fitness of each generation, the first one drawn at random. */
  readonly history: readonly { readonly best: number; readonly mean: number }[]
}

/**
 * A search for the fittest individual: each generation's parents are chosen by fitness, their genes crossed over and some changed, the best
 * kept.
 *
 * Bits cross over between two points, numbers as blends (BLX-0.5) and permutations in order (OX).
 *
 * @param fitness larger is better; it must be a number
 * @throws ArgumentError for a fitness that is not a number, and below 0 with selection `roulette`
 * @example
 * const ones = stats.geneticAlgorithm({ kind: 'bits', length: 12 }, bits => bits.reduce((a, b) => a + b, 0), { randomState: 1 })
 * ones.fitness // 12
 *
 * Source: Holland 1975; Davis 1985 (permutations); Eshelman & Schaffer 1993 (numbers).
 */
export const geneticAlgorithm = (
  genes: Genes,
  fitness: (individual: Float64Array) => number,
  { generator, randomState, target, ...given }: GeneticOptions = {},
): GeneticResult => {
  const options = declared.validate('geneticAlgorithm', given)
  checkGenes(genes)
  const rate = options.mutationRate ?? 1 / genes.length
  const stream = openStream({ generator, randomState })()
  const rated = (individual: Float64Array): Individual => {
    const value = fitness(individual)
    if (typeof value !== 'number' || Number.isNaN(value))
      throw new ArgumentError(`geneticAlgorithm: the fitness of an individual is ${value}. It must be a number.`)
    if (options.selection === 'roulette' && value < 0)
      throw new ArgumentError(
        `geneticAlgorithm: a fitness is ${value}, and selection "roulette" needs it to be at least 0. Use "tournament" or "rank".`,
      )
    return { genes: individual, fitness: value }
  }
  const ordered = (all: Individual[]): Individual[] => all.sort((a, b) => b.fitness - a.fitness)
  let population = ordered(Array.from({ length: options.populationSize }, () => rated(drawn(genes, stream))))
  const history = [noted(population)]
  for (let round = 0; round < options.generations; round++) {
    if (target !== undefined && population[0]!.fitness >= target) break
    const parent = chooser(population, options, stream)
    const next = population.slice(0, options.elitism)
    while (next.length < options.populationSize) {
      const [a, b] = [parent(), parent()]
      const child = stream.uniform() < options.crossoverRate ? crossed(genes, a, b, stream) : a.slice()
      mutate(genes, child, rate, options.mutationScale, stream)
      next.push(rated(child))
    }
    population = ordered(next)
    history.push(noted(population))
  }
  return { best: population[0]!.genes, fitness: population[0]!.fitness, history }
}

interface Individual {
  readonly genes: Float64Array
  readonly fitness: number
}
const noted = (population: readonly Individual[]): { best: number; mean: number } => ({
  best: population[0]!.fitness,
  mean: population.reduce((sum, i) => sum + i.fitness, 0) / population.length,
})
const checkGenes = (genes: Genes): void => {
  if (!Number.isInteger(genes.length) || genes.length < 1)
    throw new ArgumentError(`geneticAlgorithm: length must be an integer of at least 1; got ${genes.length}.`)
  if (genes.kind === 'real' && !(genes.low < genes.high && Number.isFinite(genes.high - genes.low)))
    throw new ArgumentError(
      `geneticAlgorithm: low must be below high, both finite; got ${genes.low} and ${genes.high}.`,
    )
}
const drawn = (genes: Genes, stream: RandomStream): Float64Array => {
  if (genes.kind === 'permutation') return stream.shuffle(Float64Array.from({ length: genes.length }, (_, i) => i))
  if (genes.kind === 'bits') return Float64Array.from({ length: genes.length }, () => stream.below(2))
  return Float64Array.from({ length: genes.length }, () => genes.low + (genes.high - genes.low) * stream.uniform())
}

type Choice = { readonly selection: string; readonly tournamentSize: number }
/** What gives a parent's genes. The population is in order, the fittest first. */
const chooser = (population: readonly Individual[], options: Choice, stream: RandomStream): (() => Float64Array) => {
  const n = population.length
  if (options.selection === 'tournament')
    return () => {
      let best = n
      for (let i = 0; i < options.tournamentSize; i++) best = Math.min(best, stream.below(n))
      return population[best]!.genes
    }
  const weights = population.map((p, i) => (options.selection === 'rank' ? n - i : p.fitness))
  const total = weights.reduce((a, b) => a + b, 0)
  return () => population[total > 0 ? stream.index(weights, total) : stream.below(n)]!.genes
}
const crossed = (genes: Genes, a: Float64Array, b: Float64Array, stream: RandomStream): Float64Array => {
  const n = genes.length
  if (genes.kind === 'real')
    return a.map((v, i) => {
      const [low, high] = [Math.min(v, b[i]!), Math.max(v, b[i]!)]
      const spread = (high - low) / 2
      return bounded(genes, low - spread + (high - low + 2 * spread) * stream.uniform())
    })
  const [one, two] = [stream.below(n + 1), stream.below(n + 1)]
  const [from, to] = [Math.min(one, two), Math.max(one, two)]
  const child = b.slice()
  child.set(a.subarray(from, to), from)
  if (genes.kind === 'bits') return child
  // The stretch of one parent, the rest in the other's order.
  const kept = new Set(a.subarray(from, to))
  const rest = [...b].filter(v => !kept.has(v))
  for (let i = 0, k = 0; i < n; i++) if (i < from || i >= to) child[i] = rest[k++]!
  return child
}
const bounded = ({ low, high }: { readonly low: number; readonly high: number }, v: number): number =>
  Math.min(high, Math.max(low, v))
const mutate = (genes: Genes, child: Float64Array, rate: number, scale: number, stream: RandomStream): void => {
  for (let i = 0; i < child.length; i++) {
    if (stream.uniform() >= rate) continue
    if (genes.kind === 'bits') child[i] = 1 - child[i]!
    else if (genes.kind === 'real')
      child[i] = bounded(genes, child[i]! + scale * (genes.high - genes.low) * stream.normal())
    else {
      const j = stream.below(child.length)
      ;[child[i], child[j]] = [child[j]!, child[i]!]
    }
  }
}
