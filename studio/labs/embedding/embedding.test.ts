import { readFileSync } from 'node:fs'
import { setEngine } from 'gradus'
import { digits, parseCsv } from 'gradus/data'
import { pca, tsne } from 'gradus/learn'
import { afterEach, expect, test } from 'vitest'
import { Drive } from '../../kit/drive.ts'
import { about, type Settings } from './about.ts'
import { core } from './core.ts'
import type { EmbeddingShot, RowAnswer } from './shot.ts'

interface Pca {
  readonly explainedVarianceRatio: readonly number[]
  readonly points: readonly (readonly number[])[]
}
const fixture = JSON.parse(readFileSync('test/fixtures/studio-pca.json', 'utf8')) as {
  readonly csv: string
  readonly plain: Pca
  readonly standardised: Pca
}
const own = { name: 'factors.csv', table: parseCsv(fixture.csv) }

afterEach(() => setEngine('wasm'))

const started = (given: Partial<Settings>, data: Parameters<typeof core.prepare>[1] = null) =>
  Drive.start(core as never, about.options.validate('test', given) as never, data) as Promise<Drive<EmbeddingShot>>
const run = async (given: Partial<Settings>, data: Parameters<typeof core.prepare>[1] = null) => {
  const drive = await started(given, data)
  const losses: number[] = []
  for (;;) {
    const { metrics, stop } = await drive.next()
    if (metrics?.loss !== undefined) losses.push(metrics.loss)
    if (stop !== null) break
  }
  return { drive, losses, shot: await drive.run.shot(), points: (await drive.run.ask!({ points: true })) as number[] }
}

test.each([false, true])(
  'shares of variance and points are those of scikit-learn; standardised: %s',
  async standardise => {
    const { shot, points } = await run({ method: 'pca', standardise }, own)
    const expected = standardise ? fixture.standardised : fixture.plain
    const found = shot.facts.explainedVarianceRatio as number[]
    expect(found).toHaveLength(6)
    for (const [i, share] of expected.explainedVarianceRatio.entries())
      expect(Math.abs(found[i]! - share)).toBeLessThan(1e-10)
    expect(shot.colouring.classes).toEqual(['left', 'right'])
    // Directions are found up to their sign.
    for (const axis of [0, 1]) {
      const sign = Math.sign(points[axis]! * expected.points[0]![axis]!)
      for (const [i, row] of expected.points.entries()) expect(sign * points[2 * i + axis]!).toBeCloseTo(row[axis]!, 8)
    }
  },
)

test('steps are those of the library’s t-SNE, to the last bit', async () => {
  const { points, losses } = await run({ count: 150, perplexity: 12, steps: 300, dataSet: 'digits', seed: 4 })
  const { train } = digits({ count: 150, testCount: 1, seed: 4 })
  const X = { rows: 150, columns: 784, data: Float64Array.from(train.x.data as Float32Array) }
  const scores = await pca({ nComponents: 50, randomState: 4 }).fitTransform(X)
  const all = (await scores.data()) as Float64Array
  const given = {
    rows: 150,
    columns: 30,
    data: Float64Array.from({ length: 150 * 30 }, (_, at) => all[Math.floor(at / 30) * 50 + (at % 30)]!),
  }
  const model = await tsne({ perplexity: 12, maxIter: 300, randomState: 4, rounded: true }).fit(given)
  expect(Float64Array.from(points)).toEqual(await model.embedding.data())
  expect(losses.at(-1)).toBeCloseTo(model.klDivergence, 9)
})

test('the divergence falls', async () => {
  const { losses, shot } = await run({ count: 200, perplexity: 15, steps: 500 })
  expect(losses).toHaveLength(500)
  expect(losses.at(-1)).toBeLessThan(0.6 * losses[0]!)
  expect(losses[499]).toBeLessThan(losses[299]!)
  expect(shot.facts.klDivergence).toBe(losses.at(-1))
  expect(shot.facts.kept).toBeGreaterThan(0.4)
})

test('the same seed gives the same points on every engine; another seed gives others', async () => {
  const settings = { dataSet: 'blobs', count: 120, perplexity: 10, start: 'random', steps: 260 } as const
  setEngine('reference')
  const reference = await run(settings)
  setEngine('wasm')
  const wasm = await run(settings)
  expect(wasm.points).toEqual(reference.points)
  expect((await run({ ...settings, seed: 2 })).points).not.toEqual(wasm.points)
})

test('three axes give three numbers a row', async () => {
  for (const method of ['pca', 'tsne'] as const) {
    const { shot } = await run({ method, axes: 3, dataSet: 'swissRoll', count: 80, perplexity: 10, steps: 10 })
    expect(shot.positions).toHaveLength(240)
  }
})

test('t-SNE keeps more neighbours of a roll than its plane of largest variance does', async () => {
  const scene = { dataSet: 'swissRoll', count: 250, perplexity: 20, steps: 400 } as const
  const [flat, bent] = [await run({ ...scene, method: 'pca' }), await run(scene)]
  expect(bent.shot.facts.kept).toBeGreaterThan((flat.shot.facts.kept as number) + 0.2)
})

test('of one row: its numbers, its label, its neighbours in the data and in the picture', async () => {
  const { drive } = await run({ method: 'pca', neighbours: 3 }, own)
  const answer = (await drive.run.ask!({ row: 2 })) as RowAnswer
  expect(answer.values).toEqual([-0.8856, -2.8769, -0.1165, -0.0981, -0.8764, 13.8144])
  expect(answer.label).toBe('right')
  expect(answer.neighbours).toHaveLength(3)
  expect(answer.near).toHaveLength(3)
  expect([...answer.distances].sort((a, b) => a - b)).toEqual(answer.distances)
  expect(answer.neighbours).not.toContain(2)
})

test('rows that are not used are told of, and the colour can be any column', async () => {
  const { drive, shot } = await run({ method: 'pca', count: 50, colour: 'age' }, own)
  expect(drive.run.report).toMatchObject({
    used: 50,
    dropped: [{ count: 10, why: 'beyond 50 rows, taken evenly (raise “Rows, at most”)' }],
  })
  expect(shot.facts).toMatchObject({ rows: 50, total: 60, colour: 'age' })
  expect(shot.colouring.classes).toBeNull()
  expect(shot.colours).toEqual(['kind', 'length', 'mass', 'width', 'speed', 'age', 'count'])
  drive.set(about.options.validate('test', { method: 'pca', count: 50, colour: 'kind' }))
  expect((await drive.run.shot()).colouring.classes).toEqual(['left', 'right'])
})

test.each([
  ['perplexity', { perplexity: 8 }],
  ['learningRate', { learningRate: 20 }],
  ['exaggeration', { exaggeration: 4 }],
  ['start', { start: 'random' }],
  ['reduce', { reduce: 5 }],
  ['standardise', { standardise: true }],
  ['seed', { seed: 9 }],
] as const)('%s changes the points', async (_, change) => {
  const settings = { dataSet: 'blobs', count: 80, perplexity: 15, steps: 30 } as const
  expect((await run({ ...settings, ...change })).points).not.toEqual((await run(settings)).points)
})

test('what cannot be is refused in words', async () => {
  await expect(started({ perplexity: 80, count: 60 })).rejects.toThrow(
    'perplexity is 80, and there are 60 rows. Take a smaller perplexity, or more rows.',
  )
  await expect(started({}, { name: 'a.csv', table: parseCsv('a,b\n1,x\n2,y') })).rejects.toThrow(
    'a.csv: has one column of numbers. Give at least two columns of numbers.',
  )
  await expect(
    started({ method: 'pca', axes: 3 }, { name: 'b.csv', table: parseCsv('a,b\n1,2\n2,3\n3,4\n4,5\n5,6\n6,7') }),
  ).rejects.toThrow('axes is 3, and the data have 2 columns of numbers. Take as many axes, or t-SNE.')
  await expect(started({}, { name: 'c.csv', table: parseCsv('a,b\n1,2\n2,3') })).rejects.toThrow(
    'c.csv: has 2 rows in which every number is there. Give at least 5.',
  )
})

test('points go out with their labels', async () => {
  const { drive } = await run({ method: 'pca' }, own)
  const [file] = await drive.run.files!()
  const lines = new TextDecoder().decode(file!.bytes).trim().split('\n')
  expect(lines[0]).toBe('x,y,kind')
  expect(lines).toHaveLength(61)
  expect(lines[1]).toMatch(/^-?[\d.e-]+,-?[\d.e-]+,"left"$/)
})
