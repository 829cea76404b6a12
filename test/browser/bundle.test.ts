import { existsSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { expect, test } from 'vitest'

interface Bundle {
  readonly chunks: Readonly<Record<string, string>>
  readonly minified: number
  readonly zipped: number
}
interface Bundler {
  readonly bundle: (source: string, packageRoot?: string) => Promise<Bundle>
  readonly pages: Readonly<Record<string, string>>
}
const { bundle, pages } = (await import(new URL('../../tools/bundle.mjs', import.meta.url).href)) as Bundler
// The built package, as an application has it; elsewhere than in dist for trying out.
const packageRoot = process.env.GRADUS_PACKAGE
const built = existsSync(new URL('../../dist/core/files-browser.js', import.meta.url)) || packageRoot !== undefined

test.skipIf(!built).each(Object.entries(pages))(
  '%s, bundled for a browser (skipped before a build), holds nothing of Node',
  { timeout: 60_000 },
  async (_, source) => {
    const { chunks } = await bundle(source, packageRoot)
    const own = Object.entries(chunks).filter(([name]) => !/(^|\/)ort[.-]/.test(name))
    const code = own.map(([, text]) => text).join('\n')
    expect(code).not.toContain('onnxruntime-node')
    // What Vite puts in the place of a module of Node's.
    expect(code).not.toContain('__vite-browser-external')
    const imported = [...code.matchAll(/(?:from|import\(|require\()\s*["'`]([^"'`./][^"'`]*)["'`]/g)].map(m => m[1]!)
    expect(imported.filter(name => name.startsWith('node:') || builtinModules.includes(name))).toEqual([])
  },
)

test.skipIf(!built)('a page with a layer and an optimizer stays small', { timeout: 60_000 }, async () => {
  const { zipped } = await bundle(pages['a linear layer and an optimizer']!, packageRoot)
  // 54 kB when this was written; onnxruntime-web, loaded on demand, is not in it.
  expect(zipped).toBeLessThan(70_000)
})
