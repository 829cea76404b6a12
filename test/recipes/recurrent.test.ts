import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { lossAlong, prepareRecurrent, type RecurrentRun, recurrentOptions, Stretches } from '../../src/recipes/index.ts'
import { RunFolder } from '../../src/train/run-folder.ts'
import { train } from '../../src/train/trainer.ts'

const folder = mkdtempSync(join(tmpdir(), 'gradus-recurrent-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

// Words that follow each other in turn: soon learnt, and what comes next lies far back.
const text = Array.from({ length: 120 }, (_, i) => ['one ', 'two ', 'three ', 'four '][i % 4]).join('')
const options = (more: object = {}) =>
  recurrentOptions.validate('test', {
    data: 'text',
    hiddenSize: 16,
    numLayers: 1,
    contextLength: 8,
    batchSize: 4,
    steps: 12,
    learningRate: 0.02,
    ...more,
  })
const bengio = { cell: 'bengio', numLayers: undefined, embedDim: 8, order: 5 }
const mamba = { cell: 'mamba', stateSize: 4 }
const models = [{ cell: 'lstm' }, { cell: 'gru', tieWeights: true }, { cell: 'rnn', dropout: 0 }, bengio, mamba]

const losses = async ({ task }: RecurrentRun, count: number): Promise<number[]> => {
  const found: number[] = []
  for (let i = 0; i < count; i++) found.push(await task.step())
  return found
}

describe('stretches of a text', () => {
  const tokens = Int32Array.from({ length: 32 }, (_, i) => i)

  test('each row reads its own from window to window, and targets are one position on', async () => {
    const stretches = new Stretches('text', tokens, { rows: 3, length: 4 })
    expect(stretches.count).toBe(2)
    const first = stretches.at(0)
    expect(first.first).toBe(true)
    expect(await first.x.toArray()).toEqual([
      [0, 1, 2, 3],
      [10, 11, 12, 13],
      [20, 21, 22, 23],
    ])
    expect(await first.y.toArray()).toEqual([
      [1, 2, 3, 4],
      [11, 12, 13, 14],
      [21, 22, 23, 24],
    ])
    const second = stretches.at(1)
    expect(second.first).toBe(false)
    expect(await second.x.slice(0).toArray()).toEqual([4, 5, 6, 7])
  })

  test('a further pass cuts its windows elsewhere, and none reads beyond the text', async () => {
    const stretches = new Stretches('text', tokens, { rows: 3, length: 4 })
    const starts = new Set<number>()
    for (let pass = 0; pass < 12; pass++) {
      const { x, first } = stretches.at(2 * pass)
      expect(first).toBe(true)
      starts.add(Number((await x.data())[0]))
      const last = await stretches.at(2 * pass + 1).y.data()
      expect(Math.max(...Array.from(last, Number))).toBeLessThan(32)
    }
    expect([...starts].sort()).toEqual([0, 1, 2])
  })

  test('of too short a text are refused', () => {
    expect(() => new Stretches('a.txt: the training part', tokens, { rows: 8, length: 4 })).toThrow(
      'a.txt: the training part has 32 tokens, too few for 8 rows that read 4 each. Give a longer text, or choose a smaller --batch or --context: their product must be below 32.',
    )
  })
})

describe('the loss along a text', () => {
  test('is that of one reading, however many tokens are read at once', async () => {
    const { model, valTokens } = await prepareRecurrent(text, options())
    const along = lossAlong(model)
    const whole = await along(valTokens, { length: 1000 })
    const parts = await along(valTokens, { length: 5 })
    expect(parts.loss).toBeCloseTo(whole.loss, 5)
    expect(whole.tokens).toBe(valTokens.length - 1)
    model.eval()
    expect(whole.loss).toBeCloseTo(await lossOfWhole(model, valTokens), 5)
    model.train()
    await expect(along(valTokens.subarray(0, 1))).rejects.toThrow('lossAlong: the text has 1 tokens')
    expect(model.training).toBe(true)
  })
})
const lossOfWhole = async (model: RecurrentRun['model'], tokens: Int32Array): Promise<number> => {
  const { fromArray } = await import('../../src/index.ts')
  const row = (from: number, to: number) => fromArray(tokens.slice(from, to), [1, to - from], 'int32')
  return model.loss(row(0, tokens.length - 1), row(1, tokens.length)).item()
}

describe.each(models)('the recipe with %o', more => {
  test('learns', async () => {
    const run = await prepareRecurrent(text, options({ ...more, steps: 60 }))
    const found = await losses(run, 60)
    expect(found[0]!).toBeGreaterThan(2)
    expect(found.at(-1)!).toBeLessThan(0.8)
    expect(await run.fullLoss()).toBeLessThan(0.9)
  })

  test('goes on exactly where a checkpoint was left, state and all', async () => {
    const name = join(folder, String((more as { cell: string }).cell))
    const whole = await losses(await prepareRecurrent(text, options(more)), 12)
    const run = await prepareRecurrent(text, options(more))
    const runFolder = new RunFolder(name)
    await runFolder.create({ overwrite: false })
    await train(run.task, { steps: 7, evalEvery: 7, folder: runFolder })
    const again = await prepareRecurrent(text, options(more))
    const rest: number[] = []
    await train(again.task, {
      steps: 12,
      evalEvery: 12,
      folder: runFolder,
      resume: await runFolder.load('last'),
      onStep: (_, loss) => rest.push(loss),
    })
    expect(rest).toEqual(whole.slice(7))
  })
})

describe('the recipe', () => {
  test('carries the state from window to window: what it predicts first depends on the window before', async () => {
    // Windows of one token: without its state a model would be as blind as one that sees the last token only.
    const long = await prepareRecurrent(text, options({ contextLength: 1, steps: 400, dropout: 0, learningRate: 0.01 }))
    const found = await losses(long, 400)
    const mean = found.slice(-40).reduce((a, b) => a + b) / 40
    const one = await prepareRecurrent(text, options({ ...bengio, order: 2, steps: 400, contextLength: 1 }))
    const blind = (await losses(one, 400)).slice(-40).reduce((a, b) => a + b) / 40
    expect(mean).toBeLessThan(blind - 0.1)
  })

  test('takes a number of passes in place of a number of updates', async () => {
    const { steps, trainTokens } = await prepareRecurrent(text, options({ epochs: 2.5 }))
    const windows = Math.floor(Math.floor((trainTokens.length - 1) / 4) / 8)
    expect(steps).toBe(Math.round(2.5 * windows))
  })

  test('takes another tokenizer than that of the text’s symbols', async () => {
    const { model, tokenizer } = await prepareRecurrent(text, options({ tokenizer: 'bpe', vocabSize: 262 }))
    expect(model.config.vocabSize).toBe(262)
    expect(tokenizer.encode('one two').length).toBeLessThan(7)
  })

  test('refuses options that the model has not', async () => {
    const prepare = (more: object) => prepareRecurrent(text, options(more))
    await expect(prepare({ cell: 'bengio' })).rejects.toThrow(
      'train lstm: --layers means nothing to --cell bengio; only lstm, gru, rnn, mamba have it. Leave it out.',
    )
    await expect(prepare({ order: 4 })).rejects.toThrow(
      'train lstm: --order means nothing to --cell lstm; only bengio has it. Leave it out.',
    )
    await expect(prepare({ ...mamba, dropout: 0.5 })).rejects.toThrow(
      'train lstm: --dropout means nothing to --cell mamba; only lstm, gru, rnn have it. Leave it out.',
    )
    await expect(prepare({ tieWeights: true, embedDim: 8 })).rejects.toThrow(
      'train lstm: --tie-weights needs an --embed like --hidden; got 8 and 16. Leave --embed out, or leave the weights untied.',
    )
  })

  test('does not go on from a checkpoint of another batch', async () => {
    const runFolder = new RunFolder(join(folder, 'batch'))
    await runFolder.create({ overwrite: false })
    await train((await prepareRecurrent(text, options())).task, { steps: 2, evalEvery: 2, folder: runFolder })
    const other = await prepareRecurrent(text, options({ batchSize: 2 }))
    const resume = await runFolder.load('last')
    await expect(train(other.task, { steps: 4, evalEvery: 2, folder: runFolder, resume })).rejects.toThrow(
      'train lstm: the checkpoint has carried.0 float32 [1, 4, 16]; expected float32 [1, 2, 16], the state of each row. Resume with the same --batch and sizes.',
    )
  })
})
