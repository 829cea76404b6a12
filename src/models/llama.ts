/**
 * Llama, and the models of its kind: Mistral adds a sliding window, Qwen2 biases of queries, keys and values. Sources: Touvron et al. 2023
 * (the model), Su et al. 2021 (rotary positions), Shazeer 2020 (SwiGLU), Zhang & Sennrich 2019 (RMSNorm), Ainslie et al. 2023 (grouped
 * queries), Jiang et al. 2023 (Mistral 7B); names and layout as Hugging Face transformers 5.18 (`LlamaForCausalLM`) reads them.
 */
import { ArgumentError } from '../core/errors.ts'
import { Embedding } from '../nn/embedding.ts'
import { normalInit } from '../nn/initializers.ts'
import { Linear } from '../nn/linear.ts'
import { balanceLoss, MixtureOfExperts, type Routing } from '../nn/mixture-of-experts.ts'
import { Module } from '../nn/module.ts'
import { project } from '../nn/project.ts'
import { RmsNorm } from '../nn/rms-norm.ts'
import { arange, fromArray } from '../tensor/creation.ts'
import { crossEntropy } from '../tensor/functions.ts'
import { rotaryEmbedding } from '../tensor/rotary.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { CacheShape, Floats, Ids, Present, Reading, Visible } from '../text/causal-model.ts'
import { llamaConfigFromJson, llamaConfigToJson } from './llama-config.ts'
import { attendCausally, attendWithPast, chunkOf, joinHeads, requireIds, splitHeads } from './past-attention.ts'
import { type RopeScaling, rotaryFrequencies } from './rotary-frequencies.ts'

export interface LlamaConfig {
  readonly vocabSize: number
  /** Most tokens the model sees at once. */
  readonly contextLength: number
  readonly numLayers: number
  readonly numHeads: number
  /** Heads of keys and values, each shared by numHeads / numKeyHeads queries. Default numHeads. */
  readonly numKeyHeads?: number
  readonly embedDim: number
  /** Width inside the MLP. Default 8/3 of embedDim, rounded up to a multiple of 32. */
  readonly hiddenDim?: number
  /** Width of a head. Default embedDim / numHeads. */
  readonly headDim?: number
  /** Wavelengths of positions run up to 2π · ropeTheta. Default 10000. */
  readonly ropeTheta?: number
  readonly ropeScaling?: RopeScaling
  /** Default 1e-6. */
  readonly rmsEpsilon?: number
  /** Whether the head is the token embedding. Default false. */
  readonly tieWeights?: boolean
  /** A token sees only so many: itself and those before it. Default: all. */
  readonly slidingWindow?: number
  /** Whether queries, keys and values have biases (Qwen2). Default false. */
  readonly attentionBias?: boolean
  /** Whether what attention gives back has a bias too. Default false. */
  readonly outputBias?: boolean
  /** What transformers calls the model. Default llama. */
  readonly modelType?: 'llama' | 'mistral' | 'qwen2' | 'mixtral'
  /** MLPs in each block, of which a router chooses a few for each token (Mixtral). Default: one, without a router. */
  readonly numExperts?: number
  /** How many of them compute for each token. Default 2. */
  readonly expertsPerToken?: number
  /** What uneven use of experts counts in the loss while training. Default 0.01, Switch Transformer's. */
  readonly balanceWeight?: number
  /** Begins a text. */
  readonly bosTokenId?: number
  /** Ends a text. */
  readonly eosTokenId?: number | readonly number[]
}

const initializerRange = 0.02
const init = normalInit({ std: initializerRange })

/** cos and sin of each position's angles, `[T, hd/2]` or `[B, 1, T, hd/2]`. */
interface Angles {
  readonly cos: Floats
  readonly sin: Floats
}

/** Each token looks at itself and the ones before it; positions turn queries and keys. */
class Attention extends Module {
  readonly q_proj: Linear
  readonly k_proj: Linear
  readonly v_proj: Linear
  readonly o_proj: Linear
  private readonly heads: number
  private readonly keyHeads: number
  private readonly window: number | undefined

  constructor(config: LlamaConfig) {
    super()
    const { embedDim, attentionBias: bias = false, outputBias = false } = config
    const { numHeads, numKeyHeads, headDim } = sizesOf(config)
    this.q_proj = new Linear(embedDim, numHeads * headDim, { bias, init })
    this.k_proj = new Linear(embedDim, numKeyHeads * headDim, { bias, init })
    this.v_proj = new Linear(embedDim, numKeyHeads * headDim, { bias, init })
    this.o_proj = new Linear(numHeads * headDim, embedDim, { bias: outputBias, init })
    this.heads = numHeads
    this.keyHeads = numKeyHeads
    this.window = config.slidingWindow
  }

  forward(x: Floats, angles: Angles): Branch {
    const { q, keys, values } = this.project(x, angles)
    const out = attendCausally(q, { keys, values }, { window: this.window })
    return { y: this.o_proj.forward(joinHeads(out)) as Floats, keys, values }
  }
  decode(x: Floats, angles: Angles, past: Present, visible: Visible): Branch {
    const { q, keys, values } = this.project(x, angles)
    const out = attendWithPast(q, { keys, values }, past, visible)
    return { y: this.o_proj.forward(joinHeads(out)) as Floats, keys, values }
  }

  private project(x: Floats, { cos, sin }: Angles): Present & { readonly q: Floats } {
    const turned = (t: Floats): Floats => rotaryEmbedding(t, cos, sin) as Floats
    return {
      q: turned(splitHeads(this.q_proj.forward(x) as Floats, this.heads)),
      keys: turned(splitHeads(this.k_proj.forward(x) as Floats, this.keyHeads)),
      values: splitHeads(this.v_proj.forward(x) as Floats, this.keyHeads),
    }
  }
}

/** What attention adds, with the keys and values of the tokens read. */
type Branch = Present & { readonly y: Floats }

/** `W_down (silu(W_gate x) · W_up x)`: SwiGLU, Shazeer 2020, equation 6. */
class GatedMlp extends Module {
  readonly gate_proj: Linear
  readonly up_proj: Linear
  readonly down_proj: Linear

  constructor(config: LlamaConfig) {
    super()
    const { embedDim } = config
    const { hiddenDim } = sizesOf(config)
    this.gate_proj = new Linear(embedDim, hiddenDim, { bias: false, init })
    this.up_proj = new Linear(embedDim, hiddenDim, { bias: false, init })
    this.down_proj = new Linear(hiddenDim, embedDim, { bias: false, init })
  }
  forward(x: Floats): Floats {
    const gate = (this.gate_proj.forward(x) as Floats).silu() as Floats
    return this.down_proj.forward(gate.mul(this.up_proj.forward(x) as Floats) as Floats) as Floats
  }
}

/** What a block gives: where its tokens went, if it has experts. */
type Layer = Present & { readonly x: Floats; readonly routing: Routing | null }

/** Attention and MLP, each normalised before and added to what came in. */
class Block extends Module {
  readonly self_attn: Attention
  /** Absent where there are experts. */
  readonly mlp: GatedMlp | null
  readonly block_sparse_moe: MixtureOfExperts | null
  readonly input_layernorm: RmsNorm
  readonly post_attention_layernorm: RmsNorm

  constructor(config: LlamaConfig) {
    super()
    const epsilon = config.rmsEpsilon ?? 1e-6
    this.self_attn = new Attention(config)
    const { embedDim, numExperts, expertsPerToken = 2 } = config
    const { hiddenDim } = sizesOf(config)
    this.mlp = numExperts === undefined ? new GatedMlp(config) : null
    this.block_sparse_moe =
      numExperts === undefined
        ? null
        : new MixtureOfExperts(embedDim, hiddenDim, { experts: numExperts, perToken: expertsPerToken, init })
    this.input_layernorm = new RmsNorm(config.embedDim, { epsilon })
    this.post_attention_layernorm = new RmsNorm(config.embedDim, { epsilon })
  }
  forward(x: Floats, attend: (attention: Attention, x: Floats) => Branch): Layer {
    const { y, keys, values } = attend(this.self_attn, this.input_layernorm.forward(x) as Floats)
    const mid = x.add(y) as Floats
    const normed = this.post_attention_layernorm.forward(mid) as Floats
    if (this.mlp) return { x: mid.add(this.mlp.forward(normed)) as Floats, keys, values, routing: null }
    const { y: mixed, routing } = this.block_sparse_moe!.forwardRouted(normed)
    return { x: mid.add(mixed) as Floats, keys, values, routing }
  }
}

interface Through {
  readonly x: Floats
  readonly present: Present[]
  /** Where tokens went, in each block with experts. */
  readonly routings: Routing[]
}

/** The stack without a head; a module of its own because checkpoints prefix its names with `model.`. */
class Stack extends Module {
  readonly embed_tokens: Embedding
  readonly layers: readonly Block[]
  readonly norm: RmsNorm

  constructor(config: LlamaConfig) {
    super()
    this.embed_tokens = new Embedding(config.vocabSize, config.embedDim, { init })
    this.layers = Array.from({ length: config.numLayers }, () => new Block(config))
    this.norm = new RmsNorm(config.embedDim, { epsilon: config.rmsEpsilon ?? 1e-6 })
  }
  through(ids: Ids, attend: (attention: Attention, x: Floats, layer: number) => Branch): Through {
    let x = this.embed_tokens.forward(ids) as Floats
    const present: Present[] = []
    const routings: Routing[] = []
    for (const [i, block] of this.layers.entries()) {
      const out = block.forward(x, (attention, h) => attend(attention, h, i))
      x = out.x
      present.push({ keys: out.keys, values: out.values })
      if (out.routing) routings.push(out.routing)
    }
    return { x: this.norm.forward(x) as Floats, present, routings }
  }
}

/**
 * A Llama language model.
 *
 * **Shape** ids: int32 `[B, T]`, T ≤ contextLength → logits `[B, T, vocabSize]`.
 *
 * @example
 * const llama = new Llama({ vocabSize: 512, contextLength: 128, numLayers: 4, numHeads: 8, numKeyHeads: 4, embedDim: 64 })
 * const ids = tensor([[1, 2, 3, 4]], 'int32')
 * llama.forward(ids).shape // [1, 4, 512]
 */
export class Llama extends Module {
  readonly model: Stack
  /** Absent where the head is the token embedding. */
  readonly lm_head: Linear | null
  readonly config: LlamaConfig
  /** Angles of every position, made when they are first needed. */
  private table: Angles | null = null

  constructor(config: LlamaConfig) {
    super()
    checkConfig(config)
    this.config = config
    this.model = new Stack(config)
    this.lm_head = config.tieWeights ? null : new Linear(config.embedDim, config.vocabSize, { bias: false, init })
  }

  get cacheShape(): CacheShape {
    const { numLayers: layers, slidingWindow } = this.config
    const { numKeyHeads: heads, headDim: size } = sizesOf(this.config)
    return {
      layers,
      heads,
      size,
      ...(slidingWindow !== undefined && { window: slidingWindow }),
      ...chunkOf(this.model.embed_tokens.weight),
    }
  }

  /** Scores of each possible next token, at each position. */
  forward(ids: Ids): Floats {
    requireIds('llama', ids, this.config.contextLength)
    return this.head(this.readAll(ids).x)
  }

  /**
   * Mean −ln p of the targets in nats; targets: int32 `[B, T]`, the ids one position on. While a model with experts is trained, uneven use of
   * them is added.
   */
  loss(ids: Ids, targets: Ids): Tensor<readonly [], 'float32'> {
    requireIds('llama', ids, this.config.contextLength)
    const { x, routings } = this.readAll(ids)
    const loss = crossEntropy(this.head(x), targets)
    if (!this.training || routings.length === 0) return loss
    return loss.add(balanceLoss(routings).mul(this.config.balanceWeight ?? 0.01)) as Tensor<readonly [], 'float32'>
  }

  /** Like `forward` for the last position only, with the keys and values of all positions beside it. */
  prefill(ids: Ids): Reading {
    const [B, T] = ids.shape as readonly [number, number]
    const { x, present } = this.readAll(ids)
    const last = x.slice(null, { start: T - 1 }).reshape([B, this.config.embedDim]) as Floats
    return { logits: this.head(last), present }
  }

  /** Logits `[B, T, V]` of further tokens, `[B, T]` at `positions` `[B, T]`, given the past; `visible` is bool `[B, Tmax]`. */
  decode(ids: Ids, positions: Ids, past: readonly Present[], visible: Visible): Reading {
    const [B, T] = ids.shape as readonly [number, number]
    const { cos, sin } = this.angles()
    const at = (table: Floats): Floats => table.gather(positions).reshape([B, 1, T, table.shape[1]!]) as Floats
    const angles = { cos: at(cos), sin: at(sin) }
    const { x, present } = this.model.through(ids, (attention, h, i) => attention.decode(h, angles, past[i]!, visible))
    return { logits: this.head(x), present }
  }

  private readAll(ids: Ids): Through {
    const rows = arange(0, ids.shape[1]!, { dtype: 'int32' })
    const { cos, sin } = this.angles()
    const angles = { cos: cos.gather(rows) as Floats, sin: sin.gather(rows) as Floats }
    return this.model.through(ids, (attention, x) => attention.forward(x, angles))
  }

  private head(x: Floats): Floats {
    if (this.lm_head) return this.lm_head.forward(x) as Floats
    return project(x, this.model.embed_tokens.weight)
  }

  private angles(): Angles {
    if (this.table) return this.table
    const { contextLength, ropeTheta, ropeScaling } = this.config
    const frequencies = rotaryFrequencies(sizesOf(this.config).headDim, ropeTheta ?? 10_000, ropeScaling)
    const tableOf = (f: (angle: number) => number): Floats => {
      const half = frequencies.length
      const values = Float32Array.from({ length: contextLength * half }, (_, i) =>
        f(Math.floor(i / half) * frequencies[i % half]!),
      )
      return fromArray(values, [contextLength, half], 'float32')
    }
    this.table = { cos: tableOf(Math.cos), sin: tableOf(Math.sin) }
    return this.table
  }

  /** config.json, as Hugging Face's LlamaForCausalLM (or Mistral's, Qwen2's) reads it. */
  toJSON(): Record<string, unknown> {
    return llamaConfigToJson(this.config, sizesOf(this.config))
  }

  /** The model that a config.json describes, with new weights. @throws ModelError for another architecture */
  static fromJSON(json: unknown, where = 'config.json'): Llama {
    return llamaConfigFromJson(json, where, config => new Llama(config))
  }
}

/** Sizes with their defaults filled in. */
export const sizesOf = ({ numHeads, numKeyHeads, embedDim, headDim, hiddenDim }: LlamaConfig) => ({
  numHeads,
  numKeyHeads: numKeyHeads ?? numHeads,
  headDim: headDim ?? embedDim / numHeads,
  hiddenDim: hiddenDim ?? Math.ceil((embedDim * 8) / 3 / 32) * 32,
})

const longestContext = 2 ** 24

const checkConfig = (config: LlamaConfig): void => {
  const { numKeyHeads, headDim, hiddenDim } = sizesOf(config)
  const all = { ...config, numKeyHeads, headDim, hiddenDim }
  for (const key of ['vocabSize', 'contextLength', 'numLayers', 'numHeads', 'numKeyHeads', 'embedDim'] as const) {
    if (!Number.isSafeInteger(all[key]) || all[key] < 1)
      throw new ArgumentError(`llama: ${key} must be a whole number of at least 1; got ${all[key]}.`, {
        [key]: all[key],
      })
  }
  if (config.contextLength > longestContext)
    throw new ArgumentError(
      `llama: contextLength is ${config.contextLength}; at most ${longestContext} was expected. Every position has its angles.`,
      { contextLength: config.contextLength },
    )
  if (!Number.isSafeInteger(hiddenDim) || hiddenDim < 1)
    throw new ArgumentError(`llama: hiddenDim must be a whole number of at least 1; got ${hiddenDim}.`, { hiddenDim })
  if (!Number.isSafeInteger(headDim) || headDim % 2 !== 0 || headDim < 2)
    throw new ArgumentError(
      `llama: a head is ${headDim} wide (embedDim ${config.embedDim}, numHeads ${config.numHeads}). Positions turn pairs of numbers: choose sizes that make it even, or give headDim.`,
      { headDim },
    )
  if (config.numHeads % numKeyHeads !== 0)
    throw new ArgumentError(
      `llama: numHeads ${config.numHeads} is not a multiple of numKeyHeads ${numKeyHeads}. Queries share keys in equal groups: choose a divisor.`,
      { numKeyHeads },
    )
}
