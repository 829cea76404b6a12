import { fromArray } from 'gradus'
import * as nn from 'gradus/nn'
import * as optim from 'gradus/optim'
import { batchSeed, integers, uniform } from './numbers.mjs'
import { initialize, training } from './training.mjs'

export const workload = {
  summary: 'training step of a perceptron 784-512-512-10 on images like MNIST, batch 128, Adam',
  cases: [{ size: { batch: 128, widths: [784, 512, 512, 10] }, units: 128 }],
  unit: 'images/s',
  settings: { rounds: 9, steps: 30, warmup: 10, limit: 1500 },
  torch: { eager: {}, compile: { compile: true } },
  peers: ['tfjs', 'jax'],
}

export const gradus = ({ batch, widths: [a, b, c, d] }) => {
  const model = nn.sequential(nn.linear(a, b), nn.relu(), nn.linear(b, c), nn.relu(), nn.linear(c, d))
  initialize(model)
  const optimizer = optim.adam(model, { learningRate: 1e-3 })
  return training({
    model,
    optimizer,
    loss: (x, y) => nn.crossEntropy(model.forward(x), y),
    draw: step => [
      fromArray(uniform(batchSeed(step), batch * a), [batch, a], 'float32'),
      fromArray(integers(batchSeed(step, 1), batch, d), [batch], 'int32'),
    ],
  })
}
