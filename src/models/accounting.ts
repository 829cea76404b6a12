import { sizeOf } from '../core/shape.ts'
import { Gpt } from './gpt.ts'
import { type Llama, sizesOf } from './llama.ts'

/** One line of a model's summary. */
export interface LayerLine {
  readonly name: string
  readonly output: readonly (number | string)[]
  readonly parameters: number
  /** Multiply-adds count as two. */
  readonly flopsPerToken: number
}

/**
 * What each part of a GPT outputs, holds and costs, forwards, for one token at the end of a full context. A matrix of `m × n`
 * costs 2mn a token, attention 4 · T · C a layer (scores and weighted sum over T keys).
 *
 * Source: Kaplan et al. 2020, table 1.
 */
export const gptLayers = (model: Gpt): LayerLine[] => {
  const { contextLength: T, embedDim: C, vocabSize: V, numHeads } = model.config
  const parameters = model.namedParameters()
  const count = (prefix: string): number =>
    [...parameters].reduce((total, [name, p]) => (name.startsWith(prefix) ? total + sizeOf(p.shape) : total), 0)
  const line = (name: string, width: number, flopsPerToken: number): LayerLine => ({
    name,
    output: ['B', 'T', width],
    parameters: count(`${name}.`),
    flopsPerToken,
  })
  const blocks = model.transformer.h.flatMap((_, i) => {
    const at = `transformer.h.${i}`
    return [
      line(`${at}.ln_1`, C, 8 * C),
      line(`${at}.attn.c_attn`, 3 * C, 6 * C * C),
      { name: `${at}.attn (scores)`, output: ['B', numHeads, 'T', 'T'], parameters: 0, flopsPerToken: 4 * T * C },
      line(`${at}.attn.c_proj`, C, 2 * C * C),
      line(`${at}.ln_2`, C, 8 * C),
      line(`${at}.mlp.c_fc`, 4 * C, 8 * C * C),
      line(`${at}.mlp.c_proj`, C, 8 * C * C),
    ]
  })
  return [
    line('transformer.wte', C, 0),
    line('transformer.wpe', C, C),
    ...blocks,
    line('transformer.ln_f', C, 8 * C),
    { name: 'lm_head (shares wte)', output: ['B', 'T', V], parameters: 0, flopsPerToken: 2 * C * V },
  ]
}

/** The same of a model of Llama's kind. A weighting of the gate is one multiply-add more for each inner number. */
export const llamaLayers = (model: Llama): LayerLine[] => {
  const { contextLength: T, embedDim: C, vocabSize: V, numLayers, numExperts, tieWeights = false } = model.config
  const { numHeads, numKeyHeads, headDim, hiddenDim: H } = sizesOf(model.config)
  const parameters = model.namedParameters()
  const count = (name: string): number =>
    [...parameters].reduce((total, [own, p]) => (own.startsWith(`${name}.`) ? total + sizeOf(p.shape) : total), 0)
  const line = (name: string, width: number, flopsPerToken: number): LayerLine => ({
    name,
    output: ['B', 'T', width],
    parameters: count(name),
    flopsPerToken,
  })
  const [Q, K] = [numHeads * headDim, numKeyHeads * headDim]
  const seen = Math.min(T, model.config.slidingWindow ?? T)
  const blocks = Array.from({ length: numLayers }, (_, i) => `model.layers.${i}`).flatMap(at => [
    line(`${at}.input_layernorm`, C, 5 * C),
    line(`${at}.self_attn.q_proj`, Q, 2 * C * Q),
    line(`${at}.self_attn.k_proj`, K, 2 * C * K),
    line(`${at}.self_attn.v_proj`, K, 2 * C * K),
    { name: `${at}.self_attn (scores)`, output: ['B', numHeads, 'T', 'T'], parameters: 0, flopsPerToken: 4 * seen * Q },
    line(`${at}.self_attn.o_proj`, C, 2 * Q * C),
    line(`${at}.post_attention_layernorm`, C, 5 * C),
    ...(numExperts === undefined
      ? [
          line(`${at}.mlp.gate_proj`, H, 2 * C * H),
          line(`${at}.mlp.up_proj`, H, 2 * C * H),
          line(`${at}.mlp.down_proj`, C, 2 * H * C),
        ]
      : [
          line(`${at}.block_sparse_moe.gate`, numExperts, 2 * C * numExperts),
          // Every expert computes for every token.
          line(`${at}.block_sparse_moe.experts`, C, numExperts * 6 * C * H),
        ]),
  ])
  return [
    line('model.embed_tokens', C, 0),
    ...blocks,
    line('model.norm', C, 5 * C),
    {
      name: tieWeights ? 'lm_head (shares embed_tokens)' : 'lm_head',
      output: ['B', 'T', V],
      parameters: count('lm_head'),
      flopsPerToken: 2 * C * V,
    },
  ]
}

/** What each part of a language model outputs, holds and costs. */
export const languageLayers = (model: Gpt | Llama): LayerLine[] =>
  model instanceof Gpt ? gptLayers(model) : llamaLayers(model)

/** Bytes that the keys and values of one text of a full context take. */
export const cacheBytes = ({ cacheShape: { layers, heads, size }, config }: Gpt | Llama): number =>
  8 * layers * heads * size * config.contextLength

/**
 * Memory of training in bytes, roughly: parameter, gradient and two moments of four bytes each, and the activations kept for
 * the backward pass (about 16 C + 2 · heads · T numbers per token and layer, and the logits three times).
 */
export const trainingBytes = (model: Gpt | Llama, batchSize: number): number => {
  const { contextLength: T, embedDim: C, vocabSize: V, numHeads, numLayers } = model.config
  const perToken = numLayers * (16 * C + 2 * numHeads * T) + 3 * V
  return 16 * model.parameterCount() + 4 * batchSize * T * perToken
}

/** `3.2 MB` or `1.6 GB` (powers of ten). */
export const megabytes = (bytes: number): string =>
  bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${(bytes / 1e6).toFixed(1)} MB`
