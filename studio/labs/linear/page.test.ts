import { expect, test } from 'vitest'
import { describeStudio, type LabPage } from '../../../test/studio/page.ts'

const h = 2e-3
const weights = { w1: 0.83, w2: -0.47, b: 0.19 }
const lossAt = async (lab: LabPage, settings: object): Promise<number> => {
  await lab.set(settings)
  return (await lab.snapshot()).facts.loss as number
}

describeStudio('Linear classifier and loss', studio => {
  for (const loss of ['log', 'mse', 'hinge', 'softmax'])
    for (const penalty of ['none', 'l1', 'l2'])
      test(`the shown gradient of ${loss}, penalty ${penalty}, is the finite difference of the shown loss`, async () => {
        const lab = await studio().open(
          `linear&dataSet=apart&count=12&seed=2&strength=0.2&loss=${loss}&penalty=${penalty}&w1=0.83&w2=-0.47&b=0.19`,
        )
        const { gradient } = (await lab.snapshot()).facts
        for (const key of ['w1', 'w2', 'b'] as const) {
          const more = await lossAt(lab, { ...weights, [key]: weights[key] + h })
          const less = await lossAt(lab, { ...weights, [key]: weights[key] - h })
          expect(Math.abs((more - less) / (2 * h) - gradient[key]), key).toBeLessThan(1e-4)
        }
        expect(lab.errors).toEqual([])
        await lab.page.close()
      })

  test('hinge is exactly 0 beyond the margin', async () => {
    const { snapshot, page } = await studio().open('linear&loss=hinge&dataSet=apart&w1=-5&w2=0&b=0')
    const { each, zero } = (await snapshot()).facts
    const beyond = each.filter(
      (one: { class: number; scores: number[] }) => (one.class === 1 ? 1 : -1) * one.scores[0]! >= 1,
    )
    expect(beyond.length).toBeGreaterThan(10)
    expect(beyond.every((one: { loss: number }) => one.loss === 0)).toBe(true)
    expect(await page.getByText(`${zero} of 40`).count()).toBe(1)
    await page.close()
  })

  test('points are added and moved, the line is moved, and the address keeps it all', async () => {
    const { page, snapshot, idle, errors } = await studio().open('linear&w1=2&w2=0&b=0')
    const canvas = page.getByLabel('Points and line', { exact: true }).and(page.locator('canvas'))
    const box = (await canvas.boundingBox())!
    await page.getByRole('button', { name: 'Add class 1' }).click()
    await page.mouse.click(box.x + box.width * 0.7, box.y + box.height * 0.8)
    await idle()
    const added = await snapshot()
    expect(added.facts.points).toBe(41)
    expect(added.facts.each[40].class).toBe(1)
    // The middle of the line stands at the origin, in the middle of the axes.
    await page.getByRole('button', { name: 'Move', exact: true }).click()
    const { x, y } = await canvas.evaluate((element: HTMLCanvasElement) => {
      const box = element.getBoundingClientRect()
      return { x: box.left + (box.width - 10 + 32) / 2, y: box.top + (box.height + 19 - 36) / 2 }
    })
    await page.mouse.move(x, y)
    await page.mouse.down()
    await page.mouse.move(x + 60, y, { steps: 4 })
    await page.mouse.up()
    await idle()
    const moved = await snapshot()
    expect(moved.facts.weights.b).toBeLessThan(-0.3)
    expect(moved.facts.weights.w1).toBeCloseTo(2, 3)
    await page.reload()
    await page.waitForFunction(() => window.__studio?.snapshot())
    await idle()
    const again = await snapshot()
    expect(again.facts.loss).toBe(moved.facts.loss)
    expect(again.facts.points).toBe(41)
    expect(errors).toEqual([])
    await page.close()
  })

  test('numbers say where they come from', async () => {
    const { page, snapshot } = await studio().open('linear&loss=mse&points=0.5,0,0%3B-0.5,0.25,1&w1=1&w2=1&b=0')
    await page.locator('[data-parameter=w1] button').first().click()
    // Scores 0.5 and −0.25, targets −1 and 1: slopes 3 and −2.5, mean of 3 · 0.5 and −2.5 · −0.5.
    expect(await page.getByRole('note').innerText()).toContain('1.375 = (3 · 0.5 + (−2.5) · (−0.5)) / 2')
    expect((await snapshot()).facts.gradient.w1).toBeCloseTo(1.375, 6)
    await page.close()
  })
})
