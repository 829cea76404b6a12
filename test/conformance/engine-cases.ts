import type { Buffer } from '../../src/core/buffer.ts'
import { type DType, isFloat, valuesOf } from '../../src/core/dtype.ts'
import { ArgumentError, DTypeError } from '../../src/core/errors.ts'
import { sameShape, show } from '../../src/core/shape.ts'
import { type Executable, loadEngine } from '../../src/engine/engine.ts'
import { compileFastest } from '../../src/engine/fastest.ts'
import { compileElementwise, elementwiseLoops } from '../../src/engine/kernels/elementwise.ts'
import { compileStages } from '../../src/engine/split.ts'
import { leaf, type Node } from '../../src/graph/node.ts'
import type { InputSpec, Op, Sample } from '../../src/graph/op.ts'
import { type Program, programOf } from '../../src/graph/program.ts'
import { apply, applyTuple } from '../../src/ops/apply.ts'
import { type Drawn, draw, typed } from './draw.ts'

// An engine against the reference, without a test runner: Vitest uses it in Node, and so does a page in a browser.

/**
 * Largest error of float32 against float64, relative to max(1, |x|), where a record names none: 2e-6 is 17 units of the last
 * place of a number of size 1 (2^-23 = 1.2e-7 apart). A correctly rounded operation needs half a unit, ONNX Runtime's vectorised
 * exp, tanh and erf up to 4, and the compositions checked here (sums of a few dozen terms, softmax) stay under 10.
 */
export const defaultTolerance = 2e-6
/** The same for float64 kernels: the operations are the same, the digits 2^-52; exp and erf differ by some units between libraries. */
export const float64Tolerance = 1e-13

/** What an engine says where ONNX Runtime has no kernel for a dtype: the only refusal that a check accepts. */
export const noKernel =
  /^\w+: ONNX Runtime has no \w+ kernel for the dtype that \w+ was given\. Convert with x\.to\('float32'\), or use the reference engine\.$/

/** The results of an operation that has one or several. */
export const resultsOf = (op: Op, { attrs = {} }: Sample, inputs: readonly Node[]): Node[] =>
  op.tuple ? applyTuple(op, inputs, attrs) : [apply(op, inputs, attrs)]

export const isFloatSpec = (x: Drawn): boolean => x.dtype === 'float' || isFloat(x.dtype)
const dtypeOf = (x: Drawn, float: DType): DType => (x.dtype === 'float' ? float : x.dtype)
export const leavesOf = (inputs: readonly Drawn[], float: DType): Node[] =>
  inputs.map((x, index) => leaf({ shape: x.shape, dtype: dtypeOf(x, float) }, { kind: 'argument', index }))

/**
 * An executable of the engine itself; or of `fused`, the kernel of what is computed element by element; or of `chosen native` and `chosen
 * wasm`, what these leave small programs to.
 */
const compileOn = async (engine: string, program: Program): Promise<Executable> => {
  if (engine === 'fused') return compileElementwise(program, elementwiseLoops(program)!)
  const name = engine.replace(/^chosen /, '')
  const session = async (): Promise<Executable> => compileStages(await loadEngine(name), program)
  return name === engine ? session() : compileFastest(name, program, session, false)
}

/** Values of nodes whose leaves are arguments, on an engine. To be disposed of: a native session holds threads. */
interface Prepared extends AsyncDisposable {
  run(buffers: readonly Buffer[]): Promise<Buffer[]>
}
export const prepare = async (engine: string, outputs: readonly Node[]): Promise<Prepared> => {
  const { program, leaves } = programOf(outputs)
  const executable = await compileOn(engine, program)
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
    if (buffers[i]!.dtype !== dtype)
      throw new Error(`${op.name}: the result is ${buffers[i]!.dtype}, expected ${dtype}`)
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
  if (got.length !== expected.length) throw new Error(`${what}: ${got.length} elements, expected ${expected.length}`)
  for (const [i, x] of expected.entries()) {
    const y = got[i]!
    if (Object.is(x, y) || x === y) continue
    const error = Math.abs(y - x) / Math.max(1, Math.abs(x))
    // A NaN on one side only, or an infinity, makes the error NaN or infinite.
    if (!(error <= tolerance))
      throw new Error(`${what}: element ${i} is ${y}, expected ${x}: off by ${error}, allowed ${tolerance}`)
  }
}

const titleOf = ({ inputs, attrs }: Sample): string => {
  const args = inputs.map(x => `${x.dtype ?? 'float'}${show(x.shape)}`).join(', ')
  return attrs ? `${args} ${JSON.stringify(attrs)}` : args
}

export interface Case {
  readonly op: Op
  readonly sample: Sample
  readonly title: string
  readonly inputs: readonly Drawn[]
  /** The same, away from kinks. */
  readonly smooth: readonly Drawn[]
}
export const casesOf = (op: Op): Case[] =>
  op.checks.samples.map((sample, i) => ({
    op,
    sample,
    title: titleOf(sample),
    inputs: sample.inputs.map((spec, k) => draw(spec, `${op.name} ${i} ${k}`)),
    smooth: sample.inputs.map((spec, k) => draw(spec, `${op.name} ${i} ${k}`, op.checks.kinks)),
  }))

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

/**
 * Runs a case on an engine and throws unless it gives what the reference gives in float64. `atLeast` widens the tolerance for float32 on
 * an engine whose functions are less exact.
 */
export const checkEngine = async (
  { op, sample, inputs, title }: Case,
  engine: string,
  float: DType,
  atLeast = 0,
): Promise<void> => {
  const expected = await runSample(op, sample, inputs, 'reference', 'float64')
  const got = await runSample(op, sample, inputs, engine, float)
  for (const [i, { values, dtype, shape }] of got.entries()) {
    if (!sameShape(shape, expected[i]!.shape))
      throw new Error(`${op.name} ${title}: ${show(shape)} instead of ${show(expected[i]!.shape)}`)
    const single = Math.max(op.checks.tolerance ?? defaultTolerance, atLeast)
    const tolerance = halfTolerance[dtype] ?? (float === 'float64' ? float64Tolerance : single)
    expectClose(values, expected[i]!.values, isFloat(dtype) ? tolerance : 0, `${op.name} ${title}, result ${i}`)
  }
}

/** One thing that an engine is held against the reference by. */
export interface EngineCase {
  readonly case: Case
  /** What floats of no fixed dtype are. */
  readonly float: DType
  /** The dtype that the case is about. */
  readonly dtype: DType
}

/** A case in the other dtypes: all in which the operation is defined, the narrow ones for one sample only. */
export const inOtherDTypes = (c: Case, all: readonly Case[]): EngineCase[] => {
  if (!c.sample.inputs.some(x => (x.dtype ?? 'float') === 'float')) return []
  const narrow = c === all.find(x => x.inputs.some(i => i.shape.length > 0)) ? narrowDTypes : []
  return [...otherDTypes, ...narrow].flatMap(dtype => {
    const other = inDType(c, dtype)
    return other ? [{ case: other, float: 'float32' as const, dtype }] : []
  })
}

/** All that an engine is held against the reference by for one operation. */
export const engineCasesOf = (op: Op): EngineCase[] => {
  const cases = casesOf(op)
  return cases.flatMap(c => [
    { case: c, float: 'float32' as const, dtype: 'float32' as const },
    { case: c, float: 'float64' as const, dtype: 'float64' as const },
    ...inOtherDTypes(c, cases),
  ])
}
