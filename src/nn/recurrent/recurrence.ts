import { withGradient } from '../../autodiff/custom.ts'
import { gradientProgram } from '../../autodiff/reverse.ts'
import { scanNodes, type ScanStep } from '../../autodiff/scan.ts'
import type { Shape } from '../../core/shape.ts'
import { traceBody } from '../../graph/body.ts'
import type { Node } from '../../graph/node.ts'
import { instantiate, usedInputs } from '../../graph/program.ts'
import { add, where } from '../../ops/arithmetic.ts'
import { reshape, sum, transpose } from '../../ops/broadcast.ts'
import { affine, matmul } from '../../ops/linear-algebra.ts'
import { concat, expandDims, sliceAxis, squeeze, stack } from '../../ops/movement.ts'
import { Tensor } from '../../tensor/tensor.ts'
import type { CellRule, Floats } from './cell-rule.ts'

/** One direction of one layer. */
export interface Recurrence {
  readonly rule: CellRule
  /** The input's part of the gates, `[T, B, gates · H]`. */
  readonly given: Floats
  /** `[gates · H, H]`. */
  readonly weight: Floats
  /** `[gates · H]`. */
  readonly bias: Floats | null
  /** The state before the first step, `[B, H]` each. */
  readonly start: readonly Floats[]
  /** bool `[T, B, 1]`: false keeps a row's state as it is. */
  readonly alive: Tensor<Shape, 'bool'> | null
  /** From the last step to the first. */
  readonly reverse: boolean
  /** Whether the steps are laid out one after the other in the graph, instead of as a loop in it. */
  readonly unroll: boolean
}

type Loop = { readonly length: number; readonly reverse: boolean; readonly unroll: boolean }

/** A loop over rows: a node of the graph, or as many as there are steps. */
const loop = (
  step: ScanStep,
  init: readonly Node[],
  rows: readonly Node[],
  { length, reverse, unroll }: Loop,
): { carry: readonly Node[]; ys: readonly Node[] } => {
  if (!unroll) return scanNodes(step, init, rows, { length, reverse })
  let carry = init
  const outputs: (readonly Node[])[] = []
  for (let k = 0; k < length; k++) {
    const t = reverse ? length - 1 - k : k
    const next = step(
      carry,
      rows.map(x => squeeze(sliceAxis(x, 0, t, t + 1), 0)),
    )
    carry = next.carry
    outputs[t] = next.y
  }
  return { carry, ys: outputs[0]!.map((_, i) => stack(outputs.map(y => y[i]!))) }
}

/**
 * Outputs `[T, B, H]` of all steps, and the state after the last.
 *
 * Its gradient is a loop in the other direction that multiplies by the recurrent weight only: the products of the way forward are kept, and
 * the gradient of the weight is one product over all steps instead of a sum of one for each.
 */
export const recur = ({
  rule,
  given,
  weight,
  bias,
  start,
  alive,
  reverse,
  unroll,
}: Recurrence): { outputs: Floats; last: Floats[] } => {
  const length = given.shape[0]!
  const how = { length, reverse, unroll }
  const turned = transpose(weight.node)
  const shareOf = (h: Node): Node => (bias ? affine(h, turned, bias.node) : matmul(h, turned))
  const mask = alive ? [alive.node] : []
  const advance: ScanStep = (state, [x, on]) => {
    const share = shareOf(state[0]!)
    const next = stepOf(rule, x!, share, state, on)
    // Outputs are wanted as they are after a step; of the rest the gradient needs what was before it.
    return { carry: next, y: [next[0]!, share, ...state.slice(1)] }
  }
  const first = start.map(s => s.node)
  const { carry, ys } = loop(advance, first, [given.node, ...mask], how)
  const inputs = [given.node, weight.node, ...(bias ? [bias.node] : []), ...first, ...mask]
  const results = withGradient([...carry, ...ys], inputs, (gs, values, all) =>
    recurrenceVjp(rule, gs, values, all, { ...how, hasBias: bias !== null }),
  )
  const count = rule.states.length
  return {
    outputs: new Tensor(results[count]!),
    last: results.slice(0, count).map(node => new Tensor(node)),
  }
}

/** A step of the rule on nodes; rows whose mask is false keep their state. */
const stepOf = (rule: CellRule, x: Node, share: Node, state: readonly Node[], on: Node | undefined): Node[] => {
  const float = (node: Node): Floats => new Tensor(node)
  const next = rule.step(float(x), float(share), state.map(float)).map(s => s.node)
  return on ? next.map((s, k) => where(on, s, state[k]!)) : next
}

/** Cotangents of given, weight, bias and the state at the start. */
const recurrenceVjp = (
  rule: CellRule,
  gs: readonly Node[],
  values: readonly Node[],
  inputs: readonly Node[],
  { length, reverse, unroll, hasBias }: Loop & { readonly hasBias: boolean },
): (Node | null)[] => {
  const count = rule.states.length
  const [given, weight] = inputs as [Node, Node]
  const at = hasBias ? 3 : 2
  const start = inputs.slice(at, at + count)
  const mask = inputs.slice(at + count)
  const [outputs, shares, ...others] = values.slice(count) as [Node, Node, ...Node[]]
  const from = expandDims(start[0]!, 0)
  const before = reverse
    ? concat([sliceAxis(outputs, 0, 1, length), from])
    : concat([from, sliceAxis(outputs, 0, 0, length - 1)]) // [T, B, H]: the output before each step
  const own = [given, shares, before, ...others, ...mask]
  // The step's gradient, without its product: by given, share and the state.
  const rows = own.map(x => ({ shape: x.shape.slice(1), dtype: x.dtype }))
  const { body } = traceBody(
    params => stepOf(rule, params[0]!, params[1]!, params.slice(2, 2 + count), params[2 + count]),
    rows,
  )
  const states = start.map((_, k) => k)
  const gradient = gradientProgram(body.program, states, [0, 1, ...states.map(k => 2 + k)])
  const reads = usedInputs(gradient)
  const kept = own.filter((_, k) => reads[k])
  let same = false
  const back: ScanStep = (carry, row) => {
    const mine = own.map((x, k) => (reads[k] ? row[1 + kept.indexOf(x)]! : x))
    const parts = instantiate(gradient, [...mine, add(carry[0]!, row[0]!), ...carry.slice(1)])
    const [dGiven, dShare, dh, ...rest] = parts as [Node, Node, Node, ...Node[]]
    same = dGiven === dShare
    return { carry: [add(dh, matmul(dShare, weight)), ...rest], y: same ? [dShare] : [dShare, dGiven] }
  }
  const { carry, ys } = loop(back, gs.slice(0, count), [gs[count]!, ...kept], { length, reverse: !reverse, unroll })
  const [dShares, dGivens] = ys as [Node, Node?]
  const flat = (x: Node): Node => reshape(x, [-1, x.shape[2]!])
  const dWeight = matmul(transpose(flat(dShares)), flat(before))
  return [dGivens ?? dShares, dWeight, ...(hasBias ? [sum(dShares, [0, 1])] : []), ...carry, ...mask.map(() => null)]
}
