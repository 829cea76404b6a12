// What the workloads on images share.
import { fromArray } from 'gradus'
import * as nn from 'gradus/nn'
import * as optim from 'gradus/optim'
import { batchSeed, integers, uniform } from './numbers.mjs'
import { initialize, training } from './training.mjs'

/** A training step of a classifier of ten classes, with SGD. */
export const classifier = (model, { batch, image }, options) => {
  initialize(model)
  const pixels = image.reduce((a, b) => a * b)
  return training({
    model,
    optimizer: optim.sgd(model, options),
    loss: (x, y) => nn.crossEntropy(model.forward(x), y),
    draw: step => [
      fromArray(uniform(batchSeed(step), batch * pixels, -1), [batch, ...image], 'float32'),
      fromArray(integers(batchSeed(step, 1), batch, 10), [batch], 'int32'),
    ],
  })
}
