import { gradients } from '../autodiff/reverse.ts'
import type { Buffer } from '../core/buffer.ts'
import { ArgumentError, ModelError, ShapeError } from '../core/errors.ts'
import { sameShape, type Shape, show, sizeOf } from '../core/shape.ts'
import { Arena, type RuleKernel, ruleKernel } from '../engine/kernels/update.ts'
import { advance, schedule } from '../engine/run.ts'
import { Module, type StateEntry } from '../nn/module.ts'
import type { Parameter } from '../nn/parameter.ts'
import { Tensor } from '../tensor/tensor.ts'
import { evaluate } from '../tensor/transforms.ts'
import type { UpdateRule } from './rules.ts'
import type { Schedule } from './schedules.ts'

/** What can be optimised: a module, or parameters by name or in a list. */
export type Optimizable = Module | readonly Parameter[] | ReadonlyMap<string, Parameter>

export interface OptimizerOptions {
  /** A number, or a schedule from the update's number (from 0) to a rate. */
  readonly learningRate: number | Schedule
  /** L2 penalty (decoupled in AdamW). */
  readonly weightDecay?: number
  /** Which parameters decay. Default all, as in PyTorch; GPT-2 decays matrices only: `(_, shape) => shape.length >= 2`. */
  readonly decays?: (name: string, shape: Shape) => boolean
  /** Scales all gradients down together so that their norm is at most this. Source: Pascanu et al. 2013, algorithm 1. */
  readonly clipNorm?: number
  /** Limits each element of each gradient to ± this. */
  readonly clipValue?: number
}

interface Entry {
  readonly name: string
  readonly parameter: Parameter
  /** First element in each section of the arena. */
  readonly start: number
  readonly size: number
}

const named = (target: Optimizable): [string, Parameter][] =>
  target instanceof Module
    ? [...target.namedParameters()]
    : target instanceof Map
      ? [...target]
      : [...(target as readonly Parameter[]).entries()].map(([i, p]) => [String(i), p])

/**
 * Updates parameters from gradients. Parameters, gradients and state lie side by side in one memory, decaying parameters first,
 * and every update is one pass of the rule over it.
 */
export class Optimizer {
  readonly rule: UpdateRule
  private readonly options: OptimizerOptions
  private readonly entries: readonly Entry[]
  private readonly arena: Arena
  private readonly kernel: RuleKernel
  /** Elements of decaying parameters; the rest follow. */
  private readonly decaying: number
  private readonly sections: readonly string[]
  private readonly hyperNames: readonly string[]
  private updates = 0
  /** Norm of all gradients at the last update, before clipping; measured only when `clipNorm` is given. */
  gradientNorm = Number.NaN

  constructor(target: Optimizable, options: OptimizerOptions, rule: UpdateRule) {
    checkOptions(rule.name, options)
    this.options = options
    this.rule = rule
    const decays = options.decays ?? (() => true)
    const wanted = named(target).filter(([, p]) => p.trainable)
    if (wanted.length === 0)
      throw new ArgumentError(
        `${rule.name}: there is nothing to optimise: no trainable parameters. Pass a module or parameters, or unfreeze some.`,
      )
    const ordered = [
      ...wanted.filter(([name, p]) => decays(name, p.shape)),
      ...wanted.filter(([name, p]) => !decays(name, p.shape)),
    ]
    let start = 0
    let decaying = 0
    this.entries = ordered.map(([name, parameter]) => {
      const size = sizeOf(parameter.shape)
      const entry = { name, parameter, start, size }
      start += Arena.padded(size)
      if (decays(name, parameter.shape)) decaying = start
      return entry
    })
    this.decaying = decaying
    this.sections = ['p', 'g', ...Object.keys(rule.state)]
    this.arena = new Arena(this.sections.length, start)
    for (const [name, value] of Object.entries(rule.state)) this.section(name).fill(value)
    this.hyperNames = [...Object.keys(rule.hyper(1, 0)), 'weightDecay']
    this.kernel = ruleKernel(rule.scalar, { arrays: this.sections, scalars: this.hyperNames }, this.arena)
    for (const entry of this.entries) this.adopt(entry)
  }

  /** Updates done. */
  get stepCount(): number {
    return this.updates
  }
  /** The rate of the next update. */
  get learningRate(): number {
    const { learningRate } = this.options
    return typeof learningRate === 'number' ? learningRate : learningRate(this.updates)
  }

  /** Gradients of a scalar loss by the optimizer's parameters, in its order. */
  gradients(loss: Tensor): Tensor[] {
    return gradients(
      loss.node,
      this.entries.map(e => e.parameter.read()),
    ).map(node => new Tensor(node))
  }

  /**
   * Updates with the given gradients (those of `gradients`) when something is next evaluated; inside a compiled function, at
   * each call.
   */
  step(given: readonly Tensor[]): void {
    if (given.length !== this.entries.length) {
      throw new ArgumentError(
        `${this.rule.name}: got ${given.length} gradients for ${this.entries.length} parameters. Pass those of optimizer.gradients(loss).`,
      )
    }
    for (const [i, { name, parameter }] of this.entries.entries()) {
      if (!sameShape(given[i]!.shape, parameter.shape)) {
        throw new ShapeError(
          `${this.rule.name}: the gradient of ${name} is ${show(given[i]!.shape)} and the parameter ${show(parameter.shape)}. They must have one shape.`,
        )
      }
    }
    schedule({
      nodes: given.map(g => g.node),
      targets: this.entries.map(
        ({ start, size }): Buffer => ({ dtype: 'float32', array: this.section('g', start, size) }),
      ),
      apply: () => this.update(),
    })
    advance(() => {
      for (const entry of this.entries) this.adopt(entry)
    })
  }

  /** Gradients, update and loss in one run: returns the loss before the update. */
  async minimize(loss: Tensor): Promise<number> {
    this.step(this.gradients(loss))
    await evaluate(loss)
    return loss.to('float32').item()
  }

  /** The state by name (`m.h.0.weight`), to be saved with the model. */
  state(): Map<string, StateEntry> {
    const state = new Map<string, StateEntry>()
    for (const section of Object.keys(this.rule.state)) {
      for (const { name, parameter, start, size } of this.entries) {
        state.set(`${section}.${name}`, {
          dtype: 'float32',
          shape: parameter.shape,
          data: this.section(section, start, size),
        })
      }
    }
    return state
  }

  /** Takes up a saved state after `stepCount` updates. @throws ModelError if it is another optimizer's or model's */
  loadState(state: ReadonlyMap<string, StateEntry>, stepCount: number): void {
    const own = this.state()
    for (const [name, entry] of own) {
      const saved = state.get(name)
      if (!saved || saved.dtype !== 'float32' || !sameShape(saved.shape, entry.shape)) {
        throw new ModelError(
          `optimizer: the saved state has ${saved ? `${name} ${show(saved.shape)}` : `no ${name}`}; expected ${show(entry.shape)}. Resume with the optimizer and model that saved it.`,
          { name },
        )
      }
    }
    for (const [name, entry] of own) (entry.data as Float32Array).set(state.get(name)!.data as Float32Array)
    this.updates = stepCount
  }

  private section(name: string, start = 0, size?: number): Float32Array<ArrayBuffer> {
    return this.arena.view(this.sections.indexOf(name), start, size)
  }

  /** Moves a parameter's values into the arena, unless they are there. */
  private adopt({ parameter, start, size }: Entry): void {
    const home = this.arena.address(0, start)
    const { array } = parameter.buffer
    if (array.buffer === this.arena.memory.buffer && array.byteOffset === home) return
    const view = this.section('p', start, size)
    view.set(array as Float32Array)
    parameter.buffer = { dtype: 'float32', array: view }
  }

  private update(): void {
    const { clipNorm, clipValue, weightDecay = 0 } = this.options
    const g = this.section('g')
    if (clipValue !== undefined)
      for (let i = 0; i < g.length; i++) g[i] = Math.min(Math.max(g[i]!, -clipValue), clipValue)
    if (clipNorm !== undefined) {
      this.gradientNorm = norm(g)
      // PyTorch's guard against dividing by zero.
      const scale = clipNorm / (this.gradientNorm + 1e-6)
      if (scale < 1) for (let i = 0; i < g.length; i++) g[i] = g[i]! * scale
    }
    const hyper: Readonly<Record<string, number>> = this.rule.hyper(this.updates + 1, this.learningRate)
    const values = (decay: number): number[] =>
      this.hyperNames.map(name => (name === 'weightDecay' ? decay : hyper[name]!))
    this.kernel(0, this.decaying, values(weightDecay))
    this.kernel(this.decaying, this.arena.length - this.decaying, values(0))
    this.updates += 1
  }
}

const norm = (values: Float32Array): number => {
  let total = 0
  for (let i = 0; i < values.length; i++) total += values[i]! * values[i]!
  return Math.sqrt(total)
}

const checkOptions = (where: string, options: OptimizerOptions): void => {
  const rules: readonly [keyof OptimizerOptions, boolean][] = [
    ['learningRate', true],
    ['weightDecay', true],
    ['clipNorm', false],
    ['clipValue', false],
  ]
  for (const [key, zero] of rules) {
    const value = options[key]
    if (typeof value !== 'number') continue
    if (!(Number.isFinite(value) && (zero ? value >= 0 : value > 0))) {
      throw new ArgumentError(
        `${where}: ${key} must be a finite number ${zero ? 'of at least' : 'above'} 0; got ${value}.`,
        { [key]: value },
      )
    }
  }
}
