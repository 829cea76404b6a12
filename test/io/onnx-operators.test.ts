import { describe, expect, test } from 'vitest'
import * as Ort from 'onnxruntime-node'
import { convert, type DType, valuesOf } from '../../src/core/dtype.ts'
import { evaluate, fromArray, setEngine, type Tensor } from '../../src/index.ts'
import { importOnnx } from '../../src/io/index.ts'
import { modelOf, valuesFor } from './onnx-case-model.ts'
import { buildModel } from './onnx-models.ts'
import { type Case, cases } from './onnx-cases/index.ts'

// Operators with options that their names do not tell, held against ONNX Runtime on the very file that is imported.

const near = (got: ArrayLike<number | bigint>, wanted: ArrayLike<number | bigint>, tolerance: number): void => {
  expect(got.length).toBe(wanted.length)
  for (let i = 0; i < wanted.length; i++) {
    const [a, b] = [Number(got[i]), Number(wanted[i])]
    const same = Object.is(a, b) || a === b || Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(b))
    if (!same) throw new Error(`element ${i} is ${a}, expected ${b}`)
  }
}

const titleOf = ({ op, title }: Case): string => `${op}: ${title}`

describe('imported operators agree with ONNX Runtime', () => {
  for (const [n, c] of cases.entries()) {
    test(titleOf(c), async () => {
      const bytes = buildModel(modelOf(c))
      const feeds: Record<string, Ort.Tensor> = {}
      const inputs: Record<string, Tensor> = {}
      for (const [i, input] of c.inputs.entries()) {
        if (!input) continue
        const type: DType = input.type ?? 'float32'
        const array = convert(valuesFor(input, 10 * n + i), type)
        feeds[`x${i}`] = new Ort.Tensor(type as 'float32', array as Float32Array, input.shape)
        inputs[`x${i}`] = fromArray(array, input.shape, type)
      }
      const session = await Ort.InferenceSession.create(bytes, { logSeverityLevel: 4 })
      const wanted = await session.run(feeds)
      const model = importOnnx(bytes)
      for (const engine of ['reference', 'native'] as const) {
        setEngine(engine)
        const got = model.run(inputs)
        await evaluate(...Object.values(got))
        for (const [name, tensor] of Object.entries(wanted)) {
          expect([...got[name]!.shape]).toEqual([...tensor.dims])
          expect(got[name]!.dtype).toBe(tensor.type)
          const data = valuesOf(got[name]!.dtype, tensor.data as never) as ArrayLike<number | bigint>
          near((await got[name]!.data()) as ArrayLike<number | bigint>, data, c.tolerance ?? 1e-4)
        }
      }
      await session.release()
    })
  }
})
