import { describe, expect, test } from 'vitest'
import { compile, concat, setSeed, type Shape, type Tensor, tensor, zeros } from '../../src/index.ts'
import { type ListenAttendSpell, listenAttendSpell } from '../../src/models/listen-attend-spell.ts'
import { adam } from '../../src/optim/index.ts'
import { specialCount } from '../../src/text/index.ts'
import { expectClose } from '../optim/expect.ts'
import { audio, recordings, vocabSize } from './audio-task.ts'

type Floats = Tensor<Shape, 'float32'>
type Ids = Tensor<Shape, 'int32'>

const made = (pyramidLayers = 2, hiddenSize = 8): ListenAttendSpell => {
  setSeed(1)
  return listenAttendSpell({ features: audio.features, vocabSize, hiddenSize, embedDim: 8, pyramidLayers })
}

describe('listen, attend and spell', () => {
  test('has an output for each 2^layers frames, rounded up, and looks at those of the recording only', async () => {
    const { x, lengths, frames, target } = recordings(3, 1)
    const model = made(3)
    expect(model.forward(x, lengths, target).shape).toEqual([3, audio.most + 1, vocabSize])
    const weights = model.attentions(x, lengths, target)
    expect(weights.shape).toEqual([3, audio.most + 1, 4]) // 32 frames
    for (const [row, count] of frames.entries()) {
      const own = (await weights.slice(row, 0).data()) as Float32Array
      const heard = Math.ceil(count / 8)
      expect(own.slice(0, heard).reduce((a, b) => a + b)).toBeCloseTo(1, 5)
      expect(Array.from(own.slice(heard))).toEqual(Array(4 - heard).fill(0))
    }
  })

  test('says the same of a recording whatever fills it up, of odd lengths too', async () => {
    const model = made(2)
    const { x, target } = recordings(1, 5)
    const first = x.slice(null, { end: 13 }) as Floats
    const alone = await model.forward(first, tensor([13], 'int32') as Ids, target).data()
    const filled = concat([first, zeros([1, 6, audio.features]).add(3)] as readonly Floats[], 1) as Floats
    const found = await model.forward(filled, tensor([13], 'int32') as Ids, target).data()
    expectClose(found, alone, 1e-5, 'logits')
  })

  test('transcribes what its own scores say, and ends', async () => {
    const model = made(1)
    const { x, lengths } = recordings(2, 3)
    const texts = await model.transcribe(x, lengths, { maxLength: 5 })
    expect(model.training).toBe(true)
    model.eval()
    for (const [row, text] of texts.entries()) {
      const target = [1, ...text]
      const single = [x.slice({ start: row, end: row + 1 }), lengths.slice({ start: row, end: row + 1 })] as const
      const logits = model.forward(single[0] as Floats, single[1] as Ids, tensor([target], 'int32') as Ids)
      const best = Array.from(await (logits.argmax(2) as Ids).data(), Number)
      expect(best.slice(0, text.length)).toEqual(text)
      if (text.length < 5) expect(best.at(-1)).toBe(2)
    }
  })

  test('says what cannot be', () => {
    const size = { features: 3, vocabSize, hiddenSize: 8, embedDim: 4 }
    expect(() => listenAttendSpell({ ...size, hiddenSize: 7 })).toThrow(
      'listenAttendSpell: hiddenSize 7 is odd, and each direction of the listener has half of it. Choose an even one.',
    )
    expect(() => listenAttendSpell({ ...size, pyramidLayers: -1 })).toThrow(
      'listenAttendSpell: pyramidLayers must be a whole number of at least 0; got -1.',
    )
    expect(() => listenAttendSpell(size).listen(zeros([2, 9, 4]) as Floats, tensor([9, 9], 'int32') as Ids)).toThrow(
      'listenAttendSpell: x is [2, 9, 4]. Expected [B, T, 3].',
    )
  })

  // That it learns to transcribe what it never heard is shown in test/long.
  test('learns a batch by heart', async () => {
    const model = made(1, 16)
    const optimizer = adam(model, { learningRate: 0.02 })
    const { x, lengths, target, next, texts } = recordings(3, 2)
    const update = compile(() => {
      const loss = model.loss(x, lengths, target, next)
      optimizer.step(optimizer.gradients(loss))
      return loss
    })
    for (let i = 0; i < 60; i++) await (await update()).item()
    const found = await model.transcribe(x, lengths, { maxLength: 8 })
    const letters = found.map(text => text.map(id => id - specialCount))
    expect(letters).toEqual(texts)
  })
})
