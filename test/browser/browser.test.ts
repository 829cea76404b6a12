import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { setEngine } from '../../src/index.ts'
import { allOps } from '../../src/ops/registry.ts'
import { type Tally, together } from '../conformance/tally.ts'
import { absentInBrowser, outsideDomain, refusedFloat64, refusedIntegers } from '../conformance/known.ts'
import { expectClose } from '../conformance/engine-cases.ts'
import { outline, outlined } from '../learn/battery/outline.ts'
import { buildPage, hasChromium, type Remote, Session } from './chromium.ts'
import { type DigitsRun, trainDigits } from './train-digits.ts'

/** The whole battery on request; otherwise the first sample of each operation. */
const which = process.env.GRADUS_TEST_BROWSER ? 'all' : 'first'
const minutes = 60_000
/** Operations that one call into the page runs. */
const portion = 20

describe.skipIf(!hasChromium)('in Chromium (skipped without /usr/bin/chromium)', () => {
  let session: Session
  let page: Remote
  let native: DigitsRun
  beforeAll(async () => {
    session = await Session.open(await buildPage())
    page = await session.visit('isolated')
    native = await trainDigits('native', 20)
    setEngine('native')
  }, 2 * minutes)
  afterAll(() => session?.[Symbol.asyncDispose]())

  const tallyOn = async (engine: string): Promise<Tally> => {
    const { ops } = await page.call('environment')
    const parts: Tally[] = []
    for (let from = 0; from < ops; from += portion)
      parts.push(await page.call('tally', engine, from, Math.min(from + portion, ops), which))
    const all = together(parts)
    console.log(`${engine} in Chromium: ${all.cases} cases, ${all.right} right`)
    return all
  }

  test('the engines are wasm, the default, webgpu and reference', async () => {
    expect(await page.call('environment')).toMatchObject({ engines: ['wasm', 'webgpu', 'reference'], isolated: true })
  })

  test.each(['isolated', 'plain'] as const)('%s, both engines compute', async mode => {
    const remote = await session.visit(mode)
    expect((await remote.call('environment')).isolated).toBe(mode === 'isolated')
    for (const engine of ['wasm', 'webgpu'])
      expect(await remote.call('product', engine), engine).toEqual([
        [5, 2],
        [11, 4],
      ])
  })

  test('wasm has the threads that are asked for, where memory can be shared', async () => {
    const remote = await session.visit('isolated')
    await remote.call('configure', { threads: 3 })
    await remote.call('product', 'wasm')
    expect(remote.workers).toBe(2)
    const plain = await session.visit('plain')
    await plain.call('product', 'wasm')
    expect(plain.workers).toBe(0)
  })

  test('the runtime comes from the folder that is given', async () => {
    const remote = await session.visit('plain')
    await remote.call('configure', { files: '/plain/runtime' })
    await remote.call('product', 'wasm')
    const files = remote.requested.filter(url => url.includes('ort-wasm')).map(url => new URL(url).pathname)
    expect(files).toContain('/plain/runtime/ort-wasm-simd-threaded.wasm')
    expect(files.every(path => path.startsWith('/plain/runtime/'))).toBe(true)
  })

  test('wasm agrees with the reference', { timeout: 10 * minutes }, async () => {
    const { cases, refused, wrong } = await tallyOn('wasm')
    expect(wrong).toEqual([])
    expect(refused).toEqual(which === 'all' ? { float64: refusedFloat64 } : {})
    expect(cases).toBeGreaterThanOrEqual(allOps.length)
  })

  test('webgpu agrees with the reference', { timeout: 20 * minutes }, async () => {
    const { cases, refused, wrong } = await tallyOn('webgpu')
    expect(wrong.filter(([op, dtype]) => !(dtype === 'bfloat16' && outsideDomain.includes(op)))).toEqual([])
    const { float64: _, ...rest } = refused
    if (which === 'all') {
      expect(Object.keys(refused).sort()).toEqual([...absentInBrowser, ...Object.keys(refusedIntegers)].sort())
      for (const [dtype, ops] of Object.entries(refusedIntegers)) expect(rest[dtype], dtype).toEqual(ops)
    } else expect(rest).toEqual({})
    expect(cases).toBeGreaterThanOrEqual(allOps.length)
  })

  test('training on wasm takes the same way as on native', { timeout: 2 * minutes }, async () => {
    const run = await page.call('train', 'wasm', 20)
    expect(run.engine).toBe('wasm')
    expect(run.onDevice).toBe(0)
    expectClose(run.losses, native.losses, 1e-4, 'losses')
    expectClose(run.weights, native.weights, 1e-4, 'weights')
    expectClose([run.gradientNorm], [native.gradientNorm], 1e-3, 'norm of the gradients')
  })

  test('training on webgpu takes the same way, the parameters staying on the device', {
    timeout: 2 * minutes,
  }, async () => {
    const run = await page.call('train', 'webgpu', 20)
    expect(run.engine).toBe('webgpu')
    expect(run.onDevice).toBe(4)
    expectClose(run.losses, native.losses, 1e-3, 'losses')
    expectClose(run.weights, native.weights, 1e-3, 'weights')
    expectClose([run.gradientNorm], [native.gradientNorm], 1e-2, 'norm of the gradients')
  })

  test('float64 runs on wasm and is refused on webgpu, in words', async () => {
    expect(await page.call('float64', 'wasm')).toBe('nothing was thrown')
    expect(await page.call('float64', 'webgpu')).toBe(
      'webgpu: float64 is not available on this device. Convert with x.to("float32"), or use the reference engine.',
    )
  })

  test('bytes go in and out, and what needs a file says so', async () => {
    expect(await page.call('files')).toEqual({
      doubled: [6, 8],
      header: true,
      refusal:
        'weights.safetensors: could not be written: realpath: there are no files in a browser. Fetch the bytes, and pass them to the function that takes bytes; write with encodeSafetensors or exportOnnx. What was there before is unchanged. Choose another path.',
    })
  })

  test('nothing is asked of another host', () => {
    expect(session.foreign).toEqual([])
  })

  test('every estimator gives in the page what it gives in Node', async () => {
    const remote = await session.visit('isolated')
    const names = await remote.call('outlined')
    expect(names).toEqual(outlined())
    const wrong: string[] = []
    for (const name of names) {
      const [there, here] = [
        await remote.call('outline', name).catch((error: Error) => error.message),
        await outline(name),
      ]
      const same = decidedByRounding.has(name)
        ? JSON.stringify(lengths(there)) === JSON.stringify(lengths(here))
        : near(there, here)
      if (!same)
        wrong.push(`${name}: ${JSON.stringify(there)?.slice(0, 200)} for ${JSON.stringify(here).slice(0, 200)}`)
    }
    expect(wrong).toEqual([])
  })

  test('threads of the page share the folds of cross-validation, and distributions are there', async () => {
    const remote = await session.visit('isolated')
    for (const score of await remote.call('threads')) expect(score).toBeCloseTo(1, 9)
    const { logProb, quantile } = await remote.call('statistics')
    expect(logProb).toBeCloseTo(-0.125 - Math.log(2 * Math.sqrt(2 * Math.PI)), 10)
    expect(quantile).toBeCloseTo(1.2966, 3)
  })
})

/** Methods in which the last digit of a product decides what comes next; of these only the shape is compared. */
const decidedByRounding = new Set(['baggingRegressor', 'locallyLinearEmbedding', 'oneClassSVM', 'tsne', 'umap'])
const lengths = (outline: unknown): unknown =>
  typeof outline === 'object' && outline !== null
    ? Object.entries(outline).map(([key, values]) => [key, (values as unknown[]).length])
    : outline

/** Whether plain data is the same, numbers to a millionth. */
const near = (a: unknown, b: unknown): boolean => {
  if (typeof a === 'number' && typeof b === 'number')
    return Object.is(a, b) || Math.abs(a - b) <= 1e-6 * Math.max(1, Math.abs(b))
  if (typeof a !== 'object' || a === null || typeof b !== 'object' || b === null) return a === b
  const keys = Object.keys(b)
  return (
    Object.keys(a).length === keys.length &&
    keys.every(key => near((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]))
  )
}
