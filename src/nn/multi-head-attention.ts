import { ArgumentError, ShapeError } from '../core/errors.ts'
import { type Shape, show } from '../core/shape.ts'
import { affine, attention } from '../tensor/functions.ts'
import type { Generator } from '../tensor/random.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { Dropout } from './dropout.ts'
import { xavierUniform } from './initializers.ts'
import { constantInit } from './initializers.ts'
import { Linear } from './linear.ts'
import { Module } from './module.ts'
import { Parameter } from './parameter.ts'

type Floats = Tensor<Shape, 'float32'>
type Mask = Tensor<Shape, 'bool'>

export interface MultiHeadAttentionOptions {
  /** Whether the four maps add a bias. Default true. */
  readonly bias?: boolean
  /** Share of the attention weights dropped while training. Default 0. */
  readonly dropout?: number
  readonly generator?: Generator
}

/** What a query may see; everything unless said otherwise. */
export interface SeenOptions {
  /** bool `[B, Tk]`: false hides a key, such as padding, from every query. PyTorch's `key_padding_mask` is the opposite. */
  readonly keyMask?: Mask
  /** bool, broadcast to `[B, nh, Tq, Tk]`: false hides a key from a query. PyTorch's boolean `attn_mask` is the opposite. */
  readonly mask?: Mask
  /** Each query sees keys up to its own place. Default false. */
  readonly causal?: boolean
}

/** What queries look at, in heads: `[B, nh, Tk, hd]` each. */
export interface KeysValues {
  readonly keys: Floats
  readonly values: Floats
}

export interface Attended {
  /** `[B, Tq, embedDim]`. */
  readonly output: Floats
  /** `[B, nh, Tq, Tk]`, before dropout; each row sums to 1. Nothing is computed for it unless it is read. */
  readonly weights: Floats
}

/**
 * Attention in several heads: `concat(head₁, …) Wᴼ` with `headᵢ = softmax(Q Wᵢ (K Wᵢ)ᵀ/√hd) V Wᵢ`, each head `embedDim / numHeads` wide.
 *
 * **Shape** query `[B, Tq, embedDim]`, key and value `[B, Tk, embedDim]` → output `[B, Tq, embedDim]`, weights `[B, nh, Tq, Tk]`;
 * `in_proj_weight` `[3 · embedDim, embedDim]` (query, key, value), `in_proj_bias`, `out_proj.weight` `[embedDim, embedDim]`, `out_proj.bias`.
 *
 * @throws ArgumentError where numHeads does not divide embedDim
 * @example
 * const attend = nn.multiHeadAttention(16, 4)
 * const { output, weights } = attend.forward(randn([2, 5, 16])) // [2, 5, 16] and [2, 4, 5, 5]
 *
 * Source: Vaswani et al. 2017, section 3.2.2; names, layout and initial values as PyTorch 2.13's `MultiheadAttention`.
 */
export class MultiHeadAttention extends Module {
  readonly in_proj_weight: Parameter
  readonly in_proj_bias: Parameter | null
  readonly out_proj: Linear
  private readonly drop: Dropout
  readonly embedDim: number
  readonly numHeads: number

  constructor(embedDim: number, numHeads: number, options: MultiHeadAttentionOptions = {}) {
    super()
    const { bias = true, dropout = 0, generator } = options
    const whole = (n: number): boolean => Number.isSafeInteger(n) && n >= 1
    if (!whole(embedDim) || !whole(numHeads) || embedDim % numHeads !== 0) {
      throw new ArgumentError(
        `multiHeadAttention: embedDim ${embedDim} does not fall into ${numHeads} equal heads. Give whole numbers, embedDim a multiple of numHeads.`,
        { embedDim, numHeads },
      )
    }
    const given = generator ? { generator } : {}
    this.in_proj_weight = new Parameter([3 * embedDim, embedDim], xavierUniform(), generator)
    this.in_proj_bias = bias ? new Parameter([3 * embedDim], constantInit(0), generator) : null
    this.out_proj = new Linear(embedDim, embedDim, { bias, ...given })
    // PyTorch's: the weight as in any linear layer, the bias 0.
    this.out_proj.bias?.set({ dtype: 'float32', array: new Float32Array(embedDim) })
    this.drop = new Dropout(dropout, given)
    this.embedDim = embedDim
    this.numHeads = numHeads
  }

  /** Without a key, attention to itself; without a value, the key's. */
  forward(query: Floats, key: Floats = query, value: Floats = key, seen: SeenOptions = {}): Attended {
    if (key === query && value === query) {
      const [q, k, v] = this.project('x', query, 0, 3) as [Floats, Floats, Floats]
      return this.attend(q, { keys: k, values: v }, seen)
    }
    return this.attend(this.queries(query), this.keysValues(key, value), seen)
  }

  /** A query's heads, `[B, nh, Tq, hd]`. */
  queries(query: Floats): Floats {
    return this.project('query', query, 0, 1)[0]!
  }
  /** Heads of what is looked at: to be computed once, where many queries come one after the other. */
  keysValues(key: Floats, value: Floats = key): KeysValues {
    if (value === key) {
      const [keys, values] = this.project('key', key, 1, 2) as [Floats, Floats]
      return { keys, values }
    }
    return { keys: this.project('key', key, 1, 1)[0]!, values: this.project('value', value, 2, 1)[0]! }
  }

  /** Attention of heads `[B, nh, Tq, hd]` to heads. */
  attend(queries: Floats, { keys, values }: KeysValues, { keyMask, mask, causal = false }: SeenOptions = {}): Attended {
    const [B, , Tq] = queries.shape as readonly [number, number, number]
    const Tk = keys.shape[2]!
    if (keyMask && show(keyMask.shape) !== show([B, Tk])) {
      throw new ShapeError(
        `multiHeadAttention: keyMask is ${show(keyMask.shape)} for ${Tk} keys in a batch of ${B}. Expected bool [${B}, ${Tk}].`,
        { keyMask: keyMask.shape },
      )
    }
    const seen = keyMask?.reshape([B, 1, 1, Tk]) as Mask | undefined
    const both = seen && mask ? (seen.logicalAnd(mask) as Mask) : (seen ?? mask)
    let weights: Floats | undefined
    const out = attention(queries, keys, values, {
      causal,
      ...(both && { mask: both }),
      onWeights: w => {
        weights = w
        return this.drop.forward(w) as Floats
      },
    })
    const output = this.out_proj.forward(out.transpose([0, 2, 1, 3]).reshape([B, Tq, this.embedDim]) as Floats)
    return { output: output as Floats, weights: weights! }
  }

  /** Heads of `count` of the maps query, key, value, from the `first` on: one product, whatever the count. */
  private project(name: string, x: Floats, first: number, count: number): Floats[] {
    const [B, T] = x.shape as readonly [number, number]
    const [C, nh] = [this.embedDim, this.numHeads]
    if (x.ndim !== 3 || x.shape[2] !== C)
      throw new ShapeError(`multiHeadAttention: ${name} is ${show(x.shape)}. Expected [B, T, ${C}].`, {
        shape: x.shape,
      })
    const rows = { start: first * C, end: (first + count) * C }
    const part = (p: Parameter): Floats => (count === 3 ? p.value : p.value.slice(rows)) as Floats
    const weight = part(this.in_proj_weight).transpose() as Floats
    const all = this.in_proj_bias ? affine(x, weight, part(this.in_proj_bias)) : (x.matmul(weight) as Floats)
    const heads = (t: Floats): Floats => t.reshape([B, T, nh, C / nh]).transpose([0, 2, 1, 3]) as Floats
    return count === 1 ? [heads(all)] : all.split(count, 2).map(heads)
  }
}

/** Attention in `numHeads` heads of `embedDim / numHeads` numbers. */
export const multiHeadAttention = (
  embedDim: number,
  numHeads: number,
  options?: MultiHeadAttentionOptions,
): MultiHeadAttention => new MultiHeadAttention(embedDim, numHeads, options)
