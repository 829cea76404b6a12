import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  ArgumentError,
  crossEntropy,
  fromArray,
  GradusError,
  ModelError,
  ones,
  setSeed,
  type Shape,
  ShapeError,
  type Tensor,
} from '../../src/index.ts'
import { decodeSafetensors, exportOnnx, importOnnx, writeSafetensors } from '../../src/io/index.ts'
import * as models from '../../src/models/index.ts'
import { captureOutputs, linear, type Module, shapesOnly } from '../../src/nn/index.ts'
import { adamw } from '../../src/optim/index.ts'
import { expectClose, expectError } from '../optim/expect.ts'
import { filledState, signed } from './filled.ts'

type Floats = Tensor<Shape, 'float32'>
const folder = mkdtempSync(join(tmpdir(), 'gradus-vision-'))
afterAll(() => rmSync(folder, { recursive: true }))

const tiny = { numClasses: 3, inChannels: 1, imageSize: 16, width: 4 } as const
const small = (): models.ResNet => models.resnet18({ numClasses: 3, inChannels: 1, width: 4, stem: 'small' })
const images = fromArray(signed('images', [6, 1, 16, 16]), [6, 1, 16, 16], 'float32')
const labels = fromArray(Int32Array.of(0, 1, 2, 0, 1, 2), [6], 'int32')
const copy = (model: Module): Record<string, number[]> =>
  Object.fromEntries([...model.state()].map(([name, { buffer }]) => [name, Array.from(buffer.array, Number)]))

describe('every model by name', () => {
  const sizes: Readonly<Record<string, number>> = { alexnet: 63, vgg11: 32, vgg16: 32, googlenet: 32, 'vit-b-16': 16 }
  test.each(models.visionModelNames)('%s gives a score for each class, of grey and coloured images', async name => {
    const imageSize = sizes[name] ?? 16
    const width = name === 'softmax' ? {} : { width: name.startsWith('vit') ? 12 : 4 }
    const model = models.visionModels[name]({ numClasses: 5, inChannels: 1, imageSize, ...width }).eval()
    const y = model.forward(ones([2, 1, imageSize, imageSize]))
    expect(y.shape).toEqual([2, 5])
    expect((await y.data()).every(Number.isFinite)).toBe(true)
    expect(model.head.weight.shape[0]).toBe(5)
    expect(model.backbone().size).toBe(model.parameters().length - 2)
  })

  test('sizes that a model cannot have are refused', async () => {
    const make = (name: models.VisionModelName, options: Partial<models.VisionModelOptions>) => () =>
      models.visionModels[name]({ ...tiny, ...options })
    await expectError(
      make('vgg11', { imageSize: 28 }),
      ArgumentError,
      'vgg11: images are 28 × 28; it halves them until nothing is left below 32 × 32. Resize the images, or choose another model.',
    )
    await expectError(
      make('resnet18', { width: 0 }),
      ArgumentError,
      'resnet18: width must be a whole number of at least 1; got 0.',
    )
    await expectError(
      make('softmax', {}),
      ArgumentError,
      'softmax: it has no hidden layer whose width could be 4. Leave width out, or choose mlp.',
    )
    await expectError(
      () => models.requireVisionModel('resnet19'),
      ArgumentError,
      'visionModels: there is no model "resnet19". Did you mean resnet18?',
    )
    await expectError(
      () => models.requireVisionModel('perceptron'),
      ArgumentError,
      `visionModels: there is no model "perceptron". The models are ${models.visionModelNames.join(', ')}.`,
    )
    await expectError(
      () => models.lenet5({ imageSize: 10 }),
      ArgumentError,
      'lenet5: imageSize must be at least 12, for two convolutions and poolings; got 10.',
    )
    await expectError(
      () => models.vit({ imageSize: 30 }),
      ArgumentError,
      'vit: patchSize 16 does not divide imageSize 30. Choose one that does.',
    )
    await expectError(
      () => models.vit({ embedDim: 10, numHeads: 4 }),
      ArgumentError,
      'vit: embedDim 10 is not a multiple of numHeads 4. Each head needs an equal share: choose a multiple.',
    )
    await expectError(
      () => small().replaceHead(0),
      ArgumentError,
      'replaceHead: numClasses must be a whole number of at least 1; got 0.',
    )
  })

  test('images of another size than the model is for are refused', async () => {
    await expectError(
      () => models.vit({ imageSize: 16, embedDim: 8, numHeads: 2, numLayers: 1 }).forward(ones([1, 3, 32, 32])),
      ShapeError,
      'vit: images are [1, 3, 32, 32]. Expected [N, C, 16, 16]: the model has a vector for each place of a patch. Resize them.',
    )
    await expectError(
      () => models.unet({ width: 2, depth: 2 }).forward(ones([1, 3, 10, 12])),
      ShapeError,
      'unet: images are [1, 3, 10, 12]. Expected [N, C, H, W] with H and W multiples of 4, as they are halved 2 times: pad or resize them.',
    )
  })
})

describe('GoogLeNet', () => {
  const make = (options: models.GoogLeNetOptions = {}) => {
    const model = models.googlenet({ numClasses: 3, width: 8, dropout: 0, auxDropout: 0, ...options })
    model.loadState(filledState(model))
    return model
  }
  const x = fromArray(signed('coloured', [3, 3, 64, 64]), [3, 3, 64, 64], 'float32')
  const targets = fromArray(Int32Array.of(2, 0, 1), [3], 'int32')

  test('adds 0.3 of each auxiliary loss while training, and nothing in prediction', async () => {
    const model = make({ auxLogits: true })
    const { logits, aux1, aux2 } = model.forwardAll(x)
    const [main, one, two] = await Promise.all([logits, aux1!, aux2!].map(l => crossEntropy(l, targets).item()))
    expect(await model.loss(x, targets).item()).toBeCloseTo(main! + 0.3 * (one! + two!), 5)
    model.eval()
    const predicted = await crossEntropy(model.forward(x) as Floats, targets).item()
    expect(await model.loss(x, targets).item()).toBeCloseTo(predicted, 6)
  })

  test('takes images normalised by ImageNet’s statistics to those of its weights', async () => {
    const [plain, transformed] = [make().eval(), make({ transformInput: true }).eval()]
    const [mean, std] = [
      [0.485, 0.456, 0.406],
      [0.229, 0.224, 0.225],
    ]
    const moved = Float32Array.from(await x.data(), (v, i) => {
      const c = Math.floor(i / 4096) % 3
      return (v * std[c]! + mean[c]! - 0.5) / 0.5
    })
    const expected = await plain.forward(fromArray(moved, [3, 3, 64, 64], 'float32')).data()
    expectClose(await transformed.forward(x).data(), expected, 1e-5, 'scores')
  })

  test('has the auxiliary heads replaced with the head', () => {
    const model = make({ auxLogits: true }).replaceHead(7)
    expect(model.forwardAll(x).aux2!.shape).toEqual([3, 7])
    expect(model.forward(x).shape).toEqual([3, 7])
  })
})

describe('new models', () => {
  const spread = (model: Module, name: string): { mean: number; std: number } => {
    const values = Array.from(model.namedParameters().get(name)!.buffer.array, Number)
    const mean = values.reduce((a, b) => a + b, 0) / values.length
    return { mean, std: Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length) }
  }
  const near = (got: number, expected: number): void =>
    expect(Math.abs(got - expected)).toBeLessThan(0.05 * Math.abs(expected) + 1e-9)

  test('begin with the values that their papers or torchvision give them', () => {
    setSeed(1)
    const resnet = models.resnet18({ numClasses: 10, width: 32 })
    // √(2/(channels that come out · kernel)), √(1/3)/√fanIn of a uniform distribution.
    near(spread(resnet, 'layer2.0.conv2.weight').std, Math.sqrt(2 / (64 * 9)))
    near(spread(resnet, 'fc.weight').std, 1 / Math.sqrt(3 * 256))
    expect([...resnet.namedParameters().keys()].filter(name => /conv\d\.bias/.test(name))).toEqual([])
    expect(spread(resnet, 'layer4.1.bn2.weight')).toEqual({ mean: 1, std: 0 })
    const vgg = models.vgg11({ width: 8 })
    near(spread(vgg, 'features.3.weight').std, Math.sqrt(2 / (16 * 9)))
    near(spread(vgg, 'classifier.0.weight').std, 0.01)
    expect(spread(vgg, 'classifier.0.bias')).toEqual({ mean: 0, std: 0 })
    near(spread(models.googlenet({ width: 16 }), 'inception4e.branch2.1.conv.weight').std, 0.01)
    near(spread(models.mobilenetv2({ width: 16 }), 'features.18.0.weight').std, Math.sqrt(2 / 1280))
    near(spread(models.unet({ width: 8 }), 'bottom.2.weight').std, Math.sqrt(2 / (128 * 9)))
    const vit = models.vit({ imageSize: 32, embedDim: 64, numHeads: 4, numLayers: 1 })
    near(spread(vit, 'conv_proj.weight').std, Math.sqrt(1 / 768))
    near(spread(vit, 'encoder.layers.encoder_layer_0.self_attention.in_proj_weight').std, Math.sqrt(2 / 256))
    near(spread(vit, 'encoder.layers.encoder_layer_0.mlp.0.weight').std, Math.sqrt(2 / 320))
    for (const name of [
      'heads.head.weight',
      'class_token',
      'encoder.layers.encoder_layer_0.self_attention.out_proj.bias',
    ])
      expect(spread(vit, name), name).toEqual({ mean: 0, std: 0 })
  })

  test.each([
    ['lenet5', () => models.lenet5({ numClasses: 3, imageSize: 16 })],
    ['resnet18', small],
    [
      'vit',
      () =>
        models.vit({
          numClasses: 3,
          inChannels: 1,
          imageSize: 16,
          patchSize: 4,
          numLayers: 1,
          numHeads: 2,
          embedDim: 16,
        }),
    ],
  ] as const)('%s learns a batch by heart', async (_, make) => {
    setSeed(3)
    const model = make()
    const optimizer = adamw(model, { learningRate: 0.01 })
    const losses: number[] = []
    for (let i = 0; i < 40; i++)
      losses.push(await optimizer.minimize(crossEntropy(model.forward(images) as Floats, labels) as Floats))
    expect(losses.at(-1)!).toBeLessThan(0.1 * losses[0]!)
  })

  test('drop units while training only', async () => {
    const model = models.mlp({ numClasses: 3, inChannels: 1, imageSize: 16, hidden: [32], dropout: 0.5 })
    const scores = async (): Promise<number[]> => Array.from(await model.forward(images).data())
    expect(await scores()).not.toEqual(await scores())
    model.eval()
    expect(await scores()).toEqual(await scores())
  })
})

describe('transfer learning', () => {
  test('a state with torchvision’s names, running statistics and counts is loaded from safetensors', async () => {
    const [source, target] = [small(), shapesOnly(small)]
    source.forward(images) // moves the running statistics
    await adamw(source, { learningRate: 0.01 }).minimize(crossEntropy(source.forward(images), labels) as Floats)
    const path = join(folder, 'resnet.safetensors')
    const state = [...source.state()].map(
      ([name, s]) => [name, { dtype: s.dtype, shape: s.shape, data: s.buffer.array }] as const,
    )
    await writeSafetensors(path, state)
    const { tensors } = decodeSafetensors(readFileSync(path), path)
    expect(tensors.get('bn1.num_batches_tracked')!.dtype).toBe('int64')
    target.loadState(tensors)
    expect(copy(target)).toEqual(copy(source))
    expect(copy(target)['bn1.num_batches_tracked']![0]).toBeGreaterThan(0)
    // Files of before PyTorch 0.4.1 count no batches.
    const old = small()
    old.loadState(new Map([...tensors].filter(([name]) => !name.endsWith('num_batches_tracked'))))
    expect(copy(old)['bn1.num_batches_tracked']).toEqual([0])
    expect(copy(old)['bn1.running_var']).toEqual(copy(source)['bn1.running_var'])
    // Another head: everything but the head is loaded.
    const other = models.resnet18({ numClasses: 9, inChannels: 1, width: 4, stem: 'small' })
    expect(() => other.loadState(tensors)).toThrow('fc.weight is float32 [3, 32]')
    const body = new Map([...tensors].filter(([name]) => !name.startsWith('fc.')))
    other.loadState(body, { strict: false })
    expect(copy(other)['layer4.1.conv2.weight']).toEqual(copy(source)['layer4.1.conv2.weight'])
  })

  test('a frozen backbone stays, a new head learns, and then all at rates of their own', async () => {
    const model = small()
    model.freeze().replaceHead(4)
    expect([...model.namedParameters()].filter(([, p]) => p.trainable).map(([n]) => n)).toEqual([
      'fc.weight',
      'fc.bias',
    ])
    model.eval() // keeps the running statistics
    const loss = (): Floats => crossEntropy(model.forward(images), labels) as Floats
    const before = copy(model)
    const first = adamw(model, { learningRate: 0.05 })
    const start = await loss().item()
    for (let i = 0; i < 30; i++) await first.minimize(loss())
    const after = copy(model)
    expect(await loss().item()).toBeLessThan(0.8 * start)
    for (const name of Object.keys(before)) {
      if (name.startsWith('fc.')) expect(after[name]).not.toEqual(before[name])
      else expect(after[name], name).toEqual(before[name])
    }
    model.unfreeze()
    const groups = [{ parameters: model.head }, { parameters: model.backbone(), learningRate: 1e-4 }]
    await adamw(groups, { learningRate: 1e-2 }).minimize(loss())
    const last = copy(model)
    const moved = (name: string): number => Math.max(...last[name]!.map((v, i) => Math.abs(v - after[name]![i]!)))
    expect(moved('fc.weight')).toBeGreaterThan(5e-3)
    expect(moved('conv1.weight')).toBeGreaterThan(5e-5)
    expect(moved('conv1.weight')).toBeLessThan(2e-4)
  })

  test('features come from named layers', async () => {
    const model = small().eval()
    const { result, outputs } = captureOutputs(model, ['layer2', 'avgpool'], () => model.forward(images))
    expect(outputs.get('layer2')!.shape).toEqual([6, 8, 8, 8])
    const features = (outputs.get('avgpool') as Floats).reshape([6, 32])
    expectClose(await model.head.forward(features as never).data(), await result.data(), 1e-6, 'scores from features')
  })

  test('an imported ONNX model is a frozen backbone below a new head', async () => {
    const model = small().eval()
    const parity = fromArray(Int32Array.of(0, 1, 0, 1, 0, 1), [6], 'int32')
    const imported = importOnnx(await exportOnnx(model, { x: images }))
    imported.freeze()
    const head = linear(3, 2)
    const optimizer = adamw([{ parameters: imported }, { parameters: head }], { learningRate: 0.1 })
    expect([...optimizer.parameters().keys()]).toEqual(['1.weight', '1.bias'])
    const loss = (): Floats => {
      const [features] = Object.values(imported.run({ x: images })) as [Floats]
      return crossEntropy(head.forward(features as never) as Floats, parity) as Floats
    }
    const start = await optimizer.minimize(loss())
    for (let i = 0; i < 10; i++) await optimizer.minimize(loss())
    expect(await loss().item()).toBeLessThan(start)
  })
})

describe('a model folder', () => {
  const config: models.VisionConfig = {
    architecture: 'resnet18',
    options: tiny,
    classes: ['a', 'b', 'c'],
    normalization: { mean: [0.5], std: [0.25] },
  }
  const place = join(folder, 'run')
  beforeAll(() => models.saveVisionModel(place, small(), config))
  const broken = (change: (document: Record<string, unknown>) => unknown): string => {
    const at = mkdtempSync(join(folder, 'broken-'))
    const document = JSON.parse(readFileSync(join(place, 'config.json'), 'utf8')) as Record<string, unknown>
    writeFileSync(join(at, 'config.json'), JSON.stringify(change(document)))
    return at
  }

  test('holds the model and what it was made with', async () => {
    const model = small()
    await models.saveVisionModel(place, model, config)
    const loaded = await models.loadVisionModel(place)
    expect(loaded.config).toEqual(config)
    expect(loaded.model.training).toBe(false)
    expect(await loaded.model.forward(images).data()).toEqual(await model.eval().forward(images).data())
    const any = await models.loadModel(place)
    expect(any.type).toBe(models.imageClassifierType)
  })

  test('a model that is not what the configuration says is not saved', async () => {
    await expectError(
      () => models.saveVisionModel(place, small().replaceHead(4), config),
      ArgumentError,
      'saveVisionModel: the model has fc.weight [4, 32] where resnet18 with these options has fc.weight [3, 32]. Give the options that the model was made with; numClasses is that of its head.',
    )
    await expectError(
      () => models.saveVisionModel(place, small(), { ...config, classes: ['a'] }),
      ArgumentError,
      'saveVisionModel: classes is ["a"]; a list of 3 names was expected.',
    )
    await expectError(
      () => models.saveVisionModel(join(place, 'config.json', 'x'), small(), config),
      GradusError,
      `${join(place, 'config.json', 'x')}: could not be made: not a directory (ENOTDIR). Choose another path.`,
    )
  })

  test('a folder that is none, or says what cannot be, is refused', async () => {
    const path = (at: string): string => join(at, 'config.json')
    const cases: [string, string][] = []
    const nowhere = join(folder, 'nowhere')
    cases.push([
      nowhere,
      `${path(nowhere)}: could not be read: no such file or directory (ENOENT). Give a model folder with config.json and model.safetensors.`,
    ])
    const list = broken(() => [1])
    cases.push([list, `${path(list)}: is [1]; an object was expected. Save the model again.`])
    const text = broken(() => 0)
    writeFileSync(path(text), '{')
    cases.push([text, `${path(text)}: is not valid JSON. Save the model again, or fetch the file anew.`])
    const other = broken(d => ({ ...d, model_type: 'bert' }))
    cases.push([
      other,
      `${path(other)}: model_type is "bert". Expected "gradus-image-classifier": give the folder of a classifier of images.`,
    ])
    const name = broken(d => ({ ...d, architecture: 'resnet19' }))
    cases.push([name, `${path(name)}: visionModels: there is no model "resnet19". Did you mean resnet18?`])
    const size = broken(d => ({ ...d, options: { ...tiny, imageSize: 'large' } }))
    cases.push([size, `${path(size)}: options.imageSize is "large"; a whole number was expected.`])
    const classes = broken(d => ({ ...d, classes: ['a'] }))
    cases.push([classes, `${path(classes)}: classes is ["a"]; a list of 3 names was expected.`])
    const mean = broken(d => ({ ...d, normalization: { mean: [0, 0], std: [1] } }))
    cases.push([mean, `${path(mean)}: normalization.mean is [0,0]; a list of 1 numbers was expected.`])
    for (const [at, message] of cases) await expectError(() => models.loadVisionModel(at), ModelError, message)
    await expectError(
      () => models.loadModel(other),
      ModelError,
      `${path(other)}: model_type is "bert". Models of type ${models.languageModelTypes.map(type => `"${type}"`).join(', ')} and "gradus-image-classifier" can be loaded here.`,
    )
    const empty = broken(d => d)
    await expect(models.loadModel(empty)).rejects.toThrow('there are no weights')
  })
})
