import { isFloat } from '../../core/dtype.ts'
import type { Node } from '../../graph/node.ts'
import { sigmoid } from '../../ops/activation.ts'
import * as ar from '../../ops/arithmetic.ts'
import { reshape, sum } from '../../ops/broadcast.ts'
import { gather } from '../../ops/indexing.ts'
import * as mt from '../../ops/math.ts'
import { softmax } from '../../ops/normalization.ts'
import * as rd from '../../ops/reduce.ts'
import type { Call } from './call.ts'
import { held } from './known.ts'
import { num } from './nodes.ts'

// What the models of ai.onnx.ml do alike with features at their start and with scores at their end.

export const floats = (x: Node): Node => (isFloat(x.dtype) ? x : ar.cast(x, 'float32'))
/** Rows of features: a vector is one row. */
export const rowsOf = (x: Node): Node => (x.shape.length === 1 ? reshape(x, [1, -1]) : x)
export const vector = (values: readonly number[], like: Node): Node => held(values, [values.length], like.dtype)

export const words = ['NONE', 'SOFTMAX', 'LOGISTIC', 'SOFTMAX_ZERO'] as const
type PostTransform = (typeof words)[number]

/** What is done with scores `[N, K]` in the end. */
export const transformed = (x: Node, how: PostTransform): Node => {
  if (how === 'LOGISTIC') return sigmoid(x)
  if (how === 'SOFTMAX') return softmax(x)
  if (how === 'NONE') return x
  // Zeros stay zeros, and count for nothing.
  const none = ar.equal(x, num(0, x))
  const powers = ar.where(none, num(0, x), mt.exp(ar.sub(x, rd.max(x, -1, { keepDims: true }))))
  const total = sum(powers, -1, { keepDims: true })
  return ar.div(powers, ar.where(ar.equal(total, num(0, x)), num(1, x), total))
}
export const postTransform = (call: Call): PostTransform => call.choice('post_transform', words, 'NONE')

/** Labels of classes, which must be numbers. */
export const classLabels = (call: Call, name: string): readonly number[] => {
  if (call.texts('classlabels_strings', []).length > 0)
    call.fail('has labels that are strings', 'Numbers were expected: strings are not supported.')
  return call.ints(name, [])
}
/** The label with the largest score in each row. */
export const bestLabel = (scores: Node, labels: readonly number[]): Node =>
  gather(held(labels, [labels.length], 'int64'), rd.argmax(scores, 1), 0)
