import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { Drive } from '../../kit/drive.ts'
import { about, type Settings } from './about.ts'
import { core } from './core.ts'
import { drawnDigits } from './drawn-digits.ts'
import { cellsOf, kernelNames, outputSize } from './kernels.ts'
import { centred } from './pad.ts'
import { type DigitsShot, type Look, side, stepSide } from './shot.ts'

const validated = (given: Partial<Settings>) => about.options.validate('test', given) as Settings
const started = (given: Partial<Settings>) =>
  Drive.start(core as never, validated(given) as never) as Promise<Drive<DigitsShot>>
const trained = async (given: Partial<Settings>): Promise<Drive<DigitsShot>> => {
  const drive = await started(given)
  while ((await drive.next()).stop === null);
  return drive
}
/** Few images and channels: for what does not depend on learning well. */
const small = { count: 100, channels: 2, batchSize: 16 } as const

test('Sobel x on the step: 4 where the window straddles the edge, exactly 0 elsewhere', async () => {
  const { facts } = await (await started(small)).run.shot()
  expect(facts.output).toEqual(Array.from({ length: 8 }, () => [0, 0, 0, 4, 4, 0, 0, 0]))
})

test('Sobel y on the step sees nothing, and the identity gives the image back', async () => {
  const drive = await started(small)
  drive.set(validated({ ...small, kernel: 'sobel-y' }))
  expect((await drive.run.shot()).facts.output).toEqual(Array.from({ length: 8 }, () => Array(8).fill(0)))
  drive.set(validated({ ...small, kernel: 'identity', padding: 1, input: 'image' }))
  const { look } = await drive.run.shot()
  expect(look.convolved.output).toEqual(look.image)
})

test('the size formula holds for every stride, padding, kernel and image that is offered', async () => {
  const drive = await started(small)
  for (const input of ['step', 'image'] as const)
    for (const kernelSide of ['3', '5'] as const)
      for (let stride = 1; stride <= 4; stride++)
        for (let padding = 0; padding <= 3; padding++) {
          drive.set(validated({ ...small, input, kernelSide, stride, padding }))
          const { convolved } = (await drive.run.shot()).look
          const size = outputSize(input === 'step' ? stepSide : side, Number(kernelSide), stride, padding)
          expect(convolved.outputSide).toBe(size)
          expect(convolved.output).toHaveLength(size * size)
        }
})

test('blurs add up to 1, and kernels that look for changes to 0', () => {
  for (const kernel of kernelNames)
    for (const kernelSide of ['3', '5'] as const) {
      const cells = cellsOf(kernel, kernelSide, [1, 0, -1, 1, 0, -1, 1, 0, -1])
      expect(cells).toHaveLength(Number(kernelSide) ** 2)
      const sum = cells.reduce((a, b) => a + b, 0)
      expect(sum).toBeCloseTo(['blur', 'sharpen', 'identity'].includes(kernel) ? 1 : 0, 12)
    }
})

test('a drawing is scaled into 20 by 20 cells about its centre of mass, wherever and how large it was', () => {
  const image = centred([[3, 3, 9, 3, 3, 9, 9, 9]])
  let [mass, x, y] = [0, 0, 0]
  for (const [i, ink] of image.entries()) {
    mass += ink
    x += ink * (i % side)
    y += ink * Math.floor(i / side)
  }
  expect(x / mass).toBeCloseTo(13.5, 0)
  expect(y / mass).toBeCloseTo(13.5, 0)
  const again = centred([[3, 3, 9, 3, 3, 9, 9, 9].map(v => 2 * v + 5)])
  for (const [i, ink] of again.entries()) expect(ink).toBeCloseTo(image[i]!, 4)
  expect(centred([]).every(ink => ink === 0)).toBe(true)
})

test.each([1, 2])(
  'seed %i: at least 0.95 of the test digits are named right, and all drawn ones',
  async seed => {
    const { run } = await trained({ seed })
    const { facts, mistakes } = await run.shot()
    expect(facts.testedAt).toBe(300)
    expect(facts.testAccuracy).toBeGreaterThanOrEqual(0.98)
    expect(mistakes).toHaveLength(500 - (facts.right as number))
    const named = await Promise.all(drawnDigits.map(async draw => ((await run.ask!({ draw })) as Look).predicted))
    expect(named.filter((digit, i) => digit === i).length).toBeGreaterThanOrEqual(9)
  },
  180_000,
)

test('what is drawn is looked at until it is wiped out', async () => {
  const { run } = await started(small)
  const drawn = (await run.ask!({ draw: drawnDigits[3] })) as Look
  expect(drawn).toMatchObject({ of: 'drawing', truth: null })
  expect(drawn.probabilities.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5)
  expect((await run.shot()).look.of).toBe('drawing')
  expect(((await run.ask!({ draw: [] })) as Look).of).toBe('test')
})

test('a saved model, loaded into another start, sees the same; another architecture is refused', async () => {
  const first = await trained({ ...small, steps: 10 })
  const second = await started({ ...small, seed: 1 })
  const { probabilities } = (await first.run.shot()).look
  expect((await second.run.shot()).look.probabilities).not.toEqual(probabilities)
  await second.run.load!(await first.run.files!())
  expect((await second.run.shot()).look.probabilities).toEqual(probabilities)
  const other = await started({ ...small, kernelSize: '5' })
  await expect(first.run.files!().then(files => other.run.load!(files))).rejects.toThrow(
    'model.safetensors: is another architecture: it has channels 2, kernelSize 3, activation relu; the model here has channels 2, kernelSize 5, activation relu.',
  )
})

const built = existsSync(fileURLToPath(new URL('../../../dist/vision/index.js', import.meta.url)))
test.skipIf(!built)('the program does the same run', async () => {
  const settings = validated({ ...small, steps: 12 })
  const drive = await started(settings)
  const losses: number[] = []
  while (drive.step < 12) losses.push((await drive.next()).metrics!.loss!)
  const folder = mkdtempSync(fileURLToPath(new URL('../../../.program-', import.meta.url)))
  try {
    const path = join(folder, 'program.mjs')
    writeFileSync(path, core.program!(settings))
    const lines = execFileSync(process.execPath, [path], { encoding: 'utf8' }).trim().split('\n')
    for (const [i, loss] of losses.entries()) expect(Number(lines[i]!.split(' ')[1])).toBeCloseTo(loss, 4)
    expect(Number(lines.at(-1)!.split(' ')[1])).toBeCloseTo((await drive.run.shot()).facts.testAccuracy as number, 6)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
