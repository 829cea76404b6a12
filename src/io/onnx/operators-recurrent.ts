import { scanNodes } from '../../autodiff/scan.ts'
import { show } from '../../core/shape.ts'
import type { Node } from '../../graph/node.ts'
import * as ar from '../../ops/arithmetic.ts'
import { broadcastTo, reshape, transpose } from '../../ops/broadcast.ts'
import { takeAlongAxis } from '../../ops/indexing.ts'
import { matmul } from '../../ops/linear-algebra.ts'
import { sliceAxis, split, squeeze, stack } from '../../ops/movement.ts'
import type { Call, Operator, Operators } from './call.ts'
import { num } from './nodes.ts'
import { activations } from './operators-math.ts'

type Activation = (x: Node) => Node

/** One direction of a recurrent layer, its weights taken apart. */
interface Cell {
  /** `[input, gates · hidden]`. */
  readonly w: Node
  /** `[hidden, gates · hidden]`. */
  readonly r: Node
  /** `[gates · hidden]` each, for the input's and the state's part. */
  readonly biases: readonly [Node, Node]
  readonly peepholes: readonly Node[]
  readonly f: readonly Activation[]
  readonly hidden: number
}
/** What is carried from step to step: the output, and in an LSTM the cell. */
type State = readonly Node[]
type Step = (call: Call, cell: Cell, x: Node, state: State) => State

const row = (x: Node, index: number): Node => squeeze(sliceAxis(x, 0, index, index + 1), 0)
const clipped = (call: Call, x: Node): Node => {
  const limit = call.float('clip', 0)
  return limit > 0 ? ar.minimum(ar.maximum(x, num(-limit, x)), num(limit, x)) : x
}
const affine = (x: Node, w: Node, b: Node): Node => ar.add(matmul(x, w), b)

const rnnStep: Step = (call, { w, r, biases, f }, x, [h]) => {
  const total = ar.add(affine(x, w, biases[0]), affine(h!, r, biases[1]))
  return [f[0]!(clipped(call, total))]
}

/** Gates in the file: update z, reset r, candidate h. */
const gruStep: Step = (call, { w, r, biases, f, hidden }, x, [h]) => {
  const parts = (m: Node): Node[] => split(m, 3, m.shape.length - 1)
  const [xz, xr, xh] = parts(affine(x, w, biases[0])) as [Node, Node, Node]
  const [rz, rr, rh] = parts(r) as [Node, Node, Node]
  const [bz, br, bh] = parts(biases[1]) as [Node, Node, Node]
  const z = f[0]!(clipped(call, ar.add(xz, affine(h!, rz, bz))))
  const reset = f[0]!(clipped(call, ar.add(xr, affine(h!, rr, br))))
  const later = call.flag('linear_before_reset')
  const recurrent = later ? ar.mul(reset, affine(h!, rh, bh)) : affine(ar.mul(reset, h!), rh, bh)
  const candidate = f[1]!(clipped(call, ar.add(xh, recurrent)))
  if (candidate.shape[1] !== hidden) call.fail('has weights of other sizes', `Gates of ${hidden} were expected.`)
  return [ar.add(ar.mul(ar.sub(num(1, z), z), candidate), ar.mul(z, h!))]
}

/** Gates in the file: input i, output o, forget f, cell c; peepholes i, o, f. */
const lstmStep: Step = (call, { w, r, biases, peepholes, f }, x, [h, c]) => {
  const gates = ar.add(affine(x, w, biases[0]), affine(h!, r, biases[1]))
  const [i, o, forget, candidate] = split(gates, 4, 1) as [Node, Node, Node, Node]
  const peep = (gate: Node, k: number, cell: Node): Node =>
    peepholes[k] ? ar.add(gate, ar.mul(peepholes[k], cell)) : gate
  const input = f[0]!(clipped(call, peep(i, 0, c!)))
  // Coupled gates forget as much as they take in.
  const kept = call.flag('input_forget') ? ar.sub(num(1, input), input) : f[0]!(clipped(call, peep(forget, 2, c!)))
  const cell = ar.add(ar.mul(kept, c!), ar.mul(input, f[1]!(clipped(call, candidate))))
  const output = f[0]!(clipped(call, peep(o, 1, cell)))
  return [ar.mul(output, f[2]!(cell)), cell]
}

/** The activations of each direction, with the numbers that some of them take from the front of a list. */
const activationsOf = (call: Call, names: readonly string[], directions: number): Activation[][] => {
  const given = call.texts('activations', Array.from({ length: directions }, () => names).flat())
  if (given.length !== names.length * directions)
    call.fail(`has ${given.length} activations`, `${names.length} for each of ${directions} directions were expected.`)
  const [alphas, betas] = [[...call.floats('activation_alpha', [])], [...call.floats('activation_beta', [])]]
  const takesAlpha = new Set(['affine', 'leakyrelu', 'thresholdedrelu', 'scaledtanh', 'hardsigmoid', 'elu'])
  const takesBeta = new Set(['affine', 'scaledtanh', 'hardsigmoid'])
  const all = given.map((name): Activation => {
    const key = name.toLowerCase()
    const f = Object.hasOwn(activations, key)
      ? activations[key]!
      : call.fail(`has the activation ${name}`, `Known are ${Object.keys(activations).join(', ')}.`)
    const alpha = takesAlpha.has(key) ? alphas.shift() : undefined
    const beta = takesBeta.has(key) ? betas.shift() : undefined
    return x => f(x, alpha, beta)
  })
  return Array.from({ length: directions }, (_, d) => all.slice(d * names.length, (d + 1) * names.length))
}

/** Positions of each sequence from its end: those behind its length stay where they are. */
const reversed = (x: Node, lengths: Node | null): Node => {
  const [steps, batch] = x.shape as readonly [number, number]
  const t = reshape(ar.arange(steps, 'int64'), [steps, 1])
  const own = lengths
    ? reshape(ar.cast(lengths, 'int64'), [1, batch])
    : broadcastTo(ar.constant(steps, 'int64'), [1, batch])
  const turned = ar.sub(ar.sub(own, num(1, own)), t)
  const at = ar.where(ar.less(t, own), turned, broadcastTo(t, [steps, batch]))
  return takeAlongAxis(x, broadcastTo(reshape(at, [steps, batch, 1]), x.shape), 0)
}

/** All steps of one direction: outputs by time, and the last state of each sequence. The graph holds the step once. */
const runCell = (
  call: Call,
  cell: Cell,
  step: Step,
  x: Node,
  initial: State,
  lengths: Node | null,
): { outputs: Node; last: State } => {
  const length = x.shape[0]!
  call.spend(Math.ceil(length / 100))
  const advance = (state: readonly Node[], [row, t]: readonly Node[]): { carry: Node[]; y: Node[] } => {
    const next = step(call, cell, row!, state)
    if (!lengths) return { carry: [...next], y: [next[0]!] }
    // Behind its end a sequence keeps its state and gives zeros.
    const alive = reshape(ar.less(t!, ar.cast(lengths, 'int64')), [-1, 1])
    const kept = next.map((s, i) => ar.where(alive, s, state[i]!))
    return { carry: kept, y: [ar.where(alive, next[0]!, num(0, next[0]!))] }
  }
  const { carry, ys } = scanNodes(advance, initial, [x, ar.arange(length, 'int64')], { length, reverse: false })
  return { outputs: ys[0]!, last: carry }
}

const cellOf = (call: Call, index: number, gates: number, f: readonly Activation[]): Cell => {
  const [w, r] = [row(call.input(1), index), row(call.input(2), index)]
  const hidden = r.shape[1]!
  if (w.shape[0] !== gates * hidden || r.shape[0] !== gates * hidden)
    call.fail(`has weights ${show(w.shape)} and ${show(r.shape)}`, `${gates} gates of ${hidden} were expected.`)
  const both = call.optional(3) ? row(call.input(3), index) : broadcastTo(num(0, w), [2 * gates * hidden])
  const peepholes = call.optional(7) ? split(row(call.input(7), index), 3, 0) : []
  return { w: transpose(w), r: transpose(r), biases: split(both, 2, 0) as [Node, Node], peepholes, f, hidden }
}

/** A recurrent layer: x `[T, B, input]` → outputs `[T, directions, B, hidden]` and the last states `[directions, B, hidden]`. */
const recurrent =
  (step: Step, gates: number, names: readonly string[], states: number): Operator =>
  call => {
    const batchFirst = call.flag('layout')
    const turn = (x: Node): Node => (batchFirst ? transpose(x, [1, 0, 2]) : x)
    const x = turn(call.input(0))
    const direction = call.choice('direction', ['forward', 'reverse', 'bidirectional'], 'forward')
    const count = direction === 'bidirectional' ? 2 : 1
    const fs = activationsOf(call, names, count)
    const lengths = call.optional(4)
    if (x.shape[0] === 0) call.fail('has no time steps', 'At least one was expected.')
    const results = fs.map((f, d) => {
      const backwards = direction === 'reverse' || d === 1
      const cell = cellOf(call, d, gates, f)
      const initial = Array.from({ length: states }, (_, s) => {
        const given = call.optional(5 + s)
        return given ? row(turn(given), d) : broadcastTo(num(0, x), [x.shape[1]!, cell.hidden])
      })
      const { outputs, last } = runCell(call, cell, step, backwards ? reversed(x, lengths) : x, initial, lengths)
      return { outputs: backwards ? reversed(outputs, lengths) : outputs, last }
    })
    const y = stack(
      results.map(r => r.outputs),
      1,
    )
    const last = Array.from({ length: states }, (_, s) =>
      turn(
        stack(
          results.map(r => r.last[s]!),
          0,
        ),
      ),
    )
    return [batchFirst ? transpose(y, [2, 0, 1, 3]) : y, ...last]
  }

export const recurrentOperators: Operators = {
  RNN: recurrent(rnnStep, 1, ['Tanh'], 1),
  GRU: recurrent(gruStep, 3, ['Sigmoid', 'Tanh'], 1),
  LSTM: recurrent(lstmStep, 4, ['Sigmoid', 'Tanh', 'Tanh'], 2),
}
