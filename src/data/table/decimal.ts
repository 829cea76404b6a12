// Decimal numbers straight from bytes, equal to JavaScript's own `Number(text)` to the last bit, without a text for each.

/** Powers of ten that a double holds exactly. */
export const powersOfTen = Float64Array.from({ length: 23 }, (_, i) => Number(`1e${i}`))
/** Below it every whole number is a double. */
export const exactLimit = 2 ** 53
const splitter = 2 ** 27 + 1
/** Of a quotient's or product's low part; what is computed is good to about 2^-50 of it. */
const doubt = 2 ** -40

const dot = 46
const isSpace = (byte: number): boolean => byte === 32 || byte === 9

/** What the rounding of `a * b` to `p` lost, exactly, for values far from over- and underflow. Source: Dekker, Numer. Math. 18 (1971). */
const productError = (a: number, b: number, p: number): number => {
  const c = splitter * a
  const ah = c - (c - a)
  const al = a - ah
  const d = splitter * b
  const bh = d - (d - b)
  const bl = b - bh
  return al * bl - (p - ah * bh - al * bh - ah * bl)
}

/**
 * `(high * 10^shift + low) * 10^exponent`, correctly rounded, or NaN where the bits at hand do not decide the last one. The number is
 * held as a double and what that lost; two roundings of slightly more and slightly less that agree are the right one (Ziv's test).
 */
const scaled = (high: number, shift: number, low: number, exponent: number): number => {
  const product = high * powersOfTen[shift]!
  const rest = productError(high, powersOfTen[shift]!, product) + low
  const m = product + rest
  const lost = rest - (m - product)
  const power = powersOfTen[Math.abs(exponent)]!
  const value = exponent < 0 ? m / power : m * power
  let error: number
  if (exponent < 0) {
    const back = value * power
    error = (m - back - productError(value, power, back) + lost) / power
  } else error = productError(m, power, value) + lost * power
  const up = value + error * (1 + doubt)
  return up === value + error * (1 - doubt) ? up : Number.NaN
}

const textOf = (bytes: Uint8Array, from: number, to: number, point: number): string => {
  let text = ''
  for (let i = from; i < to; i++) text += bytes[i] === point ? '.' : String.fromCharCode(bytes[i]!)
  return text
}

const infinities = /^[+-]?inf(inity)?$/i
const infinity = (bytes: Uint8Array, from: number, to: number): number => {
  if (to - from > 9) return Number.NaN
  const text = textOf(bytes, from, to, dot)
  if (!infinities.test(text)) return Number.NaN
  return text[0] === '-' ? -Infinity : Infinity
}

/**
 * The number that bytes `from` to `to - 1` write: digits with a sign, a decimal point and an exponent, or `inf`, `Infinity`; spaces
 * around it do not count. NaN for anything else, hexadecimal digits and an empty text among them.
 *
 * @param point the byte of the decimal point
 */
export const parseDecimal = (bytes: Uint8Array, from: number, to: number, point: number = dot): number => {
  while (from < to && isSpace(bytes[from]!)) from++
  while (to > from && isSpace(bytes[to - 1]!)) to--
  const start = from
  const negative = bytes[from] === 45
  if (negative || bytes[from] === 43) from++
  // The first digits in one number and up to four more in a second; what comes after those is left to JavaScript.
  let high = 0
  let low = 0
  let lowDigits = 0
  let digits = 0
  let scale = 0
  let seenPoint = false
  let at = from
  for (; at < to; at++) {
    const byte = bytes[at]!
    const digit = byte - 48
    if (digit >= 0 && digit <= 9) {
      digits++
      if (seenPoint) scale++
      if (high < 1e14) high = high * 10 + digit
      else {
        low = low * 10 + digit
        lowDigits++
      }
    } else if (byte === point && !seenPoint) seenPoint = true
    else break
  }
  if (digits === 0) return infinity(bytes, start, to)
  let exponent = -scale
  if (at < to) {
    if ((bytes[at]! | 32) !== 101) return Number.NaN
    at++
    const sign = bytes[at]
    if (sign === 45 || sign === 43) at++
    if (at === to) return Number.NaN
    let power = 0
    for (; at < to; at++) {
      const digit = bytes[at]! - 48
      if (!(digit >= 0 && digit <= 9)) return Number.NaN
      if (power < 10_000) power = power * 10 + digit
    }
    exponent += sign === 45 ? -power : power
  }
  let value = Number.NaN
  if (lowDigits <= 4 && Math.abs(exponent) <= 22) {
    const whole = high * powersOfTen[lowDigits]! + low
    if (whole < exactLimit) value = exponent < 0 ? whole / powersOfTen[-exponent]! : whole * powersOfTen[exponent]!
    else value = scaled(high, lowDigits, low, exponent)
  }
  if (Number.isNaN(value)) return Number(textOf(bytes, start, to, point))
  return negative ? -value : value
}

/** Whether a text is a whole number that a double does not hold: its last digits are lost. */
export const losesDigits = (text: string): boolean => {
  const trimmed = text.trim()
  return /^[+-]?\d{16,}$/.test(trimmed) && BigInt(trimmed.replace('+', '')) !== BigInt(Number(trimmed))
}
