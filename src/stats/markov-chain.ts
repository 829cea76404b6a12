import { ArgumentError, DataError } from '../core/errors.ts'
import { type Dense, dense, identity, luFactors, luSolve, product } from '../ops/matrix-kernels.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { Label } from './joint-table.ts'
import { openStream, type RandomSource } from './random-stream.ts'
import { matrix, matrixOf, type Rows, vector } from './values.ts'

/** Throws unless each row holds probabilities that add up to 1. */
export const checkStochastic = (where: string, name: string, { rows, columns, data }: Dense): void => {
  for (let i = 0; i < rows; i++) {
    let total = 0
    for (let j = 0; j < columns; j++) {
      const p = data[i * columns + j]!
      if (p < 0)
        throw new ArgumentError(`${where}: ${name}[${i}][${j}] is ${p}. Probabilities must be at least 0.`, { i, j })
      total += p
    }
    if (Math.abs(total - 1) > 1e-6)
      throw new ArgumentError(`${where}: row ${i} of ${name} adds up to ${total}. Each row must add up to 1.`, {
        row: i,
      })
  }
}

/** A class of states that can all reach each other. */
export interface CommunicatingClass {
  readonly states: readonly Label[]
  /** Whether it is never left. */
  readonly recurrent: boolean
  /** Returns come only after multiples of so many steps; 1 is aperiodic, 0 where there is no return. */
  readonly period: number
}

/** A Markov chain with finitely many states; see {@link markovChain}. */
export class MarkovChain {
  readonly states: readonly Label[]
  private readonly p: Dense

  constructor(transition: Dense, states: readonly Label[]) {
    this.p = transition
    this.states = states
  }

  /** `[n, n]`: from the row's state to the column's. */
  get transition(): Tensor {
    return matrix(this.p)
  }
  private get n(): number {
    return this.p.rows
  }
  /** @internal */
  index(where: string, state: Label): number {
    const at = this.states.indexOf(state)
    if (at >= 0) return at
    const known = this.states.map(s => JSON.stringify(s)).join(', ')
    throw new ArgumentError(`${where}: there is no state ${JSON.stringify(state)}. The states are ${known}.`, { state })
  }

  /** The probabilities of going from each state to each in n steps, `Pⁿ`. */
  steps(n: number): Tensor {
    if (!Number.isInteger(n) || n < 0)
      throw new ArgumentError(`steps: n must be an integer of at least 0; got ${n}.`, { n })
    let [result, power] = [identity(this.n), this.p]
    for (let rest = n; rest > 0; rest = Math.floor(rest / 2)) {
      if (rest % 2 === 1) result = product(result, power)
      power = product(power, power)
    }
    return matrix(result)
  }

  /** Which states can be reached from each, in any number of steps from 0. */
  private reachable(): boolean[][] {
    return Array.from({ length: this.n }, (_, from) => {
      const seen = new Array<boolean>(this.n).fill(false)
      seen[from] = true
      const open = [from]
      while (open.length > 0) {
        const i = open.pop()!
        for (let j = 0; j < this.n; j++) {
          if (seen[j] || this.p.data[i * this.n + j]! <= 0) continue
          seen[j] = true
          open.push(j)
        }
      }
      return seen
    })
  }
  private classIndices(): { states: number[]; recurrent: boolean }[] {
    const reach = this.reachable()
    const done = new Set<number>()
    const classes: { states: number[]; recurrent: boolean }[] = []
    for (let i = 0; i < this.n; i++) {
      if (done.has(i)) continue
      const states = [...reach[i]!.keys()].filter(j => reach[i]![j] && reach[j]![i])
      for (const j of states) done.add(j)
      classes.push({ states, recurrent: reach[i]!.every((r, j) => !r || states.includes(j)) })
    }
    return classes
  }
  /** The states sorted into classes that can reach each other. */
  classes(): CommunicatingClass[] {
    return this.classIndices().map(({ states, recurrent }) => ({
      states: states.map(i => this.states[i]!),
      recurrent,
      period: this.period(states),
    }))
  }
  /** The greatest common divisor of the lengths of all ways round. */
  private period(states: readonly number[]): number {
    const level = new Map([[states[0]!, 0]])
    const open = [states[0]!]
    let period = 0
    while (open.length > 0) {
      const i = open.shift()!
      for (const j of states) {
        if (this.p.data[i * this.n + j]! <= 0) continue
        const known = level.get(j)
        if (known === undefined) {
          level.set(j, level.get(i)! + 1)
          open.push(j)
        } else period = gcd(period, Math.abs(level.get(i)! + 1 - known))
      }
    }
    return period
  }
  /** Whether every state can be reached from every other. */
  get isIrreducible(): boolean {
    return this.classIndices().length === 1
  }

  /**
   * π with `π P = π`: the share of time in each state in the long run.
   *
   * @throws DataError where there is not one but several, because the chain has several classes that it never leaves
   */
  stationary(): Tensor {
    const recurrent = this.classIndices().filter(c => c.recurrent)
    if (recurrent.length > 1) {
      throw new DataError(
        `stationary: the chain has ${recurrent.length} classes that it never leaves, so no single stationary distribution. Take each by itself; see classes().`,
        { classes: recurrent.length },
      )
    }
    return vector(this.stationaryOf(recurrent[0]!.states))
  }
  /** Grassmann, Taksar and Heyman's elimination, which adds, multiplies and divides only. */
  private stationaryOf(states: readonly number[]): Float64Array {
    const k = states.length
    const a = states.map(i => states.map(j => this.p.data[i * this.n + j]!))
    for (let m = k - 1; m > 0; m--) {
      const total = a[m]!.slice(0, m).reduce((s, v) => s + v, 0)
      for (let i = 0; i < m; i++) {
        a[i]![m]! /= total
        for (let j = 0; j < m; j++) a[i]![j]! += a[i]![m]! * a[m]![j]!
      }
    }
    const pi = new Float64Array(k)
    pi[0] = 1
    let sum = 1
    for (let m = 1; m < k; m++) {
      for (let i = 0; i < m; i++) pi[m]! += pi[i]! * a[i]![m]!
      sum += pi[m]!
    }
    const out = new Float64Array(this.n)
    for (const [i, state] of states.entries()) out[state] = pi[i]! / sum
    return out
  }

  /**
   * For each state, the probability of ever reaching one of `targets`, and the expected number of steps until then: ∞ where it may fail.
   *
   * **Shape** `[n]` each.
   *
   * Source: Norris 1997, theorems 1.3.2 and 1.3.5.
   */
  hitting(targets: readonly Label[] | Label): { readonly probability: Tensor; readonly time: Tensor } {
    const list = Array.isArray(targets) ? (targets as readonly Label[]) : [targets as Label]
    const goal = new Set(list.map(t => this.index('hitting', t)))
    const reach = this.reachable()
    const canReach = (i: number): boolean => [...goal].some(t => reach[i]![t])
    const open = [...reach.keys()].filter(i => !goal.has(i) && canReach(i))
    const probability = new Float64Array(this.n)
    for (const t of goal) probability[t] = 1
    const solved = this.solveOn(open, i => [...goal].reduce((s, t) => s + this.p.data[i * this.n + t]!, 0))
    for (const [k, i] of open.entries()) probability[i] = Math.min(1, solved[k]!)
    // Sure to arrive: no way leads, past the targets, to a state that cannot.
    const sure = this.sureToHit(goal, canReach)
    const certain = open.filter(i => sure[i])
    const time = new Float64Array(this.n).fill(Number.POSITIVE_INFINITY)
    for (const t of goal) time[t] = 0
    const steps = this.solveOn(certain, () => 1)
    for (const [k, i] of certain.entries()) {
      time[i] = steps[k]!
      probability[i] = 1
    }
    return { probability: vector(probability), time: vector(time) }
  }
  private sureToHit(goal: ReadonlySet<number>, canReach: (i: number) => boolean): boolean[] {
    const sure = Array.from({ length: this.n }, (_, i) => goal.has(i) || canReach(i))
    for (let changed = true; changed; ) {
      changed = false
      for (let i = 0; i < this.n; i++) {
        if (!sure[i] || goal.has(i)) continue
        if (sure.every((s, j) => s || this.p.data[i * this.n + j]! <= 0)) continue
        sure[i] = false
        changed = true
      }
    }
    return sure
  }
  /** x on some states with `x = b + P x`. */
  private solveOn(states: readonly number[], b: (i: number) => number): Float64Array {
    const k = states.length
    const a = dense(k, k)
    for (const [r, i] of states.entries())
      for (const [c, j] of states.entries()) a.data[r * k + c] = (r === c ? 1 : 0) - this.p.data[i * this.n + j]!
    if (k === 0) return new Float64Array(0)
    return luSolve(luFactors(a), dense(k, 1, Float64Array.from(states, b)))
  }

  /** Draws a path of `length` states. The first is `start`, or drawn from the stationary distribution. */
  simulate(length: number, { start, ...source }: RandomSource & { readonly start?: Label } = {}): Label[] {
    if (!Number.isInteger(length) || length < 1)
      throw new ArgumentError(`simulate: length must be an integer of at least 1; got ${length}.`, { length })
    const stream = openStream(source)()
    const recurrent = this.classIndices().filter(c => c.recurrent)
    if (start === undefined && recurrent.length > 1) this.stationary()
    let at = start === undefined ? stream.index(this.stationaryOf(recurrent[0]!.states)) : this.index('simulate', start)
    const path = [this.states[at]!]
    while (path.length < length) {
      at = stream.index(this.p.data.subarray(at * this.n, (at + 1) * this.n))
      path.push(this.states[at]!)
    }
    return path
  }

  /** ln of the probability of a path, given its first state. */
  logLikelihood(path: readonly Label[]): number {
    let total = 0
    for (let t = 1; t < path.length; t++) {
      const [i, j] = [this.index('logLikelihood', path[t - 1]!), this.index('logLikelihood', path[t]!)]
      total += Math.log(this.p.data[i * this.n + j]!)
    }
    return total
  }
}
const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b))

/**
 * A Markov chain from its transition matrix: row i holds the probabilities of what follows state i.
 *
 * @param options.states the states' names, by default 0, 1, …
 * @throws ArgumentError unless the matrix is square and its rows add up to 1
 * @example
 * const weather = stats.markovChain([[0.5, 0.5], [0.5, 0.5]], { states: ['dry', 'wet'] })
 * await weather.stationary().toArray() // [0.5, 0.5]
 *
 * Source: Norris 1997; the stationary distribution: Grassmann, Taksar & Heyman 1985.
 */
export const markovChain = (transition: Rows, { states }: { readonly states?: readonly Label[] } = {}): MarkovChain => {
  const p = matrixOf('markovChain', 'transition', transition)
  const names = states ?? Array.from({ length: p.rows }, (_, i) => i)
  if (p.rows === 0 || p.rows !== p.columns || names.length !== p.rows) {
    throw new ArgumentError(
      `markovChain: transition is [${p.rows}, ${p.columns}] and there are ${names.length} states. It must be square, with one row for each state.`,
    )
  }
  checkStochastic('markovChain', 'transition', p)
  return new MarkovChain(p, names)
}

/**
 * The chain that makes given paths most probable: the share of each state's successors.
 *
 * @param options.smoothing added to each count, so that what was never seen is not ruled out; 0 by default
 * @param options.states the states, by default those seen, in the order of their first appearance
 * @throws DataError for a state without a successor in the data, unless smoothing is above 0
 */
export const fitMarkovChain = (
  paths: readonly (readonly Label[])[],
  { smoothing = 0, states }: { readonly smoothing?: number; readonly states?: readonly Label[] } = {},
): MarkovChain => {
  const names = states ?? [...new Set(paths.flat())]
  const chain = new MarkovChain(dense(names.length, names.length), names)
  const counts = dense(names.length, names.length)
  counts.data.fill(smoothing)
  for (const path of paths)
    for (let t = 1; t < path.length; t++)
      counts.data[
        chain.index('fitMarkovChain', path[t - 1]!) * names.length + chain.index('fitMarkovChain', path[t]!)
      ]!++
  for (const [i, name] of names.entries()) {
    const row = counts.data.subarray(i * names.length, (i + 1) * names.length)
    const total = row.reduce((a, b) => a + b, 0)
    if (total === 0) {
      throw new DataError(
        `fitMarkovChain: state ${JSON.stringify(name)} has no successor in the data. Pass longer paths, or { smoothing: 1 }.`,
        { state: name },
      )
    }
    for (const j of row.keys()) row[j]! /= total
  }
  return new MarkovChain(counts, names)
}
