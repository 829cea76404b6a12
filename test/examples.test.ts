import { execFile, execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import * as gradus from '../src/index.ts'
import * as learn from '../src/learn/index.ts'
import * as metrics from '../src/metrics/index.ts'
import * as models from '../src/models/index.ts'
import * as text from '../src/text/index.ts'

// The examples in docstrings, compiled and run on the built package: `expression // [1, 2]` must give what the comment says.
const root = fileURLToPath(new URL('..', import.meta.url))
const folder = join(root, 'test', '.examples')

// A constant below, and modules that come first.
const taken = new Set(['mlp', ...Object.keys(gradus), ...Object.keys(learn), ...Object.keys(metrics)])
/** A module's names beside those of the modules before. */
const others = (module: object): string[] => Object.keys(module).filter(name => !taken.has(name))

const surroundings = `
import { type Shape, type Tensor, ${Object.keys(gradus).filter(name => name !== 'Tensor')} } from 'gradus'
import { dataset, digits, points, loader, parseCsv, parseJsonTable, parseSvmlight, readTable, Table } from 'gradus/data'
import { readFile } from 'node:fs/promises'
import { EventWriter, exportOnnx, importOnnx } from 'gradus/io'
import { ${Object.keys(learn)} } from 'gradus/learn'
import { ${Object.keys(metrics)} } from 'gradus/metrics'
import * as stats from 'gradus/stats'
import { ${others(models)} } from 'gradus/models'
import * as nn from 'gradus/nn'
import { captureOutputs, linear, relu, sequential, shapesOnly } from 'gradus/nn'
import * as optim from 'gradus/optim'
import { adamw, trainingStep } from 'gradus/optim'
import { ${others(text)} } from 'gradus/text'
import { naiveConvolution } from 'gradus/vision'
import { loadAdapter, lora, saveAdapter } from 'gradus/finetune'

const folder = ${JSON.stringify(folder)}
const tokenizer = CharTokenizer.train('to be or not to be, that is the question')
const tokens = Int32Array.from({ length: 500 }, (_, i) => i % 65)
const model = new Gpt({ vocabSize: tokenizer.vocabSize, contextLength: 16, numLayers: 1, numHeads: 2, embedDim: 8 })
const { train } = digits({ count: 200, testCount: 1 })
const pixels = new Float32Array(100 * 28 * 28)
const labels = new Int32Array(100)
const mlp = nn.sequential(nn.flatten(), nn.linear(784, 10))
const optimizer = optim.sgd(mlp, { learningRate: 0.1 })
const X = Array.from({ length: 60 }, (_, i) => [(i * 7) % 11, (i % 3) + ((i * 5) % 7) / 10, 2 + (i % 4)])
const y = Array.from({ length: 60 }, (_, i) => 1 + (i % 3))
const [counts, amounts, claims] = [y, y, y]
`

/** The examples of a file: what stands after the tag, to the end of the comment or its next tag or Source line. */
const examplesOf = (file: string): string[] => {
  const found = readFileSync(file, 'utf8').matchAll(/@example([\s\S]*?)(?=\n\s*\*\s*(?:@|Source:|\n)|\s*\*\/)/g)
  return [...found].map(match => match[1]!.replace(/^ *\* ?/gm, '').trim())
}
const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.ts'))
const examples = files.flatMap(file => examplesOf(join(root, 'src', file)).map(code => ({ file, code })))

/** `expression // value` as a check that it is so. */
const checked = (code: string): string =>
  code.replace(
    /^(?!const |let |for )(.+?) \/\/ (\[.*\]|-?[\d.]+)$/gm,
    (_, expression, value) => `same(${JSON.stringify(expression)}, ${expression}, ${value})`,
  )

beforeAll(() => {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder)
  // A number with a fraction is as exact as it is written; typed arrays are lists.
  const same = `const near = (got: unknown, expected: unknown): boolean => {
  if (typeof got === 'number' && typeof expected === 'number') {
    const digits = /\\.(\\d+)$/.exec(String(expected))?.[1]?.length ?? 9
    return got === expected || Math.abs(got - expected) <= 0.51 * 10 ** -digits
  }
  if (typeof got !== 'object' || typeof expected !== 'object' || got === null || expected === null) return got === expected
  const keys = Object.keys(expected)
  return Object.keys(got).length === keys.length && keys.every(k => near((got as Record<string, unknown>)[k], (expected as Record<string, unknown>)[k]))
}
const same = (what: string, got: unknown, expected: unknown): void => {
  if (!near(got, expected)) throw new Error(what + ' gives ' + JSON.stringify(got))
}
`
  for (const [i, { code }] of examples.entries())
    writeFileSync(join(folder, `example${i}.ts`), `${surroundings}${same}void same\n{\n${checked(code)}\n}\n`)
  const compilerOptions = {
    target: 'es2023',
    module: 'nodenext',
    strict: true,
    types: ['node'],
    outDir: 'out',
    rootDir: '.',
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }))
  try {
    execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder], { encoding: 'utf8' })
  } catch (error) {
    throw new Error(`examples do not compile:\n${(error as { stdout: string }).stdout}`)
  }
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('there are examples', () => expect(examples.length).toBeGreaterThan(8))

const run = promisify(execFile)

// Most of an example's time is its own start: several run at once.
test.concurrent.each(examples.map(({ file, code }, i) => [file, i, code] as const))(
  'an example of %s does what it says (%i)',
  async (_file, i) => {
    await run(process.execPath, [join(folder, 'out', `example${i}.js`)])
  },
)
