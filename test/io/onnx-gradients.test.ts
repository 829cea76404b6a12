import { beforeAll, describe, expect, test } from 'vitest'
import { convert, isFloat } from '../../src/core/dtype.ts'
import { fromArray, grad, setEngine, type Tensor } from '../../src/index.ts'
import { importOnnx } from '../../src/io/index.ts'
import { modelOf, valuesFor } from './onnx-case-model.ts'
import { buildModel } from './onnx-models.ts'
import { type Case, cases } from './onnx-cases/index.ts'

// What is imported is differentiated: gradients by every float input against central differences, in float64.

/** Inputs that nothing varies smoothly with, or whose values shape the graph. */
const flat: Readonly<Record<string, readonly number[] | 'all'>> = {
  ArgMax: 'all',
  IsInf: 'all',
  NonMaxSuppression: 'all',
  NonZero: 'all',
  QLinearConv: 'all',
  QLinearMatMul: 'all',
  QuantizeLinear: 'all',
  Range: 'all',
  Unique: 'all',
  DynamicQuantizeLinear: 'all',
  MaxRoiPool: [1],
  Pad: [2],
  Resize: [2],
  RoiAlign: [1],
  Upsample: [1],
}

type Numbers = readonly (readonly number[] | null)[]

/** The outputs weighted and summed, as a function of the inputs' numbers, one of which may be a tensor to differentiate by. */
const lossOf = (c: Case) => {
  const model = importOnnx(buildModel(modelOf(c)))
  return (numbers: Numbers, at = -1, x?: Tensor): Tensor => {
    const inputs: Record<string, Tensor> = {}
    for (const [i, input] of c.inputs.entries()) {
      if (!input) continue
      const type = input.type ?? 'float32'
      inputs[`x${i}`] = i === at ? x! : fromArray(convert(numbers[i]!, type), input.shape, type)
    }
    const weights = (y: Tensor): Tensor =>
      fromArray(
        Float64Array.from({ length: y.size }, (_, k) => Math.sin(k + 1)),
        y.shape,
        'float64',
      )
    const parts = Object.values(model.run(inputs)).filter(y => isFloat(y.dtype))
    return parts
      .map(
        y =>
          y
            .to('float64')
            .mul(weights(y) as never)
            .sum() as Tensor,
      )
      .reduce((a, b) => a.add(b as never) as Tensor)
  }
}

const step = 1e-6
const nudged = (numbers: Numbers, input: number, element: number, by: number): Numbers =>
  numbers.map((list, i) => (list && i === input ? list.with(element, list[element]! + by) : list))

const wide = (c: Case): Case => ({
  ...c,
  inputs: c.inputs.map(
    input => input && ((input.type ?? 'float32') === 'float32' ? { ...input, type: 'float64' as const } : input),
  ),
})

describe('gradients through imported operators', () => {
  beforeAll(() => setEngine('reference'))
  for (const [n, given] of cases.entries()) {
    const c = wide(given)
    const kept = flat[c.op] ?? []
    const numbers = c.inputs.map((input, i) => input && valuesFor(input, 10 * n + i))
    const smooth = c.inputs.flatMap((input, i) =>
      input?.type === 'float64' && numbers[i]!.length > 0 && kept !== 'all' && !kept.includes(i) ? [i] : [],
    )
    if (smooth.length === 0) continue
    test(`${c.op}: ${c.title}`, async () => {
      const loss = lossOf(c)
      for (const i of smooth) {
        const at = fromArray(Float64Array.from(numbers[i]!), c.inputs[i]!.shape, 'float64')
        const slopes = (await (grad((x: Tensor) => loss(numbers, i, x))(at) as Tensor).data()) as Float64Array
        for (const k of [0, numbers[i]!.length >> 1]) {
          const [up, down] = [
            await loss(nudged(numbers, i, k, step)).item(),
            await loss(nudged(numbers, i, k, -step)).item(),
          ]
          const expected = (Number(up) - Number(down)) / (2 * step)
          expect(Math.abs(slopes[k]! - expected)).toBeLessThan(1e-4 * Math.max(1, Math.abs(expected)))
        }
      }
    })
  }
})
