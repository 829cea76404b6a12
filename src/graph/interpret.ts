import { allocate, type DType, halfFormat, wideDType } from '../core/dtype.ts'
import { EngineError } from '../core/errors.ts'
import { decodeHalf, encodeHalf } from '../core/half.ts'
import { sizeOf } from '../core/shape.ts'
import type { TensorType } from './node.ts'
import type { NdArray } from './op.ts'
import { type Instruction, type Program, programOfComposition } from './program.ts'

/** The array that a kernel fills for a result of `dtype`. */
const blank = ({ shape, dtype }: TensorType): NdArray => {
  const stored: DType = dtype === 'int64' || dtype === 'uint64' ? 'float64' : halfFormat(dtype) ? 'float32' : dtype
  return { shape, data: allocate(stored, sizeOf(shape)) as NdArray['data'] }
}

/** What the array of a kernel cannot do by itself: rounding to 16-bit floats. */
const settle = ({ data }: NdArray, dtype: DType): void => {
  const format = halfFormat(dtype)
  if (format) for (let i = 0; i < data.length; i++) data[i] = decodeHalf(encodeHalf(data[i]!, format), format)
}

const widened = <T extends TensorType>(type: T): TensorType => ({ shape: type.shape, dtype: wideDType(type.dtype) })

/** Runs one operation; most have one result. */
export const runInstruction = (
  ins: Instruction,
  inputs: readonly NdArray[],
  types: readonly TensorType[],
): readonly NdArray[] => {
  const op = ins.op!
  const outs = (ins.parts ?? [ins]).map(blank)
  const dtypes = (ins.parts ?? [ins]).map(t => t.dtype)
  if (op.tuple?.kernel) op.tuple.kernel(inputs, outs, ins.attrs)
  else if (op.kernel) op.kernel(inputs, outs[0]!, ins.attrs)
  else if (op.compose) {
    // Its steps are not rounded to narrow dtypes, as a kernel's are not.
    const composed = programOfComposition(op.compose, types.map(widened), ins.attrs)
    const [result] = interpret(
      composed.program,
      composed.inputs.map(i => inputs[i]!),
    )
    if (wideDType(ins.dtype) === ins.dtype) return [result!]
    outs[0]!.data.set(result!.data)
  } else
    throw new EngineError(`reference: ${op.name} has neither a kernel nor a composition. Give its record one of them.`)
  for (const [i, out] of outs.entries()) settle(out, dtypes[i]!)
  return outs
}

/** Runs a program one instruction at a time. */
export const interpret = (program: Program, inputs: readonly NdArray[]): NdArray[] => {
  const values: (readonly NdArray[])[] = []
  let next = 0
  for (const ins of program.instructions) {
    if (!ins.op) values.push([inputs[next++]!])
    else if (ins.op.pick) values.push([values[ins.inputs[0]!]![ins.attrs.index as number]!])
    else {
      const args = ins.inputs.map(i => values[i]![0]!)
      values.push(
        runInstruction(
          ins,
          args,
          ins.inputs.map(i => program.instructions[i]!),
        ),
      )
    }
  }
  return program.outputs.map(i => values[i]![0]!)
}
