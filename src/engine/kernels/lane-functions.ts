import { erfNear, erfTail } from './lane-coefficients.ts'
import { bitsOf, type Lanes } from './lanes.ts'

// Functions of float32 lanes as compositions of vector instructions, within some units of the last place. NaN, infinities, −0 and
// denormal numbers come out as float64 would round them.
// Source of the range reductions: Cody & Waite 1980, chapters 5 and 6; of the coefficients of exp, log and tanh: Moshier, Cephes 2.8,
// single precision (expf, logf, tanhf).

const [infinity, signBit, oneBits] = [Number.POSITIVE_INFINITY, -(2 ** 31), 0x3f800000]

/** A polynomial by Horner's rule, the highest power first. */
const polynomial = (l: Lanes, x: number, coefficients: readonly number[]): number =>
  coefficients.map(c => l.number(c)).reduce((sum, c) => l.call('add', l.call('mul', sum, x), c))

const select = (l: Lanes, condition: number, whenTrue: number, whenFalse: number): number =>
  l.call('select', whenTrue, whenFalse, condition)
/** The size of `a` with the sign of `b`. */
const withSign = (l: Lanes, a: number, b: number): number => l.call('or', a, l.call('and', b, l.bits(signBit)))

/** 2^k for whole numbers k that float32 has. */
const powerOfTwo = (l: Lanes, k: number): number => l.shift('shiftLeft', l.call('addInt', k, l.bits(127)), 23)

const expSeries = [1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1]
/** e^r 2^n, |r| up to ln(2)/2. In two factors, because neither 2^128 nor 2^−149 is a normal number. */
const scaledExp = (l: Lanes, r: number, n: number): number => {
  const square = l.call('mul', r, r)
  const near = l.call('add', l.call('add', l.call('mul', polynomial(l, r, expSeries), square), r), l.number(1))
  const k = l.call('toInt', n)
  const half = l.shift('shiftRight', k, 1)
  return l.call('mul', l.call('mul', near, powerOfTwo(l, half)), powerOfTwo(l, l.call('subInt', k, half)))
}
const between = (l: Lanes, x: number, low: number, high: number): number =>
  l.call('min', l.call('max', x, l.number(low)), l.number(high))

// ln 2 in two parts: a whole number times the first is exact.
const [ln2High, ln2Low] = [0.693359375, -2.1219444e-4]

export const exp = (l: Lanes, x: number): number => {
  // Beyond these the result is 0 or infinite.
  const t = between(l, x, -104, 89)
  const n = l.call('round', l.call('mul', t, l.number(Math.LOG2E)))
  const r = l.call('sub', l.call('sub', t, l.call('mul', n, l.number(ln2High))), l.call('mul', n, l.number(ln2Low)))
  return scaledExp(l, r, n)
}
export const exp2 = (l: Lanes, x: number): number => {
  const t = between(l, x, -151, 129)
  const n = l.call('round', t)
  return scaledExp(l, l.call('mul', l.call('sub', t, n), l.number(Math.LN2)), n)
}

const logSeries = [
  7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
  2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
]
const sqrtHalfBits = bitsOf(Math.SQRT1_2)
export const log = (l: Lanes, x: number): number => {
  const denormal = l.call('less', x, l.number(2 ** -126))
  const bits = select(l, denormal, l.call('mul', x, l.number(2 ** 23)), x)
  // x = m 2^k with m from √½ to √2.
  const k = l.shift('shiftRight', l.call('subInt', bits, l.bits(sqrtHalfBits)), 23)
  const f = l.call('sub', l.call('subInt', bits, l.shift('shiftLeft', k, 23)), l.number(1))
  const power = l.call('sub', l.call('toFloat', k), l.call('and', denormal, l.number(23)))
  const square = l.call('mul', f, f)
  const series = l.call('mul', l.call('mul', polynomial(l, f, logSeries), f), square)
  const low = l.call('add', series, l.call('mul', power, l.number(ln2Low)))
  const rest = l.call('sub', low, l.call('mul', square, l.number(0.5)))
  const finite = l.call('add', l.call('add', f, rest), l.call('mul', power, l.number(ln2High)))
  const positive = select(l, l.call('less', x, l.number(infinity)), finite, x)
  const known = select(l, l.call('equal', x, l.number(0)), l.number(-infinity), positive)
  return select(l, l.call('less', x, l.number(0)), l.number(Number.NaN), known)
}

const tanhSeries = [-5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1]
export const tanh = (l: Lanes, x: number): number => {
  const size = l.call('abs', x)
  const square = l.call('mul', x, x)
  const near = l.call('add', l.call('mul', l.call('mul', polynomial(l, square, tanhSeries), square), x), x)
  const growth = l.call('add', exp(l, l.call('add', size, size)), l.number(1))
  const far = withSign(l, l.call('sub', l.number(1), l.call('div', l.number(2), growth)), x)
  return select(l, l.call('less', size, l.number(0.625)), near, far)
}

/** Near 0 a polynomial, further out 1 − e^(a polynomial); from 4 on it is 1 in float32. */
export const erf = (l: Lanes, x: number): number => {
  const size = l.call('min', l.call('abs', x), l.number(4))
  // x + x (p − 1) rounds once where x p would round twice.
  const near = l.call('add', x, l.call('mul', x, polynomial(l, l.call('mul', x, x), erfNear)))
  const far = withSign(l, l.call('sub', l.number(1), exp(l, polynomial(l, size, erfTail))), x)
  return select(l, l.call('less', size, l.number(1)), near, far)
}

/** −1 or 1, and x itself where that is ±0 or NaN. */
export const sign = (l: Lanes, x: number): number =>
  select(l, l.call('less', l.number(0), l.call('abs', x)), withSign(l, l.bits(oneBits), x), x)
/** −1, 0 or 1 of integers. */
export const signInt = (l: Lanes, x: number): number => l.call('maxInt', l.call('minInt', x, l.bits(1)), l.bits(-1))

const isNumber = (l: Lanes, x: number, value: number): boolean => {
  const step = l.steps[x]!
  return step.kind === 'literal' && step.bits === bitsOf(value)
}
/** Powers by common numbers are products and roots; others are computed lane by lane. */
export const pow = (l: Lanes, a: number, b: number): number => {
  const is = (value: number): boolean => isNumber(l, b, value)
  if (is(1)) return a
  if (is(2)) return l.call('mul', a, a)
  if (is(3)) return l.call('mul', l.call('mul', a, a), a)
  if (is(-1)) return l.call('div', l.number(1), a)
  if (is(0.5)) {
    // The root of −0 is −0 and that of −∞ NaN, the powers are not.
    const root = l.call('sqrt', l.call('add', a, l.number(0)))
    return select(l, l.call('equal', a, l.number(-infinity)), l.number(infinity), root)
  }
  return isNumber(l, a, 2) ? exp2(l, b) : l.host('pow', a, b)
}
