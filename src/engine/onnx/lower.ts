import { convert, type DType, type TypedArray, wideDType } from '../../core/dtype.ts'
import { EngineError } from '../../core/errors.ts'
import { type Shape, sizeOf } from '../../core/shape.ts'
import type { OnnxAttr, OnnxBuilder, PartOfOperator, Subgraph, Value } from '../../graph/lowering.ts'
import type { TensorType } from '../../graph/node.ts'
import { type Instruction, type Program, programOfComposition } from '../../graph/program.ts'
import { hasOperator, newestOpset, takesAxesAsAttribute } from './opset.ts'
import { foldTransposes } from './fold-transposes.ts'
import { type Initializer, type OnnxGraph, type OnnxModel, type OnnxNode, onnxType } from './format.ts'

export interface LowerOptions {
  /**
   * Whether the model runs with these sizes only. If not, constants that are equal by chance are told apart, and lowerings do not choose
   * by size. Default true.
   */
  readonly fixedSizes?: boolean
  readonly opset?: number
  /** What lowerings must do without. Default nothing. */
  readonly lacking?: readonly PartOfOperator[]
  /** Channels in a block of ONNX Runtime's own layout for convolutions. Default 0: without it. */
  readonly channelBlock?: number
  /** Whether transposes may go into ONNX Runtime's own matrix product. Default false. */
  readonly foldsTransposes?: boolean
}
type BuilderOptions = Omit<LowerOptions, 'foldsTransposes'>
/** An operator is newer than the opset, or not in the standard at all. */
class MissingOperator extends EngineError {}

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
  /** Names are unique over a model and all the graphs inside it. */
  private readonly count: { next: number }

  readonly fixedSizes: boolean
  readonly opset: number
  readonly lacking: readonly PartOfOperator[]
  readonly channelBlock: number

  constructor({ fixedSizes, opset, lacking, channelBlock }: Required<BuilderOptions>, count = { next: 0 }) {
    this.fixedSizes = fixedSizes
    this.opset = opset
    this.lacking = lacking
    this.channelBlock = channelBlock
    this.count = count
  }
  has(type: string): boolean {
    return hasOperator(type, this.opset)
  }
  lacks(part: PartOfOperator): boolean {
    return this.lacking.includes(part)
  }

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
    const known = this.fixedSizes ? this.constants.get(key) : undefined
    if (known !== undefined) return known
    const name = `c${this.count.next++}`
    this.initializers.push({ name, shape, dtype, data: convert(values, dtype) })
    this.constants.set(key, name)
    return name
  }
  values(data: TypedArray, dtype: DType, shape: Shape): string {
    const name = `c${this.count.next++}`
    this.initializers.push({ name, shape, dtype, data })
    return name
  }
  ints(values: readonly number[]): string {
    return this.constant(values, 'int64')
  }
  cast(name: string, dtype: DType): string {
    return this.op('Cast', [name], { to: onnxType[dtype] })
  }
  subgraph(
    program: Program,
    captured: readonly Value[],
    outputs: readonly number[],
    passed: readonly number[],
  ): Subgraph {
    const inner = new Builder(this, this.count)
    const own = program.inputs.slice(0, program.inputs.length - captured.length).map(at => {
      const { shape, dtype } = program.instructions[at]!
      return { name: `in_${this.count.next++}`, shape, dtype }
    })
    const names = lowerInto(inner, program, [...own, ...captured])
    inner.scope = 'out'
    const results = [
      ...outputs.map(k => ({ ...typeOf(program, program.outputs[k]!), from: names[k]! })),
      ...passed.map(k => ({ ...own[k]!, from: own[k]!.name })),
    ].map(({ shape, dtype, from }) => {
      const name = `out_${this.count.next++}`
      inner.nodes.push({ type: 'Identity', domain: '', name, inputs: [from], outputs: [name], attrs: {} })
      return { name, shape, dtype }
    })
    const nodes = liveNodes(inner.nodes, results)
    const graph: OnnxGraph = { name: 'body', nodes, inputs: own, outputs: results, initializers: inner.initializers }
    return { graph }
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
    if (takesAxesAsAttribute(type, this.opset) && rest.length > 0) {
      const axes = this.initializers.find(i => i.name === rest[0])!
      const attributes = { ...attrs, axes: Array.from<number | bigint, number>(axes.data as BigInt64Array, Number) }
      return this.push(type, [data!], outputs, attributes, domain)
    }
    const inputs = type === 'Reshape' ? [this.reshaped.get(data!) ?? data!, ...rest] : given
    if (!this.has(type)) {
      throw new MissingOperator(
        `onnx: ${this.scope} needs the operator ${type}, which opset ${this.opset} has not. Ask for a newer opset.`,
        { type, opset: this.opset },
      )
    }
    // Operators are functions: the same one on the same values is computed once.
    const graphs = Object.values(attrs).flatMap(a =>
      typeof a === 'object' && 'graph' in a ? [a.graph as OnnxGraph] : [],
    )
    const key = graphs.length > 0 ? null : `${type} ${domain} ${inputs} ${outputs} ${JSON.stringify(attrs)}`
    const known = key !== null && this.operators.get(key)
    if (known) return known
    const name = `${this.scope}_${this.count.next++}`
    const names = outputs === 1 ? [name] : Array.from({ length: outputs }, (_, i) => `${name}.${i}`)
    const implicit = graphs.flatMap(namesFromOutside)
    this.nodes.push({ type, domain, name, inputs, outputs: names, attrs, ...(implicit.length > 0 && { implicit }) })
    if (key !== null) this.operators.set(key, names)
    if (type === 'Reshape') this.reshaped.set(name, inputs[0]!)
    return names
  }
}

/** Operators that the outputs need. */
const liveNodes = (nodes: readonly OnnxNode[], outputs: readonly { readonly name: string }[]): OnnxNode[] => {
  const needed = new Set(outputs.map(({ name }) => name))
  const kept = [...nodes].reverse().filter(node => {
    if (!node.outputs.some(name => needed.has(name))) return false
    for (const name of [...node.inputs, ...(node.implicit ?? [])]) needed.add(name)
    return true
  })
  return kept.reverse()
}

/** What a graph inside an operator takes from around it. */
const namesFromOutside = (graph: OnnxGraph): string[] => {
  const own = new Set([...graph.inputs, ...graph.initializers].map(v => v.name))
  for (const node of graph.nodes) for (const name of node.outputs) own.add(name)
  return graph.nodes.flatMap(n => [...n.inputs, ...(n.implicit ?? [])]).filter(name => !own.has(name))
}

const typeOf = (program: Program, at: number): TensorType => program.instructions[at]!
const typesOf = (ins: Instruction): readonly TensorType[] => ins.parts ?? [ins]

/** A value in the dtype that is computed in. */
const widen = (b: Builder, v: Value): Value => {
  const dtype = wideDType(v.dtype)
  return dtype === v.dtype ? v : { name: b.cast(v.name, dtype), shape: v.shape, dtype }
}

/** The names of an instruction's results; those not in `used` may be any. */
const lowerInstruction = (
  b: Builder,
  ins: Instruction,
  given: readonly Value[],
  used: readonly boolean[],
): readonly string[] => {
  const op = ins.op!
  b.scope = op.name
  // ONNX Runtime's Expand cannot make an empty axis of one of size 1, and ScatterElements stumbles over it: nothing is to compute.
  if (!ins.parts && sizeOf(ins.shape) === 0) return [b.constant([], ins.dtype, ins.shape)]
  const inputs = op.anyDType ? given : given.map(v => widen(b, v))
  const types = typesOf(ins)
  const outs = types.map(({ shape, dtype }) => ({ shape, dtype: op.anyDType ? dtype : wideDType(dtype) }))
  const names = lowerWide(b, ins, inputs, outs, used)
  return names.map((name, i) => (outs[i]!.dtype === types[i]!.dtype ? name : b.cast(name, types[i]!.dtype)))
}

/** An operation's own lowering; null where the composition is to be lowered instead. */
const lowerDirectly = (b: Builder, ins: Instruction, inputs: readonly Value[], out: TensorType): string | null => {
  const op = ins.op!
  try {
    return op.lower?.(b, inputs, out, ins.attrs) ?? null
  } catch (error) {
    if (error instanceof MissingOperator && op.compose) return null
    throw error
  }
}

const lowerWide = (
  b: Builder,
  ins: Instruction,
  inputs: readonly Value[],
  outs: readonly TensorType[],
  used: readonly boolean[],
): readonly string[] => {
  const op = ins.op!
  if (op.tuple?.lower) return op.tuple.lower(b, inputs, outs, ins.attrs, used)
  const lowered = lowerDirectly(b, ins, inputs, outs[0]!)
  if (lowered !== null) return [lowered]
  if (!op.compose)
    throw new EngineError(
      `onnx: ${op.name} is computed on the host and has no ONNX operator. Leave it out of what is exported, or compute it beforehand.`,
      { op: op.name },
    )
  const composed = programOfComposition(op.compose, inputs, ins.attrs)
  return lowerInto(
    b,
    composed.program,
    composed.inputs.map(i => inputs[i]!),
  )
}

/** For each instruction, which of its results are wanted. */
const usedResults = (program: Program): boolean[][] => {
  const used = program.instructions.map(ins => typesOf(ins).map(() => !ins.parts))
  for (const ins of program.instructions) if (ins.op?.pick) used[ins.inputs[0]!]![ins.attrs.index as number] = true
  return used
}

/** Lowers a program whose inputs have the given names; returns the names of its outputs. */
const lowerInto = (b: Builder, program: Program, inputs: readonly Value[]): string[] => {
  const used = usedResults(program)
  const results: (readonly string[])[] = []
  let next = 0
  for (const [i, ins] of program.instructions.entries()) {
    if (!ins.op) results.push([inputs[next++]!.name])
    else if (ins.op.pick) results.push([results[ins.inputs[0]!]![ins.attrs.index as number]!])
    else {
      const args = ins.inputs.map(k => ({ ...program.instructions[k]!, name: results[k]![0]! }))
      results.push(lowerInstruction(b, ins, args, used[i]!))
    }
  }
  return program.outputs.map(i => results[i]![0]!)
}

/**
 * Operators that make the outputs under these names. One that makes a value calls it so itself: ONNX Runtime 1.30 loses a value that an Identity
 * names and that a product with a transposed matrix takes as well. Inputs, values with two names and those that a loop's body takes get an
 * Identity.
 */
const nameOutputs = (
  nodes: readonly OnnxNode[],
  outputs: readonly { readonly name: string; readonly from: string }[],
): OnnxNode[] => {
  const made = new Set(nodes.flatMap(node => node.outputs))
  const captured = new Set(nodes.flatMap(node => node.implicit ?? []))
  const renamed = new Map<string, string>()
  const copies: OnnxNode[] = []
  for (const { name, from } of outputs) {
    if (made.has(from) && !captured.has(from) && !renamed.has(from)) renamed.set(from, name)
    else copies.push({ type: 'Identity', domain: '', name, inputs: [from], outputs: [name], attrs: {} })
  }
  const as = (names: readonly string[]): string[] => names.map(name => renamed.get(name) ?? name)
  return [...nodes, ...copies].map(node => ({ ...node, inputs: as(node.inputs), outputs: as(node.outputs) }))
}

/**
 * A program as an ONNX model with inputs `x0, x1, …` and outputs `y0, y1, …`. ONNX Runtime's JavaScript has no bfloat16: such a value comes
 * and goes as float32, which holds it exactly.
 */
export const lowerProgram = (
  program: Program,
  {
    fixedSizes = true,
    opset = newestOpset,
    lacking = [],
    channelBlock = 0,
    foldsTransposes = false,
  }: LowerOptions = {},
): OnnxModel => {
  const b = new Builder({ fixedSizes, opset, lacking, channelBlock })
  const outside = (dtype: DType): DType => (dtype === 'bfloat16' ? 'float32' : dtype)
  const inputs = program.inputs.map((at, i) => {
    const { shape, dtype } = program.instructions[at]!
    return { name: `x${i}`, shape, dtype: outside(dtype) }
  })
  b.scope = 'input'
  const values = inputs.map((input, i) => {
    const { dtype } = program.instructions[program.inputs[i]!]!
    return dtype === input.dtype ? input : { ...input, name: b.cast(input.name, dtype), dtype }
  })
  const names = lowerInto(b, program, values)
  b.scope = 'output'
  const wanted = program.outputs.map((at, i) => {
    const { shape, dtype } = program.instructions[at]!
    const name = `y${i}`
    const wide = outside(dtype)
    return { name, shape, dtype: wide, from: wide === dtype ? names[i]! : b.cast(names[i]!, wide) }
  })
  const outputs = wanted.map(({ name, shape, dtype }) => ({ name, shape, dtype }))
  const given = nameOutputs(b.nodes, wanted)
  // Its product is for float32 only.
  const folds = foldsTransposes && program.instructions.every(ins => ins.dtype !== 'float64')
  const needed = liveNodes(given, outputs)
  const nodes = folds ? liveNodes(foldTransposes(needed), outputs) : needed
  return { name: 'gradus', opset, nodes, inputs, outputs, initializers: b.initializers }
}
