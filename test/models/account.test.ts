import { describe, expect, test } from 'vitest'
import { ArgumentError, type Shape, type Tensor } from '../../src/index.ts'
import {
  accountOf,
  chipOf,
  chips,
  type Chip,
  googlenet,
  Gpt,
  memoryOf,
  publishedVisionModels,
  resnet18,
  roofline,
  unet,
  visionModelNames,
  visionModels,
  vit,
} from '../../src/models/index.ts'
import { gptLayers } from '../../src/models/accounting.ts'
import * as nn from '../../src/nn/index.ts'
import { expectError } from '../optim/expect.ts'

const image: Shape = [1, 3, 224, 224]
const accounts = Object.fromEntries(
  visionModelNames.map(name => {
    const { published } = publishedVisionModels[name]
    const shape = [1, published.inChannels, published.imageSize, published.imageSize]
    return [
      name,
      accountOf(
        nn.shapesOnly(() => visionModels[name](published)),
        shape,
      ),
    ]
  }),
)

describe('the account of a model', () => {
  // The GFLOPS column of torchvision's table of weights, which counts multiply-adds.
  test.each([
    ['alexnet', 0.71],
    ['vgg11', 7.61],
    ['vgg16', 15.47],
    ['googlenet', 1.5],
    ['resnet18', 1.81],
    ['resnet34', 3.66],
    ['resnet50', 4.09],
    ['resnet101', 7.8],
    ['resnet152', 11.51],
    ['mobilenetv2', 0.3],
    ['vit-b-16', 17.56],
  ])('%s at 224 × 224 costs %d billion multiply-adds', (name, billions) => {
    expect(accounts[name]!.multiplyAdds / 1e9).toBeCloseTo(billions, 2)
  })

  test('has the parameters of the model, split over its layers', () => {
    for (const name of visionModelNames) {
      const model = nn.shapesOnly(() => visionModels[name](publishedVisionModels[name].published))
      const { layers, parameters } = accounts[name]!
      expect(parameters, name).toBe(model.parameterCount())
      expect(layers.reduce((sum, l) => sum + l.parameters, 0)).toBe(parameters)
    }
  })

  test('follows the formulas: 2·ci·kh·kw·ho·wo·co of a convolution and 2·h·n·b of a dense layer', () => {
    const [N, F, P, S] = [13, 5, 2, 3]
    const model = nn.sequential(nn.conv2d(4, 6, F, { padding: P, stride: S }), nn.flatten(), nn.linear(6 * 25, 7))
    const side = Math.floor((N + 2 * P - F) / S) + 1
    const b = 8
    const { layers, flops } = accountOf(model, [b, 4, N, N])
    const [conv, dense] = layers
    expect(conv).toMatchObject({
      name: '0',
      operations: ['convolution'],
      output: [b, 6, side, side],
      parameters: 6 * 4 * F * F + 6,
      flops: b * 2 * 4 * F * F * side * side * 6,
      reads: b * 4 * N * N,
      writes: b * 6 * side * side,
      activations: b * 6 * side * side,
    })
    expect(dense).toMatchObject({ name: '2', output: [b, 7], parameters: 7 * 150 + 7, flops: 2 * 7 * 150 * b })
    expect(flops).toBe(conv!.flops + dense!.flops)
  })

  test('divides a convolution in groups by their number, and counts a transposed one from its input', () => {
    const depthwise = accountOf(nn.conv2d(8, 8, 3, { padding: 1, groups: 8 }), [1, 8, 10, 10])
    expect(depthwise.multiplyAdds).toBe(8 * 9 * 100)
    const transposed = accountOf(nn.convTranspose2d(4, 2, 2, { stride: 2, bias: false }), [3, 4, 5, 5])
    expect(transposed.multiplyAdds).toBe(3 * 4 * 25 * 2 * 4)
    expect(transposed.output).toEqual([3, 2, 10, 10])
  })

  test('gives what a block does beside its layers to the block', () => {
    const block = accounts.resnet18!.layers.find(l => l.name === 'layer1.0')!
    const size = 64 * 56 * 56
    expect(block).toMatchObject({
      operations: ['relu', 'add', 'relu'],
      parameters: 0,
      flops: 3 * size,
      reads: 3 * size,
    })
    expect(accounts.resnet18!.layers.map(l => l.name).slice(0, 4)).toEqual([
      'conv1',
      'bn1',
      'maxpool',
      'layer1.0.conv1',
    ])
    const attention = accountOf(
      nn.shapesOnly(() => vit()),
      image,
    ).layers.find(l => l.name.endsWith('0.self_attention'))!
    expect(attention.multiplyAdds).toBe(197 * 768 * 3 * 768 + 2 * 197 * 197 * 768)
  })

  test('lists parameters that prediction does not use', () => {
    const { layers, parameters } = accountOf(
      nn.shapesOnly(() => googlenet({ auxLogits: true })),
      image,
    )
    expect(parameters).toBe(13_004_888)
    expect(layers.at(-1)).toMatchObject({ name: '(not called)', parameters: 13_004_888 - 6_624_904, flops: 0 })
  })

  test('grows with the batch, and leaves the mode of each part alone', () => {
    const model = nn.shapesOnly(() => resnet18({ width: 8 }))
    model.layer1.eval()
    const modes = model.modules().map(m => m.training)
    const [one, eight] = [accountOf(model, [1, 3, 64, 64]), accountOf(model, [8, 3, 64, 64])]
    expect(model.modules().map(m => m.training)).toEqual(modes)
    expect(eight.flops).toBe(8 * one.flops)
    expect(eight.activations).toBe(8 * one.activations)
    expect(eight.parameters).toBe(one.parameters)
  })

  test('agrees with the account of GPT by its formulas', () => {
    const gpt = new Gpt({ vocabSize: 11, contextLength: 8, numLayers: 2, numHeads: 2, embedDim: 12 })
    const { multiplyAdds } = accountOf(gpt, [1, 8], { dtype: 'int32' })
    const products = gptLayers(gpt).filter(l => /c_attn|c_proj|c_fc|scores|lm_head/.test(l.name))
    expect(2 * multiplyAdds).toBe(8 * products.reduce((sum, l) => sum + l.flopsPerToken, 0))
  })

  test('takes models whose output is an image too', () => {
    expect(
      accountOf(
        nn.shapesOnly(() => unet({ inChannels: 1 })),
        [1, 1, 64, 64],
      ).output,
    ).toEqual([1, 2, 64, 64])
  })

  test('refuses a model that gives no tensor', async () => {
    class Bag extends nn.Module {}
    class Pair extends nn.Module {
      forward(x: Tensor): Tensor[] {
        return [x, x]
      }
    }
    await expectError(
      () => accountOf(new Bag(), [1]),
      ArgumentError,
      'accountOf: Bag has no forward from one tensor to one. Pass the part of the model that has.',
    )
    await expectError(
      () => accountOf(new Pair(), [1]),
      ArgumentError,
      'accountOf: Pair has no forward from one tensor to one. Pass the part of the model that has.',
    )
  })
})

describe('memory and the roofline', () => {
  const chip: Chip = {
    title: 'plain',
    peak: { float32: 1000, float16: 4000, int8: null },
    bandwidth: 100,
    memory: 4000,
  }
  // 10 × 20 weights and 20 biases on a batch of 2; then ReLU.
  const account = accountOf(nn.sequential(nn.linear(10, 20), nn.relu()), [2, 10])

  test('memory is what is kept, in bytes of the precision', () => {
    expect(memoryOf(account, 'float32')).toEqual({
      weights: 4 * 220,
      activations: 4 * 80,
      prediction: 4 * (220 + 80),
      training: 16 * 220 + 4 * 80,
    })
    expect(memoryOf(account, 'int8')).toMatchObject({ weights: 220, activations: 80 })
  })

  test('a layer takes the longer of computing and moving', () => {
    const { layers, bound, seconds, fusedSeconds, ridge, fits, trainingFits } = roofline(account, chip)
    expect(layers[0]).toEqual({
      name: '0',
      bytes: 4 * (20 + 40 + 220),
      intensity: 800 / 1120,
      bound: 'memory',
      seconds: 11.2,
    })
    expect(layers[1]).toMatchObject({ bytes: 320, bound: 'memory', seconds: 3.2 })
    expect(seconds).toBeCloseTo(14.4, 12)
    expect({ bound, ridge, fits, trainingFits }).toEqual({ bound: 'memory', ridge: 10, fits: true, trainingFits: true })
    expect(fusedSeconds).toBe((4 * (220 + 20 + 40)) / 100)
  })

  test('more examples bring a layer over the ridge', () => {
    const many = accountOf(nn.linear(100, 100), [2000, 100])
    const wide = roofline(many, { ...chip, bandwidth: 1000 })
    expect(wide.layers[0]).toMatchObject({ bound: 'compute', seconds: (2 * 100 * 100 * 2000) / 1000 })
    expect(wide.fits).toBe(false)
    expect(wide.trainingFits).toBe(false)
  })

  test('a precision without a figure is computed as fast as float32 and moved in its size', () => {
    const { layers } = roofline(account, chip, 'int8')
    expect(layers[0]).toMatchObject({ bytes: 280, seconds: 2.8 })
    expect(roofline(account, chip, 'float16').ridge).toBe(40)
  })

  test('chips are known by name, and others refused', async () => {
    expect(chipOf('h100')).toBe(chips.h100)
    await expectError(() => chipOf('h10'), ArgumentError, 'chipOf: there is no chip "h10". Did you mean h100?')
    await expectError(
      () => chipOf('abacus'),
      ArgumentError,
      `chipOf: there is no chip "abacus". The chips are ${Object.keys(chips).join(', ')}.`,
    )
  })

  test('every chip has a figure for float32, and whole sizes', () => {
    for (const { peak, bandwidth, memory } of Object.values(chips)) {
      expect(peak.float32).toBeGreaterThan(bandwidth)
      expect(memory % 1e9).toBe(0)
    }
  })
})
