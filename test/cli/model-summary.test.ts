import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { modelSummaryCommand } from '../../src/cli/model-summary.ts'
import { runCli } from '../../src/cli/run.ts'
import { chipNames, Gpt, saveVisionModel, visionModelNames, visionModels } from '../../src/models/index.ts'
import { memoryIo } from './memory-io.ts'

const folder = mkdtempSync(join(tmpdir(), 'gradus-summary-'))
afterAll(() => rmSync(folder, { recursive: true }))

const summary = async (...args: readonly string[]): Promise<{ code: number; out: string; err: string }> => {
  const io = memoryIo()
  const code = await runCli(['model', 'summary', ...args], [modelSummaryCommand], io)
  return { code, out: io.stdout.text, err: io.stderr.text }
}

interface Document {
  readonly architecture: string
  readonly input: readonly number[]
  readonly parameters: number
  readonly multiplyAdds: number
  readonly layers: readonly { readonly name: string; readonly parameters: number; readonly flops: number }[]
  readonly memory: Readonly<Record<string, Readonly<Record<string, number>>>>
  readonly roofline?: {
    readonly bound: string
    readonly seconds: number
    readonly layers: readonly unknown[]
    readonly fits: boolean
  }
}
const documentOf = async (...args: readonly string[]): Promise<Document> => {
  const { code, out, err } = await summary(...args, '--json')
  expect({ code, err }).toEqual({ code: 0, err: '' })
  return JSON.parse(out) as Document
}

describe('gradus model summary of a model of images', () => {
  test('by name, as published: every layer with shape, parameters, cost and memory', async () => {
    const { code, out } = await summary('lenet5')
    expect(code).toBe(0)
    expect(out).toBe(
      [
        'layer    output           parameters  multiply-adds    FLOPs  weights  activations',
        'conv1    [1, 6, 28, 28]          156        117,600  235,200    624 B      18.8 kB',
        'conv2    [1, 16, 10, 10]       2,416        240,000  480,000  9.66 kB       6.4 kB',
        'fc1      [1, 120]             48,120         48,000   96,000   192 kB        480 B',
        'fc2      [1, 84]              10,164         10,080   20,160  40.7 kB        336 B',
        'fc3      [1, 10]                 850            840    1,680   3.4 kB         40 B',
        '(model)  [1, 10]                   0              0   12,812      0 B      32.3 kB',
        'total                         61,706        416,520  845,852   247 kB      58.4 kB',
        '',
        'lenet5, one image of 1 × 32 × 32, forwards: 417 k multiply-adds, 846 kFLOPs',
        '',
        'memory     weights  activations  prediction  training',
        'float32     247 kB      58.4 kB      280 kB   1.05 MB',
        'float16     123 kB      29.2 kB      140 kB   1.02 MB',
        'int8       61.7 kB      14.6 kB       70 kB',
        '',
      ].join('\n'),
    )
  })

  test('ResNet-18 at 224 × 224 has 11,689,512 parameters and 1.81 G multiply-adds, on a chip bounds and a time', async () => {
    const args = ['resnet18', '--input', '3,224,224', '--batch', '32', '--chip', 'h100', '--precision', 'float16']
    const { architecture, input, parameters, multiplyAdds, layers, memory, roofline } = await documentOf(...args)
    expect({ architecture, input, parameters }).toEqual({
      architecture: 'resnet18',
      input: [32, 3, 224, 224],
      parameters: 11_689_512,
    })
    expect(multiplyAdds / 32 / 1e9).toBeCloseTo(1.81, 2)
    expect(layers.reduce((sum, l) => sum + l.parameters, 0)).toBe(parameters)
    expect(memory.float16!.weights).toBe(2 * parameters)
    expect(roofline!.layers).toHaveLength(layers.length)
    expect(roofline).toMatchObject({ fits: true, bound: 'memory' })
    const { out } = await summary(...args)
    expect(out).toContain(
      'resnet18, a batch of 32 images of 3 × 224 × 224, forwards: 58.1 G multiply-adds, 116 GFLOPs\n',
    )
    expect(out).toMatch(/^conv1 .* memory +18\.2 µs$/m)
    expect(out).toMatch(
      /NVIDIA H100 SXM, float16: bound by memory; at least 357 µs a batch layer by layer, 118 µs however layers are joined\n80 GB of memory: prediction fits, training fits; a layer is bound by memory below 295 FLOPs a byte\n$/,
    )
  })

  test('for other classes and widths', async () => {
    const { parameters } = await documentOf('mlp', '--input', '1,8,8', '--classes', '3', '--width', '10')
    expect(parameters).toBe(64 * 10 + 10 + 10 * 5 + 5 + 5 * 3 + 3)
  })

  test('says when it does not fit', async () => {
    const { out } = await summary('vgg16', '--batch', '200', '--chip', 'raspberry-pi-5')
    expect(out).toContain('prediction fits, training does not fit;')
    const { out: integers } = await summary('vgg16', '--batch', '20000', '--chip', 't4', '--precision', 'int8')
    expect(integers).toContain('16 GB of memory: prediction does not fit; a layer')
  })

  test('in a folder, as it was trained', async () => {
    const options = { numClasses: 3, inChannels: 1, imageSize: 16, width: 4 }
    const at = join(folder, 'run')
    await saveVisionModel(at, visionModels.resnet18(options), { architecture: 'resnet18', options })
    const { input, parameters } = await documentOf(at, '--batch', '2')
    expect(input).toEqual([2, 1, 16, 16])
    expect(parameters).toBe(visionModels.resnet18(options).parameterCount())
    expect((await summary(at, '--classes', '4')).err).toBe(
      `error: model summary: --classes is for models by name; ${at} is as it was trained.\n`,
    )
  })

  test('what cannot be is refused in words', async () => {
    const refused = async (code: number, message: string, ...args: readonly string[]): Promise<void> => {
      expect(await summary(...args)).toEqual({ code, out: '', err: `error: ${message}\n` })
    }
    await refused(
      2,
      'model summary: "resnt18" is no model folder and no model by name. Did you mean resnet18?',
      'resnt18',
    )
    await refused(
      2,
      `model summary: "perceptron" is no model folder and no model by name. The models are ${visionModelNames.join(', ')}.`,
      'perceptron',
    )
    await refused(
      2,
      'model summary: vgg11: images are 28 × 28; it halves them until nothing is left below 32 × 32. Resize the images, or choose another model.',
      'vgg11',
      '--input',
      '3,28,28',
    )
    for (const input of ['3,28', '3,28,30'])
      await refused(
        2,
        `model summary: --input is ${input}. Give channels, height and width of a square image, such as 3,224,224.`,
        'resnet18',
        '--input',
        input,
      )
    const nowhere = join(folder, 'nowhere')
    await refused(
      4,
      `${join(nowhere, 'config.json')}: could not be read: no such file or directory (ENOENT). Give a model folder with config.json and model.safetensors.`,
      nowhere,
    )
    const gpt = new Gpt({ vocabSize: 4, contextLength: 4, numLayers: 1, numHeads: 1, embedDim: 4 })
    writeFileSync(join(folder, 'config.json'), JSON.stringify(gpt.toJSON()))
    await refused(
      2,
      `model summary: --chip is for models of images; ${folder} holds a language model.`,
      folder,
      '--chip',
      't4',
    )
    const { code, err } = await summary('resnet18', '--chip', 'abacus')
    expect(code).toBe(2)
    expect(err).toContain(`one of ${chipNames.join(', ')}; got "abacus"`)
  })
})
