import { isFloat } from '../core/dtype.ts'
import { type Body, traceBody } from '../graph/body.ts'
import type { Node, TensorType } from '../graph/node.ts'
import type { Op } from '../graph/op.ts'
import { instantiate } from '../graph/program.ts'
import { apply, applyTuple } from '../ops/apply.ts'
import { fullLike } from '../ops/arithmetic.ts'
import { broadcastTo, sum } from '../ops/broadcast.ts'
import { batchProgram } from './batch.ts'
import { gradientProgram } from './reverse.ts'

/** Cotangents of `inputs` from those of `values`; it knows no other nodes than those it is given. */
export type CustomVjp = (
  gs: readonly Node[],
  values: readonly Node[],
  inputs: readonly Node[],
) => readonly (Node | null)[]

/**
 * Values that pass unchanged, with a gradient of their own: inputs are the values, then what the gradient is for. The node computes
 * nothing, so two of them with different gradients may well be one to a program.
 */
const customOp = (count: number, vjp: CustomVjp): Op => ({
  name: 'customGradient',
  formula: 'y, with a gradient of its own',
  anyDType: true,
  infer: ([y]) => y!,
  tuple: {
    types: inputs => inputs.slice(0, count),
    kernel: (inputs, outs) => {
      for (const [i, out] of outs.entries()) out.data.set(inputs[i]!.data)
    },
    lower: (_b, inputs) => inputs.slice(0, count).map(v => v.name),
    vjp: (gs, all) => {
      const [values, inputs] = [all.slice(0, count), all.slice(count)]
      const cotangents = gs.map((g, i) => g ?? fullLike(values[i]!, 0))
      return [...values.map(() => null), ...vjp(cotangents, values, inputs)]
    },
    batch: (inputs, batched) => batchCustom(inputs, batched, count, vjp),
  },
  checks: { samples: [] },
})

/** The values over a further axis. The rule stands for one example: it is traced for one and batched in turn. */
const batchCustom = (
  all: readonly Node[],
  batched: readonly boolean[],
  count: number,
  vjp: CustomVjp,
): readonly Node[] => {
  const size = all[batched.indexOf(true)]!.shape[0]!
  const values = all.slice(0, count).map((y, i) => (batched[i] ? y : broadcastTo(y, [size, ...y.shape])))
  const marks = [...values.map(() => true), ...batched.slice(count)]
  const one = (node: Node, mark: boolean): TensorType => ({
    shape: mark ? node.shape.slice(1) : node.shape,
    dtype: node.dtype,
  })
  return withGradient(values, all.slice(count), (gs, ys, xs) => {
    const given = [...gs, ...ys, ...xs]
    const markOf = [...gs.map(() => true), ...marks]
    let parts: readonly (Node | null)[] = []
    const { body, captured } = traceBody(
      params => {
        parts = vjp(params.slice(0, count), params.slice(count, 2 * count), params.slice(2 * count))
        return parts.filter(part => part !== null)
      },
      given.map((node, i) => one(node, markOf[i]!)),
    )
    const results = batchProgram(body.program, [...given, ...captured], [...markOf, ...captured.map(() => false)], size)
    let next = 0
    // What all examples share gets the sum of their cotangents.
    return parts.map((part, i) => {
      if (part === null) return null
      const result = results[next++]!
      return batched[count + i] ? result : sum(result, 0)
    })
  })
}

/** `values` with the gradient that `vjp` gives for `inputs`. */
export const withGradient = (values: readonly Node[], inputs: readonly Node[], vjp: CustomVjp): Node[] =>
  applyTuple(customOp(values.length, vjp), [...values, ...inputs], {})

/**
 * The first input, not before the others are known. On the host, because an engine orders by itself what it computes: there the
 * program is split.
 */
const afterOp: Op = {
  name: 'after',
  formula: 'x, once the others are computed',
  anyDType: true,
  host: () => true,
  passes: true,
  infer: ([x]) => ({ shape: x!.shape, dtype: x!.dtype }),
  vjp: (g, inputs) => inputs.map((_, i) => (i === 0 ? g : null)),
  kernel: ([x], out) => out.data.set(x!.data),
  lower: (_b, [x]) => x!.name,
  batch: ([x, ...others], batched) =>
    batched[0] ? apply(afterOp, [x!, ...others], {}) : broadcastLike(x!, others, batched),
  checks: { samples: [{ inputs: [{ shape: [3] }, { shape: [2] }] }] },
}
const broadcastLike = (x: Node, others: readonly Node[], batched: readonly boolean[]): Node => {
  const size = others[batched.indexOf(true) - 1]!.shape[0]!
  return broadcastTo(apply(afterOp, [x, ...others], {}), [size, ...x.shape])
}

/** The values of a traced function with a gradient that runs it again. */
const recomputed = (body: Body, inputs: readonly Node[]): Node[] => {
  const values = instantiate(body.program, inputs)
  const floats = values.flatMap((y, i) => (isFloat(y.dtype) ? [i] : []))
  const wrt = inputs.flatMap((x, i) => (isFloat(x.dtype) ? [i] : []))
  const gradient = gradientProgram(body.program, floats, wrt)
  return withGradient(values, inputs, (gs, _values, xs) => {
    const cotangents = floats.map(i => gs[i]!)
    // Not before its cotangents are there: until then nothing of it is kept.
    const again = xs.map(x => apply(afterOp, [x, ...cotangents], {}))
    const parts = instantiate(gradient, [...again, ...cotangents])
    return xs.map((_, i) => (wrt.includes(i) ? parts[wrt.indexOf(i)]! : null))
  })
}

/**
 * The values of `build`, whose gradient computes them again instead of keeping what lies between.
 *
 * Source: Chen et al. 2016, "Training deep nets with sublinear memory cost", section 4.
 */
export const checkpointNodes = (
  build: (params: readonly Node[]) => readonly Node[],
  inputs: readonly Node[],
): Node[] => {
  const { body, captured } = traceBody(build, inputs)
  return recomputed(body, [...inputs, ...captured])
}

export const controlOps: readonly Op[] = [afterOp]
