import { runtimes } from '#runtimes'
import type { Buffer } from '../core/buffer.ts'
import { ArgumentError, EngineError } from '../core/errors.ts'
import type { Shape } from '../core/shape.ts'
import type { Instruction, Program } from '../graph/program.ts'
import { chooses } from './choice.ts'
import { debugs } from './debug.ts'
import { compileStages } from './split.ts'

/** A program made ready to run. */
export interface Executable {
  /**
   * Computes the program's outputs from its inputs, in order. Where `into` has a buffer, the output is written there and that
   * buffer is returned.
   */
  run(inputs: readonly Buffer[], into?: readonly (Buffer | null)[]): Promise<Buffer[]>
  dispose(): Promise<void>
}

/** Something that can run programs. */
export interface Engine {
  readonly name: string
  /** `resident` marks outputs that are to stay in the engine's own memory, where it has some. */
  compile(program: Program, resident?: readonly boolean[]): Promise<Executable>
  /** A copy in the engine's own memory, for values that many runs read. Absent where the engine reads the host's. */
  upload?(buffer: Buffer, shape: Shape): Promise<Buffer>
  /** Throws, in words, where a program's inputs or outputs are not for this engine. */
  check?(program: Program): void
  /** Which operations of a program it cannot compute: the host does. */
  lacksFor?(program: Program): (ins: Instruction) => boolean
}

/** What is known of an engine before it is loaded. */
export interface EngineEntry {
  /** One line on what it is. */
  readonly about: string
  /** Its tensors live on a device: what is written stays there, and an optimizer's update belongs into the graph. */
  readonly ownMemory?: true
  readonly load: () => Promise<Engine>
}

/** The engines of this environment, the default first. Each is loaded when first used; an absent runtime is found out then. */
const engines: Readonly<Record<string, EngineEntry>> = {
  ...runtimes,
  reference: {
    about: 'plain TypeScript in float64, slow and obvious',
    load: async () => (await import('./reference/reference.ts')).referenceEngine,
  },
}
const loaded = new Map<string, Promise<Engine>>()
let chosen: string | null = null
let always = false

export const engineNames = (): readonly string[] => Object.keys(engines)
/** One line on what the engine is. */
export const engineAbout = (name: string): string => engines[name]?.about ?? ''

const requireKnown = (where: string, name: string): void => {
  if (Object.hasOwn(engines, name)) return
  throw new ArgumentError(`${where}: there is no engine "${name}". Known here: ${engineNames().join(', ')}.`, { name })
}

export interface EngineOptions {
  /**
   * Whether the engine computes everything itself. Default false: `native` and `wasm` leave small graphs, and those that are computed element
   * by element, to whoever is expected to be fastest.
   */
  readonly always?: boolean
}
/** Chooses the engine for everything evaluated from now on. */
export const setEngine = (name: string, options: EngineOptions = {}): void => {
  requireKnown('setEngine', name)
  chosen = name
  always = options.always ?? false
}

/** The chosen engine's name: `setEngine`, else the environment's GRADUS_ENGINE, else `native` in Node and `wasm` in a browser. */
export const engineName = (): string => {
  if (chosen !== null) return chosen
  const fromEnvironment = globalThis.process?.env?.GRADUS_ENGINE
  if (fromEnvironment) requireKnown('GRADUS_ENGINE', fromEnvironment)
  return fromEnvironment || engineNames()[0]!
}

/** Whether the chosen engine keeps tensors in memory of its own. */
export const hasOwnMemory = (): boolean => engines[engineName()]!.ownMemory ?? false

/** Loads an engine; an unavailable one is an error that says what is. */
export const loadEngine = (name: string): Promise<Engine> => {
  requireKnown('engine', name)
  let engine = loaded.get(name)
  if (!engine) {
    engine = engines[name]!.load().catch(cause => {
      loaded.delete(name)
      const others = engineNames().filter(n => n !== name)
      throw new EngineError(
        `${name}: this engine cannot be loaded here: ${cause instanceof Error ? cause.message.split('\n')[0] : cause}. Others: ${others.join(', ')}; choose one with setEngine.`,
        { name },
        cause,
      )
    })
    loaded.set(name, engine)
  }
  return engine
}

/** How many executables are kept ready. Beyond it the least recently used is freed. */
const cacheLimit = 64
const cache = new Map<string, Promise<Executable>>()

/** What is expected to compute a program fastest; what chooses is loaded when first used. */
const fastest = async (
  name: string,
  program: Program,
  session: () => Promise<Executable>,
  always: boolean,
): Promise<Executable> => (await import('./fastest.ts')).compileFastest(name, program, session, always)

/** Of a program without outputs, such as an update from given gradients, nothing is to compute. */
const nothing: Promise<Executable> = Promise.resolve({ run: async () => [], dispose: async () => {} })

/** The executable for a program on the chosen engine, compiled on first use. */
export const executableFor = (program: Program, resident: readonly boolean[] = []): Promise<Executable> => {
  if (program.outputs.length === 0) return nothing
  const name = engineName()
  const kept = resident.flatMap((keep, i) => (keep ? [i] : [])).join()
  const key = `${name}${always ? ' always' : ''} ${kept}\n${program.key}`
  const known = cache.get(key)
  if (known) {
    // Last in the map is the most recently used.
    cache.delete(key)
    cache.set(key, known)
    return known
  }
  const session = (): Promise<Executable> => loadEngine(name).then(engine => compileStages(engine, program, resident))
  const made = (chooses(name) && !always) || debugs('engine') ? fastest(name, program, session, always) : session()
  cache.set(key, made)
  made.catch(() => cache.delete(key))
  if (cache.size > cacheLimit) {
    const [oldest, executable] = cache.entries().next().value!
    cache.delete(oldest)
    // One that failed to compile has told its caller.
    executable.then(e => e.dispose()).catch(() => {})
  }
  return made
}

/** How many executables are ready (for tests and `doctor`). */
export const cachedExecutables = (): { readonly size: number; readonly limit: number } => ({
  size: cache.size,
  limit: cacheLimit,
})
