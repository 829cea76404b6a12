import { describe, expect, test } from 'vitest'
import { type DType, isFloat } from '../../src/core/dtype.ts'
import { EngineError } from '../../src/core/errors.ts'
import { batchNodes } from '../../src/autodiff/batch.ts'
import { jvp } from '../../src/autodiff/forward.ts'
import { vjp } from '../../src/autodiff/reverse.ts'
import { leaf, type Node } from '../../src/graph/node.ts'
import type { Op } from '../../src/graph/op.ts'
import { apply } from '../../src/ops/apply.ts'
import { type Drawn, draw, drawUniform, typed } from './draw.ts'
import {
  type Case,
  casesOf,
  checkEngine,
  defaultTolerance,
  expectClose,
  inOtherDTypes,
  isFloatSpec,
  leavesOf,
  noKernel,
  prepare,
  resultsOf,
} from './engine-cases.ts'

/** Of central differences with a step of 6e-6 (the cube root of 2^-52): truncation h²·f‴ ≈ 4e-11·f‴, rounding 2^-52/h ≈ 4e-11. */
export const gradientTolerance = 1e-6
const step = 6e-6

/** Operations that native refused, by dtype, filled as the checks run. */
export const refused = new Map<DType, Set<string>>()
/** Operations whose first and second gradient were held against differences at least once. */
export const differentiated = { first: new Set<string>(), second: new Set<string>() }
/** Operations whose forward direction was held against the reverse, and whose rule for a further axis against a loop. */
export const transposed = new Set<string>()
export const batchedOps = new Set<string>()

const vjpOf = (op: Op) => op.vjp ?? op.tuple?.vjp

/** Passes too where native refuses in the documented words: a missing kernel may cost a conversion, never a wrong result. */
const checkOrRefuse = async (c: Case, float: DType, dtype: DType): Promise<void> => {
  try {
    await checkEngine(c, 'native', float)
  } catch (error) {
    if (!(error instanceof EngineError)) throw error
    expect(error.message).toMatch(noKernel)
    refused.set(dtype, (refused.get(dtype) ?? new Set()).add(c.op.name))
  }
}

// --- gradients against differences ----------------------------------------------------------------------------------------
/** Outputs whose gradient is wanted, each with the cotangent that it is contracted with. */
interface Contraction {
  readonly outputs: readonly Node[]
  readonly cotangents: readonly Node[]
  /** Inputs, then cotangents. */
  readonly values: readonly Drawn[]
}

const floatsOf = (inputs: readonly Node[]): Node[] => inputs.filter(n => isFloat(n.dtype))

/** A cotangent for each output, as further arguments. */
const contract = (outputs: readonly Node[], values: readonly Drawn[], name: string): Contraction => {
  const drawn = outputs.map((n, i) => drawUniform(n.shape, `${name} cotangent ${i}`))
  const cotangents = outputs.map((n, i) => leaf(n, { kind: 'argument', index: values.length + i }))
  return { outputs, cotangents, values: [...values, ...drawn] }
}

/** Holds Σ ⟨output, cotangent⟩, differentiated by every input, against its central differences. */
const checkContraction = async (c: Contraction, inputs: readonly Node[], title: string): Promise<void> => {
  const wrt = floatsOf(inputs)
  await using gradient = await prepare('reference', vjp(c.outputs, wrt, c.cotangents))
  await using value = await prepare('reference', c.outputs)
  const buffers = c.values.map(x => typed(x, 'float64'))
  const weights = c.values.slice(c.values.length - c.cotangents.length).map(x => x.values)
  const contracted = async (): Promise<number> => {
    const results = await value.run(buffers)
    let total = 0
    for (const [i, { array }] of results.entries())
      for (let k = 0; k < array.length; k++) total += Number(array[k]) * weights[i]![k]!
    return total
  }
  const exact = await gradient.run(buffers)
  for (const [i, node] of wrt.entries()) {
    const k = inputs.indexOf(node)
    const x = buffers[k]!.array as Float64Array
    const differences: number[] = []
    for (let j = 0; j < x.length; j++) {
      const at = x[j]!
      const h = step * Math.max(1, Math.abs(at))
      x[j] = at + h
      const above = await contracted()
      x[j] = at - h
      const below = await contracted()
      x[j] = at
      differences.push((above - below) / (2 * h))
    }
    expectClose(Array.from(exact[i]!.array, Number), differences, gradientTolerance, `${title}, input ${k}`)
  }
}

/** Whether the sample can be differentiated: all its floats are the dtype under test, and the result is a float. */
const canDifferentiate = ({ op, sample, smooth }: Case): boolean => {
  if (!(vjpOf(op) || op.compose) || !smooth.some(isFloatSpec)) return false
  if (smooth.some(x => isFloatSpec(x) && x.dtype !== 'float')) return false
  return op.infer(leavesOf(smooth, 'float64'), sample.attrs ?? {}).dtype === 'float64'
}

const checkGradient = async (c: Case): Promise<void> => {
  const inputs = leavesOf(c.smooth, 'float64')
  const outs = floatsOf(resultsOf(c.op, c.sample, inputs))
  await checkContraction(contract(outs, c.smooth, c.title), inputs, `${c.op.name} ${c.title}`)
  differentiated.first.add(c.op.name)
}

const checkSecondGradient = async (c: Case): Promise<void> => {
  const inputs = leavesOf(c.smooth, 'float64')
  const first = contract(floatsOf(resultsOf(c.op, c.sample, inputs)), c.smooth, c.title)
  // The cotangent of the first gradient is an input of the second: the gradient is linear in it.
  const all = [...inputs, ...first.cotangents]
  const gradients = vjp(first.outputs, floatsOf(inputs), first.cotangents)
  await checkContraction(contract(gradients, first.values, `${c.title} second`), all, `${c.op.name} ${c.title} twice`)
  differentiated.second.add(c.op.name)
}

// --- forward against reverse, and a further axis against a loop ------------------------------------------------------------
/** ⟨J t, g⟩ = ⟨t, Jᵀ g⟩ for random tangents and cotangents. */
const checkInnerProducts = async ({ op, sample, smooth, title }: Case): Promise<void> => {
  const inputs = leavesOf(smooth, 'float64')
  const c = contract(floatsOf(resultsOf(op, sample, inputs)), smooth, title)
  const wrt = floatsOf(inputs)
  const drawn = wrt.map((n, i) => drawUniform(n.shape, `${title} tangent ${i}`))
  const tangents = wrt.map((n, i) => leaf(n, { kind: 'argument', index: c.values.length + i }))
  const forward = jvp(c.outputs, wrt, tangents)
  await using prepared = await prepare('reference', [...forward, ...vjp(c.outputs, wrt, c.cotangents)])
  const results = await prepared.run([...c.values, ...drawn].map(x => typed(x, 'float64')))
  const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
    let total = 0
    for (let i = 0; i < a.length; i++) total += a[i]! * b[i]!
    return total
  }
  const arrays = results.map(b => b.array as Float64Array)
  const total = (parts: readonly Float64Array[], others: readonly Drawn[]): number =>
    parts.reduce((sum, part, i) => sum + dot(part, others[i]!.values), 0)
  const left = total(arrays.slice(0, forward.length), c.values.slice(smooth.length))
  const right = total(arrays.slice(forward.length), drawn)
  expectClose([left], [right], 1e-10, `${op.name} ${title}: inner products`)
  transposed.add(op.name)
}

const examples = 3
/** Every way in which some inputs have examples and the others are shared: each alone, and all. */
const batchings = (count: number): boolean[][] => {
  const alone = Array.from({ length: count }, (_, k) => Array.from({ length: count }, (_, i) => i === k))
  return count > 1 ? [...alone, new Array<boolean>(count).fill(true)] : alone
}
/** The operation over a further axis against the operation on each example. */
const checkBatch = async ({ op, sample, inputs, title }: Case, batched: readonly boolean[]): Promise<void> => {
  const many = inputs.map((x, k) =>
    batched[k]
      ? Array.from({ length: examples }, (_, e) => draw(sample.inputs[k]!, `${op.name} ${title} ${k} example ${e}`))
      : [x],
  )
  const stacked = many.map(([first, ...rest], k) => {
    if (!batched[k]) return first!
    const all = [first!, ...rest]
    const values = Float64Array.from(all.flatMap(x => [...x.values]))
    return { shape: [examples, ...first!.shape], dtype: first!.dtype, values }
  })
  const one = leavesOf(inputs, 'float64')
  const whole = leavesOf(stacked, 'float64')
  const known = new Map(one.map((n, k) => [n, { node: whole[k]!, batched: batched[k]! }]))
  await using together = await prepare('reference', batchNodes(resultsOf(op, sample, one), known, examples))
  const all = await together.run(stacked.map(x => typed(x, 'float64')))
  await using alone = await prepare('reference', resultsOf(op, sample, leavesOf(inputs, 'float64')))
  const expected = all.map((): number[] => [])
  for (let e = 0; e < examples; e++) {
    const buffers = await alone.run(many.map(list => typed(list[e] ?? list[0]!, 'float64')))
    for (const [i, buffer] of buffers.entries()) expected[i]!.push(...Array.from(buffer.array, Number))
  }
  for (const [i, buffer] of all.entries())
    expectClose(Array.from(buffer.array, Number), expected[i]!, 1e-12, `${op.name} ${title} batched ${batched}`)
  batchedOps.add(op.name)
}

// --- a composition against the kernel and the lowering that stand for it --------------------------------------------------
const checkComposition = async ({ op, sample, inputs, title }: Case): Promise<void> => {
  const attrs = sample.attrs ?? {}
  const both = async (engine: string, float: DType, tolerance: number): Promise<void> => {
    const leaves = leavesOf(inputs, float)
    await using prepared = await prepare(engine, [apply(op, leaves, attrs), op.compose!(leaves, attrs)])
    const [short, long] = await prepared.run(inputs.map(x => typed(x, float)))
    expect(short!.dtype).toBe(long!.dtype)
    expectClose(Array.from(short!.array, Number), Array.from(long!.array, Number), tolerance, `${op.name} ${title}`)
  }
  await both('reference', 'float64', 1e-12)
  await both('native', 'float32', 2 * (op.checks.tolerance ?? defaultTolerance))
}

/** The gradient rule against the derivative of the composition, both exact up to rounding. */
const checkCompositionGradient = async ({ op, sample, smooth, title }: Case): Promise<void> => {
  const attrs = sample.attrs ?? {}
  const inputs = leavesOf(smooth, 'float64')
  const c = contract([op.compose!(inputs, attrs)], smooth, title)
  const derived = vjp(c.outputs, floatsOf(inputs), c.cotangents)
  const ruled = vjp([apply(op, inputs, attrs)], floatsOf(inputs), c.cotangents)
  await using prepared = await prepare('reference', [...ruled, ...derived])
  const values = (await prepared.run(c.values.map(x => typed(x, 'float64')))).map(b => Array.from(b.array, Number))
  for (let i = 0; i < ruled.length; i++)
    expectClose(values[i]!, values[ruled.length + i]!, 1e-11, `${op.name} ${title}, input ${i}`)
}

/** The whole battery for one operation: every sample on every engine in every float dtype, its gradients, its composition. */
export const checkOp = (op: Op): void => {
  describe(op.name, () => {
    const cases = casesOf(op)
    const smooth = cases.filter(canDifferentiate)
    test('says what it is and has a sample', () => {
      expect(op.formula.length).toBeGreaterThan(0)
      expect(op.checks.samples.length).toBeGreaterThan(0)
      const { kernel, lower } = op.tuple ?? op
      expect(Boolean(kernel || op.compose), 'a kernel or a composition').toBe(true)
      expect(Boolean(lower || op.compose || op.host), 'a lowering, a composition or the host').toBe(true)
    })
    for (const c of cases) {
      test(`is the same on native in float32 as on the reference in float64: ${c.title}`, () =>
        checkEngine(c, 'native', 'float32'))
      test(`rounds to float32 on the reference: ${c.title}`, () => checkEngine(c, 'reference', 'float32'))
      test(`is right or refused on native in float64: ${c.title}`, () => checkOrRefuse(c, 'float64', 'float64'))
    }
    for (const c of smooth) {
      test(`has the gradient that differences find: ${c.title}`, () => checkGradient(c))
      test(`has the second gradient that differences find: ${c.title}`, () => checkSecondGradient(c))
      test(`is pushed forward as it is pulled back: ${c.title}`, () => checkInnerProducts(c))
    }
    for (const other of cases.flatMap(c => inOtherDTypes(c, cases)))
      test(`is exact or refused on native: ${other.case.title}`, () =>
        checkOrRefuse(other.case, other.float, other.dtype))
    if (op.batch || op.tuple?.batch) {
      for (const c of cases)
        for (const batched of batchings(c.inputs.length))
          test(`is the same over a further axis of inputs ${batched}: ${c.title}`, () => checkBatch(c, batched))
    }
    if (op.compose) {
      for (const c of cases) test(`equals its composition: ${c.title}`, () => checkComposition(c))
      if (op.vjp)
        for (const c of smooth)
          test(`has the gradient of its composition: ${c.title}`, () => checkCompositionGradient(c))
    }
  })
}
