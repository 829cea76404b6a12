import { classifier } from './images.mjs'
import { ResNet18 } from './models/resnet.mjs'

export const workload = {
  summary: 'training step of ResNet-18, 32 × 32, batch 32, SGD with momentum and weight decay',
  cases: [{ size: { batch: 32, image: [3, 32, 32] }, units: 32 }],
  unit: 'images/s',
  settings: { rounds: 5, steps: 4, warmup: 2, limit: 3000 },
  torch: { eager: {}, compile: { compile: true }, 'channels last': { channelsLast: true } },
  peers: ['tfjs'],
  absent: ['jax-js: no side is written, for LeNet-5 takes it too long already'],
}

export const gradus = size => classifier(new ResNet18(), size, { learningRate: 0.1, momentum: 0.9, weightDecay: 5e-4 })
