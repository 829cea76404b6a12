import { compile, convolution, fromArray, type Tensor } from 'gradus'
import { digits } from 'gradus/data'
import * as nn from 'gradus/nn'
import { adam } from 'gradus/optim'
import { affine, gradCam, imageLoader, type Scorer } from 'gradus/vision'
import type { Core, Plain } from '../../kit/lab.ts'
import { loadModelFiles, modelFiles } from '../../kit/model-files.ts'
import type { Settings } from './about.ts'
import { cellsOf, outputSize } from './kernels.ts'
import { type Images, network } from './network.ts'
import { centred } from './pad.ts'
import { program } from './program.ts'
import {
  type Convolved,
  type DigitsShot,
  type Layer,
  type Look,
  type Mistake,
  type Question,
  side,
  stepAt,
  stepSide,
  tested,
} from './shot.ts'

/** Steps between two looks at the test digits, and mistakes that are shown. */
const [testEvery, mistakesShown] = [20, 24]
const plane = side * side

/** Dark on the left, light on the right. */
const stepEdge = (): Float32Array =>
  Float32Array.from({ length: stepSide * stepSide }, (_, i) => Number(i % stepSide >= stepAt))

const floats = async (x: Tensor): Promise<Float32Array> => Float32Array.from((await x.data()) as Float32Array)
const images = (values: Float32Array, count: number): Images =>
  fromArray(values, [count, 1, side, side], 'float32') as Images

/** The one convolution, by the library. */
const convolve = async (input: Float32Array, s: Settings): Promise<Convolved> => {
  const [from, kernelSide] = [Math.sqrt(input.length), Number(s.kernelSide)]
  const kernel = Float32Array.from(cellsOf(s.kernel, s.kernelSide, s.ownKernel))
  const { stride, padding } = s
  const output = await floats(
    convolution(
      fromArray(input, [1, 1, from, from], 'float32'),
      fromArray(kernel, [1, 1, kernelSide, kernelSide], 'float32'),
      { stride, padding },
    ),
  )
  return {
    side: from,
    input,
    kernelSide,
    kernel,
    stride,
    padding,
    outputSide: outputSize(from, kernelSide, stride, padding),
    output,
  }
}

export const core: Core<Settings, DigitsShot> = {
  program,
  async prepare(first) {
    let settings = first
    const { seed, count, batchSize, augment } = settings
    const { train, test } = digits({ count, testCount: tested, seed })
    const { model, shown, last } = network(settings)
    const optimizer = adam(model, { learningRate: () => settings.learningRate })
    const loader = imageLoader(train, {
      batchSize: Math.min(batchSize, count),
      shuffle: true,
      dropLast: true,
      seed,
      workers: 0,
      ...(augment && { transform: affine({ degrees: 12, translate: [0.06, 0.06], scale: [0.9, 1.1], shear: 6 }) }),
    })
    let queue = loader[Symbol.asyncIterator]()
    const update = compile((x: Images, y: Tensor) => {
      const loss = nn.crossEntropy(model.forward(x), y as never)
      optimizer.step(optimizer.gradients(loss))
      return loss
    })
    const scores = compile((x: Images) => model.forward(x).softmax(-1) as Tensor)
    const forward = compile((x: Images) => {
      const { result, outputs } = nn.captureOutputs(
        model,
        shown.map(([at]) => at),
        () => model.forward(x),
      )
      return [result, result.softmax(-1), ...outputs.values()] as Tensor[]
    })
    const testPixels = test.x.data as Float32Array
    const testLabels = test.y.data as Int32Array
    const testX = images(testPixels, tested)

    let [step, version] = [0, 0]
    let drawing: Float32Array | null = null
    let judged: { step: number; right: number; mistakes: readonly Mistake[] } = { step: -1, right: 0, mistakes: [] }
    /** How the test digits fare. */
    const judge = async (): Promise<void> => {
      const p = await floats(await scores(testX))
      const mistakes: Mistake[] = []
      for (let i = 0; i < tested; i++) {
        const row = p.subarray(10 * i, 10 * i + 10)
        const predicted = row.indexOf(Math.max(...row))
        const truth = testLabels[i]!
        if (predicted === truth) continue
        const image = Uint8Array.from(testPixels.subarray(i * plane, (i + 1) * plane), ink => Math.round(255 * ink))
        mistakes.push({ index: i, truth, predicted, probability: row[predicted]!, image })
      }
      mistakes.sort((a, b) => b.probability - a.probability)
      judged = { step, right: tested - mistakes.length, mistakes: mistakes.slice(0, mistakesShown) }
    }
    const look = async (): Promise<Look> => {
      const s = settings
      // Counted at the beginning: a look that began earlier knows less, even where it ends later.
      const mine = ++version
      const drawn = s.source === 'drawing' && drawing !== null
      const image = drawn ? drawing! : testPixels.slice(s.image * plane, (s.image + 1) * plane)
      const x = images(image, 1)
      const [raw, chances, ...maps] = await forward(x)
      const probabilities = [...(await floats(chances!))]
      const predicted = probabilities.indexOf(Math.max(...probabilities))
      const layers: Layer[] = []
      for (const [i, map] of maps.entries())
        layers.push({ name: shown[i]![1], channels: map.shape[1]!, side: map.shape[2]!, values: await floats(map) })
      return {
        version: mine,
        of: drawn ? 'drawing' : 'test',
        image,
        truth: drawn ? null : testLabels[s.image]!,
        scores: [...(await floats(raw!))],
        probabilities,
        predicted,
        layers,
        cam: await gradCam(model as unknown as Scorer, x as Tensor, last, [predicted]),
        convolved: await convolve(s.input === 'step' ? stepEdge() : image, s),
      }
    }
    await judge()
    return {
      set: next => {
        settings = next
      },
      async step() {
        let next = await queue.next()
        if (next.done) {
          queue = loader[Symbol.asyncIterator]()
          next = await queue.next()
        }
        const { x, y } = next.value!
        const loss = Number(await (await update(x as Images, y)).item())
        step += 1
        if (step % testEvery !== 0 && step !== settings.steps) return { loss }
        await judge()
        return { loss, accuracy: judged.right / tested }
      },
      async shot() {
        const seen = await look()
        await model.fetch()
        const [, kernels] = [...model.namedParameters()].find(([, { shape }]) => shape.length === 4)!
        const { convolved: c } = seen
        const rows = Array.from({ length: c.outputSide }, (_, r) => [
          ...c.output.subarray(r * c.outputSide, (r + 1) * c.outputSide),
        ])
        const facts: Record<string, Plain> = {
          testAccuracy: judged.right / tested,
          testedAt: judged.step,
          right: judged.right,
          tested,
          parameters: model.parameterCount(),
          image: seen.of,
          truth: seen.truth,
          predicted: seen.predicted,
          probabilities: seen.probabilities,
          outputSize: c.outputSide,
          output: rows,
        }
        return {
          facts,
          look: seen,
          filters: {
            channels: kernels.shape[0]!,
            size: kernels.shape[2]!,
            values: Float32Array.from(kernels.buffer.array as Float32Array),
          },
          mistakes: judged.mistakes,
        }
      },
      async ask(question) {
        const { draw } = question as Question
        drawing = draw.length === 0 ? null : centred(draw)
        if (drawing) settings = { ...settings, source: 'drawing' }
        return look()
      },
      files: () =>
        modelFiles({
          ...saved(),
          onnx: { run: x => model.forward(x as Images), x: images(new Float32Array(plane), 1) as Tensor },
        }),
      async load(files) {
        loadModelFiles(files, saved())
        await judge()
      },
    }

    function saved() {
      const { channels, kernelSize, activation } = settings
      return { lab: 'digits', model, config: { channels, kernelSize: Number(kernelSize), activation } }
    }
  },
}
