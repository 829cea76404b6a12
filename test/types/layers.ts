import { crossEntropy, type Tensor, type Shape, zeros } from '../../src/index.ts'
import * as nn from '../../src/nn/index.ts'
import { shaped } from './exact.ts'

const images = zeros([32, 784])
declare const n: number
declare const anything: Tensor<Shape, 'float32'>

// One layer.
const layer = nn.linear(784, 128)
shaped<readonly [32, 128]>()(layer.forward(images))
shaped<readonly [8, 50, 128]>()(layer.forward(zeros([8, 50, 784])))
shaped<readonly [number, 128]>()(layer.forward(zeros([n, 784])))
shaped<readonly [32, 128]>()(layer.forward(zeros([32, n])))
layer.forward(anything)
shaped<readonly [128, 784]>()(layer.weight.value)
// @ts-expect-error linear: expected last axis 784, got 100
layer.forward(zeros([32, 100]))
// @ts-expect-error layerNorm: expected last axis 64, got 128
nn.layerNorm(64).forward(layer.forward(images))

// Layers one after another.
const model = nn.sequential(
  nn.flatten(),
  nn.linear(784, 128),
  nn.relu(),
  nn.layerNorm(128),
  nn.dropout(0.1),
  nn.linear(128, 10),
)
shaped<readonly [32, 10]>()(model.forward(images))
shaped<readonly [number, 10]>()(model.forward(zeros([n, 784])))
model.forward(zeros([32, 28, 28]))
model.forward(anything)
// @ts-expect-error linear: expected last axis 784, got 100
model.forward(zeros([32, 100]))

const crooked = nn.sequential(nn.linear(784, 128), nn.relu(), nn.linear(64, 10))
// @ts-expect-error linear: expected last axis 64, got 128
crooked.forward(images)

const nested = nn.sequential(nn.sequential(nn.linear(784, 128), nn.gelu()), nn.linear(128, 10))
shaped<readonly [32, 10]>()(nested.forward(images))
// @ts-expect-error linear: expected last axis 784, got 10
nested.forward(nested.forward(images))

// Sizes from a configuration check at run time.
const hidden: number = n
shaped<readonly [32, 10]>()(nn.sequential(nn.linear(784, hidden), nn.linear(hidden, 10)).forward(images))

// Embeddings and losses.
shaped<readonly [8, 50, 64]>()(nn.embedding(1000, 64).forward(zeros([8, 50], 'int32')))
shaped<readonly []>()(crossEntropy(model.forward(images), zeros([32], 'int32')))
shaped<readonly [32]>()(crossEntropy(model.forward(images), zeros([32], 'int32'), { reduction: 'none' }))

// A module of one's own needs no types beyond its fields.
export class Classifier extends nn.Module {
  readonly body = nn.sequential(nn.linear(784, 128), nn.relu())
  readonly head = nn.linear(128, 10)
  forward(x: Tensor<readonly [number, 784], 'float32'>): Tensor<readonly [number, 10], 'float32'> {
    return this.head.forward(this.body.forward(x))
  }
}
new Classifier().forward(images)
// @ts-expect-error 784 is not 100
new Classifier().forward(zeros([32, 100]))

// The most natural module: it says only that it takes and gives tensors.
class Natural extends nn.Module {
  readonly fc = nn.linear(4, 2)
  forward(x: Tensor): Tensor {
    return this.fc.forward(x).relu()
  }
}
void Natural
