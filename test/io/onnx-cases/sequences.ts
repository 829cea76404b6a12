import { type Case, f, F, type Input, one } from './case.ts'

const T = 5

export const recurrent: readonly Case[] = [
  one(
    'RNN',
    'both directions, relu',
    [f(T, 2, 3), f(2, 4, 3), f(2, 4, 4), f(2, 8)],
    { hidden_size: 4, direction: 'bidirectional', activations: ['Relu', 'Tanh'] },
    { outputs: 2 },
  ),
  one(
    'RNN',
    'lengths, initial state, backwards, clip',
    [f(T, 2, 3), f(1, 4, 3), f(1, 4, 4), f(1, 8), { shape: [2], type: 'int32', values: [3, 5] }, f(1, 2, 4)],
    { hidden_size: 4, direction: 'reverse', clip: F(0.5) },
    { outputs: 2 },
  ),
  one(
    'GRU',
    'reset before the product',
    [f(T, 2, 3), f(1, 12, 3), f(1, 12, 4), f(1, 24)],
    { hidden_size: 4 },
    { outputs: 2 },
  ),
  one(
    'GRU',
    'reset after the product, both directions',
    [f(T, 2, 3), f(2, 12, 3), f(2, 12, 4), f(2, 24), null, f(2, 2, 4)],
    { hidden_size: 4, linear_before_reset: 1, direction: 'bidirectional' },
    { outputs: 2 },
  ),
  one(
    'GRU',
    'lengths and other activations',
    [f(T, 2, 3), f(1, 12, 3), f(1, 12, 4), f(1, 24), { shape: [2], type: 'int32', values: [5, 2] }],
    {
      hidden_size: 4,
      activations: ['HardSigmoid', 'Softsign'],
      activation_alpha: { floats: [0.3] },
      activation_beta: { floats: [0.4] },
    },
    { outputs: 2 },
  ),
  one(
    'LSTM',
    'peepholes, initial state, lengths',
    [
      f(T, 2, 3),
      f(1, 16, 3),
      f(1, 16, 4),
      f(1, 32),
      { shape: [2], type: 'int32', values: [5, 3] },
      f(1, 2, 4),
      f(1, 2, 4),
      f(1, 12),
    ],
    { hidden_size: 4 },
    { outputs: 3 },
  ),
  one(
    'LSTM',
    'both directions, lengths, clip',
    [f(T, 2, 3), f(2, 16, 3), f(2, 16, 4), f(2, 32), { shape: [2], type: 'int32', values: [4, 2] }],
    { hidden_size: 4, direction: 'bidirectional', clip: F(0.7) },
    { outputs: 3 },
  ),
  one(
    'LSTM',
    'coupled gates',
    [f(T, 2, 3), f(1, 16, 3), f(1, 16, 4), f(1, 32)],
    { hidden_size: 4, input_forget: 1 },
    { outputs: 3 },
  ),
]

const boolean = (...shape: number[]): Input => ({
  shape,
  type: 'bool',
  values: Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Number(i % 3 !== 0 || i % 4 === 0)),
})
const heads = { q_num_heads: 4, kv_num_heads: 2 } as const
export const attentions: readonly Case[] = [
  one('Attention', 'three axes, groups of queries', [f(2, 3, 32), f(2, 5, 16), f(2, 5, 12)], heads, { opset: 23 }),
  one(
    'Attention',
    'causal, capped, a scale',
    [f(2, 2, 4, 8), f(2, 2, 6, 8), f(2, 2, 6, 5)],
    { is_causal: 1, softcap: F(2), scale: F(0.3) },
    { opset: 23 },
  ),
  one('Attention', 'a bool mask', [f(1, 2, 4, 8), f(1, 2, 6, 8), f(1, 2, 6, 8), boolean(4, 6)], {}, { opset: 23 }),
  one(
    'Attention',
    'a float mask by head and a past',
    [f(1, 2, 3, 8), f(1, 2, 4, 8), f(1, 2, 4, 8), f(1, 2, 3, 6), f(1, 2, 2, 8), f(1, 2, 2, 8)],
    {},
    { opset: 23, outputs: 3 },
  ),
  ...[0, 1, 2, 3].map(mode =>
    one(
      'Attention',
      `scores shown in mode ${mode}`,
      [f(1, 2, 3, 8), f(1, 2, 4, 8), f(1, 2, 4, 8), f(3, 6), f(1, 2, 2, 8), f(1, 2, 2, 8)],
      { qk_matmul_output_mode: mode, softcap: F(1.5) },
      { opset: 23, outputs: 4 },
    ),
  ),
  one(
    'RotaryEmbedding',
    'positions, interleaved, part of the head',
    [f(2, 3, 4, 8), f(9, 3), f(9, 3), { shape: [2, 4], type: 'int64', values: [0, 1, 2, 3, 5, 6, 7, 8] }],
    { interleaved: 1, rotary_embedding_dim: 6 },
    { opset: 23 },
  ),
  one('RotaryEmbedding', 'three axes', [f(2, 4, 24), f(2, 4, 4), f(2, 4, 4)], { num_heads: 3 }, { opset: 23 }),
  one('RMSNormalization', 'a middle axis', [f(2, 3, 4), f(3, 4)], { axis: 1, epsilon: F(0.1) }, { opset: 23 }),
  one(
    'TfIdfVectorizer',
    'skips and lengths',
    [{ shape: [2, 6], type: 'int64', values: [1, 2, 3, 2, 3, 1, 2, 2, 3, 3, 1, 3] }],
    {
      mode: 'TF',
      min_gram_length: 1,
      max_gram_length: 2,
      max_skip_count: 2,
      ngram_counts: [0, 2],
      ngram_indexes: [0, 2, 1, 3],
      pool_int64s: [2, 3, 2, 3, 3, 3],
    },
  ),
]
