import type { Buffer } from '../../core/buffer.ts'
import { allocate, convert, type TypedArray } from '../../core/dtype.ts'
import { EngineError } from '../../core/errors.ts'
import { sizeOf } from '../../core/shape.ts'
import type { TensorType } from '../../graph/node.ts'
import type { NdArray } from '../../graph/op.ts'
import { type Instruction, type Program, programOfComposition } from '../../graph/program.ts'
import type { Engine, Executable } from '../engine.ts'

/** int64 as float64 (exact to 2^53): kernels compute with plain numbers. */
const asNumbers = (array: TypedArray): NdArray['data'] =>
  array instanceof BigInt64Array ? Float64Array.from(array, Number) : array

const runInstruction = (ins: Instruction, inputs: readonly NdArray[], types: readonly TensorType[]): NdArray => {
  const op = ins.op!
  if (op.kernel) {
    const data =
      ins.dtype === 'int64'
        ? new Float64Array(sizeOf(ins.shape))
        : (allocate(ins.dtype, sizeOf(ins.shape)) as NdArray['data'])
    const out = { shape: ins.shape, data }
    op.kernel(inputs, out, ins.attrs)
    return out
  }
  if (!op.compose)
    throw new EngineError(`reference: ${op.name} has neither a kernel nor a composition. Give its record one of them.`)
  const composed = programOfComposition(op.compose, types, ins.attrs)
  return interpret(
    composed.program,
    composed.inputs.map(i => inputs[i]!),
  )[0]!
}

/** Runs a program one instruction at a time. */
const interpret = (program: Program, inputs: readonly NdArray[]): NdArray[] => {
  const values: NdArray[] = []
  let next = 0
  for (const ins of program.instructions) {
    values.push(
      ins.op
        ? runInstruction(
            ins,
            ins.inputs.map(i => values[i]!),
            ins.inputs.map(i => program.instructions[i]!),
          )
        : inputs[next++]!,
    )
  }
  return program.outputs.map(i => values[i]!)
}

/** The slow, obvious engine: each operation's kernel in plain TypeScript, floats computed in float64. */
export const referenceEngine: Engine = {
  name: 'reference',
  compile: async (program: Program): Promise<Executable> => ({
    run: async (inputs, into = []) => {
      const arrays = inputs.map((b, i) => ({
        shape: program.instructions[program.inputs[i]!]!.shape,
        data: asNumbers(b.array),
      }))
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
