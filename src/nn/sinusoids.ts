import { ArgumentError } from '../core/errors.ts'
import { fromArray } from '../tensor/creation.ts'
import type { Tensor } from '../tensor/tensor.ts'

/**
 * Positions as waves: `p[t, 2i] = sin(t / 10000^(2i/C))`, `p[t, 2i + 1] = cos(…)` of the same angle.
 *
 * **Shape** → `[length, embedDim]`.
 *
 * @throws ArgumentError unless embedDim is even: sines and cosines come in pairs
 * @example
 * await nn.sinusoids(2, 2).toArray() // [[0, 1], [0.8415, 0.5403]]
 *
 * Source: Vaswani et al. 2017, section 3.5.
 */
export const sinusoids = (length: number, embedDim: number): Tensor<readonly [number, number], 'float32'> => {
  if (embedDim % 2 !== 0 || embedDim < 2)
    throw new ArgumentError(`sinusoids: embedDim must be an even number of at least 2; got ${embedDim}.`, { embedDim })
  const table = new Float32Array(length * embedDim)
  for (let t = 0; t < length; t++) {
    for (let i = 0; i < embedDim; i += 2) {
      const angle = t / 10000 ** (i / embedDim)
      table[t * embedDim + i] = Math.sin(angle)
      table[t * embedDim + i + 1] = Math.cos(angle)
    }
  }
  return fromArray(table, [length, embedDim], 'float32')
}
