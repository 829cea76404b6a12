import type { Buffer } from '../core/buffer.ts'
import { ArgumentError, EngineError } from '../core/errors.ts'
import type { Program } from '../graph/program.ts'
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
  compile(program: Program): Promise<Executable>
}

/** The engines of this package. Each is loaded when first used; an absent runtime is found out then. */
const engines: Readonly<Record<string, { readonly about: string; readonly load: () => Promise<Engine> }>> = {
  native: {
    about: 'ONNX Runtime on the CPU',
    load: async () => (await import('./onnx/native.ts')).loadNativeEngine(),
  },
  reference: {
    about: 'plain TypeScript in float64, slow and obvious',
    load: async () => (await import('./reference/reference.ts')).referenceEngine,
  },
}
const loaded = new Map<string, Promise<Engine>>()
let chosen: string | null = null

export const engineNames = (): readonly string[] => Object.keys(engines)
/** One line on what the engine is. */
export const engineAbout = (name: string): string => engines[name]?.about ?? ''

const requireKnown = (where: string, name: string): void => {
  if (Object.hasOwn(engines, name)) return
  throw new ArgumentError(`${where}: there is no engine "${name}". Known here: ${engineNames().join(', ')}.`, { name })
}

/** Chooses the engine for everything evaluated from now on. */
export const setEngine = (name: string): void => {
  requireKnown('setEngine', name)
  chosen = name
}

/** The chosen engine's name: `setEngine`, else the environment's GRADUS_ENGINE, else `native`. */
export const engineName = (): string => {
  if (chosen !== null) return chosen
  const fromEnvironment = globalThis.process?.env?.GRADUS_ENGINE
  if (fromEnvironment) requireKnown('GRADUS_ENGINE', fromEnvironment)
  return fromEnvironment || 'native'
}

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

/** The executable for a program on the chosen engine, compiled on first use. */
export const executableFor = (program: Program): Promise<Executable> => {
  const name = engineName()
  const key = `${name}\n${program.key}`
  const known = cache.get(key)
  if (known) {
    // Last in the map is the most recently used.
    cache.delete(key)
    cache.set(key, known)
    return known
  }
  const made = loadEngine(name).then(engine => compileStages(engine, program))
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
