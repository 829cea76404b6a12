import { expect, test } from 'vitest'
import { Drive } from '../../kit/drive.ts'
import { about, type Settings } from './about.ts'
import { core } from './core.ts'
import type { VarianceShot } from './shot.ts'

const started = (given: Partial<Settings>) =>
  Drive.start(core as never, about.options.validate('test', given) as never) as Promise<Drive<VarianceShot>>
const run = async (given: Partial<Settings>): Promise<VarianceShot> => {
  const drive = await started(given)
  while ((await drive.next()).stop === null);
  return drive.run.shot()
}
const facts = async (given: Partial<Settings>) => (await run(given)).facts as Record<string, number>

test.each([
  { model: 'polynomial', degree: 1 },
  { model: 'polynomial', degree: 6, penalty: 0.01 },
  { model: 'neighbours', neighbours: 3, truth: 'step' },
  { model: 'tree', depth: 5, truth: 'cubic' },
] as const)(
  'bias², variance and noise add up to the measured test error within 3 standard errors: %o',
  async settings => {
    const { bias2, variance, noise, error, expected, standardError } = await facts({ ...settings, steps: 300 })
    expect(bias2! + variance! + noise!).toBeCloseTo(expected!, 12)
    expect(Math.abs(error! - expected!)).toBeLessThan(3 * standardError!)
    expect(standardError).toBeGreaterThan(0)
    expect(noise).toBeCloseTo(0.16, 12)
  },
)

test('more data sets make the standard errors smaller', async () => {
  const [few, many] = [await facts({ model: 'tree', steps: 100 }), await facts({ model: 'tree', steps: 1000 })]
  for (const name of ['standardError', 'bias2StandardError', 'varianceStandardError', 'errorStandardError'])
    expect(many[name], name).toBeLessThan(few[name]! / 2)
})

test('a stiff polynomial is biased, a wild one varies, and the best stands between', async () => {
  const { curve, facts } = await run({ steps: 120 })
  expect(curve.map(({ complexity }) => complexity)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
  expect(curve[0]!.bias2).toBeGreaterThan(5 * curve[3]!.bias2)
  expect(curve[10]!.variance).toBeGreaterThan(3 * curve[3]!.variance)
  expect(facts.best).toBeGreaterThanOrEqual(3)
  expect(facts.best).toBeLessThanOrEqual(5)
})

test('a cubic through a cubic has no bias that its standard error does not explain', async () => {
  const { bias2, bias2StandardError } = await facts({ truth: 'cubic', degree: 3, steps: 300 })
  expect(bias2).toBeLessThan(3 * bias2StandardError! + 0.002)
})

test('another complexity is shown of the same data sets, without a new start', async () => {
  const drive = await started({ degree: 2, steps: 30 })
  while ((await drive.next()).stop === null);
  drive.set(about.options.validate('test', { degree: 7, steps: 30 }))
  const shown = await drive.run.shot()
  expect(shown.facts.degree).toBe(7)
  expect(shown.facts.error).toBe((await facts({ degree: 7, steps: 30 })).error)
})

test.each([
  ['noise', 0.1],
  ['samples', 60],
  ['penalty', 1],
  ['truth', 'step'],
  ['seed', 2],
] as const)('%s changes the fits', async (name, value) => {
  expect((await facts({ steps: 10, [name]: value })).error).not.toBe((await facts({ steps: 10 })).error)
})

test('before there is anything to tell, nothing is told', async () => {
  const { facts, curve, fits } = await (await started({})).run.shot()
  expect(facts).toEqual({ model: 'polynomial', degree: 3, dataSets: 0, told: 0, judged: 0, curve: [] })
  expect(curve).toEqual([])
  expect(fits).toHaveLength(0)
})
