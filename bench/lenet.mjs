import { classifier } from './images.mjs'
import { lenet } from './models/lenet.mjs'

export const workload = {
  summary: 'training step of LeNet-5, 28 × 28, batch 128, SGD with momentum',
  cases: [{ size: { batch: 128, image: [1, 28, 28] }, units: 128 }],
  unit: 'images/s',
  settings: { rounds: 9, steps: 20, warmup: 5, limit: 1500 },
  torch: { eager: {}, compile: { compile: true } },
  peers: ['tfjs', 'jax'],
}

export const gradus = size => classifier(lenet(), size, { learningRate: 0.01, momentum: 0.9 })
