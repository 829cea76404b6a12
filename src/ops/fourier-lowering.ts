import { type Shape, sizeOf } from '../core/shape.ts'
import type { OnnxBuilder, Value } from '../graph/lowering.ts'
import { turnTiny } from './fourier-kernels.ts'

// Fourier transforms in ONNX. ONNX Runtime's DFT is exact to rounding and fast where the length is a power of 2; for other lengths it
// loses up to four digits of float32 and half of those of float64 (measured: docs/decisions/0006). So:
// - short transforms are products with a matrix of sines and cosines, the fastest there is for them;
// - powers of 2 are DFT;
// - other lengths are convolutions with a chirp, by DFTs of a power of 2 (Bluestein 1970).
// The tables are computed by the graph itself in float64, once, when a session is made: the file stays small. For an engine without
// float64 they are written into it.

const whole = (b: OnnxBuilder, n: number): string => b.constant([n], 'int64', [])
/** What tables are made in. */
const exact = (b: OnnxBuilder): 'float64' | 'float32' => (b.lacks('float64') ? 'float32' : 'float64')
const real = (b: OnnxBuilder, x: number): string => b.constant([x], exact(b), [])
const range = (b: OnnxBuilder, n: number): string => b.op('Range', [whole(b, 0), whole(b, n), whole(b, 1)])
const at = (b: OnnxBuilder, x: string, axis: number): string => b.op('Unsqueeze', [x, b.ints([axis])])
const shaped = (b: OnnxBuilder, x: string, shape: Shape): string =>
  b.op('Reshape', [x, b.ints(shape)], { allowzero: 1 })
const joined = (b: OnnxBuilder, parts: readonly string[], axis: number): string => b.op('Concat', parts, { axis })
/** Real and imaginary parts as a new last axis. */
const paired = (b: OnnxBuilder, re: string, im: string): string => joined(b, [at(b, re, -1), at(b, im, -1)], -1)

interface Turns {
  readonly cos: string
  readonly sin: string
}
/** Whole numbers of a table: as operators that make them, and as what they are. */
interface Wholes {
  readonly name: () => string
  readonly values: () => readonly number[]
  readonly shape: Shape
}
const counted = (n: number): number[] => Array.from({ length: n }, (_, i) => i)

/** cos and sin of `unit · (m mod period)`: the whole number is reduced before the angle is formed, so that nothing is lost. */
const turnsOf = (b: OnnxBuilder, m: Wholes, period: number, unit: number): Turns => {
  if (b.lacks('float64')) {
    const turned = (turn: (angle: number) => number): string => {
      const values = m.values().map(v => turn(unit * (v % period)))
      return b.constant(
        values.map(v => (Math.abs(v) < turnTiny ? 0 : v)),
        'float32',
        m.shape,
      )
    }
    return { cos: turned(Math.cos), sin: turned(Math.sin) }
  }
  const angle = b.op('Mul', [b.cast(b.op('Mod', [m.name(), whole(b, period)]), 'float64'), real(b, unit)])
  // π is not exact, but its sine is 0.
  const settled = (x: string): string =>
    b.op('Where', [b.op('Less', [b.op('Abs', [x]), real(b, turnTiny)]), real(b, 0), x])
  return { cos: settled(b.op('Cos', [angle])), sin: settled(b.op('Sin', [angle])) }
}
/** Of 2π jk/n, j down and k across, times a factor. */
const waves = (b: OnnxBuilder, [rows, columns]: readonly [number, number], n: number, scale: number): Turns => {
  const products: Wholes = {
    name: () => b.op('Mul', [at(b, range(b, rows), 1), range(b, columns)]),
    values: () => counted(rows).flatMap(j => counted(columns).map(k => j * k)),
    shape: [rows, columns],
  }
  const { cos, sin } = turnsOf(b, products, n, (2 * Math.PI) / n)
  return { cos: b.op('Mul', [cos, real(b, scale)]), sin: b.op('Mul', [sin, real(b, scale)]) }
}

/** What a transform is asked for. */
export interface Transform {
  readonly n: number
  readonly inverse: boolean
  /** The whole is multiplied by it. */
  readonly scale: number
}
const isPowerOf2 = (n: number): boolean => Number.isInteger(Math.log2(n))
/** Whether a table of so many numbers costs less than the transform by other means; a chirp costs ten times what a power of 2 does. */
const fits = (b: OnnxBuilder, n: number, numbers: number): boolean =>
  !b.fixedSizes || !b.has('DFT') || numbers <= (isPowerOf2(n) ? 2 ** 20 : 2 ** 22)

/** ONNX's own transform of `[..., n, parts]`, which divides an inverse by n. */
const dft = (
  b: OnnxBuilder,
  x: Value,
  { n, inverse, scale }: Transform,
  { onesided, shape }: { readonly onesided: boolean; readonly shape: Shape },
): string => {
  const parts = onesided && !inverse ? 1 : 2
  const length = inverse && onesided ? Math.floor(n / 2) + 1 : n
  const flat = shaped(b, x.name, [sizeOf(x.shape) / (length * parts), length, parts])
  const attributes = { inverse: inverse ? 1 : 0, onesided: onesided ? 1 : 0 }
  const result = b.op('DFT', [flat, whole(b, n), whole(b, 1)], attributes)
  const factor = inverse ? scale * n : scale
  const scaled = factor === 1 ? result : b.op('Mul', [result, b.constant([factor], x.dtype, [])])
  return shaped(b, scaled, shape)
}

const product = (b: OnnxBuilder, x: string, y: string): string => {
  const [a, c] = b.ops('Split', [x], 2, { axis: -1, num_outputs: 2 })
  const [d, e] = b.ops('Split', [y], 2, { axis: -1, num_outputs: 2 })
  const mul = (p: string, q: string): string => b.op('Mul', [p, q])
  return joined(b, [b.op('Sub', [mul(a!, d!), mul(c!, e!)]), b.op('Add', [mul(a!, e!), mul(c!, d!)])], -1)
}
/**
 * Any length by powers of 2: `2jk = j² + k² − (k − j)²` makes the transform a convolution with `w(m) = e^(∓πi m²/n)`.
 *
 * Source: Bluestein 1970.
 */
const chirp = (b: OnnxBuilder, x: Value, { n, inverse, scale }: Transform): string => {
  const size = 2 ** Math.ceil(Math.log2(2 * n - 1))
  const ofSquares = (m: () => string, values: readonly number[]): Turns => {
    const squares: Wholes = {
      name: () => {
        const x = m()
        return b.op('Mul', [x, x])
      },
      values: () => values.map(v => v * v),
      shape: [values.length],
    }
    return turnsOf(b, squares, 2 * n, Math.PI / n)
  }
  const [sign, rows] = [real(b, inverse ? 1 : -1), sizeOf(x.shape) / (2 * n)]
  const own = ofSquares(() => range(b, n), counted(n))
  const w = b.cast(paired(b, own.cos, b.op('Mul', [own.sin, sign])), x.dtype)
  // The other chirp, conjugate, around the origin: places that no pair k − j reaches hold what they may.
  const distance = (): string => {
    const m = range(b, size)
    return b.op('Min', [m, b.op('Sub', [whole(b, size), m])])
  }
  const around = ofSquares(
    distance,
    counted(size).map(m => Math.min(m, size - m)),
  )
  const filter = at(b, paired(b, around.cos, b.op('Neg', [b.op('Mul', [around.sin, sign])])), 0)
  const spectrum = b.cast(b.op('DFT', [filter, '', whole(b, 1)]), x.dtype)
  const turned = product(b, shaped(b, x.name, [rows, n, 2]), w)
  const padded = b.op('Pad', [turned, b.ints([0, 0, 0, 0, size - n, 0])])
  const filtered = product(b, b.op('DFT', [padded, '', whole(b, 1)]), spectrum)
  const back = b.op('DFT', [filtered, '', whole(b, 1)], { inverse: 1 })
  const cut = product(b, b.op('Slice', [back, b.ints([0]), b.ints([n]), b.ints([1])]), w)
  return shaped(b, b.op('Mul', [cut, b.constant([scale], x.dtype, [])]), x.shape)
}

/** Complex to complex: `[..., n, 2]` → the same. */
export const lowerComplex = (b: OnnxBuilder, x: Value, t: Transform): string => {
  const { n, inverse, scale } = t
  if (!fits(b, n, 4 * n * n) && sizeOf(x.shape) > 0)
    return isPowerOf2(n) ? dft(b, x, t, { onesided: false, shape: x.shape }) : chirp(b, x, t)
  const { cos, sin } = waves(b, [n, n], n, scale)
  const [turned, back] = inverse ? [sin, b.op('Neg', [sin])] : [b.op('Neg', [sin]), sin]
  const blocks = joined(b, [at(b, paired(b, cos, turned), 1), at(b, paired(b, back, cos), 1)], 1)
  const rows = shaped(b, x.name, [...x.shape.slice(0, -2), 2 * n])
  return shaped(b, b.op('MatMul', [rows, b.cast(shaped(b, blocks, [2 * n, 2 * n]), x.dtype)]), x.shape)
}

/** Real `[..., n]` → its first ⌊n/2⌋ + 1 frequencies `[..., bins, 2]`; null where the composition is better. */
export const lowerReal = (b: OnnxBuilder, x: Value, t: Transform, shape: Shape): string | null => {
  const { n, scale } = t
  const bins = Math.floor(n / 2) + 1
  if (!fits(b, n, 2 * n * bins) && sizeOf(x.shape) > 0)
    return isPowerOf2(n) ? dft(b, x, t, { onesided: true, shape }) : null
  const { cos, sin } = waves(b, [n, bins], n, scale)
  const table = shaped(b, paired(b, cos, b.op('Neg', [sin])), [n, 2 * bins])
  return shaped(b, b.op('MatMul', [x.name, b.cast(table, x.dtype)]), shape)
}

/** Half of a spectrum `[..., bins, 2]` → the real signal `[..., n]`; null where the composition is better. */
export const lowerRealInverse = (b: OnnxBuilder, x: Value, t: Transform, shape: Shape): string | null => {
  const { n, scale } = t
  const bins = Math.floor(n / 2) + 1
  if (!fits(b, n, 2 * n * bins) && sizeOf(x.shape) > 0)
    return isPowerOf2(n) ? dft(b, x, t, { onesided: true, shape }) : null
  const { cos, sin } = waves(b, [bins, n], n, scale)
  const k = range(b, bins)
  const alone = b.op('Equal', [b.op('Mod', [b.op('Mul', [k, whole(b, 2)]), whole(b, n)]), whole(b, 0)])
  const weights = at(b, b.op('Where', [alone, real(b, 1), real(b, 2)]), 1)
  const part = (table: string): string => at(b, b.op('Mul', [table, weights]), 1)
  const table = shaped(b, joined(b, [part(cos), part(b.op('Neg', [sin]))], 1), [2 * bins, n])
  return b.op('MatMul', [shaped(b, x.name, [...shape.slice(0, -1), 2 * bins]), b.cast(table, x.dtype)])
}
