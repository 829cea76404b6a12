import { expect, test } from 'vitest'
import { describeStudio } from '../../../test/studio/page.ts'

describeStudio('Gradient descent', studio => {
  test('x², start 1, rate 0.1: ten steps leave 0.8 to the tenth', async () => {
    const { page, step, errors } = await studio().open('descent&function=parabola&startX=1&learningRate=0.1')
    const { facts } = await step(10)
    expect(Math.abs(facts.x - 0.107374)).toBeLessThan(1e-6)
    expect(facts.verdict).toBe('converging')
    expect(await page.getByText('0.107374').count()).toBeGreaterThan(0)
    expect(errors).toEqual([])
    await page.close()
  })

  test('rate 1.1 is told to be diverged', async () => {
    const { page, play } = await studio().open('descent&function=parabola&startX=1&learningRate=1.1&steps=30')
    const { facts } = await play()
    expect(facts.verdict).toBe('diverged')
    expect(Math.abs(facts.x)).toBeGreaterThan(100)
    expect(await page.locator('[data-verdict=diverged]').first().innerText()).toBe('diverged')
    await page.close()
  })

  test('momentum 0.9 leaves the shallow well, plain descent stays', async () => {
    const scene = 'descent&function=well&learningRate=0.05'
    const plain = await studio().open(scene)
    const heavy = await studio().open(`${scene}&optimizer=momentum&momentum=0.9`)
    const [stays, leaves] = [await plain.play(), await heavy.play()]
    expect(stays.facts).toMatchObject({ verdict: 'converged', well: { kind: 'shallow' } })
    expect(leaves.facts).toMatchObject({ verdict: 'converged', well: { kind: 'deepest' } })
    await plain.page.close()
    await heavy.page.close()
  })

  test('a function that is typed is gone down; a mistake is told and changes nothing', async () => {
    const { page, snapshot, idle, step } = await studio().open('descent&function=parabola')
    const field = page.locator('[data-setting=expression]')
    await field.fill('(x - 2')
    await field.press('Enter')
    expect(await page.getByText('the expression ends, where ")" was expected (letter 7)').count()).toBe(1)
    expect((await snapshot()).settings.function).toBe('parabola')
    await field.fill('(x - 2)^2 + 1')
    await field.press('Enter')
    await idle()
    await page.locator('[data-setting=startX]').fill('0')
    await page.locator('[data-setting=startX]').press('Enter')
    await idle()
    const { facts } = await step(1)
    expect(facts).toMatchObject({ expression: '(x - 2)^2 + 1', variables: 1 })
    expect(facts.x).toBeCloseTo(0.36, 6)
    await page.close()
  })

  test('the start is dragged on the picture', async () => {
    const { page, snapshot, idle } = await studio().open('descent&function=bowl')
    const box = (await page.locator('canvas[data-picture="The way down"]').boundingBox())!
    await page.mouse.move(box.x + box.width * 0.3, box.y + box.height * 0.3)
    await page.mouse.down()
    await page.mouse.move(box.x + box.width * 0.8, box.y + box.height * 0.7, { steps: 3 })
    await page.mouse.up()
    await idle()
    const { settings, facts } = await snapshot()
    expect(settings.startX).toBeGreaterThan(0.5)
    expect(settings.startY).toBeLessThan(0)
    expect(facts.x).toBeCloseTo(settings.startX as number, 5)
    await page.close()
  })
})
