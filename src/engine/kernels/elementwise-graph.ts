import type { DType } from '../../core/dtype.ts'
import { broadcastShapes, type Shape, sizeOf } from '../../core/shape.ts'
import type { OnnxAttr, OnnxBuilder, Subgraph, Value } from '../../graph/lowering.ts'
import { type Instruction, type Program, programOfComposition } from '../../graph/program.ts'
import { type LaneFunction, operators } from './elementwise-operators.ts'
import type { Kind } from './lanes.ts'

// What a program computes for each element. Its operations say so in their lowering, which is written here not as a model for ONNX Runtime
// but as a graph of functions of lanes; an operator that is not element by element ends the attempt.

/** The dtypes that lanes hold. */
export const kinds: Partial<Record<DType, Kind>> = { float32: 'float', int32: 'int', bool: 'mask' }

export type ElementNode = { readonly kind: Kind; readonly shape: Shape } & (
  | { readonly type: 'input'; readonly input: number }
  | { readonly type: 'literal'; readonly value: number }
  | { readonly type: 'call'; readonly call: LaneFunction; readonly args: readonly number[] }
  | { readonly type: 'reshape'; readonly arg: number }
)
/** Nodes in order, each after what it is computed from. */
export interface ElementGraph {
  readonly nodes: readonly ElementNode[]
  readonly outputs: readonly number[]
}

class NotElementwise extends Error {}
const refuse = (what: string): never => {
  throw new NotElementwise(what)
}

/** A program is not looked at further than this: its kernel would be long to compile. */
const mostNodes = 2000

class GraphBuilder implements OnnxBuilder {
  readonly fixedSizes = true
  readonly channelBlock = 0
  readonly nodes: ElementNode[] = []
  private readonly known = new Map<string, string>()

  /** Shortcuts of whole functions are declined: the expressions behind them are what is fused. */
  has(): boolean {
    return false
  }
  lacks(): boolean {
    return false
  }
  op(type: string, inputs: readonly string[], attrs: Readonly<Record<string, OnnxAttr>> = {}): string {
    if (type === 'Reshape' || type === 'Expand') return this.spread(type, inputs[0]!, shapeFrom(inputs[1]!))
    const args = inputs.map(name => (name === '' ? null : placeOf(name)))
    const given = args.map(at => (at === null ? null : this.nodes[at]!.kind))
    const found = operators[type]?.(given, attrs) ?? refuse(type)
    return this.call(found.call, found.kind, args)
  }
  ops(type: string): string[] {
    return refuse(type)
  }
  constant(values: readonly number[], dtype: DType, shape: Shape = [values.length]): string {
    const kind = kinds[dtype] ?? refuse(dtype)
    if (values.length !== 1) refuse('a table')
    const [value] = values as [number]
    return this.push(`${kind} ${Object.is(value, -0) ? '-0' : value} ${shape}`, { type: 'literal', kind, shape, value })
  }
  values(): string {
    return refuse('a table')
  }
  ints(values: readonly number[]): string {
    return `shape ${values.join()}`
  }
  cast(name: string, dtype: DType): string {
    const to = kinds[dtype] ?? refuse(dtype)
    const from = this.nodes[placeOf(name)]!.kind
    return from === to ? name : this.call({ cast: from, to }, to, [placeOf(name)])
  }
  subgraph(): Subgraph {
    return refuse('a loop')
  }
  input(input: number, kind: Kind, shape: Shape): string {
    return this.push(`input ${input}`, { type: 'input', kind, shape, input })
  }
  private spread(type: string, name: string, shape: Shape): string {
    const at = placeOf(name)
    const { kind } = this.nodes[at]!
    if (type === 'Reshape') return this.push(`reshape ${at} ${shape}`, { type: 'reshape', kind, shape, arg: at })
    return this.push(`expand ${at} ${shape}`, { type: 'call', kind, shape, call: { same: true }, args: [at] })
  }
  private call(call: LaneFunction, kind: Kind, given: readonly (number | null)[]): string {
    const args = given.map(at => at ?? -1)
    const shape = args.reduce<Shape>((s, at) => (at < 0 ? s : broadcastShapes('', s, this.nodes[at]!.shape)), [])
    const key = `${JSON.stringify(call)} ${'value' in call ? call.value : ''} ${args}`
    return this.push(key, { type: 'call', kind, shape, call, args })
  }
  private push(key: string, node: ElementNode): string {
    const before = this.known.get(key)
    if (before !== undefined) return before
    if (this.nodes.length >= mostNodes) refuse('a long program')
    const name = `v${this.nodes.push(node) - 1}`
    this.known.set(key, name)
    return name
  }
}

const placeOf = (name: string): number => (name.startsWith('v') ? Number(name.slice(1)) : refuse('a shape as a value'))
const shapeFrom = (name: string): number[] => {
  if (!name.startsWith('shape ')) return refuse('a shape that is computed')
  return name === 'shape ' ? [] : name.slice(6).split(',').map(Number)
}

const lowerInstruction = (b: GraphBuilder, ins: Instruction, inputs: readonly Value[]): string => {
  const op = ins.op!
  if (ins.parts || op.pick || op.host?.(ins.attrs)) return refuse(op.name)
  const lowered = op.lower?.(b, inputs, ins, ins.attrs) ?? null
  if (lowered !== null) return lowered
  if (!op.compose) return refuse(op.name)
  const composed = programOfComposition(op.compose, inputs, ins.attrs)
  return lowerInto(
    b,
    composed.program,
    composed.inputs.map(i => inputs[i]!.name),
  )[0]!
}

const lowerInto = (b: GraphBuilder, program: Program, inputs: readonly string[]): string[] => {
  const names: string[] = []
  let next = 0
  for (const ins of program.instructions) {
    if (!kinds[ins.dtype]) refuse(ins.dtype)
    if (!ins.op) names.push(inputs[next++]!)
    else {
      const values = ins.inputs.map(k => ({ ...program.instructions[k]!, name: names[k]! }))
      names.push(lowerInstruction(b, ins, values))
    }
  }
  return program.outputs.map(i => names[i]!)
}

/** Whether the sizes alone do not say that a program is not element by element: cheaper than finding out by lowering it. */
const sizesFit = ({ instructions, outputs }: Program): boolean => {
  const results = outputs.map(i => sizeOf(instructions[i]!.shape))
  const largest = Math.max(...results)
  return results.includes(0) || instructions.every(ins => sizeOf(ins.shape) <= largest)
}

/** The graph of a program that is computed element by element in float32, int32 and bool; null of any other. */
export const elementGraphOf = (program: Program): ElementGraph | null => {
  if (program.instructions.length > mostNodes || !sizesFit(program)) return null
  const b = new GraphBuilder()
  try {
    const inputs = program.inputs.map((at, i) => {
      const { dtype, shape } = program.instructions[at]!
      return b.input(i, kinds[dtype] ?? refuse(dtype), shape)
    })
    return { outputs: lowerInto(b, program, inputs).map(placeOf), nodes: b.nodes }
  } catch (error) {
    if (error instanceof NotElementwise) return null
    throw error
  }
}
