import { normalizeAxis, show } from '../../core/shape.ts'
import type { Node } from '../../graph/node.ts'
import * as ar from '../../ops/arithmetic.ts'
import { reshape } from '../../ops/broadcast.ts'
import { fft, ifft, irfft, rfft } from '../../ops/fourier.ts'
import { gather } from '../../ops/indexing.ts'
import { expandDims, pad, sliceAxis, squeeze } from '../../ops/movement.ts'
import type { Operator, Operators } from './call.ts'
import { held } from './known.ts'
import { upTo } from './nodes.ts'

/** The spectrum of real or complex x `[..., n, 1 or 2]` along an axis, as pairs. */
const spectrum = (x: Node, axis: number, n: number, onesided: boolean): Node => {
  const last = x.shape.length - 1
  if (x.shape[last] === 1 && onesided) return rfft(squeeze(x, last), { axis, n })
  const pairs =
    x.shape[last] === 2
      ? x
      : pad(
          x,
          x.shape.map((_, i): [number, number] => [0, i === last ? 1 : 0]),
        )
  const whole = fft(pairs, { axis, n })
  return onesided ? sliceAxis(whole, axis, 0, Math.floor(n / 2) + 1) : whole
}

const dft: Operator = call => {
  const x = call.input(0)
  const ndim = x.shape.length
  const parts = x.shape[ndim - 1]
  if (ndim < 2 || (parts !== 1 && parts !== 2))
    call.fail(`takes ${show(x.shape)}`, 'The last axis holds real and imaginary parts: 1 or 2.')
  const axis = normalizeAxis(call.label, call.version < 20 ? call.int('axis', 1) : call.number(2, -2), ndim)
  const [inverse, onesided] = [call.flag('inverse'), call.flag('onesided')]
  const size = x.shape[axis]!
  const n = call.number(1, inverse && onesided ? 2 * (size - 1) : size)
  if (axis === ndim - 1)
    call.fail(`transforms axis ${axis} of ${show(x.shape)}`, 'An axis before the last was expected.')
  call.claim(n)
  if (!inverse) return spectrum(x, axis, n, onesided)
  const pairs =
    parts === 2
      ? x
      : pad(
          x,
          x.shape.map((_, i): [number, number] => [0, i === ndim - 1 ? 1 : 0]),
        )
  return onesided ? expandDims(irfft(pairs, { axis, n }), ndim - 1) : ifft(pairs, { axis, n })
}

const stft: Operator = call => {
  const given = call.input(0)
  const step = call.number(1)
  const window = call.optional(2)
  const [batch, length] = given.shape as readonly [number, number]
  const size = call.number(3, window ? window.shape[0]! : length)
  if (step < 1 || size < 1 || size > length)
    call.fail(`cuts ${length} samples into frames of ${size} by ${step}`, 'Frames must fit.')
  const frames = Math.floor((length - size) / step) + 1
  call.claim(frames * size)
  const places = held(
    upTo(frames * size).map(i => Math.floor(i / size) * step + (i % size)),
    [frames, size],
    'int64',
  )
  const signal = given.shape.length === 3 ? given : reshape(given, [batch, length, 1])
  const cut = gather(signal, places, 1)
  const shaped = window ? ar.mul(cut, reshape(ar.cast(window, cut.dtype), [-1, 1])) : cut
  return spectrum(shaped, 2, size, call.flag('onesided', true))
}

/** A window as a sum of cosines of the place in it, from 0 to 2π. */
const cosineWindow =
  (coefficients: readonly number[]): Operator =>
  call => {
    const size = call.number(0)
    if (!(Number.isSafeInteger(size) && size >= 0)) call.fail(`has the size ${size}`, 'A whole number was expected.')
    call.claim(size)
    const span = call.flag('periodic', true) ? size : size - 1
    const at = (i: number): number => (span === 0 ? 0 : (2 * Math.PI * i) / span)
    const values = upTo(size).map(i => coefficients.reduce((total, c, k) => total + c * Math.cos(k * at(i)), 0))
    return ar.cast(held(values, [size], 'float64'), call.dtype('output_datatype', 'float32'))
  }

const toMel = (hertz: number): number => 2595 * Math.log10(1 + hertz / 700)
const toHertz = (mel: number): number => 700 * (10 ** (mel / 2595) - 1)

/** Triangles over the frequencies of a transform, evenly spaced on the mel scale. */
const melWeights: Operator = call => {
  const [bands, n, rate, low, high] = upTo(5).map(i => call.number(i)) as [number, number, number, number, number]
  const rows = Math.floor(n / 2) + 1
  if (!(bands >= 1 && n >= 1 && rate > 0))
    call.fail(`has ${bands} bands of ${n} samples at ${rate}`, 'All must be above 0.')
  call.claim(rows * bands)
  const step = (toMel(high) - toMel(low)) / (bands + 2)
  const edges = upTo(bands + 2).map(i => Math.floor(((n + 1) * toHertz(toMel(low) + i * step)) / rate))
  const out = new Float64Array(rows * bands)
  const set = (row: number, band: number, value: number): void => {
    if (row >= 0 && row < rows) out[row * bands + band] = value
  }
  for (let b = 0; b < bands; b++) {
    const [left, middle, right] = [edges[b]!, edges[b + 1]!, edges[b + 2]!].map(e =>
      Math.min(Math.max(e, -1), rows),
    ) as [number, number, number]
    if (middle === left) set(middle, b, 1)
    for (let j = left; middle > left && j <= middle; j++) set(j, b, (j - left) / (middle - left))
    for (let j = middle; j < right; j++) set(j, b, (right - j) / (right - middle))
  }
  return ar.cast(held(out, [rows, bands], 'float64'), call.dtype('output_datatype', 'float32'))
}

export const signalOperators: Operators = {
  DFT: dft,
  STFT: stft,
  HannWindow: cosineWindow([0.5, -0.5]),
  HammingWindow: cosineWindow([25 / 46, -21 / 46]),
  BlackmanWindow: cosineWindow([0.42, -0.5, 0.08]),
  MelWeightMatrix: melWeights,
}
