import { sizeOf } from '../../src/core/shape.ts'
import type { ModelDef } from './onnx-models.ts'
import type { Case, Input } from './onnx-cases/index.ts'

/** Numbers from 0 to 1 that follow no order, the same for the same case. */
const scattered = (i: number, n: number): number => Math.abs(Math.sin((i + 1) * 12.9898 + n * 78.233) * 43758.5453) % 1

/** The values of a case's input; `n` tells cases apart. */
export const valuesFor = (
  { shape, type = 'float32', range: [low, high] = [-2, 2], values }: Input,
  n: number,
): number[] =>
  values
    ? [...values]
    : Array.from({ length: sizeOf(shape) }, (_, i) => {
        const v = low + scattered(i, n) * (high - low)
        return /float/.test(type) ? Math.fround(v) : Math.round(v)
      })

/** A model of the one node that a case describes. */
export const modelOf = ({
  op,
  domain = '',
  opset = 21,
  attributes = {},
  inputs,
  outputs = 1,
  domainVersion = 1,
}: Case): ModelDef => {
  const names = inputs.map((_, i) => `x${i}`)
  return {
    opset,
    ...(domain !== '' && { opsets: { [domain]: domainVersion } }),
    inputs: inputs.flatMap((v, i) => (v ? [{ name: `x${i}`, type: v.type ?? 'float32', shape: v.shape }] : [])),
    outputs: Array.from({ length: outputs }, (_, i) => `y${i}`),
    nodes: [
      {
        op,
        domain,
        inputs: inputs.map((v, i) => (v ? names[i]! : '')),
        outputs: Array.from({ length: outputs }, (_, i) => `y${i}`),
        attributes,
      },
    ],
  }
}
