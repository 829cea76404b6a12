import { floatDTypes } from '../core/dtype.ts'
import { ArgumentError, ShapeError } from '../core/errors.ts'
import { show } from '../core/shape.ts'
import type { Node, TensorType } from '../graph/node.ts'
import { add, arange, constant, div, fullLike, greater, mul, where } from './arithmetic.ts'
import { requireDType, requireSameDType } from './apply.ts'
import { broadcastTo, reshape, sum } from './broadcast.ts'
import { fft, ifft, irfft, resized, rfft } from './fourier.ts'
import { gather, scatterAdd } from './indexing.ts'
import { matmul } from './linear-algebra.ts'
import { square } from './math.ts'
import { concat, expandDims, flip, pad, sliceAxis, stack } from './movement.ts'
import { norm } from './norm.ts'
import { held, type MelOptions, melValues, type WindowName, windowValues } from './windows.ts'

export interface FrameOptions {
  /** Samples of a frame, and points of its transform. */
  readonly frameLength: number
  /** Samples from one frame to the next. Default a quarter of a frame. */
  readonly hopLength?: number
  /** What each frame is multiplied by: a name (periodic) or a tensor `[frameLength]`. Default `hann`. */
  readonly window?: WindowName | Node
  /** Frame t is centred on sample t · hop: half a frame is added at both ends. Default true. */
  readonly center?: boolean
  /** Only the ⌊frameLength/2⌋ + 1 frequencies that the others follow from. Default true. */
  readonly onesided?: boolean
}
export interface StftOptions extends FrameOptions {
  /** What is added at the ends: the signal mirrored, or zeros. Default `reflect`. */
  readonly padMode?: 'reflect' | 'zeros'
}
export interface IstftOptions extends FrameOptions {
  /** Samples of the signal: it is cut, or filled with zeros. Default all that the frames cover. */
  readonly length?: number
}

const atLeast1 = (where: string, name: string, value: number): number => {
  if (Number.isInteger(value) && value >= 1) return value
  throw new ArgumentError(`${where}: ${name} must be a whole number of at least 1; got ${value}.`, { [name]: value })
}
interface Frames {
  readonly length: number
  readonly hop: number
  readonly window: Node
  readonly center: boolean
  readonly onesided: boolean
}
const framesOf = (where: string, x: TensorType, options: FrameOptions): Frames => {
  const length = atLeast1(where, 'frameLength', options.frameLength)
  const hop = atLeast1(where, 'hopLength', options.hopLength ?? Math.max(1, Math.floor(length / 4)))
  const { window = 'hann', center = true, onesided = true } = options
  const values = typeof window === 'string' ? held(windowValues(window, length), [length], x.dtype) : window
  requireSameDType(`${where}: x and the window`, x, values)
  if (values.shape.length !== 1 || values.shape[0] !== length) {
    throw new ShapeError(`${where}: the window is ${show(values.shape)}. It must be [${length}], as long as a frame.`, {
      window: values.shape,
    })
  }
  return { length, hop, window: values, center, onesided }
}

/** The signal with `by` samples added at both ends. */
const extended = (x: Node, by: number, mode: 'reflect' | 'zeros'): Node => {
  const axis = x.shape.length - 1
  const n = x.shape[axis]!
  if (mode === 'zeros')
    return pad(
      x,
      x.shape.map((_, i) => (i === axis ? ([by, by] as const) : ([0, 0] as const))),
    )
  if (mode !== 'reflect') throw new ArgumentError(`stft: padMode must be 'reflect' or 'zeros'; got ${mode}.`, { mode })
  if (by >= n) {
    throw new ShapeError(
      `stft: ${n} samples are too few to mirror half a frame, ${by}. Use a shorter frame, padMode 'zeros' or center false.`,
      { samples: n, by },
    )
  }
  const mirrored = (start: number, end: number): Node => flip(sliceAxis(x, axis, start, end), [axis])
  return concat([mirrored(1, by + 1), x, mirrored(n - by - 1, n - 1)], axis)
}
/** Which sample stands where in each frame: `[frames, length]`. */
const places = (count: number, { length, hop }: Frames): Node =>
  add(expandDims(arange(count, 'int32', 0, hop), 1), arange(length, 'int32'))

/**
 * Short-time Fourier transform: x `[..., T]` → `[..., frames, bins, 2]`, the spectrum of each frame times the window.
 *
 * Source: Allen & Rabiner 1977; centred as PyTorch and librosa do it.
 */
export const stft = (x: Node, options: StftOptions): Node => {
  requireDType('stft', x.dtype, floatDTypes)
  if (x.shape.length === 0) throw new ShapeError('stft: x is a scalar. Expected a signal [..., T].')
  const frames = framesOf('stft', x, options)
  const signal = frames.center ? extended(x, Math.floor(frames.length / 2), options.padMode ?? 'reflect') : x
  const samples = signal.shape.at(-1)!
  if (samples < frames.length) {
    throw new ShapeError(
      `stft: ${samples} samples are fewer than the ${frames.length} of one frame. Use a shorter frame, or pad the signal.`,
      { samples, frameLength: frames.length },
    )
  }
  const count = Math.floor((samples - frames.length) / frames.hop) + 1
  const cut = mul(gather(signal, places(count, frames), -1), frames.window)
  return frames.onesided ? rfft(cut) : fft(stack([cut, fullLike(cut, 0)], cut.shape.length))
}

/** Windows add up to this or less only where no frame covers the signal. */
const uncovered = 1e-10

/**
 * The signal of least squares for a short-time Fourier transform: y `[..., frames, bins, 2]` → `[..., T]`. Samples that no frame covers
 * are 0.
 *
 * Source: Griffin & Lim 1984, equation 6.
 */
export const istft = (y: Node, options: IstftOptions): Node => {
  requireDType('istft', y.dtype, floatDTypes)
  const frames = framesOf('istft', y, options)
  const { length, hop, window, center, onesided } = frames
  const bins = onesided ? Math.floor(length / 2) + 1 : length
  if (y.shape.length < 3 || y.shape.at(-1) !== 2 || y.shape.at(-2) !== bins) {
    throw new ShapeError(`istft: y is ${show(y.shape)}. Expected [..., frames, ${bins}, 2].`, { shape: y.shape })
  }
  const count = y.shape.at(-3)!
  const total = count === 0 ? 0 : length + hop * (count - 1)
  const lead = y.shape.slice(0, -3)
  const signals = onesided ? irfft(y, { n: length }) : realPart(ifft(y))
  const zeros = (shape: readonly number[]): Node => broadcastTo(constant(0, y.dtype), shape)
  const at = places(count, frames)
  const added = scatterAdd(zeros([...lead, total]), at, mul(signals, window), -1)
  const squares = broadcastTo(mul(window, window), [count, length])
  const envelope = scatterAdd(zeros([total]), at, squares, 0)
  const covered = greater(envelope, constant(uncovered, y.dtype))
  const result = where(covered, div(added, where(covered, envelope, fullLike(envelope, 1))), fullLike(added, 0))
  const start = center ? Math.floor(length / 2) : 0
  const end = Math.max(start, center ? total - start : total)
  if (options.length === undefined) return sliceAxis(result, lead.length, start, end)
  const wanted = atLeast1('istft', 'length', options.length)
  return resized(sliceAxis(result, lead.length, Math.min(start, total), total), lead.length, wanted)
}
const realPart = (x: Node): Node => reshape(sliceAxis(x, x.shape.length - 1, 0, 1), x.shape.slice(0, -1))

const requireSpectrum = (where: string, x: Node): void => {
  requireDType(where, x.dtype, floatDTypes)
  if (x.shape.at(-1) === 2) return
  throw new ShapeError(
    `${where}: x is ${show(x.shape)}. Expected complex numbers [..., 2]: real and imaginary parts.`,
    {
      shape: x.shape,
    },
  )
}
/** |X|² of complex x `[..., 2]` → `[...]`. */
export const powerSpectrum = (x: Node): Node => {
  requireSpectrum('powerSpectrum', x)
  return sum(square(x), -1)
}
/** |X| of complex x `[..., 2]` → `[...]`; its gradient at 0 is 0. */
export const magnitude = (x: Node): Node => {
  requireSpectrum('magnitude', x)
  return norm(x, { axes: -1 })
}

/** Triangular filters `[⌊fftLength/2⌋ + 1, numMels]` in the dtype. */
export const melFilterbank = (fftLength: number, options: MelOptions, dtype: TensorType['dtype'] = 'float32'): Node => {
  requireDType('melFilterbank', dtype, floatDTypes)
  const values = melValues(fftLength, options)
  const bins = Math.floor(fftLength / 2) + 1
  return held(values, [bins, values.length / bins], dtype)
}
export interface MelSpectrogramOptions extends Omit<StftOptions, 'onesided'>, MelOptions {
  /** The filters are applied to |X|² (2) or |X| (1). Default 2. */
  readonly power?: 1 | 2
}
/** Power by band of pitch: x `[..., T]` → `[..., frames, numMels]`. */
export const melSpectrogram = (x: Node, options: MelSpectrogramOptions): Node => {
  const { power = 2 } = options
  if (power !== 1 && power !== 2)
    throw new ArgumentError(`melSpectrogram: power must be 1 or 2; got ${power}.`, { power })
  const spectrum = stft(x, { ...options, onesided: true })
  const filters = melFilterbank(options.frameLength, options, x.dtype)
  return matmul(power === 2 ? powerSpectrum(spectrum) : magnitude(spectrum), filters)
}
