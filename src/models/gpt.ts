/**
 * GPT-2, from top to bottom. Sources: Radford et al. 2019 (the model), Vaswani et al. 2017 (attention), and for names, layout
 * and initialisation the published checkpoints as Hugging Face transformers 5.18 (`GPT2LMHeadModel`) reads them.
 */
import { ArgumentError, ModelError } from '../core/errors.ts'
import { hasOwnMemory } from '../engine/engine.ts'
import { readFlag } from '../engine/run.ts'
import { Dropout } from '../nn/dropout.ts'
import { Embedding } from '../nn/embedding.ts'
import { constantInit, normalInit } from '../nn/initializers.ts'
import { LayerNorm } from '../nn/layer-norm.ts'
import { Module } from '../nn/module.ts'
import { Parameter } from '../nn/parameter.ts'
import { project } from '../nn/project.ts'
import { arange } from '../tensor/creation.ts'
import { concat, crossEntropy } from '../tensor/functions.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { CacheShape, Floats, Ids, Present, Reading, Visible } from '../text/causal-model.ts'
import { JsonConfig } from './json-config.ts'
import { attendCausally, attendWithPast, chunkOf, joinHeads, requireIds, splitHeads } from './past-attention.ts'

export interface GptConfig {
  readonly vocabSize: number
  /** Most tokens the model sees at once. */
  readonly contextLength: number
  readonly numLayers: number
  readonly numHeads: number
  readonly embedDim: number
  /** While training, after embeddings, attention weights and each block's branches. Default 0.1, GPT-2's. */
  readonly dropout?: number
  /** Begins a text. */
  readonly bosTokenId?: number
  /** Ends a text. */
  readonly eosTokenId?: number | readonly number[]
}

const epsilon = 1e-5
const initializerRange = 0.02
/** Elements of a 16-bit weight that are widened at once: 8 MB in float32, which the processor's cache still has when they are read. */
const widenedAtOnce = 2 ** 21

/** An affine map with its weight as `[in, out]`, as GPT-2's checkpoints store it. */
class Conv1D extends Module {
  readonly weight: Parameter<readonly [number, number]>
  readonly bias: Parameter<readonly [number]>

  constructor(inFeatures: number, outFeatures: number, std = initializerRange) {
    super()
    this.weight = new Parameter([inFeatures, outFeatures], normalInit({ std }))
    this.weight.inputAxis = 0
    this.bias = new Parameter([outFeatures], constantInit(0))
  }
  forward(x: Floats): Floats {
    return project(x, this.weight, this.bias)
  }
}

/** What attention adds, with the keys and values of the tokens read. */
type Branch = Present & { readonly y: Floats }

/** Each token looks at itself and the ones before it. */
class CausalSelfAttention extends Module {
  readonly c_attn: Conv1D
  readonly c_proj: Conv1D
  private readonly attn_dropout: Dropout
  private readonly resid_dropout: Dropout
  private readonly numHeads: number

  constructor({ embedDim, numHeads, numLayers, dropout = 0.1 }: GptConfig) {
    super()
    this.c_attn = new Conv1D(embedDim, 3 * embedDim)
    // 2 · numLayers branches add up on the residual path; this keeps its variance at the start.
    this.c_proj = new Conv1D(embedDim, embedDim, initializerRange / Math.sqrt(2 * numLayers))
    this.attn_dropout = new Dropout(dropout)
    this.resid_dropout = new Dropout(dropout)
    this.numHeads = numHeads
  }

  forward(x: Floats): Branch {
    const [q, ...present] = this.c_attn
      .forward(x)
      .split(3, 2)
      .map(t => splitHeads(t as Floats, this.numHeads)) as [Floats, Floats, Floats]
    const [keys, values] = present
    const out = attendCausally(q, { keys, values }, { onWeights: w => this.attn_dropout.forward(w) as Floats })
    return { y: this.resid_dropout.forward(this.c_proj.forward(joinHeads(out))) as Floats, keys, values }
  }

  /** Further tokens of each text, `[B, T, C]`. */
  decode(x: Floats, past: Present, visible: Visible): Branch {
    const [B, T, C] = x.shape as readonly [number, number, number]
    const nh = this.numHeads
    const all = this.c_attn.forward(x)
    // The heads of one token stand side by side, so nothing is transposed.
    const parts =
      T === 1 ? all.reshape([B, 3 * nh, 1, C / nh]).split(3, 1) : all.split(3, 2).map(t => splitHeads(t as Floats, nh))
    const [q, keys, values] = parts as [Floats, Floats, Floats] // [B, nh, T, hd] each
    return { y: this.c_proj.forward(joinHeads(attendWithPast(q, { keys, values }, past, visible))), keys, values }
  }
}

/** Two affine maps with a tanh-approximated GELU between, four times as wide inside. */
class MLP extends Module {
  readonly c_fc: Conv1D
  readonly c_proj: Conv1D
  private readonly dropout: Dropout

  constructor({ embedDim, numLayers, dropout = 0.1 }: GptConfig) {
    super()
    this.c_fc = new Conv1D(embedDim, 4 * embedDim)
    this.c_proj = new Conv1D(4 * embedDim, embedDim, initializerRange / Math.sqrt(2 * numLayers))
    this.dropout = new Dropout(dropout)
  }
  forward(x: Floats): Floats {
    return this.dropout.forward(this.c_proj.forward(this.c_fc.forward(x).gelu({ approximate: 'tanh' })))
  }
}

/** Attention and MLP, each normalised before and added to what came in. */
class Block extends Module {
  readonly ln_1: LayerNorm
  readonly attn: CausalSelfAttention
  readonly ln_2: LayerNorm
  readonly mlp: MLP

  constructor(config: GptConfig) {
    super()
    this.ln_1 = new LayerNorm(config.embedDim, { epsilon })
    this.attn = new CausalSelfAttention(config)
    this.ln_2 = new LayerNorm(config.embedDim, { epsilon })
    this.mlp = new MLP(config)
  }
  forward(x: Floats): Present & { x: Floats } {
    return this.after(x, this.attn.forward(this.ln_1.forward(x)))
  }
  decode(x: Floats, past: Present, visible: Visible): Present & { x: Floats } {
    return this.after(x, this.attn.decode(this.ln_1.forward(x), past, visible))
  }
  private after(x: Floats, { y, keys, values }: Branch): Present & { x: Floats } {
    const mid = x.add(y) as Floats
    return { x: mid.add(this.mlp.forward(this.ln_2.forward(mid))) as Floats, keys, values }
  }
}

/** The stack without a head; a module of its own because checkpoints prefix its names with `transformer.`. */
class Transformer extends Module {
  readonly wte: Embedding
  readonly wpe: Embedding
  private readonly drop: Dropout
  readonly h: readonly Block[]
  readonly ln_f: LayerNorm

  constructor(config: GptConfig) {
    super()
    const init = normalInit({ std: initializerRange })
    this.wte = new Embedding(config.vocabSize, config.embedDim, { init })
    this.wpe = new Embedding(config.contextLength, config.embedDim, { init })
    // Positions are no words: in few bits they would cost much and save little.
    this.wpe.weight.inputAxis = null
    this.drop = new Dropout(config.dropout ?? 0.1)
    this.h = Array.from({ length: config.numLayers }, () => new Block(config))
    this.ln_f = new LayerNorm(config.embedDim, { epsilon })
  }
  /** Hidden states `[B, T, C]` of ids `[B, T]`, and the keys and values of each layer. */
  forward(ids: Ids): { x: Floats; present: Present[] } {
    const positions = arange(0, ids.shape[1]!, { dtype: 'int32' })
    return this.through(this.drop.forward(this.embed(ids, positions)), (block, x) => block.forward(x))
  }
  /** Hidden states `[B, T, C]` of further tokens, `[B, T]` at `positions` `[B, T]`. */
  decode(ids: Ids, positions: Ids, past: readonly Present[], visible: Visible): { x: Floats; present: Present[] } {
    return this.through(this.embed(ids, positions), (block, x, i) => block.decode(x, past[i]!, visible))
  }

  private embed(ids: Ids, positions: Ids): Floats {
    return (this.wte.forward(ids) as Floats).add(this.wpe.forward(positions) as Floats) as Floats
  }
  private through(
    embedded: Floats,
    run: (block: Block, x: Floats, layer: number) => Present & { x: Floats },
  ): { x: Floats; present: Present[] } {
    let x = embedded
    const present: Present[] = []
    for (const [i, block] of this.h.entries()) {
      const out = run(block, x, i)
      x = out.x
      present.push({ keys: out.keys, values: out.values })
    }
    return { x: this.ln_f.forward(x) as Floats, present }
  }
}

/**
 * The GPT-2 language model. The head shares its weight with the token embedding.
 *
 * **Shape** ids: int32 `[B, T]`, T ≤ contextLength → logits `[B, T, vocabSize]`.
 *
 * @example
 * const gpt = new Gpt({ vocabSize: 65, contextLength: 64, numLayers: 4, numHeads: 4, embedDim: 128 })
 * const { x, y } = randomWindows(tokens, 16, 2, new Generator(0))
 * const loss = await gpt.loss(x, y).item() // about ln 65 = 4.17
 */
export class Gpt extends Module {
  readonly transformer: Transformer
  readonly config: GptConfig

  constructor(config: GptConfig) {
    super()
    checkConfig(config)
    this.config = config
    this.transformer = new Transformer(config)
  }

  get cacheShape(): CacheShape {
    const { numLayers, numHeads, embedDim } = this.config
    return { layers: numLayers, heads: numHeads, size: embedDim / numHeads, ...chunkOf(this.transformer.wte.weight) }
  }

  /** Scores of each possible next token, at each position. */
  forward(ids: Ids): Floats {
    requireIds('gpt', ids, this.config.contextLength)
    return this.head(this.transformer.forward(ids).x)
  }

  /** Mean −ln p of the targets in nats; targets: int32 `[B, T]`, the ids one position on. */
  loss(ids: Ids, targets: Ids): Tensor<readonly [], 'float32'> {
    return crossEntropy(this.forward(ids), targets)
  }

  /** Like `forward` for the last position only, with the keys and values of all positions beside it. */
  prefill(ids: Ids): Reading {
    const [B, T] = ids.shape as readonly [number, number]
    const { x, present } = this.transformer.forward(ids)
    const last = x.slice(null, { start: T - 1 }).reshape([B, this.config.embedDim])
    return { logits: this.headOfFew(last), present }
  }

  /** Logits `[B, T, V]` of further tokens, `[B, T]` at `positions` `[B, T]`, given the past; `visible` is bool `[B, Tmax]`. */
  decode(ids: Ids, positions: Ids, past: readonly Present[], visible: Visible): Reading {
    const [B, T] = ids.shape as readonly [number, number]
    const { x, present } = this.transformer.decode(ids, positions, past, visible)
    const logits = this.headOfFew(x.reshape([B * T, this.config.embedDim]) as Floats)
    return { logits: logits.reshape([B, T, this.config.vocabSize]) as Floats, present }
  }

  private head(x: Floats): Floats {
    return project(x, this.transformer.wte.weight)
  }

  /** The head for few rows, where reading the weight is what takes time. */
  private headOfFew(x: Floats): Floats {
    const { weight } = this.transformer.wte
    const [vocabSize, embedDim] = weight.shape
    const rows = Math.ceil(widenedAtOnce / embedDim)
    if (readFlag(() => weight.storage) !== 'float16' || rows >= vocabSize || readFlag(hasOwnMemory)) return this.head(x)
    const parts = Array.from({ length: Math.ceil(vocabSize / rows) }, (_, i) => {
      const part = weight.storedRows(i * rows, Math.min((i + 1) * rows, vocabSize))
      return x.matmul(part.to('float32').transpose() as Floats) as Floats
    })
    return concat(parts as readonly Floats[], 1) as Floats
  }

  /** config.json, as Hugging Face's GPT2LMHeadModel reads it. */
  toJSON(): Record<string, unknown> {
    const { vocabSize, contextLength, numLayers, numHeads, embedDim, dropout = 0.1 } = this.config
    return {
      architectures: ['GPT2LMHeadModel'],
      model_type: 'gpt2',
      activation_function: 'gelu_new',
      vocab_size: vocabSize,
      n_positions: contextLength,
      n_layer: numLayers,
      n_head: numHeads,
      n_embd: embedDim,
      n_inner: null,
      attn_pdrop: dropout,
      embd_pdrop: dropout,
      resid_pdrop: dropout,
      layer_norm_epsilon: epsilon,
      initializer_range: initializerRange,
      scale_attn_weights: true,
      scale_attn_by_inverse_layer_idx: false,
      reorder_and_upcast_attn: false,
      tie_word_embeddings: true,
      use_cache: true,
      // Without these, GPT2Config would fill in 50256, which is outside a small vocabulary.
      bos_token_id: this.config.bosTokenId ?? null,
      eos_token_id: this.config.eosTokenId ?? null,
      dtype: 'float32',
    }
  }

  /** The model that a config.json describes, with new weights. @throws ModelError for another architecture */
  static fromJSON(json: unknown, where = 'config.json'): Gpt {
    const read = new JsonConfig(json, where, ['gpt2'])
    read.require('activation_function', 'gelu_new')
    read.require('scale_attn_weights', true)
    read.require('scale_attn_by_inverse_layer_idx', false)
    read.require('tie_word_embeddings', true)
    read.require('layer_norm_epsilon', epsilon)
    const embedDim = read.size('n_embd')
    if ((read.optionalSize('n_inner') ?? 4 * embedDim) !== 4 * embedDim)
      throw new ModelError(`${where}: n_inner is ${read.size('n_inner')}. Only null or 4 · n_embd can be loaded here.`)
    const [bos, eos] = [read.id('bos_token_id'), read.ids('eos_token_id')]
    return read.build(
      () =>
        new Gpt({
          vocabSize: read.size('vocab_size'),
          contextLength: read.size('n_positions'),
          numLayers: read.layers('n_layer'),
          numHeads: read.size('n_head'),
          embedDim,
          dropout: read.share('resid_pdrop', 0.1),
          ...(bos !== undefined && { bosTokenId: bos }),
          ...(eos !== undefined && { eosTokenId: eos }),
        }),
    )
  }
}

const checkConfig = (config: GptConfig): void => {
  for (const key of ['vocabSize', 'contextLength', 'numLayers', 'numHeads', 'embedDim'] as const) {
    if (!Number.isSafeInteger(config[key]) || config[key] < 1)
      throw new ArgumentError(`gpt: ${key} must be a whole number of at least 1; got ${config[key]}.`, {
        [key]: config[key],
      })
  }
  if (config.embedDim % config.numHeads !== 0) {
    throw new ArgumentError(
      `gpt: embedDim ${config.embedDim} is not a multiple of numHeads ${config.numHeads}. Each head needs an equal share: choose a multiple.`,
      {
        embedDim: config.embedDim,
        numHeads: config.numHeads,
      },
    )
  }
}
