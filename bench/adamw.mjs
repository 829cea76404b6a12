import { compile, fromArray } from 'gradus'
import * as nn from 'gradus/nn'
import * as optim from 'gradus/optim'
import { initial, uniform } from './numbers.mjs'

const size = { matrices: 16, width: 1024 }
const millions = (size.matrices * size.width ** 2) / 1e6
export const workload = {
  summary: `AdamW alone: an update of ${millions.toFixed(1)} million parameters from given gradients`,
  cases: [{ size, units: millions }],
  remark:
    "Gradus takes the given gradients through the optimizer's memory piece by piece; in training the graph writes them there.",
  unit: 'million/s',
  settings: { rounds: 7, steps: 10, warmup: 3, limit: 1500 },
  torch: { fused: { fused: true }, plain: { fused: false } },
  peers: ['jax'],
}

export const gradus = ({ matrices, width }) => {
  const shape = [width, width]
  const count = width ** 2
  const parameters = Array.from(
    { length: matrices },
    (_, i) => new nn.Parameter(shape, () => initial(i, 'weight', shape)),
  )
  const optimizer = optim.adamw(parameters, { learningRate: 1e-3, weightDecay: 0.1 })
  const gradients = parameters.map((_, i) => fromArray(uniform(100 + i, count, -1), shape, 'float32'))
  const update = compile(gradients => optimizer.step(gradients))
  return {
    parameters: matrices * count,
    step: () => update(gradients),
    read: () => parameters[1].buffer.array[1],
  }
}
