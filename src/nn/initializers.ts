import { ArgumentError } from '../core/errors.ts'
import { fillNormal, fillUniform } from '../core/philox.ts'
import { type Shape, show, sizeOf } from '../core/shape.ts'
import type { Generator } from '../tensor/random.ts'

/** Fills a new parameter of `shape` from a generator. */
export type Initializer = (shape: Shape, source: Generator) => Float32Array

/** Every element `value`. */
export const constantInit =
  (value: number): Initializer =>
  shape =>
    new Float32Array(sizeOf(shape)).fill(value)

/** Uniform in `[low, high)`. */
export const uniformInit =
  (low: number, high: number): Initializer =>
  (shape, source) => {
    const out = new Float32Array(sizeOf(shape))
    source.draw<Float32Array>(out.length, fillUniform)(out)
    return out.map(u => low + (high - low) * u)
  }

/** Normal with the given mean (0) and standard deviation (1). */
export const normalInit =
  ({ mean = 0, std = 1 }: { readonly mean?: number; readonly std?: number } = {}): Initializer =>
  (shape, source) => {
    const out = new Float32Array(sizeOf(shape))
    source.draw<Float32Array>(out.length, fillNormal)(out)
    return out.map(z => mean + std * z)
  }

/** Inputs and outputs of a unit: `[out, in, ...kernel]`, PyTorch's layout. */
const fans = (where: string, shape: Shape): { fanIn: number; fanOut: number } => {
  if (shape.length < 2)
    throw new ArgumentError(
      `${where}: ${show(shape)} has no fan: at least two axes [out, in, ...] are needed. Use normal, uniform or constant.`,
      { shape },
    )
  const field = sizeOf(shape.slice(2))
  return { fanIn: shape[1]! * field, fanOut: shape[0]! * field }
}

export interface GainOptions {
  /** Factor for the activation that follows: 1 for linear, √2 for ReLU, 5/3 for tanh. */
  readonly gain?: number
}

/** Uniform of variance 2/(fanIn + fanOut). Source: Glorot & Bengio 2010, equation 16. */
export const xavierUniform =
  ({ gain = 1 }: GainOptions = {}): Initializer =>
  (shape, source) => {
    const { fanIn, fanOut } = fans('xavierUniform', shape)
    const bound = gain * Math.sqrt(6 / (fanIn + fanOut))
    return uniformInit(-bound, bound)(shape, source)
  }

/** Normal of variance 2/(fanIn + fanOut). Source: Glorot & Bengio 2010, equation 12. */
export const xavierNormal =
  ({ gain = 1 }: GainOptions = {}): Initializer =>
  (shape, source) => {
    const { fanIn, fanOut } = fans('xavierNormal', shape)
    return normalInit({ std: gain * Math.sqrt(2 / (fanIn + fanOut)) })(shape, source)
  }

export interface HeOptions extends GainOptions {
  /** Which fan the variance is kept for: `in` forwards, `out` backwards. */
  readonly mode?: 'in' | 'out'
}

/** Uniform of variance gain²/fan, gain √2 by default. Source: He et al. 2015, equation 10. */
export const heUniform =
  ({ gain = Math.SQRT2, mode = 'in' }: HeOptions = {}): Initializer =>
  (shape, source) => {
    const { fanIn, fanOut } = fans('heUniform', shape)
    const bound = gain * Math.sqrt(3 / (mode === 'in' ? fanIn : fanOut))
    return uniformInit(-bound, bound)(shape, source)
  }

/** Normal of variance gain²/fan, gain √2 by default. Source: He et al. 2015, equation 10. */
export const heNormal =
  ({ gain = Math.SQRT2, mode = 'in' }: HeOptions = {}): Initializer =>
  (shape, source) => {
    const { fanIn, fanOut } = fans('heNormal', shape)
    return normalInit({ std: gain / Math.sqrt(mode === 'in' ? fanIn : fanOut) })(shape, source)
  }

/** Rows (or, of a tall matrix, columns) of length `gain` at right angles. Source: Saxe, McClelland & Ganguli 2014. */
export const orthogonal =
  ({ gain = 1 }: GainOptions = {}): Initializer =>
  (shape, source) => {
    if (shape.length < 2)
      throw new ArgumentError(`orthogonal: ${show(shape)} has fewer than two axes. Use it for matrices and kernels.`, {
        shape,
      })
    const rows = shape[0]!
    const cols = sizeOf(shape.slice(1))
    const [count, length] = [Math.min(rows, cols), Math.max(rows, cols)]
    const z = new Float64Array(count * length)
    source.draw<Float64Array>(z.length, fillNormal)(z)
    // Gram and Schmidt's process, twice for each vector: once leaves errors of order 1e-8 in long vectors.
    const dot = (i: number, j: number): number => {
      let total = 0
      for (let k = 0; k < length; k++) total += z[i * length + k]! * z[j * length + k]!
      return total
    }
    for (let i = 0; i < count; i++) {
      for (let pass = 0; pass < 2; pass++) {
        for (let j = 0; j < i; j++) {
          const along = dot(i, j)
          for (let k = 0; k < length; k++) z[i * length + k]! -= along * z[j * length + k]!
        }
      }
      const norm = Math.sqrt(dot(i, i))
      for (let k = 0; k < length; k++) z[i * length + k]! /= norm
    }
    const out = new Float32Array(rows * cols)
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < cols; j++) out[i * cols + j] = gain * (rows <= cols ? z[i * length + j]! : z[j * length + i]!)
    }
    return out
  }
