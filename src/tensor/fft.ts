import type { DType } from '../core/dtype.ts'
import { ArgumentError } from '../core/errors.ts'
import type { Shape } from '../core/shape.ts'
import type { Node } from '../graph/node.ts'
import { arange, constant, mul } from '../ops/arithmetic.ts'
import * as fr from '../ops/fourier.ts'
import * as sg from '../ops/spectrogram.ts'
import * as wd from '../ops/windows.ts'
import { Tensor } from './tensor.ts'

// Fourier transforms, as `torch.fft`, and spectra of frames. A complex number is a pair: a last axis of 2 holds its real and its imaginary
// part, and `axis` counts the axes without it. Any length is exact to rounding; each transform's gradient is another transform.

type Of<D extends DType> = Tensor<Shape, D>
const wrap = <D extends DType>(node: Node): Of<D> => new Tensor(node)

type Along = <D extends DType>(x: Of<D>, options?: fr.FourierOptions) => Of<D>
const along =
  (of: (x: Node, options: fr.FourierOptions) => Node): Along =>
  (x, options = {}) =>
    wrap(of(x.node, options))
type Several = <D extends DType>(x: Of<D>, options?: fr.FourierAxesOptions) => Of<D>
const several =
  (of: (x: Node, options: fr.FourierAxesOptions) => Node): Several =>
  (x, options = {}) =>
    wrap(of(x.node, options))

/**
 * The discrete Fourier transform `X[k] = Σⱼ x[j] e^(−2πi jk/n)` along an axis.
 *
 * **Shape** x: `[..., n, 2]` → the same.
 *
 * @param options.n points: the axis is cut, or filled with zeros; default its size
 * @param options.axis default the last, not counting that of the pairs
 * @param options.norm where the factor 1/n stands: `backward` (the default) at the inverse, `forward` here, `ortho` its root at both
 *
 * Source: Cooley & Tukey 1965; Bluestein 1970 for lengths that are no power of 2.
 */
export const fft: Along = along(fr.fft)
/** The inverse of `fft`, with its options. */
export const ifft: Along = along(fr.ifft)
/**
 * The transform of real numbers: only the first ⌊n/2⌋ + 1 frequencies, since the others are their conjugates.
 *
 * **Shape** x: `[..., n]` → `[..., ⌊n/2⌋ + 1, 2]`. Options as for `fft`.
 */
export const rfft: Along = along(fr.rfft)
/**
 * The inverse of `rfft`. The imaginary parts of frequency 0, and of half of an even n, are not read.
 *
 * **Shape** x: `[..., bins, 2]` → `[..., n]`. Options as for `fft`; n is 2 (bins − 1) by default: pass that of an odd signal.
 */
export const irfft: Along = along(fr.irfft)
/** The transform of x `[..., m, n, 2]` along two axes (default the last two). */
export const fft2: Several = several(fr.fft2)
/** The inverse of `fft2`. */
export const ifft2: Several = several(fr.ifft2)
/** The transform along several axes, default all; `sizes` without `axes` are those of the last ones. */
export const fftn: Several = several(fr.fftn)
/** The inverse of `fftn`. */
export const ifftn: Several = several(fr.ifftn)

export interface FrequencyOptions {
  /** Time from one sample to the next, in seconds for frequencies in hertz. Default 1. */
  readonly spacing?: number
}
const frequencies = (where: string, n: number, start: number, count: number, { spacing = 1 }: FrequencyOptions) => {
  if (!Number.isInteger(n) || n < 1)
    throw new ArgumentError(`${where}: n must be a whole number of at least 1; got ${n}.`, { n })
  if (!(spacing > 0))
    throw new ArgumentError(`${where}: spacing must be a number above 0; got ${spacing}.`, { spacing })
  const whole = arange(count, 'float32', start)
  return new Tensor<readonly [number], 'float32'>(mul(whole, constant(1 / (n * spacing), 'float32')))
}
/** The frequency of each place of `fft` over n samples: 0, 1, …, then the negative ones, over n · spacing. */
export const fftFrequencies = (n: number, options: FrequencyOptions = {}): Tensor<readonly [number], 'float32'> => {
  const centred = frequencies('fftFrequencies', n, -Math.floor(n / 2), n, options)
  return new Tensor(fr.ifftShift(centred.node))
}
/** The frequency of each place of `rfft` over n samples: 0, 1, …, ⌊n/2⌋ over n · spacing. */
export const rfftFrequencies = (n: number, options: FrequencyOptions = {}): Tensor<readonly [number], 'float32'> =>
  frequencies('rfftFrequencies', n, 0, Math.floor(n / 2) + 1, options)

/** Frequency 0 moved from the front to the middle of the axes (default all; of pairs name the others). */
export const fftShift = <S extends Shape, D extends DType>(
  x: Tensor<S, D>,
  axes?: number | readonly number[],
): Tensor<S, D> => new Tensor(fr.fftShift(x.node, axes))
/** The inverse of `fftShift`. */
export const ifftShift = <S extends Shape, D extends DType>(
  x: Tensor<S, D>,
  axes?: number | readonly number[],
): Tensor<S, D> => new Tensor(fr.ifftShift(x.node, axes))

// --- frames --------------------------------------------------------------------------------------------------------------

/**
 * A window: `hann`, `hamming`, `blackman`, `bartlett`, `kaiser` or `rectangular`, as float32.
 *
 * @param options.periodic for spectra (the default); else symmetric
 * @param options.beta of `kaiser`; default 12
 *
 * Source: Harris 1978.
 */
export const window = (
  name: wd.WindowName,
  length: number,
  options: wd.WindowOptions = {},
): Tensor<readonly [number], 'float32'> =>
  new Tensor(wd.held(wd.windowValues(name, length, options), [length], 'float32'))

/** The options of frames with the window as a tensor. */
type Windowed<O, D extends DType> = Omit<O, 'window'> & {
  /** What each frame is multiplied by: a name (periodic) or a tensor `[frameLength]`. Default `hann`. */
  readonly window?: wd.WindowName | Tensor<Shape, D>
}
const nodeOf = (given: wd.WindowName | Tensor | undefined): { readonly window?: wd.WindowName | Node } => {
  if (given === undefined) return {}
  return { window: typeof given === 'string' ? given : given.node }
}

/**
 * Short-time Fourier transform: the spectrum of overlapping frames, each times a window.
 *
 * **Shape** x: `[..., T]` → `[..., frames, bins, 2]` (ONNX's order; PyTorch has bins before frames).
 *
 * @param options.frameLength samples of a frame, and points of its transform
 * @param options.hopLength from one frame to the next; default a quarter of a frame
 * @param options.window default `hann` (PyTorch's default is none, `rectangular` here)
 * @param options.center frame t is centred on sample t · hop, the ends being mirrored (or zeros: `padMode`); default true
 * @param options.onesided only the ⌊frameLength/2⌋ + 1 frequencies that the others follow from; default true
 *
 * Source: Allen & Rabiner 1977.
 */
export const stft = <D extends DType>(x: Of<D>, options: Windowed<sg.StftOptions, NoInfer<D>>): Of<D> =>
  wrap(sg.stft(x.node, { ...options, ...nodeOf(options.window) } as sg.StftOptions))
/**
 * The inverse of `stft`: of all signals the one whose frames are nearest.
 *
 * **Shape** y: `[..., frames, bins, 2]` → `[..., T]`; T is `options.length`, or what the frames cover. Samples under no window are 0.
 *
 * Source: Griffin & Lim 1984, equation 6.
 */
export const istft = <D extends DType>(y: Of<D>, options: Windowed<sg.IstftOptions, NoInfer<D>>): Of<D> =>
  wrap(sg.istft(y.node, { ...options, ...nodeOf(options.window) } as sg.IstftOptions))

/** |X|² of complex x `[..., 2]` → `[...]`. */
export const powerSpectrum = <D extends DType>(x: Of<D>): Of<D> => wrap(sg.powerSpectrum(x.node))
/** |X| of complex x `[..., 2]` → `[...]`; its gradient at 0 is 0. */
export const magnitude = <D extends DType>(x: Of<D>): Of<D> => wrap(sg.magnitude(x.node))

/**
 * Triangular filters, evenly spaced on a scale of pitch: `[⌊fftLength/2⌋ + 1, numMels]`, float32.
 *
 * Source: Slaney 1998 (librosa's and Whisper's), or the HTK Book, equation 5.13 (torchaudio's default).
 */
export const melFilterbank = (
  fftLength: number,
  options: wd.MelOptions,
): Tensor<readonly [number, number], 'float32'> => new Tensor(sg.melFilterbank(fftLength, options))
/**
 * Power by band of pitch over time, the usual input of models of speech (before its logarithm).
 *
 * **Shape** x: `[..., T]` → `[..., frames, numMels]`.
 *
 * @param options those of `stft` and `melFilterbank`; `power` 2 (the default) or 1: of the magnitude
 */
export const melSpectrogram = <D extends DType>(
  x: Of<D>,
  options: Windowed<sg.MelSpectrogramOptions, NoInfer<D>>,
): Of<D> => wrap(sg.melSpectrogram(x.node, { ...options, ...nodeOf(options.window) } as sg.MelSpectrogramOptions))
