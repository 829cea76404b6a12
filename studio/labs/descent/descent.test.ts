import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { setEngine } from 'gradus'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Drive } from '../../kit/drive.ts'
import { about, optimizerNames, type Settings } from './about.ts'
import { core } from './core.ts'
import type { DescentShot } from './shot.ts'

beforeAll(() => setEngine('wasm'))
afterAll(() => setEngine('reference'))

const settingsOf = (given: Partial<Settings>): Settings => about.options.validate('descent', given)
const begin = (given: Partial<Settings>): Promise<Drive<DescentShot>> =>
  Drive.start(core as never, settingsOf(given)) as Promise<Drive<DescentShot>>
interface Facts {
  readonly x: number
  readonly y?: number
  readonly value: number
  readonly slopeX: number
  readonly slopeY?: number
  readonly verdict: string
  readonly well: { readonly x: number; readonly kind: string } | null
  readonly race: readonly { readonly optimizer: string; readonly value: number; readonly verdict: string }[]
  readonly wells: number
}
const factsOf = async (drive: Drive<DescentShot>) => (await drive.run.shot()).facts as unknown as Facts
const ran = async (given: Partial<Settings>, steps: number): Promise<Facts> => {
  const drive = await begin({ ...given, steps: Math.max(1, steps) })
  for (let i = 0; i < steps; i++) if ((await drive.next()).stop) break
  return factsOf(drive)
}

describe('on a parabola', () => {
  test('ten steps of rate 0.1 leave 0.8 to the tenth', async () => {
    const { x, value, slopeX } = await ran({ function: 'parabola', startX: 1, learningRate: 0.1 }, 10)
    expect(Math.abs(x - 0.8 ** 10)).toBeLessThan(1e-6)
    expect(x).toBeCloseTo(0.107374, 6)
    expect(value).toBeCloseTo(x * x, 12)
    expect(slopeX).toBeCloseTo(2 * x, 12)
  })
  test('each rate has its verdict', async () => {
    const of = (learningRate: number, steps: number) => ran({ function: 'parabola', startX: 1, learningRate }, steps)
    expect((await of(0.1, 0)).verdict).toBe('starting')
    expect((await of(0.1, 10)).verdict).toBe('converging')
    expect((await of(0.1, 100)).verdict).toBe('converged')
    expect((await of(1, 30)).verdict).toBe('oscillating')
    expect((await of(0.95, 30)).verdict).toBe('converging')
    expect((await of(1.1, 10)).verdict).toBe('diverged')
    expect((await of(1.1, 100)).verdict).toBe('diverged')
  })
  test('a run that leaves the numbers keeps its last place and ends', async () => {
    const drive = await begin({ function: 'parabola', startX: 1, learningRate: 3, steps: 5000 })
    let stop = null
    while (!stop) ({ stop } = await drive.next())
    expect(stop).toBe('ended')
    const { value, verdict } = await factsOf(drive)
    expect(verdict).toBe('diverged')
    expect(Number.isFinite(value)).toBe(true)
  })
})

describe('wells, saddles and plains', () => {
  test('momentum leaves the shallow well, plain descent at the same rate stays', async () => {
    const scene = { function: 'well' } as const
    const { learningRate } = about.presets['Shallow well, momentum']!
    const plain = await ran({ ...scene, learningRate: learningRate! }, 300)
    const heavy = await ran({ ...scene, learningRate: learningRate!, optimizer: 'momentum', momentum: 0.9 }, 300)
    expect(plain).toMatchObject({ verdict: 'converged', well: { kind: 'shallow' }, wells: 2 })
    expect(plain.x).toBeGreaterThan(1)
    expect(heavy).toMatchObject({ verdict: 'converged', well: { kind: 'deepest' } })
    expect(heavy.x).toBeLessThan(-1)
    expect(heavy.value).toBeLessThan(plain.value)
  })
  test('a start on the ridge stands still on the saddle; beside it, it runs away', async () => {
    expect((await ran({ function: 'saddle', startX: 1, startY: 0 }, 150)).verdict).toBe('saddle')
    expect((await ran({ function: 'saddle', startX: 1, startY: 0.001 }, 150)).verdict).toBe('diverged')
  })
  test('far out on the plateau nothing moves', async () => {
    expect(await ran({ function: 'plateau', learningRate: 0.3 }, 60)).toMatchObject({ verdict: 'plateau' })
    expect(await ran({ function: 'plateau', learningRate: 0.3, startX: 1.5 }, 100)).toMatchObject({
      verdict: 'converged',
    })
  })
  test('Rosenbrock’s valley is followed to its end', async () => {
    const { x, y, verdict } = await ran({ function: 'rosenbrock', optimizer: 'nesterov', learningRate: 0.001 }, 2500)
    expect(x).toBeCloseTo(1, 1)
    expect(y).toBeCloseTo(1, 1)
    expect(verdict).toMatch(/converg/)
  })
  test('Himmelblau has four wells', async () => {
    expect((await ran({ function: 'himmelblau' }, 0)).wells).toBe(4)
    const { wells, well } = await ran({ function: 'rosenbrock' }, 0)
    expect(wells).toBe(1)
    expect(well).toMatchObject({ x: expect.closeTo(1, 6), y: expect.closeTo(1, 6) })
  })
})

describe('own functions', () => {
  test('have the derivative of the library', async () => {
    const { slopeX, value } = await ran({ function: 'own', expression: 'x^2 + 0.5sin(5x)', startX: 0.375 }, 0)
    expect(value).toBeCloseTo(0.375 ** 2 + 0.5 * Math.sin(1.875), 12)
    expect(slopeX).toBeCloseTo(0.75 + 2.5 * Math.cos(1.875), 12)
  })
  test('of two variables are drawn as a map, of none as a line', async () => {
    const two = await (await begin({ function: 'own', expression: 'x*y + y^2' })).run.shot()
    expect(two).toMatchObject({ variables: 2, rows: 72 })
    expect(await ran({ function: 'own', expression: '3' }, 2)).toMatchObject({ value: 3, slopeX: 0 })
  })
  test('with a mistake are refused with its place', async () => {
    await expect(begin({ function: 'own', expression: 'x^2 + w' })).rejects.toThrow(
      'descent: "x^2 + w": there is no variable "w"; the variables are x and y (letter 7). Change it there.',
    )
  })
  test('without a value at the start are said to leave the numbers', async () => {
    expect(await ran({ function: 'own', expression: 'log(x)', startX: -1 }, 3)).toMatchObject({ verdict: 'diverged' })
  })
})

test('a race begins at one place, and each optimizer goes its own way', async () => {
  const { race } = await ran({ function: 'ravine', race: [...optimizerNames] }, 40)
  expect(race.map(one => one.optimizer)).toEqual(optimizerNames.filter(name => name !== 'sgd'))
  expect(new Set(race.map(one => one.value.toFixed(9))).size).toBeGreaterThan(4)
})

test('the rate may change on the way, and long ways are thinned', async () => {
  const drive = await begin({ function: 'ravine', learningRate: 0.001, steps: 3000 })
  for (let i = 0; i < 1500; i++) await drive.next()
  const shot = await drive.run.shot()
  expect(shot.tracks[0]!.x.length).toBeLessThanOrEqual(1201)
  expect(shot.tracks[0]!.steps.at(-1)).toBe(1500)
  drive.set(settingsOf({ function: 'ravine', learningRate: 1e-9, steps: 3000 }))
  const before = await factsOf(drive)
  await drive.next()
  expect((await factsOf(drive)).x).toBeCloseTo(before.x, 6)
})

const built = new URL('../../../dist/index.js', import.meta.url)
describe.runIf(existsSync(built))('the program', () => {
  for (const given of [
    { function: 'parabola' },
    { function: 'rosenbrock', optimizer: 'adam' },
    { function: 'own', expression: '2 - exp(-x^2) + max(x, 0.5)*pi' },
  ] as const)
    test(`does the same as the lab: ${JSON.stringify(given)}`, async () => {
      const text = core.program!(settingsOf({ ...given, steps: 8 }))
      const cwd = new URL('../../..', import.meta.url)
      const out = execFileSync(process.execPath, ['--input-type=module', '-e', text], { cwd, encoding: 'utf8' })
      const drive = await begin({ ...given, steps: 8 })
      for (const line of out.split('\n').filter(line => /^\d/.test(line))) {
        const [step, loss] = line.split(' ').map(Number)
        const { metrics } = await drive.next()
        expect(metrics!.loss! / loss!, `step ${step}`).toBeCloseTo(1, 4)
      }
      expect(drive.step).toBe(8)
    })
})
