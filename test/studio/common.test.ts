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
    '%s: nothing foreign, no error, labels and contrast, light and dark',
    { timeout: 120_000 },
    async name => {
      for (const colorScheme of ['light', 'dark'] as const) {
        const lab = await studio().open(quick(name), { colorScheme })
        expect(await lab.page.getByRole('heading', { level: 1 }).count()).toBe(1)
        expect((await lab.snapshot()).lab).toBe(name)
        expect(await broken(lab.page), colorScheme).toEqual([])
        expect(lab.errors).toEqual([])
        expect(lab.foreign).toEqual([])
        // Every picture is named, and told of in words.
        const silent = await lab.page.locator('canvas[data-picture=""]').count()
        expect(silent).toBe(0)
        await lab.page.close()
      }
    },
  )

  test.each(labs)('%s: nothing is cut on a phone', { timeout: 60_000 }, async name => {
    const { page } = await studio().open(quick(name), { width: 390, height: 844 })
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390)
    await page.close()
  })

  test.each(labs)(
    '%s: the address restores a scene, hides controls, and nonsense in it is told of',
    { timeout: 120_000 },
    async name => {
      const lab = await studio().open(`${quick(name)}&seed=7&hide=steps`)
      expect((await lab.snapshot()).seed).toBe(7)
      expect(await lab.page.getByLabel('Seed', { exact: true }).inputValue()).toBe('7')
      expect(await lab.page.getByLabel('Steps', { exact: true }).count()).toBe(0)
      await lab.page.getByLabel('Seed', { exact: true }).fill('11')
      await lab.page.getByLabel('Seed', { exact: true }).press('Enter')
      await lab.idle()
      const facts = await lab.snapshot()
      expect(facts.seed).toBe(11)
      expect(new URL(lab.page.url()).searchParams.get('seed')).toBe('11')
      // The address goes with the settings; how much is done first does not.
      await lab.page.goto(`${lab.page.url()}&opening=4`)
      await lab.idle()
      expect(await lab.snapshot()).toEqual(facts)
      await lab.page.close()

      const odd = await studio().open(`${quick(name)}&seed=many&zebra=blue&engine=abacus`)
      const said = await odd.page.locator('.notices').innerText()
      expect(said).toContain('seed must be an integer from 0 to 1000000; the address has "many".')
      expect(said).toContain('"zebra", which is no setting of this lab')
      expect(said).toContain('There is no engine "abacus"')
      expect((await odd.snapshot()).error).toBeNull()
      expect(odd.errors).toEqual([])
      await odd.page.close()
    },
  )

  test.each(labs)('%s: while it runs the page answers, and pause stops the steps', { timeout: 120_000 }, async name => {
    const lab = await studio().open(`${name}&opening=0`)
    await lab.page.getByRole('button', { name: 'Reset' }).click()
    await lab.idle()
    const longest = await longestTask(lab, async () => {
      await lab.page.getByRole('button', { name: 'Play' }).click()
      await lab.page.waitForTimeout(1500)
      const pause = lab.page.getByRole('button', { name: 'Pause' })
      if ((await pause.count()) > 0) await pause.click({ timeout: 2000 }).catch(() => {})
      await lab.idle()
    })
    const { step, state, error } = await lab.snapshot()
    expect(error).toBeNull()
    expect(step).toBeGreaterThan(0)
    expect(['paused', 'steps', 'ended', 'target', 'diverged']).toContain(state)
    await lab.page.waitForTimeout(300)
    expect((await lab.snapshot()).step).toBe(step)
    expect(longest).toBeLessThan(100)
    expect(lab.errors).toEqual([])
    await lab.page.close()
  })

  test.each(labs)('%s: ten starts leave no more memory than two', { timeout: 180_000 }, async name => {
    const lab = await studio().open(quick(name))
    const again = async (times: number): Promise<void> => {
      for (let i = 0; i < times; i++) {
        await lab.page.getByRole('button', { name: 'Reset' }).click()
        await lab.idle()
      }
    }
    await again(2)
    const before = await held(lab)
    await again(10)
    expect((await held(lab)) - before).toBeLessThan(3)
    await lab.page.close()
  })

  test('the start page shows every lab, runs their previews, and passes axe', { timeout: 120_000 }, async () => {
    const { page, errors, foreign, idle } = await studio().open('')
    await idle()
    expect(await page.locator('.card canvas').count()).toBe(labs.length)
    for (const name of labs) expect(await page.locator(`a[href="?lab=${name}"]`).count()).toBe(1)
    expect(await broken(page)).toEqual([])
    expect([...errors, ...foreign]).toEqual([])
  })
})
