import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  resolve: {
    alias: [
      { find: '#files', replacement: at('./src/core/files-node.ts') },
      { find: '#images', replacement: at('./src/data/codec-node.ts') },
      { find: '#learn-threads', replacement: at('./src/learn/threads/start-node.ts') },
      { find: '#threads', replacement: at('./src/vision/threads-node.ts') },
      { find: '#runtimes', replacement: at('./src/engine/runtimes/node.ts') },
      { find: 'gradus/options', replacement: at('./src/core/options.ts') },
      { find: /^gradus$/, replacement: at('./src/index.ts') },
      { find: /^gradus\/(.*)$/, replacement: `${at('./src/')}$1/index.ts` },
    ],
  },
  test: {
    include: ['test/**/*.test.ts', 'studio/**/*.test.ts'],
    exclude: [
      ...(process.env.GRADUS_TEST_LONG ? [] : ['test/long/**']),
      ...(process.env.GRADUS_TEST_ONNX ? [] : ['test/onnx/**']),
    ],
    testTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
  },
})
