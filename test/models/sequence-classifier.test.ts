import { describe, expect, test } from 'vitest'
import { compile, fromArray, setSeed, type Shape, type Tensor, tensor, zeros } from '../../src/index.ts'
import { SequenceClassifier, SequenceTagger } from '../../src/models/sequence-classifier.ts'
import { crossEntropy, type Module, recurrentKinds } from '../../src/nn/index.ts'
import { adam } from '../../src/optim/index.ts'
import { expectClose } from '../optim/expect.ts'

type Floats = Tensor<Shape, 'float32'>
type Ids = Tensor<Shape, 'int32'>

/** Ids from 0 to 3 by a rule that repeats late; position 0 of each row differs between rows. */
const rowsOf = (count: number, length: number, seed = 1): number[][] => {
  let h = seed
  return Array.from({ length: count }, () =>
    Array.from({ length }, () => {
      h = (Math.imul(h, 1_103_515_245) + 12_345) >>> 0
      return (h >>> 16) % 4
    }),
  )
}
const ids = (rows: readonly (readonly number[])[]): Ids =>
  fromArray(Int32Array.from(rows.flat()), [rows.length, rows[0]!.length], 'int32')
const ints = (values: readonly number[]): Ids => fromArray(Int32Array.from(values), [values.length], 'int32')

const learn = async (model: Module, loss: () => Floats, updates: number): Promise<void> => {
  const optimizer = adam(model, { learningRate: 0.01 })
  const update = compile(() => {
    const value = loss()
    optimizer.step(optimizer.gradients(value as never))
    return value
  })
  for (let i = 0; i < updates; i++) await (await update()).item()
}
const accuracy = async (logits: Floats, labels: readonly number[]): Promise<number> => {
  const found = await (logits.argmax(-1) as Ids).data()
  return labels.filter((label, i) => Number(found[i]) === label).length / labels.length
}

const small = { vocabSize: 4, inputSize: 6, hiddenSize: 16 }

describe('a classifier of sequences', () => {
  test.each(recurrentKinds)('of %s learns which symbol came first, in rows of their own lengths', async cell => {
    setSeed(1)
    const model = new SequenceClassifier({ cell, ...small, numClasses: 4 })
    const task = (seed: number) => {
      const rows = rowsOf(64, 6, seed)
      const labels = rows.map(row => row[0]!)
      return { x: ids(rows), labels, y: ints(labels), lengths: ints(rows.map((_, i) => 1 + (i % 6))) }
    }
    const { x, y, lengths } = task(1)
    await learn(model, () => crossEntropy(model.forward(x, lengths) as never, y as never) as Floats, 120)
    const other = task(77)
    expect(await accuracy(model.forward(other.x, other.lengths), other.labels)).toBeGreaterThan(0.9)
  })

  test('says the same of a row whatever fills it up, in both directions too', async () => {
    for (const bidirectional of [false, true]) {
      setSeed(1)
      const model = new SequenceClassifier({ ...small, numClasses: 3, numLayers: 2, bidirectional })
      const alone = await model.forward(ids([[1, 2, 3]])).data()
      const filled = model.forward(
        ids([
          [1, 2, 3, 0, 0],
          [3, 3, 3, 3, 3],
        ]),
        ints([3, 5]),
      )
      expectClose(await filled.slice(0).data(), alone, 1e-6, 'logits')
    }
  })

  test('reads vectors where it has no vocabulary', () => {
    const model = new SequenceClassifier({ inputSize: 5, hiddenSize: 4, numClasses: 3 })
    expect(model.forward(zeros([2, 7, 5]) as Floats).shape).toEqual([2, 3])
    expect(() => model.forward(zeros([2, 7], 'int32') as Ids)).toThrow(
      'sequenceModel: x is int32. Without vocabSize it is of vectors, float32 [B, T, inputSize].',
    )
    expect(() => new SequenceClassifier({ ...small, numClasses: 3 }).forward(tensor([[1, 2]]) as Floats)).toThrow(
      'sequenceModel: x is float32. With vocabSize it is of ids, int32 [B, T].',
    )
  })
})

describe('a tagger of sequences', () => {
  /** Whether the next symbol is the same: what only the backward direction can know. */
  const task = (seed: number) => {
    const rows = rowsOf(64, 8, seed)
    const labels = rows.map(row => row.map((id, t) => (id === row[t + 1] ? 1 : 0)))
    return { x: ids(rows), y: ids(labels), labels: labels.flat() }
  }
  const score = async (bidirectional: boolean): Promise<number> => {
    setSeed(1)
    const model = new SequenceTagger({ ...small, numClasses: 2, bidirectional })
    const { x, y } = task(1)
    await learn(model, () => crossEntropy(model.forward(x) as never, y as never) as Floats, 120)
    const other = task(77)
    return accuracy(model.forward(other.x), other.labels)
  }

  test('learns labels that depend on what comes later, in both directions only', async () => {
    expect(await score(true)).toBeGreaterThan(0.97)
    expect(await score(false)).toBeLessThan(0.85)
  })

  test('reads from both ends unless told otherwise', () => {
    const both = new SequenceTagger({ ...small, numClasses: 2 })
    expect(both.forward(ids([[0, 1, 2]])).shape).toEqual([1, 3, 2])
    expect([...both.namedParameters().keys()]).toContain('rnn.weight_hh_l0_reverse')
    const one = new SequenceClassifier({ ...small, numClasses: 2 })
    expect([...one.namedParameters().keys()]).not.toContain('rnn.weight_hh_l0_reverse')
  })
})
