import { expect, test } from 'vitest'
import { describeStudio } from '../../../test/studio/page.ts'

describeStudio('Back-propagation graph', studio => {
  test('(x + y) z at −2, 5, −4: −12, and gradients −4, −4, 3', async () => {
    const { page, snapshot, play, errors } = await studio().open('backprop')
    expect((await snapshot()).facts).toMatchObject({ phase: 'ready', value: null, gradients: {} })
    const { facts, state } = await play()
    expect(state).toBe('ended')
    expect(facts.value).toBe(-12)
    expect(facts.gradients).toEqual({ x: -4, y: -4, z: 3 })
    const row = page.locator('tr[data-node=x]')
    expect((await row.innerText()).split(/\s+/)).toEqual(['x', 'input', '−2', '−4'])
    expect(errors).toEqual([])
    await page.close()
  })

  test('values come forward first, then gradients back, one node a step', async () => {
    const { page, step, snapshot } = await studio().open('backprop')
    await step(2)
    expect((await snapshot()).facts).toMatchObject({ phase: 'forward', value: -12, gradients: {} })
    await step(2)
    expect((await snapshot()).facts).toMatchObject({ phase: 'backward', gradients: { z: 3 } })
    await page.getByRole('button', { name: 'Next node' }).click()
    await page.evaluate(() => window.__studio.idle())
    expect((await snapshot()).facts.phase).toBe('done')
    await page.close()
  })

  test('a variable used twice adds up its gradients, and says so', async () => {
    const { page, play } = await studio().open('backprop&expression=x*y%2Bx^2&inputs=x=3,y=-2')
    expect((await play()).facts.gradients).toEqual({ x: 4, y: 3 })
    await page.locator('tr[data-node=x] button').last().click()
    expect(await page.getByRole('note').innerText()).toContain('4 = 1 · (−2) + 1 · 6')
    await page.close()
  })

  test('inputs and the expression are changed in the page', async () => {
    const { page, play, snapshot, idle } = await studio().open('backprop')
    await page.getByLabel('Value of z').fill('10')
    await page.getByLabel('Value of z').press('Enter')
    await idle()
    expect((await play()).facts.value).toBe(30)
    await page.getByLabel('Expression', { exact: true }).and(page.locator('input')).fill('tanh(x*w)')
    await page.getByLabel('Expression', { exact: true }).and(page.locator('input')).press('Enter')
    await idle()
    expect((await snapshot()).facts.inputs).toEqual({ x: -2, w: 1 })
    expect((await play()).facts.gradients.w).toBeCloseTo(-2 * (1 - Math.tanh(-2) ** 2), 10)
    await page.close()
  })
})
