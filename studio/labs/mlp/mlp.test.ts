import { expect, test } from 'vitest'
import { Drive } from '../../kit/drive.ts'
import { about, type Settings } from './about.ts'
import { core } from './core.ts'
import type { MlpShot } from './shot.ts'

const started = (given: Partial<Settings>, own: Parameters<typeof core.prepare>[1] = null) =>
  Drive.start(core as never, about.options.validate('test', given) as never, own) as Promise<Drive<MlpShot>>
const trained = async (given: Partial<Settings>): Promise<MlpShot> => {
  const drive = await started(given)
  while ((await drive.next()).stop === null);
  return drive.run.shot()
}

test('XOR: a linear classifier stays under 0.75, four hidden units reach 0.97', async () => {
  const xor = { dataSet: 'xor', noise: 0, learningRate: 0.05, steps: 600 } as const
  expect((await trained({ ...xor, hidden: [] })).facts.trainAccuracy).toBeLessThan(0.75)
  expect((await trained({ ...xor, hidden: [4] })).facts.trainAccuracy).toBeGreaterThanOrEqual(0.97)
})

test('weights that all start at zero leave the units of a layer alike', async () => {
  const { units } = await trained({ dataSet: 'circles', init: 'zero', hidden: [4], steps: 50 })
  for (const { values } of units) expect(Array.from(values)).toEqual(Array.from(units[0]!.values))
})

test.each(['dropout', 'norm', 'weightDecay', 'activation', 'optimizer', 'batchSize', 'init', 'testShare'] as const)(
  '%s changes what is learned',
  async name => {
    const other = {
      dropout: 0.5,
      norm: 'batch',
      weightDecay: 0.1,
      activation: 'relu',
      optimizer: 'sgd',
      batchSize: 8,
      init: 'he',
      testShare: 0.5,
    }[name]
    const one = { dataSet: 'moons', steps: 20 } as const
    expect((await trained({ ...one, [name]: other })).facts.testLoss).not.toBe((await trained(one)).facts.testLoss)
  },
)

test('a saved model, loaded into another start, predicts the same', async () => {
  const settings = { dataSet: 'moons', hidden: [6], norm: 'batch', steps: 40 } as const
  const [first, second] = [await started(settings), await started({ ...settings, seed: 2 })]
  for (let i = 0; i < 40; i++) await first.next()
  const files = await first.run.files!()
  expect(files.map(({ name }) => name)).toEqual(['model.safetensors', 'config.json', 'model.onnx'])
  const question = {
    at: [
      [0.1, 0.2],
      [-0.4, 0.9],
    ],
  }
  const expected = await first.run.ask!(question)
  expect(await second.run.ask!(question)).not.toEqual(expected)
  await second.run.load!(files)
  expect(await second.run.ask!(question)).toEqual(expected)
})

test('a model of another architecture is refused in words, and nothing changes', async () => {
  const [first, second] = [await started({ hidden: [6] }), await started({ hidden: [5, 5] })]
  const before = (await second.run.shot()).map
  await expect(first.run.files!().then(files => second.run.load!(files))).rejects.toThrow(
    'model.safetensors: is another architecture: it has hidden [6], activation tanh, norm none, classes 2; the model here has hidden [5, 5], activation tanh, norm none, classes 2. Change the settings to match, then open it again.',
  )
  expect((await second.run.shot()).map).toEqual(before)
})

test('batch normalisation leaves out a rest of a batch: one point has no spread', async () => {
  for (const batchSize of [209, 512]) {
    const drive = await started({ norm: 'batch', batchSize })
    for (let i = 0; i < 3; i++) expect((await drive.next()).metrics?.loss).toBeGreaterThan(0)
  }
})
