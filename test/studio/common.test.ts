import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { describeStudio, labs, type LabPage } from './page.ts'

// What every lab must do, whatever it is about.

/** Rules that axe finds broken, with the places. */
const broken = async (page: Page): Promise<string[]> => {
  await page.evaluate(axe.source)
  const { violations } = (await page.evaluate(() =>
    (window as unknown as { axe: typeof axe }).axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'],
    }),
  )) as axe.AxeResults
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(' | ')}`)
}

/** The longest task of the page's own thread while `work` is done, in milliseconds of the processor's time, so that other work on the machine does not count. */
const longestTask = async ({ page }: LabPage, work: () => Promise<void>): Promise<number> => {
  const session = await page.context().newCDPSession(page)
  const events: {
    name: string
    cat: string
    tdur?: number
    tid: number
    pid: number
    ph: string
    args: { name?: string }
  }[] = []
  session.on('Tracing.dataCollected', ({ value }) => events.push(...(value as unknown as typeof events)))
  await session.send('Tracing.start', {
    traceConfig: { includedCategories: ['toplevel', 'disabled-by-default-lighthouse', '__metadata'] },
  })
  const ended = new Promise(resolve => session.once('Tracing.tracingComplete', resolve))
  try {
    await work()
  } finally {
    await session.send('Tracing.end')
    await ended
  }
  const threads = new Set(
    events.filter(e => e.name === 'thread_name' && e.args.name === 'CrRendererMain').map(e => `${e.pid}.${e.tid}`),
  )
  const tasks = events.filter(e => /RunTask/.test(e.name) && e.ph === 'X' && threads.has(`${e.pid}.${e.tid}`))
  expect(tasks.length, 'tasks seen').toBeGreaterThan(10)
  return Math.max(...tasks.map(e => e.tdur ?? 0)) / 1000
}

/** What the page and its worker hold after a collection, in megabytes. */
const held = async ({ page }: LabPage): Promise<number> => {
  const measure = (): number => {
    ;(globalThis as unknown as { gc: () => void }).gc()
    return (performance as unknown as { memory: { usedJSHeapSize: number } }).memory.usedJSHeapSize
  }
  const parts = [
    await page.evaluate(measure),
    ...(await Promise.all(page.workers().map(w => w.evaluate(measure).catch(() => 0)))),
  ]
  return parts.reduce((sum, part) => sum + part, 0) / 1e6
}

/** A lab after a few steps: what is tested here does not get truer with more. */
const quick = (name: string): string => `${name}&opening=4`

describeStudio('every lab', studio => {
  test.each(labs)(
    '%s: nothing foreign, no error, labels and contrast, light and dark, nothing cut on a phone',
    { timeout: 120_000 },
    async name => {
      const { page, snapshot, idle, errors, foreign } = await studio().open(quick(name))
      expect(await page.getByRole('heading', { level: 1 }).count()).toBe(1)
      expect((await snapshot()).lab).toBe(name)
      expect(await broken(page), 'light').toEqual([])
      await page.getByRole('button', { name: 'Light or dark' }).click()
      await idle()
      expect(await broken(page), 'dark').toEqual([])
      // Every picture is named.
      expect(await page.locator('canvas[data-picture=""]').count()).toBe(0)
      await page.setViewportSize({ width: 390, height: 844 })
      await idle()
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390)
      expect(errors).toEqual([])
      expect(foreign).toEqual([])
      await page.close()
    },
  )

  test.each(labs)(
    '%s: the address restores a scene, hides controls, and nonsense in it is told of',
    { timeout: 120_000 },
    async name => {
      const odd = `${quick(name)}&seed=7&hide=steps&target=many&zebra=blue&engine=abacus`
      const { page, snapshot, idle, errors } = await studio().open(odd)
      expect(await snapshot()).toMatchObject({ seed: 7, engine: 'wasm', error: null })
      const said = await page.locator('.notices').innerText()
      expect(said).toContain('target must be a number; the address has "many". The usual value was taken.')
      expect(said).toContain('"zebra", which is no setting of this lab')
      expect(said).toContain('There is no engine "abacus"')
      const seed = page.getByLabel('Seed', { exact: true })
      expect(await seed.inputValue()).toBe('7')
      expect(await page.getByLabel('Steps', { exact: true }).count()).toBe(0)
      await seed.fill('11')
      await seed.press('Enter')
      await idle()
      const facts = await snapshot()
      expect(facts.seed).toBe(11)
      expect([...new URL(page.url()).searchParams]).toEqual([
        ['lab', name],
        ['seed', '11'],
        ['hide', 'steps'],
        ['opening', '4'],
      ])
      await page.reload()
      await idle()
      expect(await snapshot()).toEqual(facts)
      expect(errors).toEqual([])
      await page.close()
    },
  )

  test.each(labs)(
    '%s: while it runs the page answers, pause stops the steps, and ten starts leave no more memory than two',
    { timeout: 180_000 },
    async name => {
      const lab = await studio().open(`${name}&opening=0`)
      const { page, idle, snapshot } = lab
      const longest = await longestTask(lab, async () => {
        await page.getByRole('button', { name: 'Play' }).click()
        await page.waitForTimeout(1200)
        const pause = page.getByRole('button', { name: 'Pause' })
        if ((await pause.count()) > 0) await pause.click({ timeout: 2000 }).catch(() => {})
        await idle()
      })
      const { step, state, error } = await snapshot()
      expect(error).toBeNull()
      expect(step).toBeGreaterThan(0)
      expect(['paused', 'steps', 'ended', 'target', 'diverged']).toContain(state)
      await page.waitForTimeout(200)
      expect((await snapshot()).step).toBe(step)
      expect(longest).toBeLessThan(100)

      const again = async (times: number): Promise<void> => {
        for (let i = 0; i < times; i++) {
          await page.getByRole('button', { name: 'Reset' }).click()
          await idle()
        }
      }
      await again(2)
      const before = await held(lab)
      await again(10)
      expect((await held(lab)) - before).toBeLessThan(3)
      expect(lab.errors).toEqual([])
      await page.close()
    },
  )

  test('the start page shows every lab, runs their previews, and passes axe', { timeout: 120_000 }, async () => {
    const { page, errors, foreign, idle } = await studio().open('')
    await idle()
    expect(await page.locator('.card canvas').count()).toBe(labs.length)
    for (const name of labs) expect(await page.locator(`a[href="?lab=${name}"]`).count()).toBe(1)
    expect(await broken(page)).toEqual([])
    expect([...errors, ...foreign]).toEqual([])
  })
})
