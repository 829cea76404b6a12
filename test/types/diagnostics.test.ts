import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'

// What a user sees in the editor: the compiler is run on programs that are wrong in one place each.

const root = fileURLToPath(new URL('../../', import.meta.url))

const wrong: readonly (readonly [sentence: string, program: string])[] = [
  ['matmul: inner dimensions differ: 784 and 128', 'zeros([32, 784]).matmul(zeros([128, 10]))'],
  ['matmul: the second operand needs at least two axes', 'zeros([32, 784]).matmul(zeros([784]))'],
  ['broadcast: 128 does not match 64', 'zeros([32, 128]).add(zeros([64]))'],
  ['broadcast: 4 does not match 3', 'const x = zeros([2, 3, 4]); x.sub(x.mean(2))'],
  ['broadcast: 2 does not match 3', "zeros([2], 'bool').logicalAnd(zeros([3], 'bool'))"],
  ['broadcast: 2 does not match 3', "where(zeros([2], 'bool'), zeros([2]), zeros([3]))"],
  ['linear: expected last axis 784, got 100', 'nn.linear(784, 128).forward(zeros([32, 100]))'],
  [
    'linear: expected last axis 64, got 128',
    'nn.sequential(nn.linear(784, 128), nn.relu(), nn.linear(64, 10)).forward(zeros([32, 784]))',
  ],
  ['layerNorm: expected last axis 64, got 128', 'nn.layerNorm(64).forward(zeros([32, 128]))'],
  [
    'conv2d: expected 8 channels, got 16',
    'nn.sequential(nn.conv2d(3, 16, 3), nn.relu(), nn.conv2d(8, 16, 3)).forward(zeros([4, 3, 32, 32]))',
  ],
  ['conv2d: expected axes [N, C, H, W]', 'nn.conv2d(3, 8, 3).forward(zeros([3, 32, 32]))'],
  ['concat: axis 1 differs: 3 and 4', 'concat([zeros([2, 3]), zeros([2, 4])])'],
  ['concat: the tensors have different numbers of axes', 'concat([zeros([2, 3]), zeros([2])])'],
]
const right = `
const x: Tensor = zeros([2, 3]).matmul(zeros([3, 4])).add(zeros([4])).add(1)
const y = nn.sequential(nn.linear(784, 128), nn.relu(), nn.linear(128, 10)).forward(zeros([32, 784]))
const z: Tensor<readonly [32, 10]> = where(y.greater(0), y, 0)
declare const n: number
const unknown = zeros([n, 784]).matmul(zeros([784, 10])).add(zeros([10])).matmul(zeros([n, 3]))
const layer = nn.linear(784, 10).forward(zeros([4, n]))
export const all = [x, y, z, concat([y, z]), unknown, layer]
`
const program = (body: string): string => `
import { concat, type Tensor, where, zeros } from 'gradus'
import * as nn from 'gradus/nn'
export type Used = [typeof concat, Tensor, typeof where, typeof zeros, typeof nn]
${body}
`

let folder: string
let output: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gradus-types-'))
  const config = {
    extends: join(root, 'tsconfig.json'),
    compilerOptions: { typeRoots: [join(root, 'node_modules/@types')] },
    include: ['*.ts'],
  }
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config))
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
  await writeFile(join(folder, 'right.ts'), program(right))
  for (const [i, [, body]] of wrong.entries()) await writeFile(join(folder, `wrong${i}.ts`), program(body))
  output = await new Promise(resolve => {
    const compiler = join(root, 'node_modules/typescript/bin/tsc')
    // Errors are what is wanted: the exit code says nothing.
    execFile(process.execPath, [compiler, '-p', folder, '--pretty', 'false'], { cwd: folder }, (_, stdout, stderr) =>
      resolve(stdout + stderr),
    )
  })
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** The diagnostics of one file: each begins with its name, its continuation lines with a blank. */
const diagnosticsOf = (file: string): string[] => output.split(/\n(?=\S)/).filter(line => line.startsWith(`${file}(`))

test.each(wrong.map((row, i) => [...row, i] as const))('the compiler says "%s" of %s', (sentence, _, i) => {
  const diagnostics = diagnosticsOf(`wrong${i}.ts`)
  expect(diagnostics).toHaveLength(1)
  expect(diagnostics[0]).toContain(`"${sentence}"`)
})

test('the compiler has nothing to say of programs that are right', () => {
  expect(diagnosticsOf('right.ts')).toEqual([])
  // Nor of anything else: all diagnostics belong to the wrong programs.
  expect(output.split('\n').filter(line => /^\S/.test(line) && !/^wrong\d+\.ts\(/.test(line))).toEqual([])
})
