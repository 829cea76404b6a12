import { ArgumentError, ModelError } from '../core/errors.ts'
import { nearest } from '../core/nearest.ts'
import { type Shape, sameShape, show, sizeOf } from '../core/shape.ts'
import type { AnyFn, Apply, Check, Settled, ShapeFn } from '../core/shape-types.ts'
import { fetchSlots, readFlag } from '../engine/run.ts'
import { Slot } from '../engine/slot.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { Parameter, StateBuffer, type WeightStorage } from './parameter.ts'

/** Values of one tensor of a saved state. */
export interface StateEntry {
  readonly dtype: string
  readonly shape: Shape
  readonly data: ArrayLike<number> | ArrayLike<bigint>
}

export interface LoadOptions {
  /** Every parameter must be there, and nothing else. Default true. */
  readonly strict?: boolean
  /** The name in the file of a parameter's name here. */
  readonly map?: (name: string) => string
  /** What the state was read from, for errors. */
  readonly from?: string
}

/** Parameters by the path of one or of a module around several, or by a pattern of paths. */
export type ParameterNames = string | RegExp

/**
 * A part of a model. Its state is found by walking its own fields, so a field that holds a parameter, a module or a list of
 * modules (or a plain object of them) needs no registration; paths are PyTorch's (`h.0.attn.weight`).
 */
export abstract class Module {
  private mode = true

  /** Whether the module trains (dropout drops) or predicts. A compiled function notices when it changes. */
  get training(): boolean {
    return readFlag(() => this.mode)
  }
  /** Sets this module and all inside it to training. */
  train(training = true): this {
    for (const module of this.modules()) module.mode = training
    return this
  }
  /** Sets this module and all inside it to prediction. */
  eval(): this {
    return this.train(false)
  }

  /** Parameters and state buffers by path, in order of declaration; one that is shared stands once, under its first path. */
  state(): Map<string, Slot> {
    const found = new Map<string, Slot>()
    const seen = new Set<Slot>()
    visit(this, '', (path, value) => {
      if (!(value instanceof Slot) || seen.has(value)) return
      seen.add(value)
      found.set(path, value)
    })
    return found
  }
  /**
   * Makes the values of `state()` readable on the host, where an engine keeps them in memory of its own (webgpu); otherwise there is
   * nothing to do. To be waited for before a model is saved.
   */
  async fetch(): Promise<void> {
    await fetchSlots(this.state().values())
  }
  /** Trained parameters by path. */
  namedParameters(): Map<string, Parameter> {
    const named = new Map<string, Parameter>()
    for (const [name, slot] of this.state()) if (slot instanceof Parameter) named.set(name, slot)
    return named
  }
  parameters(): Parameter[] {
    return [...this.namedParameters().values()]
  }
  /** Number of trained numbers. */
  parameterCount(): number {
    return this.parameters().reduce((total, p) => total + sizeOf(p.shape), 0)
  }
  /** This module and all inside it. */
  modules(): Module[] {
    return [...this.namedModules().values()]
  }
  /** This module, under the name `''`, and all inside it by path; one that stands in two places has its first path. */
  namedModules(): Map<string, Module> {
    const found = new Map<string, Module>()
    visit(this, '', (path, value) => {
      if (value instanceof Module) found.set(path, value)
    })
    return found
  }
  /**
   * Keeps optimizers away from parameters: all, or those that `names` choose. It says nothing about running statistics, which move while a
   * module trains: call `eval()` on a backbone whose batch normalisation shall stay as it is too.
   *
   * @param names paths of parameters (`fc.bias`) or of modules, for all inside (`layer1`), or patterns that a parameter's path must match;
   * without any, all parameters. A single `false` lets all back.
   * @throws ArgumentError for a name that chooses nothing
   * @example
   * const model = nn.sequential(nn.linear(4, 8), nn.relu(), nn.linear(8, 2))
   * model.freeze('0') // only the last layer is trained now
   * model.unfreeze(/weight$/)
   */
  freeze(...names: readonly [frozen: boolean] | readonly ParameterNames[]): this {
    const [first, ...rest] = names
    if (typeof first === 'boolean') return first ? this.freeze() : this.unfreeze()
    return this.setTrainable('freeze', first === undefined ? [] : [first, ...(rest as ParameterNames[])], false)
  }
  /** Lets optimizers change parameters again: the inverse of {@link freeze}. Make the optimizer anew: it takes what is not frozen then. */
  unfreeze(...names: readonly ParameterNames[]): this {
    return this.setTrainable('unfreeze', names, true)
  }

  private setTrainable(where: string, names: readonly ParameterNames[], trainable: boolean): this {
    for (const parameter of this.chosen(where, names).values()) parameter.trainable = trainable
    return this
  }
  /** The parameters that one of the names chooses. */
  private chosen(where: string, names: readonly ParameterNames[]): Map<string, Parameter> {
    const own = this.namedParameters()
    if (names.length === 0) return own
    const chosen = new Map<string, Parameter>()
    for (const name of names) {
      const found = [...own].filter(([path]) => chooses(name, path))
      if (found.length === 0) throw noParameters(where, name, own, this.namedModules())
      for (const [path, parameter] of found) chosen.set(path, parameter)
    }
    return chosen
  }

  /**
   * Keeps the matrices in another dtype, in place. In float16 they take half the memory; they are widened to float32 wherever they are
   * computed with, so that results differ by the rounding of the weights alone. In int8 and int4 those of linear layers and embeddings take
   * 9 or 5 bits a weight, and are multiplied as they are, which is faster where reading weights is what takes time, as in generation. What is
   * not in float32 cannot be trained, and optimizers leave it out.
   * Vectors (biases, gains) and state buffers, such as running means, stay as they are: they take little memory.
   *
   * @throws ArgumentError for another dtype; ModelError for values that cannot be kept so (nothing is changed then); EngineError where values
   * are only on a device: `await model.fetch()` first
   * @example
   * model.to('float16') // 500 MB of weights become 250 MB
   */
  to(storage: WeightStorage): this {
    if (!['float32', 'float16', 'int8', 'int4'].includes(storage)) {
      throw new ArgumentError(
        `to: parameters cannot be kept in ${storage}. Choose float32, float16, int8 or int4; bfloat16 files are read into any of them.`,
        { storage },
      )
    }
    const few = storage === 'int8' || storage === 'int4'
    const matrices = [...this.namedParameters()].filter(
      ([, { shape, inputAxis }]) => shape.length > 1 && (!few || inputAxis !== null),
    )
    for (const [name, parameter] of matrices) parameter.checkStorage(storage, name)
    for (const [, parameter] of matrices) parameter.to(storage)
    return this
  }

  /**
   * Replaces parameters by saved ones.
   *
   * @throws ModelError naming missing, unexpected and misshapen tensors, and for values beyond the range of the parameters'
   * storage; nothing is changed then
   */
  loadState(entries: ReadonlyMap<string, StateEntry>, options: LoadOptions = {}): void {
    const { strict = true, map = name => name, from = 'the given state' } = options
    const own = this.state()
    // Pairs, not a map: two names here may be one there (weights tied in the file only).
    const wanted = [...own].map(([name, slot]) => [map(name), slot] as const)
    const absent = wanted.filter(
      ([name, slot]) => !entries.has(name) && !(slot instanceof StateBuffer && slot.optional),
    )
    const missing = absent.map(([name, slot]) => `${name} ${show(slot.shape)}`)
    if (strict && missing.length > 0) {
      throw new ModelError(
        `loadWeights: "${from}" has no tensor for ${missing.length} of ${own.size} parameters: ${listed(missing)}. Rename them with { map }, or pass { strict: false } to keep their initial values.`,
        { missing },
      )
    }
    const names = new Set(wanted.map(([name]) => name))
    const unexpected = [...entries.keys()].filter(name => !names.has(name))
    if (strict && unexpected.length > 0) {
      throw new ModelError(
        `loadWeights: "${from}" has ${unexpected.length} ${unexpected.length === 1 ? 'tensor' : 'tensors'} that the model does not: ${listed(unexpected)}. Pass { strict: false } to leave them out.`,
        { unexpected },
      )
    }
    for (const [name, slot] of wanted) checkEntry(name, entries.get(name), slot, from)
    for (const [name, slot] of wanted) {
      const entry = entries.get(name)
      if (entry) slot.set({ dtype: slot.dtype, array: entry.data as Float32Array })
    }
  }
}

const chooses = (name: ParameterNames, path: string): boolean =>
  typeof name === 'string' ? path === name || path.startsWith(`${name}.`) : path.search(name) >= 0

const noParameters = (
  where: string,
  name: ParameterNames,
  parameters: ReadonlyMap<string, Parameter>,
  modules: ReadonlyMap<string, Module>,
): ArgumentError => {
  if (typeof name !== 'string') {
    const some = listed([...parameters.keys()])
    return new ArgumentError(`${where}: no parameter's path matches ${name}. The paths are ${some}.`, { name })
  }
  const near = nearest(name, [...modules.keys(), ...parameters.keys()])
  const hint = near ? `Did you mean ${JSON.stringify(near)}?` : `The paths are ${listed([...parameters.keys()])}.`
  return new ArgumentError(`${where}: there are no parameters at ${JSON.stringify(name)}. ${hint}`, { name })
}

const checkEntry = (name: string, entry: StateEntry | undefined, slot: Slot, from: string): void => {
  if (!entry) return
  if (!sameShape(entry.shape, slot.shape) || entry.dtype !== slot.dtype) {
    throw new ModelError(
      `loadWeights: ${name} is ${entry.dtype} ${show(entry.shape)} in "${from}" and ${slot.dtype} ${show(slot.shape)} in the model. Load it into a model of the same configuration.`,
      { name },
    )
  }
  if (entry.data.length !== sizeOf(slot.shape)) {
    throw new ModelError(
      `loadWeights: ${name} has ${entry.data.length} values in "${from}"; its shape ${show(entry.shape)} needs ${sizeOf(slot.shape)}. Read the state again.`,
      { name },
    )
  }
  if (slot instanceof Parameter) slot.checkStorage(slot.storage, name, entry.data as Float32Array)
}

const listed = (names: readonly string[]): string =>
  names.length > 5 ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more` : names.join(', ')

/** Meets the slots and modules in fields, arrays and plain objects; a module that stands twice is walked once. */
const visit = (
  value: unknown,
  path: string,
  meet: (path: string, value: unknown) => void,
  walked = new Set<unknown>(),
): void => {
  if (value instanceof Slot) {
    meet(path, value)
    return
  }
  const plain = Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype
  if (!(value instanceof Module || plain) || walked.has(value)) return
  walked.add(value)
  if (value instanceof Module) meet(path, value)
  for (const [key, child] of Object.entries(value as object)) {
    if (typeof child === 'object' && child !== null) visit(child, path === '' ? key : `${path}.${key}`, meet, walked)
  }
}

/** A module from one tensor to one, with its shape rule in its type. */
export abstract class Layer<F extends ShapeFn = AnyFn> extends Module {
  declare readonly '~shapes': F

  /** Applies the layer; an input of the wrong shape does not compile. One that is not float32 is refused when it runs. */
  forward<S extends Shape>(x: Tensor<S> & Check<Apply<F, S>>): Tensor<Settled<Apply<F, S>>, 'float32'> {
    return this.call(x as Tensor<Shape, 'float32'>) as Tensor<Settled<Apply<F, S>>, 'float32'>
  }

  /** The layer on a tensor of any shape; subclasses say here what they compute. */
  protected abstract call(x: Tensor<Shape, 'float32'>): Tensor<Shape, 'float32'>
}
