import { ArgumentError } from '../core/errors.ts'
import { nearest } from '../core/nearest.ts'
import { Tensor } from '../tensor/tensor.ts'
import type { Module } from './module.ts'

type Forward = (...args: unknown[]) => unknown
type WithForward = Module & { forward: Forward }

const hasForward = (module: Module): module is WithForward =>
  typeof (module as { forward?: unknown }).forward === 'function'

/** A call of a module's `forward`: what went in and what came out. */
export interface Call {
  readonly name: string
  readonly module: Module
  readonly args: readonly unknown[]
  readonly output: unknown
}

/** Who is told of calls. */
export interface Observer {
  before?(call: Omit<Call, 'output'>): void
  after(call: Call): void
}

/** Runs `run` and tells of each call of one of these modules: before, from the outside in, and when it has returned, from the inside out. */
export const observe = <T>(modules: ReadonlyMap<string, Module>, observer: Observer, run: () => T): T => {
  const undo: (() => void)[] = []
  try {
    for (const [name, module] of modules) if (hasForward(module)) undo.push(hook(name, module, observer))
    return run()
  } finally {
    for (const put of undo.reverse()) put()
  }
}

/** An own `forward` in front of the class's, until the function that is returned takes it away. */
const hook = (name: string, module: WithForward, observer: Observer): (() => void) => {
  const own = Object.getOwnPropertyDescriptor(module, 'forward')
  const { forward } = module
  const value: Forward = (...args) => {
    observer.before?.({ name, module, args })
    const output = forward.apply(module, args)
    observer.after({ name, module, args, output })
    return output
  }
  Object.defineProperty(module, 'forward', { value, configurable: true, enumerable: false, writable: true })
  return () => {
    if (own) Object.defineProperty(module, 'forward', own)
    else Reflect.deleteProperty(module, 'forward')
  }
}

/** What a run gave, and what came out of the modules on the way. */
export interface Captured<T> {
  readonly result: T
  /** The outputs in the order of the names; of a module that was called several times, the last. */
  readonly outputs: Map<string, Tensor>
}

/**
 * Runs a function and keeps what named parts of a model give meanwhile: features at inner layers. The outputs are lazy tensors of the same
 * graph, so that they can be differentiated by, and returned from a compiled function.
 *
 * @param names paths as in `model.namedModules()`: `layer4`, `features.3`; `''` is the model itself
 * @param run builds the graph, and does not wait for anything
 * @throws ArgumentError for a name that is no module of the model, one that `run` does not call, and one that does not give a tensor
 * @example
 * const model = nn.sequential(nn.linear(4, 8), nn.relu(), nn.linear(8, 2))
 * const { result, outputs } = nn.captureOutputs(model, ['1'], () => model.forward(ones([3, 4])))
 * outputs.get('1')!.shape // [3, 8]
 */
export const captureOutputs = <T>(model: Module, names: readonly string[], run: () => T): Captured<T> => {
  const modules = model.namedModules()
  const wanted = new Map(names.map(name => [name, moduleAt(modules, name)]))
  const kept = new Map<string, unknown>()
  const result = observe(wanted, { after: ({ name, output }) => kept.set(name, output) }, run)
  if (result instanceof Promise) {
    throw new ArgumentError(
      'captureOutputs: run returned a promise, and what it calls later is not seen. Build the graph in a plain function, and wait for its values afterwards.',
    )
  }
  return { result, outputs: new Map(names.map(name => [name, outputOf(name, kept)])) }
}

const moduleAt = (modules: ReadonlyMap<string, Module>, name: string): Module => {
  const module = modules.get(name)
  if (!module) {
    const paths = [...modules.keys()].filter(path => path !== '')
    throw new ArgumentError(`captureOutputs: there is no module ${JSON.stringify(name)}. ${hint(name, paths)}`, {
      name,
      paths,
    })
  }
  if (hasForward(module)) return module
  throw new ArgumentError(`captureOutputs: ${JSON.stringify(name)} has no forward. Name a module that is called.`, {
    name,
  })
}

/** The name most like it, and its neighbours: those that begin as it does, as far as a module goes. */
const hint = (name: string, paths: readonly string[]): string => {
  const near = nearest(name, paths)
  let parent = name
  while (parent !== '' && !paths.includes(parent)) parent = parent.slice(0, Math.max(parent.lastIndexOf('.'), 0))
  const depth = parent === '' ? 1 : parent.split('.').length + 1
  const inside = paths.filter(
    path => path.split('.').length === depth && (parent === '' || path.startsWith(`${parent}.`)),
  )
  const listed =
    inside.length > 12 ? `${inside.slice(0, 12).join(', ')} and ${inside.length - 12} more` : inside.join(', ')
  const there = `${parent === '' ? 'The modules are' : `In ${parent} there are`} ${listed}.`
  return near === undefined ? there : `Did you mean ${JSON.stringify(near)}? ${there}`
}

const outputOf = (name: string, kept: ReadonlyMap<string, unknown>): Tensor => {
  if (!kept.has(name)) {
    throw new ArgumentError(
      `captureOutputs: ${JSON.stringify(name)} was not called by run. Run the model that it belongs to, or name another module.`,
      { name },
    )
  }
  const output = kept.get(name)
  if (output instanceof Tensor) return output
  throw new ArgumentError(
    `captureOutputs: ${JSON.stringify(name)} gives several values, not one tensor. Name a module inside or around it.`,
    { name },
  )
}
