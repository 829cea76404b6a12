import { expect, test } from 'vitest'
import { describeStudio, type LabPage } from '../../../test/studio/page.ts'
import { drawnDigits } from './drawn-digits.ts'
import { side } from './shot.ts'

/** Draws strokes on the pad with the mouse, and waits for what the network reads. */
const drawn = async ({ page }: LabPage, strokes: readonly (readonly number[])[]): Promise<number> => {
  const pad = page.getByLabel('Drawing pad')
  await pad.scrollIntoViewIfNeeded()
  const box = (await pad.boundingBox())!
  const at = (stroke: readonly number[], i: number): [number, number] => [
    box.x + ((stroke[i]! + 0.5) / side) * box.width,
    box.y + ((stroke[i + 1]! + 0.5) / side) * box.height,
  ]
  for (const stroke of strokes) {
    await page.mouse.move(...at(stroke, 0))
    await page.mouse.down()
    for (let i = 2; i < stroke.length; i += 2) await page.mouse.move(...at(stroke, i), { steps: 3 })
    await page.mouse.up()
  }
  const answer = page.locator('.digits-answer[data-of="drawing"][data-settled="true"]')
  await answer.waitFor()
  return Number(await answer.getAttribute('data-predicted'))
}

describeStudio('Convolution and digits', studio => {
  test('Sobel on a step, and the size of the output by its formula', async () => {
    const { page, set, snapshot, errors } = await studio().open('digits&count=100&channels=2')
    expect((await snapshot()).facts.output).toEqual(Array.from({ length: 8 }, () => [0, 0, 0, 4, 4, 0, 0, 0]))
    await set({ kernelSide: '5', stride: 2, padding: 1 })
    expect((await snapshot()).facts.outputSize).toBe(Math.floor((10 + 2 - 5) / 2) + 1)
    await page.getByRole('button', { name: '4', exact: true }).last().click()
    await expect.poll(() => page.getByRole('note').innerText()).toContain('4 = ⌊(10 + 2·1 − 5) / 2⌋ + 1')
    expect(errors).toEqual([])
  })

  test('a cell of the kernel that is typed makes a kernel of one’s own', async () => {
    const { page, idle, snapshot } = await studio().open('digits&count=100&channels=2&kernel=identity')
    await page.getByLabel('Kernel row 2, column 2').fill('-2')
    await page.keyboard.press('Tab')
    await expect.poll(async () => (await snapshot()).settings.kernel).toBe('own')
    await idle()
    const { facts } = await snapshot()
    expect(facts.output[0]).toEqual([0, 0, 0, 0, -2, -2, -2, -2])
  })

  test('after the run at least 0.95 of the test digits are named right, and 9 of 10 that are drawn', async () => {
    const lab = await studio().open('digits')
    const { facts, state } = await lab.play()
    expect(state).toBe('steps')
    expect(facts.testAccuracy).toBeGreaterThanOrEqual(0.95)
    const named: number[] = []
    for (const strokes of drawnDigits) {
      named.push(await drawn(lab, strokes))
      await lab.page.getByRole('button', { name: 'Clear' }).click()
      await lab.page.locator('.digits-answer[data-of="test"]').waitFor()
    }
    expect(named.filter((digit, i) => digit === i).length).toBeGreaterThanOrEqual(9)
    expect([...lab.errors, ...lab.foreign]).toEqual([])
  }, 180_000)
})
