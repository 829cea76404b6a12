import { describe, expect, test } from 'vitest'
import {
  googlenet,
  lenet5,
  unet,
  type VisionModelName,
  publishedVisionModels,
  visionModelNames,
  visionModels,
} from '../../src/models/index.ts'
import { shapesOnly } from '../../src/nn/index.ts'

// The numbers of torchvision's documentation, and of the papers where it has no such model.
const counts: Readonly<Record<VisionModelName, number>> = {
  softmax: 7_850,
  mlp: 235_146,
  lenet5: 61_706,
  alexnet: 61_100_840,
  vgg11: 132_863_336,
  vgg16: 138_357_544,
  googlenet: 6_624_904,
  resnet18: 11_689_512,
  resnet34: 21_797_672,
  resnet50: 25_557_032,
  resnet101: 44_549_160,
  resnet152: 60_192_808,
  mobilenetv2: 3_504_872,
  'vit-tiny': 5_717_416,
  'vit-b-16': 86_567_656,
}

describe('the published models have the published number of parameters', () => {
  test.each(visionModelNames)('%s', name => {
    const model = shapesOnly(() => visionModels[name](publishedVisionModels[name].published))
    expect(model.parameterCount()).toBe(counts[name])
  })

  test('GoogLeNet with auxiliary heads', () => {
    expect(shapesOnly(() => googlenet({ auxLogits: true })).parameterCount()).toBe(13_004_888)
  })
  test('U-Net of one channel and two classes', () => {
    expect(shapesOnly(() => unet({ inChannels: 1 })).parameterCount()).toBe(31_030_658)
  })
  test('LeNet-5 on padded 28 × 28 images', () => {
    expect(lenet5({ imageSize: 28 }).parameterCount()).toBe(61_706)
  })
})
