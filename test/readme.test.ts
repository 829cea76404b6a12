import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'

// The README's examples as a user has them: compiled against the package's own types, run on the built package.
const root = fileURLToPath(new URL('..', import.meta.url))
const folder = join(root, 'test', '.readme')
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const blocks = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(match => match[1]!)
const output = (block: number): string =>
  execFileSync(process.execPath, [join(folder, 'out', `block${block}.js`)], { encoding: 'utf8' })

beforeAll(() => {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder)
  for (const [i, block] of blocks.entries()) writeFileSync(join(folder, `block${i}.ts`), `${block}\nexport {}\n`)
  const options = {
    target: 'es2023',
    module: 'nodenext',
    strict: true,
    types: ['node'],
    skipLibCheck: false,
    outDir: 'out',
    rootDir: '.',
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, include: ['*.ts'] }))
  try {
    execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder], { encoding: 'utf8' })
  } catch (error) {
    throw new Error(`the README's examples do not compile:\n${(error as { stdout: string }).stdout}`)
  }
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('the library example trains a classifier of digits to at least 85 % in one epoch', () => {
  const [, percent] = /([\d.]+) % of 1000 test digits/.exec(output(0))!
  expect(Number(percent)).toBeGreaterThan(85)
})

test('the small examples print what their comments say', () => {
  expect(output(1).replace(/\s+/g, ' ')).toBe('[ 2, 4, 6 ] 14 ')
})

test('estimators do what their comments say', () => {
  const expected = [...blocks[2]!.matchAll(/ \/\/ (.*)$/gm)].map(match => match[1]!.replace(/\s+/g, ''))
  expect(expected).toHaveLength(5)
  expect(output(2).replace(/\s+/g, '')).toBe(expected.join(''))
})

test('derivatives, loops and ONNX files do what their comments say', () => {
  const expected = [...blocks[3]!.matchAll(/ \/\/ (\[.*\])$/gm)].map(match => match[1]!.replace(/\s+/g, ''))
  expect(expected).toHaveLength(3)
  expect(output(3).replace(/\s+/g, '')).toBe(expected.join(''))
})

test('the library example runs on MNIST, where its files are', context => {
  const data = process.env.GRADUS_DATA ?? join(root, '..', 'shared', 'data')
  if (!existsSync(join(data, 'images', 'mnist'))) context.skip('no MNIST in GRADUS_DATA or ../shared/data')
  const source = readFileSync(join(folder, 'out', 'block0.js'), 'utf8')
    .replaceAll('digits', 'mnist')
    .replace('test mnist', 'test digits')
  writeFileSync(join(folder, 'out', 'mnist.js'), source)
  const text = execFileSync(process.execPath, [join(folder, 'out', 'mnist.js')], {
    encoding: 'utf8',
    env: { ...process.env, GRADUS_DATA: data },
  })
  const [, percent] = /([\d.]+) % of 10000 test digits/.exec(text)!
  expect(Number(percent)).toBeGreaterThan(93)
})
