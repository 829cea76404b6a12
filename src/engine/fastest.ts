import type { Program } from '../graph/program.ts'
import { sizeOf } from '../core/shape.ts'
import { type Choice, choose, chooses, type Executor } from './choice.ts'
import { debugs, tell } from './debug.ts'
import type { Executable } from './engine.ts'
import { compileElementwise, elementwiseLoops } from './kernels/elementwise.ts'
import { referenceEngine } from './reference/reference.ts'

/** The reference's kernels. What they refuse the engine is asked, so that an error is in its words. */
const compileInterpreted = async (program: Program, session: () => Promise<Executable>): Promise<Executable> => {
  const interpreter = await referenceEngine.compile(program)
  let engine: Promise<Executable> | null = null
  return {
    run: async (inputs, into) => {
      try {
        return await interpreter.run(inputs, into)
      } catch {
        engine ??= session()
        return (await engine).run(inputs, into)
      }
    },
    dispose: async () => {
      await engine?.then(e => e.dispose()).catch(() => {})
    },
  }
}

const compileChosen = (
  { executor, loops }: Choice,
  program: Program,
  session: () => Promise<Executable>,
): Promise<Executable> => {
  switch (executor) {
    case 'session':
      return session()
    case 'fused':
      return compileElementwise(program, loops!)
    case 'interpreter':
      return compileInterpreted(program, session)
  }
}

const names: Record<Executor, string> = { session: 'session', fused: 'fused kernel', interpreter: 'interpreter' }
const describe = (engine: string, choice: Choice | null, program: Program, milliseconds: number): string => {
  const computed = program.instructions.filter(ins => ins.op !== null)
  const elements = computed.reduce((n, ins) => n + sizeOf(ins.shape), 0)
  const estimates = Object.entries(choice?.estimates ?? {}).flatMap(([name, us]) =>
    us === null ? [] : [`${names[name as Executor]} ${us.toPrecision(3)}`],
  )
  const why = choice ? `estimated µs a run: ${estimates.join(', ')}` : 'no choice'
  const what = `${computed.length} instructions, ${elements} elements`
  return `${engine}: ${names[choice?.executor ?? 'session']} for ${what}; ${why}; compiled in ${milliseconds.toFixed(2)} ms`
}

/**
 * A program made ready by whoever is expected to compute it fastest on the engine: its session, a fused kernel or the interpreter. With
 * GRADUS_DEBUG=engine it is told which, and why.
 */
export const compileFastest = async (
  engine: string,
  program: Program,
  session: () => Promise<Executable>,
  always: boolean,
): Promise<Executable> => {
  const telling = debugs('engine')
  const began = performance.now()
  const choice = chooses(engine) && !always ? choose(engine, program, elementwiseLoops(program)) : null
  const executable = await (choice ? compileChosen(choice, program, session) : session())
  if (telling) tell('engine', describe(engine, choice, program, performance.now() - began))
  return executable
}
