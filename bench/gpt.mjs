// The training step of a small character GPT: Gradus beside PyTorch, in turns.
import { fromArray } from 'gradus'
import { Gpt } from 'gradus/models'
import * as optim from 'gradus/optim'
import { batchSeed, integers } from './numbers.mjs'
import { initialize, training } from './training.mjs'

const size = { vocabSize: 65, contextLength: 64, numLayers: 4, numHeads: 4, embedDim: 128, batch: 12, tokens: 64 }
export const workload = {
  summary: 'training step of a small character GPT: 4 layers of 128, batch 12 × 64, AdamW, clipped to norm 1',
  cases: [{ size, units: size.batch * size.tokens }],
  unit: 'tokens/s',
  settings: { rounds: 7, steps: 15, warmup: 5, limit: 1500 },
  torch: { fused: { fused: true }, plain: { fused: false }, 'compile, fused': { fused: true, compile: true } },
  peers: ['tfjs', 'jax'],
}

export const gradus = ({ batch, tokens, ...config }) => {
  const model = new Gpt({ ...config, dropout: 0 })
  initialize(model, 0.035) // as wide as GPT-2's normal of 0.02
  const optimizer = optim.adamw(model, {
    learningRate: 1e-3,
    weightDecay: 0.1,
    beta2: 0.99,
    decays: (_, shape) => shape.length >= 2,
    clipNorm: 1,
  })
  const ids = seed => fromArray(integers(seed, batch * tokens, config.vocabSize), [batch, tokens], 'int32')
  return training({
    model,
    optimizer,
    loss: (x, y) => model.loss(x, y),
    draw: step => [ids(batchSeed(step)), ids(batchSeed(step, 1))],
  })
}
/** The same for others that train it. */
export const smallGpt = () => gradus(size)
