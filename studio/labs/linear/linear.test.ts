import { execFileSync } from 'node:child_process'
import { setEngine } from 'gradus'
import { parseCsv } from 'gradus/data'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Drive } from '../../kit/drive.ts'
import { about, type Settings } from './about.ts'
import { core } from './core.ts'
import type { LinearShot } from './shot.ts'

beforeAll(() => setEngine('wasm'))
afterAll(() => setEngine('reference'))

const settingsOf = (given: Partial<Settings> = {}): Settings => about.options.validate('linear', given)
const begin = (
  given: Partial<Settings> = {},
  own: Parameters<typeof core.prepare>[1] = null,
): Promise<Drive<LinearShot>> => Drive.start(core as never, settingsOf(given), own) as Promise<Drive<LinearShot>>
const advance = async (drive: Drive<LinearShot>, steps: number) => {
  let last = null
  for (let i = 0; i < steps; i++) last = (await drive.next()).metrics
  return last!
}
interface Triple {
  readonly w1: number
  readonly w2: number
  readonly b: number
}
const factsOf = async (drive: Drive<LinearShot>) =>
  (await drive.run.shot()).facts as unknown as {
    readonly loss: number
    readonly penalty: number
    readonly meanLoss: number
    readonly accuracy: number
    readonly zero: number
    readonly weights: Triple
    readonly gradient: Triple
    readonly each: readonly { readonly class: number; readonly scores: readonly number[]; readonly loss: number }[]
  }

describe('the shown gradient', () => {
  const losses = ['log', 'mse', 'hinge', 'softmax'] as const
  const penalties = ['none', 'l1', 'l2'] as const
  for (const loss of losses)
    for (const penalty of penalties)
      test(`of ${loss} with penalty ${penalty} is the slope of the shown loss`, async () => {
        const drive = await begin({
          loss,
          penalty,
          strength: 0.3,
          w1: 0.83,
          w2: -0.47,
          b: 0.19,
          count: 24,
          dataSet: loss === 'softmax' ? 'three' : 'overlap',
        })
        const { gradient, weights } = await factsOf(drive)
        for (const key of ['w1', 'w2', 'b'] as const) {
          const h = 1e-5
          const at = async (by: number) => {
            const { loss: value } = (await drive.run.ask!({ ...weights, [key]: weights[key] + by })) as { loss: number }
            return value
          }
          expect(Math.abs((await at(h)) - (await at(-h))) / (2 * h)).toBeCloseTo(Math.abs(gradient[key]), 7)
          expect(((await at(h)) - (await at(-h))) / (2 * h)).toBeCloseTo(gradient[key], 7)
        }
      })

  test('holds after steps too, when the shown loss is that of a run begun at other weights', async () => {
    const drive = await begin({ loss: 'hinge', penalty: 'l2' })
    await advance(drive, 7)
    const { gradient, weights } = await factsOf(drive)
    const h = 1e-3
    const lossAt = async (w1: number) =>
      (await factsOf(await begin({ loss: 'hinge', penalty: 'l2', ...weights, w1 }))).loss
    expect(((await lossAt(weights.w1 + h)) - (await lossAt(weights.w1 - h))) / (2 * h)).toBeCloseTo(gradient.w1, 4)
  })
})

describe('losses', () => {
  test('hinge is exactly 0 beyond the margin, and above 0 within', async () => {
    const { each, zero } = await factsOf(await begin({ loss: 'hinge', w1: -4, w2: 0, b: 0 }))
    let beyond = 0
    for (const { class: k, scores, loss } of each) {
      const margin = (k === 1 ? 1 : -1) * scores[0]!
      if (margin >= 1) {
        expect(loss).toBe(0)
        beyond += 1
      } else expect(loss).toBeCloseTo(1 - margin, 12)
    }
    expect(beyond).toBeGreaterThan(10)
    expect(zero).toBe(beyond)
  })

  test('softmax over two classes is the log loss', async () => {
    const one = await factsOf(await begin({ loss: 'log' }))
    const two = await factsOf(await begin({ loss: 'softmax' }))
    expect(two.loss).toBeCloseTo(one.loss, 10)
    expect(two.gradient.w1).toBeCloseTo(one.gradient.w1, 10)
  })

  test('the penalty is what it says', async () => {
    const l1 = await factsOf(await begin({ penalty: 'l1', strength: 0.1, w1: 3, w2: -4 }))
    expect(l1.penalty).toBeCloseTo(0.7, 10)
    const l2 = await factsOf(await begin({ penalty: 'l2', strength: 0.1, w1: 3, w2: -4 }))
    expect(l2.penalty).toBeCloseTo(1.25, 10)
  })
})

describe('a run', () => {
  test('falls, and tells groups that are apart from each other', async () => {
    const drive = await begin({ dataSet: 'apart' })
    const before = await factsOf(drive)
    const after = await advance(drive, 100)
    expect(after.loss!).toBeLessThan(before.loss / 4)
    expect(after.accuracy).toBe(1)
  })

  test('learns three classes by softmax', async () => {
    const drive = await begin({ dataSet: 'three', count: 60, loss: 'softmax', learningRate: 1, w1: 0, w2: 0, b: 0 })
    expect((await factsOf(drive)).loss).toBeCloseTo(Math.log(3), 6)
    expect((await advance(drive, 150)).accuracy!).toBeGreaterThan(0.9)
  })

  test('gives the same numbers again, and shows the surface it walks on', async () => {
    const [a, b] = [await begin(), await begin()]
    expect(await advance(a, 20)).toEqual(await advance(b, 20))
    const shot = await a.run.shot()
    expect(shot.path.length).toBe(2 * 21)
    expect(shot.surface.length).toBe(shot.surfaceSide ** 2)
    // A cell of the surface is the loss at its middle.
    const cell = 5 * shot.surfaceSide + 9
    const place = (k: number) => -shot.span + ((k + 0.5) * 2 * shot.span) / shot.surfaceSide
    const { loss } = (await a.run.ask!({ w1: place(9), w2: place(5), b: shot.weights[0]![2] })) as { loss: number }
    expect(shot.surface[cell]).toBeCloseTo(loss, 10)
  })

  test('the surface of softmax with a penalty is right as well', async () => {
    const drive = await begin({ dataSet: 'three', loss: 'softmax', penalty: 'l1', strength: 0.2, shownClass: 2 })
    await advance(drive, 5)
    const shot = await drive.run.shot()
    const place = (k: number) => -shot.span + ((k + 0.5) * 2 * shot.span) / shot.surfaceSide
    const { loss } = (await drive.run.ask!({ w1: place(3), w2: place(8), b: shot.weights[2]![2] })) as { loss: number }
    expect(shot.surface[8 * shot.surfaceSide + 3]).toBeCloseTo(loss, 10)
  })

  test('takes points from the address and a changed rate', async () => {
    const points = '0.5,0,0;-0.5,0.25,1;-0.75,-0.5,1'
    const drive = await begin({ points })
    const { each } = await factsOf(drive)
    expect(each.map(one => one.class)).toEqual([0, 1, 1])
    const { weights } = await factsOf(drive)
    drive.set(settingsOf({ points, learningRate: 1e-9 }))
    await advance(drive, 1)
    expect((await factsOf(drive)).weights.w1).toBeCloseTo(weights.w1, 6)
  })
})

describe('own data and files', () => {
  const csv = (text: string) => ({ name: 'mine.csv', table: parseCsv(new TextEncoder().encode(text), {}, 'mine.csv') })
  test('a table is used and reported, with what was dropped', async () => {
    const drive = await begin({}, csv('a,b,kind\n1,2,yes\n3,4,no\n,5,no\n7,8,yes\n'))
    expect(drive.run.report).toMatchObject({ used: 3, unit: 'rows', dropped: [{ count: 1, why: 'a is no number' }] })
    expect((await drive.run.shot()).axes).toEqual(['a', 'b'])
  })
  test('too many classes and broken points are told in a sentence', async () => {
    await expect(begin({}, csv('a,b,kind\n1,2,x\n3,4,y\n5,6,z\n'))).rejects.toThrow(
      'mine.csv: has 3 classes, and log tells two apart. Choose softmax, or points of two classes.',
    )
    await expect(begin({ points: '1,2,0;1,b,0' })).rejects.toThrow(/point 2 is "1,b,0"; expected x,y,class/)
  })
  test('weights go out and in again, and those of another model are refused', async () => {
    const drive = await begin()
    await advance(drive, 10)
    const files = await drive.run.files!()
    expect(files.map(({ name }) => name)).toEqual(['model.safetensors', 'config.json', 'model.onnx'])
    const other = await begin()
    await other.run.load!(files)
    expect((await factsOf(other)).weights).toEqual((await factsOf(drive)).weights)
    const three = await begin({ loss: 'softmax', dataSet: 'three' })
    await expect(three.run.load!(files)).rejects.toThrow(
      /model\.safetensors: is another architecture: it has inputs 2, outputs 1/,
    )
  })
})

const built = new URL('../../../dist/index.js', import.meta.url)
const { existsSync } = await import('node:fs')
describe.runIf(existsSync(built))('the program', () => {
  for (const given of [
    {},
    { loss: 'hinge', penalty: 'l2', points: '0.5,0,0;-0.5,0.25,1' },
    { loss: 'softmax', dataSet: 'three' },
    { loss: 'mse', penalty: 'l1' },
  ] as const)
    test(`does the same as the lab: ${JSON.stringify(given)}`, async () => {
      const settings = settingsOf({ ...given, steps: 5 })
      const text = core.program!(settings)
      const out = execFileSync(process.execPath, ['--input-type=module', '-e', text], {
        cwd: new URL('../../..', import.meta.url),
        encoding: 'utf8',
      })
      const drive = await begin({ ...given, steps: 5 })
      for (const line of out.trim().split('\n')) {
        const [step, loss] = line.split(' ').map(Number)
        const { metrics } = await drive.next()
        expect(metrics!.loss, `step ${step}`).toBeCloseTo(loss!, 4)
      }
      expect(drive.step).toBe(5)
    })
})
