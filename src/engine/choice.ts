import type { DType } from '../core/dtype.ts'
import { sizeOf } from '../core/shape.ts'
import { Body } from '../graph/body.ts'
import type { Instruction, Program } from '../graph/program.ts'
import { isFixed, type Loop } from './kernels/elementwise-layout.ts'

// Who computes a program: the engine's session, a fused kernel, or, where it is tiny, the reference's kernels. The choice is a function of the
// program alone, never of a time that was taken: equal programs give equal bytes in every run.

export type Executor = 'session' | 'fused' | 'interpreter'

/**
 * Microseconds, fitted to runs of `npm run bench -- small` on 2 cores with AVX-512 (Node 20, onnxruntime-node 1.30), of which
 * docs/decisions/0011-small-graphs.md shows some. Single ones are within a factor of two of what another run gives; what counts is who is faster, and
 * where two are near each other either will do. On other machines all are larger or smaller together, but for the threads and the width of
 * vectors that a native session has.
 */
export const costs = {
  /**
   * To make ready, and more for each instruction; to run, and more for each instruction, for each element that one writes, for each step and
   * element of what a fused kernel would do, for each element that comes in or goes out.
   */
  session: {
    native: { compile: 350, compileEach: 50, run: 7, runEach: 0.4, element: 8e-5, step: 5e-6, moved: 1e-4 },
    wasm: { compile: 380, compileEach: 100, run: 9, runEach: 0.4, element: 2e-4, step: 4e-5, moved: 1.5e-4 },
  },
  /** As above, with more for each call of the host and for each row of an operand that is copied row by row. */
  fused: { compile: 100, compileEach: 3.5, run: 0.4, moved: 8e-5, step: 4e-5, call: 6e-3, row: 1.5e-2 },
  /** To run, and more for each operation, for one that has no kernel but is composed, and for each unit of its work. */
  interpreter: { run: 1, runEach: 2, composed: 30, element: 0.05 },
} as const
type SessionCosts = (typeof costs.session)[keyof typeof costs.session]

/**
 * How often a program is run, on average: short ones are single expressions, long ones compiled functions and steps of training.
 */
const expectedRuns = (instructions: number): number => Math.max(20, 10 * instructions)

export interface Choice {
  readonly executor: Executor
  /** Microseconds a run with its share of the compilation; null where it cannot be. */
  readonly estimates: Readonly<Record<Executor, number | null>>
  readonly loops: readonly Loop[] | null
}

/** The elements that an instruction reads and writes. */
const touched = ({ instructions }: Program, ins: Instruction): number =>
  (ins.parts ?? [ins]).reduce((n, { shape }) => n + sizeOf(shape), 0) +
  ins.inputs.reduce((n, i) => n + sizeOf(instructions[i]!.shape), 0) +
  (ins.op?.holds?.(ins.attrs) ?? 0)

const sessionCost = (c: SessionCosts, program: Program, computed: readonly Instruction[], loops: Choice['loops']) => {
  const written = computed.reduce((n, ins) => n + sizeOf(ins.shape), 0)
  const ends = [...program.inputs, ...program.outputs].reduce((n, i) => n + sizeOf(program.instructions[i]!.shape), 0)
  // How much an operation computes is known from its loop, where it has one.
  const steps = (loops ?? []).reduce((n, loop) => n + loop.size * stepsOf(loop), 0)
  const run = c.run + c.runEach * computed.length + c.element * written + c.step * steps + c.moved * ends
  return { run, compile: c.compile + c.compileEach * computed.length }
}

/** Instructions of a loop, a call of the host counted as many. */
const stepsOf = ({ lanes: { steps } }: Loop): number =>
  steps.reduce((n, step) => n + (step.fixed ? 0 : step.kind === 'host' ? costs.fused.call / costs.fused.step : 1), 0)
const fusedCost = (loops: readonly Loop[]): { run: number; compile: number } => {
  const { compile, compileEach, run, moved, step, row } = costs.fused
  const total = { compile: 0, run: 0 }
  for (const loop of loops) {
    const arrays = loop.operands.filter(o => !isFixed(o.pattern)).length + loop.results.length
    const rows = loop.operands.map(({ pattern }) => (pattern.length > 1 ? loop.size / pattern.at(-1)![0] : 0))
    total.compile += compile + compileEach * loop.lanes.steps.length
    total.run += run + loop.size * (moved * arrays + step * stepsOf(loop)) + row * rows.reduce((a, b) => a + b, 0)
  }
  return total
}

/** Dtypes in which the reference's kernels give what an engine does: 64-bit integers are exact to 2^53 only. */
const interpreted: readonly DType[] = ['float32', 'int32', 'bool']
const interpretable = ({ instructions }: Program, ins: Instruction): boolean => {
  const types = [...(ins.parts ?? [ins]), ...ins.inputs.map(i => instructions[i]!)]
  if (types.some(({ dtype }) => !interpreted.includes(dtype))) return false
  if (Object.values(ins.attrs).some(value => value instanceof Body)) return false
  // A product of integers may pass 2^53 before it is wrapped.
  return ins.dtype !== 'int32' || !ins.inputs.some(i => instructions[i]!.dtype === 'int32')
}
/** A bound of the work of an operation: of a matrix product [m, k]·[k, n] the root is m k n. */
const workOf = ({ instructions }: Program, ins: Instruction): number => {
  const sizes = [ins, ...ins.inputs.map(i => instructions[i]!)].map(({ shape }) => Math.max(1, sizeOf(shape)))
  const held = ins.op?.holds?.(ins.attrs)
  if (held !== undefined) sizes.push(held)
  return Math.max(Math.sqrt(sizes.reduce((a, b) => a * b, 1)), ...sizes)
}
const interpreterCost = (program: Program, computed: readonly Instruction[]): number | null => {
  const c = costs.interpreter
  let run = c.run
  for (const ins of computed) {
    if (!interpretable(program, ins)) return null
    const hasKernel = ins.op!.pick ?? (ins.op!.kernel || ins.op!.tuple?.kernel)
    run += hasKernel ? c.runEach + c.element * workOf(program, ins) : c.composed + 10 * c.element * workOf(program, ins)
  }
  return run
}

/** Programs with more elements than this are no case for the interpreter, whatever they compute. */
const tiny = 4096

/** The executor that costs least for a program on an engine; the engine's own session where it is the only one. */
export const choose = (engine: string, program: Program, loops: readonly Loop[] | null): Choice => {
  const own = costs.session[engine as keyof typeof costs.session]
  const computed = program.instructions.filter(ins => ins.op !== null)
  const runs = expectedRuns(computed.length)
  const session = sessionCost(own, program, computed, loops)
  const fused = loops && fusedCost(loops)
  const small = computed.reduce((n, ins) => n + touched(program, ins), 0) <= tiny
  const estimates = {
    session: session.run + session.compile / runs,
    fused: fused && fused.run + fused.compile / runs,
    interpreter: small ? interpreterCost(program, computed) : null,
  }
  let executor: Executor = 'session'
  for (const other of ['fused', 'interpreter'] as const)
    if (estimates[other] !== null && estimates[other] < estimates[executor]!) executor = other
  return { executor, estimates, loops }
}

/** Whether an engine leaves to others what they compute faster. */
export const chooses = (engine: string): boolean => Object.hasOwn(costs.session, engine)
