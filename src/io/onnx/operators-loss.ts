import { show, sizeOf } from '../../core/shape.ts'
import type { Node } from '../../graph/node.ts'
import * as ar from '../../ops/arithmetic.ts'
import { broadcastTo, sum } from '../../ops/broadcast.ts'
import { gather, takeAlongAxis } from '../../ops/indexing.ts'
import { expandDims, squeeze } from '../../ops/movement.ts'
import { logSoftmax } from '../../ops/normalization.ts'
import type { Call, Operator, Operators } from './call.ts'
import { num } from './nodes.ts'

/** −weight[label] · logProbability[label] for each position; the classes are on axis 1. Positions to ignore count for nothing. */
const negativeLogLikelihood = (call: Call, logProbabilities: Node, labels: Node, weights: Node | null): Node => {
  if (logProbabilities.shape.length !== labels.shape.length + 1)
    call.fail(
      `has labels ${show(labels.shape)} for ${show(logProbabilities.shape)}`,
      'Labels have all axes but the classes.',
    )
  const zero = num(0, logProbabilities)
  const ignored = call.has('ignore_index') ? ar.equal(labels, num(call.int('ignore_index'), labels)) : null
  const safe = ignored ? ar.where(ignored, num(0, labels), labels) : labels
  const picked = squeeze(takeAlongAxis(logProbabilities, expandDims(safe, 1), 1), 1)
  const unit = broadcastTo(num(1, logProbabilities), labels.shape)
  const given = weights ? gather(weights, safe, 0) : unit
  const weight = ignored ? ar.where(ignored, zero, given) : given
  // An ignored position may hold anything: it is chosen away, not multiplied by 0.
  const own = ar.mul(ar.neg(picked), given)
  const losses = ignored ? ar.where(ignored, zero, own) : own
  const reduction = call.choice('reduction', ['mean', 'sum', 'none'], 'mean')
  if (reduction === 'none') return losses
  if (reduction === 'sum') return sum(losses)
  return weights || ignored ? ar.div(sum(losses), sum(weight)) : ar.div(sum(losses), num(sizeOf(labels.shape), losses))
}

const likelihoodLoss: Operator = call => negativeLogLikelihood(call, call.input(0), call.input(1), call.optional(2))

const crossEntropyLoss: Operator = call => {
  const logProbabilities = logSoftmax(call.input(0), 1)
  return [negativeLogLikelihood(call, logProbabilities, call.input(1), call.optional(2)), logProbabilities]
}

export const lossOperators: Operators = {
  NegativeLogLikelihoodLoss: likelihoodLoss,
  SoftmaxCrossEntropyLoss: crossEntropyLoss,
}
