import { createWriteStream } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeStudio, type LabPage, openStudio } from './page.ts'

// What goes wrong is told in one sentence, and the lab is as usable as before.

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gradus-studio-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const file = async (name: string, content: string | Uint8Array): Promise<string> => {
  const path = join(folder, name)
  await writeFile(path, content)
  return path
}

/** Gives a file to the lab, and reads what the page says. */
const give = async (lab: LabPage, path: string): Promise<string | null> => {
  await lab.page.getByLabel('Open a file').setInputFiles(path)
  await lab.page.waitForTimeout(100)
  await lab.idle()
  return (await lab.snapshot()).error
}

/** It still learns. */
const usable = async (lab: LabPage): Promise<void> => {
  const before = await lab.snapshot()
  expect(before.state).toBe('paused')
  expect((await lab.step(2)).step).toBe(before.step + 2)
  expect(lab.errors).toEqual([])
}

describeStudio('bad input', studio => {
  const lab = (): Promise<LabPage> => studio().open('mlp')
  const alerts = ({ page }: LabPage): Promise<string[]> => page.getByRole('alert').allInnerTexts()

  test.each([
    [
      'picture.png',
      Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0, 1, 2),
      'picture.png: is no table that can be read here. Give CSV, TSV, JSON Lines or Parquet.',
    ],
    [
      'noise.csv',
      Uint8Array.from({ length: 400 }, (_, i) => (i * 37) % 256),
      'noise.csv: is not a text in UTF-8. Give a plain text file.',
    ],
    ['empty.csv', '', 'empty.csv: is empty. Give a file with something in it.'],
    [
      'words.csv',
      'a,b,class\nx,y,1\nu,v,2\n',
      'words.csv: has no columns of numbers before its last column. Give two columns of numbers and, as the last column, the class.',
    ],
    [
      'one.csv',
      'a,b,class\n1,2,x\n3,4,x\n',
      'one.csv: its last column, class, has 1 different values in 2 usable rows; from 2 to 10 classes can be shown. Make the class the last column.',
    ],
  ])('%s is refused in words', async (name, content, sentence) => {
    const page = await lab()
    const before = await page.snapshot()
    expect(await give(page, await file(name, content))).toBe(sentence)
    expect(await alerts(page)).toEqual([sentence])
    expect({ ...(await page.snapshot()), error: null }).toEqual(before)
    await usable(page)
  })

  test('text where numbers belong leaves out those rows, and says how many and why', async () => {
    const page = await lab()
    const rows = Array.from({ length: 60 }, (_, i) => `${i % 7},${(i * i) % 11},${i % 2 ? 'odd' : 'even'}`)
    rows[3] = 'many,2,odd'
    rows[9] = '4,,even'
    expect(await give(page, await file('mixed.csv', `a,b,class\n${rows.join('\n')}\n`))).toBeNull()
    const report = await page.page.locator('[data-report]').innerText()
    expect(report).toContain('mixed.csv: 58 rows used.')
    expect(report).toContain('1 left out: a is no number')
    expect(report).toContain('1 left out: b is no number')
    await usable(page)
  })

  test('200 MB of data are read, the first rows used, and the rest told of', { timeout: 180_000 }, async () => {
    const path = join(folder, 'large.csv')
    const out = createWriteStream(path)
    out.write('x,y,class\n')
    const block = Array.from({ length: 50_000 }, (_, i) => `${(i * 0.37) % 13},${(i * 0.91) % 17},${i % 3}`).join('\n')
    let bytes = 0
    while (bytes < 200e6) {
      out.write(`${block}\n`)
      bytes += block.length + 1
    }
    await new Promise(resolve => out.end(resolve))
    const page = await lab()
    expect(await give(page, path)).toBeNull()
    const report = await page.page.locator('[data-report]').innerText()
    expect(report).toMatch(/large\.csv: 5,000 rows used\.\n+[\d,]+ left out: a page shows the first 5,000 rows/)
    await usable(page)
  })

  test('a model of another lab and one of another architecture are refused in words', async () => {
    const page = await studio().open('mlp&hidden=3')
    const saved = await page.page.evaluate(async () => {
      const link = HTMLAnchorElement.prototype.click
      const got: { name: string; bytes: number[] }[] = []
      const waiting: Promise<void>[] = []
      HTMLAnchorElement.prototype.click = function () {
        const name = this.download
        waiting.push(
          fetch(this.href)
            .then(async r => void got.push({ name, bytes: [...new Uint8Array(await r.arrayBuffer())] }))
            .catch(() => {}),
        )
      }
      ;[...document.querySelectorAll('button')].find(b => b.textContent === 'Model and program')!.click()
      await new Promise(resolve => setTimeout(resolve, 1500))
      await Promise.all(waiting)
      HTMLAnchorElement.prototype.click = link
      return got
    })
    const weights = saved.find(({ name }) => name === 'model.safetensors')
    // A strict policy may keep a page from reading its own blobs; then the file is taken from the download instead.
    const bytes = weights ? Uint8Array.from(weights.bytes) : await downloaded(page)
    const other = await studio().open('mlp&hidden=4,4')
    expect(await give(other, await file('model.safetensors', bytes))).toBe(
      'model.safetensors: is another architecture: it has hidden [3], activation tanh, norm none, classes 2; the model here has hidden [4, 4], activation tanh, norm none, classes 2. Change the settings to match, then open it again.',
    )
    await usable(other)
    const gpt = await studio().open('gpt&embedDim=16&contextLength=16')
    expect(await give(gpt, await file('model.safetensors', bytes))).toBe(
      'model.safetensors: is a model of the lab “mlp”, and this is “gpt”. Open it there.',
    )
    expect(await give(gpt, await file('broken.safetensors', bytes.slice(0, 40)))).toMatch(/^broken\.safetensors: /)
    await usable(gpt)
  })

  const downloaded = async ({ page }: LabPage): Promise<Uint8Array> => {
    const found = new Promise<Uint8Array>(resolve => {
      page.on('download', async download => {
        if (download.suggestedFilename() !== 'model.safetensors') return
        const chunks: Buffer[] = []
        for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer)
        resolve(Buffer.concat(chunks))
      })
    })
    await page.getByRole('button', { name: 'Model and program' }).click()
    return found
  }

  test('a worker that dies is told of, and Reset starts anew', async () => {
    const page = await lab()
    await page.page
      .workers()[0]!
      .evaluate(() => self.close())
      .catch(() => {})
    await expect
      .poll(async () => (await page.snapshot()).error, { timeout: 10_000 })
      .toBe('The worker that computes this lab has died, perhaps for want of memory. Press Reset to start anew.')
    await page.page.getByRole('button', { name: 'Reset' }).click()
    await page.idle()
    expect((await page.snapshot()).error).toBeNull()
    await usable(page)
  })

  test('without WebAssembly the reference engine computes, and the page says so', { timeout: 120_000 }, async () => {
    const bare = await openStudio(['--js-flags=--jitless'])
    try {
      const page = await bare.open('mlp&steps=3')
      expect((await page.snapshot()).engine).toBe('reference')
      expect(await page.page.locator('.notices').innerText()).toContain('This browser has no WebAssembly')
      expect(await page.snapshot()).toMatchObject({ state: 'steps', step: 3, error: null })
    } finally {
      await bare.browser.close()
      await bare.server.close()
    }
  })

  /** How many colours a picture has. */
  const colours = ({ page }: LabPage, picture: string): Promise<number> =>
    page.evaluate(name => {
      const canvas = document.querySelector<HTMLCanvasElement>(`canvas[data-picture="${name}"]`)!
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height)
      return new Set(new Uint32Array(data.buffer)).size
    }, picture)
  const scatter = async (lab: LabPage): Promise<number> => {
    const name = await lab.page.locator('canvas[data-picture]').first().getAttribute('data-picture')
    return colours(lab, name!)
  }

  test('points are drawn by WebGL, and without it in two dimensions, which the page says', {
    timeout: 120_000,
  }, async () => {
    const few = 'embedding&count=100&opening=5'
    const here = await studio().open(few)
    expect(await scatter(here)).toBeGreaterThan(10)
    expect(await here.page.getByText('no WebGL2').count()).toBe(0)
    const bare = await openStudio(['--disable-gpu', '--disable-software-rasterizer'])
    try {
      const there = await bare.open(few)
      expect(await scatter(there)).toBeGreaterThan(10)
      expect(await there.page.getByText('no WebGL2').first().innerText()).toContain('points are drawn more slowly')
      expect((await there.step(2)).error).toBeNull()
    } finally {
      await bare.browser.close()
      await bare.server.close()
    }
  })

  test('an address without a lab or a tool leads back', async () => {
    const { page, errors } = await studio().open('lab=alchemy')
    expect(await page.getByRole('main').innerText()).toContain('There is no lab called “alchemy”.')
    await page.getByRole('link', { name: 'All labs' }).first().click()
    await page.waitForSelector('.cards')
    expect(errors).toEqual([])
  })
})
