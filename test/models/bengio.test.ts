import { describe, expect, test } from 'vitest'
import { setSeed, tensor } from '../../src/index.ts'
import { BengioLanguageModel } from '../../src/models/bengio.ts'
import { adam } from '../../src/optim/index.ts'
import { expectClose } from '../optim/expect.ts'
import { filledState } from './filled.ts'

const size = { vocabSize: 7, contextLength: 4, order: 4, hiddenSize: 5, embedDim: 3 }
const made = (direct: boolean): BengioLanguageModel => {
  setSeed(1)
  const model = new BengioLanguageModel({ ...size, direct })
  model.loadState(filledState(model))
  return model
}

/** Equation 1 of the paper, in loops, for the scores after one token. */
const scoresAfter = (model: BengioLanguageModel, text: readonly number[]): number[] => {
  const array = (name: string): Float32Array => model.namedParameters().get(name)!.buffer.array as Float32Array
  const before = model.config.vocabSize
  const window = [text.at(-1) ?? before, text.at(-2) ?? before, text.at(-3) ?? before]
  const x = window.flatMap(id => Array.from(array('embedding.weight').subarray(3 * id, 3 * id + 3)))
  const dot = (weights: Float32Array, row: number, values: readonly number[]): number =>
    values.reduce((sum, v, i) => sum + v * weights[row * values.length + i]!, 0)
  const hidden = Array.from(array('hidden.bias'), (d, j) => Math.tanh(d + dot(array('hidden.weight'), j, x)))
  return Array.from(array('output.bias'), (b, k) => {
    const direct = model.direct ? dot(array('direct.weight'), k, x) : 0
    return b + direct + dot(array('output.weight'), k, hidden)
  })
}

describe('Bengio’s language model', () => {
  test.each([false, true])('scores by the paper’s equation, with direct connections: %s', async direct => {
    const model = made(direct)
    const text = [3, 0, 6, 6, 1, 2]
    const logits = await model.forward(tensor([text], 'int32')).data()
    const expected = text.flatMap((_, t) => scoresAfter(model, text.slice(0, t + 1)))
    expectClose(logits, expected, 1e-5, 'logits')
  })

  test('a text read in pieces has the scores of the whole', async () => {
    const model = made(true)
    const text = [3, 0, 6, 6, 1, 2]
    const first = model.read(tensor([text.slice(0, 1)], 'int32'), model.startState(1))
    const second = model.read(tensor([text.slice(1)], 'int32'), first.state)
    const whole = await model.forward(tensor([text], 'int32')).data()
    expectClose([...(await first.logits.data()), ...(await second.logits.data())], whole, 1e-6, 'logits')
    expect(await second.state.ids.toArray()).toEqual([[6, 1, 2]])
  })

  test('learns what needs exactly its window, and cannot know what lies before it', async () => {
    setSeed(1)
    const loss = async (order: number): Promise<number> => {
      const model = new BengioLanguageModel({ ...size, order, hiddenSize: 32, embedDim: 8, direct: true })
      const optimizer = adam(model, { learningRate: 0.01 })
      // After 0 comes 1 or 2, as after the 0 before.
      const cyclic = [0, 1, 4, 0, 1, 4, 0, 2, 4, 0, 2, 4]
      const x = tensor([cyclic.slice(0, -1)], 'int32')
      const y = tensor([cyclic.slice(1)], 'int32')
      let last = 0
      for (let i = 0; i < 150; i++) last = await optimizer.minimize(model.loss(x, y))
      return last
    }
    const [wide, narrow] = [await loss(4), await loss(2)]
    expect(wide).toBeLessThan(0.15)
    expect(narrow).toBeGreaterThan(wide + 0.1)
  })

  test('reads its own configuration back, and refuses what cannot be', () => {
    const model = made(true)
    expect(BengioLanguageModel.fromJSON(model.toJSON()).config).toEqual(model.config)
    expect(() => new BengioLanguageModel({ ...size, order: 1 })).toThrow(
      'bengioLanguageModel: order must be a whole number of at least 2; got 1.',
    )
    expect(() => BengioLanguageModel.fromJSON({ ...model.toJSON(), order: 0 }, 'm/config.json')).toThrow(
      'm/config.json: order is 0. Expected a whole number of at least 1.',
    )
  })
})
