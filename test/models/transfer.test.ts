import { beforeAll, expect, test } from 'vitest'
import { compile, fromArray, setEngine, setSeed, type Tensor } from '../../src/index.ts'
import { digits, type ImageDataset, mnist } from '../../src/data/index.ts'
import { type LeNet5, lenet5 } from '../../src/models/index.ts'
import { crossEntropy } from '../../src/nn/index.ts'
import { adamw } from '../../src/optim/index.ts'

// What is learned of some digits serves for others: the convolutions of a LeNet trained on 0 to 4, frozen, and a new head for 5 to 9 from 100
// images. From scratch the same images do much less.

beforeAll(() => setEngine('native'))

type Batch = { readonly x: Tensor; readonly y: Tensor }
/** Batches of the first images of digits from `first` to `first + 4`, whose classes are then 0 to 4. */
const batchesOf = (set: ImageDataset, first: number, count: number, size: number): Batch[] => {
  const places = Array.from(set.y.data.keys()).filter(i => set.y.data[i]! >= first && set.y.data[i]! < first + 5)
  const { x, y, length } = set.take(places.slice(0, count))
  return Array.from({ length: Math.floor(length / size) }, (_, b) => ({
    x: fromArray(x.data.slice(b * size * 784, (b + 1) * size * 784), [size, 1, 28, 28], 'float32') as Tensor,
    y: fromArray(
      y.data.slice(b * size, (b + 1) * size).map(label => label - first),
      [size],
      'int32',
    ) as Tensor,
  }))
}
const make = (): LeNet5 => lenet5({ imageSize: 28, numClasses: 5, activation: 'relu', pooling: 'max' })

const train = async (model: LeNet5, data: readonly Batch[], epochs: number, learningRate = 1e-3): Promise<LeNet5> => {
  const optimizer = adamw(model, { learningRate })
  const update = compile((x: Tensor, y: Tensor) => {
    const loss = crossEntropy(model.forward(x as never) as never, y as never)
    optimizer.step(optimizer.gradients(loss))
    return loss
  })
  for (let epoch = 0; epoch < epochs; epoch++) for (const { x, y } of data) await update(x, y)
  return model
}
const accuracyOf = async (model: LeNet5, data: readonly Batch[]): Promise<number> => {
  let right = 0
  for (const { x, y } of data) {
    const seen = (model.forward(x as never) as unknown as Tensor).argmax(1)
    right += Number(
      await seen
        .equal(y as never)
        .to('int32')
        .sum()
        .item(),
    )
  }
  return right / data.length / data[0]!.y.shape[0]!
}

/** Accuracies on 5 to 9 with the convolutions of 0 to 4, and from scratch; checks that what was frozen stayed as it was. */
const compare = async (
  { train: images, test: others }: { train: ImageDataset; test: ImageDataset },
  { examples, epochs }: { readonly examples: number; readonly epochs: number },
): Promise<{ transferred: number; alone: number }> => {
  const few = batchesOf(images, 5, 100, 20)
  const judged = batchesOf(others, 5, 900, 100)
  setSeed(1)
  const first = await train(make(), batchesOf(images, 0, examples, 50), 3, 2e-3)

  setSeed(2)
  const model = make()
  const learned = [...first.state()].filter(([name]) => name.startsWith('conv'))
  expect(learned.map(([name]) => name)).toEqual(['conv1.weight', 'conv1.bias', 'conv2.weight', 'conv2.bias'])
  const entries = learned.map(
    ([name, { dtype, shape, buffer }]) => [name, { dtype, shape, data: buffer.array.slice() }] as const,
  )
  model.loadState(new Map(entries), { strict: false })
  model.freeze('conv1').freeze('conv2')
  const head = model.fc1.weight.buffer.array.slice()
  await train(model, few, epochs)
  for (const [name, { data }] of entries) expect(model.state().get(name)!.buffer.array).toEqual(data)
  expect(model.fc1.weight.buffer.array).not.toEqual(head)

  setSeed(2)
  const scratch = await train(make(), few, epochs)
  return { transferred: await accuracyOf(model, judged), alone: await accuracyOf(scratch, judged) }
}

test('drawn digits: frozen convolutions are 15 points better than none, and bit by bit as they were', async () => {
  const sets = digits({ count: 8000, testCount: 2000, seed: 1 })
  const { transferred, alone } = await compare(sets, { examples: 3500, epochs: 5 })
  expect(transferred - alone).toBeGreaterThan(0.15)
  expect(transferred).toBeGreaterThan(0.8)
}, 120_000)

const found = await mnist().catch(() => null)
test.skipIf(!found)(
  'MNIST (skipped where its files are absent): 15 points better, trained until nothing changes',
  async () => {
    const { transferred, alone } = await compare(found!, { examples: 30_000, epochs: 20 })
    expect(transferred - alone).toBeGreaterThan(0.15)
    expect(transferred).toBeGreaterThan(0.8)
  },
  240_000,
)
