// Bundles the benchmark's page as an application would bundle it, with the built package and the peers that are installed.
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

const at = path => fileURLToPath(new URL(path, import.meta.url))
const peers = ['@tensorflow/tfjs', '@tensorflow/tfjs-backend-wasm', '@tensorflow/tfjs-backend-webgpu', '@jax-js/jax']
const tfjsWasm = ['tfjs-backend-wasm.wasm', 'tfjs-backend-wasm-simd.wasm', 'tfjs-backend-wasm-threaded-simd.wasm']

/** The module that says which peers there are, imports one when it is asked for, and has the addresses of tfjs-wasm's files. */
const peersModule = folder => {
  const manifest = name => join(folder, 'node_modules', name, 'package.json')
  const present = folder ? peers.filter(name => existsSync(manifest(name))) : []
  const entry = name => {
    const { version } = JSON.parse(readFileSync(manifest(name), 'utf8'))
    return `${JSON.stringify(name)}: { version: ${JSON.stringify(version)}, load: () => import(${JSON.stringify(name)}) },`
  }
  const files = present.includes('@tensorflow/tfjs-backend-wasm') ? tfjsWasm : []
  return [
    ...files.map((file, i) => `import file${i} from '@tensorflow/tfjs-backend-wasm/dist/${file}?url'`),
    `export const packages = { ${present.map(entry).join(' ')} }`,
    `export const tfjsFiles = { ${files.map((file, i) => `'${file}': file${i}`).join(', ')} }`,
  ].join('\n')
}

const placePeers = folder => ({
  name: 'place-peers',
  enforce: 'pre',
  resolveId(id, importer) {
    if (id === 'virtual:peers') return '\0peers'
    if (id === './resolve.mjs' && importer?.includes('/bench/peers/')) return at('page/resolve.mjs')
    if (importer === '\0peers') return this.resolve(id, join(folder, 'package.json'), { skipSelf: true })
    return null
  },
  load: id => (id === '\0peers' ? peersModule(folder) : null),
})

/** Returns the folder that it made. */
export const buildPage = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gradus-bench-page-'))
  await build({
    configFile: false,
    logLevel: 'error',
    root: at('page'),
    base: './',
    plugins: [placePeers(process.env.GRADUS_BENCH_PEERS)],
    resolve: {
      alias: [
        { find: /^gradus$/, replacement: at('../../dist/index.js') },
        { find: /^gradus\/(.*)$/, replacement: `${at('../../dist/')}$1/index.js` },
      ],
    },
    // Not minified: tfjs-wasm's threads are started from the text of a function, of which nothing may be renamed.
    build: { outDir: folder, emptyOutDir: true, target: 'esnext', minify: false, chunkSizeWarningLimit: 10_000 },
  })
  return folder
}
