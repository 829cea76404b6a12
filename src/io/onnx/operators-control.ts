import { scanNodes } from '../../autodiff/scan.ts'
import { FormatError, ShapeError } from '../../core/errors.ts'
import { normalizeAxis, show } from '../../core/shape.ts'
import type { Node } from '../../graph/node.ts'
import { moveAxis } from '../../ops/batch-axes.ts'
import { concat, expandDims, flip, sliceAxis, squeeze, stack } from '../../ops/movement.ts'
import type { Call, Operator, Operators } from './call.ts'
import { held, knownNumber } from './known.ts'
import type { GraphProto } from './parse.ts'

/** The branch is chosen while the graph is built. */
const branch: Operator = call => {
  const graph = call.graph(call.number(0) !== 0 ? 'then_branch' : 'else_branch')
  return call.run(graph, [])
}

/** A loop's condition after a round; it must be known, since it decides whether the graph goes on. */
const goesOn = (call: Call, condition: Node): boolean => {
  const value = knownNumber(condition, call.label)
  if (value !== null) return value !== 0
  return call.fail(
    'has a condition that depends on something not known while the graph is built',
    'Pass the inputs as tensors that hold values.',
  )
}

/** Unrolled: a round for each step, as long as the condition holds. */
const loop: Operator = call => {
  const body = call.graph('body')
  const most = call.optional(0) ? call.number(0) : Number.POSITIVE_INFINITY
  const carried = call.inputs.slice(2).map((_, i) => call.input(i + 2))
  let state = carried
  let going = call.optional(1) === null || call.number(1) !== 0
  const collected: Node[][] = body.outputs.slice(1 + carried.length).map(() => [])
  for (let round = 0; going && round < most; round++) {
    call.spend(1)
    const always = held([1], [], 'bool')
    const results = call.run(body, [held([round], [], 'int64'), always, ...state])
    going = goesOn(call, results[0]!)
    state = results.slice(1, 1 + carried.length)
    for (const [i, list] of collected.entries()) list.push(results[1 + carried.length + i]!)
  }
  return [...state, ...collected.map((list, i) => stackedOr(call, list, body, 1 + carried.length + i))]
}

/** What a loop collected, along a new first axis; of no rounds, an empty tensor of what the body declares. */
const stackedOr = (call: Call, list: readonly Node[], body: GraphProto, index: number): Node => {
  if (list.length > 0) return stack(list, 0)
  return call.emptyOf(body.outputs[index]!)
}

/** What a scan does with an axis of each input or output. */
const directions = (call: Call, name: string, count: number): boolean[] =>
  Array.from({ length: count }, (_, i) => (call.ints(name, [])[i] ?? 0) === 1)

interface Scanned {
  readonly state: readonly Node[]
  /** The steps' outputs along a new first axis; null where there were no steps. */
  readonly stacked: readonly Node[] | null
}
/** The body's step over each slice of the inputs, with state carried along: as one loop, whose graph does not grow with the steps. */
const scanOver = (call: Call, body: GraphProto, initial: readonly Node[], inputs: readonly Node[]): Scanned => {
  const steps = inputs[0]!.shape[0]!
  const odd = inputs.find(x => x.shape[0] !== steps)
  if (odd) call.fail(`scans inputs of ${steps} and ${odd.shape[0]} steps`, 'They must have as many.')
  if (steps === 0) return { state: initial, stacked: null }
  const count = initial.length
  try {
    const { carry, ys } = scanNodes(
      (state, row) => {
        const results = call.run(body, [...state, ...row])
        return { carry: results.slice(0, count), y: results.slice(count) }
      },
      initial,
      inputs,
      { length: steps },
    )
    return { state: carry, stacked: ys }
  } catch (error) {
    // A body that needs a step's values while it is built, or changes the shape of its state, is built for each step.
    if (error instanceof FormatError || error instanceof ShapeError) return unroll(call, body, initial, inputs)
    throw error
  }
}

const unroll = (call: Call, body: GraphProto, initial: readonly Node[], inputs: readonly Node[]): Scanned => {
  const collected: Node[][] = body.outputs.slice(initial.length).map(() => [])
  let state = initial
  for (let t = 0; t < inputs[0]!.shape[0]!; t++) {
    call.spend(1)
    const slices = inputs.map(x => squeeze(sliceAxis(x, 0, t, t + 1), 0))
    const results = call.run(body, [...state, ...slices])
    state = results.slice(0, initial.length)
    for (const [i, list] of collected.entries()) list.push(results[initial.length + i]!)
  }
  return { state, stacked: collected.map(list => stack(list, 0)) }
}

const scan: Operator = call => {
  const body = call.graph('body')
  const count = call.int('num_scan_inputs')
  if (call.version < 9) return scanBatches(call, body, count)
  const states = call.inputs.length - count
  const given = call.all()
  if (count < 1 || states < 0) call.fail(`has ${count} scan inputs among ${given.length}`, 'At least one was expected.')
  const inAxes = call.ints('scan_input_axes', [])
  const backwards = directions(call, 'scan_input_directions', count)
  const inputs = given.slice(states).map((x, i) => {
    const front = moveAxis(x, normalizeAxis(call.label, inAxes[i] ?? 0, x.shape.length), 0)
    return backwards[i] ? flip(front, 0) : front
  })
  const { state, stacked } = scanOver(call, body, given.slice(0, states), inputs)
  const outAxes = call.ints('scan_output_axes', [])
  const outputs = body.outputs.slice(states)
  const turned = directions(call, 'scan_output_directions', outputs.length)
  const results = outputs.map((output, i) => {
    if (!stacked) return call.emptyOf(output)
    const ordered = turned[i] ? flip(stacked[i]!, 0) : stacked[i]!
    return moveAxis(ordered, 0, normalizeAxis(call.label, outAxes[i] ?? 0, ordered.shape.length))
  })
  return [...state, ...results]
}

/** Opset 8: the first input gives lengths, and every value has a batch axis in front of the time axis. */
const scanBatches = (call: Call, body: GraphProto, count: number): readonly Node[] => {
  if (call.optional(0)) call.fail('gives sequence lengths', 'Only sequences of full length are supported in opset 8.')
  const given = call.inputs.slice(1).map((_, i) => call.input(i + 1))
  const states = given.length - count
  const batch = given[0]?.shape[0] ?? call.fail('has no inputs', 'At least one was expected.')
  const backwards = directions(call, 'directions', count)
  const rows = Array.from({ length: batch }, (_, b) => {
    const own = given.map(x => {
      if (x.shape[0] !== batch) call.fail(`has batches of ${batch} and ${show(x.shape)}`, 'They must be of one size.')
      return squeeze(sliceAxis(x, 0, b, b + 1), 0)
    })
    const inputs = own.slice(states).map((x, i) => (backwards[i] ? flip(x, 0) : x))
    const { state, stacked } = scanOver(call, body, own.slice(0, states), inputs)
    return [...state, ...body.outputs.slice(states).map((output, i) => stacked?.[i] ?? call.emptyOf(output))]
  })
  return body.outputs.map((_, i) =>
    concat(
      rows.map(row => expandDims(row[i]!, 0)),
      0,
    ),
  )
}

export const controlOperators: Operators = {
  If: branch,
  Loop: loop,
  Scan: scan,
}
