// Sides of a workload as pages, each in a Chromium of its own, which answer as processes do.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { extname, join } from 'node:path'
import { chromium } from 'playwright-core'

const executable = '/usr/bin/chromium'
export const hasChromium = () => existsSync(executable)

const types = { '.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript', '.wasm': 'application/wasm' }
/** What makes a page cross-origin isolated, so that memory can be shared between threads. */
const isolation = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' }

/** Serves a folder on loopback, isolated under `/isolated/` and plainly under `/plain/`; returns its address and how to end it. */
export const serve = async folder => {
  const server = createServer(async (request, response) => {
    const [, mode, ...rest] = new URL(request.url, 'http://localhost').pathname.split('/')
    const name = rest.join('/') || 'index.html'
    try {
      const body = await readFile(join(folder, name))
      const type = types[extname(name)] ?? 'application/octet-stream'
      response.writeHead(200, { 'content-type': type, ...(mode === 'isolated' && isolation) }).end(body)
    } catch {
      response.writeHead(404).end()
    }
  })
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
  return { origin: `http://127.0.0.1:${server.address().port}`, close: () => server.close() }
}

const flags = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1', // nothing is fetched from outside
]
/** WebGPU in software. */
const swiftShader = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', '--enable-features=Vulkan']

/** Parent and processor time in ms of each process; nothing but on Linux. */
const processes = () => {
  const all = new Map()
  if (!existsSync('/proc/self/stat')) return all
  for (const pid of readdirSync('/proc').filter(name => /^\d+$/.test(name))) {
    try {
      const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
      const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
      all.set(Number(pid), { parent: Number(fields[1]), time: (Number(fields[11]) + Number(fields[12])) * 10 })
    } catch {} // has ended meanwhile
  }
  return all
}
/** Processes of a browser, which has one for each page, the graphics processor and more. */
const family = root => {
  const all = processes()
  const members = new Set([root])
  // A child's number need not be above its parent's: until nothing is added.
  for (let before = 0; before < members.size; ) {
    before = members.size
    for (const [pid, { parent }] of all) if (members.has(parent)) members.add(pid)
  }
  return [...members].filter(pid => all.has(pid)).map(pid => ({ pid, ...all.get(pid) }))
}
/** Resident memory in bytes, what processes share counted once. */
const proportional = pid => {
  try {
    return Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))[1]) * 1024
  } catch {
    return 0
  }
}

/** Why a call into a page failed, without where in the page. */
const reasonOf = error =>
  error.message
    .split('\n')[0]
    .replace(/^page\.\w+: /, '')
    .slice(0, 200)

const within = async (task, patience) => {
  let timer
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${patience / 1000} s`)), patience)
  })
  return Promise.race([task, late]).finally(() => clearTimeout(timer))
}

/** A page that does what `asked` says; what startServer of ../process.mjs returns. */
export const startPage = async (origin, { isolated = true, ...asked }, patience = 300_000) => {
  const server = await chromium.launchServer({
    executablePath: executable,
    headless: true,
    args: asked.engine === 'webgpu' ? [...flags, ...swiftShader] : flags,
  })
  const root = server.process().pid
  try {
    const browser = await chromium.connect(server.wsEndpoint())
    const page = await browser.newPage()
    const failed = new Promise((_, reject) => page.on('pageerror', reject))
    failed.catch(() => {})
    const call = async (name, request) => {
      const task = page.evaluate(([name, request]) => window.bench[name](request), [name, request])
      try {
        return await within(Promise.race([task, failed]), patience)
      } catch (error) {
        throw new Error(reasonOf(error), { cause: error })
      }
    }
    await page.goto(`${origin}/${isolated ? 'isolated' : 'plain'}/?asked=${encodeURIComponent(JSON.stringify(asked))}`)
    if ((await page.evaluate(() => crossOriginIsolated)) !== isolated)
      throw new Error(`the page is ${isolated ? 'not ' : ''}cross-origin isolated`)
    const ready = await call('start')
    ready.versions.chromium = browser.version()
    return {
      ready,
      ask: request => call('ask', request),
      memory: () => family(root).reduce((total, { pid }) => total + proportional(pid), 0) || null,
      cpuTime: () => family(root).reduce((total, { time }) => total + time, 0),
      kill: () => server.kill(),
      close: () => server.close(),
    }
  } catch (error) {
    await server.kill()
    throw error
  }
}
