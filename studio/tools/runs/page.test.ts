import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Studio, startStudio } from '../../../src/serve/studio.ts'
import { app, describeStudio, type Page } from '../../../test/studio/page.ts'

describeStudio('the tool for runs', studio => {
  let folder = ''
  let server: Studio
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gradus-runs-page-'))
    for (const [name, rate] of [
      ['first', 0.1],
      ['second', 0.2],
    ] as const) {
      mkdirSync(join(folder, name))
      writeFileSync(join(folder, name, 'metrics.jsonl'), `${line(1, 4)}${line(2, 3)}`)
      writeFileSync(join(folder, name, 'train.json'), JSON.stringify({ steps: 9, learningRate: rate }))
    }
    server = await startStudio({ app, runs: folder, port: 0 })
  })
  afterEach(async () => {
    await server.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const line = (step: number, loss: number): string => `${JSON.stringify({ type: 'step', step, loss })}\n`

  const open = async (query = ''): Promise<{ page: Page; errors: string[] }> => {
    const page = await studio().browser.newPage()
    const errors: string[] = []
    page.on('pageerror', error => errors.push(error.message))
    page.on('console', said => said.type() === 'error' && errors.push(said.text()))
    await page.goto(`${server.url}?tool=runs${query}`)
    return { page, errors }
  }
  const lastLoss = (page: Page, run: string) =>
    page
      .getByRole('table', { name: 'train/loss: last values' })
      .getByRole('row', { name: run })
      .getByRole('cell')
      .last()

  test('shows the curves of the selected runs, what differs, and what is new, without a word in the console', async () => {
    const { page, errors } = await open()
    await page.getByRole('checkbox', { name: 'first' }).check()
    await page.getByRole('checkbox', { name: 'second' }).check()
    await expect.poll(() => lastLoss(page, 'first').textContent()).toBe('3')
    const differences = page.getByRole('region', { name: 'Settings' }).getByRole('table')
    await expect.poll(() => differences.innerText()).toMatch(/learningRate\s+0\.\d\s+0\.\d$/)
    await page.getByLabel('Show those that are the same').check()
    expect(await differences.innerText()).toContain('steps')
    appendFileSync(join(folder, 'first', 'metrics.jsonl'), line(3, 1.5))
    await expect.poll(() => lastLoss(page, 'first').textContent(), { timeout: 5000 }).toBe('1.5')
    expect(new URL(page.url()).searchParams.getAll('run').sort()).toEqual(['first', 'second'])
    await page.getByLabel('Filter').fill('sec')
    expect(await page.locator('.runs-list').getByRole('checkbox').count()).toBe(1)
    expect(errors).toEqual([])
    await page.close()
  })

  test('an address opens with its runs, and both ways out have all of them', async () => {
    const { page } = await open('&run=first&run=second')
    await expect.poll(() => lastLoss(page, 'second').textContent()).toBe('3')
    const saved = async (button: string): Promise<string> => {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name: button }).click(),
      ])
      return readFileSync(await download.path(), 'utf8')
    }
    const csv = await saved('Metrics (CSV)')
    for (const name of ['first', 'second']) expect(csv).toContain(`${name},train/loss,2,3\n`)
    expect(await saved('Curves (SVG)')).toMatch(/<text[^>]*>1: \w+<\/text>\s*<text[^>]*>2: \w+<\/text>/)
    await page.close()
  })

  test('without a server it says so, takes files, and says what is wrong with others', async () => {
    const page = await studio().browser.newPage()
    await page.route('**/api/**', route => route.fulfill({ status: 404, body: 'not here' }))
    await page.goto(`${server.url}?tool=runs`)
    await page.getByText('No server is there to tell of runs').waitFor()
    const file = (name: string, text: string) => ({ name, mimeType: '', buffer: Buffer.from(text) })
    const files = page.getByLabel('Open files')
    await files.setInputFiles([file('poem.txt', 'roses are red'), file('metrics.jsonl', line(1, 2) + line(2, 1))])
    expect(await page.getByRole('alert').innerText()).toBe(
      'poem.txt: has no line with a step and a number. Drop a metrics.jsonl, or a TensorBoard file named events.out.tfevents.*.',
    )
    expect(await lastLoss(page, 'metrics.jsonl').textContent()).toBe('1')
    await page.close()
  })
})
