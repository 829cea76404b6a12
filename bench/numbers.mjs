// Numbers that every side draws alike, so that the models are the same: same_numbers.py is the other half.

/** MurmurHash3's finaliser of a place in the sequence of a seed. Source: Appleby 2011. */
const hash = (seed, i) => {
  let h = (Math.imul(seed, 0x9e3779b1) + i) | 0
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/** `size` float32 numbers in [low, high); 24 bits, so that both sides round alike. */
export const uniform = (seed, size, low = 0, high = 1) => {
  const out = new Float32Array(size)
  for (let i = 0; i < size; i++) out[i] = low + ((high - low) * (hash(seed, i) >>> 8)) / 2 ** 24
  return out
}

/** `size` int32 numbers from 0 to below `count`. */
export const integers = (seed, size, count) => {
  const out = new Int32Array(size)
  for (let i = 0; i < size; i++) out[i] = Math.floor((count * (hash(seed, i) >>> 8)) / 2 ** 24)
  return out
}

/**
 * The initial values of the parameter at `index` of a model: matrices within ± bound (default 1/√ the size of a row), scales of norms 1,
 * biases 0.
 */
export const initial = (index, name, shape, bound) => {
  const size = shape.reduce((a, b) => a * b, 1)
  if (shape.length < 2) return new Float32Array(size).fill(name.endsWith('weight') ? 1 : 0)
  const limit = bound ?? 1 / Math.sqrt(size / shape[0])
  return uniform(index, size, -limit, limit)
}

/** Seed of the batch of a step; those of parameters are small. */
export const batchSeed = (step, part = 0) => 1_000_000 + 2 * step + part

/** Numbers from a standard normal distribution, by Box and Muller's method. */
export const normal = (seed, size) => {
  const u = uniform(seed, 2 * size)
  return Float64Array.from(
    { length: size },
    (_, i) => Math.sqrt(-2 * Math.log(1 - u[2 * i])) * Math.cos(2 * Math.PI * u[2 * i + 1]),
  )
}
