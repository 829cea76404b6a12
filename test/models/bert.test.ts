import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { evaluate, fromArray, setEngine, setSeed, type Shape, type Tensor, tensor } from '../../src/index.ts'
import {
  type BertConfig,
  BertForMaskedLM,
  BertForPreTraining,
  BertForSequenceClassification,
  type BertInput,
  BertModel,
} from '../../src/models/index.ts'
import type { Module } from '../../src/nn/index.ts'
import { adamw, sgd } from '../../src/optim/index.ts'
import fixtures from '../fixtures/bert.json' with { type: 'json' }
import { filledState, signed } from './filled.ts'

const { ids, tokenTypes, mask, targets, cases } = fixtures
const input: Required<BertInput> = {
  ids: tensor(ids, 'int32'),
  tokenTypes: tensor(tokenTypes, 'int32'),
  mask: tensor(mask, 'int32').greaterEqual(1) as Tensor<Shape, 'bool'>,
}
const places = targets.labels.flat().flatMap((label, i) => (label === -100 ? [] : [i]))
const masked = {
  // Of two places more than there are masks: what does not count changes nothing.
  places: tensor([...places, 0, 3], 'int32'),
  labels: tensor([...places.map(i => targets.labels.flat()[i]!), -100, -100], 'int32'),
}

const filled = <M extends Module>(model: M): M => {
  model.loadState(filledState(model))
  return model.eval()
}
const pretraining = (): BertForPreTraining => filled(BertForPreTraining.fromJSON(cases['pre-training'].config))
const maskedLM = (): BertForMaskedLM => filled(BertForMaskedLM.fromJSON(cases['masked tokens'].config))
const classifier = (): BertForSequenceClassification =>
  filled(BertForSequenceClassification.fromJSON(cases.classification.config))

const close = async (found: Tensor, wanted: ArrayLike<number>, within = 1e-4): Promise<void> => {
  const values = (await found.data()) as Float32Array
  expect(values.length).toBe(wanted.length)
  for (let i = 0; i < values.length; i++) expect(Math.abs(values[i]! - wanted[i]!)).toBeLessThan(within)
}

describe.each(['native', 'wasm', 'reference'] as const)('on %s, outputs are those of transformers', engine => {
  beforeAll(() => setEngine(engine))
  afterAll(() => setEngine('native'))

  test('of masked tokens and of the next sentence', async () => {
    const { logits, next } = pretraining().forward(input)
    await close(logits, cases['pre-training'].outputs.logits)
    await close(next, cases['pre-training'].outputs.next)
    await close(maskedLM().forward(input), cases['masked tokens'].outputs.logits)
  })
  test('of classes', async () => close(classifier().forward(input), cases.classification.outputs.logits))
})

const losses = [
  ['pre-training', pretraining, (m: BertForPreTraining) => m.loss(input, masked, tensor(targets.next, 'int32')).loss],
  ['masked tokens', maskedLM, (m: BertForMaskedLM) => m.loss(input, masked)],
  ['classification', classifier, (m: BertForSequenceClassification) => m.loss(input, tensor(targets.classes, 'int32'))],
] as const
test.each(losses)('%s: loss, and its slope along a known direction in each parameter', async (title, make, lossOf) => {
  const model = make()
  const wanted = cases[title]
  const named = [...model.namedParameters()]
  const loss = lossOf(model as never)
  const gradients = sgd(model, { learningRate: 1 }).gradients(loss)
  expect(await loss.item()).toBeCloseTo(wanted.loss, 4)
  expect(named.map(([name]) => name).sort()).toEqual(Object.keys(wanted.slopes).sort())
  const slopes = named.map(([name, { shape }], i) =>
    gradients[i]!.mul(fromArray(signed(`${name}.direction`, shape), shape, 'float32') as never).sum(),
  )
  await evaluate(...slopes)
  for (const [i, [name]] of named.entries()) {
    const found = Number(await slopes[i]!.item())
    expect(Math.abs(found - (wanted.slopes as Record<string, number>)[name]!)).toBeLessThan(2e-4)
  }
})

test('scores at some places are those of all places there', async () => {
  const model = pretraining()
  const { vocabSize } = model.config
  const all = cases['pre-training'].outputs.logits
  const wanted = [13, 2].flatMap(place => all.slice(place * vocabSize, (place + 1) * vocabSize))
  await close(model.logitsAt(input, tensor([13, 2], 'int32')), wanted)
})

test('what stands at padding changes nothing for the rest, and a pair is another thing than one text', async () => {
  const model = classifier()
  const other = tensor(
    ids.map((row, b) => row.map((id, t) => (mask[b]![t] === 1 ? id : 7))),
    'int32',
  )
  await close(model.forward({ ...input, ids: other }), cases.classification.outputs.logits)
  const alone = (await model.forward({ ids: input.ids, mask: input.mask }).data()) as Float32Array
  expect(Math.abs(alone[0]! - cases.classification.outputs.logits[0]!)).toBeGreaterThan(1e-3)
})

const small: BertConfig = { vocabSize: 11, contextLength: 6, numLayers: 1, numHeads: 2, embedDim: 8 }

test('without pooler there is no vector of the whole text', async () => {
  const { hidden, pooled } = new BertModel(small, { pooler: false }).forward({ ids: tensor([[1, 2, 3]], 'int32') })
  expect(hidden.shape).toEqual([1, 3, 8])
  expect(pooled).toBeNull()
})

test('it drops while it trains only', async () => {
  setSeed(2)
  const model = new BertModel({ ...small, dropout: 0.5 })
  const run = async (): Promise<ArrayLike<unknown>> =>
    model.forward({ ids: tensor([[1, 2, 3]], 'int32') }).hidden.data()
  expect(await run()).not.toEqual(await run())
  model.eval()
  expect(await run()).toEqual(await run())
})

test('a classifier learns two texts by heart', async () => {
  setSeed(1)
  const model = new BertForSequenceClassification({ ...small, dropout: 0 })
  const optimizer = adamw(model, { learningRate: 0.01 })
  const two = { ids: tensor([[1, 2, 3], [1, 3, 2]], 'int32') } // biome-ignore format: one text a line says less
  const labels = tensor([0, 1], 'int32')
  for (let i = 0; i < 60; i++) {
    const loss = model.loss(two, labels)
    optimizer.step(optimizer.gradients(loss))
    await loss.item()
  }
  expect(await model.loss(two, labels).item()).toBeLessThan(0.1)
})

test('what config.json says is what the model was made with, and back', () => {
  for (const [title, make] of losses) {
    const model = make()
    const json = model.toJSON()
    expect((model.constructor as typeof BertForMaskedLM).fromJSON(json).toJSON()).toEqual(json)
    for (const key of ['vocab_size', 'intermediate_size', 'layer_norm_eps', 'id2label'] as const)
      if (key !== 'id2label' || title === 'classification')
        expect(json[key]).toEqual((cases[title].config as Record<string, unknown>)[key])
  }
})

test.each<[Partial<BertConfig>, string]>([
  [{ numLayers: 0 }, 'bert: numLayers must be a whole number of at least 1; got 0.'],
  [{ hiddenDim: 1.5 }, 'bert: hiddenDim must be a whole number of at least 1; got 1.5.'],
  [
    { embedDim: 9 },
    'bert: embedDim 9 is not a multiple of numHeads 2. Each head needs an equal share: choose a multiple.',
  ],
])('sizes %j are refused', (change, message) => {
  expect(() => new BertModel({ ...small, ...change })).toThrow(message)
})

test('a text longer than the context is refused', () => {
  expect(() => new BertModel(small).forward({ ids: tensor([[1, 2, 3, 4, 5, 6, 7]], 'int32') })).toThrow(
    'bert: ids are [1, 7]. Expected [B, T] with T at most 6, the context; cut texts to it.',
  )
})

test.each<[Record<string, unknown>, string]>([
  [{ model_type: 'gpt2' }, 'c.json: model_type is "gpt2". Expected "bert".'],
  [{ hidden_act: 'relu' }, 'c.json: hidden_act is "relu". Only "gelu" can be loaded here.'],
  [
    { position_embedding_type: 'relative_key' },
    'c.json: position_embedding_type is "relative_key". Only "absolute" can be loaded here.',
  ],
  [{ is_decoder: true }, 'c.json: is_decoder is true. Only false can be loaded here.'],
  [{ hidden_dropout_prob: 1 }, 'c.json: hidden_dropout_prob is 1. Expected a number from 0 to below 1.'],
  [{ num_attention_heads: 5 }, 'c.json: bert: embedDim 8 is not a multiple of numHeads 5.'],
  [
    { id2label: { 0: 'a', 2: 'b' } },
    'c.json: id2label is {"0":"a","2":"b"}. Expected a name for each class, by its number.',
  ],
])('a configuration with %j is refused', (change, message) => {
  const json = { ...new BertForSequenceClassification(small).toJSON(), ...change }
  expect(() => BertForSequenceClassification.fromJSON(json, 'c.json')).toThrow(message)
})

test('new weights are as far spread as the configuration says', () => {
  setSeed(4)
  const { weight } = new BertModel({ ...small, embedDim: 64, initializerRange: 0.1 }).encoder.layer[0]!.output.dense
  const values = weight.buffer.array as Float32Array
  expect(Math.sqrt(values.reduce((sum, x) => sum + x * x, 0) / values.length)).toBeCloseTo(0.1, 2)
})
