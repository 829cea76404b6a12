const half = 0x3f000000 // the bits of 0.5
const float = new Float32Array(1)
const bits = new Uint32Array(float.buffer)

/**
 * The bits of the float16 nearest to each float32, halves to even: as `convert`, which takes any number, but fast enough for the weights
 * of a model.
 */
export const toFloat16 = (values: Float32Array): Uint16Array => {
  const given = new Uint32Array(values.buffer, values.byteOffset, values.length)
  const out = new Uint16Array(values.length)
  for (let i = 0; i < given.length; i++) {
    const sign = (given[i]! >>> 16) & 0x8000
    const size = given[i]! & 0x7fffffff
    if (size >= 0x47800000) out[i] = sign | (size > 0x7f800000 ? 0x7e00 : 0x7c00)
    else if (size >= 0x38800000) {
      // The exponent's bias goes from 127 to 15; what is added rounds the 13 bits that fall off.
      out[i] = sign | ((size - 0x38000000 + 0xfff + ((size >>> 13) & 1)) >>> 13)
    } else {
      // Below 2^-14 float16 is spaced as float32 is between 0.5 and 1: the addition rounds.
      bits[0] = size
      float[0]! += 0.5
      out[i] = sign | (bits[0]! - half)
    }
  }
  return out
}
