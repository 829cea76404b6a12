import { compile, fromArray, setSeed, type Shape, type Tensor } from '../../../src/index.ts'
import * as nn from '../../../src/nn/index.ts'
import { fillUniform } from '../../../src/core/philox.ts'
import { adam } from '../../../src/optim/index.ts'
import { Generator } from '../../../src/tensor/random.ts'

type Floats = Tensor<Shape, 'float32'>
type Ids = Tensor<Shape, 'int32'>

/** Numbers in [0, 1), one at a time. */
const numbersFrom = (seed: number): (() => number) => {
  const source = new Generator(seed)
  const unit = new Float64Array(1)
  return () => {
    source.draw<Float64Array>(1, fillUniform)(unit)
    return unit[0]!
  }
}

/** Symbols to remember, and as many others that come between. */
const symbols = 4
const batchSize = 32

/** A symbol to remember, `delay` others, and at the end the question which it was. */
const draw = (delay: number, random: () => number): { x: Ids; y: Ids } => {
  const pick = (): number => Math.floor(random() * symbols)
  const rows = Array.from({ length: batchSize }, () => {
    const first = pick()
    return { first, row: [first, ...Array.from({ length: delay }, () => symbols + pick()), 2 * symbols] }
  })
  const x = Int32Array.from(rows.flatMap(({ row }) => row))
  const y = Int32Array.from(rows, ({ first }) => first)
  return { x: fromArray(x, [batchSize, delay + 2], 'int32'), y: fromArray(y, [batchSize], 'int32') }
}

class Recaller extends nn.Module {
  readonly embedding = nn.embedding(2 * symbols + 1, 2 * symbols + 1)
  readonly rnn: nn.RecurrentLayer
  readonly head: nn.Linear
  constructor(rnn: nn.RecurrentLayer) {
    super()
    this.rnn = rnn
    this.head = nn.linear(rnn.hiddenSize, symbols) as unknown as nn.Linear
  }
  forward(ids: Ids): Floats {
    const { state } = this.rnn.forward(this.embedding.forward(ids) as Floats)
    return this.head.forward(state.h.slice(-1)) as Floats
  }
}

export interface DelayRun {
  readonly delay: number
  readonly updates: number
  readonly layer: (inputSize: number) => nn.RecurrentLayer
}

/** Trains a layer to recall what it saw `delay` steps ago: the share of right answers to questions that it never saw. */
export const recallAfter = async ({ delay, updates, layer }: DelayRun): Promise<number> => {
  setSeed(1)
  const model = new Recaller(layer(2 * symbols + 1))
  const optimizer = adam(model, { learningRate: 3e-3, clipNorm: 1 })
  const random = numbersFrom(5)
  const update = compile((x: Ids, y: Ids) => {
    const loss = nn.crossEntropy(model.forward(x) as never, y as never)
    optimizer.step(optimizer.gradients(loss as never))
    return loss
  })
  for (let i = 0; i < updates; i++) {
    const { x, y } = draw(delay, random)
    await (await update(x, y)).item()
  }
  const answer = compile((x: Ids) => model.forward(x).argmax(1))
  let right = 0
  const rounds = 8
  for (let i = 0; i < rounds; i++) {
    const { x, y } = draw(delay, random)
    const [found, expected] = [await (await answer(x)).data(), await y.data()]
    for (const [k, id] of expected.entries()) if (Number(found[k]) === id) right++
  }
  return right / (rounds * batchSize)
}
