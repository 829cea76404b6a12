/** A 16-bit float: one sign bit, then exponent, then `fraction` bits (IEEE 754-2019, section 3.4; bfloat16 has float32's exponent). */
export interface HalfFormat {
  readonly fraction: number
  /** Exponent of the smallest normal number. */
  readonly minExponent: number
}
export const float16Format: HalfFormat = { fraction: 10, minExponent: -14 }
export const bfloat16Format: HalfFormat = { fraction: 7, minExponent: -126 }

const word = new DataView(new ArrayBuffer(8))
/** floor(log2 a) of a positive normal double. */
const exponentOf = (a: number): number => {
  word.setFloat64(0, a)
  return ((word.getUint32(0) >>> 20) & 0x7ff) - 1023
}
const roundHalfToEven = (x: number): number => {
  const down = Math.floor(x)
  const rest = x - down
  return rest > 0.5 || (rest === 0.5 && down % 2 === 1) ? down + 1 : down
}

/** The bits of the 16-bit float nearest to `x`, halves to even: rounded once, from the double. */
export const encodeHalf = (x: number, { fraction, minExponent }: HalfFormat): number => {
  const infinity = ((1 << (15 - fraction)) - 1) << fraction
  if (Number.isNaN(x)) return infinity | (1 << (fraction - 1))
  const sign = x < 0 || Object.is(x, -0) ? 0x8000 : 0
  const size = Math.abs(x)
  if (size === Number.POSITIVE_INFINITY) return sign | infinity
  const exponent = Math.max(exponentOf(size), minExponent)
  // The leading bit of a normal number adds one to the exponent's field; so does a fraction that rounds up to the next power.
  const bits = ((exponent - minExponent) << fraction) + roundHalfToEven(size * 2 ** (fraction - exponent))
  return sign | Math.min(bits, infinity)
}

/** The number that the bits stand for. */
export const decodeHalf = (bits: number, { fraction, minExponent }: HalfFormat): number => {
  const sign = bits & 0x8000 ? -1 : 1
  const field = (bits & 0x7fff) >>> fraction
  const rest = bits & ((1 << fraction) - 1)
  if (field === (1 << (15 - fraction)) - 1) return rest === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  if (field === 0) return sign * rest * 2 ** (minExponent - fraction)
  return sign * ((1 << fraction) + rest) * 2 ** (minExponent - fraction + field - 1)
}
