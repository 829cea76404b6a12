import { engineName, type Shape, type Tensor, tensor, vjp } from 'gradus'
import type { Expression } from '../../kit/expression.ts'
import type { Core, Plain } from '../../kit/lab.ts'
import { applyFunction, applyMinus, applyOperator, readExpression, type Value } from '../../kit/tensor-expression.ts'
import type { Settings } from './about.ts'
import { labelOf, plan, readInputs } from './graph.ts'
import { program } from './program.ts'
import type { BackpropShot, Edge, GraphNode, Phase } from './shot.ts'

type Float = Tensor<Shape, 'float64'>

/** A node while it is computed. */
interface Working {
  readonly tree: Expression
  readonly operands: readonly number[]
  value: number | null
  gradient: number | null
  locals: (number | null)[]
  flows: (number | null)[]
}

/** What one node does with its operands. */
const operation = (tree: Expression, operands: readonly Value[]): Value => {
  switch (tree.kind) {
    case 'negate':
      return applyMinus(operands[0]!)
    case 'binary':
      return applyOperator(tree.operator, operands[0]!, operands[1]!)
    case 'call':
      return applyFunction(tree.name, operands)
    default:
      return operands[0]!
  }
}

export const core: Core<Settings, BackpropShot> = {
  program,
  async prepare({ expression, inputs }) {
    const tree = readExpression('backprop', expression)
    const values = readInputs(inputs, tree)
    const wide = (engineName() === 'webgpu' ? 'float32' : 'float64') as 'float64'
    const scalar = (value: number): Float => tensor(value, wide) as unknown as Float
    const nodes = plan(expression, tree).map(({ tree: part, operands }): Working => {
      const value = part.kind === 'number' ? part.value : part.kind === 'name' ? values.get(part.name)! : null
      const empty = operands.map(() => null)
      return { tree: part, operands, value, gradient: null, locals: [...empty], flows: [...empty] }
    })
    const operations = nodes.flatMap((node, i) => (node.operands.length > 0 ? [i] : []))
    const last = nodes.length - 1
    // Forward through the operations, then the result's own gradient, then back through them.
    const order = [...operations.map(at => ({ at, phase: 'forward' as const })), { at: last, phase: 'seed' as const }]
    const moves = [...order, ...operations.toReversed().map(at => ({ at, phase: 'backward' as const }))]

    const operandsOf = (node: Working): number[] => node.operands.map(at => nodes[at]!.value!)
    const forward = async (node: Working): Promise<number> => {
      node.value = await number(operation(node.tree, operandsOf(node).map(scalar)))
      return node.value
    }
    /** The node's gradient goes to each operand, times how the node changes with it: both by the library's reverse mode. */
    const backward = async (node: Working): Promise<number> => {
      const given = operandsOf(node)
      for (const [slot, at] of node.operands.entries()) {
        // Nobody asks how the result would change with a constant.
        if (nodes[at]!.tree.kind === 'number') continue
        const { pullback } = vjp(
          (x: Float) =>
            operation(
              node.tree,
              given.map((value, k) => (k === slot ? x : constantOr(node, k, value, scalar))),
            ) as Tensor,
          scalar(given[slot]!),
        )
        const local = await number(pullback(scalar(1) as never) as Value)
        const flow = await number(pullback(scalar(node.gradient!) as never) as Value)
        node.locals[slot] = local
        node.flows[slot] = flow
        const operand = nodes[at]!
        operand.gradient = (operand.gradient ?? 0) + flow
      }
      return node.gradient!
    }

    let step = 0
    return {
      async step() {
        const move = moves[step]
        if (!move) return null
        step += 1
        const node = nodes[move.at]!
        if (move.phase === 'forward') return { value: await forward(node) }
        if (move.phase === 'backward') return { gradient: await backward(node) }
        node.gradient = 1
        return { gradient: 1 }
      },
      async shot() {
        const { at: current = -1, phase: moved } = moves[step - 1] ?? {}
        const phase: Phase =
          step === moves.length ? 'done' : moved === undefined ? 'ready' : moved === 'seed' ? 'backward' : moved
        const shown = nodes.map(
          ({ tree: part, value, gradient, operands }): GraphNode => ({
            kind: part.kind === 'number' ? 'constant' : operands.length > 0 ? 'operation' : 'input',
            label: labelOf(part),
            text: expression.slice(part.start, part.end),
            value,
            gradient,
          }),
        )
        const edges = nodes.flatMap(({ operands, locals, flows }, to): Edge[] =>
          operands.map((from, slot) => ({ from, to, slot, local: locals[slot]!, flow: flows[slot]! })),
        )
        // The gradient of an input is known only when every use of it has sent its part.
        const known = (at: number): boolean => edges.every(edge => edge.from !== at || edge.flow !== null)
        const gradients = nodes.flatMap(({ tree: part, gradient }, at): [string, Plain][] =>
          part.kind === 'name' && gradient !== null && known(at) ? [[part.name, gradient]] : [],
        )
        const facts: Record<string, Plain> = {
          expression,
          phase,
          inputs: Object.fromEntries(values),
          value: nodes[last]!.value,
          gradients: Object.fromEntries(gradients),
          nodes: shown.map(({ label, text, value, gradient }) => ({ label, text, value, gradient })),
          edges: edges.map(edge => ({ ...edge })),
        }
        return { facts, expression, nodes: shown, edges, current, phase, total: moves.length, step }
      },
    }
  },
}

const number = async (value: Value): Promise<number> => (typeof value === 'number' ? value : Number(await value.item()))

/** A constant exponent stays a number: the power then has no logarithm of its base. */
const constantOr = (node: Working, slot: number, value: number, scalar: (value: number) => Float): Value =>
  node.tree.kind === 'binary' && node.tree.operator === '^' && slot === 1 && node.tree.right.kind === 'number'
    ? value
    : scalar(value)
