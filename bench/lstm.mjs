import { fromArray } from 'gradus'
import * as nn from 'gradus/nn'
import * as optim from 'gradus/optim'
import { LstmLanguageModel } from './models/lstm.mjs'
import { batchSeed, integers } from './numbers.mjs'
import { initialize, training } from './training.mjs'

const size = { batch: 20, steps: 35, vocabulary: 10_000, width: 256, layers: 2 }
export const workload = {
  summary:
    'training step of an LSTM language model: 2 layers of 256, 35 steps, batch 20, vocabulary 10,000, SGD, clipped to norm 5',
  cases: [{ size, units: size.batch * size.steps }],
  unit: 'tokens/s',
  settings: { rounds: 7, steps: 8, warmup: 3, limit: 2000 },
  gradus: { unrolled: { unroll: true }, scan: { unroll: false } },
  torch: { eager: {}, compile: { compile: true } },
  peers: ['tfjs'],
  absent: ['jax-js: no side is written'],
}

export const gradus = ({ batch, steps, vocabulary, unroll, ...size }) => {
  const model = new LstmLanguageModel({ vocabulary, ...size }, { unroll })
  initialize(model)
  const ids = seed => fromArray(integers(seed, steps * batch, vocabulary), [steps, batch], 'int32')
  return training({
    model,
    optimizer: optim.sgd(model, { learningRate: 1, clipNorm: 5 }),
    loss: (x, y) => nn.crossEntropy(model.forward(x), y),
    draw: step => [ids(batchSeed(step)), ids(batchSeed(step, 1))],
  })
}
