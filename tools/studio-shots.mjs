// Screenshots of every page of the built studio: `npm run studio:shots [-- mlp descent] [--out DIR]`, light and dark, wide and narrow. For looking at, not for committing.
import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { chromium } from 'playwright-core'

const at = path => fileURLToPath(new URL(`../${path}`, import.meta.url))
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    out: { type: 'string', default: at('runs/shots') },
    full: { type: 'boolean', default: false },
    runs: { type: 'string', default: at('runs') },
  },
})

const { startStudio } = await import(at('dist/serve/studio.js'))
const server = await startStudio({ app: at('dist/studio/app'), runs: values.runs, port: 0 })

const pages = [
  ['start', ''],
  ...readdirSync(at('studio/labs')).map(name => [name, `?lab=${name}`]),
  ...readdirSync(at('studio/tools')).map(name => [name, `?tool=${name}`]),
].filter(([name]) => positionals.length === 0 || positionals.includes(name))
mkdirSync(values.out, { recursive: true })
const args = ['--no-sandbox', '--enable-unsafe-swiftshader', '--use-gl=angle', '--use-angle=swiftshader']
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args })
try {
  for (const [name, query] of pages) {
    for (const colorScheme of ['light', 'dark']) {
      for (const [size, viewport] of [
        ['wide', { width: 1440, height: 900 }],
        ['narrow', { width: 390, height: 844 }],
      ]) {
        const page = await browser.newPage({ viewport, colorScheme })
        page.on('pageerror', error => console.error(`${name}: ${error.message}`))
        page.on('console', said => said.type() === 'error' && console.error(`${name}: ${said.text()}`))
        await page.goto(server.url + query)
        await page.evaluate(() => window.__studio.idle())
        await page.screenshot({ path: join(values.out, `${name}-${size}-${colorScheme}.png`), fullPage: values.full })
        await page.close()
      }
    }
    console.log(name)
  }
} finally {
  await browser.close()
  await server.close()
}
