import type { Shape } from '../../src/index.ts'
import type { Module, StateEntry } from '../../src/nn/index.ts'

// Values by formula from a name and a position, the same as in tools/fixtures/vision_models.py.

const hashOf = (text: string): number => {
  let h = 0x811c9dc5
  for (const byte of new TextEncoder().encode(text)) h = Math.imul(h ^ byte, 0x01000193) >>> 0
  return h
}

/** Numbers in [0, 1). */
export const uniformOf = (name: string, size: number): Float64Array => {
  const seed = hashOf(name)
  return Float64Array.from({ length: size }, (_, i) => {
    let h = Math.imul(i + 1, 2654435761) ^ seed
    h ^= h >>> 16
    h = Math.imul(h, 0x85ebca6b)
    h ^= h >>> 13
    h = Math.imul(h, 0xc2b2ae35)
    h ^= h >>> 16
    return (h >>> 0) / 2 ** 32
  })
}

export const sizeOf = (shape: Shape): number => shape.reduce((n, s) => n * s, 1)

/** Numbers from −1 to 1. */
export const signed = (name: string, shape: Shape): Float32Array =>
  Float32Array.from(uniformOf(name, sizeOf(shape)), u => 2 * u - 1)

const filled = (name: string, shape: Shape): Float32Array => {
  const u = uniformOf(name, sizeOf(shape))
  if (name.endsWith('running_var')) return Float32Array.from(u, v => 0.5 + v)
  if (shape.length < 2) {
    return Float32Array.from(u, name.endsWith('weight') ? v => 0.75 + 0.5 * v : v => 0.2 * (2 * v - 1))
  }
  const bound = shape[0] === 1 ? 0.5 : Math.sqrt(6 / (u.length / shape[0]!))
  return Float32Array.from(u, v => (2 * v - 1) * bound)
}

/** A state of the model's names and shapes, with values by formula. */
export const filledState = (model: Module): Map<string, StateEntry> =>
  new Map(
    [...model.state()].map(([name, { shape, dtype }]) => [
      name,
      { shape, dtype, data: dtype === 'int64' ? new BigInt64Array(1) : filled(name, shape) },
    ]),
  )
