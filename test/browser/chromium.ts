import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, chromium, type Page as BrowserPage } from 'playwright-core'
import { build } from 'vite'
import type { Page } from './page/main.ts'

const executable = '/usr/bin/chromium'
/** Whether there is a browser to test in. */
export const hasChromium = existsSync(executable)

const at = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url))

/** Bundles the page as an application would, from the sources, with the conditions of a browser. */
export const buildPage = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'gradus-page-'))
  await build({
    configFile: false,
    logLevel: 'error',
    root: at('test/browser/page'),
    base: './',
    resolve: {
      alias: [
        { find: '#files', replacement: at('src/core/files-browser.ts') },
        { find: '#images', replacement: at('src/data/codec-browser.ts') },
        { find: '#threads', replacement: at('src/vision/threads-browser.ts') },
        { find: '#runtimes', replacement: at('src/engine/runtimes/browser.ts') },
        { find: /^gradus$/, replacement: at('src/index.ts') },
        { find: /^gradus\/(.*)$/, replacement: `${at('src/')}$1/index.ts` },
      ],
    },
    build: { outDir: folder, emptyOutDir: true, target: 'esnext', chunkSizeWarningLimit: 10_000 },
  })
  return folder
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
}
/** What makes a page cross-origin isolated, so that memory can be shared between threads. */
const isolation = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' }

/** Serves a folder on loopback: isolated under `/isolated/`, plainly under `/plain/`. */
const serve = async (folder: string): Promise<Server> => {
  const server = createServer(async (request, response) => {
    const [, mode, ...rest] = new URL(request.url!, 'http://localhost').pathname.split('/')
    const name = rest.join('/') || 'index.html'
    try {
      // `runtime/` is a folder that an application fills itself with onnxruntime-web's files.
      const runtime = at('node_modules/onnxruntime-web/dist')
      const body = await readFile(rest[0] === 'runtime' ? join(runtime, ...rest.slice(1)) : join(folder, name))
      const type = types[extname(name)] ?? 'application/octet-stream'
      response.writeHead(200, { 'content-type': type, ...(mode === 'isolated' && isolation) }).end(body)
    } catch {
      response.writeHead(404).end()
    }
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return server
}

/** A headless Chromium on a built page. */
export class Session implements AsyncDisposable {
  private readonly folder: string
  private readonly server: Server
  private readonly browser: Browser
  /** Addresses that pages asked for and that are not this server's. */
  readonly foreign: string[] = []

  private constructor(folder: string, server: Server, browser: Browser) {
    this.folder = folder
    this.server = server
    this.browser = browser
  }

  static async open(folder: string): Promise<Session> {
    const args = ['--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking']
    args.push('--disable-component-update', '--disable-sync')
    // WebGPU in software.
    args.push('--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', '--enable-features=Vulkan')
    const browser = await chromium.launch({ executablePath: executable, headless: true, args })
    return new Session(folder, await serve(folder), browser)
  }

  /** A page, isolated or not, and what it offers. */
  async visit(mode: 'isolated' | 'plain'): Promise<Remote> {
    const page = await this.browser.newPage()
    const origin = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
    page.on('request', request => {
      const url = request.url()
      if (!/^(data|blob):/.test(url) && !url.startsWith(origin)) this.foreign.push(url)
    })
    const failures: string[] = []
    page.on('pageerror', error => failures.push(error.message))
    await page.goto(`${origin}/${mode}/`)
    if (failures.length > 0) throw new Error(`the page failed: ${failures.join('; ').slice(0, 500)}`)
    return new Remote(page)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.browser.close()
    this.server.close()
    await rm(this.folder, { recursive: true, force: true })
  }
}

/** Calls a page's functions. */
export class Remote {
  private readonly page: BrowserPage

  constructor(page: BrowserPage) {
    this.page = page
    page.on('request', request => this.requested.push(request.url()))
  }

  /** Threads beside the page's own. */
  get workers(): number {
    return this.page.workers().length
  }
  /** Addresses that the page has asked for since it was opened. */
  readonly requested: string[] = []

  call<K extends keyof Page>(name: K, ...args: Parameters<Page[K]>): Promise<Awaited<ReturnType<Page[K]>>> {
    return this.page.evaluate(
      ([name, args]) => {
        const { gradus } = window as unknown as { gradus: Record<string, (...args: unknown[]) => unknown> }
        return gradus[name]!(...args)
      },
      [name, args] as const,
    ) as Promise<Awaited<ReturnType<Page[K]>>>
  }
}
