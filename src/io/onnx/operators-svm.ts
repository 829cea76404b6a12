import type { Node } from '../../graph/node.ts'
import { sigmoid } from '../../ops/activation.ts'
import * as ar from '../../ops/arithmetic.ts'
import { reshape, sum, transpose } from '../../ops/broadcast.ts'
import { matmul } from '../../ops/linear-algebra.ts'
import * as mt from '../../ops/math.ts'
import { concat } from '../../ops/movement.ts'
import type { Call, Operator, Operators } from './call.ts'
import { held } from './known.ts'
import { num, plus, times } from './nodes.ts'
import { bestLabel, classLabels, floats, postTransform, rowsOf, transformed, vector } from './scores.ts'

/** Similarity of rows of x to the support vectors: `[N, vectors]`. */
const kernelOf = (call: Call, x: Node, supports: Node): Node => {
  const [gamma, coefficient, degree] = call.floats('kernel_params', [0, 0, 0]) as readonly [number, number, number]
  const products = matmul(x, transpose(supports))
  switch (call.choice('kernel_type', ['LINEAR', 'POLY', 'RBF', 'SIGMOID'], 'LINEAR')) {
    case 'LINEAR':
      return products
    case 'POLY':
      return ar.pow(plus(times(products, gamma), coefficient), num(degree, x))
    case 'SIGMOID':
      return mt.tanh(plus(times(products, gamma), coefficient))
    case 'RBF': {
      const lengths = (m: Node): Node => sum(mt.square(m), 1, { keepDims: true })
      const distance = ar.sub(ar.add(lengths(x), transpose(lengths(supports))), times(products, 2))
      return mt.exp(times(distance, -gamma))
    }
  }
}

/** Source: Cortes & Vapnik 1995; the one-class form of Schölkopf et al. 2001. */
const svmRegressor: Operator = call => {
  const x = rowsOf(floats(call.input(0)))
  const count = call.int('n_supports', 0)
  const coefficients = call.floats('coefficients')
  const rho = call.floats('rho')[0] ?? 0
  const width = x.shape[1] ?? 0
  const supports = count > 0 ? held(call.floats('support_vectors'), [count, width], x.dtype) : null
  if (coefficients.length !== (supports ? count : width))
    call.fail(`has ${coefficients.length} coefficients`, `${supports ? count : width} were expected.`)
  const kernel = supports ? kernelOf(call, x, supports) : x
  const score = plus(matmul(kernel, reshape(vector(coefficients, x), [-1, 1])), rho)
  if (!call.flag('one_class')) return transformed(score, postTransform(call))
  return ar.where(ar.greater(score, num(0, score)), num(1, score), num(-1, score))
}

/** For each pair of classes i < j the weights of the support vectors in its decision, as columns. */
const pairWeights = (
  counts: readonly number[],
  coefficients: readonly number[],
): { weights: number[]; pairs: [number, number][] } => {
  const total = counts.reduce((a, b) => a + b, 0)
  const owner = counts.flatMap((n, c) => new Array<number>(n).fill(c))
  const pairs = counts.flatMap((_, i) => counts.slice(i + 1).map((_, k): [number, number] => [i, i + 1 + k]))
  // A vector of class i weighs in the decision against j by row j − 1, one of class j by row i.
  const weight = (v: number, [i, j]: readonly [number, number]): number =>
    owner[v] === i ? coefficients[(j - 1) * total + v]! : owner[v] === j ? coefficients[i * total + v]! : 0
  return { weights: owner.flatMap((_, v) => pairs.map(p => weight(v, p))), pairs }
}

/** Each pair of classes votes; of two classes the one decision is the score. Source: Chang & Lin 2011, "LIBSVM", sections 4.1 and 7. */
const svmClassifier: Operator = call => {
  const x = rowsOf(floats(call.input(0)))
  const labels = classLabels(call, 'classlabels_ints')
  const counts = call.ints('vectors_per_class', [])
  const rho = call.floats('rho')
  const coefficients = call.floats('coefficients')
  const total = counts.reduce((a, b) => a + b, 0)
  const classes = counts.length
  if (
    total < 1 ||
    labels.length !== classes ||
    coefficients.length !== (classes - 1) * total ||
    rho.length !== (classes * (classes - 1)) / 2
  )
    call.fail(
      `has ${total} support vectors of ${classes} classes, ${coefficients.length} coefficients and ${rho.length} offsets`,
      'They do not go together.',
    )
  const { weights, pairs } = pairWeights(counts, coefficients)
  const kernel = kernelOf(call, x, held(call.floats('support_vectors'), [total, x.shape[1] ?? 0], x.dtype))
  const scores = ar.add(matmul(kernel, held(weights, [total, pairs.length], x.dtype)), vector(rho, x))
  const wins = ar.cast(ar.greater(scores, num(0, scores)), x.dtype)
  const ballot = (side: 0 | 1): Node =>
    held(
      pairs.flatMap(p => labels.map((_, c) => (p[side] === c ? 1 : 0))),
      [pairs.length, classes],
      x.dtype,
    )
  const votes = ar.add(matmul(wins, ballot(0)), matmul(plus(ar.neg(wins), 1), ballot(1)))
  const label = bestLabel(votes, labels)
  if (call.has('prob_a')) return [label, pairProbability(call, scores, labels)]
  if (classes > 2) return [label, transformed(scores, postTransform(call))]
  return [label, transformed(concat([ar.neg(scores), scores], 1), postTransform(call))]
}

/** Probabilities of two classes by Platt's sigmoid of their one decision. Source: Platt 1999, equation 4. */
const pairProbability = (call: Call, scores: Node, labels: readonly number[]): Node => {
  if (labels.length !== 2)
    call.fail(`asks for probabilities of ${labels.length} classes`, 'They are supported for two.')
  const [a, b] = [call.floats('prob_a')[0]!, call.floats('prob_b')[0] ?? 0]
  const first = sigmoid(ar.neg(plus(times(scores, a), b)))
  const both = concat([first, plus(ar.neg(first), 1)], 1)
  return transformed(both, postTransform(call))
}

export const svmOperators: Operators = {
  'ai.onnx.ml:SVMClassifier': svmClassifier,
  'ai.onnx.ml:SVMRegressor': svmRegressor,
}
