import type { DType } from '../../core/dtype.ts'
import type { Shape } from '../../core/shape.ts'
import type { Node } from '../../graph/node.ts'
import * as ar from '../../ops/arithmetic.ts'
import { expandDims } from '../../ops/movement.ts'
import { argmax } from '../../ops/reduce.ts'
import { Generator, rand, randn } from '../../tensor/random.ts'
import type { Call, Operator, Operators } from './call.ts'
import { plus, times } from './nodes.ts'

/** The node's own stream where it has a seed: each run then draws the same numbers. Without one, the default generator's. */
const source = (call: Call): { readonly generator?: Generator } =>
  call.has('seed')
    ? { generator: new Generator(Math.min(Math.abs(Math.trunc(call.float('seed'))), Number.MAX_SAFE_INTEGER)) }
    : {}

const uniform = (call: Call, shape: Shape): Node => {
  call.claim(shape.reduce((p, n) => p * n, 1))
  return rand(shape, source(call)).node
}
const uniformOf = (call: Call, shape: Shape, dtype: DType): Node => {
  const [low, high] = [call.float('low', 0), call.float('high', 1)]
  return ar.cast(plus(times(uniform(call, shape), high - low), low), dtype)
}
const normalOf = (call: Call, shape: Shape, dtype: DType): Node => {
  call.claim(shape.reduce((p, n) => p * n, 1))
  const unit = randn(shape, source(call)).node
  return ar.cast(plus(times(unit, call.float('scale', 1)), call.float('mean', 0)), dtype)
}

type Draw = (call: Call, shape: Shape, dtype: DType) => Node
const ofShape =
  (draw: Draw): Operator =>
  call =>
    draw(call, call.ints('shape'), call.dtype('dtype', 'float32'))
const like =
  (draw: Draw): Operator =>
  call => {
    const { shape, dtype } = call.input(0)
    return draw(call, shape, call.dtype('dtype', dtype))
  }

const bernoulli: Operator = call => {
  const p = call.input(0)
  const hit = ar.less(ar.cast(uniform(call, p.shape), p.dtype), p)
  return ar.cast(hit, call.dtype('dtype', p.dtype))
}

/** The class whose log-probability plus Gumbel noise is largest. Source: Gumbel 1954; Maddison, Tarlow & Minka 2014, section 2. */
const multinomial: Operator = call => {
  const logits = expandDims(ar.cast(call.input(0), 'float32'), 1)
  const [batch, , classes] = logits.shape as readonly [number, number, number]
  const noise = uniform(call, [batch, call.int('sample_size', 1), classes])
  // The noise is kept from 0, whose logarithm is infinite.
  const gumbel = ar.neg(ar.log(ar.neg(ar.log(plus(times(noise, 1 - 2e-7), 1e-7)))))
  return ar.cast(argmax(ar.add(logits, gumbel), 2), call.dtype('dtype', 'int32'))
}

export const randomOperators: Operators = {
  RandomUniform: ofShape(uniformOf),
  RandomNormal: ofShape(normalOf),
  RandomUniformLike: like(uniformOf),
  RandomNormalLike: like(normalOf),
  Bernoulli: bernoulli,
  Multinomial: multinomial,
}
