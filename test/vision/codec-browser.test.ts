import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { builtinModules } from 'node:module'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { build } from 'vite'
import { dataset } from '../../src/data/index.ts'
import { compose, decodeImage, horizontalFlip, imageLoader, rotate } from '../../src/vision/index.ts'

const packageRoot = fileURLToPath(new URL('../..', import.meta.url))
const isBuilt = existsSync(join(packageRoot, 'dist/vision/index.js'))
const executable = '/usr/bin/chromium'
const hasBrowser = process.env.GRADUS_TEST_BROWSER === '1' && existsSync(executable)

/** What the page does: reads pictures, writes one, and trains on none, but loads with two threads. */
const source = `
import { compose, decodeImage, encodePng, horizontalFlip, imageLoader, rotate } from 'gradus/vision'
import { dataset } from 'gradus/data'
const messageOf = task => task().then(() => 'nothing was thrown', error => error.message)
window.page = {
  decode: async (bytes, options) => {
    const { data, ...rest } = await decodeImage(Uint8Array.from(bytes), options)
    return { ...rest, data: [...data] }
  },
  roundTrip: async bytes => {
    const { data } = await decodeImage(await encodePng(await decodeImage(Uint8Array.from(bytes))))
    return [...data]
  },
  refuse: bytes => messageOf(() => decodeImage(Uint8Array.from(bytes), { name: 'x' })),
  load: async workers => {
    const data = dataset({ x: { data: Uint8Array.from({ length: 6 * 75 }, (_, i) => (i * 31) % 256), shape: [6, 3, 5, 5] }, y: new Int32Array(6) })
    const transform = compose([rotate({ degrees: 30 }), horizontalFlip()])
    const loader = imageLoader(data, { batchSize: 4, seed: 2, transform, workers })
    const values = []
    for await (const { x } of loader) values.push(...(await x.data()))
    const { threads } = loader
    await loader.close()
    return { values, threads }
  },
}`

/** Bundles the built package as an application would. */
const bundle = async (): Promise<string> => {
  const folder = mkdtempSync(join(tmpdir(), 'gradus-vision-page-'))
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(packageRoot, join(folder, 'node_modules', 'gradus'))
  writeFileSync(join(folder, 'index.html'), '<!doctype html><script type="module" src="./main.js"></script>')
  writeFileSync(join(folder, 'main.js'), source)
  await build({
    configFile: false,
    logLevel: 'error',
    root: folder,
    base: './',
    build: { outDir: join(folder, 'out'), target: 'esnext', chunkSizeWarningLimit: 10_000 },
  })
  return folder
}

test.skipIf(!isBuilt || !hasBrowser)(
  'a page reads and writes images with its own decoder, and transforms them on its own threads (GRADUS_TEST_BROWSER=1)',
  { timeout: 120_000 },
  async () => {
    const folder = await bundle()
    const types: Readonly<Record<string, string>> = {
      '.html': 'text/html',
      '.js': 'text/javascript',
      '.wasm': 'application/wasm',
    }
    const server = createServer((request, response) => {
      const path = join(folder, 'out', request.url === '/' ? 'index.html' : decodeURIComponent(request.url!))
      if (!existsSync(path)) response.writeHead(404).end()
      else
        response
          .writeHead(200, { 'content-type': types[extname(path)] ?? 'application/octet-stream' })
          .end(readFileSync(path))
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const browser = await chromium.launch({ executablePath: executable, headless: true, args: ['--no-sandbox'] })
    try {
      const tab = await browser.newPage()
      await tab.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
      const call = <T>(name: string, ...args: readonly unknown[]): Promise<T> =>
        tab.evaluate(
          ([name, args]) =>
            (window as never as { page: Record<string, (...args: unknown[]) => T> }).page[name]!(...args),
          [name, args] as const,
        )

      const pixels = Uint8Array.from({ length: 4 * 20 }, (_, i) =>
        i % 4 === 3 ? [255, 128, 0][(i >> 2) % 3]! : (i * 37) % 256,
      )
      const picture = sharp(pixels, { raw: { width: 5, height: 4, channels: 4 } })
      for (const file of [
        await picture.clone().png().toBuffer(),
        await picture.clone().webp({ lossless: true }).toBuffer(),
      ]) {
        const here = await decodeImage(file)
        const there = await call<{ width: number; height: number; channels: number; data: number[] }>(
          'decode',
          [...file],
          {},
        )
        expect([there.width, there.height, there.channels]).toEqual([5, 4, 3])
        // Blending rounds differently: by one.
        for (const [i, x] of here.data.entries()) expect(Math.abs(x - there.data[i]!)).toBeLessThanOrEqual(1)
      }
      const jpeg = await sharp(pixels, { raw: { width: 5, height: 4, channels: 4 } })
        .removeAlpha()
        .toColourspace('b-w')
        .jpeg()
        .toBuffer()
      const grey = await call<{ channels: number; data: number[] }>('decode', [...jpeg], {})
      expect([grey.channels, grey.data.length]).toEqual([1, 20])
      for (const [i, x] of (await decodeImage(jpeg)).data.entries())
        expect(Math.abs(x - grey.data[i]!)).toBeLessThanOrEqual(2)
      const opaque = await sharp(pixels, { raw: { width: 5, height: 4, channels: 4 } })
        .removeAlpha()
        .png()
        .toBuffer()
      expect(await call('roundTrip', [...opaque])).toEqual([...(await decodeImage(opaque)).data])
      expect(await call('refuse', [60, 115])).toBe(
        'x: not a PNG, JPEG or WebP image: it begins with the bytes [60, 115]. Convert it to one of these.',
      )
      expect(await call('refuse', [...opaque.subarray(0, 60)])).toMatch(
        /^x: cannot be read as PNG: .*\. Get the file again\.$/,
      )

      const values: number[] = []
      const images = dataset({
        x: { data: Uint8Array.from({ length: 6 * 75 }, (_, i) => (i * 31) % 256), shape: [6, 3, 5, 5] },
        y: new Int32Array(6),
      })
      const transform = compose([rotate({ degrees: 30 }), horizontalFlip()])
      for await (const { x } of imageLoader(images, { batchSize: 4, seed: 2, transform, workers: 0 }))
        values.push(...(await x.data()))
      expect(await call('load', 0)).toEqual({ values, threads: 0 })
      expect(await call('load', 2)).toEqual({ values, threads: 2 })
    } finally {
      await browser.close()
      server.close()
      rmSync(folder, { recursive: true })
    }
  },
)

test.skipIf(!isBuilt)(
  'gradus/vision, bundled for a browser (skipped before a build), holds nothing of Node',
  { timeout: 60_000 },
  async () => {
    const { bundle } = (await import(new URL('../../tools/bundle.mjs', import.meta.url).href)) as {
      readonly bundle: (source: string) => Promise<{ readonly chunks: Readonly<Record<string, string>> }>
    }
    const { chunks } = await bundle("import * as vision from 'gradus/vision'\nconsole.log(vision)")
    const code = Object.entries(chunks)
      .filter(([name]) => !/(^|\/)ort[.-]/.test(name))
      .map(([, text]) => text)
      .join('\n')
    expect(code).not.toContain('__vite-browser-external')
    const imported = [...code.matchAll(/(?:from|import\(|require\()\s*["'`]([^"'`./][^"'`]*)["'`]/g)].map(m => m[1]!)
    expect(
      imported.filter(name => name === 'sharp' || name.startsWith('node:') || builtinModules.includes(name)),
    ).toEqual([])
  },
)
