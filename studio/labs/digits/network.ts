import type { Shape, Tensor } from 'gradus'
import * as nn from 'gradus/nn'
import type { Settings } from './about.ts'
import { side } from './shot.ts'

type AnyLayer = ConstructorParameters<typeof nn.Sequential>[0][number]
export type Images = Tensor<Shape, 'float32'>

const activations = { relu: nn.relu, tanh: nn.tanh, gelu: nn.gelu } as const

/** Two convolutions, each bent and halved, and a linear layer; `shown` names the layers that give maps, `last` the one that Grad-CAM looks at. */
export const network = ({
  channels,
  kernelSize,
  activation,
}: Pick<Settings, 'channels' | 'kernelSize' | 'activation'>): {
  readonly model: nn.Sequential
  readonly shown: readonly (readonly [at: string, name: string])[]
  readonly last: string
} => {
  const layers: AnyLayer[] = []
  const shown: [string, string][] = []
  const put = (layer: AnyLayer, name: string): void => {
    shown.push([String(layers.length), name])
    layers.push(layer)
  }
  let from = 1
  for (const [i, to] of [channels, 2 * channels].entries()) {
    put(nn.conv2d(from, to, Number(kernelSize), { padding: Number(kernelSize) >> 1 }), `convolution ${i + 1}`)
    if (activation !== 'identity') put(activations[activation](), activation)
    put(nn.maxPool2d(2), `pooling ${i + 1}`)
    from = to
  }
  const last = String(layers.length - 2)
  layers.push(nn.flatten(), nn.linear(from * (side / 4) ** 2, 10))
  return { model: new nn.Sequential(layers), shown, last }
}
