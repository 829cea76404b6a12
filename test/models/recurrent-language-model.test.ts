import { describe, expect, test } from 'vitest'
import { setSeed, tensor } from '../../src/index.ts'
import { RecurrentLanguageModel } from '../../src/models/recurrent-language-model.ts'
import { recurrentKinds } from '../../src/nn/index.ts'
import { adam } from '../../src/optim/index.ts'
import { expectClose } from '../optim/expect.ts'

const size = { vocabSize: 7, contextLength: 4, numLayers: 2, hiddenSize: 6, embedDim: 5 }
const text = [3, 0, 6, 6, 1, 2]
const ids = tensor([text.slice(0, -1)], 'int32')
const targets = tensor([text.slice(1)], 'int32')

describe.each(recurrentKinds)('a language model of %s', cell => {
  test('read in pieces has the scores of the whole', async () => {
    setSeed(1)
    const model = new RecurrentLanguageModel({ cell, ...size }).eval()
    const first = model.read(tensor([text.slice(0, 2)], 'int32'), model.startState(1))
    const second = model.read(tensor([text.slice(2)], 'int32'), first.state)
    const whole = await model.forward(tensor([text], 'int32')).data()
    expectClose([...(await first.logits.data()), ...(await second.logits.data())], whole, 1e-6, 'logits')
  })

  test('begins about even and learns a text by heart', async () => {
    setSeed(1)
    const model = new RecurrentLanguageModel({ cell, ...size, hiddenSize: 16 })
    const optimizer = adam(model, { learningRate: 0.03 })
    expect(Math.abs((await model.loss(ids, targets).item()) - Math.log(7))).toBeLessThan(0.3)
    let loss = 0
    for (let i = 0; i < 60; i++) loss = await optimizer.minimize(model.loss(ids, targets))
    expect(loss).toBeLessThan(0.1)
  })

  test('reads its own configuration back', () => {
    const config = { cell, ...size, embedDim: 6, dropout: 0.25, tieWeights: true }
    const model = new RecurrentLanguageModel(config)
    expect(RecurrentLanguageModel.fromJSON(model.toJSON()).config).toEqual(config)
  })
})

describe('recurrent language models', () => {
  test('with tied weights have one matrix for embedding and head, and no bias', () => {
    const free = new RecurrentLanguageModel({ cell: 'gru', ...size, embedDim: 6 })
    const tied = new RecurrentLanguageModel({ cell: 'gru', ...size, embedDim: 6, tieWeights: true })
    expect(free.parameterCount() - tied.parameterCount()).toBe(7 * 6 + 7)
    expect(() => new RecurrentLanguageModel({ cell: 'gru', ...size, tieWeights: true })).toThrow(
      'recurrentLanguageModel: tied weights need embedDim and hiddenSize to be equal; got 5 and 6. Make them equal, or leave the weights untied.',
    )
  })

  test('drop while training only', async () => {
    setSeed(1)
    const model = new RecurrentLanguageModel({ cell: 'lstm', ...size, dropout: 0.5 })
    const apart = async (): Promise<number> => model.forward(ids).sub(model.forward(ids)).abs().max().item()
    expect(await apart()).toBeGreaterThan(0)
    model.eval()
    expect(await apart()).toBe(0)
  })

  test('say what does not fit', () => {
    const model = new RecurrentLanguageModel({ cell: 'lstm', ...size })
    expect(() => model.forward(tensor([1, 2], 'int32') as never)).toThrow(
      'recurrentLanguageModel: ids are [2]. Expected [B, T].',
    )
    expect(() => RecurrentLanguageModel.fromJSON({ model_type: 'gpt2' }, 'm/config.json')).toThrow(
      'm/config.json: model_type is "gpt2". Expected "gradus_lstm" or "gradus_gru" or "gradus_rnn".',
    )
    expect(() => new RecurrentLanguageModel({ cell: 'lstm', ...size, numLayers: 0 })).toThrow(
      'recurrentLanguageModel: numLayers must be a whole number of at least 1; got 0.',
    )
  })
})
