import { type Shape, type Tensor, zeros } from '../../src/index.ts'
import * as nn from '../../src/nn/index.ts'
import { shaped } from './exact.ts'

const images = zeros([4, 3, 32, 32])
declare const n: number
declare const anything: Tensor<Shape, 'float32'>

// Channels are known, sizes of images are not.
const conv = nn.conv2d(3, 16, 3, { padding: 'same' })
shaped<readonly [4, 16, number, number]>()(conv.forward(images))
shaped<readonly [number, 16, number, number]>()(conv.forward(zeros([n, 3, n, n])))
shaped<readonly [4, 16, number, number]>()(conv.forward(zeros([4, n, 8, 8])))
shaped<Shape>()(conv.forward(anything))
shaped<readonly [16, number, number, number]>()(conv.weight.value)
shaped<readonly [4, 2, number]>()(nn.conv1d(3, 2, 3).forward(zeros([4, 3, 8])))
shaped<readonly [4, 2, number, number, number]>()(nn.convTranspose3d(3, 2, 3).forward(zeros([4, 3, 8, 8, 8])))
// @ts-expect-error conv2d: expected 3 channels, got 1
conv.forward(zeros([4, 1, 32, 32]))
// @ts-expect-error conv2d: expected axes [N, C, H, W]
conv.forward(zeros([3, 32, 32]))
// @ts-expect-error convTranspose1d: expected axes [N, C, L]
nn.convTranspose1d(3, 2, 3).forward(images)

// Layers one after another.
const model = nn.sequential(
  nn.conv2d(3, 8, 3),
  nn.batchNorm2d(8),
  nn.prelu(8),
  nn.maxPool2d(2),
  nn.conv2d(8, 16, 3),
  nn.groupNorm(4, 16),
  nn.adaptiveAveragePool2d(1),
  nn.flatten(),
  nn.linear(16, 10),
)
shaped<readonly [4, 10]>()(model.forward(images))
model.forward(anything)
const crooked = nn.sequential(nn.conv2d(3, 16, 3), nn.relu(), nn.conv2d(8, 16, 3))
// @ts-expect-error conv2d: expected 8 channels, got 16
crooked.forward(images)
// @ts-expect-error batchNorm2d: expected 8 channels, got 16
nn.sequential(nn.conv2d(3, 16, 3), nn.batchNorm2d(8)).forward(images)

// What keeps the shape, and what does not.
shaped<readonly [4, 3, 32, 32]>()(nn.batchNorm2d(3).forward(images))
shaped<readonly [4, 3]>()(nn.batchNorm1d(3).forward(zeros([4, 3])))
shaped<readonly [4, 3, 32, 32]>()(nn.instanceNorm2d(3).forward(images))
shaped<readonly [4, 3, 32, 32]>()(nn.prelu().forward(images))
shaped<readonly [4, 3, 1, 1]>()(nn.globalAveragePool().forward(images))
shaped<readonly [4, 3, number, number]>()(nn.upsample({ scale: 2 }).forward(images))
shaped<readonly [4, 3, 64]>()(nn.rmsNorm(64).forward(zeros([4, 3, 64])))
// @ts-expect-error instanceNorm2d: expected 4 channels, got 3
nn.instanceNorm2d(4).forward(images)
// @ts-expect-error batchNorm3d: expected axes [N, C, D, H, W]
nn.batchNorm3d(3).forward(images)
// @ts-expect-error groupNorm: expected 8 channels, got 3
nn.groupNorm(2, 8).forward(images)
// @ts-expect-error prelu: expected 2 channels, got 3
nn.prelu(2).forward(images)
// @ts-expect-error averagePool1d: expected axes [N, C, L]
nn.averagePool1d(2).forward(images)
// @ts-expect-error rmsNorm: expected last axis 64, got 32
nn.rmsNorm(64).forward(images)
