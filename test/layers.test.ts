import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const src = fileURLToPath(new URL('../src', import.meta.url))
/** A folder imports only from itself and from those before it. */
const order = [
  'core',
  'graph',
  'ops',
  'autodiff',
  'engine',
  'tensor',
  'nn',
  'io',
  'optim',
  'data',
  'metrics',
  'draw',
  'train',
  'stats',
  'learn',
  'text',
  'vision',
  'finetune',
  'models',
  'rl',
  'recipes',
  'serve',
  'cli',
]

const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.ts'))
/** What a file imports from this project; types too unless `values` is set, since they alone make no circle at run time. */
const importsOf = (file: string, values = false): string[] => {
  const text = readFileSync(join(src, file), 'utf8')
  const found = [...text.matchAll(/^(?:import|export)\s+(type\s)?[^'"]*?from\s+'(\.[^']+)'/gm)]
  return found
    .filter(([, type]) => !values || !type)
    .map(([, , path]) => relative(src, resolve(src, dirname(file), path!)))
}
const folderOf = (file: string): string => (file.includes('/') ? file.split('/')[0]! : '')

test('a folder imports only from folders before it', () => {
  const wrong = files.flatMap(file => {
    const from = folderOf(file)
    return importsOf(file)
      .filter(to => from !== '' && folderOf(to) !== from && order.indexOf(folderOf(to)) > order.indexOf(from))
      .map(to => `${file} -> ${to}`)
  })
  expect(wrong).toEqual([])
})

test('every folder has its place in the order', () => {
  expect([...new Set(files.map(folderOf))].filter(folder => folder !== '' && !order.includes(folder))).toEqual([])
})

test('imports of values go in no circle', () => {
  const state = new Map<string, 'open' | 'done'>()
  const circles: string[] = []
  const visit = (file: string, path: string[]): void => {
    if (state.get(file) === 'done') return
    if (state.get(file) === 'open') {
      circles.push([...path.slice(path.indexOf(file)), file].join(' -> '))
      return
    }
    state.set(file, 'open')
    for (const to of importsOf(file, true)) visit(to, [...path, file])
    state.set(file, 'done')
  }
  for (const file of files) visit(file, [])
  expect(circles).toEqual([])
})
