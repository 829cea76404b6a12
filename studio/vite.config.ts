import { fileURLToPath } from 'node:url'
import { defineConfig, type Plugin } from 'vite'

const at = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url))

/** The library from its sources, with the conditions of a browser. */
const alias = [
  { find: '#files', replacement: at('src/core/files-browser.ts') },
  { find: '#images', replacement: at('src/data/codec-browser.ts') },
  { find: '#learn-threads', replacement: at('src/learn/threads/start-browser.ts') },
  { find: '#threads', replacement: at('src/vision/threads-browser.ts') },
  { find: '#runtimes', replacement: at('src/engine/runtimes/browser.ts') },
  { find: 'gradus/options', replacement: at('src/core/options.ts') },
  { find: /^gradus$/, replacement: at('src/index.ts') },
  { find: /^gradus\/(.*)$/, replacement: `${at('src/')}$1/index.ts` },
]

/** What is shared between labs goes by what it is: the library's parts, what it reads files with, and ONNX Runtime are engines, loaded when a lab needs them. */
const groups = [
  { name: 'options', test: /src\/core\/(options|rules|errors|nearest)\.ts$/, priority: 3 },
  { name: 'engine-learn', test: /\/src\/(learn|stats|metrics)\//, priority: 2 },
  { name: 'engine-models', test: /\/src\/(models|recipes|text|vision|finetune|train|draw)\//, priority: 2 },
  { name: 'engine', test: /\/src\/(core|graph|ops|autodiff|engine|tensor|nn|io|optim|data)\//, priority: 1 },
  { name: 'engine-runtime', test: /node_modules\/onnxruntime/, priority: 5 },
  { name: 'engine-formats', test: /node_modules\/(?!hyparquet-compressors|hysnappy)/, priority: 4 },
]

/** The policy of the built page, also where a plain file server sends none. While developing, Vite puts styles into the page itself. */
const policy: Plugin = {
  name: 'content-security-policy',
  apply: 'build',
  transformIndexHtml: () => [
    {
      tag: 'meta',
      injectTo: 'head-prepend',
      attrs: {
        'http-equiv': 'Content-Security-Policy',
        content:
          "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'",
      },
    },
  ],
}

export default defineConfig({
  plugins: [policy],
  root: at('studio'),
  base: './',
  resolve: { alias },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: at('dist/studio/app'),
    emptyOutDir: true,
    target: 'esnext',
    chunkSizeWarningLimit: 10_000,
    modulePreload: { polyfill: false },
  },
  worker: { format: 'es', rolldownOptions: { output: { codeSplitting: { groups } } } },
  server: {
    port: 4280,
    headers: { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' },
  },
})
