import { convert, type DType } from '../core/dtype.ts'
import { ArgumentError } from '../core/errors.ts'
import type { Shape } from '../core/shape.ts'
import { leaf, type Node } from '../graph/node.ts'

// Tables for spectra that are computed once, in float64, from their options alone.

/** Values as a tensor. */
export const held = (values: ArrayLike<number>, shape: Shape, dtype: DType): Node =>
  leaf({ shape, dtype }, { kind: 'buffer', buffer: { dtype, array: convert(values, dtype) } })

export type WindowName = 'rectangular' | 'hann' | 'hamming' | 'blackman' | 'bartlett' | 'kaiser'
export interface WindowOptions {
  /** For spectra: the window repeats after its length. Else it is symmetric, its first and last value the same. Default true. */
  readonly periodic?: boolean
  /** Of the Kaiser window: how fast it falls. Default 12, as PyTorch's. */
  readonly beta?: number
}

/** The modified Bessel function of order 0 by its series: all terms are positive, so nothing cancels. */
const besselI0 = (x: number): number => {
  let [term, total] = [1, 1]
  for (let k = 1; term > total * 2 ** -54; k++) {
    term *= (x / (2 * k)) ** 2
    total += term
  }
  return total
}
const cosines =
  (...coefficients: readonly number[]) =>
  (t: number): number =>
    coefficients.reduce((total, c, k) => total + c * Math.cos(2 * Math.PI * k * t), 0)

/** Each window as a function of the place in it, from 0 to 1: Harris 1978. */
const shapes: Readonly<Record<WindowName, (t: number, beta: number) => number>> = {
  rectangular: () => 1,
  hann: cosines(0.5, -0.5),
  hamming: cosines(0.54, -0.46),
  blackman: cosines(0.42, -0.5, 0.08),
  bartlett: t => 1 - Math.abs(2 * t - 1),
  kaiser: (t, beta) => besselI0(beta * Math.sqrt(Math.max(0, 1 - (2 * t - 1) ** 2))) / besselI0(beta),
}
export const windowNames = Object.keys(shapes) as readonly WindowName[]

/** The values of a window. */
export const windowValues = (
  name: WindowName,
  length: number,
  { periodic = true, beta = 12 }: WindowOptions = {},
): Float64Array => {
  const shape = Object.hasOwn(shapes, name) ? shapes[name] : null
  if (!shape) {
    throw new ArgumentError(`window: the name must be one of ${windowNames.join(', ')}; got ${name}.`, { name })
  }
  if (!Number.isInteger(length) || length < 1)
    throw new ArgumentError(`window: length must be a whole number of at least 1; got ${length}.`, { length })
  if (!(beta >= 0 && beta <= 700))
    throw new ArgumentError(`window: beta must be a number from 0 to 700; got ${beta}.`, { beta })
  const span = periodic ? length : length - 1
  // One sample is the middle of its window.
  return Float64Array.from({ length }, (_, i) => (length === 1 ? 1 : shape(i / span, beta)))
}

/** Corners of a filter bank are evenly spaced on one of these scales of pitch. */
export type MelScale = 'slaney' | 'htk'
interface Scale {
  toMel(hertz: number): number
  toHertz(mel: number): number
}
/** Linear below 1000 Hz, 15 mel there, logarithmic above: 27 mel for a factor of 6.4. Slaney 1998, Auditory Toolbox. */
const slaneyStep = 27 / Math.log(6.4)
const scales: Readonly<Record<MelScale, Scale>> = {
  slaney: {
    toMel: f => (f < 1000 ? (3 * f) / 200 : 15 + Math.log(f / 1000) * slaneyStep),
    toHertz: m => (m < 15 ? (200 * m) / 3 : 1000 * Math.exp((m - 15) / slaneyStep)),
  },
  // O'Shaughnessy 1987, as in the HTK Book, equation 5.13.
  htk: { toMel: f => 2595 * Math.log10(1 + f / 700), toHertz: m => 700 * (10 ** (m / 2595) - 1) },
}

export interface MelOptions {
  /** Bands. Default 80. */
  readonly numMels?: number
  /** Samples a second. */
  readonly sampleRate: number
  /** Lowest frequency, in hertz. Default 0. */
  readonly minFrequency?: number
  /** Highest frequency, in hertz. Default half of the sample rate. */
  readonly maxFrequency?: number
  /** Default `slaney`, librosa's and Whisper's; `htk` is torchaudio's default. */
  readonly melScale?: MelScale
  /** `area`: each triangle has the area 1 over frequency (Slaney); `none`: each has the height 1. Default `area`. */
  readonly normalization?: 'area' | 'none'
}
const requireMel = (o: Required<MelOptions>): void => {
  if (!Number.isInteger(o.numMels) || o.numMels < 1)
    throw new ArgumentError(`melFilterbank: numMels must be a whole number of at least 1; got ${o.numMels}.`, {
      numMels: o.numMels,
    })
  if (!(o.sampleRate > 0))
    throw new ArgumentError(`melFilterbank: sampleRate must be a number above 0; got ${o.sampleRate}.`)
  if (!(o.minFrequency >= 0 && o.minFrequency < o.maxFrequency && o.maxFrequency <= o.sampleRate / 2)) {
    throw new ArgumentError(
      `melFilterbank: frequencies run from ${o.minFrequency} to ${o.maxFrequency} Hz. They must ascend and lie between 0 and ${o.sampleRate / 2}, half of the sample rate.`,
    )
  }
  if (!Object.hasOwn(scales, o.melScale))
    throw new ArgumentError(`melFilterbank: melScale must be 'slaney' or 'htk'; got ${o.melScale}.`)
  if (!['area', 'none'].includes(o.normalization))
    throw new ArgumentError(`melFilterbank: normalization must be 'area' or 'none'; got ${o.normalization}.`)
}
/** Triangles over the frequencies of a transform of `fftLength` points, row by row: `[bins, numMels]`. */
export const melValues = (fftLength: number, options: MelOptions): Float64Array => {
  const o = {
    numMels: 80,
    minFrequency: 0,
    maxFrequency: options.sampleRate / 2,
    melScale: 'slaney' as MelScale,
    normalization: 'area' as const,
    ...options,
  }
  requireMel(o)
  if (!Number.isInteger(fftLength) || fftLength < 1)
    throw new ArgumentError(`melFilterbank: fftLength must be a whole number of at least 1; got ${fftLength}.`)
  const { toMel, toHertz } = scales[o.melScale]
  const [low, high] = [toMel(o.minFrequency), toMel(o.maxFrequency)]
  const corners = Array.from({ length: o.numMels + 2 }, (_, i) => toHertz(low + ((high - low) * i) / (o.numMels + 1)))
  const bins = Math.floor(fftLength / 2) + 1
  const out = new Float64Array(bins * o.numMels)
  for (let k = 0; k < bins; k++) {
    const f = (k * o.sampleRate) / fftLength
    for (let band = 0; band < o.numMels; band++) {
      const [left, middle, right] = corners.slice(band, band + 3) as [number, number, number]
      const height = o.normalization === 'area' ? 2 / (right - left) : 1
      const rise = Math.min((f - left) / (middle - left), (right - f) / (right - middle))
      out[k * o.numMels + band] = height * Math.max(0, rise)
    }
  }
  return out
}
