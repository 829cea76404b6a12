import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { describeStudio, labs, type Studio } from './page.ts'

// How much a page loads of our own: engines (the library, ONNX Runtime, readers of file formats) come on demand, in chunks of their own.

/** Zipped sizes in kB of what an address loads, without engines, by name. */
const loaded = async (studio: Studio, query: string): Promise<Map<string, number>> => {
  const context = await studio.browser.newContext()
  const page = await context.newPage()
  const sizes = new Map<string, number>()
  const waiting: Promise<void>[] = []
  context.on('response', response => {
    const name = new URL(response.url()).pathname.split('/').at(-1) || 'index.html'
    if (!/\.(js|css|html)$/.test(name) || /^(engine|ort-)/.test(name)) return
    waiting.push(response.body().then(body => void sizes.set(name, gzipSync(body, { level: 9 }).length / 1000)))
  })
  await page.goto(`${studio.server.url}${query}`)
  await page.evaluate(() => window.__studio.idle())
  // Curves come with the first step.
  const step = page.getByRole('button', { name: 'Step', exact: true })
  if ((await step.count()) > 0 && (await step.isEnabled())) await step.click()
  await page.evaluate(() => window.__studio.idle())
  await page.waitForLoadState('networkidle')
  await Promise.all(waiting)
  await context.close()
  return sizes
}
const total = (sizes: ReadonlyMap<string, number>): number => [...sizes.values()].reduce((sum, size) => sum + size, 0)

describeStudio('sizes', studio => {
  test('the shell is at most 40 kB, and each lab at most 60 kB more', { timeout: 120_000 }, async () => {
    const shell = await loaded(studio(), '?lab=none')
    expect(total(shell)).toBeLessThan(40)
    const rows = [`shell ${total(shell).toFixed(1)} kB`]
    for (const name of labs) {
      const all = await loaded(studio(), `?lab=${name}`)
      const own = total(new Map([...all].filter(([file]) => !shell.has(file))))
      rows.push(`${name} ${own.toFixed(1)} kB`)
      expect(own, name).toBeLessThan(60)
      expect(own, name).toBeGreaterThan(3)
    }
    console.log(rows.join(', '))
  })
})
