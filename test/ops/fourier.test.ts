import { readFileSync } from 'node:fs'
import * as ort from 'onnxruntime-node'
import { afterAll, describe, expect, test } from 'vitest'
import { fft, fromArray, grad, type Shape, setEngine, type Tensor, tensor } from '../../src/index.ts'
import { exportOnnx } from '../../src/io/index.ts'
import { draw } from '../conformance/draw.ts'
import { checkAgainstTorch, type Options, type Run } from './torch-cases.ts'

const run = (op: string): Run => {
  switch (op) {
    case 'fft':
    case 'ifft':
    case 'rfft':
    case 'irfft':
    case 'fft2':
    case 'ifft2':
    case 'fftn':
    case 'ifftn':
      return ([x], o) => fft[op](x!, o)
    case 'fftShift':
    case 'ifftShift':
      return ([x], { axes }) => fft[op](x!, axes)
    case 'stft':
    case 'istft':
    case 'melSpectrogram':
      return ([x, window], o) => fft[op](x!, window ? { ...o, window } : o)
    case 'powerSpectrum':
    case 'magnitude':
      return ([x]) => fft[op](x!)
    default:
      throw new Error(`the fixtures have an operation "${op}" that this test does not know`)
  }
}
checkAgainstTorch('fourier', run)

const valuesOf = async (x: Tensor): Promise<number[]> => Array.from(await x.data(), Number)
const random = (shape: Shape, name: string): Tensor<Shape, 'float64'> =>
  fromArray(draw({ shape, domain: [-1, 1] }, name).values, shape, 'float64')
const worst = (a: readonly number[], b: readonly number[]): number => {
  expect(a.length).toBe(b.length)
  return a.reduce((most, x, i) => Math.max(most, Math.abs(x - b[i]!)), 0)
}

interface Table {
  readonly kind: string
  readonly options: Options
  readonly values: readonly number[]
}
const { tables } = JSON.parse(readFileSync(new URL('../fixtures/fourier.json', import.meta.url), 'utf8')) as {
  tables: Table[]
}
const tableOf = ({ kind, options: { name, length, n, fftLength, ...rest } }: Table): Tensor => {
  switch (kind) {
    case 'window':
      return fft.window(name, length, rest)
    case 'fftFrequencies':
      return fft.fftFrequencies(n, rest)
    case 'rfftFrequencies':
      return fft.rfftFrequencies(n, rest)
    case 'melFilterbank':
      return fft.melFilterbank(fftLength, rest)
    default:
      throw new Error(`the fixtures have a table "${kind}" that this test does not know`)
  }
}
describe('tables have the values of SciPy and NumPy', () => {
  test.each(tables.map(t => [`${t.kind} ${JSON.stringify(t.options)}`, t] as const))('%s', async (_, table) => {
    const largest = Math.max(...table.values.map(Math.abs), 1e-30)
    expect(worst(await valuesOf(tableOf(table)), table.values)).toBeLessThan(2e-7 * largest)
  })
})

describe('lengths beyond a table of sines: powers of 2 and others, on native as on the reference', () => {
  afterAll(() => setEngine('native', { always: true }))
  const both = async (f: () => Tensor): Promise<[number[], number[]]> => {
    setEngine('reference')
    const expected = await valuesOf(f())
    setEngine('native', { always: true })
    return [await valuesOf(f()), expected]
  }
  // 1024 and 2048 are ONNX's DFT; 2100 and the prime 2053 are convolutions with a chirp, where 1009 is a table still.
  test.each([512, 1009, 1024, 2048, 2053, 2100])('length %i', async n => {
    for (const [dtype, tolerance] of [
      ['float64', 1e-14],
      ['float32', 1e-6],
    ] as const) {
      const x = random([3, n, 2], `long ${n}`).to(dtype)
      const y = random([3, Math.floor(n / 2) + 1, 2], `long half ${n}`).to(dtype)
      const signal = random([3, n], `long real ${n}`).to(dtype)
      const runs: readonly (() => Tensor)[] = [
        () => fft.fft(x),
        () => fft.ifft(x, { norm: 'forward' }),
        () => fft.rfft(signal),
        () => fft.irfft(y, { n, norm: 'forward' }),
      ]
      for (const [i, f] of runs.entries()) {
        const [got, expected] = await both(f)
        const size = Math.max(...expected.map(Math.abs))
        expect(worst(got, expected) / size, `${dtype}, transform ${i}`).toBeLessThan(tolerance)
      }
    }
  })
  test('of no examples is empty', async () => {
    setEngine('native', { always: true })
    const none = fft.fft(random([0, 2100, 2], 'none'))
    expect(none.shape).toEqual([0, 2100, 2])
    expect(await valuesOf(none)).toEqual([])
  })
})

describe.each(['native', 'reference'])('on %s', engine => {
  afterAll(() => setEngine('native', { always: true }))

  test('a transform and its inverse give the signal back, whatever the norm', async () => {
    setEngine(engine, { always: true })
    const x = random([2, 7, 2], 'round trip')
    for (const norm of ['backward', 'ortho', 'forward'] as const) {
      expect(worst(await valuesOf(fft.ifft(fft.fft(x, { norm }), { norm })), await valuesOf(x))).toBeLessThan(1e-14)
    }
    const y = random([2, 9], 'real round trip')
    expect(worst(await valuesOf(fft.irfft(fft.rfft(y), { n: 9 })), await valuesOf(y))).toBeLessThan(1e-14)
  })

  test.each(['hann', 'hamming', 'blackman', 'bartlett', 'kaiser', 'rectangular'] as const)(
    'istft undoes stft with the window %s',
    async window => {
      setEngine(engine, { always: true })
      const x = random([2, 50], 'frames')
      for (const onesided of [true, false]) {
        const options = { frameLength: 8, hopLength: 2, window, onesided }
        const back = fft.istft(fft.stft(x, options), { ...options, length: 50 })
        expect(worst(await valuesOf(back), await valuesOf(x))).toBeLessThan(1e-12)
      }
    },
  )

  test('samples under no window are 0, and their gradient is', async () => {
    setEngine(engine, { always: true })
    const y = random([2, 3, 2], 'gaps')
    const options = { frameLength: 4, hopLength: 6, window: 'rectangular', center: false } as const
    const x = fft.istft(y, options)
    expect(x.shape).toEqual([10])
    expect((await valuesOf(x)).slice(4, 6)).toEqual([0, 0])
    const slopes = await valuesOf(grad((y: Tensor<Shape, 'float64'>) => fft.istft(y, options).sum())(y))
    expect(slopes.every(Number.isFinite)).toBe(true)
  })

  test('the slope of a magnitude of 0 is 0', async () => {
    setEngine(engine, { always: true })
    expect(await valuesOf(grad((x: Tensor) => fft.magnitude(x).sum())(tensor([[0, 0]])))).toEqual([0, 0])
  })
})

describe('a file has the same values', () => {
  const spectrum = (x: Tensor<Shape, 'float32'>) => fft.fft(fft.rfft(x).slice(null, { end: 128 }) as typeof x)
  const signal = random([3, 600], 'file').to('float32') as Tensor<Shape, 'float32'>
  test.each([17, 21] as const)('in opset %i, for a number of rows that is open', async opset => {
    setEngine('native', { always: true })
    const bytes = await exportOnnx(
      spectrum,
      { x: random([2, 600], 'example').to('float32') },
      { opset, dynamicAxes: { x: { 0: 'rows' } } },
    )
    // The tables are computed, not stored.
    expect(bytes.length).toBeLessThan(20_000)
    const session = await ort.InferenceSession.create(bytes)
    const results = await session.run({ x: new ort.Tensor('float32', await signal.data(), [3, 600]) })
    await session.release()
    const got = Array.from(results.output!.data as Float32Array)
    expect(worst(got, await valuesOf(spectrum(signal)))).toBeLessThan(1e-3)
  })
})
