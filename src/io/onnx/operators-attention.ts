import { show } from '../../core/shape.ts'
import type { Node } from '../../graph/node.ts'
import * as ar from '../../ops/arithmetic.ts'
import { broadcastTo, reshape, transpose } from '../../ops/broadcast.ts'
import { gather } from '../../ops/indexing.ts'
import { matmul } from '../../ops/linear-algebra.ts'
import * as mt from '../../ops/math.ts'
import { concat, pad, sliceAxis } from '../../ops/movement.ts'
import { softmax } from '../../ops/normalization.ts'
import * as rd from '../../ops/reduce.ts'
import { rotaryEmbedding } from '../../ops/rotary.ts'
import type { Call, Operator, Operators } from './call.ts'
import { num, times } from './nodes.ts'

/** `[B, T, heads · hd]` → `[B, heads, T, hd]`. */
const intoHeads = (call: Call, x: Node, heads: number): Node => {
  const [b, t, width] = x.shape as readonly [number, number, number]
  if (x.shape.length !== 3 || heads < 1 || width % heads !== 0)
    call.fail(`takes ${show(x.shape)} as ${heads} heads`, 'The last of three axes must be a multiple of the heads.')
  return transpose(reshape(x, [b, t, heads, width / heads]), [0, 2, 1, 3])
}
/** `[B, heads, T, hd]` → `[B, T, heads · hd]`. */
const outOfHeads = (x: Node): Node => {
  const [b, heads, t, size] = x.shape as readonly [number, number, number, number]
  return reshape(transpose(x, [0, 2, 1, 3]), [b, t, heads * size])
}

/** Each head of keys or values repeated for the query heads that share it. */
const repeatHeads = (call: Call, x: Node, heads: number): Node => {
  const [b, own, t, size] = x.shape as readonly [number, number, number, number]
  if (own === heads) return x
  if (own < 1 || heads % own !== 0) call.fail(`has ${heads} query heads for ${own} of keys`, 'They must be a multiple.')
  const times = heads / own
  return reshape(broadcastTo(reshape(x, [b, own, 1, t, size]), [b, own, times, t, size]), [b, heads, t, size])
}

const hidden = Number.NEGATIVE_INFINITY
/** A condition as a bias: 0 where true, −∞ where false. */
const asBias = (seen: Node, like: Node): Node => ar.where(seen, num(0, like), num(hidden, like))

/** Valid keys before the queries: those of the past, or of an outer cache for each batch. */
const keysBefore = (past: Node | null, lengths: Node | null, queries: number): Node => {
  if (past) return ar.constant(past.shape[2]!, 'int64')
  if (!lengths) return ar.constant(0, 'int64')
  return reshape(ar.sub(ar.cast(lengths, 'int64'), ar.constant(queries, 'int64')), [-1, 1, 1, 1])
}

/** All biases of the scores, `[..., Tq, Tk]`; null where every key is seen. */
const attentionBias = (call: Call, q: Node, k: Node, past: Node | null): Node | null => {
  const [mask, lengths] = [call.optional(3), call.optional(6)]
  const [tq, tk] = [q.shape[2]!, k.shape[2]!]
  const keys = ar.arange(tk, 'int64')
  const biases: Node[] = []
  if (mask) {
    const missing = tk - mask.shape[mask.shape.length - 1]!
    const bias = mask.dtype === 'bool' ? asBias(mask, q) : mask
    biases.push(
      missing > 0
        ? pad(
            bias,
            bias.shape.map((_, i): [number, number] => [0, i === bias.shape.length - 1 ? missing : 0]),
            hidden,
          )
        : bias,
    )
  }
  const [left, right] = [call.int('left_window_size', -1), call.int('right_window_size', -1)]
  const position = ar.add(reshape(ar.arange(tq, 'int64'), [tq, 1]), keysBefore(past, lengths, tq))
  const distance = ar.sub(keys, position)
  const within = (seen: Node): void => void biases.push(asBias(seen, q))
  if (call.flag('is_causal')) within(ar.lessEqual(distance, num(0, distance)))
  if (left >= 0) within(ar.greaterEqual(distance, num(-left, distance)))
  if (right >= 0) within(ar.lessEqual(distance, num(right, distance)))
  if (lengths) within(ar.less(keys, reshape(ar.cast(lengths, 'int64'), [-1, 1, 1, 1])))
  return biases.length > 0 ? biases.reduce((a, b) => ar.add(a, b)) : null
}

/** Softmax over the keys; a query that sees none has weights of 0, not NaN. */
const attentionWeights = (scores: Node, bias: Node | null): Node => {
  if (!bias) return softmax(scores)
  const nothing = ar.equal(rd.max(bias, -1, { keepDims: true }), num(hidden, bias))
  const weights = softmax(ar.where(nothing, num(0, scores), scores))
  return ar.where(nothing, num(0, weights), weights)
}

const attention: Operator = call => {
  const flat = call.input(0).shape.length === 3
  const heads = (i: number, name: string): Node =>
    flat ? intoHeads(call, call.input(i), call.int(name)) : call.input(i)
  const q = heads(0, 'q_num_heads')
  const [pastKey, pastValue] = [call.optional(4), call.optional(5)]
  const joined = (past: Node | null, x: Node): Node => (past ? concat([past, x], 2) : x)
  const [presentKey, presentValue] = [
    joined(pastKey, heads(1, 'kv_num_heads')),
    joined(pastValue, heads(2, 'kv_num_heads')),
  ]
  const [k, v] = [presentKey, presentValue].map(x => repeatHeads(call, x, q.shape[1]!)) as [Node, Node]
  const scale = Math.sqrt(call.float('scale', 1 / Math.sqrt(q.shape[3]!)))
  const raw = matmul(times(q, scale), transpose(times(k, scale)))
  const cap = call.float('softcap', 0)
  const capped = cap > 0 ? times(mt.tanh(times(raw, 1 / cap)), cap) : raw
  const bias = attentionBias(call, q, presentKey, pastKey)
  const scores = bias ? ar.add(capped, bias) : capped
  const precision = call.has('softmax_precision') ? call.dtype('softmax_precision') : scores.dtype
  const weights = ar.cast(attentionWeights(ar.cast(scores, precision), bias), q.dtype)
  const y = matmul(weights, v)
  const shown = [raw, capped, scores, weights][call.int('qk_matmul_output_mode', 0)] ?? null
  return [flat ? outOfHeads(y) : y, presentKey, presentValue, shown]
}

/** Attention whose scores and weights the model changes by graphs of its own. */
const flexAttention: Operator = call => {
  const q = call.input(0)
  const [k, v] = [1, 2].map(i => repeatHeads(call, call.input(i), q.shape[1]!)) as [Node, Node]
  const precision = call.dtype('softmax_precision', q.dtype === 'float64' ? 'float64' : 'float32')
  const changed = (name: string, x: Node): Node => (call.has(name) ? call.run(call.graph(name), [x])[0]! : x)
  const raw = times(matmul(q, transpose(k)), call.float('scale', 1 / Math.sqrt(q.shape[3]!)))
  const scores = changed('score_mod', ar.cast(raw, precision))
  const weights = changed('prob_mod', attentionWeights(scores, scores))
  return matmul(ar.cast(weights, q.dtype), v)
}

const rotary: Operator = call => {
  const given = call.input(0)
  const flat = given.shape.length === 3
  const x = flat ? intoHeads(call, given, call.int('num_heads')) : given
  const positions = call.optional(3)
  // Angles by batch and position: one axis for the heads comes in between.
  const angles = (i: number): Node => {
    const cache = call.input(i)
    const own = positions ? gather(cache, positions, 0) : cache
    return reshape(own, [own.shape[0]!, 1, ...own.shape.slice(1)])
  }
  const size = call.int('rotary_embedding_dim', 0) || x.shape[3]!
  const [cos, sin] = [angles(1), angles(2)]
  if (cos.shape[3] !== size / 2)
    call.fail(`turns ${size} features by ${cos.shape[3]} angles`, 'Half as many were expected.')
  const y = rotaryEmbedding(x, cos, sin, { interleaved: call.flag('interleaved') })
  return flat ? outOfHeads(y) : y
}

/** `exp(decay)` by head, time and key feature, or 1 by head. */
const decayOf = (call: Call, heads: number, dtype: Node['dtype']): Node => {
  const decay = ar.cast(call.input(4), dtype)
  return mt.exp(intoHeads(call, decay, heads))
}

/**
 * A state of products of keys and values that is read by the queries: S = decay · S + β k (v − Sᵀ k)ᵀ, o = scale · Sᵀ q, step by step.
 *
 * Source: Yang, Kautz & Hatamizadeh 2024, "Gated Delta Networks", equation 10.
 */
const linearAttention: Operator = call => {
  const [queryHeads, heads] = [call.int('q_num_heads'), call.int('kv_num_heads')]
  const rule = call.choice('update_rule', ['linear', 'gated', 'delta', 'gated_delta'], 'gated_delta')
  const wide = call.input(0).dtype === 'float64' ? 'float64' : 'float32'
  const [q, k, v] = [queryHeads, heads, heads].map((n, i) => ar.cast(intoHeads(call, call.input(i), n), wide)) as [
    Node,
    Node,
    Node,
  ]
  const [b, , steps, keySize] = q.shape as readonly [number, number, number, number]
  const past = call.optional(3)
  const scale = call.float('scale', 0) || 1 / Math.sqrt(keySize)
  const decay = rule.startsWith('gated') ? decayOf(call, heads, wide) : null
  const beta = rule.endsWith('delta') ? ar.cast(betaOf(call), wide) : null
  let state = past ? ar.cast(past, wide) : broadcastTo(ar.constant(0, wide), [b, heads, keySize, v.shape[3]!])
  const outputs: Node[] = []
  for (let t = 0; t < steps; t++) {
    call.spend(1)
    const at = (x: Node): Node => sliceAxis(x, 2, t, t + 1)
    const key = transpose(at(k))
    if (decay) state = ar.mul(state, transpose(at(decay)))
    const news = beta ? ar.mul(at(beta), ar.sub(at(v), matmul(at(k), state))) : at(v)
    state = ar.add(state, matmul(key, news))
    outputs.push(matmul(at(q), repeatHeads(call, state, queryHeads)))
  }
  const y = times(concat(outputs, 2), scale)
  return [outOfHeads(ar.cast(y, call.input(0).dtype)), ar.cast(state, (past ?? call.input(0)).dtype)]
}
/** `[B, T, heads or 1]` → `[B, heads or 1, T, 1]`. */
const betaOf = (call: Call): Node => {
  const beta = call.input(5)
  return reshape(transpose(beta, [0, 2, 1]), [beta.shape[0]!, beta.shape[2]!, beta.shape[1]!, 1])
}

export const attentionOperators: Operators = {
  Attention: attention,
  'ai.onnx.preview:FlexAttention': flexAttention,
  RotaryEmbedding: rotary,
  LinearAttention: linearAttention,
}
