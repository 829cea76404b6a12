import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { grad, setEngine, type Tensor, tensor } from 'gradus'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Drive } from '../../kit/drive.ts'
import { parseExpression } from '../../kit/expression.ts'
import { evaluateExpression, type Value } from '../../kit/tensor-expression.ts'
import { about, type Settings } from './about.ts'
import { core } from './core.ts'
import { readInputs } from './graph.ts'
import { layout } from './layout.ts'
import type { BackpropShot } from './shot.ts'

beforeAll(() => setEngine('wasm'))
afterAll(() => setEngine('reference'))

const settingsOf = (given: Partial<Settings>): Settings => about.options.validate('backprop', given)
const begin = (given: Partial<Settings> = {}): Promise<Drive<BackpropShot>> =>
  Drive.start(core as never, settingsOf(given)) as Promise<Drive<BackpropShot>>
const finished = async (given: Partial<Settings> = {}): Promise<BackpropShot> => {
  const drive = await begin(given)
  while (!(await drive.next()).stop);
  return drive.run.shot()
}
/** The gradients of the whole expression at once. */
const whole = async ({ expression, inputs }: Settings): Promise<Record<string, number>> => {
  const { tree } = parseExpression(expression)
  const given = Object.fromEntries(
    [...readInputs(inputs, tree!)].map(([name, value]) => [name, tensor(value, 'float64') as Tensor]),
  )
  const found = grad((names: typeof given) => evaluateExpression(tree!, names as Record<string, Value>) as Tensor)(
    given,
  )
  const read = Object.entries(found).map(
    async ([name, slope]) => [name, Number(await (slope as Tensor).item())] as const,
  )
  return Object.fromEntries(await Promise.all(read))
}

describe('(x + y) z at −2, 5, −4', () => {
  test('is −12, with gradients −4, −4 and 3', async () => {
    const { facts } = await finished()
    expect(facts.value).toBe(-12)
    expect(facts.gradients).toEqual({ x: -4, y: -4, z: 3 })
  })
  test('comes node by node: two values, the result’s own gradient, two nodes back, then the end', async () => {
    const drive = await begin()
    const seen: unknown[] = []
    for (;;) {
      const { metrics, stop } = await drive.next()
      if (!metrics) {
        expect(stop).toBe('ended')
        break
      }
      seen.push(metrics)
    }
    expect(seen).toEqual([{ value: 3 }, { value: -12 }, { gradient: 1 }, { gradient: 1 }, { gradient: -4 }])
  })
  test('shows nothing before it is known', async () => {
    const drive = await begin()
    const at = async () => (await drive.run.shot()).nodes.map(({ value, gradient }) => [value, gradient])
    expect(await at()).toEqual([
      [-2, null],
      [5, null],
      [null, null],
      [-4, null],
      [null, null],
    ])
    await drive.next()
    expect((await at())[2]).toEqual([3, null])
  })
  test('has the chain rule’s products on its edges', async () => {
    const { edges } = await finished()
    expect(edges.map(({ local, flow }) => [local, flow])).toEqual([
      [1, -4],
      [1, -4],
      [-4, -4],
      [3, 3],
    ])
  })
})

test('a variable used twice adds up its gradients', async () => {
  const { facts, edges } = await finished({ expression: 'x * y + x^2', inputs: 'x=3,y=-2' })
  expect(facts.gradients).toEqual({ x: -2 + 6, y: 3 })
  const flows = edges.filter(edge => edge.from === 0).map(edge => edge.flow)
  expect(flows).toEqual([-2, 6])
  expect((await finished({ expression: 'x * x', inputs: 'x=5' })).facts.gradients).toEqual({ x: 10 })
})

describe('node by node gives what the library gives for the whole', () => {
  const scenes = [
    ...Object.values(about.presets),
    { expression: 'log(x)/y - sqrt(x*y)^3 + exp(-y)', inputs: 'x=2,y=0.5' },
    { expression: '(-x)^y', inputs: 'x=-2,y=1.5' },
    { expression: '(x - 3)^3 + min(x, 7)*sigmoid(x)', inputs: 'x=-1' },
  ]
  for (const scene of scenes)
    test(scene.expression!, async () => {
      const { gradients } = (await finished(scene)).facts as unknown as { gradients: Record<string, number> }
      const expected = await whole(settingsOf(scene))
      expect(Object.keys(gradients).sort()).toEqual(Object.keys(expected).sort())
      for (const [name, slope] of Object.entries(expected)) expect(gradients[name], name).toBeCloseTo(slope, 10)
    })
})

describe('what cannot be shown is told', () => {
  test('mistakes in the expression and the inputs', async () => {
    await expect(begin({ expression: '(x + y' })).rejects.toThrow(
      'backprop: "(x + y": the expression ends, where ")" was expected (letter 7). Change it there.',
    )
    await expect(begin({ inputs: 'x=1,y=?' })).rejects.toThrow(
      'backprop: inputs has "y=?"; expected a name and a number, such as x=1.5. Change it there.',
    )
    await expect(begin({ expression: Array(25).fill('x').join('+') })).resolves.toBeDefined()
    await expect(begin({ expression: Array(45).fill('x').join('+') })).rejects.toThrow(
      /has 45 nodes; at most 40 can be shown/,
    )
  })
  test('an expression that is a single name is its own gradient', async () => {
    expect((await finished({ expression: 'x', inputs: 'x=3' })).facts).toMatchObject({ value: 3, gradients: { x: 1 } })
  })
})

describe('the layout', () => {
  for (const scene of [
    ...Object.values(about.presets),
    { expression: 'sigmoid(a*b + c*d + e*f + g*h) - a*(b + c)', inputs: '' },
  ])
    test(`keeps nodes apart and edges forward: ${scene.expression}`, async () => {
      const { nodes, edges } = await finished(scene)
      const { places } = layout(nodes, edges)
      for (const { from, to } of edges) expect(places[from]!.column).toBeLessThan(places[to]!.column)
      const spots = new Set(places.map(({ column, row }) => `${column} ${row}`))
      expect(spots.size).toBe(nodes.length)
      for (const [i, a] of places.entries())
        for (const b of places.slice(0, i))
          if (a.column === b.column) expect(Math.abs(a.row - b.row)).toBeGreaterThanOrEqual(0.999)
    })
})

const built = new URL('../../../dist/index.js', import.meta.url)
describe.runIf(existsSync(built))('the program', () => {
  for (const scene of Object.values(about.presets))
    test(`prints the same value and gradients: ${scene.expression}`, async () => {
      const text = core.program!(settingsOf(scene))
      const cwd = new URL('../../..', import.meta.url)
      const out = execFileSync(process.execPath, ['--input-type=module', '-e', text], { cwd, encoding: 'utf8' })
      const printed = Object.fromEntries(
        out
          .trim()
          .split('\n')
          .map(line => line.split(' ')),
      )
      const { value, gradients } = (await finished(scene)).facts as { value: number; gradients: Record<string, number> }
      expect(Number(printed.value)).toBeCloseTo(value, 5)
      for (const [name, slope] of Object.entries(gradients)) expect(Number(printed[name]), name).toBeCloseTo(slope, 5)
    })
})
