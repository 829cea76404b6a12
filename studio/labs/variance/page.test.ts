import { expect, test } from 'vitest'
import { describeStudio } from '../../../test/studio/page.ts'
import { Drive } from '../../kit/drive.ts'
import { about } from './about.ts'
import { core } from './core.ts'

describeStudio('Bias and variance', studio => {
  test('the parts sum to the measured test error within 3 standard errors, and Node finds the same', async () => {
    const settings = { degree: 5, samples: 40, steps: 100, seed: 7 }
    const { play, page, errors } = await studio().open('variance&degree=5&samples=40&steps=100&seed=7')
    const { state, facts } = await play()
    expect(state).toBe('steps')
    const sum = facts.bias2 + facts.variance + facts.noise
    expect(Math.abs(facts.error - sum)).toBeLessThan(3 * facts.standardError)
    const drive = await Drive.start(core as never, about.options.validate('test', settings) as never)
    while ((await drive.next()).stop === null);
    const here = (await drive.run.shot()).facts as Record<string, number>
    for (const name of ['bias2', 'variance', 'error']) expect(facts[name]).toBeCloseTo(here[name]!, 8)
    // A number opens, and shows what it is made of.
    await page.getByRole('button', { name: / ± / }).first().click()
    await expect.poll(() => page.getByRole('note').textContent()).toContain('variance / n')
    expect(errors).toEqual([])
  })

  test('a place on the error curve chooses the degree, of the same data sets', async () => {
    const { page, snapshot, idle, errors } = await studio().open('variance&steps=60')
    const before = await snapshot()
    expect(before.facts.degree).toBe(3)
    const curve = page.getByLabel('Error over degree', { exact: true }).locator('canvas')
    const box = (await curve.boundingBox())!
    await curve.click({ position: { x: box.width * 0.96, y: box.height / 2 } })
    await idle()
    const after = await snapshot()
    expect(after.facts.degree).toBeGreaterThan(9)
    expect(after.step).toBe(before.step)
    expect(after.facts.variance).toBeGreaterThan(before.facts.variance)
    expect(errors).toEqual([])
  })
})
