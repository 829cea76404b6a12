import { describe, expect, test } from 'vitest'
import type { Buffer } from '../../src/core/buffer.ts'
import { type DType, isFloat, valuesOf } from '../../src/core/dtype.ts'
import { ArgumentError, DTypeError, EngineError } from '../../src/core/errors.ts'
import { show } from '../../src/core/shape.ts'
import { batchNodes } from '../../src/autodiff/batch.ts'
import { jvp } from '../../src/autodiff/forward.ts'
import { vjp } from '../../src/autodiff/reverse.ts'
import { loadEngine } from '../../src/engine/engine.ts'
import { compileStages } from '../../src/engine/split.ts'
import { leaf, type Node } from '../../src/graph/node.ts'
import type { InputSpec, Op, Sample } from '../../src/graph/op.ts'
import { programOf } from '../../src/graph/program.ts'
import { apply, applyTuple } from '../../src/ops/apply.ts'
import { type Drawn, draw, drawUniform, typed } from './draw.ts'

/**
 * Largest error of float32 against float64, relative to max(1, |x|), where a record names none: 2e-6 is 17 units of the last
 * place of a number of size 1 (2^-23 = 1.2e-7 apart). A correctly rounded operation needs half a unit, ONNX Runtime's vectorised
 * exp, tanh and erf up to 4, and the compositions checked here (sums of a few dozen terms, softmax) stay under 10.
 */
export const defaultTolerance = 2e-6
/** The same for float64 kernels: the operations are the same, the digits 2^-52; exp and erf differ by some units between libraries. */
export const float64Tolerance = 1e-13
/** Of central differences with a step of 6e-6 (the cube root of 2^-52): truncation h²·f‴ ≈ 4e-11·f‴, rounding 2^-52/h ≈ 4e-11. */
export const gradientTolerance = 1e-6
const step = 6e-6

/** What native says where ONNX Runtime has no kernel for a dtype: the only refusal that a check accepts. */
export const noKernel =
  /^native: ONNX Runtime has no \w+ kernel for the dtype that \w+ was given\. Convert with x\.to\('float32'\), or use the reference engine\.$/

/** Operations that native refused, by dtype, filled as the checks run. */
export const refused = new Map<DType, Set<string>>()
/** Operations whose first and second gradient were held against differences at least once. */
export const differentiated = { first: new Set<string>(), second: new Set<string>() }
/** Operations whose forward direction was held against the reverse, and whose rule for a further axis against a loop. */
export const transposed = new Set<string>()
export const batchedOps = new Set<string>()

/** The results of an operation that has one or several. */
const resultsOf = (op: Op, { attrs = {} }: Sample, inputs: readonly Node[]): Node[] =>
  op.tuple ? applyTuple(op, inputs, attrs) : [apply(op, inputs, attrs)]
const vjpOf = (op: Op) => op.vjp ?? op.tuple?.vjp

const isFloatSpec = (x: Drawn): boolean => x.dtype === 'float' || isFloat(x.dtype)
const dtypeOf = (x: Drawn, float: DType): DType => (x.dtype === 'float' ? float : x.dtype)
const leavesOf = (inputs: readonly Drawn[], float: DType): Node[] =>
  inputs.map((x, index) => leaf({ shape: x.shape, dtype: dtypeOf(x, float) }, { kind: 'argument', index }))

/** Values of nodes whose leaves are arguments, on an engine. To be disposed of: a native session holds threads. */
interface Prepared extends AsyncDisposable {
  run(buffers: readonly Buffer[]): Promise<Buffer[]>
}
const prepare = async (engine: string, outputs: readonly Node[]): Promise<Prepared> => {
  const { program, leaves } = programOf(outputs)
  const executable = await compileStages(await loadEngine(engine), program)
  const places = leaves.map(n => (n.source as { readonly index: number }).index)
  return {
    run: buffers => executable.run(places.map(i => buffers[i]!)),
    [Symbol.asyncDispose]: () => executable.dispose(),
  }
}

/** One run of a sample in a dtype on an engine: each of the operation's results. */
export const runSample = async (op: Op, sample: Sample, inputs: readonly Drawn[], engine: string, float: DType) => {
  const outs = resultsOf(op, sample, leavesOf(inputs, float))
  await using prepared = await prepare(engine, outs)
  const buffers = await prepared.run(inputs.map(x => typed(x, float)))
  return outs.map(({ shape, dtype }, i) => {
    expect(buffers[i]!.dtype).toBe(dtype)
    const values = Array.from<number | bigint, number>(valuesOf(dtype, buffers[i]!.array), Number)
    return { values, dtype, shape }
  })
}

/** Throws unless floats agree to the tolerance, relative to max(1, |x|), and everything else exactly. */
export const expectClose = (
  got: readonly number[],
  expected: readonly number[],
  tolerance: number,
  what: string,
): void => {
  expect(got.length, `${what}: number of elements`).toBe(expected.length)
  for (const [i, x] of expected.entries()) {
    const y = got[i]!
    if (Object.is(x, y) || x === y) continue
    const error = Math.abs(y - x) / Math.max(1, Math.abs(x))
    // A NaN on one side only, or an infinity, makes the error NaN or infinite.
    if (!(error <= tolerance))
      expect.fail(`${what}: element ${i} is ${y}, expected ${x}: off by ${error}, allowed ${tolerance}`)
  }
}

const titleOf = ({ inputs, attrs }: Sample): string => {
  const args = inputs.map(x => `${x.dtype ?? 'float'}${show(x.shape)}`).join(', ')
  return attrs ? `${args} ${JSON.stringify(attrs)}` : args
}

interface Case {
  readonly op: Op
  readonly sample: Sample
  readonly title: string
  readonly inputs: readonly Drawn[]
  /** The same, away from kinks. */
  readonly smooth: readonly Drawn[]
}
const casesOf = (op: Op): Case[] =>
  op.checks.samples.map((sample, i) => ({
    op,
    sample,
    title: titleOf(sample),
    inputs: sample.inputs.map((spec, k) => draw(spec, `${op.name} ${i} ${k}`)),
    smooth: sample.inputs.map((spec, k) => draw(spec, `${op.name} ${i} ${k}`, op.checks.kinks)),
  }))

// --- engine against reference ---------------------------------------------------------------------------------------------
const checkEngine = async ({ op, sample, inputs, title }: Case, engine: string, float: DType): Promise<void> => {
  const expected = await runSample(op, sample, inputs, 'reference', 'float64')
  const got = await runSample(op, sample, inputs, engine, float)
  for (const [i, { values, dtype, shape }] of got.entries()) {
    expect(shape).toEqual(expected[i]!.shape)
    const tolerance =
      halfTolerance[dtype] ?? (float === 'float64' ? float64Tolerance : (op.checks.tolerance ?? defaultTolerance))
    expectClose(values, expected[i]!.values, isFloat(dtype) ? tolerance : 0, `${op.name} ${title}, result ${i}`)
  }
}

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

const otherDTypes: readonly DType[] = ['int32', 'int64', 'uint8', 'bool']
/** Computed in wider ones by the engine, for all operations alike: one sample each is enough. */
const narrowDTypes: readonly DType[] = ['float16', 'bfloat16', 'int8', 'int16', 'uint16', 'uint32', 'uint64']
/** One unit of the last place of a number of size 1: both engines round once, from results that differ by much less. */
const halfTolerance: Partial<Record<DType, number>> = { float16: 2 ** -10, bfloat16: 2 ** -7 }
/** The case with its inputs of the dtype under test given another dtype, where the operation takes that. */
const inDType = (c: Case, dtype: DType): Case | null => {
  // What makes matrices regular holds for other floats too.
  const kept = (x: InputSpec): InputSpec => (x.diagonal !== undefined && isFloat(dtype) ? x : { shape: x.shape })
  const specs = c.sample.inputs.map(x => ((x.dtype ?? 'float') === 'float' ? { ...kept(x), dtype } : x))
  const types = specs.map(x => ({ shape: x.shape, dtype: x.dtype as DType }))
  try {
    c.op.infer(types, c.sample.attrs ?? {})
  } catch (error) {
    // A dtype that it does not take, or an option that the dtype cannot hold.
    if (error instanceof DTypeError || error instanceof ArgumentError) return null
    throw error
  }
  const sample = { ...c.sample, inputs: specs }
  const inputs = specs.map((spec, k) => draw(spec, `${c.op.name} ${c.title} ${dtype} ${k}`))
  return { ...c, sample, inputs, title: titleOf(sample) }
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
    for (const c of cases.filter(c => c.sample.inputs.some(x => (x.dtype ?? 'float') === 'float'))) {
      const narrow = c === cases.find(x => x.inputs.some(i => i.shape.length > 0)) ? narrowDTypes : []
      for (const dtype of [...otherDTypes, ...narrow]) {
        const other = inDType(c, dtype)
        if (other) test(`is exact or refused on native: ${other.title}`, () => checkOrRefuse(other, 'float32', dtype))
      }
    }
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
