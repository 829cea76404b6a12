import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { compile, fromArray, setSeed, type Shape, type Tensor } from '../../src/index.ts'
import { listenAttendSpell, SequenceClassifier } from '../../src/models/index.ts'
import { crossEntropy } from '../../src/nn/index.ts'
import { adam } from '../../src/optim/index.ts'
import { prepareRecurrent, recurrentOptions } from '../../src/recipes/index.ts'
import { Generator, permutation } from '../../src/tensor/random.ts'
import { specialCount } from '../../src/text/index.ts'
import { audio, exact, recordings, vocabSize } from '../models/audio-task.ts'

type Floats = Tensor<Shape, 'float32'>
type Ids = Tensor<Shape, 'int32'>
const data = process.env.GRADUS_DATA ?? fileURLToPath(new URL('../../../shared/data', import.meta.url))

describe.skipIf(!process.env.GRADUS_TEST_LONG)('recurrent models', () => {
  test('two LSTM layers of 256 predict Shakespeare’s characters with at most 1.65 nats', {
    timeout: 1_200_000,
  }, async context => {
    const path = join(data, 'text', 'tinyshakespeare.txt')
    if (!existsSync(path)) return context.skip('no text/tinyshakespeare.txt in GRADUS_DATA or ../shared/data')
    const options = recurrentOptions.validate('test', { data: path, steps: 1600 })
    const { task, fullLoss } = await prepareRecurrent(readFileSync(path, 'utf8'), options)
    for (let i = 0; i < options.steps; i++) await task.step()
    expect(await fullLoss()).toBeLessThan(1.65)
  })

  test('a classifier tells from its letters which of 18 languages a name is of', {
    timeout: 600_000,
  }, async context => {
    const folder = join(data, 'text', 'names_by_language')
    if (!existsSync(folder)) return context.skip('no text/names_by_language in GRADUS_DATA or ../shared/data')
    const files = readdirSync(folder).filter(name => name.endsWith('.txt'))
    const names = files.flatMap((name, label) =>
      readFileSync(join(folder, name), 'utf8')
        .trim()
        .split('\n')
        .map(line => ({ letters: Array.from(line.trim().toLowerCase()), label })),
    )
    const letters = [...new Set(names.flatMap(n => n.letters))].sort()
    const idOf = new Map(letters.map((letter, i) => [letter, i]))
    const order = permutation(names.length, new Generator(3))
    const T = Math.max(...names.map(n => n.letters.length))
    const batch = (of: readonly number[]): { x: Ids; y: Ids; lengths: Ids } => {
      const rows = of.map(i => names[i]!)
      const ids = rows.flatMap(r => Array.from({ length: T }, (_, t) => idOf.get(r.letters[t] ?? '') ?? 0))
      const ints = (values: readonly number[], shape: readonly number[]): Ids =>
        fromArray(Int32Array.from(values), shape, 'int32')
      return {
        x: ints(ids, [of.length, T]),
        y: ints(
          rows.map(r => r.label),
          [of.length],
        ),
        lengths: ints(
          rows.map(r => r.letters.length),
          [of.length],
        ),
      }
    }
    const kept = Array.from(order.slice(0, 2000), Number)
    const known = Array.from(order.slice(2000), Number)
    setSeed(1)
    const model = new SequenceClassifier({
      cell: 'gru',
      vocabSize: letters.length,
      inputSize: 24,
      hiddenSize: 64,
      numClasses: files.length,
      bidirectional: true,
    })
    const optimizer = adam(model, { learningRate: 3e-3, clipNorm: 1 })
    const update = compile((x: Ids, y: Ids, lengths: Ids) => {
      const loss = crossEntropy(model.forward(x, lengths) as never, y as never)
      optimizer.step(optimizer.gradients(loss as never))
      return loss
    })
    for (let pass = 0; pass < 3; pass++) {
      for (let i = 0; i + 64 <= known.length; i += 64) {
        const { x, y, lengths } = batch(known.slice(i, i + 64))
        await (await update(x, y, lengths)).item()
      }
    }
    const { x, y, lengths } = batch(kept)
    const right = (model.forward(x, lengths).argmax(1) as Ids).equal(y as never).to('float32') as Floats
    // The most frequent language alone has 47 %.
    expect(await right.mean().item()).toBeGreaterThan(0.78)
  })

  test('listen, attend and spell writes down spoken letters that it never heard', { timeout: 600_000 }, async () => {
    setSeed(1)
    const size = { hiddenSize: 32, embedDim: 8, pyramidLayers: 2 }
    const model = listenAttendSpell({ features: audio.features, vocabSize, ...size })
    const optimizer = adam(model, { learningRate: 5e-3, clipNorm: 1 })
    const update = compile((x: Floats, lengths: Ids, target: Ids, next: Ids) => {
      const loss = model.loss(x, lengths, target, next)
      optimizer.step(optimizer.gradients(loss))
      return loss
    })
    for (let i = 0; i < 400; i++) {
      const { x, lengths, target, next } = recordings(32, 100 + i)
      await (await update(x, lengths, target, next)).item()
    }
    const unseen = recordings(128, 7)
    const found = await model.transcribe(unseen.x, unseen.lengths, { maxLength: 8 })
    const letters = found.map(text => text.map(id => id - specialCount))
    expect(exact(letters, unseen.texts)).toBeGreaterThan(0.9)
  })
})
