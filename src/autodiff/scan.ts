import { isFloat } from '../core/dtype.ts'
import { ShapeError } from '../core/errors.ts'
import { sameShape, type Shape, show, sizeOf } from '../core/shape.ts'
import { type Body, traceBody } from '../graph/body.ts'
import { interpret } from '../graph/interpret.ts'
import type { Node, TensorType } from '../graph/node.ts'
import type { NdArray, Op } from '../graph/op.ts'
import { instantiate, runsOnHost, usedInputs } from '../graph/program.ts'
import { applyTuple } from '../ops/apply.ts'
import { add, arange, fullLike } from '../ops/arithmetic.ts'
import { broadcastTo, transpose } from '../ops/broadcast.ts'
import { batchProgram } from './batch.ts'
import { gradientProgram } from './reverse.ts'

/**
 * A loop over the first axis of its inputs, as one node: the graph does not grow with its length. Inputs are the carried values at
 * the start, the sequences, and what the body takes from outside. Results are the carried values at the end, the stacked outputs of
 * the steps, and the carried values before each step, stacked: the gradient needs these, and an engine keeps them only if asked.
 */
type ScanAttrs = {
  readonly body: Body
  readonly carries: number
  readonly sequences: number
  readonly length: number
  /** From the last step to the first; stacked outputs stand where their step's inputs stood. */
  readonly reverse: boolean
}

const outputTypes = ({ body: { program } }: ScanAttrs): TensorType[] =>
  program.outputs.map(at => program.instructions[at]!)
const stacked = ({ shape, dtype }: TensorType, length: number): TensorType => ({ shape: [length, ...shape], dtype })

/** A step's part of a sequence, and the place for its part of a stacked output. */
const row = ({ shape, data }: NdArray, t: number): NdArray => {
  const rest = shape.slice(1)
  const size = sizeOf(rest)
  return { shape: rest, data: data.subarray(t * size, (t + 1) * size) }
}

const runScan = (inputs: readonly NdArray[], outs: readonly NdArray[], attrs: ScanAttrs): void => {
  const { body, carries, sequences, length, reverse } = attrs
  const captured = inputs.slice(carries + sequences)
  const ys = outs.slice(carries, outs.length - carries)
  const saved = outs.slice(outs.length - carries)
  let carry = inputs.slice(0, carries)
  for (let step = 0; step < length; step++) {
    const t = reverse ? length - 1 - step : step
    for (const [k, place] of saved.entries()) row(place, t).data.set(carry[k]!.data)
    const xs = inputs.slice(carries, carries + sequences).map(x => row(x, t))
    const results = interpret(body.program, [...carry, ...xs, ...captured])
    for (const [k, place] of ys.entries()) row(place, t).data.set(results[carries + k]!.data)
    carry = results.slice(0, carries)
  }
  for (const [k, value] of carry.entries()) outs[k]!.data.set(value.data)
}

/** The gradient of a loop is a loop in the other direction, which computes each step again from its saved inputs. */
const scanVjp = (
  gs: readonly (Node | null)[],
  inputs: readonly Node[],
  outs: readonly Node[],
  { body, carries, sequences, length, reverse }: ScanAttrs,
  wanted: readonly boolean[],
): (Node | null)[] => {
  const saved = outs.slice(outs.length - carries)
  const xs = inputs.slice(carries, carries + sequences)
  const captured = inputs.slice(carries + sequences)
  const types = body.program.outputs.map(at => body.program.instructions[at]!)
  const cotangent = (k: number): Node => gs[k] ?? fullLike(outs[k]!, 0)
  const places = (from: number, to: number, keep: (k: number) => boolean): number[] =>
    Array.from({ length: to - from }, (_, i) => from + i).filter(keep)
  const floatCarries = places(0, carries, k => isFloat(types[k]!.dtype))
  const floatYs = places(carries, types.length, k => isFloat(types[k]!.dtype) && gs[k] !== null)
  const savedGs = floatCarries.filter(k => gs[outs.length - carries + k])
  const wantedXs = places(0, sequences, k => wanted[carries + k]!)
  const wantedCaptured = places(0, captured.length, k => wanted[carries + sequences + k]!)
  const start = [...floatCarries.map(cotangent), ...wantedCaptured.map(k => fullLike(captured[k]!, 0))]
  const wrt = [...floatCarries, ...wantedXs.map(k => carries + k), ...wantedCaptured.map(k => carries + sequences + k)]
  const gradient = gradientProgram(body.program, [...floatCarries, ...floatYs], wrt)
  // Of the step's inputs only those that its gradient reads are looped over.
  const reads = usedInputs(gradient)
  const own = [...saved, ...xs]
  const kept = own.filter((_, k) => reads[k])
  const rows = [...kept, ...floatYs.map(cotangent), ...savedGs.map(k => gs[outs.length - carries + k]!)]
  const step = (carry: readonly Node[], row: readonly Node[]): { carry: Node[]; y: Node[] } => {
    const given = own.map((x, k) => (reads[k] ? row[kept.indexOf(x)]! : x))
    const gYs = row.slice(kept.length, kept.length + floatYs.length)
    const late = row.slice(kept.length + floatYs.length)
    const parts = instantiate(gradient, [...given, ...captured, ...carry.slice(0, floatCarries.length), ...gYs])
    const nextCarry = floatCarries.map((k, i) => {
      const at = savedGs.indexOf(k)
      return at < 0 ? parts[i]! : add(parts[i]!, late[at]!)
    })
    const sums = wantedCaptured.map((_, i) =>
      add(carry[floatCarries.length + i]!, parts[floatCarries.length + wantedXs.length + i]!),
    )
    return {
      carry: [...nextCarry, ...sums],
      y: parts.slice(floatCarries.length, floatCarries.length + wantedXs.length),
    }
  }
  const result = scanNodes(step, start, rows, { length, reverse: !reverse })
  const cotangents: (Node | null)[] = inputs.map(() => null)
  for (const [i, k] of floatCarries.entries()) cotangents[k] = result.carry[i]!
  for (const [i, k] of wantedXs.entries()) cotangents[carries + k] = result.ys[i]!
  for (const [i, k] of wantedCaptured.entries())
    cotangents[carries + sequences + k] = result.carry[floatCarries.length + i]!
  return cotangents
}

/** The loop over a further axis of some of its inputs: the carried values all have it then, and sequences have it second. */
const batchScan = (inputs: readonly Node[], batched: readonly boolean[], attrs: ScanAttrs): Node[] => {
  const { body, carries, sequences, length, reverse } = attrs
  const size = inputs[batched.indexOf(true)]!.shape[0]!
  const init = inputs.slice(0, carries).map((x, i) => (batched[i] ? x : broadcastTo(x, [size, ...x.shape])))
  const isBatched = (k: number): boolean => batched[carries + k]!
  const swap = (x: Node): Node => transpose(x, [1, 0, ...x.shape.slice(2).map((_, i) => i + 2)])
  const xs = inputs.slice(carries, carries + sequences).map((x, k) => (isBatched(k) ? swap(x) : x))
  const captured = inputs.slice(carries + sequences)
  const step = (carry: readonly Node[], row: readonly Node[]): { carry: Node[]; y: Node[] } => {
    const marks = [...carry.map(() => true), ...batched.slice(carries)]
    const results = batchProgram(body.program, [...carry, ...row, ...captured], marks, size)
    return { carry: results.slice(0, carries), y: results.slice(carries) }
  }
  const result = scanTuple(step, init, xs, { length, reverse })
  return result.map((node, k) => (k < carries ? node : swap(node)))
}

const scanOp: Op<ScanAttrs> = {
  name: 'scan',
  anyDType: true,
  formula: '(cₜ₊₁, yₜ) = f(cₜ, xₜ) for t = 0 … n − 1',
  source: 'ONNX operator Scan, opset 21',
  infer: (_inputs, attrs) => outputTypes(attrs)[0] ?? { shape: [], dtype: 'float32' },
  // The body may hold what no engine computes; what only asks for an order has none in a loop.
  host: ({ body }) => body.program.instructions.some(ins => runsOnHost(ins) && !ins.op!.passes),
  tuple: {
    types: (inputs, attrs) => {
      const types = outputTypes(attrs)
      const { carries, length } = attrs
      return [
        ...types.slice(0, carries),
        ...types.slice(carries).map(type => stacked(type, length)),
        ...inputs.slice(0, carries).map(type => stacked(type, length)),
      ]
    },
    vjp: scanVjp,
    kernel: runScan,
    batch: batchScan,
    lower: (b, inputs, outs, { body, carries, sequences, reverse }, used) => {
      const captured = inputs.slice(carries + sequences)
      const count = body.program.outputs.length
      const wanted = outs.map((_, k) => k < carries || used[k]!)
      const outputs = Array.from({ length: count }, (_, k) => k).filter(k => wanted[k]!)
      const passed = Array.from({ length: carries }, (_, k) => k).filter(k => wanted[count + k]!)
      const graph = b.subgraph(body.program, captured, outputs, passed)
      const order = reverse ? 1 : 0
      const kept = outputs.length + passed.length
      const names = b.ops(
        'Scan',
        inputs.slice(0, carries + sequences).map(v => v.name),
        kept,
        {
          body: graph,
          num_scan_inputs: sequences,
          scan_input_directions: new Array<number>(sequences).fill(order),
          // An empty list would be written as an attribute without a type.
          ...(kept > carries && { scan_output_directions: new Array<number>(kept - carries).fill(order) }),
        },
      )
      let next = 0
      return outs.map((_, k) => (wanted[k] ? names[next++]! : ''))
    },
  },
  checks: { samples: [] },
}

export interface ScanOptions {
  /** Steps; needed where there is no sequence, otherwise the size of the sequences' first axis. */
  readonly length: number
  /** From the last step to the first. Default false. */
  readonly reverse?: boolean
}
export type ScanStep = (
  carry: readonly Node[],
  row: readonly Node[],
) => { readonly carry: readonly Node[]; readonly y: readonly Node[] }

const requireSameTypes = (before: readonly Node[], after: readonly Node[]): void => {
  for (const [k, a] of before.entries()) {
    const b = after[k]
    if (b && sameShape(a.shape, b.shape) && a.dtype === b.dtype) continue
    const got = b ? `${b.dtype} ${show(b.shape)}` : 'nothing'
    throw new ShapeError(
      `scan: carried value ${k} is ${a.dtype} ${show(a.shape)} before a step and ${got} after it. A step must return carried values of the same shapes and dtypes.`,
      { before: a.shape, after: b?.shape },
    )
  }
}

/** All results of the node, those for the gradient too. */
const scanTuple = (step: ScanStep, init: readonly Node[], xs: readonly Node[], options: ScanOptions): Node[] => {
  const { length } = options
  // ONNX loops over a sequence: where there is none, over the numbers of the steps.
  const sequences = xs.length > 0 ? xs : [arange(length, 'int32')]
  const rowType = (x: Node): TensorType => ({ shape: x.shape.slice(1) as Shape, dtype: x.dtype })
  const { body, captured } = traceBody(
    params => {
      const { carry, y } = step(params.slice(0, init.length), params.slice(init.length, init.length + xs.length))
      requireSameTypes(init, carry)
      return [...carry, ...y]
    },
    [...init, ...sequences.map(rowType)],
  )
  const attrs: ScanAttrs = {
    body,
    carries: init.length,
    sequences: sequences.length,
    length,
    reverse: options.reverse ?? false,
  }
  return applyTuple(scanOp, [...init, ...sequences, ...captured], attrs)
}

/** Runs `step` along the first axis of `xs`: the carried values at the end, and the stacked outputs. */
export const scanNodes = (
  step: ScanStep,
  init: readonly Node[],
  xs: readonly Node[],
  options: ScanOptions,
): { carry: Node[]; ys: Node[] } => {
  const results = scanTuple(step, init, xs, options)
  return { carry: results.slice(0, init.length), ys: results.slice(init.length, results.length - init.length) }
}
