import type { Shape, Tensor } from 'gradus'
import * as nn from 'gradus/nn'
import * as optim from 'gradus/optim'
import type { Settings } from './about.ts'

type AnyLayer = ConstructorParameters<typeof nn.Sequential>[0][number]

const initializers = {
  pytorch: undefined,
  he: nn.heNormal(),
  xavier: nn.xavierNormal(),
  large: nn.normalInit({ std: 3 }),
  zero: nn.constantInit(0),
} as const

const activations = { tanh: nn.tanh, relu: nn.relu, gelu: nn.gelu, sigmoid: nn.sigmoid } as const

/** A network of layers, and the positions of those that give a hidden layer's values. */
export const network = ({
  hidden,
  activation,
  norm,
  dropout,
  init,
  classes,
}: Pick<Settings, 'hidden' | 'activation' | 'norm' | 'dropout' | 'init'> & { readonly classes: number }): {
  readonly model: nn.Sequential
  readonly shown: readonly string[]
} => {
  const options = initializers[init] ? { init: initializers[init] } : {}
  const layers: AnyLayer[] = []
  const shown: string[] = []
  let width = 2
  for (const units of hidden) {
    layers.push(nn.linear(width, units, options))
    if (norm === 'batch') layers.push(nn.batchNorm1d(units))
    if (norm === 'layer') layers.push(nn.layerNorm(units))
    if (activation !== 'identity') layers.push(activations[activation]())
    shown.push(String(layers.length - 1))
    if (dropout > 0) layers.push(nn.dropout(dropout))
    width = units
  }
  layers.push(nn.linear(width, classes, options))
  return { model: new nn.Sequential(layers), shown }
}

/** The optimizer that is asked for; its rate may change while it runs. */
export const optimizerOf = (
  model: nn.Module,
  { optimizer, weightDecay }: Pick<Settings, 'optimizer' | 'weightDecay'>,
  learningRate: optim.Schedule,
): optim.Optimizer => {
  const options = { learningRate, weightDecay }
  if (optimizer === 'adam') return optim.adam(model, options)
  if (optimizer === 'rmsprop') return optim.rmsprop(model, options)
  return optim.sgd(model, { ...options, momentum: optimizer === 'momentum' ? 0.9 : 0 })
}

export type Rows = Tensor<Shape, 'float32'>
