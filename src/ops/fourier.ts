import { floatDTypes } from '../core/dtype.ts'
import { ArgumentError, ShapeError } from '../core/errors.ts'
import { normalizeAxes, normalizeAxis, type Shape, show } from '../core/shape.ts'
import type { Node, TensorType } from '../graph/node.ts'
import type { NdArray, Op } from '../graph/op.ts'
import { arange, constant, equal, fullLike, mul, neg, where } from './arithmetic.ts'
import { apply, requireDType } from './apply.ts'
import { moveAxis } from './batch-axes.ts'
import { reshape } from './broadcast.ts'
import { remainder } from './division.ts'
import { transform } from './fourier-kernels.ts'
import { lowerComplex, lowerReal, lowerRealInverse } from './fourier-lowering.ts'
import { concat, expandDims, flip, pad, sliceAxis, stack } from './movement.ts'

// Complex numbers are pairs: a last axis of 2 holds the real and the imaginary part. The three records transform the axis before it (of
// real numbers: the last one); the functions below bring the axis there, cut or fill it, and choose the factor.

type ScaleAttrs = { readonly scale: number }
type ComplexAttrs = ScaleAttrs & { readonly inverse: boolean }
type LengthAttrs = ScaleAttrs & { readonly n: number }
const binsOf = (n: number): number => Math.floor(n / 2) + 1

const requirePairs = (where: string, x: TensorType): void => {
  requireDType(where, x.dtype, floatDTypes)
  if (x.shape.length >= 2 && x.shape.at(-1) === 2) return
  throw new ShapeError(
    `${where}: x is ${show(x.shape)}. Expected complex numbers [..., n, 2]: the last axis holds real and imaginary parts.`,
    { shape: x.shape },
  )
}

const complexKernel = (x: NdArray, out: NdArray, { inverse, scale }: ComplexAttrs): void => {
  const size = 2 * x.shape.at(-2)!
  for (let at = 0; at < x.data.length; at += size) {
    const result = transform(Float64Array.from(x.data.subarray(at, at + size)), inverse ? 1 : -1)
    for (let i = 0; i < size; i++) out.data[at + i] = scale * result[i]!
  }
}
const fftOp: Op<ComplexAttrs> = {
  name: 'fft',
  formula: 'X[k] = scale · Σⱼ x[j] e^(∓2πi jk/n), numbers being pairs',
  source: 'Cooley & Tukey 1965; Bluestein 1970',
  infer: ([x]) => {
    requirePairs('fft', x!)
    return { shape: x!.shape, dtype: x!.dtype }
  },
  vjp: (g, _inputs, _out, { inverse, scale }) => [apply(fftOp, [g], { inverse: !inverse, scale })],
  kernel: ([x], out, attrs) => complexKernel(x!, out, attrs),
  batch: ([x], _batched, attrs) => apply(fftOp, [x!], attrs),
  lower: (b, [x], out, attrs) => lowerComplex(b, x!, { n: out.shape.at(-2)!, ...attrs }),
  checks: {
    samples: [
      { inputs: [{ shape: [8, 2] }], attrs: { inverse: false, scale: 1 } },
      { inputs: [{ shape: [2, 3, 5, 2] }], attrs: { inverse: true, scale: 0.2 } },
      { inputs: [{ shape: [2, 12, 2] }], attrs: { inverse: false, scale: 0.5 } },
      { inputs: [{ shape: [0, 4, 2] }], attrs: { inverse: false, scale: 1 } },
      { inputs: [{ shape: [2, 1, 2] }], attrs: { inverse: true, scale: 1 } },
    ],
    tolerance: 1e-5,
  },
}

/** 1 for the frequencies that stand alone (0, and half of an even n), `other` for those that stand for two. */
const weights = (n: number, other: number, like: Node): Node => {
  const k = arange(binsOf(n), 'int32')
  const alone = equal(remainder(mul(k, constant(2, 'int32')), constant(n, 'int32')), constant(0, 'int32'))
  return expandDims(where(alone, constant(1, like.dtype), constant(other, like.dtype)), 1)
}
const pairsOf = (x: Node): Node => stack([x, fullLike(x, 0)], x.shape.length)

const rfftOp: Op<ScaleAttrs> = {
  name: 'rfft',
  formula: 'the first ⌊n/2⌋ + 1 frequencies of real numbers, times a factor; the others are their conjugates',
  source: 'Cooley & Tukey 1965',
  infer: ([x]) => {
    requireDType('rfft', x!.dtype, floatDTypes)
    return { shape: [...x!.shape.slice(0, -1), binsOf(x!.shape.at(-1)!), 2], dtype: x!.dtype }
  },
  compose: ([x], { scale }) => {
    const pairs = apply(fftOp, [pairsOf(x!)], { inverse: false, scale })
    return sliceAxis(pairs, x!.shape.length - 1, 0, binsOf(x!.shape.at(-1)!))
  },
  vjp: (g, [x], _out, { scale }) => {
    const n = x!.shape.at(-1)!
    return [apply(irfftOp, [mul(g, weights(n, 0.5, g))], { n, scale })]
  },
  lower: (b, [x], out, { scale }) => lowerReal(b, x!, { n: x!.shape.at(-1)!, inverse: false, scale }, out.shape),
  checks: {
    samples: [
      { inputs: [{ shape: [8] }], attrs: { scale: 1 } },
      { inputs: [{ shape: [2, 5] }], attrs: { scale: 0.5 } },
      { inputs: [{ shape: [2, 1] }], attrs: { scale: 1 } },
    ],
    tolerance: 1e-5,
  },
}

const irfftOp: Op<LengthAttrs> = {
  name: 'irfft',
  formula: 'scale · Σₖ X[k] e^(2πi jk/n) of real numbers, from the first ⌊n/2⌋ + 1 frequencies',
  source: 'Cooley & Tukey 1965',
  infer: ([x], { n }) => {
    requirePairs('irfft', x!)
    return { shape: [...x!.shape.slice(0, -2), n], dtype: x!.dtype }
  },
  compose: ([x], { n, scale }) => {
    const axis = x!.shape.length - 2
    const mirrored = flip(sliceAxis(x!, axis, 1, Math.ceil(n / 2)), [axis])
    const part = (y: Node, i: number): Node => sliceAxis(y, axis + 1, i, i + 1)
    const conjugate = concat([part(mirrored, 0), neg(part(mirrored, 1))], axis + 1)
    const whole = concat([x!, conjugate], axis)
    const signal = apply(fftOp, [whole], { inverse: true, scale })
    return reshape(part(signal, 0), [...x!.shape.slice(0, -2), n])
  },
  vjp: (g, _inputs, _out, { n, scale }) => [mul(apply(rfftOp, [g], { scale }), weights(n, 2, g))],
  lower: (b, [x], out, { n, scale }) => lowerRealInverse(b, x!, { n, inverse: true, scale }, out.shape),
  checks: {
    samples: [
      { inputs: [{ shape: [5, 2] }], attrs: { n: 8, scale: 0.125 } },
      { inputs: [{ shape: [2, 3, 2] }], attrs: { n: 5, scale: 1 } },
      { inputs: [{ shape: [2, 1, 2] }], attrs: { n: 1, scale: 1 } },
    ],
    tolerance: 1e-5,
  },
}

// --- the public functions ------------------------------------------------------------------------------------------------

/** Where the factor 1/n stands: at the inverse (the default), its root at both, or at the forward direction. */
export type FourierNorm = 'backward' | 'ortho' | 'forward'
export interface FourierOptions {
  /** Points of the transform: the axis is cut, or filled with zeros. Default its size; of irfft 2 (bins − 1). */
  readonly n?: number
  /** The axis of the signal, counted without that of the pairs. Default the last. */
  readonly axis?: number
  /** Default `backward`. */
  readonly norm?: FourierNorm
}

const norms: readonly string[] = ['backward', 'ortho', 'forward']
const scaleOf = (where: string, n: number, inverse: boolean, norm: FourierNorm = 'backward'): number => {
  if (!norms.includes(norm))
    throw new ArgumentError(`${where}: norm must be 'backward', 'ortho' or 'forward'; got ${norm}.`, { norm })
  if (norm === 'ortho') return 1 / Math.sqrt(n)
  return (norm === 'forward') === inverse ? 1 : 1 / n
}
const requireLength = (where: string, n: number): number => {
  if (Number.isInteger(n) && n >= 1) return n
  throw new ArgumentError(`${where}: n must be a whole number of at least 1; got ${n}.`, { n })
}
/** An axis cut, or filled with zeros at its end. */
export const resized = (x: Node, axis: number, n: number): Node => {
  const now = x.shape[axis]!
  if (n === now) return x
  if (n < now) return sliceAxis(x, axis, 0, n)
  return pad(
    x,
    x.shape.map((_, i) => [0, i === axis ? n - now : 0] as const),
  )
}

/** Does something along the last of the axes before the pairs' (`pairs` of them: 1 or 0) instead of another. */
const along = (x: Node, at: number, pairs: number, f: (x: Node) => Node): Node => {
  const last = x.shape.length - 1 - pairs
  return at === last ? f(x) : moveAxis(f(moveAxis(x, at, last)), last, at)
}

const complexTransform = (where: string, x: Node, inverse: boolean, options: FourierOptions): Node => {
  requirePairs(where, x)
  const at = normalizeAxis(where, options.axis ?? -1, x.shape.length - 1)
  const n = requireLength(where, options.n ?? x.shape[at]!)
  const attrs = { inverse, scale: scaleOf(where, n, inverse, options.norm) }
  return along(x, at, 1, y => apply(fftOp, [resized(y, y.shape.length - 2, n)], attrs))
}
/** The discrete Fourier transform of complex x `[..., n, 2]` along an axis. */
export const fft = (x: Node, options: FourierOptions = {}): Node => complexTransform('fft', x, false, options)
/** The inverse of `fft`. */
export const ifft = (x: Node, options: FourierOptions = {}): Node => complexTransform('ifft', x, true, options)

/** The transform of real x: `[..., n]` → the first ⌊n/2⌋ + 1 frequencies, `[..., bins, 2]`. */
export const rfft = (x: Node, options: FourierOptions = {}): Node => {
  requireDType('rfft', x.dtype, floatDTypes)
  const at = normalizeAxis('rfft', options.axis ?? -1, x.shape.length)
  const n = requireLength('rfft', options.n ?? x.shape[at]!)
  const attrs = { scale: scaleOf('rfft', n, false, options.norm) }
  return along(x, at, 0, y => apply(rfftOp, [resized(y, y.shape.length - 1, n)], attrs))
}
/** The inverse of `rfft`: `[..., bins, 2]` → real `[..., n]`. */
export const irfft = (x: Node, options: FourierOptions = {}): Node => {
  requirePairs('irfft', x)
  const at = normalizeAxis('irfft', options.axis ?? -1, x.shape.length - 1)
  const n = requireLength('irfft', options.n ?? 2 * (x.shape[at]! - 1))
  const attrs = { n, scale: scaleOf('irfft', n, true, options.norm) }
  return along(x, at, 1, y => apply(irfftOp, [resized(y, y.shape.length - 2, binsOf(n))], attrs))
}

export interface FourierAxesOptions {
  /** Points along each of the axes. Default their sizes. */
  readonly sizes?: Shape
  /** Axes of the signal, counted without that of the pairs. Default all (of `fft2` the last two). */
  readonly axes?: readonly number[]
  /** Default `backward`. */
  readonly norm?: FourierNorm
}
const severalAxes = (where: string, x: Node, inverse: boolean, options: FourierAxesOptions): Node => {
  requirePairs(where, x)
  const ndim = x.shape.length - 1
  const { sizes, axes = Array.from({ length: sizes?.length ?? ndim }, (_, i) => i - (sizes?.length ?? ndim)) } = options
  normalizeAxes(where, axes, ndim)
  if (sizes && sizes.length !== axes.length) {
    throw new ArgumentError(
      `${where}: sizes are ${show(sizes)} for the axes ${show(axes)}. Pass one size for each axis.`,
      { sizes, axes },
    )
  }
  const step = (y: Node, axis: number, i: number): Node =>
    complexTransform(where, y, inverse, {
      axis,
      ...(sizes && { n: sizes[i]! }),
      ...(options.norm && { norm: options.norm }),
    })
  return axes.reduce(step, x)
}
/** The transform of complex x along several axes. */
export const fftn = (x: Node, options: FourierAxesOptions = {}): Node => severalAxes('fftn', x, false, options)
/** The inverse of `fftn`. */
export const ifftn = (x: Node, options: FourierAxesOptions = {}): Node => severalAxes('ifftn', x, true, options)
const lastTwo = { axes: [-2, -1] }
/** The transform of complex x `[..., m, n, 2]` along two axes. */
export const fft2 = (x: Node, options: FourierAxesOptions = {}): Node =>
  severalAxes('fft2', x, false, { ...lastTwo, ...options })
/** The inverse of `fft2`. */
export const ifft2 = (x: Node, options: FourierAxesOptions = {}): Node =>
  severalAxes('ifft2', x, true, { ...lastTwo, ...options })

const rolled = (x: Node, axes: readonly number[], by: (n: number) => number): Node =>
  axes.reduce((y, axis) => {
    const n = y.shape[axis]!
    const start = by(n)
    return start === 0 ? y : concat([sliceAxis(y, axis, start, n), sliceAxis(y, axis, 0, start)], axis)
  }, x)
/** Frequency 0 moved from the front to the middle of the axes (default all). */
export const fftShift = (x: Node, axes?: number | readonly number[]): Node =>
  rolled(x, normalizeAxes('fftShift', axes, x.shape.length), n => Math.ceil(n / 2))
/** The inverse of `fftShift`. */
export const ifftShift = (x: Node, axes?: number | readonly number[]): Node =>
  rolled(x, normalizeAxes('ifftShift', axes, x.shape.length), n => Math.floor(n / 2))

export const fourierOps: readonly Op[] = [fftOp, rfftOp, irfftOp] as unknown as readonly Op[]
