import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { setSeed, type Tensor } from '../../src/index.ts'
import { readSafetensors, writeSafetensors } from '../../src/io/index.ts'
import {
  type BertConfig,
  BertForMaskedLM,
  BertForPreTraining,
  BertForSequenceClassification,
  BertModel,
  bertInput,
  fillMask,
  loadBert,
  loadBertEncoder,
  saveBert,
  sentenceVectors,
} from '../../src/models/index.ts'
import { adamw } from '../../src/optim/index.ts'
import { CharTokenizer, WordPieceTokenizer } from '../../src/text/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'gradus-bert-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const tokenizer = WordPieceTokenizer.train('the cat sat on the mat and the dog sat on the log', { vocabSize: 60 })
const config: BertConfig = {
  vocabSize: tokenizer.vocabSize,
  contextLength: 16,
  numLayers: 1,
  numHeads: 2,
  embedDim: 8,
}
const valuesOf = async (x: Tensor): Promise<number[]> => Array.from((await x.data()) as Float32Array)
const input = bertInput(tokenizer, ['the cat sat', 'on the mat and the log'], { maxLength: 16 })

describe('texts as BERT reads them', () => {
  const ids = (row: readonly string[]): number[] =>
    row.map(token => tokenizer.encode(token, { specialTokens: false })[0]!)

  test('have their special tokens, types and padding', async () => {
    const pair = bertInput(tokenizer, [['the cat', 'sat'], 'dog'], { maxLength: 16 })
    expect(Array.from(await pair.ids.data())).toEqual([
      ...ids(['[CLS]', 'the', 'cat', '[SEP]', 'sat', '[SEP]']),
      ...ids(['[CLS]', 'dog', '[SEP]', '[PAD]', '[PAD]', '[PAD]']),
    ])
    expect(Array.from(await pair.tokenTypes.data())).toEqual([0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0])
    expect(Array.from(await pair.mask.data(), Number)).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0])
  })

  test('lose their ends where they are too long, the longer of two first', async () => {
    const rows = async (texts: Parameters<typeof bertInput>[1]): Promise<number[]> =>
      Array.from((await bertInput(tokenizer, texts, { maxLength: 7 }).ids.data()) as Int32Array)
    const [cls, sep] = ids(['[CLS]', '[SEP]']) as [number, number]
    const [the, cat, sat] = ids(['the', 'cat', 'sat']) as [number, number, number]
    expect(await rows(['the the the the the the the'])).toEqual([cls, the, the, the, the, the, sep])
    expect(await rows([['cat', 'the the the the']])).toEqual([cls, cat, sep, the, the, the, sep])
    expect(await rows([['the the the the', 'cat']])).toEqual([cls, the, the, the, sep, cat, sep])
    expect(await rows([['the the the the', 'sat sat sat sat']])).toEqual([cls, the, the, sep, sat, sat, sep])
  })

  test('need the tokenizer of a BERT, and room', () => {
    expect(() => bertInput(CharTokenizer.train('abc'), ['a'], { maxLength: 5 })).toThrow(
      "the tokenizer has no [PAD], so it is not one of BERT's. Give a WordPiece tokenizer with [PAD], [CLS], [SEP], [MASK].",
    )
    expect(() => bertInput(tokenizer, [['a', 'b']], { maxLength: 2 })).toThrow(
      'bertInput: maxLength 2 has no room for the tokens around two texts. Give at least 3.',
    )
  })
})

describe('a folder', () => {
  const at = (name: string): string => join(folder, name)
  beforeAll(async () => {
    setSeed(5)
    await saveBert(at('pre'), new BertForPreTraining(config), tokenizer)
    await saveBert(at('body'), new BertModel(config), tokenizer)
    await saveBert(at('cls'), new BertForSequenceClassification({ ...config, classes: ['a', 'b', 'c'] }), tokenizer)
  })

  test('gives back what was saved', async () => {
    setSeed(7)
    const model = new BertForMaskedLM(config).eval()
    await saveBert(at('mlm'), model, tokenizer)
    const loaded = await loadBert(at('mlm'))
    expect(loaded.model).toBeInstanceOf(BertForMaskedLM)
    expect(await valuesOf((loaded.model as BertForMaskedLM).forward(input))).toEqual(
      await valuesOf(model.forward(input)),
    )
    expect(loaded.tokenizer.encode('the cat')).toEqual(tokenizer.encode('the cat'))
    const { model: judge } = await loadBert(at('cls'), { as: 'BertForSequenceClassification' })
    expect(judge.classes).toEqual(['a', 'b', 'c'])
  })

  test('is read with names of older files, and with or without the prefix', async () => {
    const { model } = await loadBert(at('pre'), { as: 'BertForPreTraining' })
    const wanted = await valuesOf(model.forward(input).logits)
    const { tensors } = await readSafetensors(join(at('pre'), 'model.safetensors'))
    const renamed = [...tensors].map(([name, tensor]) => {
      const old = name.replace('LayerNorm.weight', 'LayerNorm.gamma').replace('LayerNorm.bias', 'LayerNorm.beta')
      return [old.replace(/^bert\./, ''), tensor] as const
    })
    const words = tensors.get('bert.embeddings.word_embeddings.weight')!
    const positions = { dtype: 'int64', shape: [1, 16], data: new BigInt64Array(16) } as const
    await writeSafetensors(join(at('pre'), 'model.safetensors'), [
      ...renamed,
      // What published files hold beside.
      ['cls.predictions.decoder.weight', words],
      ['cls.predictions.decoder.bias', tensors.get('cls.predictions.bias')!],
      ['embeddings.position_ids', positions],
    ] as never)
    const again = await loadBert(at('pre'), { as: 'BertForPreTraining' })
    expect(await valuesOf(again.model.forward(input).logits)).toEqual(wanted)
    const { model: body } = await loadBert(at('pre'), { as: 'BertModel' })
    expect(await valuesOf(body.forward(input).hidden)).toEqual(await valuesOf(model.bert.forward(input).hidden))
  })

  test('of another head than asked for says what is missing', async () => {
    await expect(loadBert(at('body'), { as: 'BertForMaskedLM' })).rejects.toThrow(
      'has no tensor for 5 of 26 parameters: cls.predictions.bias [37]',
    )
  })

  test('gives its encoder to another head, which keeps its values', async () => {
    setSeed(9)
    const model = new BertForSequenceClassification({ ...config, classes: ['x', 'y'] }).eval()
    const before = Array.from(model.classifier.weight.buffer.array as Float32Array)
    await loadBertEncoder(at('body'), model)
    const { model: body } = await loadBert(at('body'), { as: 'BertModel' })
    expect(await valuesOf(model.bert.forward(input).pooled!)).toEqual(await valuesOf(body.forward(input).pooled!))
    expect(Array.from(model.classifier.weight.buffer.array as Float32Array)).toEqual(before)
    const larger = new BertForSequenceClassification({ ...config, embedDim: 12 })
    await expect(loadBertEncoder(at('body'), larger)).rejects.toThrow(
      'bert.embeddings.word_embeddings.weight is float32 [37, 8] in',
    )
  })

  test('of a form that is not here is refused', async () => {
    const path = join(at('body'), 'config.json')
    const json = readFileSync(path, 'utf8')
    writeFileSync(path, json.replace('BertModel', 'BertForQuestionAnswering'))
    await expect(loadBert(at('body'))).rejects.toThrow(
      'config.json: architectures is ["BertForQuestionAnswering"]. Forms of BERT that can be loaded are BertModel, BertForMaskedLM, BertForPreTraining, BertForSequenceClassification.',
    )
    writeFileSync(path, json)
  })

  test('whose tokenizer is too large is refused', async () => {
    await expect(
      saveBert(at('small'), new BertModel({ ...config, vocabSize: 10 }), tokenizer).then(() => loadBert(at('small'))),
    ).rejects.toThrow('the tokenizer has 37 tokens and the model 10. They do not belong together')
  })
})

describe('vectors of sentences', () => {
  const texts = ['the cat sat', 'on the mat', 'the dog sat on the log and the mat and the cat', 'dog']
  setSeed(11)
  const model = new BertModel(config)

  test('are means over the tokens of a text, whatever stands in the batch beside it', async () => {
    const all = await valuesOf(await sentenceVectors(model, tokenizer, texts, { normalize: false, batchSize: 3 }))
    expect(model.training).toBe(true)
    for (const [i, text] of texts.entries()) {
      const one = bertInput(tokenizer, [text], { maxLength: 16 })
      model.eval()
      const hidden = await valuesOf(model.forward(one).hidden)
      model.train()
      const T = hidden.length / 8
      for (let c = 0; c < 8; c++) {
        const mean = hidden.filter((_, k) => k % 8 === c).reduce((a, b) => a + b, 0) / T
        expect(all[i * 8 + c]).toBeCloseTo(mean, 5)
      }
    }
  })

  test('are those of the first token, of length 1', async () => {
    const [vectors, plain] = await Promise.all(
      [true, false].map(async normalize =>
        valuesOf(await sentenceVectors(model, tokenizer, texts, { pooling: 'cls', normalize })),
      ),
    )
    const one = bertInput(tokenizer, [texts[1]!], { maxLength: 16 })
    const hidden = await valuesOf(model.eval().forward(one).hidden)
    for (let c = 0; c < 8; c++) expect(plain![8 + c]).toBeCloseTo(hidden[c]!, 5)
    const length = Math.hypot(...plain!.slice(8, 16))
    for (let c = 0; c < 8; c++) expect(vectors![8 + c]).toBeCloseTo(hidden[c]! / length, 5)
  })
})

describe('filling masks', () => {
  test('finds what it was taught, for each mask by itself', async () => {
    setSeed(3)
    const model = new BertForMaskedLM({ ...config, dropout: 0 })
    const text = bertInput(tokenizer, ['the [MASK] sat on the [MASK]'], { maxLength: 16 })
    const [cat, mat] = ['cat', 'mat'].map(word => tokenizer.encode(word, { specialTokens: false })[0]!)
    const { fromArray } = await import('../../src/index.ts')
    const masked = {
      places: fromArray(Int32Array.of(2, 6), [2], 'int32'),
      labels: fromArray(Int32Array.of(cat!, mat!), [2], 'int32'),
    }
    const optimizer = adamw(model, { learningRate: 0.02 })
    for (let i = 0; i < 60; i++) {
      const loss = model.loss(text, masked)
      optimizer.step(optimizer.gradients(loss))
      await loss.item()
    }
    const found = await fillMask(model, tokenizer, 'The [MASK] sat on the [MASK]', { topK: 3 })
    expect(found.map(best => best.length)).toEqual([3, 3])
    expect(found.map(best => best[0]!.token)).toEqual(['cat', 'mat'])
    expect(found[0]![0]!.probability).toBeGreaterThan(0.5)
    expect(found[0]![1]!.probability).toBeLessThan(found[0]![0]!.probability)
    expect(model.training).toBe(true)
  })

  test('needs a mask, and room', async () => {
    const model = new BertForMaskedLM(config)
    await expect(fillMask(model, tokenizer, 'the cat')).rejects.toThrow(
      'fillMask: the text "the cat" has no [MASK]. Write one where a word is to be.',
    )
    await expect(fillMask(model, tokenizer, `[MASK]${' the'.repeat(20)}`)).rejects.toThrow(
      "fillMask: the text has 23 tokens, and the model's context is 16. Give a shorter one.",
    )
  })
})
