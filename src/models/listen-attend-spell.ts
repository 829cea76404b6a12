/** Speech to text by attention. Source: Chan, Jaitly, Le & Vinyals 2016, "Listen, attend and spell". */
import { ArgumentError, ShapeError } from '../core/errors.ts'
import { show } from '../core/shape.ts'
import { Embedding } from '../nn/embedding.ts'
import { Linear } from '../nn/linear.ts'
import { Module } from '../nn/module.ts'
import { LstmCell } from '../nn/recurrent/cells.ts'
import { Lstm } from '../nn/recurrent/lstm.ts'
import { arange, fromArray, full, zeros } from '../tensor/creation.ts'
import { concat, stack } from '../tensor/functions.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { compile } from '../tensor/transforms.ts'
import { specialIds } from '../text/encoder-decoder.ts'
import { type Floats, type Ids, type Mask, tokenLoss } from './encoder-decoder-parts.ts'

export interface ListenAttendSpellConfig {
  /** Features of a frame, such as bands of a mel spectrogram. */
  readonly features: number
  /** Size of the vocabulary, with the ids for padding, begin and end that it begins with. */
  readonly vocabSize: number
  /** Size of the speller's state, and of the listener's outputs: its two directions have half of it each. */
  readonly hiddenSize: number
  /** Size of a token's vector. */
  readonly embedDim: number
  /** Layers of the listener that halve the time. Default 3, as in the paper: 8 frames to one output. */
  readonly pyramidLayers?: number
  /** Recurrent layers of the speller. Default 2. */
  readonly spellerLayers?: number
}
type Complete = Required<ListenAttendSpellConfig>

/** What the speller has of a batch of recordings. */
export interface Heard {
  /** `[B, U, H]`. */
  readonly values: Floats
  /** What states are compared with, `[B, U, H]`. */
  readonly keys: Floats
  readonly mask: Mask
}
/** The speller between two tokens. */
export interface SpellerState {
  /** Of all layers, `[spellerLayers, B, H]`. */
  readonly h: Floats
  readonly c: Floats
  /** What it last looked at, `[B, H]`. */
  readonly context: Floats
}

/** Layers in both directions; all but the first read two outputs of the one below at once, so that each halves the time. */
class Listener extends Module {
  readonly layers: readonly Lstm[]

  constructor({ features, hiddenSize, pyramidLayers }: Complete) {
    super()
    this.layers = Array.from(
      { length: 1 + pyramidLayers },
      (_, i) => new Lstm(i === 0 ? features : 2 * hiddenSize, hiddenSize / 2, { bidirectional: true }),
    )
  }

  /** x `[B, T, features]` → `[B, T / 2^pyramidLayers, H]`, rounded up, and how many of those count in each row. */
  forward(x: Floats, lengths: Ids): { readonly values: Floats; readonly lengths: Ids } {
    let values = x
    let count = lengths
    for (const [i, layer] of this.layers.entries()) {
      if (i > 0) {
        values = pairs(values)
        count = count.add(1).floorDivide(2) as Ids
      }
      values = layer.forward(values, { lengths: count }).output
    }
    return { values, lengths: count }
  }
}

/** Two steps side by side, `[B, T, H]` → `[B, ⌈T / 2⌉, 2H]`; the last of an odd number beside zeros. */
const pairs = (x: Floats): Floats => {
  const [B, T, H] = x.shape as readonly [number, number, number]
  const even = T % 2 === 0 ? x : (concat([x, zeros([B, 1, H])] as readonly Floats[], 1) as Floats)
  return even.reshape([B, Math.ceil(T / 2), 2 * H]) as Floats
}

/** Writes one token after the other and looks at what was heard before each. */
class Speller extends Module {
  readonly embedding: Embedding
  readonly cells: readonly LstmCell[]
  readonly query: Linear
  readonly key: Linear
  readonly combine: Linear
  readonly head: Linear

  constructor({ vocabSize, hiddenSize, embedDim, spellerLayers }: Complete) {
    super()
    this.embedding = new Embedding(vocabSize, embedDim)
    this.cells = Array.from(
      { length: spellerLayers },
      (_, i) => new LstmCell(i === 0 ? embedDim + hiddenSize : hiddenSize, hiddenSize),
    )
    this.query = new Linear(hiddenSize, hiddenSize)
    this.key = new Linear(hiddenSize, hiddenSize)
    this.combine = new Linear(2 * hiddenSize, hiddenSize)
    this.head = new Linear(hiddenSize, vocabSize)
  }

  /** Reads one more token of each row, ids `[B]`: what the head is to score, `[B, H]`, and where the step looked, `[B, U]`. */
  step(
    ids: Ids,
    { h: before, c, context }: SpellerState,
    heard: Heard,
  ): { readonly hidden: Floats; readonly weights: Floats; readonly state: SpellerState } {
    let h = concat([this.embedding.forward(ids), context] as readonly Floats[], 1) as Floats
    const after = this.cells.map((cell, i) => {
      const state = cell.step(h, { h: before.slice(i) as Floats, c: c.slice(i) as Floats })
      h = state.h
      return state
    })
    const together = (key: 'h' | 'c'): Floats => stack(after.map(state => state[key])) as Floats
    const { context: seen, weights } = this.attend(h, heard)
    const hidden = (this.combine.forward(concat([h, seen] as readonly Floats[], 1)) as Floats).tanh() as Floats
    return { hidden, weights, state: { h: together('h'), c: together('c'), context: seen } }
  }

  /** Equations 9 to 11: the product of φ(s) and ψ(h), of which ψ(h) are the keys. */
  private attend(state: Floats, { values, keys, mask }: Heard): { context: Floats; weights: Floats } {
    const [B, U, H] = keys.shape as readonly [number, number, number]
    const query = (this.query.forward(state) as Floats).tanh().reshape([B, H, 1]) as Floats
    const energies = keys.matmul(query).reshape([B, U]) as Floats
    // What lies behind a row's end has the weight 0 exactly: e to this power is 0.
    const weights = energies.add(mask.to('float32').sub(1).mul(1e30) as Floats).softmax() as Floats
    return { context: weights.reshape([B, 1, U]).matmul(values).reshape([B, H]) as Floats, weights }
  }
}

/**
 * A pyramid of bidirectional LSTMs that listens, and an LSTM with attention that spells.
 *
 * **Shape** x: `[B, T, features]`, lengths int32 `[B]`, target int32 `[B, S]` → logits `[B, S, vocabSize]`. Frames behind a row's length
 * change nothing.
 *
 * @throws ArgumentError for a configuration that no model can have
 * @example
 * const model = new ListenAttendSpell({ features: 40, vocabSize: 31, hiddenSize: 64, embedDim: 32 })
 * const target = tensor([[1, 5, 7], [1, 9, 2]], 'int32') // begin, then letters
 * model.forward(randn([2, 80, 40]), tensor([80, 57], 'int32'), target).shape // [2, 3, 31]
 */
export class ListenAttendSpell extends Module {
  readonly config: Complete
  readonly listener: Listener
  readonly speller: Speller

  constructor(config: ListenAttendSpellConfig) {
    super()
    this.config = completed(config)
    this.listener = new Listener(this.config)
    this.speller = new Speller(this.config)
  }

  /** What is heard in recordings, of which the first `lengths` frames of each row count. */
  listen(x: Floats, lengths: Ids): Heard {
    const { features } = this.config
    if (x.ndim !== 3 || x.shape[2] !== features) {
      throw new ShapeError(`listenAttendSpell: x is ${show(x.shape)}. Expected [B, T, ${features}].`, {
        shape: x.shape,
      })
    }
    const { values, lengths: count } = this.listener.forward(x, lengths)
    const [B, U] = values.shape as readonly [number, number]
    const mask = arange(0, U, { dtype: 'int32' }).less(count.reshape([B, 1]) as never) as Mask
    return { values, keys: (this.speller.key.forward(values) as Floats).tanh() as Floats, mask }
  }

  /** Scores of the token after each one of the target, whose rows begin with the begin id. */
  forward(x: Floats, lengths: Ids, target: Ids): Floats {
    return this.speller.head.forward(this.spell(x, lengths, target).hidden) as Floats
  }

  /** Where the speller looks when the target is read: `[B, S, U]`. */
  attentions(x: Floats, lengths: Ids, target: Ids): Floats {
    return this.spell(x, lengths, target).weights
  }

  /** Mean −ln p of `next`, the target one token on, in nats; padding does not count. */
  loss(x: Floats, lengths: Ids, target: Ids, next: Ids): Tensor<readonly [], 'float32'> {
    return tokenLoss(this.forward(x, lengths, target), next, {})
  }

  /** The likeliest token after each other, until the end or `maxLength`, without begin and end. */
  async transcribe(x: Floats, lengths: Ids, options: { readonly maxLength?: number } = {}): Promise<number[][]> {
    const { maxLength = 100 } = options
    const B = x.shape[0]!
    const training = this.training
    this.eval()
    try {
      const heard = await compile((frames: Floats, count: Ids) => this.listen(frames, count))(x, lengths)
      const step = compile((ids: Ids, state: SpellerState, given: Heard) => {
        const { hidden, state: after } = this.speller.step(ids, state, given)
        return { best: (this.speller.head.forward(hidden) as Floats).argmax(1) as Ids, after }
      })
      const texts: number[][] = Array.from({ length: B }, () => [])
      const ended = texts.map(() => false)
      let ids = full([B], specialIds.begin, 'int32') as Ids
      let state = this.startState(B)
      for (let k = 0; k < maxLength && ended.includes(false); k++) {
        const { best, after } = await step(ids, state, heard)
        const found = Int32Array.from((await best.data()) as ArrayLike<number>, Number)
        for (const [row, id] of found.entries()) {
          ended[row] ||= id === specialIds.end
          if (!ended[row]) texts[row]!.push(id)
        }
        ids = fromArray(found, [B], 'int32')
        state = after
      }
      return texts
    } finally {
      this.train(training)
    }
  }

  private startState(B: number): SpellerState {
    const { hiddenSize, spellerLayers } = this.config
    const none = zeros([spellerLayers, B, hiddenSize]) as Floats
    return { h: none, c: none, context: zeros([B, hiddenSize]) as Floats }
  }

  private spell(x: Floats, lengths: Ids, target: Ids): { hidden: Floats; weights: Floats } {
    const [B, S] = target.shape as readonly [number, number]
    const heard = this.listen(x, lengths)
    let state = this.startState(B)
    const [hidden, weights]: [Floats[], Floats[]] = [[], []]
    for (let t = 0; t < S; t++) {
      const found = this.speller.step(target.slice(null, t) as Ids, state, heard)
      state = found.state
      hidden.push(found.hidden)
      weights.push(found.weights)
    }
    return { hidden: stack(hidden, 1) as Floats, weights: stack(weights, 1) as Floats }
  }
}

/** The configuration with its defaults, checked. */
const completed = (config: ListenAttendSpellConfig): Complete => {
  const complete: Complete = { pyramidLayers: 3, spellerLayers: 2, ...config }
  const least = { features: 1, vocabSize: 4, hiddenSize: 2, embedDim: 1, pyramidLayers: 0, spellerLayers: 1 }
  for (const [key, min] of Object.entries(least) as [keyof Complete, number][]) {
    if (Number.isSafeInteger(complete[key]) && complete[key] >= min) continue
    throw new ArgumentError(
      `listenAttendSpell: ${key} must be a whole number of at least ${min}; got ${complete[key]}.`,
      { [key]: complete[key] },
    )
  }
  if (complete.hiddenSize % 2 === 0) return complete
  throw new ArgumentError(
    `listenAttendSpell: hiddenSize ${complete.hiddenSize} is odd, and each direction of the listener has half of it. Choose an even one.`,
    { hiddenSize: complete.hiddenSize },
  )
}

/** Listen, attend and spell. */
export const listenAttendSpell = (config: ListenAttendSpellConfig): ListenAttendSpell => new ListenAttendSpell(config)
