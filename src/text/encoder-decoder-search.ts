import { ArgumentError } from '../core/errors.ts'
import { mapTree } from '../core/tree.ts'
import { fromArray } from '../tensor/creation.ts'
import { Tensor } from '../tensor/tensor.ts'
import { compile } from '../tensor/transforms.ts'
import type { Floats, Ids } from './causal-model.ts'
import { type EncoderDecoder, type Encoding, specialIds } from './encoder-decoder.ts'
import { largest } from './generation/sampling.ts'

export interface SearchOptions {
  /** The most tokens of a target. Default 100. */
  readonly maxLength?: number
  /** Hypotheses that are kept at each step; 1 is the greedy choice. Default 1. */
  readonly beams?: number
  /** α in `log p / ((5 + length)/6)^α`: 0 prefers short targets. Default 0.6. Source: Wu et al. 2016, equation 14. */
  readonly lengthPenalty?: number
  /** How many hypotheses of each source are given back, at most `beams`. Default 1. */
  readonly nBest?: number
  readonly signal?: AbortSignal
}

/** A target that was found. */
export interface Hypothesis {
  /** Without begin and end. */
  readonly ids: readonly number[]
  /** ln p of the target and its end, in nats. */
  readonly logProbability: number
  /** By which hypotheses are ordered: the logarithm over the length penalty. */
  readonly score: number
  /** Whether the model ended it; false where it was cut at `maxLength`. */
  readonly ended: boolean
  /** For each token, where in the source the model looked; null for a model without attention. */
  readonly alignment: readonly (readonly number[])[] | null
}

/** A hypothesis on the way; the chain of steps behind it is shared with others. */
interface Beam {
  readonly link: Link | null
  readonly logProbability: number
}
interface Link {
  readonly id: number
  readonly before: Link | null
  readonly weights: readonly number[] | null
}

/** Sizes are rounded up to a multiple, so that few graphs serve all lengths. */
const lengthStep = 8
const roundUp = (n: number): number => Math.max(lengthStep, Math.ceil(n / lengthStep) * lengthStep)

const isTensor = (x: unknown): x is Tensor => x instanceof Tensor
/** The rows of every tensor in a tree, in another order or more than once. */
const rowsOf = <T>(tree: T, rows: Ids): T => mapTree(tree, isTensor, t => t.gather(rows)) as T
const idsTensor = (values: readonly number[], shape: readonly number[]): Ids =>
  fromArray(Int32Array.from(values), shape, 'int32')

const checkOptions = ({ maxLength = 100, beams = 1, lengthPenalty = 0.6, nBest = 1 }: SearchOptions): void => {
  const whole = (name: string, value: number): void => {
    if (!Number.isSafeInteger(value) || value < 1)
      throw new ArgumentError(`search: ${name} must be a whole number of at least 1; got ${value}.`, { [name]: value })
  }
  whole('maxLength', maxLength)
  whole('beams', beams)
  whole('nBest', nBest)
  if (nBest > beams)
    throw new ArgumentError(`search: nBest ${nBest} is more than the ${beams} beams. Ask for more beams.`, {
      nBest,
      beams,
    })
  if (!(lengthPenalty >= 0 && Number.isFinite(lengthPenalty)))
    throw new ArgumentError(`search: lengthPenalty must be a finite number of at least 0; got ${lengthPenalty}.`, {
      lengthPenalty,
    })
}

/**
 * Finds likely targets for sources, greedily or with several hypotheses at once. Graphs are compiled once per size (lengths are rounded
 * up) and kept: make one searcher and use it again.
 *
 * @example
 * const { Seq2Seq } = await import('gradus/models')
 * const { Searcher } = await import('gradus/text')
 * const reverser = new Seq2Seq({ sourceVocabSize: 13, targetVocabSize: 13, embedDim: 8, hiddenSize: 16 })
 * const searcher = new Searcher(reverser)
 * const [hypotheses] = await searcher.search([[5, 3, 4, 2]], { beams: 4, nBest: 2, maxLength: 20 })
 * hypotheses!.length // 2
 *
 * Source: beam search for encoder-decoders as in Sutskever et al. 2014, section 3.2, with the length penalty of Wu et al. 2016.
 */
export class Searcher {
  private readonly model: EncoderDecoder
  private readonly start: (source: Ids, lengths: Ids, beams: number, room: number) => Promise<Encoding>
  private readonly next: (
    ids: Ids,
    parents: Ids,
    position: Ids,
    state: unknown,
    memory: unknown,
  ) => Promise<{ readonly logProbabilities: Floats; readonly state: unknown; readonly weights: Floats | null }>

  constructor(model: EncoderDecoder) {
    this.model = model
    this.start = compile((source: Ids, lengths: Ids, beams: number, room: number) => {
      const encoding = model.encode(source, lengths, room)
      if (beams === 1) return encoding
      // The hypotheses of a source stand one after the other.
      const rows = Array.from({ length: source.shape[0]! * beams }, (_, row) => Math.floor(row / beams))
      return rowsOf(encoding, idsTensor(rows, [rows.length]))
    })
    this.next = compile((ids: Ids, parents: Ids, position: Ids, state: unknown, memory: unknown) => {
      const out = model.step(ids, position, rowsOf(state, parents), memory)
      return { logProbabilities: out.logits.logSoftmax() as Floats, state: out.state, weights: out.weights }
    })
  }

  /** The best targets of each source, the best first. Dropout is off; sources are read together, padded to one length. */
  async search(sources: readonly (readonly number[])[], options: SearchOptions = {}): Promise<Hypothesis[][]> {
    checkOptions(options)
    if (sources.length === 0) return []
    const training = this.model.training
    this.model.eval()
    try {
      return await this.run(sources, options)
    } finally {
      this.model.train(training)
    }
  }

  private async run(sources: readonly (readonly number[])[], options: SearchOptions): Promise<Hypothesis[][]> {
    const { maxLength = 100, beams: K = 1, lengthPenalty = 0.6, nBest = 1, signal } = options
    const B = sources.length
    const S = roundUp(Math.max(...sources.map(({ length }) => length)))
    const padded = sources.flatMap(ids => [...ids, ...new Array<number>(S - ids.length).fill(specialIds.pad)])
    const lengths = idsTensor(
      sources.map(({ length }) => length),
      [B],
    )
    const encoding = await this.start(idsTensor(padded, [B, S]), lengths, K, roundUp(maxLength + 1))
    let { state } = encoding
    const penalty = (length: number): number => ((5 + length) / 6) ** lengthPenalty
    const searches = sources.map(({ length }) => new Search(K, length, penalty, maxLength))
    for (let t = 0; t <= maxLength && !signal?.aborted && searches.some(one => !one.settled); t++) {
      const ids = idsTensor(
        searches.flatMap(one => one.ids()),
        [B * K],
      )
      const parents = idsTensor(
        searches.flatMap((one, b) => one.parents.map(k => b * K + k)),
        [B * K],
      )
      const out = await this.next(ids, parents, idsTensor([t], []), state, encoding.memory)
      state = out.state
      const scores = (await out.logProbabilities.data()) as Float32Array
      const weights = out.weights ? ((await out.weights.data()) as Float32Array) : null
      const V = scores.length / (B * K)
      for (const [b, one] of searches.entries())
        one.extend(
          t,
          scores.subarray(b * K * V, (b + 1) * K * V),
          weights?.subarray(b * K * S, (b + 1) * K * S) ?? null,
        )
    }
    return searches.map(one => one.found(nBest))
  }
}

/** The hypotheses of one source. */
class Search {
  private beams: readonly Beam[] = [{ link: null, logProbability: 0 }]
  private readonly done: Hypothesis[] = []
  /** For each beam, the one that it goes on from. */
  parents: readonly number[]
  settled = false
  private readonly count: number
  private readonly sourceLength: number
  private readonly penalty: (length: number) => number
  private readonly maxLength: number

  constructor(count: number, sourceLength: number, penalty: (length: number) => number, maxLength: number) {
    this.count = count
    this.sourceLength = sourceLength
    this.penalty = penalty
    this.maxLength = maxLength
    this.parents = this.rows(k => k)
  }

  /** The token that each beam reads next; padding where there are fewer beams. */
  ids(): number[] {
    return this.rows(k => {
      const beam = this.beams[k]
      return beam ? (beam.link?.id ?? specialIds.begin) : specialIds.pad
    })
  }

  /** Takes up the step's logarithms of probabilities, `[beams, V]`, and where it looked, `[beams, S]`. */
  extend(t: number, scores: Float32Array, weights: Float32Array | null): void {
    if (this.settled) return
    const width = weights ? weights.length / this.count : 0
    const next: Beam[] = []
    const parents = this.rows(k => k)
    for (const [rank, { from, id, logProbability }] of this.candidates(scores).entries()) {
      const { link } = this.beams[from]!
      if (id === specialIds.end) {
        // An end counts where it would have been kept as any other token.
        if (rank < this.count) this.done.push(this.finished(link, logProbability, t + 1, true))
      } else if (t < this.maxLength && next.length < this.count) {
        const row = weights ? Array.from(weights.subarray(from * width, from * width + this.sourceLength)) : null
        parents[next.length] = from
        next.push({ link: { id, before: link, weights: row }, logProbability })
      }
    }
    this.done.sort((a, b) => b.score - a.score).splice(this.count)
    if (t < this.maxLength) this.beams = next
    this.parents = parents
    this.settled = t === this.maxLength || this.isSettled(next)
  }

  /** The best that were found; what was not ended by the length's limit stands behind what was. */
  found(count: number): Hypothesis[] {
    const cut = this.beams.map(({ link, logProbability }) =>
      this.finished(link, logProbability, Math.max(1, depthOf(link)), false),
    )
    return [...this.done, ...cut.sort((a, b) => b.score - a.score)].slice(0, count)
  }

  /** The best continuations: twice as many as are kept, since as many as are kept may be ends. */
  private candidates(scores: Float32Array): { from: number; id: number; logProbability: number }[] {
    const V = scores.length / this.count
    const most = 2 * this.count
    return this.beams
      .flatMap(({ logProbability }, from) => {
        const row = scores.subarray(from * V, (from + 1) * V)
        return largest(row, Math.min(most + 2, V))
          .filter(id => id !== specialIds.pad && id !== specialIds.begin)
          .map(id => ({ from, id, logProbability: logProbability + row[id]! }))
      })
      .sort((a, b) => b.logProbability - a.logProbability)
      .slice(0, most)
  }

  /** Whether nothing on the way can still be among the best: a logarithm only falls, and over the largest penalty it is nearest to 0. */
  private isSettled(next: readonly Beam[]): boolean {
    if (next.length === 0) return true
    if (this.count === 1) return this.done.length > 0
    const worst = this.done[this.count - 1]
    return worst !== undefined && next[0]!.logProbability / this.penalty(this.maxLength + 1) <= worst.score
  }

  private finished(link: Link | null, logProbability: number, length: number, ended: boolean): Hypothesis {
    const chain: Link[] = []
    for (let at = link; at; at = at.before) chain.push(at)
    chain.reverse()
    const looked = chain.map(({ weights }) => weights)
    return {
      ids: chain.map(({ id }) => id),
      logProbability,
      score: logProbability / this.penalty(length),
      ended,
      alignment: looked.includes(null) ? null : (looked as (readonly number[])[]),
    }
  }

  private rows<T>(of: (k: number) => T): T[] {
    return Array.from({ length: this.count }, (_, k) => of(k))
  }
}

const depthOf = (link: Link | null): number => (link ? 1 + depthOf(link.before) : 0)
