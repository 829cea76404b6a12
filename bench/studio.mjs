// The studio in Chromium: how soon its start page is painted, how soon a lab stands, and how long its models need to learn.
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { startStudio } from '../dist/serve/studio.js'
import { median, table } from './table.mjs'

export const summary =
  'the studio in Chromium: first paint, a lab opened, the seconds that GPT and digits take to learn'
export const options = { rounds: { default: '3', help: 'how often each is measured' } }

const app = fileURLToPath(new URL('../dist/studio/app', import.meta.url))

/** Runs of labs until their loss or accuracy is what it should be. */
const learning = [
  { name: 'GPT of 0.1 M parameters on its fables, to 0.4 nats a character', query: '?lab=gpt&target=0.4', limit: 60 },
  { name: 'digits, to the end of the preset', query: '?lab=digits', limit: 60, metric: 'testAccuracy' },
]

export const run = async ({ rounds }, tell) => {
  const server = await startStudio({ app, port: 0, runs: join(tmpdir(), 'gradus-no-runs') })
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] })
  const rows = []
  const row = (name, values, unit, outcome = '') => {
    rows.push({ name, values, unit, outcome })
    tell(name)
  }
  const visit = async query => {
    const context = await browser.newContext()
    const page = await context.newPage()
    await page.goto(server.url + query)
    return { page, context }
  }
  try {
    const paints = []
    const stands = []
    for (let i = 0; i < rounds; i++) {
      const { page, context } = await visit('')
      await page.waitForSelector('.card')
      paints.push(
        await page.evaluate(
          () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? performance.now(),
        ),
      )
      await context.close()
      const lab = await visit('?lab=mlp')
      await lab.page.waitForSelector('.panel canvas')
      stands.push(await lab.page.evaluate(() => performance.now()))
      await lab.context.close()
    }
    row('first paint of the start page', paints, 'ms')
    row('the lab MLP boundaries with its first picture', stands, 'ms')
    for (const { name, query, metric } of learning) {
      const seconds = []
      let outcome = ''
      for (let i = 0; i < rounds; i++) {
        const { page, context } = await visit(query)
        await page.evaluate(() => window.__studio.idle())
        await page.getByRole('button', { name: 'Reset' }).click()
        const began = performance.now()
        await page.evaluate(() => window.__studio.idle())
        const play = page.getByRole('button', { name: 'Play' })
        if (await play.isEnabled()) await play.click()
        await page.evaluate(() => window.__studio.idle())
        seconds.push((performance.now() - began) / 1000)
        const { step, loss, facts, state } = await page.evaluate(() => window.__studio.snapshot())
        outcome = `${state} after ${step} steps, ${metric ? `${metric} ${facts[metric]}` : `loss ${loss.toFixed(3)}`}`
        await context.close()
      }
      row(name, seconds, 's', outcome)
    }
  } finally {
    await browser.close()
    await server.close()
  }
  const digits = unit => (unit === 's' ? 1 : 0)
  const text = table(
    ['what', 'median', 'all', 'came to'],
    rows.map(({ name, values, unit, outcome }) => [
      name,
      `${median(values).toFixed(digits(unit))} ${unit}`,
      values.map(v => v.toFixed(digits(unit))).join(', '),
      outcome,
    ]),
  )
  return { title: summary, text, raw: { rows } }
}
