// Screenshots of every page of the built studio: `npm run studio:shots [-- mlp descent] [--out DIR]`, light and dark, wide and narrow. For looking at, not for committing.
import { createReadStream, existsSync, mkdirSync, readdirSync } from 'node:fs'
import { createServer } from 'node:http'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { chromium } from 'playwright-core'

const at = path => fileURLToPath(new URL(`../${path}`, import.meta.url))
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    out: { type: 'string', default: at('runs/shots') },
    full: { type: 'boolean', default: false },
    app: { type: 'string', default: at('dist/studio/app') },
  },
})

const types = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.wasm': 'application/wasm',
}
const isolation = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' }
const server = createServer((request, response) => {
  const name = new URL(request.url, 'http://localhost').pathname.slice(1) || 'index.html'
  const path = join(values.app, name)
  if (!existsSync(path)) return response.writeHead(404).end()
  response.writeHead(200, { 'content-type': types[extname(name)] ?? 'application/octet-stream', ...isolation })
  createReadStream(path).pipe(response)
})
await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
const origin = `http://127.0.0.1:${server.address().port}/`

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
        await page.goto(origin + query)
        await page.evaluate(() => window.__studio.idle())
        await page.screenshot({ path: join(values.out, `${name}-${size}-${colorScheme}.png`), fullPage: values.full })
        await page.close()
      }
    }
    console.log(name)
  }
} finally {
  await browser.close()
  server.close()
}
