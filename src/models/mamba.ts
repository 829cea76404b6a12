/**
 * Mamba: language models of selective state spaces. Source: Gu & Dao 2023, sections 3.2 to 3.4; names and layout as Hugging Face transformers
 * 5.18 (`MambaForCausalLM`) reads them.
 */
import { ArgumentError, ShapeError } from '../core/errors.ts'
import { show } from '../core/shape.ts'
import { Embedding } from '../nn/embedding.ts'
import { constantInit, type Initializer, normalInit, uniformInit } from '../nn/initializers.ts'
import { Linear } from '../nn/linear.ts'
import { Module } from '../nn/module.ts'
import { Parameter } from '../nn/parameter.ts'
import { project } from '../nn/project.ts'
import { RmsNorm } from '../nn/rms-norm.ts'
import { scan } from '../tensor/control.ts'
import { zeros } from '../tensor/creation.ts'
import { affine, concat, crossEntropy } from '../tensor/functions.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { Floats, Ids } from '../text/causal-model.ts'
import { JsonConfig } from './json-config.ts'

export interface MambaConfig {
  readonly vocabSize: number
  /** Tokens of a training window: what gradients flow through. The state knows no bound. */
  readonly contextLength: number
  readonly numLayers: number
  readonly embedDim: number
  /** Numbers that each channel remembers. Default 16. */
  readonly stateSize?: number
  /** Channels inside a layer, as a multiple of embedDim. Default 2. */
  readonly expand?: number
  /** Tokens that the convolution of a layer sees. Default 4. */
  readonly kernelSize?: number
  /** Numbers that the step sizes of all channels are made of. Default embedDim / 16, rounded up. */
  readonly timeStepRank?: number
  /** Whether projections have biases. Default false. */
  readonly bias?: boolean
  /** Whether the convolution has one. Default true. */
  readonly convolutionBias?: boolean
  /** Default 1e-5. */
  readonly epsilon?: number
  /** Whether the head is the embedding's matrix. Default true. */
  readonly tieWeights?: boolean
}

/** What a layer remembers: the convolution's last inputs `[B, kernelSize − 1, E]`, and its channels' states `[B, E, N]`. */
export interface MambaLayerState {
  readonly inputs: Floats
  readonly h: Floats
}
export type MambaState = readonly MambaLayerState[]

/** The inverse of softplus at steps that are spread between 0.001 and 0.1 by their logarithm. */
const timeStepInit: Initializer = (shape, source) =>
  uniformInit(Math.log(0.001), Math.log(0.1))(shape, source).map(x => {
    const step = Math.max(Math.exp(x), 1e-4)
    return step + Math.log(-Math.expm1(-step))
  })
/** ln 1 to ln N in each row: decays of the real S4D. */
const decayInit: Initializer = ([rows, columns]) =>
  Float32Array.from({ length: rows! * columns! }, (_, i) => Math.log((i % columns!) + 1))

/** Each channel's own filter over the last tokens. */
class CausalConvolution extends Module {
  readonly weight: Parameter
  readonly bias: Parameter | null

  constructor(channels: number, kernelSize: number, bias: boolean) {
    super()
    const bound = 1 / Math.sqrt(kernelSize)
    this.weight = new Parameter([channels, 1, kernelSize], uniformInit(-bound, bound))
    this.bias = bias ? new Parameter([channels], constantInit(0)) : null
  }
  /** Filters x `[B, T, E]`, before which `earlier` stood, `[B, K − 1, E]`; and what stands before what follows. */
  forward(x: Floats, earlier: Floats): { readonly y: Floats; readonly later: Floats } {
    const T = x.shape[1]!
    const K = this.weight.shape[2]!
    const all = concat([earlier, x], 1) as Floats
    const parts = Array.from({ length: K }, (_, k): Floats => {
      const weights = this.weight.value.slice(null, 0, k) as Floats // [E]
      return all.slice(null, { start: k, end: k + T }).mul(weights) as Floats
    })
    const sum = parts.reduce((a, b) => a.add(b) as Floats)
    const y = this.bias ? (sum.add(this.bias.value as Floats) as Floats) : sum
    return { y, later: all.slice(null, { start: T }) as Floats }
  }
}

/** The step sizes before softplus, a projection that begins with steps between 0.001 and 0.1. */
class TimeStep extends Module {
  readonly weight: Parameter
  readonly bias: Parameter

  constructor(rank: number, channels: number) {
    super()
    const bound = rank ** -0.5
    this.weight = new Parameter([channels, rank], uniformInit(-bound, bound))
    this.bias = new Parameter([channels], timeStepInit)
  }
  forward(x: Floats): Floats {
    return affine(x, this.weight.value.transpose() as Floats, this.bias.value as Floats)
  }
}

/** What the loop of a selective state space reads at each step, all `[T, B, ·]`. */
interface Selection {
  /** Step sizes Δ, `[T, B, E]`. */
  readonly delta: Floats
  /** `[T, B, E]`. */
  readonly x: Floats
  /** `[T, B, N]`: what of the input is taken in, and what of the state is given out. */
  readonly into: Floats
  readonly out: Floats
}

/**
 * `h ← exp(Δ A) h + Δ B x`, `y = C h` for each channel: outputs `[T, B, E]` and the state after the last step, `[B, E, N]`.
 *
 * A is `[E, N]`, below 0; Δ, B and C depend on the token, which is what makes the state space selective.
 */
const selectiveScan = (A: Floats, selection: Selection, start: Floats): { readonly y: Floats; readonly h: Floats } => {
  const [h, y] = scan(
    (h: Floats, { delta, x, into, out }: Selection): readonly [Floats, Floats] => {
      const decay = delta.expandDims(2).mul(A).exp() as Floats // [B, E, N]
      const taken = delta.mul(x).expandDims(2).mul(into.expandDims(1)) as Floats
      const next = decay.mul(h).add(taken) as Floats
      return [next, next.mul(out.expandDims(1)).sum(2) as Floats]
    },
    start,
    selection as never,
  ) as unknown as [Floats, Floats]
  return { y, h }
}

/** Convolution, selective state space and gate: what stands between two norms. */
class Mixer extends Module {
  readonly A_log: Parameter
  readonly D: Parameter
  readonly conv1d: CausalConvolution
  readonly in_proj: Linear
  readonly x_proj: Linear
  readonly dt_proj: TimeStep
  readonly out_proj: Linear
  private readonly rank: number
  private readonly stateSize: number

  constructor(config: MambaConfig) {
    super()
    const { embedDim, numLayers, bias = false, convolutionBias = true } = config
    const { stateSize, inner, kernelSize, rank } = sizesOf(config)
    this.A_log = new Parameter([inner, stateSize], decayInit)
    this.D = new Parameter([inner], constantInit(1))
    this.conv1d = new CausalConvolution(inner, kernelSize, convolutionBias)
    this.in_proj = new Linear(embedDim, 2 * inner, { bias })
    this.x_proj = new Linear(inner, rank + 2 * stateSize, { bias: false })
    this.dt_proj = new TimeStep(rank, inner)
    // Smaller by the layers that add up.
    const bound = 1 / Math.sqrt(inner * numLayers)
    this.out_proj = new Linear(inner, embedDim, { bias, init: uniformInit(-bound, bound) })
    this.rank = rank
    this.stateSize = stateSize
  }

  forward(input: Floats, { inputs, h }: MambaLayerState): { readonly y: Floats; readonly state: MambaLayerState } {
    const [given, gate] = this.in_proj.forward(input).split(2, 2) as unknown as [Floats, Floats]
    const { y: filtered, later } = this.conv1d.forward(given, inputs)
    const x = filtered.silu() as Floats // [B, T, E]
    const { rank, stateSize } = this
    const chosen = this.x_proj.forward(x) as Floats
    const [step, into, out] = chosen.split([rank, stateSize, stateSize], 2) as [Floats, Floats, Floats]
    const delta = this.dt_proj.forward(step).softplus() as Floats
    const A = this.A_log.value.exp().neg() as Floats
    const turned = (t: Floats): Floats => t.transpose([1, 0, 2]) as Floats // a loop goes over the first axis
    const selection = { delta: turned(delta), x: turned(x), into: turned(into), out: turned(out) }
    const found = selectiveScan(A, selection, h)
    const y = turned(found.y).add(x.mul(this.D.value as Floats)) as Floats
    const gated = y.mul(gate.silu() as Floats) as Floats
    return { y: this.out_proj.forward(gated) as Floats, state: { inputs: later, h: found.h } }
  }
}

class Block extends Module {
  readonly norm: RmsNorm
  readonly mixer: Mixer

  constructor(config: MambaConfig) {
    super()
    this.norm = new RmsNorm(config.embedDim, { epsilon: config.epsilon ?? 1e-5 })
    this.mixer = new Mixer(config)
  }
  forward(x: Floats, state: MambaLayerState): { readonly y: Floats; readonly state: MambaLayerState } {
    const { y, state: after } = this.mixer.forward(this.norm.forward(x) as Floats, state)
    return { y: x.add(y) as Floats, state: after }
  }
}

/** The stack without a head; a module of its own because checkpoints prefix its names with `backbone.`. */
class Stack extends Module {
  readonly embeddings: Embedding
  readonly layers: readonly Block[]
  readonly norm_f: RmsNorm

  constructor(config: MambaConfig) {
    super()
    this.embeddings = new Embedding(config.vocabSize, config.embedDim, { init: normalInit({ std: 0.02 }) })
    this.layers = Array.from({ length: config.numLayers }, () => new Block(config))
    this.norm_f = new RmsNorm(config.embedDim, { epsilon: config.epsilon ?? 1e-5 })
  }
}

/**
 * A Mamba language model: layers whose states, of one size whatever the text's length, choose by the token what they take in and forget.
 *
 * **Shape** ids: int32 `[B, T]` → logits `[B, T, vocabSize]`; state, for each layer: inputs `[B, kernelSize − 1, E]` and h
 * `[B, E, stateSize]`, where E is expand · embedDim.
 *
 * @example
 * const model = new MambaLanguageModel({ vocabSize: 65, contextLength: 64, numLayers: 2, embedDim: 64 })
 * const { logits, state } = model.read(tensor([[1, 2, 3]], 'int32'), model.startState(1)) // [1, 3, 65]
 */
export class MambaLanguageModel extends Module {
  readonly config: MambaConfig
  readonly backbone: Stack
  readonly lm_head: Linear | null

  constructor(config: MambaConfig) {
    super()
    checkConfig(config)
    const { vocabSize, embedDim, tieWeights = true } = config
    this.config = config
    this.backbone = new Stack(config)
    this.lm_head = tieWeights ? null : new Linear(embedDim, vocabSize, { bias: false, init: normalInit({ std: 0.02 }) })
  }

  /** The state before a text: zeros for each of `batchSize` rows. */
  startState(batchSize: number): MambaState {
    const { inner, kernelSize, stateSize } = sizesOf(this.config)
    return this.backbone.layers.map(() => ({
      inputs: zeros([batchSize, kernelSize - 1, inner]) as Floats,
      h: zeros([batchSize, inner, stateSize]) as Floats,
    }))
  }

  /** Reads on from a state: scores of the next token after each of the given ones, and the state after the last. */
  read(ids: Ids, state: MambaState): { readonly logits: Floats; readonly state: MambaState } {
    if (ids.ndim !== 2) {
      throw new ShapeError(`mambaLanguageModel: ids are ${show(ids.shape)}. Expected [B, T].`, { shape: ids.shape })
    }
    const { embeddings, layers, norm_f } = this.backbone
    let x = embeddings.forward(ids) as Floats
    const after: MambaLayerState[] = []
    for (const [i, layer] of layers.entries()) {
      const out = layer.forward(x, state[i]!)
      x = out.y
      after.push(out.state)
    }
    const hidden = norm_f.forward(x) as Floats
    const logits = this.lm_head ? this.lm_head.forward(hidden) : project(hidden, embeddings.weight)
    return { logits: logits as Floats, state: after }
  }

  /** Scores of each possible next token, at each position of texts that begin here. */
  forward(ids: Ids): Floats {
    return this.read(ids, this.startState(ids.shape[0]!)).logits
  }

  /** Mean −ln p of the targets in nats; targets: int32 `[B, T]`, the ids one position on. */
  loss(ids: Ids, targets: Ids): Tensor<readonly [], 'float32'> {
    return crossEntropy(this.forward(ids), targets)
  }

  /** config.json, as transformers reads it. */
  toJSON(): Record<string, unknown> {
    const { vocabSize, contextLength, numLayers, embedDim, expand = 2, bias, convolutionBias, epsilon } = this.config
    const { stateSize, inner, kernelSize, rank } = sizesOf(this.config)
    return {
      architectures: ['MambaForCausalLM'],
      model_type: 'mamba',
      vocab_size: vocabSize,
      context_length: contextLength,
      num_hidden_layers: numLayers,
      hidden_size: embedDim,
      intermediate_size: inner,
      expand,
      state_size: stateSize,
      conv_kernel: kernelSize,
      time_step_rank: rank,
      use_bias: bias ?? false,
      use_conv_bias: convolutionBias ?? true,
      layer_norm_epsilon: epsilon ?? 1e-5,
      hidden_act: 'silu',
      residual_in_fp32: true,
      tie_word_embeddings: this.lm_head === null,
      pad_token_id: null,
      bos_token_id: null,
      eos_token_id: null,
      dtype: 'float32',
    }
  }

  /** The model that a config.json describes, with new weights. @throws ModelError for another architecture */
  static fromJSON(json: unknown, where = 'config.json'): MambaLanguageModel {
    const read = new JsonConfig(json, where, ['mamba'])
    read.require('hidden_act', 'silu')
    const rank = read.get('time_step_rank') === 'auto' ? undefined : read.optionalSize('time_step_rank')
    return read.build(
      () =>
        new MambaLanguageModel({
          vocabSize: read.size('vocab_size'),
          // Not in files of others, which were trained on windows of 2048.
          contextLength: read.optionalSize('context_length') ?? 2048,
          numLayers: read.layers('num_hidden_layers'),
          embedDim: read.size('hidden_size'),
          expand: read.number('expand', 2),
          stateSize: read.optionalSize('state_size') ?? 16,
          kernelSize: read.optionalSize('conv_kernel') ?? 4,
          ...(rank !== undefined && { timeStepRank: rank }),
          bias: read.flag('use_bias', false),
          convolutionBias: read.flag('use_conv_bias', true),
          epsilon: read.number('layer_norm_epsilon', 1e-5),
          tieWeights: read.flag('tie_word_embeddings', true),
        }),
    )
  }
}

const sizesOf = ({ embedDim, stateSize = 16, expand = 2, kernelSize = 4, timeStepRank }: MambaConfig) => ({
  stateSize,
  kernelSize,
  inner: Math.floor(expand * embedDim),
  rank: timeStepRank ?? Math.ceil(embedDim / 16),
})

const checkConfig = (config: MambaConfig): void => {
  const { vocabSize, contextLength, numLayers, embedDim } = config
  const { stateSize, kernelSize, inner, rank } = sizesOf(config)
  const sizes = { vocabSize, contextLength, numLayers, embedDim, stateSize, timeStepRank: rank }
  for (const [key, value] of Object.entries({ ...sizes, 'expand · embedDim': inner })) {
    if (Number.isSafeInteger(value) && value >= 1) continue
    throw new ArgumentError(`mambaLanguageModel: ${key} must be a whole number of at least 1; got ${value}.`, {
      [key]: value,
    })
  }
  // Of a kernel of 1 nothing is left to remember.
  if (Number.isSafeInteger(kernelSize) && kernelSize >= 2) return
  throw new ArgumentError(`mambaLanguageModel: kernelSize must be a whole number of at least 2; got ${kernelSize}.`, {
    kernelSize,
  })
}
