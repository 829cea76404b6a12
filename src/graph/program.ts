import type { DType } from '../core/dtype.ts'
import type { Shape } from '../core/shape.ts'
import { type Attrs, leaf, Node, type TensorType, topologicalOrder } from './node.ts'
import type { Op } from './op.ts'

/** One operation of a program; inputs are indices of earlier values. */
export interface Instruction {
  /** Null for an input of the program. */
  readonly op: Op | null
  readonly inputs: readonly number[]
  readonly attrs: Attrs
  readonly shape: Shape
  readonly dtype: DType
  /** Types of the results of an operation that has several. */
  readonly parts: readonly TensorType[] | null
}

/** A graph cut loose from its tensors: what an engine compiles. Equal expressions appear once. */
export interface Program {
  readonly instructions: readonly Instruction[]
  /** Instructions that are inputs, in the order in which values are passed. */
  readonly inputs: readonly number[]
  readonly outputs: readonly number[]
  /** The whole structure as text: equal keys mean equal programs. */
  readonly key: string
}

/** Numbers that JSON has no name for; −0 is another constant than 0. */
const named = (v: number): string => (v === 0 ? '-0' : String(v))
const attrKeys = new WeakMap<Attrs, string>()
const attrKey = (attrs: Attrs): string => {
  let key = attrKeys.get(attrs)
  if (key === undefined) {
    key = JSON.stringify(attrs, (_, v) =>
      typeof v !== 'number' || (Number.isFinite(v) && !Object.is(v, -0)) ? v : named(v),
    )
    attrKeys.set(attrs, key)
  }
  return key
}

/**
 * The program that computes `outputs`, and the leaves whose values it takes. Nodes in `ends` count as leaves; those in `first` are
 * inputs in this order, used or not.
 */
export const programOf = (
  outputs: readonly Node[],
  first: readonly Node[] = [],
  ends: ReadonlySet<Node> = new Set(first),
): { program: Program; leaves: Node[] } => {
  const indexOf = new Map<Node, number>()
  const seen = new Map<string, number>()
  const instructions: Instruction[] = []
  const inputs: number[] = []
  const leaves: Node[] = []
  const lines: string[] = []
  for (const node of topologicalOrder([...first, ...outputs], ends)) {
    const { attrs, shape, dtype, parts } = node
    const op = ends.has(node) ? null : node.op
    const args = op ? node.inputs.map(n => indexOf.get(n)!) : []
    const line = `${op?.name ?? 'input'}(${args.join()})${op ? attrKey(attrs) : ''}:${dtype}[${shape.join()}]`
    const index = op ? seen.get(line) : undefined
    if (index !== undefined) {
      indexOf.set(node, index)
      continue
    }
    const next = instructions.length
    if (op) seen.set(line, next)
    else {
      inputs.push(next)
      leaves.push(node)
    }
    instructions.push({ op, inputs: args, attrs, shape, dtype, parts: op ? parts : null })
    indexOf.set(node, next)
    lines.push(line)
  }
  const outs = outputs.map(n => indexOf.get(n)!)
  return { program: { instructions, inputs, outputs: outs, key: `${lines.join('\n')}\n-> ${outs.join()}` }, leaves }
}

/** The program of an operation's composition for inputs of the given types, and which of them it takes, in order. */
export const programOfComposition = (
  compose: NonNullable<Op['compose']>,
  types: readonly TensorType[],
  attrs: Attrs,
): { program: Program; inputs: readonly number[] } => {
  const given = types.map((type, index) => leaf(type, { kind: 'argument', index }))
  const { program, leaves } = programOf([compose(given, attrs)])
  return { program, inputs: leaves.map(node => given.indexOf(node)) }
}

/** For each input of a program, whether anything in it is computed from it. */
export const usedInputs = ({ instructions, inputs, outputs }: Program): boolean[] => {
  const read = new Set([...outputs, ...instructions.flatMap(ins => ins.inputs)])
  return inputs.map(at => read.has(at))
}

/** Whether an operation is computed on the host, whatever the engine. */
export const runsOnHost = (ins: Instruction): boolean => ins.op?.host?.(ins.attrs) ?? false

/** The program's operations as nodes on other inputs. */
export const instantiate = (program: Program, inputs: readonly Node[]): Node[] => {
  const nodes: Node[] = []
  let next = 0
  for (const ins of program.instructions) {
    const { op, attrs, parts } = ins
    nodes.push(
      op
        ? new Node(
            ins,
            op,
            ins.inputs.map(i => nodes[i]!),
            attrs,
            null,
            parts,
          )
        : inputs[next++]!,
    )
  }
  return program.outputs.map(i => nodes[i]!)
}

const mix = (text: string, seed: number): string => {
  let h = seed
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  return (h >>> 0).toString(16).padStart(8, '0')
}

/** 64 bits of FNV-1a of the program's text, in hexadecimal: a short name for logs. Identity is the key itself. */
export const structuralHash = (outputs: readonly Node[]): string => {
  const { key } = programOf(outputs).program
  return mix(key, 0x811c9dc5) + mix(key, 0x9747b28c)
}

/** The program as text, one instruction a line, numbered. */
export const printProgram = (program: Program): string =>
  program.instructions
    .map((ins, i) => {
      const attrs = ins.op && Object.keys(ins.attrs).length > 0 ? ` ${attrKey(ins.attrs)}` : ''
      const args = ins.inputs.map(n => `%${n}`).join(', ')
      return `%${i} = ${ins.op?.name ?? 'input'}(${args})${attrs} : ${ins.dtype}[${ins.shape.join(', ')}]`
    })
    .concat(`return ${program.outputs.map(n => `%${n}`).join(', ')}`)
    .join('\n')
