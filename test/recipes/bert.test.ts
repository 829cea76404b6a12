import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { BertForMaskedLM, BertForPreTraining, loadBert } from '../../src/models/index.ts'
import { type BertOptions, bertOptions, checkBertOptions, prepareBert } from '../../src/recipes/bert.ts'
import { batchRules, maskedBatch, windowRows } from '../../src/recipes/bert-batches.ts'
import {
  bagOfWords,
  type BertClassifyOptions,
  bertClassifyOptions,
  checkBertClassifyOptions,
  prepareBertClassify,
  scoreTexts,
} from '../../src/recipes/bert-classify.ts'
import { readLabelled, readTexts, splitLabelled } from '../../src/recipes/labelled-texts.ts'
import { Generator } from '../../src/tensor/random.ts'
import { RunFolder, type TrainTask, train } from '../../src/train/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'gradus-bert-recipe-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const file = (name: string, content: string): string => {
  writeFileSync(join(folder, name), content)
  return join(folder, name)
}

// A language in which a word says what comes after it.
const after = {
  the: ['cat', 'dog'],
  cat: ['sat', 'ran'],
  dog: ['lay', 'ran'],
  sat: ['still'],
  lay: ['down'],
  ran: ['off'],
}
const sentence = (u: number): string => {
  const [noun, verbs] = u % 2 ? ['cat', after.cat] : ['dog', after.dog]
  const verb = verbs[(u >> 1) % 2]!
  return `The ${noun} ${verb} ${after[verb as 'sat'][0]}.`
}
const text = Array.from({ length: 400 }, (_, i) => sentence(Math.imul(i, 2654435761) >>> 20)).join(' ')

const small = { numLayers: 1, numHeads: 2, embedDim: 16, contextLength: 16, batchSize: 8, vocabSize: 60, dropout: 0 }
const options = (more: object = {}): BertOptions =>
  bertOptions.validate('test', { data: 'text.txt', ...small, learningRate: 0.01, steps: 60, ...more })

const losses = async (task: TrainTask, steps: number): Promise<number[]> => {
  const found: number[] = []
  for (let i = 0; i < steps; i++) found.push(await task.step())
  return found
}
const goesOn = async (name: string, prepare: () => Promise<{ task: TrainTask }>): Promise<void> => {
  const whole = await losses((await prepare()).task, 10)
  const runFolder = new RunFolder(join(folder, name))
  await runFolder.create({ overwrite: false })
  await train((await prepare()).task, { steps: 6, evalEvery: 3, folder: runFolder })
  const rest: number[] = []
  await train((await prepare()).task, {
    steps: 10,
    evalEvery: 10,
    folder: runFolder,
    resume: await runFolder.load('last'),
    onStep: (_, loss) => rest.push(loss),
  })
  expect(rest).toEqual(whole.slice(6))
}

describe('pre-training', () => {
  test('finds hidden words better than their frequencies tell, and judges in the same way each time', async () => {
    const training = { steps: 400, batchSize: 32, learningRate: 0.005 }
    const run = await prepareBert(text, options({ nsp: false, ...training }))
    expect(run.model).toBeInstanceOf(BertForMaskedLM)
    const first = await losses(run.task, training.steps)
    expect(first[0]).toBeGreaterThan(3)
    const score = await run.fullScore()
    expect(score.loss).toBe(score.masked)
    expect(score.masked).toBeLessThan(run.unigram - 0.8)
    expect(await run.fullScore()).toEqual(score)
    expect(run.model.training).toBe(true)
  })

  test('with pairs learns both heads, and says how often it is right about the second', async () => {
    const run = await prepareBert(text, options({ steps: 40 }))
    expect(run.model).toBeInstanceOf(BertForPreTraining)
    const found = await losses(run.task, 40)
    expect(found.at(-1)!).toBeLessThan(found[0]! - 1)
    const { loss, masked, nextAccuracy } = await run.fullScore()
    expect(loss - masked).toBeGreaterThan(0.3)
    expect(nextAccuracy).toBeGreaterThan(0.2)
    expect(nextAccuracy).toBeLessThanOrEqual(1)
    const found2 = await run.task.evaluate!()
    expect(Object.keys(found2.metrics!)).toEqual(['masked', 'nextAccuracy'])
  })

  test('goes on exactly where a checkpoint was left, dropout and masks and all', async () => {
    await goesOn('resumed', () => prepareBert(text, options({ dropout: 0.2 })))
    const { model, tokenizer } = await loadBert(join(folder, 'resumed'))
    expect(model).toBeInstanceOf(BertForPreTraining)
    expect(tokenizer.specialTokens!.has('[MASK]')).toBe(true)
  })

  test('makes one update of several batches', async () => {
    const run = await prepareBert(text, options({ accumulate: 3 }))
    await run.task.step()
    expect(run.task.optimizer.stepCount).toBe(1)
  })

  test('hides tokens in windows of the whole text', async () => {
    const { tokenizer } = await prepareBert(text, options({ nsp: false }))
    const rules = batchRules(tokenizer, options({ maskShare: 0.3 }))
    const tokens = tokenizer.encode(text.slice(0, 500), { specialTokens: false })
    const rows = windowRows(tokens, rules)
    const all = rows.all()
    expect(all.length).toBe(Math.floor(tokens.length / 14))
    expect(rows.all(3).length).toBe(3)
    const { input, masked, count } = maskedBatch(all.slice(0, 2), rules, new Generator(0))
    expect(input.ids.shape).toEqual([2, 16])
    const [ids, places, labels] = await Promise.all([input.ids.data(), masked.places.data(), masked.labels.data()])
    expect(places.length).toBe(8)
    const counted = Array.from(places.keys()).filter(k => labels[k] !== -100)
    expect(counted.length).toBe(count)
    for (const k of counted)
      expect(labels[k]).toBe(all[Math.floor(Number(places[k]) / 16)]!.row.ids[Number(places[k]) % 16])
    const plain = all.slice(0, 2).flatMap(({ row }) => [...row.ids])
    const changed = plain.flatMap((id, i) => (id === ids[i] ? [] : [i]))
    expect(changed.length).toBeGreaterThan(0)
    for (const place of changed) expect(Array.from(places)).toContain(place)
  })

  test.each<[object, string]>([
    [
      { vocabSize: 9, tokenizer: 'x' },
      'train bert: --vocab-size 9 has no effect with --tokenizer x, which is learned already. Leave it out.',
    ],
    [{ contextLength: 4 }, 'train bert: --context 4 has no room for two texts and the tokens around. Give at least 5.'],
    [{ numHeads: 3 }, 'train bert: --heads 3 does not divide --embed 16.'],
  ])('refuses %j', (more, message) => {
    expect(() => checkBertOptions(options(more))).toThrow(message)
  })

  test('refuses a text that has too few sentences for pairs', async () => {
    await expect(prepareBert('Only one. And two.', options())).rejects.toThrow(
      'text.txt: the training part has 2 sentences, too few to tell whether one follows another. Give a longer text, or --no-nsp.',
    )
  })
})

describe('texts with labels', () => {
  test('are lines, or columns of a table', async () => {
    const lines = file('a.tsv', 'Label\tText\nham\tHi "there\t!\n\nspam\tWIN\r\n')
    expect(await readLabelled({ data: lines })).toEqual({ texts: ['Hi "there\t!', 'WIN'], labels: ['ham', 'spam'] })
    const table = file('a.csv', 'label,text,more\n1,"a, b",x\n2,c,y\n,d,z\n')
    expect(await readLabelled({ data: table })).toEqual({ texts: ['a, b', 'c'], labels: ['1', '2'] })
    const named = { data: file('b.tsv', 'kind\twords\nx\thello\n'), textColumn: 'words', labelColumn: 'kind' }
    expect(await readLabelled(named)).toEqual({ texts: ['hello'], labels: ['x'] })
    await expect(readLabelled({ ...named, textColumn: 'word' })).rejects.toThrow(
      'b.tsv: there is no column "word" (--text-column). Did you mean words?',
    )
    await expect(readLabelled({ data: file('c.txt', 'x\ta\nno label here\n') })).rejects.toThrow(
      'c.txt: line 2 is "no label here", which has no label. Expected a label, a tab and a text; name the columns of a table with --text-column and --label-column.',
    )
    await expect(readLabelled({ data: join(folder, 'none') })).rejects.toThrow('none: could not be read: ')
  })

  test('to be judged may have labels, which do not count', async () => {
    const data = file('d.txt', 'ham\tsee you\nplain text\nother\ttab\n')
    expect(await readTexts({ data }, ['ham', 'spam'])).toEqual(['see you', 'plain text', 'other\ttab'])
    expect(await readTexts({ data: file('d.csv', 'text\na\nb\n') }, [])).toEqual(['a', 'b'])
  })

  test('fall into three parts, the same for the same seed', () => {
    const all = { texts: Array.from({ length: 50 }, (_, i) => `t${i}`), labels: new Array<string>(50).fill('x') }
    const rules = { seed: 4, testFraction: 0.2, valFraction: 0.25 }
    const { train, val, test: kept } = splitLabelled(all, rules)
    expect([train, val, kept].map(({ texts }) => texts.length)).toEqual([30, 10, 10])
    expect([...train.texts, ...val.texts, ...kept.texts].sort()).toEqual([...all.texts].sort())
    expect(splitLabelled(all, rules)).toEqual({ train, val, test: kept })
    expect(splitLabelled(all, { ...rules, seed: 5 }).test.texts).not.toEqual(kept.texts)
  })
})

describe('a classifier of texts', () => {
  const data = join(folder, 'pets.txt')
  // Which word comes first decides: counts of words cannot tell.
  const pets = Array.from({ length: 200 }, (_, i) => {
    const rest = ['ran', 'sat', 'lay', 'the'].filter((_, k) => (Math.imul(i, 40503) >> (k + 4)) & 1).join(' ')
    return i % 2 ? `cat\tcat ${rest} dog` : `dog\tdog ${rest} cat`
  })
  writeFileSync(data, `${pets.join('\n')}\n`)
  const settings = (more: object = {}): BertClassifyOptions =>
    bertClassifyOptions.validate('test', {
      data,
      ...{ ...small, epochs: 8, learningRate: 0.01, evalEvery: 20, seed: 1 },
      ...more,
    })

  test('learns what counts of words cannot tell', async () => {
    const run = await prepareBertClassify(settings())
    expect(run.steps).toBe(8 * Math.ceil(run.split.train.texts.length / 8))
    await losses(run.task, run.steps)
    const { texts, labels } = run.split.test
    const score = scoreTexts(await run.judge(texts), labels, run.model.classes)
    expect(score.accuracy).toBeGreaterThan(0.95)
    expect(score.loss).toBeLessThan(0.3)
    expect(score.classes.cat!.support + score.classes.dog!.support).toBe(40)
    expect((await bagOfWords(run.split)).accuracy).toBeLessThan(0.7)
    expect(run.task.documents['config.json']).toMatchObject({ id2label: { 0: 'cat', 1: 'dog' } })
    // A text is judged the same beside others of other lengths.
    const [alone, both] = [await run.judge(['cat ran dog']), await run.judge(['cat ran dog', 'dog '.repeat(12)])]
    expect(alone.probabilities[0]).toBeCloseTo(both.probabilities[0]!, 5)
    expect(() => scoreTexts(alone, ['cow'], run.model.classes)).toThrow(
      'scoreTexts: the label "cow" is none of the model\'s, which are cat, dog. Judge it on texts with those.',
    )
  })

  test('goes on exactly where a checkpoint was left', () =>
    goesOn('pets', () => prepareBertClassify(settings({ dropout: 0.2 }))))

  test('begins with the encoder and the tokenizer of another model', async () => {
    await goesOn('base', () => prepareBert(text, options()))
    const base = join(folder, 'base')
    const { numLayers: _a, numHeads: _b, embedDim: _c, contextLength: _d, vocabSize: _e, ...rest } = settings()
    const run = await prepareBertClassify({ ...rest, base } as BertClassifyOptions)
    const { model, tokenizer } = await loadBert(base, { as: 'BertForPreTraining' })
    expect(run.tokenizer.vocabSize).toBe(tokenizer.vocabSize)
    const words = (m: { bert: typeof model.bert }) => m.bert.embeddings.word_embeddings.weight.buffer.array
    expect(words(run.model)).toEqual(words(model))
    expect(run.model.config).toMatchObject({ embedDim: 16, classes: ['cat', 'dog'] })
  })

  test.each<[object, string]>([
    [{ base: 'b' }, 'train classifier: --vocab-size 60 has no effect with --base b, which has its own. Leave it out.'],
    [{ numHeads: 3 }, 'train classifier: --heads 3 does not divide --embed 16.'],
    [
      { patience: 2, valFraction: 0 },
      'train classifier: --patience 2 has no effect with --val-fraction 0. Leave it out, or keep a share back.',
    ],
  ])('refuses %j', (more, message) => {
    expect(() => checkBertClassifyOptions(settings(more))).toThrow(message)
  })

  test('refuses texts of one class', async () => {
    await expect(prepareBertClassify(settings({ data: file('one.txt', 'a\tx\na\ty\n') }))).rejects.toThrow(
      'one.txt: has 2 texts of 1 class, and ',
    )
  })
})
