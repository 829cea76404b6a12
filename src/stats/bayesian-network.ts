import { ArgumentError } from '../core/errors.ts'
import { sizeOf, stridesOf } from '../core/shape.ts'
import { JointTable, type Label } from './joint-table.ts'
import { openStream, type RandomSource, type RandomStream } from './random-stream.ts'

/** A variable of a network, with a table of its probabilities. */
export interface NetworkVariable {
  readonly values: readonly Label[]
  readonly parents?: readonly string[]
  /** `[...values of each parent, values]`: each innermost list adds up to 1. */
  readonly probs: NestedNumbers
}
export type NestedNumbers = readonly (number | NestedNumbers)[]
/** Values of some variables. */
export type Assignment = Readonly<Record<string, Label>>

interface Factor {
  readonly names: readonly string[]
  readonly data: Float64Array
}
interface Variable {
  readonly values: readonly Label[]
  readonly parents: readonly string[]
  readonly probs: Float64Array
}

const flatten = (x: NestedNumbers | number): number[] => (typeof x === 'number' ? [x] : x.flatMap(flatten))

/** How to estimate by sampling, and how many draws to make. */
export interface SamplingOptions extends RandomSource {
  readonly method?: 'rejection' | 'likelihoodWeighting' | 'gibbs'
  /** By default 10,000. */
  readonly samples?: number
  /** Rounds of Gibbs sampling thrown away first, by default 500. */
  readonly burnIn?: number
}

/** Variables whose dependences form a graph without circles; see {@link bayesianNetwork}. */
export class BayesianNetwork {
  /** In an order in which parents come first. */
  readonly names: readonly string[]
  private readonly variables: ReadonlyMap<string, Variable>

  constructor(variables: ReadonlyMap<string, Variable>, names: readonly string[]) {
    this.variables = variables
    this.names = names
  }

  private size(name: string): number {
    return this.variables.get(name)!.values.length
  }
  private require(where: string, name: string): Variable {
    const variable = this.variables.get(name)
    if (variable) return variable
    throw new ArgumentError(`${where}: there is no variable "${name}". The variables are ${this.names.join(', ')}.`, {
      name,
    })
  }
  private read(where: string, evidence: Assignment): Map<string, number> {
    const read = new Map<string, number>()
    for (const [name, value] of Object.entries(evidence)) {
      const { values } = this.require(where, name)
      const at = values.indexOf(value)
      if (at < 0) {
        const known = values.map(v => JSON.stringify(v)).join(', ')
        throw new ArgumentError(`${where}: ${name} has no value ${JSON.stringify(value)}. Its values are ${known}.`, {
          name,
          value,
        })
      }
      read.set(name, at)
    }
    return read
  }
  /** P of one variable's values where its parents have these. */
  private row(name: string, at: ReadonlyMap<string, number>): Float64Array {
    const { parents, probs, values } = this.variables.get(name)!
    let place = 0
    for (const parent of parents) place = place * this.size(parent) + at.get(parent)!
    return probs.subarray(place * values.length, (place + 1) * values.length)
  }

  /** P of values of all variables. */
  probability(assignment: Assignment): number {
    const at = this.read('probability', assignment)
    const missing = this.names.find(name => !at.has(name))
    if (missing) throw new ArgumentError(`probability: "${missing}" has no value. Name all variables, or use query().`)
    return this.names.reduce((p, name) => p * this.row(name, at)[at.get(name)!]!, 1)
  }

  /**
   * The joint distribution of some variables where others have given values: exactly, by elimination of all others one at a time, each time
   * the one that leaves the smallest table.
   *
   * @throws ArgumentError for evidence of probability 0
   *
   * Source: Zhang & Poole 1994; Koller & Friedman 2009, section 9.3.
   */
  query(names: readonly string[] | string, evidence: Assignment = {}): JointTable {
    const wanted = typeof names === 'string' ? [names] : names
    for (const name of wanted) this.require('query', name)
    const given = this.read('query', evidence)
    const both = wanted.find(name => given.has(name))
    if (both) throw new ArgumentError(`query: "${both}" is asked for and given. Leave it out of one of both.`)
    let factors = this.relevant([...wanted, ...given.keys()]).map(name => this.reduced(name, given))
    let open = new Set(factors.flatMap(f => f.names).filter(name => !wanted.includes(name)))
    while (open.size > 0) {
      const name = [...open].reduce((best, n) => (this.cost(n, factors) < this.cost(best, factors) ? n : best))
      const touched = factors.filter(f => f.names.includes(name))
      factors = [...factors.filter(f => !f.names.includes(name)), this.sumOut(this.multiply(touched), name)]
      open = new Set([...open].filter(n => n !== name))
    }
    const result = this.ordered(this.multiply(factors), wanted)
    const total = result.reduce((a, b) => a + b, 0)
    if (!(total > 0))
      throw new ArgumentError(`query: ${JSON.stringify(evidence)} has probability 0. Nothing follows from it.`, {
        evidence,
      })
    const variables = Object.fromEntries(wanted.map(name => [name, this.variables.get(name)!.values]))
    return new JointTable(
      variables,
      result.map(v => v / total),
    )
  }
  /** Variables that are not ancestors of anything asked or given make no difference. */
  private relevant(names: readonly string[]): string[] {
    const seen = new Set<string>()
    const open = [...names]
    while (open.length > 0) {
      const name = open.pop()!
      if (seen.has(name)) continue
      seen.add(name)
      open.push(...this.variables.get(name)!.parents)
    }
    return this.names.filter(name => seen.has(name))
  }
  /** A variable's table where evidence is put in. */
  private reduced(name: string, given: ReadonlyMap<string, number>): Factor {
    const { parents, probs } = this.variables.get(name)!
    const names = [...parents, name]
    const shape = names.map(n => this.size(n))
    const strides = stridesOf(shape)
    const kept = names.filter(n => !given.has(n))
    const data: number[] = []
    for (let at = 0; at < probs.length; at++)
      if (names.every((n, i) => !given.has(n) || Math.floor(at / strides[i]!) % shape[i]! === given.get(n)))
        data.push(probs[at]!)
    return { names: kept, data: Float64Array.from(data) }
  }
  private cost(name: string, factors: readonly Factor[]): number {
    const joined = new Set(factors.filter(f => f.names.includes(name)).flatMap(f => f.names))
    return sizeOf([...joined].map(n => this.size(n)))
  }
  private multiply(factors: readonly Factor[]): Factor {
    const names = [...new Set(factors.flatMap(f => f.names))]
    const shape = names.map(n => this.size(n))
    const strides = stridesOf(shape)
    const data = new Float64Array(sizeOf(shape)).fill(1)
    for (const factor of factors) {
      const own = stridesOf(factor.names.map(n => this.size(n)))
      const axes = factor.names.map(n => names.indexOf(n))
      for (let at = 0; at < data.length; at++) {
        let place = 0
        for (const [i, axis] of axes.entries()) place += (Math.floor(at / strides[axis]!) % shape[axis]!) * own[i]!
        data[at]! *= factor.data[place]!
      }
    }
    return { names, data }
  }
  private sumOut(factor: Factor, name: string): Factor {
    const names = factor.names.filter(n => n !== name)
    return { names, data: this.ordered(factor, names) }
  }
  /** Values with the axes in the order of `names`; what is not named is summed over. */
  private ordered(factor: Factor, names: readonly string[]): Float64Array {
    const shape = factor.names.map(n => this.size(n))
    const strides = stridesOf(shape)
    const own = stridesOf(names.map(n => this.size(n)))
    const axes = names.map(n => factor.names.indexOf(n))
    const out = new Float64Array(sizeOf(names.map(n => this.size(n))))
    for (let at = 0; at < factor.data.length; at++) {
      let place = 0
      for (const [i, axis] of axes.entries()) place += (Math.floor(at / strides[axis]!) % shape[axis]!) * own[i]!
      out[place]! += factor.data[at]!
    }
    return out
  }

  /** Draws values of all variables, parents first. */
  sample(count: number, source: RandomSource = {}): Record<string, Label>[] {
    if (!Number.isInteger(count) || count < 1)
      throw new ArgumentError(`sample: count must be an integer of at least 1; got ${count}.`, { count })
    const stream = openStream(source)()
    return Array.from({ length: count }, () => {
      const at = this.drawAll(stream)
      return Object.fromEntries(this.names.map(name => [name, this.variables.get(name)!.values[at.get(name)!]!]))
    })
  }
  private drawAll(stream: RandomStream): Map<string, number> {
    const at = new Map<string, number>()
    for (const name of this.names) at.set(name, stream.index(this.row(name, at)))
    return at
  }

  /**
   * As `query`, by sampling: draws that agree with the evidence (rejection), draws in which it is kept and that are weighted by its probability
   * (likelihood weighting, the default), or a walk that draws one variable at a time given all others (Gibbs).
   *
   * @throws ArgumentError where no draw agrees with the evidence
   *
   * Source: Koller & Friedman 2009, sections 12.1 to 12.3.
   */
  estimate(
    names: readonly string[] | string,
    evidence: Assignment = {},
    { method = 'likelihoodWeighting', samples = 10_000, burnIn = 500, ...source }: SamplingOptions = {},
  ): JointTable {
    if (!Number.isInteger(samples) || samples < 1)
      throw new ArgumentError(`estimate: samples must be an integer of at least 1; got ${samples}.`, { samples })
    const wanted = typeof names === 'string' ? [names] : names
    const own = wanted.map(name => this.require('estimate', name))
    const strides = stridesOf(own.map(v => v.values.length))
    const counts = new Float64Array(sizeOf(own.map(v => v.values.length)))
    const given = this.read('estimate', evidence)
    const stream = openStream(source)()
    const count = (at: ReadonlyMap<string, number>, weight: number): void => {
      counts[wanted.reduce((place, name, i) => place + at.get(name)! * strides[i]!, 0)]! += weight
    }
    if (method === 'gibbs') this.gibbs(given, { samples, burnIn }, stream, at => count(at, 1))
    else if (method === 'rejection') {
      for (let i = 0; i < samples; i++) {
        const at = this.drawAll(stream)
        if ([...given].every(([name, value]) => at.get(name) === value)) count(at, 1)
      }
    } else if (method === 'likelihoodWeighting') {
      for (let i = 0; i < samples; i++) {
        const { at, weight } = this.weighted(given, stream)
        count(at, weight)
      }
    } else
      throw new ArgumentError(`estimate: method must be one of rejection, likelihoodWeighting, gibbs; got ${method}.`, {
        method,
      })
    const total = counts.reduce((a, b) => a + b, 0)
    if (!(total > 0)) {
      throw new ArgumentError(
        `estimate: none of ${samples} draws agrees with ${JSON.stringify(evidence)}. Draw more, or use query().`,
        { evidence },
      )
    }
    const variables = Object.fromEntries(wanted.map((name, i) => [name, own[i]!.values]))
    return new JointTable(
      variables,
      counts.map(v => v / total),
    )
  }
  private weighted(
    given: ReadonlyMap<string, number>,
    stream: RandomStream,
  ): { at: Map<string, number>; weight: number } {
    const at = new Map<string, number>()
    let weight = 1
    for (const name of this.names) {
      const row = this.row(name, at)
      const fixed = given.get(name)
      if (fixed === undefined) at.set(name, stream.index(row))
      else {
        at.set(name, fixed)
        weight *= row[fixed]!
      }
    }
    return { at, weight }
  }
  private gibbs(
    given: ReadonlyMap<string, number>,
    { samples, burnIn }: { readonly samples: number; readonly burnIn: number },
    stream: RandomStream,
    use: (at: ReadonlyMap<string, number>) => void,
  ): void {
    let at: Map<string, number> | null = null
    // A start that the evidence allows.
    for (let tries = 0; tries < 1000 && !at; tries++) {
      const draw = this.weighted(given, stream)
      if (draw.weight > 0) at = draw.at
    }
    if (!at) return
    const open = this.names.filter(name => !given.has(name))
    const children = new Map(
      open.map(name => [name, this.names.filter(c => this.variables.get(c)!.parents.includes(name))]),
    )
    for (let round = 0; round < burnIn + samples; round++) {
      for (const name of open) {
        // By its parents and by what its children show: the rest does not matter.
        const weights = Float64Array.from(this.row(name, at))
        for (const v of weights.keys()) {
          at.set(name, v)
          for (const child of children.get(name)!) weights[v]! *= this.row(child, at)[at.get(child)!]!
        }
        at.set(name, stream.index(weights))
      }
      if (round >= burnIn) use(at)
    }
  }

  /**
   * Whether two variables are independent given others, whatever the tables: whether every path between them is blocked, by a given variable
   * that it passes, or by one that two arrows meet in and of which nothing is known.
   *
   * Source: Pearl 1988; the search: Shachter 1998, "Bayes-ball".
   */
  dSeparated(a: string, b: string, given: readonly string[] = []): boolean {
    for (const name of [a, b, ...given]) this.require('dSeparated', name)
    const known = new Set(given)
    const seen = new Set<string>()
    const open: (readonly [string, 'up' | 'down'])[] = [[a, 'up']]
    while (open.length > 0) {
      const [name, direction] = open.pop()!
      const key = `${direction} ${name}`
      if (seen.has(key)) continue
      seen.add(key)
      if (name === b && !known.has(name)) return false
      const { parents } = this.variables.get(name)!
      const children = this.names.filter(c => this.variables.get(c)!.parents.includes(name))
      // What is known lets nothing through, but turns back to its parents what comes from one: causes of one effect.
      if (!known.has(name)) for (const child of children) open.push([child, 'down'])
      if (known.has(name) === (direction === 'down')) for (const parent of parents) open.push([parent, 'up'])
    }
    return true
  }
}

/**
 * A Bayesian network: variables, each with a table of its probabilities for all values of its parents.
 *
 * @throws ArgumentError for a parent that is not there, a circle, a table of another size, or rows that do not add up to 1
 * @example
 * const net = stats.bayesianNetwork({
 *   rain: { values: ['no', 'yes'], probs: [0.75, 0.25] },
 *   wet: { values: ['no', 'yes'], parents: ['rain'], probs: [[1, 0], [0.5, 0.5]] },
 * })
 * net.query('rain', { wet: 'yes' }).probability({ rain: 'yes' }) // 1
 *
 * Source: Pearl 1988; Koller & Friedman 2009.
 */
export const bayesianNetwork = (given: Readonly<Record<string, NetworkVariable>>): BayesianNetwork => {
  const variables = new Map<string, Variable>()
  for (const [name, { values, parents = [], probs }] of Object.entries(given)) {
    const missing = parents.find(parent => !Object.hasOwn(given, parent))
    if (missing)
      throw new ArgumentError(
        `bayesianNetwork: ${name} has the parent "${missing}", which is not there. Add it, or leave it out.`,
      )
    const flat = Float64Array.from(flatten(probs))
    const size = sizeOf([...parents.map(parent => given[parent]!.values.length), values.length])
    if (flat.length !== size) {
      throw new ArgumentError(
        `bayesianNetwork: ${name} has ${flat.length} probabilities. It needs ${size}: its values for each combination of its parents'.`,
        { name },
      )
    }
    for (let at = 0; at < flat.length; at += values.length) {
      const row = flat.subarray(at, at + values.length)
      const total = row.reduce((a, b) => a + b, 0)
      if (row.some(p => !(p >= 0)) || Math.abs(total - 1) > 1e-6) {
        throw new ArgumentError(
          `bayesianNetwork: row ${at / values.length} of ${name} is ${Array.from(row).join(', ')}. Each row must hold probabilities that add up to 1.`,
          { name },
        )
      }
    }
    variables.set(name, { values, parents, probs: flat })
  }
  return new BayesianNetwork(variables, parentsFirst(variables))
}

const parentsFirst = (variables: ReadonlyMap<string, Variable>): string[] => {
  const order: string[] = []
  const visit = (name: string, path: readonly string[]): void => {
    if (order.includes(name)) return
    if (path.includes(name)) {
      throw new ArgumentError(
        `bayesianNetwork: the arrows go in a circle: ${[...path.slice(path.indexOf(name)), name].join(', ')}. Take one away.`,
      )
    }
    for (const parent of variables.get(name)!.parents) visit(parent, [...path, name])
    order.push(name)
  }
  for (const name of variables.keys()) visit(name, [])
  return order
}
