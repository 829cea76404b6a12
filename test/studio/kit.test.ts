import { expect, test } from 'vitest'
import { describeStudio, type LabPage, type Page } from './page.ts'

// What labs share: transport, stop conditions, comparison, exports, explanations.

/** The next files that the page hands out after a button is pressed. */
const downloads = async (page: Page, button: string, count: number): Promise<Map<string, Buffer>> => {
  const files = new Map<string, Buffer>()
  page.on('download', async download => {
    const parts: Buffer[] = []
    for await (const part of await download.createReadStream()) parts.push(part as Buffer)
    files.set(download.suggestedFilename(), Buffer.concat(parts))
  })
  await page.getByRole('button', { name: button }).click()
  await expect.poll(() => files.size, { timeout: 20_000 }).toBeGreaterThanOrEqual(count)
  return files
}

describeStudio('the kit', studio => {
  const small = 'mlp&dataSet=moons&hidden=4&count=60'
  const button = ({ page }: LabPage, name: string) => page.getByRole('button', { name, exact: true })

  test('a run stops at its target, and without progress', async () => {
    const aimed = await studio().open(`${small}&target=0.3`)
    const done = (await aimed.snapshot()).state === 'paused' ? await aimed.play() : await aimed.snapshot()
    expect(done.state).toBe('target')
    expect(done.loss).toBeLessThanOrEqual(0.3)
    expect(await button(aimed, 'Play').isDisabled()).toBe(true)
    await aimed.set({ target: -1, steps: done.step + 5 })
    expect(await aimed.play()).toMatchObject({ state: 'steps', step: done.step + 5 })
    const stuck = await studio().open(`${small}&patience=40&learningRate=0.0005&init=zero`)
    if ((await stuck.snapshot()).state === 'paused') await stuck.play()
    expect((await stuck.snapshot()).state).toBe('patience')
  })

  test('Reset gives the same run again, Step one step of it', async () => {
    const lab = await studio().open(small)
    const first = await lab.series()
    await lab.step(3)
    const after = await lab.series()
    expect(after.loss!.length).toBe(first.loss!.length + 3)
    await button(lab, 'Reset').click()
    await lab.idle()
    expect(await lab.series()).toEqual(first)
    await lab.step(3)
    expect(await lab.series()).toEqual(after)
  })

  test('a slow speed is slow', async () => {
    const lab = await studio().open(small)
    const { step } = await lab.snapshot()
    await lab.page.getByLabel('Speed').selectOption('5')
    await button(lab, 'Play').click()
    await lab.page.waitForTimeout(1000)
    await button(lab, 'Pause').click()
    await lab.idle()
    const done = (await lab.snapshot()).step - step
    expect(done).toBeGreaterThan(0)
    expect(done).toBeLessThan(12)
  })

  test('a live setting changes the run that goes on, another starts it anew', async () => {
    const lab = await studio().open(small)
    await lab.step(2)
    const { step } = await lab.snapshot()
    await lab.set({ learningRate: 0.5 })
    expect((await lab.snapshot()).step).toBe(step)
    await lab.set({ activation: 'relu' })
    expect((await lab.snapshot()).step).toBe(step - 2)
    expect((await lab.snapshot()).settings).toMatchObject({ learningRate: 0.5, activation: 'relu' })
  })

  test('a pinned run stands beside the next one', async () => {
    const lab = await studio().open(small)
    await button(lab, 'Pin this run').click()
    await lab.set({ noise: 0.3 })
    const table = lab.page.getByRole('region', { name: 'Compare' }).locator('table')
    const text = await table.innerText()
    expect(text).toContain('run 1')
    expect(text).toMatch(/Noise\s+0\.05\s+0\.3/)
    expect(text).not.toContain('Activation')
    await lab.page.getByRole('button', { name: 'Forget run 1' }).click()
    expect(await table.count()).toBe(0)
  })

  test('metrics, pictures, model and program go out', { timeout: 120_000 }, async () => {
    const lab = await studio().open(small)
    const { step } = await lab.snapshot()
    const csv = (await downloads(lab.page, 'Metrics (CSV)', 1)).get('mlp-metrics.csv')!.toString()
    const [head, ...rows] = csv.trim().split('\n')
    expect(head).toBe('step,loss,test')
    expect(rows).toHaveLength(step)
    const series = await lab.series()
    expect(Number(rows[4]!.split(',')[1])).toBe(series.loss![4])
    const pictures = await downloads(lab.page, 'Pictures (PNG)', 4)
    const regions = pictures.get('decision-regions.png')!
    expect([...regions.subarray(0, 4)]).toEqual([0x89, 0x50, 0x4e, 0x47])
    expect(regions.length).toBeGreaterThan(4000)
    const files = await downloads(lab.page, 'Model and program', 4)
    expect([...files.keys()]).toEqual(
      expect.arrayContaining(['model.safetensors', 'config.json', 'model.onnx', 'mlp.ts']),
    )
    expect(files.get('mlp.ts')!.toString()).toContain("import { loader, points } from 'gradus/data'")
    expect(JSON.parse(files.get('config.json')!.toString())).toMatchObject({ gradus_lab: 'mlp', hidden: [4] })
  })

  test('a number says where it comes from', async () => {
    const { page, snapshot } = await studio().open(small)
    await page.locator('.explained .number').first().click()
    const said = await page.locator('.explanation').innerText()
    expect(said).toContain('accuracy = right / all')
    const [, shown, right, all] = /([\d.]+) = (\d+) \/ (\d+)/.exec(said)!
    expect(Number(right) / Number(all)).toBeCloseTo((await snapshot()).facts.testAccuracy, 9)
    expect(Number(shown)).toBeCloseTo(Number(right) / Number(all), 3)
  })

  test('a pasted table is used, and given back', async () => {
    const lab = await studio().open(small)
    await lab.page.getByText('Paste a table').click()
    const rows = Array.from({ length: 40 }, (_, i) => `${i % 8},${(i * 3) % 7},${i % 2 ? 'a' : 'b'}`)
    await lab.page.getByLabel('Pasted data').fill(`x,y,kind\n${rows.join('\n')}`)
    await button(lab, 'Use it').click()
    await lab.idle()
    expect(await lab.page.locator('[data-report]').innerText()).toContain('pasted.csv: 40 rows used, none left out.')
    expect((await lab.snapshot()).facts.classes).toEqual(['a', 'b'])
    expect(await lab.page.locator('[data-command]').innerText()).toContain('--data=pasted.csv')
    await lab.page.getByRole('button', { name: "Back to the lab's data" }).click()
    await lab.idle()
    expect(await lab.page.locator('[data-report]').count()).toBe(0)
  })

  test('a dropped file is taken anywhere on the page', async () => {
    const lab = await studio().open(small)
    await lab.page.evaluate(() => {
      const data = new DataTransfer()
      const rows = Array.from({ length: 30 }, (_, i) => `${i % 5},${i % 6},${i % 3}`)
      data.items.add(new File([`a,b,c\n${rows.join('\n')}`], 'dropped.csv'))
      document
        .querySelector('main')!
        .dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }))
    })
    await lab.idle()
    expect(await lab.page.locator('[data-report]').innerText()).toContain('dropped.csv: 30 rows used')
    expect((await lab.snapshot()).facts.classes).toEqual(['0', '1', '2'])
  })

  test('light and dark change pictures too, and the choice lasts', async () => {
    const { page, idle } = await studio().open(small)
    const pixel = () =>
      page.evaluate(() => {
        const canvas = document.querySelector<HTMLCanvasElement>('canvas[data-picture="Confusion matrix"]')!
        return [...canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height).data].reduce(
          (a, b) => a + b,
          0,
        )
      })
    const light = await pixel()
    await page.getByRole('button', { name: 'Light or dark' }).click()
    await idle()
    expect(await page.evaluate(() => document.documentElement.dataset.theme)).toBe('dark')
    expect(await pixel()).not.toBe(light)
    await page.reload()
    await idle()
    expect(await page.evaluate(() => document.documentElement.dataset.theme)).toBe('dark')
  })

  test('an address with play starts by itself', async () => {
    const { snapshot, page } = await studio().open(`${small}&steps=260`)
    await page.goto(`${page.url()}&play`)
    await page.evaluate(() => window.__studio.idle())
    expect((await snapshot()).state).toBe('steps')
  })

  test('what is said to a run before it is ready is not lost', async () => {
    const lab = await studio().open(`${small}&opening=0`)
    const answer = await lab.page.evaluate(async () => {
      const frame = () => new Promise(resolve => requestAnimationFrame(resolve))
      window.__studio.set({ seed: 2 })
      await frame()
      await frame()
      window.__studio.set({ steps: 5 })
      return window.__studio.ask({ at: [[0, 0]] })
    })
    expect(answer).toHaveLength(1)
    await lab.idle()
    expect(await lab.play()).toMatchObject({ state: 'steps', step: 5 })
  })

  test('a run that plays goes on playing, however often settings change, and at its speed', async () => {
    const lab = await studio().open(`${small}&opening=0&steps=100000`)
    await lab.page.getByLabel('Speed').selectOption('5')
    await button(lab, 'Play').click()
    await lab.page.evaluate(async () => {
      for (let seed = 2; seed < 8; seed++) {
        window.__studio.set({ seed })
        await new Promise(resolve => requestAnimationFrame(resolve))
      }
    })
    await expect.poll(async () => (await lab.snapshot()).step).toBeGreaterThan(1)
    expect((await lab.snapshot()).state).toBe('playing')
    await button(lab, 'Pause').click()
    await lab.idle()
    const { state, step, settings } = await lab.snapshot()
    expect({ state, seed: settings.seed }).toEqual({ state: 'paused', seed: 7 })
    expect(step).toBeLessThan(30)
    expect(new URL(lab.page.url()).searchParams.get('opening')).toBe('0')
  })

  test('a scene takes back what was set before', async () => {
    const lab = await studio().open('descent&startX=2&target=0.5')
    await button(lab, 'Saddle').click()
    await lab.idle()
    const { settings, facts } = await lab.snapshot()
    expect(settings).toMatchObject({ function: 'saddle' })
    expect([settings.startX, settings.target]).toEqual([undefined, undefined])
    expect(facts.start[0]).toBe(-1.5)
    expect(lab.page.url()).not.toMatch(/startX|target/)
  })

  test('settings that cannot be, with data of one’s own, are told of once; others start anew', async () => {
    const lab = await studio().open('gpt&embedDim=16&numLayers=1&contextLength=16&opening=0')
    await lab.page.locator('.data-panel summary').click()
    await lab.page.getByLabel('Pasted data').fill('The cat sat on the mat. '.repeat(40))
    await button(lab, 'Use it').click()
    await lab.idle()
    await lab.set({ embedDim: 20, numHeads: 8 })
    await lab.idle()
    expect(await lab.snapshot()).toMatchObject({ state: 'failed', error: expect.stringContaining('20 cannot be') })
    await lab.set({ numHeads: 4 })
    await lab.idle()
    expect((await lab.snapshot()).state).toBe('paused')
    expect(await lab.page.locator('[data-report]').textContent()).toContain('pasted.txt')
  })
})
