import { expect, test } from 'vitest'
import { compile, fromArray, setSeed, type Shape, type Tensor } from '../../src/index.ts'
import * as nn from '../../src/nn/index.ts'
import { adam } from '../../src/optim/index.ts'
import { audio, exact, recordings } from '../models/audio-task.ts'

type Floats = Tensor<Shape, 'float32'>
type Ids = Tensor<Shape, 'int32'>

/** Scores of each letter and the blank, frame by frame. */
class Frames extends nn.Module {
  readonly rnn = nn.lstm(audio.features, 16, { bidirectional: true })
  readonly head = nn.linear(32, audio.letters + 1)
  forward(x: Floats, lengths: Ids): Floats {
    return (this.head.forward(this.rnn.forward(x, { lengths }).output as never) as Floats).logSoftmax() as Floats
  }
}

test('with CTC a network learns to write down spoken letters without being told when each was said', async () => {
  setSeed(1)
  const model = new Frames()
  const optimizer = adam(model, { learningRate: 0.01, clipNorm: 1 })
  const update = compile((x: Floats, lengths: Ids, targets: Ids, targetLengths: Ids) => {
    const loss = nn.ctcLoss(model.forward(x, lengths), targets, {
      inputLengths: lengths,
      targetLengths,
      blank: audio.letters,
      zeroInfinity: true,
    })
    optimizer.step(optimizer.gradients(loss as never))
    return loss
  })
  const labels = (texts: readonly (readonly number[])[]): { targets: Ids; targetLengths: Ids } => {
    const rows = texts.flatMap(text => [...text, ...Array<number>(audio.most - text.length).fill(0)])
    return {
      targets: fromArray(Int32Array.from(rows), [texts.length, audio.most], 'int32'),
      targetLengths: fromArray(
        Int32Array.from(texts, t => t.length),
        [texts.length],
        'int32',
      ),
    }
  }
  for (let i = 0; i < 120; i++) {
    const { x, lengths, texts } = recordings(16, 100 + i)
    const { targets, targetLengths } = labels(texts)
    await (await update(x, lengths, targets, targetLengths)).item()
  }
  const unseen = recordings(64, 7)
  const logProbs = model.forward(unseen.x, unseen.lengths)
  const options = { blank: audio.letters, lengths: unseen.frames }
  expect(exact(await nn.ctcGreedy(logProbs, options), unseen.texts)).toBeGreaterThan(0.85)
  const searched = (await nn.ctcBeamSearch(logProbs, { ...options, beamWidth: 8 })).map(([best]) => best!.labels)
  expect(exact(searched, unseen.texts)).toBeGreaterThan(0.85)
})
