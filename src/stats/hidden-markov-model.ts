import { ArgumentError } from '../core/errors.ts'
import { type Dense, dense } from '../ops/matrix-kernels.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { checkStochastic } from './markov-chain.ts'
import { openStream, type RandomSource, type RandomStream } from './random-stream.ts'
import { indices, matrix, matrixOf, type Numbers, numbersOf, type Rows, vector } from './values.ts'

/** What a state shows: one of some symbols (0, 1, …), or a number from its own normal distribution. */
export type Emission =
  | { readonly kind: 'categorical'; readonly probs: Rows }
  | { readonly kind: 'gaussian'; readonly means: Numbers; readonly variances: Numbers }

export interface HiddenMarkovModelParameters {
  /** Probabilities of the first state `[S]`. */
  readonly initial: Numbers
  /** Probabilities of what follows each state `[S, S]`. */
  readonly transition: Rows
  readonly emission: Emission
}

type Shown =
  | { readonly kind: 'categorical'; readonly probs: Dense }
  | { readonly kind: 'gaussian'; readonly means: Float64Array; readonly variances: Float64Array }

const logSumExp = (values: Float64Array): number => {
  let top = Number.NEGATIVE_INFINITY
  for (const v of values) top = Math.max(top, v)
  if (top === Number.NEGATIVE_INFINITY) return top
  let sum = 0
  for (const v of values) sum += Math.exp(v - top)
  return top + Math.log(sum)
}

/** A chain of states that are not seen, each showing something; see {@link hiddenMarkovModel}. */
export class HiddenMarkovModel {
  private readonly first: Float64Array
  private readonly next: Dense
  private readonly shown: Shown

  constructor(initial: Float64Array, transition: Dense, emission: Shown) {
    this.first = initial
    this.next = transition
    this.shown = emission
  }

  get numStates(): number {
    return this.first.length
  }
  get initial(): Tensor {
    return vector(this.first)
  }
  get transition(): Tensor {
    return matrix(this.next)
  }
  /** The emission's parameters: probabilities `[S, symbols]`, or means and variances `[S]`. */
  get emission():
    | { readonly kind: 'categorical'; readonly probs: Tensor }
    | { readonly kind: 'gaussian'; readonly means: Tensor; readonly variances: Tensor } {
    const { shown } = this
    return shown.kind === 'categorical'
      ? { kind: shown.kind, probs: matrix(shown.probs) }
      : { kind: shown.kind, means: vector(shown.means), variances: vector(shown.variances) }
  }

  private observations(where: string, x: Numbers): Float64Array {
    const values = numbersOf(where, 'observations', x)
    if (this.shown.kind === 'gaussian') return values
    const { columns } = this.shown.probs
    const wrong = values.findIndex(v => !Number.isInteger(v) || v < 0 || v >= columns)
    if (wrong < 0) return values
    throw new ArgumentError(
      `${where}: observation ${wrong} is ${values[wrong]}. Symbols are whole numbers from 0 to ${columns - 1}.`,
      { index: wrong },
    )
  }
  /** ln of the probability (density) of x in a state. */
  private logEmission(state: number, x: number): number {
    const { shown } = this
    if (shown.kind === 'categorical') return Math.log(shown.probs.data[state * shown.probs.columns + x]!)
    const variance = shown.variances[state]!
    return -0.5 * (Math.log(2 * Math.PI * variance) + (x - shown.means[state]!) ** 2 / variance)
  }
  /** ln p(x₁ … xₜ, zₜ = s) as `[T, S]`, in logarithms: long sequences have probabilities below the least number. */
  private forward(x: Float64Array): Dense {
    const s = this.numStates
    const out = dense(x.length, s)
    const terms = new Float64Array(s)
    for (let j = 0; j < s; j++) out.data[j] = Math.log(this.first[j]!) + this.logEmission(j, x[0]!)
    for (let t = 1; t < x.length; t++)
      for (let j = 0; j < s; j++) {
        for (let i = 0; i < s; i++) terms[i] = out.data[(t - 1) * s + i]! + Math.log(this.next.data[i * s + j]!)
        out.data[t * s + j] = logSumExp(terms) + this.logEmission(j, x[t]!)
      }
    return out
  }
  /** ln p(xₜ₊₁ … x_T | zₜ = s) as `[T, S]`. */
  private backward(x: Float64Array): Dense {
    const s = this.numStates
    const out = dense(x.length, s)
    const terms = new Float64Array(s)
    for (let t = x.length - 2; t >= 0; t--)
      for (let i = 0; i < s; i++) {
        for (let j = 0; j < s; j++)
          terms[j] = Math.log(this.next.data[i * s + j]!) + this.logEmission(j, x[t + 1]!) + out.data[(t + 1) * s + j]!
        out.data[t * s + i] = logSumExp(terms)
      }
    return out
  }
  private totalOf(alpha: Dense): number {
    return logSumExp(alpha.data.subarray((alpha.rows - 1) * alpha.columns))
  }

  /** ln p(x₁ … x_T) by the forward algorithm, in nats. */
  logLikelihood(observations: Numbers): number {
    return this.totalOf(this.forward(this.observations('logLikelihood', observations)))
  }
  /** p(zₜ | x₁ … xₜ) for each t: what was known then. **Shape** `[T, S]`. */
  filter(observations: Numbers): Tensor {
    return matrix(normalizedRows(this.forward(this.observations('filter', observations))))
  }
  /** p(zₜ | x₁ … x_T) for each t, by forward and backward messages. **Shape** `[T, S]`. */
  posterior(observations: Numbers): Tensor {
    const x = this.observations('posterior', observations)
    return matrix(this.stateProbabilities(this.forward(x), this.backward(x)))
  }
  private stateProbabilities(alpha: Dense, beta: Dense): Dense {
    return normalizedRows(
      dense(
        alpha.rows,
        alpha.columns,
        alpha.data.map((v, i) => v + beta.data[i]!),
      ),
    )
  }
  /**
   * The most probable path of states, and ln of its probability together with the observations.
   *
   * Source: Viterbi 1967.
   */
  viterbi(observations: Numbers): { readonly path: Tensor; readonly logProb: number } {
    const x = this.observations('viterbi', observations)
    const s = this.numStates
    const back = new Int32Array(x.length * s)
    let score = Float64Array.from(this.first, (p, j) => Math.log(p) + this.logEmission(j, x[0]!))
    for (let t = 1; t < x.length; t++) {
      const next = new Float64Array(s)
      for (let j = 0; j < s; j++) {
        let best = 0
        const at = (i: number): number => score[i]! + Math.log(this.next.data[i * s + j]!)
        for (let i = 1; i < s; i++) if (at(i) > at(best)) best = i
        back[t * s + j] = best
        next[j] = at(best) + this.logEmission(j, x[t]!)
      }
      score = next
    }
    let state = score.reduce((best, v, j) => (v > score[best]! ? j : best), 0)
    const logProb = score[state]!
    const path = new Int32Array(x.length)
    for (let t = x.length - 1; t >= 0; t--) {
      path[t] = state
      state = back[t * s + state]!
    }
    return { path: indices(path), logProb }
  }
  /** Draws states and what they show. */
  sample(length: number, source: RandomSource = {}): { readonly states: Tensor; readonly observations: Tensor } {
    if (!Number.isInteger(length) || length < 1)
      throw new ArgumentError(`sample: length must be an integer of at least 1; got ${length}.`, { length })
    const stream = openStream(source)()
    const s = this.numStates
    const states = new Int32Array(length)
    const shown = new Float64Array(length)
    for (let t = 0; t < length; t++) {
      const row = t === 0 ? this.first : this.next.data.subarray(states[t - 1]! * s, (states[t - 1]! + 1) * s)
      states[t] = stream.index(row)
      shown[t] = this.show(states[t]!, stream)
    }
    const observations = this.shown.kind === 'categorical' ? indices(shown) : vector(shown)
    return { states: indices(states), observations }
  }
  private show(state: number, stream: RandomStream): number {
    const { shown } = this
    if (shown.kind === 'gaussian') return shown.means[state]! + Math.sqrt(shown.variances[state]!) * stream.normal()
    const { columns, data } = shown.probs
    return stream.index(data.subarray(state * columns, (state + 1) * columns))
  }

  /**
   * Parameters nearer to a maximum of the likelihood of some sequences, by Baum and Welch's rounds of expectation and maximisation. The
   * likelihood never falls; where it ends depends on where it begins.
   *
   * @param options.maxIter rounds, by default 100
   * @param options.tolerance ends where a round gains less, in nats; by default 1e-6
   * @param options.minVariance least variance of a state, so that none collapses on one value; by default 1e-6
   * @returns the new model, and the log-likelihood before each round and after the last
   *
   * Source: Baum, Petrie, Soules & Weiss 1970; Rabiner 1989, equations 40 to 54.
   */
  fit(
    sequences: readonly Numbers[],
    {
      maxIter = 100,
      tolerance = 1e-6,
      minVariance = 1e-6,
    }: { readonly maxIter?: number; readonly tolerance?: number; readonly minVariance?: number } = {},
  ): { readonly model: HiddenMarkovModel; readonly logLikelihoods: readonly number[] } {
    if (sequences.length === 0) throw new ArgumentError('fit: there are no sequences. Pass a list of at least one.')
    const data = sequences.map(x => this.observations('fit', x))
    const likelihood = (m: HiddenMarkovModel): number => data.reduce((sum, x) => sum + m.totalOf(m.forward(x)), 0)
    let model: HiddenMarkovModel = this
    const logLikelihoods = [likelihood(model)]
    for (let round = 0; round < maxIter; round++) {
      model = model.improved(data, minVariance)
      logLikelihoods.push(likelihood(model))
      if (logLikelihoods.at(-1)! - logLikelihoods.at(-2)! < tolerance) break
    }
    return { model, logLikelihoods }
  }
  /** One round: expected counts, and the parameters that they make most probable. */
  private improved(data: readonly Float64Array[], minVariance: number): HiddenMarkovModel {
    const s = this.numStates
    const first = new Float64Array(s)
    const moves = dense(s, s)
    const weights: Dense[] = []
    for (const x of data) {
      const [alpha, beta] = [this.forward(x), this.backward(x)]
      const total = this.totalOf(alpha)
      const gamma = this.stateProbabilities(alpha, beta)
      weights.push(gamma)
      for (let j = 0; j < s; j++) first[j]! += gamma.data[j]! / data.length
      for (let t = 1; t < x.length; t++)
        for (let j = 0; j < s; j++) {
          const after = this.logEmission(j, x[t]!) + beta.data[t * s + j]! - total
          for (let i = 0; i < s; i++)
            moves.data[i * s + j]! += this.next.data[i * s + j]! * Math.exp(alpha.data[(t - 1) * s + i]! + after)
        }
    }
    return new HiddenMarkovModel(first, sharesOf(moves, this.next), this.shownBy(data, weights, minVariance))
  }
  private shownBy(data: readonly Float64Array[], weights: readonly Dense[], minVariance: number): Shown {
    const s = this.numStates
    const { shown } = this
    const each = (f: (x: number, j: number, weight: number) => void): void => {
      for (const [k, x] of data.entries())
        for (let t = 0; t < x.length; t++) for (let j = 0; j < s; j++) f(x[t]!, j, weights[k]!.data[t * s + j]!)
    }
    if (shown.kind === 'categorical') {
      const counts = dense(s, shown.probs.columns)
      each((x, j, w) => {
        counts.data[j * counts.columns + x]! += w
      })
      return { kind: 'categorical', probs: sharesOf(counts, shown.probs) }
    }
    const [total, sum, squares] = [new Float64Array(s), new Float64Array(s), new Float64Array(s)]
    each((x, j, w) => {
      total[j]! += w
      sum[j]! += w * x
    })
    const means = sum.map((v, j) => (total[j]! > 0 ? v / total[j]! : shown.means[j]!))
    each((x, j, w) => {
      squares[j]! += w * (x - means[j]!) ** 2
    })
    const variances = squares.map((v, j) => Math.max(minVariance, total[j]! > 0 ? v / total[j]! : shown.variances[j]!))
    return { kind: 'gaussian', means, variances }
  }
}

/** Rows of counts as shares; a row without any stays as it was. */
const sharesOf = (counts: Dense, before: Dense): Dense => {
  const out = dense(counts.rows, counts.columns)
  for (let i = 0; i < counts.rows; i++) {
    const row = counts.data.subarray(i * counts.columns, (i + 1) * counts.columns)
    const total = row.reduce((a, b) => a + b, 0)
    for (const [j, v] of row.entries())
      out.data[i * counts.columns + j] = total > 0 ? v / total : before.data[i * counts.columns + j]!
  }
  return out
}
/** Rows of logarithms as probabilities. */
const normalizedRows = (x: Dense): Dense => {
  const out = dense(x.rows, x.columns)
  for (let t = 0; t < x.rows; t++) {
    const row = x.data.subarray(t * x.columns, (t + 1) * x.columns)
    const total = logSumExp(row)
    for (const [j, v] of row.entries()) out.data[t * x.columns + j] = Math.exp(v - total)
  }
  return out
}

/**
 * A hidden Markov model: a chain of states, of which only what each shows is seen.
 *
 * @throws ArgumentError for shapes that do not go together, and probabilities that do not add up to 1
 * @example
 * const model = stats.hiddenMarkovModel({
 *   initial: [1, 0],
 *   transition: [[0, 1], [1, 0]],
 *   emission: { kind: 'categorical', probs: [[1, 0], [0, 1]] },
 * })
 * await model.viterbi([0, 1, 0]).path.toArray() // [0, 1, 0]
 *
 * Source: Rabiner 1989.
 */
export const hiddenMarkovModel = ({
  initial,
  transition,
  emission,
}: HiddenMarkovModelParameters): HiddenMarkovModel => {
  const first = numbersOf('hiddenMarkovModel', 'initial', initial)
  const next = matrixOf('hiddenMarkovModel', 'transition', transition)
  const s = first.length
  const shown: Shown =
    emission.kind === 'categorical'
      ? { kind: 'categorical', probs: matrixOf('hiddenMarkovModel', 'probs', emission.probs) }
      : {
          kind: 'gaussian',
          means: numbersOf('hiddenMarkovModel', 'means', emission.means),
          variances: numbersOf('hiddenMarkovModel', 'variances', emission.variances),
        }
  const shows = shown.kind === 'categorical' ? shown.probs.rows : shown.means.length
  const also = shown.kind === 'gaussian' ? shown.variances.length : shows
  if (next.rows !== s || next.columns !== s || shows !== s || also !== s) {
    throw new ArgumentError(
      `hiddenMarkovModel: initial has ${s} states, transition is [${next.rows}, ${next.columns}] and the emission has ${shows === also ? shows : `${shows} and ${also}`}. All must have one number of states.`,
    )
  }
  checkStochastic('hiddenMarkovModel', 'initial', dense(1, s, first))
  checkStochastic('hiddenMarkovModel', 'transition', next)
  if (shown.kind === 'categorical') checkStochastic('hiddenMarkovModel', 'probs', shown.probs)
  else {
    const wrong = shown.variances.findIndex(v => !(v > 0))
    if (wrong >= 0)
      throw new ArgumentError(
        `hiddenMarkovModel: variances[${wrong}] must be a number above 0; got ${shown.variances[wrong]}.`,
        { index: wrong },
      )
  }
  return new HiddenMarkovModel(first, next, shown)
}
