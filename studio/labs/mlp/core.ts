import { compile, fromArray, type Tensor } from 'gradus'
import { dataset, loader, points } from 'gradus/data'
import * as nn from 'gradus/nn'
import type { Core, Metrics, OwnData, Plain } from '../../kit/lab.ts'
import { loadModelFiles, modelFiles } from '../../kit/model-files.ts'
import { type PlaneData, planeDataOf } from '../../kit/plane-data.ts'
import type { Settings } from './about.ts'
import { network, optimizerOf, type Rows } from './network.ts'
import { program } from './program.ts'
import { type MlpShot, reach, side, type UnitMap } from './shot.ts'

const own = (data: OwnData | null): PlaneData | null => (data ? planeDataOf(data) : null)

/** The middle of each cell of the maps. */
const plane = (): Float32Array => {
  const grid = new Float32Array(2 * side * side)
  for (let r = 0; r < side; r++) {
    for (let c = 0; c < side; c++) {
      grid[2 * (r * side + c)] = -reach + ((c + 0.5) * 2 * reach) / side
      grid[2 * (r * side + c) + 1] = -reach + ((r + 0.5) * 2 * reach) / side
    }
  }
  return grid
}

/** Batch normalisation needs the spread of a batch: a rest of one point has none. */
const wholeBatches = ({ length }: { readonly length: number }, batchSize: number) => ({
  batchSize: Math.min(batchSize, length),
  dropLast: true,
})

/** Column `k` of rows of `width` numbers. */
const columnOf = (data: Float32Array, k: number, width: number): Float32Array =>
  Float32Array.from({ length: data.length / width }, (_, i) => data[i * width + k]!)

export const core: Core<Settings, MlpShot> = {
  program,
  async prepare(first, given) {
    let settings = first
    const table = own(given)
    const { dataSet, count, noise, seed, batchSize, testShare, norm } = settings
    const drawn = table ?? {
      ...plain(points(dataSet, { count, noise, seed })),
      classes: null,
      names: ['x', 'y'] as const,
    }
    const K = Math.max(2, new Set(drawn.y).size)
    const classes = drawn.classes ?? Array.from({ length: K }, (_, k) => `class ${k + 1}`)
    const all = dataset({ x: { data: drawn.x, shape: [drawn.y.length, 2] as const }, y: drawn.y })
    const [train, test] = all.split(1 - testShare, { seed })
    const [trainLabels, testLabels] = [train.y.data as Int32Array, test.y.data as Int32Array]

    const { model, shown } = network({ ...settings, classes: K })
    const optimizer = optimizerOf(model, settings, () => settings.learningRate)
    const batches = loader(train, { batchSize, shuffle: true, ...(norm === 'batch' && wholeBatches(train, batchSize)) })
    let queue = batches[Symbol.asyncIterator]()
    const update = compile((x: Rows, y: Tensor) => {
      const loss = nn.crossEntropy(model.forward(x), y as never)
      optimizer.step(optimizer.gradients(loss))
      return loss
    })
    const forward = compile((x: Rows) => {
      const { result, outputs } = nn.captureOutputs(model, shown, () => model.forward(x))
      return [result, result.softmax(-1), ...outputs.values()] as Tensor[]
    })
    const judging = compile((x: Rows, y: Tensor) => [
      nn.crossEntropy(model.forward(x), y as never),
      model.forward(x).argmax(-1),
    ])
    const testX = fromArray(test.x.data as Float32Array, test.x.shape, 'float32') as Rows
    const testY = fromArray(testLabels, test.y.shape, 'int32')
    const trainX = fromArray(train.x.data as Float32Array, train.x.shape, 'float32') as Rows
    const trainY = fromArray(trainLabels, train.y.shape, 'int32')
    const grid = fromArray(plane(), [side * side, 2], 'float32') as Rows

    /** Computes in the mode of prediction. */
    const still = async <T>(work: () => Promise<T>): Promise<T> => {
      model.eval()
      try {
        return await work()
      } finally {
        model.train()
      }
    }
    const judge = (x: Rows, y: Tensor, labels: ArrayLike<number>) =>
      still(async () => {
        const [loss, predicted] = (await judging(x, y)) as [Tensor, Tensor]
        const guesses = Array.from(await predicted.data(), Number)
        const right = guesses.filter((k, i) => k === labels[i]).length
        return { loss: Number(await loss.item()), accuracy: right / labels.length, guesses }
      })

    let step = 0
    return {
      ...(table && { report: table.report }),
      set: next => {
        settings = next
      },
      async step() {
        let next = await queue.next()
        if (next.done) {
          queue = batches[Symbol.asyncIterator]()
          next = await queue.next()
        }
        const { x, y } = next.value!
        const loss = await (await update(x as Rows, y)).item()
        step += 1
        const metrics: Record<string, number> = { loss: Number(loss) }
        if (step % 10 === 0) metrics.test = (await judge(testX, testY, testLabels)).loss
        return metrics as Metrics
      },
      async shot() {
        const onTest = await judge(testX, testY, testLabels)
        const onTrain = await judge(trainX, trainY, trainLabels)
        const confusion = Array.from({ length: K }, () => new Array<number>(K).fill(0))
        for (const [i, k] of onTest.guesses.entries()) confusion[testLabels[i]!]![k]!++
        const [, chances, ...hidden] = await still(() => forward(grid))
        const p = (await chances!.data()) as Float32Array
        const map = new Float32Array(p.length)
        for (let k = 0; k < K; k++) map.set(columnOf(p, k, K), k * side * side)
        const units: UnitMap[] = []
        for (const [layer, values] of hidden.entries()) {
          const data = (await values.data()) as Float32Array
          const width = values.shape[1]!
          for (let unit = 0; unit < width; unit++) units.push({ layer, unit, values: columnOf(data, unit, width) })
        }
        await model.fetch()
        const weights = [...model.namedParameters()]
          .filter(([name, { shape }]) => name.endsWith('weight') && shape.length === 2)
          .map(([name, { shape, buffer }]) => ({
            name,
            shape,
            values: Float32Array.from(buffer.array as Float32Array),
          }))
        const facts: Record<string, Plain> = {
          testAccuracy: onTest.accuracy,
          trainAccuracy: onTrain.accuracy,
          trainLoss: onTrain.loss,
          testLoss: onTest.loss,
          parameters: model.parameterCount(),
          classes: [...classes],
          confusion,
        }
        return {
          facts,
          x: Float32Array.from([...(train.x.data as Float32Array), ...(test.x.data as Float32Array)]),
          y: Int32Array.from([...trainLabels, ...testLabels]),
          trained: train.length,
          classes,
          axes: [drawn.names[0], drawn.names[1]],
          map,
          units,
          weights,
          confusion,
        }
      },
      async ask(question) {
        // The probabilities of the classes at given points, for tests and for pointing at the picture.
        const { at } = question as { readonly at: readonly (readonly [number, number])[] }
        const x = fromArray(Float32Array.from(at.flat()), [at.length, 2], 'float32') as Rows
        const [, chances] = await still(() => forward(x))
        return chances!.toArray()
      },
      files: () =>
        modelFiles({
          ...saved(),
          onnx: { run: x => model.forward(x as Rows), x: fromArray(new Float32Array(2), [1, 2], 'float32') },
        }),
      async load(files) {
        loadModelFiles(files, saved())
      },
    }

    function saved() {
      const { hidden, activation, norm } = settings
      return { lab: 'mlp', model, config: { hidden: [...hidden], activation, norm, classes: K } }
    }
  },
}

const plain = ({ x, y }: ReturnType<typeof points>) => ({ x: x.data, y: y.data })
