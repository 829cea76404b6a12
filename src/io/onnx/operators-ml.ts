import { type DType, isFloat } from '../../core/dtype.ts'
import { show } from '../../core/shape.ts'
import type { Node } from '../../graph/node.ts'
import * as ar from '../../ops/arithmetic.ts'
import { reshape, sum, transpose } from '../../ops/broadcast.ts'
import { gather } from '../../ops/indexing.ts'
import { affine, matmul } from '../../ops/linear-algebra.ts'
import * as mt from '../../ops/math.ts'
import { concat } from '../../ops/movement.ts'
import * as rd from '../../ops/reduce.ts'
import type { Call, Operator, Operators } from './call.ts'
import { held } from './known.ts'
import { num, plus } from './nodes.ts'
import { bestLabel, classLabels, floats, postTransform, rowsOf, transformed, vector, words } from './scores.ts'
import { classifierForest, ensembleForest, regressorForest } from './tree-attributes.ts'
import { type Aggregate, evaluateForest } from './trees.ts'

const arrayFeatureExtractor: Operator = call => {
  const x = call.input(0)
  const y = gather(x, reshape(call.input(1), [-1]), x.shape.length - 1)
  return x.shape.length === 1 ? reshape(y, [1, -1]) : y
}

const scaler: Operator = call => {
  const x = floats(call.input(0))
  return ar.mul(ar.sub(x, vector(call.floats('offset'), x)), vector(call.floats('scale'), x))
}

const normalizer: Operator = call => {
  const x = floats(call.input(0))
  const how = call.choice('norm', ['MAX', 'L1', 'L2'], 'MAX')
  const keep = { keepDims: true } as const
  const by =
    how === 'MAX' ? rd.max(x, -1, keep) : how === 'L1' ? sum(mt.abs(x), -1, keep) : mt.sqrt(sum(mt.square(x), -1, keep))
  return ar.div(x, ar.where(ar.equal(by, num(0, by)), num(1, by), by))
}

const imputer: Operator = call => {
  const x = call.input(0)
  const float = isFloat(x.dtype)
  const given = float ? call.floats('imputed_value_floats') : call.ints('imputed_value_int64s')
  const replaced = float ? call.float('replaced_value_float', 0) : call.int('replaced_value_int64', 0)
  const hit = Number.isNaN(replaced) ? mt.isNaN(x) : ar.equal(x, num(replaced, x))
  return ar.where(hit, given.length === 1 ? num(given[0]!, x) : vector(given, x), x)
}

const oneHotEncoder: Operator = call => {
  const x = call.input(0)
  const categories = call.ints('cats_int64s')
  const own = ar.cast(x, 'int64')
  return ar.cast(ar.equal(reshape(own, [...x.shape, 1]), held(categories, [categories.length], 'int64')), 'float32')
}

const linear = (call: Call, x: Node, count: number): Node => {
  const coefficients = call.floats('coefficients')
  const width = x.shape[1] ?? 0
  if (coefficients.length !== count * width)
    call.fail(`has ${coefficients.length} coefficients`, `${count} rows of ${width} were expected.`)
  const w = transpose(held(coefficients, [count, width], x.dtype))
  const intercepts = call.floats('intercepts', [])
  return intercepts.length > 0 ? affine(x, w, vector(intercepts, x)) : matmul(x, w)
}
const linearRegressor: Operator = call => {
  const x = rowsOf(floats(call.input(0)))
  return transformed(linear(call, x, call.int('targets', 1)), postTransform(call))
}

/** One score for two classes: above the limit it is the second. */
const binaryResult = (call: Call, score: Node, labels: readonly number[], probability: boolean): Node[] => {
  const [first, second] = [labels[0] ?? 0, labels[1] ?? 1]
  const chosen = ar.greater(score, num(probability ? 0.5 : 0, score))
  const label = ar.where(chosen, ar.constant(second, 'int64'), ar.constant(first, 'int64'))
  const how = postTransform(call)
  const opposite = probability ? plus(ar.neg(score), 1) : ar.neg(score)
  const both = concat([opposite, score], 1)
  return [reshape(label, [-1]), how === 'NONE' || (probability && how === 'LOGISTIC') ? both : transformed(both, how)]
}

const linearClassifier: Operator = call => {
  const x = rowsOf(floats(call.input(0)))
  const labels = classLabels(call, 'classlabels_ints')
  const count = Math.max(1, call.floats('coefficients').length / Math.max(x.shape[1] ?? 1, 1))
  const scores = linear(call, x, count)
  if (count === 1 && labels.length === 2) return binaryResult(call, scores, labels, false)
  if (labels.length !== count)
    call.fail(`has ${labels.length} labels for ${count} rows of coefficients`, 'They must be as many.')
  return [bestLabel(scores, labels), transformed(scores, postTransform(call))]
}

/** Numbers for other numbers, by parallel lists. */
const labelEncoder: Operator = call => {
  const x = call.input(0)
  const tensorOr = (side: string): { values: readonly number[]; dtype: DType } => {
    if (call.has(`${side}_tensor`)) {
      const { data, dtype } = call.tensor(`${side}_tensor`)
      return { values: Array.from(data as ArrayLike<number>, Number), dtype }
    }
    if (call.has(`${side}_int64s`)) return { values: call.ints(`${side}_int64s`), dtype: 'int64' }
    if (call.has(`${side}_floats`)) return { values: call.floats(`${side}_floats`), dtype: 'float32' }
    return call.fail(`has ${side} that are not numbers`, 'Strings are not supported.')
  }
  const [keys, values] = [tensorOr('keys'), tensorOr('values')]
  if (keys.values.length !== values.values.length)
    call.fail(`has ${keys.values.length} keys and ${values.values.length} values`, 'They must be as many.')
  const fallback = call.has('default_tensor')
    ? Number(call.tensor('default_tensor').data[0])
    : values.dtype === 'int64'
      ? call.int('default_int64', -1)
      : call.float('default_float', 0)
  const all = held([...values.values, fallback], [values.values.length + 1], values.dtype)
  const wanted = reshape(x, [...x.shape, 1])
  const table = held(keys.values, [keys.values.length], x.dtype)
  // NaN is a key as well: it equals only itself here.
  const same = isFloat(x.dtype)
    ? ar.logicalOr(ar.equal(wanted, table), ar.logicalAnd(mt.isNaN(wanted), mt.isNaN(table)))
    : ar.equal(wanted, table)
  // The first key that fits; behind all keys stands one that always does.
  const order = ar.where(same, ar.arange(keys.values.length, 'int64'), ar.constant(keys.values.length, 'int64'))
  return gather(all, keys.values.length > 0 ? rd.min(order, -1) : ar.cast(sum(order, -1), 'int64'), 0)
}

const aggregates: readonly Aggregate[] = ['AVERAGE', 'SUM', 'MIN', 'MAX']
const treeEnsemble: Operator = call => {
  const how =
    aggregates[call.int('aggregate_function', 1)] ??
    call.fail('has an unknown aggregate_function', '0 to 3 were expected.')
  const post =
    words[[0, 1, 2, 3].indexOf(call.int('post_transform', 0))] ??
    call.fail('has a post_transform that is not supported', '0 to 3 were expected.')
  return transformed(evaluateForest(call, ensembleForest(call), floats(call.input(0)), how), post)
}

/** Numbers added to all scores; there may be fewer than there are targets. */
const withBase = (call: Call, scores: Node): Node => {
  const base = call.floats('base_values', [])
  return base.length > 0 ? ar.add(scores, vector(base, scores)) : scores
}
const treeRegressor: Operator = call => {
  const how = call.choice('aggregate_function', aggregates, 'SUM')
  const scores = evaluateForest(call, regressorForest(call), floats(call.input(0)), how)
  return transformed(withBase(call, scores), postTransform(call))
}
const treeClassifier: Operator = call => {
  const labels = classLabels(call, 'classlabels_int64s')
  const { forest, single } = classifierForest(call, labels.length)
  const scores = evaluateForest(call, forest, floats(call.input(0)), 'SUM')
  if (single !== null) {
    const positive = [...forest.votes.values()].every(v => [...v.values()].every(w => w >= 0))
    return binaryResult(call, withBase(call, scores), labels, positive)
  }
  const all = withBase(call, scores)
  return [bestLabel(all, labels), transformed(all, postTransform(call))]
}

const featureVectorizer: Operator = call => {
  const sizes = call.ints('inputdimensions', [])
  const rows = call.all().map((x, i) => {
    const row = rowsOf(ar.cast(x, 'float32'))
    if (sizes[i] !== undefined && sizes[i] !== row.shape[1])
      call.fail(`has an input of ${show(x.shape)}`, `${sizes[i]} features were expected.`)
    return row
  })
  return concat(rows, 1)
}

export const mlOperators: Operators = {
  'ai.onnx.ml:ArrayFeatureExtractor': arrayFeatureExtractor,
  'ai.onnx.ml:Binarizer': call => {
    const x = call.input(0)
    return ar.cast(ar.greater(x, num(call.float('threshold', 0), x)), x.dtype)
  },
  'ai.onnx.ml:FeatureVectorizer': featureVectorizer,
  'ai.onnx.ml:Imputer': imputer,
  'ai.onnx.ml:LabelEncoder': labelEncoder,
  'ai.onnx.ml:LinearClassifier': linearClassifier,
  'ai.onnx.ml:LinearRegressor': linearRegressor,
  'ai.onnx.ml:Normalizer': normalizer,
  'ai.onnx.ml:OneHotEncoder': oneHotEncoder,
  'ai.onnx.ml:Scaler': scaler,
  'ai.onnx.ml:TreeEnsemble': treeEnsemble,
  'ai.onnx.ml:TreeEnsembleClassifier': treeClassifier,
  'ai.onnx.ml:TreeEnsembleRegressor': treeRegressor,
}
