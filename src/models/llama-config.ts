import { ModelError } from '../core/errors.ts'
import { isRecord, quote } from '../io/json.ts'
import { JsonConfig } from './json-config.ts'
import type { Llama, LlamaConfig, sizesOf } from './llama.ts'
import type { RopeScaling } from './rotary-frequencies.ts'

const architectures = {
  llama: 'LlamaForCausalLM',
  mistral: 'MistralForCausalLM',
  qwen2: 'Qwen2ForCausalLM',
  mixtral: 'MixtralForCausalLM',
} as const

/** config.json of a model. */
export const llamaConfigToJson = (config: LlamaConfig, sizes: ReturnType<typeof sizesOf>): Record<string, unknown> => {
  const {
    modelType = config.numExperts === undefined ? 'llama' : 'mixtral',
    slidingWindow,
    ropeScaling,
    ropeTheta = 10_000,
  } = config
  return {
    architectures: [architectures[modelType]],
    model_type: modelType,
    vocab_size: config.vocabSize,
    max_position_embeddings: config.contextLength,
    num_hidden_layers: config.numLayers,
    num_attention_heads: sizes.numHeads,
    num_key_value_heads: sizes.numKeyHeads,
    hidden_size: config.embedDim,
    intermediate_size: sizes.hiddenDim,
    head_dim: sizes.headDim,
    hidden_act: 'silu',
    rms_norm_eps: config.rmsEpsilon ?? 1e-6,
    rope_theta: ropeTheta,
    // The newer place of what is above and below: transformers 5 reads it here.
    rope_parameters: {
      rope_theta: ropeTheta,
      ...(ropeScaling ? scalingToJson(ropeScaling) : { rope_type: 'default' }),
    },
    rope_scaling: ropeScaling ? scalingToJson(ropeScaling) : null,
    tie_word_embeddings: config.tieWeights ?? false,
    attention_dropout: 0,
    initializer_range: 0.02,
    ...(modelType === 'llama' && {
      attention_bias: config.attentionBias ?? false,
      mlp_bias: false,
    }),
    ...((modelType === 'mistral' || modelType === 'mixtral') && { sliding_window: slidingWindow ?? null }),
    ...(modelType === 'mixtral' && {
      num_local_experts: config.numExperts,
      num_experts_per_tok: config.expertsPerToken ?? 2,
      router_aux_loss_coef: config.balanceWeight ?? 0.01,
    }),
    ...(modelType === 'qwen2' && {
      use_sliding_window: slidingWindow !== undefined,
      sliding_window: slidingWindow ?? null,
      max_window_layers: 0,
    }),
    use_cache: true,
    bos_token_id: config.bosTokenId ?? null,
    eos_token_id: config.eosTokenId ?? null,
    dtype: 'float32',
  }
}

const scalingToJson = (scaling: RopeScaling): Record<string, unknown> =>
  scaling.type === 'linear'
    ? { rope_type: 'linear', factor: scaling.factor }
    : {
        rope_type: 'llama3',
        factor: scaling.factor,
        low_freq_factor: scaling.lowFrequencyFactor,
        high_freq_factor: scaling.highFrequencyFactor,
        original_max_position_embeddings: scaling.originalContextLength,
      }

const scalingFromJson = (json: unknown, where: string): RopeScaling | undefined => {
  if (json === undefined || json === null) return undefined
  const values = isRecord(json) ? json : {}
  const type = values.rope_type ?? values.type ?? 'default'
  const number = (key: string): number => {
    const value = values[key]
    if (typeof value === 'number' && value > 0 && Number.isFinite(value)) return value
    throw new ModelError(`${where}: rope_scaling.${key} is ${quote(value)}. Expected a number above 0.`, { key })
  }
  if (type === 'default') return undefined
  if (type === 'linear') return { type, factor: number('factor') }
  if (type === 'llama3')
    return {
      type,
      factor: number('factor'),
      lowFrequencyFactor: number('low_freq_factor'),
      highFrequencyFactor: number('high_freq_factor'),
      originalContextLength: number('original_max_position_embeddings'),
    }
  throw new ModelError(
    `${where}: rope_scaling is of type ${quote(type)}. Only "default", "linear" and "llama3" can be loaded here.`,
    { type },
  )
}

/** A model from config.json. @throws ModelError for what is not supported */
export const llamaConfigFromJson = (json: unknown, where: string, make: (config: LlamaConfig) => Llama): Llama => {
  const read = new JsonConfig(json, where, ['llama', 'mistral', 'qwen2', 'mixtral'])
  const modelType = read.text('model_type', 'llama') as 'llama' | 'mistral' | 'qwen2' | 'mixtral'
  read.require('hidden_act', 'silu')
  read.require('mlp_bias', false)
  const rope = isRecord(read.get('rope_parameters')) ? (read.get('rope_parameters') as Record<string, unknown>) : {}
  const theta = rope.rope_theta ?? read.number('rope_theta', 10_000)
  if (typeof theta !== 'number' || !(theta > 0) || !Number.isFinite(theta))
    throw new ModelError(`${where}: rope_theta is ${quote(theta)}. Expected a number above 0.`)
  const scaling = scalingFromJson(read.get('rope_scaling') ?? read.get('rope_parameters'), where)
  const window = windowOf(read, modelType)
  const bias = modelType === 'qwen2' || read.flag('attention_bias', false)
  const [bos, eos] = [read.id('bos_token_id'), read.ids('eos_token_id')]
  const numKeyHeads = read.optionalSize('num_key_value_heads')
  const headDim = read.optionalSize('head_dim')
  const config: LlamaConfig = {
    modelType,
    vocabSize: read.size('vocab_size'),
    contextLength: read.size('max_position_embeddings'),
    numLayers: read.layers('num_hidden_layers'),
    numHeads: read.size('num_attention_heads'),
    embedDim: read.size('hidden_size'),
    hiddenDim: read.size('intermediate_size'),
    rmsEpsilon: read.number('rms_norm_eps', 1e-6),
    ropeTheta: theta,
    tieWeights: read.flag('tie_word_embeddings', false),
    attentionBias: bias,
    // Llama's own attention_bias is of the output too; Qwen2 has none there.
    outputBias: modelType === 'llama' && bias,
    ...(modelType === 'mixtral' && {
      numExperts: read.size('num_local_experts'),
      expertsPerToken: read.size('num_experts_per_tok'),
      balanceWeight: read.number('router_aux_loss_coef', 0.001),
    }),
    ...(numKeyHeads !== undefined && { numKeyHeads }),
    ...(headDim !== undefined && { headDim }),
    ...(scaling && { ropeScaling: scaling }),
    ...(window !== undefined && { slidingWindow: window }),
    ...(bos !== undefined && { bosTokenId: bos }),
    ...(eos !== undefined && { eosTokenId: eos }),
  }
  return read.build(() => make(config))
}

/** The window of all layers. */
const windowOf = (read: JsonConfig, modelType: string): number | undefined => {
  if (modelType === 'llama' || (modelType === 'qwen2' && !read.flag('use_sliding_window', false))) return undefined
  const window = read.optionalSize('sliding_window')
  const first = modelType === 'qwen2' ? read.number('max_window_layers', 0) : 0
  if (first > 0)
    throw new ModelError(
      `${read.where}: max_window_layers is ${first}. Only 0, a window in every layer, can be loaded here.`,
    )
  return window
}
