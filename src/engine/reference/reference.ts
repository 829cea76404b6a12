import type { Buffer } from '../../core/buffer.ts'
import { convert, valuesOf } from '../../core/dtype.ts'
import type { Shape } from '../../core/shape.ts'
import { interpret } from '../../graph/interpret.ts'
import type { NdArray } from '../../graph/op.ts'
import type { Program } from '../../graph/program.ts'
import type { Engine, Executable } from '../engine.ts'

/** A stored array as kernels see it: 64-bit integers as float64 (exact to 2^53), 16-bit floats as float32. */
export const toNdArray = ({ dtype, array }: Buffer, shape: Shape): NdArray => {
  const values = valuesOf(dtype, array)
  return {
    shape,
    data:
      values instanceof BigInt64Array || values instanceof BigUint64Array ? Float64Array.from(values, Number) : values,
  }
}

/** The slow, obvious engine: each operation's kernel in plain TypeScript, floats computed in float64. */
export const referenceEngine: Engine = {
  name: 'reference',
  compile: async (program: Program): Promise<Executable> => ({
    run: async (inputs, into = []) => {
      const arrays = inputs.map((b, i) => toNdArray(b, program.instructions[program.inputs[i]!]!.shape))
      return interpret(program, arrays).map((value, i): Buffer => {
        const { dtype } = program.instructions[program.outputs[i]!]!
        // Always a copy: an output may be an input.
        const array = convert(value.data, dtype)
        const target = into[i]
        if (!target) return { dtype, array }
        ;(target.array as Float64Array).set(array as Float64Array)
        return target
      })
    },
    dispose: async () => {},
  }),
}
