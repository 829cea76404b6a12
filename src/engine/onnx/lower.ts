import { convert, type DType } from '../../core/dtype.ts'
import { EngineError } from '../../core/errors.ts'
import { type Shape, sizeOf } from '../../core/shape.ts'
import type { OnnxAttr, OnnxBuilder, Value } from '../../graph/lowering.ts'
import { type Instruction, type Program, programOfComposition } from '../../graph/program.ts'
import { type Initializer, type OnnxModel, type OnnxNode, onnxType } from './format.ts'

/** Collects operators; equal constants are shared. */
class Builder implements OnnxBuilder {
  readonly nodes: OnnxNode[] = []
  readonly initializers: Initializer[] = []
  /** Name of the Gradus operation being lowered; operators are named after it, so that errors can say where. */
  scope = ''
  private readonly constants = new Map<string, string>()
  private readonly operators = new Map<string, string[]>()
  /** What a reshape's output was before. */
  private readonly reshaped = new Map<string, string>()

  op(type: string, inputs: readonly string[], attrs: Readonly<Record<string, OnnxAttr>> = {}, domain = ''): string {
    return this.push(type, inputs, 1, attrs, domain)[0]!
  }
  ops(
    type: string,
    inputs: readonly string[],
    outputs: number,
    attrs: Readonly<Record<string, OnnxAttr>> = {},
  ): string[] {
    return this.push(type, inputs, outputs, attrs, '')
  }
  constant(values: readonly number[], dtype: DType, shape: Shape = [values.length]): string {
    const key = `${dtype}[${shape.join()}]${values.map(v => (Object.is(v, -0) ? '-0' : v)).join()}`
    const known = this.constants.get(key)
    if (known !== undefined) return known
    const name = `c${this.initializers.length}`
    this.initializers.push({ name, shape, dtype, data: convert(values, dtype) })
    this.constants.set(key, name)
    return name
  }
  ints(values: readonly number[]): string {
    return this.constant(values, 'int64')
  }
  cast(name: string, dtype: DType): string {
    return this.op('Cast', [name], { to: onnxType[dtype] })
  }
  /** Operators that the outputs need. */
  live(outputs: readonly string[]): OnnxNode[] {
    const needed = new Set(outputs)
    const kept = [...this.nodes].reverse().filter(node => {
      if (!node.outputs.some(name => needed.has(name))) return false
      for (const name of node.inputs) needed.add(name)
      return true
    })
    return kept.reverse()
  }
  private push(
    type: string,
    given: readonly string[],
    outputs: number,
    attrs: Readonly<Record<string, OnnxAttr>>,
    domain: string,
  ): string[] {
    // Of two reshapes in a row only the last counts.
    const [data, ...rest] = given
    const inputs = type === 'Reshape' ? [this.reshaped.get(data!) ?? data!, ...rest] : given
    // Operators are functions: the same one on the same values is computed once.
    const key = `${type} ${domain} ${inputs} ${outputs} ${JSON.stringify(attrs)}`
    const known = this.operators.get(key)
    if (known) return known
    const name = `${this.scope}_${this.nodes.length}`
    const names = outputs === 1 ? [name] : Array.from({ length: outputs }, (_, i) => `${name}.${i}`)
    this.nodes.push({ type, domain, name, inputs, outputs: names, attrs })
    this.operators.set(key, names)
    if (type === 'Reshape') this.reshaped.set(name, inputs[0]!)
    return names
  }
}

const lowerInstruction = (b: Builder, ins: Instruction, inputs: readonly Value[]): string => {
  const op = ins.op!
  b.scope = op.name
  // ONNX Runtime's Expand cannot make an empty axis of one of size 1, and ScatterElements stumbles over it: nothing is to compute.
  if (sizeOf(ins.shape) === 0) return b.constant([], ins.dtype, ins.shape)
  const lowered = op.lower?.(b, inputs, ins, ins.attrs) ?? null
  if (lowered !== null) return lowered
  if (!op.compose)
    throw new EngineError(`onnx: ${op.name} has neither a lowering nor a composition. Give its record one of them.`)
  const composed = programOfComposition(op.compose, inputs, ins.attrs)
  return lowerInto(
    b,
    composed.program,
    composed.inputs.map(i => inputs[i]!),
  )[0]!
}

/** Lowers a program whose inputs have the given names; returns the names of its outputs. */
const lowerInto = (b: Builder, program: Program, inputs: readonly Value[]): string[] => {
  const values: Value[] = []
  let next = 0
  for (const ins of program.instructions) {
    const name = ins.op
      ? lowerInstruction(
          b,
          ins,
          ins.inputs.map(i => values[i]!),
        )
      : inputs[next++]!.name
    values.push({ name, shape: ins.shape, dtype: ins.dtype })
  }
  return program.outputs.map(i => values[i]!.name)
}

/** A program as an ONNX model with inputs `x0, x1, …` and outputs `y0, y1, …`. */
export const lowerProgram = (program: Program): OnnxModel => {
  const b = new Builder()
  const inputs = program.inputs.map((at, i) => {
    const { shape, dtype } = program.instructions[at]!
    return { name: `x${i}`, shape, dtype }
  })
  const names = lowerInto(b, program, inputs)
  b.scope = 'output'
  const outputs = program.outputs.map((at, i) => {
    const { shape, dtype } = program.instructions[at]!
    const name = `y${i}`
    b.nodes.push({ type: 'Identity', domain: '', name, inputs: [names[i]!], outputs: [name], attrs: {} })
    return { name, shape, dtype }
  })
  const nodes = b.live(outputs.map(({ name }) => name))
  return { name: 'gradus', nodes, inputs, outputs, initializers: b.initializers }
}
