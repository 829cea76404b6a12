import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { compile, fromArray, type Shape, setEngine, setSeed, type Tensor } from '../../src/index.ts'
import { Seq2Seq, Transformer } from '../../src/models/index.ts'
import { adamw, sgd } from '../../src/optim/index.ts'
import { specialIds } from '../../src/text/index.ts'
import { expectClose } from '../optim/expect.ts'
import { everyModel, lengthsOf, rows, smallSeq2Seq, smallTransformer } from './encoder-decoders.ts'

beforeAll(() => {
  setEngine('native', { always: true })
  setSeed(5)
})
const { begin, end } = specialIds
const sources = [
  [5, 3, 8, 4, 6, end],
  [7, end],
  [4, 4, 5, end],
]
const targets = [[begin, 3, 4], [begin, 7, 6, 5, 3], [begin]]
const slice = (all: ArrayLike<number>, row: number, size: number): number[] =>
  Array.from(all).slice(row * size, (row + 1) * size)

describe.each(everyModel)('%s', (_, make) => {
  test('gives each pair the scores that it has alone, whatever it is padded to and with', async () => {
    const model = make().eval()
    const V = model.config.targetVocabSize
    const T = 6
    const together = await model.forward(rows(sources, 9), lengthsOf(sources), rows(targets, T)).data()
    // Padding need not be the padding id.
    const littered = rows(sources.map(ids => [...ids, ...new Array<number>(9 - ids.length).fill(8)]))
    expectClose(
      await model.forward(littered, lengthsOf(sources), rows(targets, T)).data(),
      Array.from(together),
      1e-6,
      'littered',
    )
    for (const [i, source] of sources.entries()) {
      const alone = await model.forward(rows([source]), lengthsOf([source]), rows([targets[i]!])).data()
      expectClose(alone, slice(together, i, T * V).slice(0, alone.length), 1e-5, `pair ${i}`)
    }
  })

  test('decodes step by step to the scores and the weights of the whole target', async () => {
    const model = make().eval()
    const target = [
      [begin, 3, 4, 7],
      [begin, 6, 6, 5],
      [begin, 5, 3, 4],
    ]
    const [source, lengths] = [rows(sources), lengthsOf(sources)]
    const V = model.config.targetVocabSize
    const whole = await model.forward(source, lengths, rows(target)).data()
    const { cross } = model.attentions(source, lengths, rows(target))
    const last = Array.isArray(cross) ? (cross.at(-1) as Tensor<Shape, 'float32'>).mean(1) : (cross as Tensor | null)
    const weights = last && Array.from(await last.data(), Number)
    const encoding = model.encode(source, lengths, 8)
    let { state } = encoding
    for (let t = 0; t < 4; t++) {
      const ids = rows(target.map(row => [row[t]!])).reshape([3]) as Tensor<Shape, 'int32'>
      const position = rows([[t]]).reshape([]) as Tensor<Shape, 'int32'>
      const out = model.step(ids, position, state, encoding.memory)
      state = out.state
      const at = (all: ArrayLike<number>, size: number): number[] => [0, 1, 2].flatMap(b => slice(all, b * 4 + t, size))
      expectClose(await out.logits.data(), at(whole, V), 1e-5, `scores at ${t}`)
      expect(out.weights === null).toBe(weights === null)
      if (out.weights && weights) expectClose(await out.weights.data(), at(weights, 6), 1e-5, `weights at ${t}`)
    }
  })

  test('learns a batch by heart, all its parameters with a gradient', async () => {
    const model = make()
    const optimizer = adamw(model, { learningRate: 0.03, weightDecay: 0 })
    const next = rows(targets.map(ids => [...ids.slice(1), end]))
    const given = [rows(sources), lengthsOf(sources), rows(targets), next] as const
    const names = [...model.namedParameters().keys()]
    const moved = compile((...[x, l, y, n]: typeof given) =>
      optimizer.gradients(model.loss(x, l, y, n)).map(g => g.abs().max()),
    )
    for (const [i, largest] of (await moved(...given)).entries())
      expect(await largest.item(), names[i]).toBeGreaterThan(0)
    const update = compile((...[x, l, y, n]: typeof given) => {
      const loss = model.loss(x, l, y, n)
      optimizer.step(optimizer.gradients(loss))
      return loss
    })
    let loss = 0
    for (let i = 0; i < 80; i++) loss = await (await update(...given)).item()
    expect(loss).toBeLessThan(0.05)
  })

  test('comes back from its config.json', () => {
    const model = make()
    const kind = model instanceof Seq2Seq ? Seq2Seq : Transformer
    const again = kind.fromJSON(JSON.parse(JSON.stringify(model.toJSON())))
    expect(again.config).toEqual(model.config)
    expect([...again.state()].map(([name, slot]) => [name, slot.shape])).toEqual(
      [...model.state()].map(([name, slot]) => [name, slot.shape]),
    )
  })
})

// The same models written down in PyTorch, in float64 (tools/fixtures/encoder_decoders.py).
interface Stored {
  readonly shape: Shape
  readonly data: readonly number[]
}
const reference = JSON.parse(
  readFileSync(new URL('../fixtures/encoder-decoders.json', import.meta.url), 'utf8'),
) as Record<'source' | 'lengths' | 'target' | 'next', Stored> & {
  cases: readonly {
    title: string
    kind: 'seq2seq' | 'transformer'
    config: Record<string, unknown>
    state: Record<string, Stored>
    logits: Stored
    weights: Stored | null
    loss: number
    gradients: Record<string, Stored>
  }[]
}
test.each(reference.cases)("gives PyTorch's scores, weights, loss and gradients: $title", async c => {
  const model = c.kind === 'seq2seq' ? new Seq2Seq(c.config as never) : new Transformer(c.config as never)
  const entries = Object.entries(c.state).map(([name, { shape, data }]) => {
    return [name, { dtype: 'float32' as const, shape, data: Float32Array.from(data) }] as const
  })
  model.loadState(new Map(entries))
  const ids = ({ data, shape }: Stored) => fromArray(Int32Array.from(data), shape, 'int32') as Tensor<Shape, 'int32'>
  const given = [ids(reference.source), ids(reference.lengths), ids(reference.target)] as const
  expectClose(await model.forward(...given).data(), c.logits.data, 1e-5, 'scores')
  const { cross } = model.attentions(...given)
  if (c.weights) expectClose(await (cross as Tensor<Shape, 'float32'>).data(), c.weights.data, 1e-5, 'weights')
  const loss = model.loss(...given, ids(reference.next), { labelSmoothing: 0.1 })
  expect(await loss.item()).toBeCloseTo(c.loss, 5)
  const names = [...model.namedParameters().keys()]
  const found = compile((...[x, l, y]: typeof given) => {
    const again = model.loss(x, l, y, ids(reference.next), { labelSmoothing: 0.1 })
    return sgd(model, { learningRate: 0.1 }).gradients(again)
  })
  const gradients = await found(...given)
  for (const [name, { data }] of Object.entries(c.gradients))
    expectClose((await gradients[names.indexOf(name)]!.data()) as Float32Array, data, 1e-5, name)
})

test('padding of the target does not count in the loss, and smoothing does', async () => {
  const model = smallTransformer().eval()
  const [source, lengths, target] = [rows([sources[0]!]), lengthsOf([sources[0]!]), rows([targets[0]!], 6)]
  const next = [3, 4, end]
  const of = async (size: number, labelSmoothing = 0): Promise<number> =>
    model.loss(source, lengths, rows([targets[0]!], size), rows([next], size), { labelSmoothing }).item()
  expect(await of(6)).toBeCloseTo(await of(3), 5)
  const logits = Array.from(await model.forward(source, lengths, target).data())
  const V = model.config.targetVocabSize
  const logs = next.map((_, t) => {
    const row = logits.slice(t * V, (t + 1) * V)
    const total = Math.log(row.reduce((sum, x) => sum + Math.exp(x), 0))
    return row.map(x => x - total)
  })
  const mean = (values: number[]): number => values.reduce((a, b) => a + b, 0) / values.length
  expect(await of(6)).toBeCloseTo(-mean(logs.map((row, t) => row[next[t]!]!)), 5)
  const smoothed = logs.map((row, t) => 0.9 * row[next[t]!]! + 0.1 * mean(row))
  expect(await of(6, 0.1)).toBeCloseTo(-mean(smoothed), 5)
})

test('a Transformer tells a token from those before it alone', async () => {
  const model = smallTransformer().eval()
  const of = async (target: number[]): Promise<ArrayLike<number>> =>
    model.forward(rows([sources[0]!]), lengthsOf([sources[0]!]), rows([target])).data()
  const [one, other] = [await of([begin, 3, 4, 5]), await of([begin, 3, 7, 7])]
  expect(slice(one, 0, 16)).toEqual(slice(other, 0, 16))
  expect(slice(one, 2, 8)).not.toEqual(slice(other, 2, 8))
})

test('attention weights of every layer and head sum to 1 over what is seen', async () => {
  const model = smallTransformer().eval()
  const { encoder, decoder, cross } = model.attentions(rows(sources), lengthsOf(sources), rows(targets))
  expect([encoder, decoder, cross].map(all => all.map(w => w.shape))).toEqual([
    [
      [3, 2, 6, 6],
      [3, 2, 6, 6],
    ],
    [
      [3, 2, 5, 5],
      [3, 2, 5, 5],
    ],
    [
      [3, 2, 5, 6],
      [3, 2, 5, 6],
    ],
  ])
  for (const weights of [...encoder, ...cross]) {
    const values = Array.from(await weights.data())
    const [, heads, rowsOf, S] = weights.shape as readonly [number, number, number, number]
    for (let i = 0; i < values.length / S; i++) {
      const row = slice(values, i, S)
      const seen = sources[Math.floor(i / (heads * rowsOf))]!.length
      expect(row.slice(0, seen).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5)
      expect(row.slice(seen).every(w => w === 0)).toBe(true)
    }
  }
})

test('without teacher forcing the decoder reads its own guesses, while training', async () => {
  const model = smallSeq2Seq()
  const of = async (target: number[], teacherForcing: number): Promise<number[]> =>
    Array.from(
      await model.forward(rows([sources[0]!]), lengthsOf([sources[0]!]), rows([target]), { teacherForcing }).data(),
    )
  const own = await of([begin, 3, 4, 5], 0)
  expect(await of([begin, 7, 6, 3], 0)).toEqual(own)
  const best = (row: number[]): number => row.indexOf(Math.max(...row))
  const guesses = [0, 1, 2].map(t => best(slice(own, t, 8)))
  expectClose(await of([begin, ...guesses], 1), own, 1e-5, 'guesses as the target')
  model.eval()
  expect(await of([begin, 7, 6, 3], 0)).toEqual(await of([begin, 7, 6, 3], 1))
  // Between the two, some rows and positions read one and some the other.
  model.train()
  const mixed = await of([begin, 7, 6, 3, 7, 6, 3, 5, 4, 7, 6, 3], 0.5)
  expect(mixed).not.toEqual(await of([begin, 7, 6, 3, 7, 6, 3, 5, 4, 7, 6, 3], 1))
  expect(mixed).not.toEqual(await of([begin, 7, 6, 3, 7, 6, 3, 5, 4, 7, 6, 3], 0))
})

test('one embedding for both languages is one parameter', () => {
  for (const make of [smallSeq2Seq, smallTransformer]) {
    const model = make({ sourceVocabSize: 8, sharedEmbeddings: true })
    expect(model.source_embedding).toBe(model.target_embedding)
    const names = [...model.namedParameters().keys()].filter(name => name.includes('embedding'))
    expect(names).toHaveLength(1)
  }
})

test('a configuration that no model can have is told', () => {
  expect(() => smallSeq2Seq({ hiddenSize: 7 })).toThrow(
    'seq2seq: hiddenSize 7 is odd, and each direction of the encoder has half of it. Choose an even one, or bidirectional: false.',
  )
  expect(() => smallSeq2Seq({ attention: 'cosine' as 'dot' })).toThrow(
    'seq2seq: attention must be one of additive, dot, general, none; got "cosine".',
  )
  expect(() => smallSeq2Seq({ sharedEmbeddings: true })).toThrow(
    'seq2seq: sharedEmbeddings needs one vocabulary; the sizes are 9 and 8. Give one tokenizer for both sides, or leave it out.',
  )
  expect(() => smallTransformer({ numHeads: 3 })).toThrow(
    'transformer: embedDim 8 does not go with 3 heads. It must be a multiple of numHeads, and even for the sines and cosines of positions.',
  )
  expect(() => Transformer.fromJSON({ ...smallTransformer().toJSON(), dropout: 1 }, 'm/config.json')).toThrow(
    'm/config.json: dropout is 1. Expected a number from 0 to below 1.',
  )
  expect(() => Seq2Seq.fromJSON({ model_type: 'gpt2' }, 'm/config.json')).toThrow(
    'm/config.json: model_type is "gpt2". Expected "gradus_seq2seq".',
  )
  expect(() => smallSeq2Seq().forward(rows([[4]]), lengthsOf([[4]]), rows([[begin]]), { teacherForcing: 2 })).toThrow(
    'seq2seq: teacherForcing must be from 0 to 1; got 2.',
  )
})
