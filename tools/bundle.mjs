// Bundles a page that uses the built package as an application would (Vite, for a browser), and weighs it.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'vite'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Code that is ours or another's by the name of its chunk: onnxruntime-web is loaded on demand, in chunks of its own. */
const isRuntime = name => /(^|\/)ort[.-]/.test(name)

/**
 * Bundles a module's source.
 *
 * @returns the code of each chunk by name, and the weight in bytes, minified and zipped, of all but onnxruntime-web
 */
export const bundle = async (source, packageRoot = root) => {
  const folder = mkdtempSync(join(tmpdir(), 'gradus-bundle-'))
  try {
    mkdirSync(join(folder, 'node_modules'))
    symlinkSync(packageRoot, join(folder, 'node_modules', 'gradus'))
    writeFileSync(join(folder, 'index.html'), '<!doctype html><script type="module" src="./main.js"></script>')
    writeFileSync(join(folder, 'main.js'), source)
    const { output } = await build({
      configFile: false,
      logLevel: 'error',
      root: folder,
      build: { write: false, target: 'esnext', chunkSizeWarningLimit: 10_000 },
    })
    const chunks = Object.fromEntries(output.filter(o => o.type === 'chunk').map(o => [o.fileName, o.code]))
    const own = Object.entries(chunks).filter(([name]) => !isRuntime(name))
    const code = own.map(([, code]) => code).join('\n')
    return { chunks, minified: Buffer.byteLength(code), zipped: gzipSync(code, { level: 9 }).length }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Pages of growing size. */
export const pages = {
  'a tensor': `import { tensor } from 'gradus'
console.log(await tensor([1, 2]).mul(3).toArray())`,
  'a linear layer and an optimizer': `import { tensor } from 'gradus'
import { linear, mse } from 'gradus/nn'
import { adamw } from 'gradus/optim'
const layer = linear(2, 1)
const optimizer = adamw(layer, { learningRate: 0.1 })
console.log(await optimizer.minimize(mse(layer.forward(tensor([[1, 2]])), tensor([[3]]))))`,
  'all of gradus, nn, optim, data, io, text, models, train, learn, stats and metrics': [
    '',
    '/nn',
    '/optim',
    '/data',
    '/io',
    '/text',
    '/models',
    '/train',
    '/learn',
    '/stats',
    '/metrics',
  ]
    .map((path, i) => `import * as part${i} from 'gradus${path}'\nconsole.log(part${i})`)
    .join('\n'),
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log('page | minified kB | gzip kB')
  for (const [name, source] of Object.entries(pages)) {
    const { minified, zipped } = await bundle(source, process.argv[2])
    console.log(`${name} | ${(minified / 1000).toFixed(1)} | ${(zipped / 1000).toFixed(1)}`)
  }
}
