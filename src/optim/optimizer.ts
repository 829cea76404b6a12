import { gradients } from '../autodiff/reverse.ts'
import { type Buffer, onHost } from '../core/buffer.ts'
import { ArgumentError, DTypeError, GradientError, ModelError, ShapeError } from '../core/errors.ts'
import { defineOptions, type Infer, number, type Rule } from '../core/options.ts'
import { sameShape, type Shape, show, sizeOf } from '../core/shape.ts'
import type { NamedValues, ScalarRule } from '../engine/kernels/expression.ts'
import { Arena, type RuleKernel, ruleKernel, sumSquares } from '../engine/kernels/update.ts'
import { hasOwnMemory } from '../engine/engine.ts'
import { advance, fetchSlots, readFlag, schedule } from '../engine/run.ts'
import { Slot } from '../engine/slot.ts'
import { leaf, type Node, topologicalOrder } from '../graph/node.ts'
import { Module, type StateEntry } from '../nn/module.ts'
import type { Parameter } from '../nn/parameter.ts'
import { add, div, maximum, minimum, mul } from '../ops/arithmetic.ts'
import { sum } from '../ops/broadcast.ts'
import { sqrt } from '../ops/math.ts'
import { nodeScalars } from '../ops/node-scalars.ts'
import { Tensor } from '../tensor/tensor.ts'
import { evaluate } from '../tensor/transforms.ts'
import { type Entry, type Group, inGroup, layOut, type Segment } from './layout.ts'
import type { UpdateRule } from './rules.ts'
import type { Schedule } from './schedules.ts'

/** Parameters that one optimizer updates together: a module's, or some by name or in a list. */
export type ParameterSource = Module | readonly Parameter[] | ReadonlyMap<string, Parameter>

/** Parameters with a rate or decay of their own; what is left out is the optimizer's. */
export interface ParameterGroup {
  readonly parameters: ParameterSource
  readonly learningRate?: number | Schedule
  readonly weightDecay?: number
}

/** What can be optimised: parameters, or groups of them. In groups, names begin with the group's number: `0.weight`, `1.weight`. */
export type Optimizable = ParameterSource | readonly ParameterGroup[]

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

const rate = number({ min: 0, required: true, help: "a number, or a schedule from the update's number to a rate" })
/** The rules of the options that all optimizers have. */
export const shared = {
  learningRate: {
    ...rate,
    expected: `${rate.expected}, or a schedule`,
    accepts: value => typeof value === 'function' || rate.accepts(value),
  } as Rule<number | Schedule, 'required'>,
  weightDecay: number({ min: 0, default: 0, help: 'L2 penalty' }),
  clipNorm: number({ above: 0, help: 'largest norm of all gradients together' }),
  clipValue: number({ above: 0, help: 'largest size of an element of a gradient' }),
} as const
const declared = defineOptions(shared)
const groupOptions = defineOptions({
  learningRate: { ...shared.learningRate, presence: 'optional' } as Rule<number | Schedule, 'optional'>,
  weightDecay: number({ min: 0, help: 'L2 penalty' }),
})

const isGroups = (target: Optimizable): target is readonly ParameterGroup[] =>
  Array.isArray(target) && target.length > 0 && !(target[0] instanceof Slot)

/** The target as groups, each with its rate and decay. */
const groupsOf = (
  where: string,
  target: Optimizable,
  shared: { readonly learningRate: number | Schedule; readonly weightDecay: number },
): Group[] => {
  if (!isGroups(target)) return [{ ...shared, parameters: named(target) }]
  return target.map(({ parameters, ...own }, i) => {
    const checked = groupOptions.validate(`${where}: group ${i}`, own)
    return {
      learningRate: checked.learningRate ?? shared.learningRate,
      weightDecay: checked.weightDecay ?? shared.weightDecay,
      parameters: named(parameters).map(([name, p]) => [`${i}.${name}`, p] as const),
    }
  })
}

const named = (target: ParameterSource): [string, Parameter][] =>
  target instanceof Module
    ? [...target.namedParameters()]
    : target instanceof Map
      ? [...target]
      : [...(target as readonly Parameter[]).entries()].map(([i, p]) => [String(i), p])

/**
 * Updates parameters from gradients. One that the loss does not reach has a gradient of zero: momentum and decay still move it
 * (PyTorch leaves it alone). Parameters, gradients and state lie side by side in one memory, decaying parameters first,
 * and every update is one pass of the rule over it.
 */
export class Optimizer {
  readonly rule: UpdateRule
  private readonly options: Infer<typeof declared>
  private readonly entries: readonly Entry[]
  private readonly arena: Arena
  private readonly kernel: RuleKernel
  private readonly sumSquares: (section: number) => number
  private readonly groups: readonly Group[]
  private readonly segments: readonly Segment[]
  private readonly sections: readonly string[]
  private readonly hyperNames: readonly string[]
  private updates = 0
  /** The state by section and parameter, on an engine with memory of its own; made when first needed. */
  private slots: ReadonlyMap<string, readonly Slot[]> | null = null
  /** Where the state is now. */
  private home: 'arena' | 'slots' = 'arena'
  /** Norm of all gradients at the last update, before clipping; measured only when `clipNorm` is given. */
  gradientNorm = Number.NaN

  constructor(target: Optimizable, options: OptimizerOptions, rule: UpdateRule) {
    const { learningRate, weightDecay, clipNorm, clipValue, decays = () => true } = options
    this.options = declared.validate(rule.name, { learningRate, weightDecay, clipNorm, clipValue })
    this.rule = rule
    this.groups = groupsOf(rule.name, target, this.options).map(({ parameters, ...group }) => ({
      ...group,
      parameters: parameters.filter(([, p]) => p.trainable),
    }))
    const wanted = this.groups.flatMap(group => group.parameters)
    if (wanted.length === 0)
      throw new ArgumentError(
        `${rule.name}: there is nothing to optimise: no trainable parameters. Pass a module or parameters, or unfreeze some.`,
      )
    checkDistinct(rule.name, wanted)
    const { entries, segments, length } = layOut(this.groups, decays)
    this.entries = entries
    this.segments = segments
    this.sections = ['p', 'g', ...Object.keys(rule.state)]
    this.arena = new Arena(this.sections.length, length)
    for (const [name, value] of Object.entries(rule.state)) this.section(name).fill(value)
    this.hyperNames = [...Object.keys(rule.hyper(1, 0)), 'weightDecay', 'gradientScale']
    // Clipping by norm scales all gradients alike: within the same pass.
    const scaled: ScalarRule = (s, i) => rule.scalar(s, { ...i, g: s.mul(i.g!, i.gradientScale!) })
    this.kernel = ruleKernel(scaled, { arrays: this.sections, scalars: this.hyperNames }, this.arena)
    this.sumSquares = sumSquares(this.arena)
    // What an engine has in memory of its own comes at the first update on the host.
    for (const entry of this.entries) if (!entry.parameter.buffer.device) this.adopt(entry)
  }

  /** Updates done. */
  get stepCount(): number {
    return this.updates
  }
  /** The rate of the next update; with groups, of those that have none of their own. */
  get learningRate(): number {
    return this.rateAt(this.options.learningRate, this.updates)
  }
  /** The rate of each group at the next update. */
  get learningRates(): number[] {
    return this.groups.map(({ learningRate }) => this.rateAt(learningRate, this.updates))
  }

  private rateAt(learningRate: number | Schedule, update: number): number {
    if (typeof learningRate === 'number') return learningRate
    const rate = learningRate(update)
    if (Number.isFinite(rate) && rate >= 0) return rate
    throw new ArgumentError(
      `${this.rule.name}: the schedule gives a rate of ${rate} at update ${update}. It must give finite numbers of at least 0.`,
      { rate },
    )
  }

  /**
   * Gradients of a scalar loss by the optimizer's parameters, in its order.
   *
   * @throws GradientError if the loss depends on none of them
   */
  gradients(loss: Tensor): Tensor[] {
    const parameters = this.entries.map(e => e.parameter.read())
    const reached = new Set(topologicalOrder([loss.node]))
    if (!parameters.some(node => reached.has(node))) {
      throw new GradientError(
        `${this.rule.name}: the loss depends on none of the ${parameters.length} parameters. A loss whose value was asked for forgets how it was computed: pass it on before, minimize returns its value. Otherwise compute it with the model that the optimizer was made from.`,
      )
    }
    return gradients(loss.node, parameters).map(node => new Tensor(node))
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
    for (const [i, entry] of this.entries.entries()) this.checkGradient(entry, given[i]!)
    const nodes = given.map(g => g.node)
    // A trace holds for engines of its kind.
    if (readFlag(hasOwnMemory)) this.stepInGraph(nodes)
    else this.stepOnHost(nodes)
  }

  /** One pass over the arena after the run, which leaves the gradients there. */
  private stepOnHost(gradients: readonly Node[]): void {
    let targets = this.entries.map(
      ({ start, size }): Buffer => ({ dtype: 'float32', array: this.section('g', start, size) }),
    )
    schedule({
      owner: this,
      build: (_, earlier) => {
        // The arena has room for the gradients of one update; those of a second one in the same run stay outside.
        if (earlier > 0)
          targets = targets.map(({ array }) => ({ dtype: 'float32', array: new Float32Array(array.length) }))
        return { nodes: gradients }
      },
      get targets() {
        return targets
      },
      prepare: async () => {
        for (const slot of this.allSlots()) await onHost(slot.buffer)
      },
      apply: gradients => {
        this.fillArena()
        // Another optimizer, or a write in the same run, may have left the values elsewhere.
        for (const entry of this.entries) this.adopt(entry)
        this.update(gradients.map(({ array }) => array as Float32Array))
      },
    })
  }

  /** The update as part of the graph: parameters and state stay where the engine has them. */
  private stepInGraph(gradients: readonly Node[]): void {
    const slots = this.stateSlots()
    advance(() => this.fillSlots())
    const norm = this.options.clipNorm === undefined ? null : new Float32Array(1)
    schedule({
      owner: this,
      build: (current, earlier) => {
        const values = this.entries.map(({ parameter }, i) => ({
          p: current(parameter),
          g: gradients[i]!,
          ...Object.fromEntries([...slots].map(([section, list]) => [section, current(list[i]!)])),
        }))
        const { after, norm } = this.updated(values, this.hyperLeaves(earlier))
        const writes = this.entries.flatMap(({ parameter }, i): [Slot, Node][] => [
          [parameter, after[i]!.p!],
          ...[...slots].map(([section, list]): [Slot, Node] => [list[i]!, after[i]![section]!]),
        ])
        return { nodes: norm ? [norm] : [], writes: new Map(writes) }
      },
      targets: norm ? [{ dtype: 'float32', array: norm }] : [],
      apply: () => {
        if (norm) this.gradientNorm = norm[0]!
        this.updates += 1
      },
    })
  }

  /**
   * The rule's numbers at an update, counted from 1. Those of the first group have their own names, those of the others the group's number
   * behind it: `stepSize`, `stepSize.1`.
   */
  hyperAt(update: number): Record<string, number> {
    const all = this.groups.map(({ learningRate }, group) => {
      const numbers = this.rule.hyper(update, this.rateAt(learningRate, update - 1))
      return Object.entries(numbers).map(([name, value]) => [inGroup(name, group), value] as const)
    })
    return Object.fromEntries(all.flat())
  }

  /** The rule's numbers, read when the run's turn comes: `earlier` updates before this one are done by then, or in the same run. */
  private hyperLeaves(earlier: number): NamedValues<Node> {
    const numbers = () => this.hyperAt(this.updates + earlier + 1)
    const held = (name: string): { readonly buffer: Buffer } => ({
      get buffer(): Buffer {
        return { dtype: 'float32', array: Float32Array.of(numbers()[name]!) }
      },
    })
    const own = Object.keys(this.rule.hyper(1, 0))
    const names = this.groups.flatMap((_, group) => own.map(name => inGroup(name, group)))
    return Object.fromEntries(
      names.map(name => [name, leaf({ shape: [], dtype: 'float32' }, { kind: 'slot', slot: held(name) })]),
    )
  }

  private stateSlots(): ReadonlyMap<string, readonly Slot[]> {
    const made = (section: string): Slot[] =>
      this.entries.map(
        ({ parameter, start, size }) =>
          new Slot(parameter.shape, { dtype: 'float32', array: this.section(section, start, size).slice() }),
      )
    this.slots ??= new Map(Object.keys(this.rule.state).map(section => [section, made(section)]))
    return this.slots
  }

  /** Moves the state from the arena to the slots, unless it is there. */
  private fillSlots(): void {
    if (this.home === 'slots') return
    for (const [section, list] of this.stateSlots())
      for (const [i, { start, size }] of this.entries.entries())
        list[i]!.set({ dtype: 'float32', array: this.section(section, start, size) })
    this.home = 'slots'
  }

  /** Moves the state from the slots to the arena, unless it is there. */
  private fillArena(): void {
    if (this.home === 'arena') return
    for (const [section, list] of this.stateSlots())
      for (const [i, { start, size }] of this.entries.entries())
        this.section(section, start, size).set(list[i]!.buffer.array as Float32Array)
    this.home = 'arena'
  }

  private allSlots(): Slot[] {
    return [...this.entries.map(e => e.parameter), ...[...(this.slots ?? [])].flatMap(([, list]) => list)]
  }

  /**
   * Makes parameters and state readable on the host, where an engine has them in memory of its own: before `state()`, or before the
   * parameters are saved.
   */
  async fetch(): Promise<void> {
    await fetchSlots(this.allSlots())
  }

  private checkGradient({ name, parameter }: Entry, { dtype, shape }: Tensor): void {
    if (!parameter.trainable) {
      throw new ArgumentError(
        `${this.rule.name}: ${name} was frozen after this optimizer was made, which would still change it. Freeze first, then make the optimizer.`,
        { name },
      )
    }
    if (dtype !== 'float32') {
      throw new DTypeError(
        `${this.rule.name}: the gradient of ${name} is ${dtype}. Gradients must be float32: convert it with g.to('float32').`,
        { name, dtype },
      )
    }
    if (!sameShape(shape, parameter.shape)) {
      throw new ShapeError(
        `${this.rule.name}: the gradient of ${name} is ${show(shape)} and the parameter ${show(parameter.shape)}. They must have one shape.`,
        { name, shape, expected: parameter.shape },
      )
    }
  }

  /** The parameters by name, in the order of the gradients. */
  parameters(): Map<string, Parameter> {
    return new Map(this.entries.map(({ name, parameter }) => [name, parameter]))
  }

  /**
   * The update as operations, for a graph that does it itself: from `p`, `g` and the state of each parameter, and the numbers of
   * {@link hyperAt}, `p` and the state after it.
   */
  updateNodes(values: readonly NamedValues<Node>[], hyper: NamedValues<Node>): NamedValues<Node>[] {
    return this.updated(values, hyper).after
  }

  /** `updateNodes`, and the norm of all gradients before clipping, where it is measured. */
  private updated(
    values: readonly NamedValues<Node>[],
    hyper: NamedValues<Node>,
  ): { readonly after: NamedValues<Node>[]; readonly norm: Node | null } {
    const { clipNorm, clipValue } = this.options
    const scalars = nodeScalars('float32')
    const { lit } = scalars
    const clip = (g: Node): Node => (clipValue === undefined ? g : maximum(minimum(g, lit(clipValue)), lit(-clipValue)))
    let gradients = values.map(({ g }) => clip(g!))
    let norm: Node | null = null
    if (clipNorm !== undefined) {
      norm = sqrt(gradients.map(g => sum(mul(g, g))).reduce((a, b) => add(a, b)))
      const scale = div(lit(clipNorm), maximum(add(norm, lit(1e-6)), lit(clipNorm)))
      gradients = gradients.map(g => mul(g, scale))
    }
    const after = values.map((value, i) => {
      const { group, decays } = this.entries[i]!
      const numbers = Object.keys(this.rule.hyper(1, 0)).map(name => [name, hyper[inGroup(name, group)]!] as const)
      return this.rule.scalar(scalars, {
        ...value,
        ...Object.fromEntries(numbers),
        g: gradients[i]!,
        weightDecay: lit(decays ? this.groups[group]!.weightDecay : 0),
      })
    })
    return { after, norm }
  }

  /** Gradients, update and loss in one run: returns the loss before the update. */
  async minimize(loss: Tensor): Promise<number> {
    this.step(this.gradients(loss))
    await evaluate(loss)
    return loss.to('float32').item()
  }

  /**
   * The state by name (`m.h.0.weight`), to be saved with the model: the arrays themselves, which the next update changes.
   *
   * @throws EngineError if an engine has it in memory of its own: wait for `fetch()` first
   */
  state(): Map<string, StateEntry> {
    return this.stateIn(this.home)
  }

  private stateIn(home: 'arena' | 'slots'): Map<string, StateEntry> {
    const state = new Map<string, StateEntry>()
    for (const section of Object.keys(this.rule.state)) {
      for (const [i, { name, parameter, start, size }] of this.entries.entries()) {
        const data =
          home === 'slots'
            ? (this.slots!.get(section)![i]!.buffer.array as Float32Array)
            : this.section(section, start, size)
        state.set(`${section}.${name}`, { dtype: 'float32', shape: parameter.shape, data })
      }
    }
    return state
  }

  /** Takes up a saved state after `stepCount` updates. @throws ModelError if it is another optimizer's or model's */
  loadState(state: ReadonlyMap<string, StateEntry>, stepCount: number): void {
    if (!Number.isSafeInteger(stepCount) || stepCount < 0) {
      throw new ArgumentError(
        `${this.rule.name}: stepCount must be a whole number of at least 0; got ${stepCount}. It is the number of updates done when the state was saved.`,
        { stepCount },
      )
    }
    const own = this.stateIn('arena')
    for (const [name, { shape }] of own) {
      const saved = state.get(name)
      const fits = saved?.dtype === 'float32' && sameShape(saved.shape, shape) && saved.data.length === sizeOf(shape)
      if (!fits) throw this.foreignState(name, saved ? `${name} ${show(saved.shape)}` : `no ${name}`, show(shape))
    }
    for (const name of state.keys()) if (!own.has(name)) throw this.foreignState(name, name, 'nothing of that name')
    for (const [name, entry] of own) (entry.data as Float32Array).set(state.get(name)!.data as Float32Array)
    // An engine with memory of its own is given it at the next update.
    this.home = 'arena'
    this.updates = stepCount
  }

  private foreignState(name: string, found: string, expected: string): ModelError {
    return new ModelError(
      `${this.rule.name}: the saved state has ${found}; expected ${expected}. Resume with the optimizer and model that saved it.`,
      { name },
    )
  }

  private section(name: string, start = 0, size?: number): Float32Array<ArrayBuffer> {
    return this.arena.view(this.sections.indexOf(name), start, size)
  }

  /** Moves a parameter's values into the arena, unless they are there. */
  private adopt({ parameter, start, size }: Entry): void {
    const home = this.arena.address(0, start)
    const { array } = parameter.buffer
    if (array.buffer === this.arena.buffer && array.byteOffset === home) return
    parameter.move({ dtype: 'float32', array: this.section('p', start, size) })
  }

  private update(gradients: readonly Float32Array[]): void {
    const { clipNorm, clipValue } = this.options
    const clips = clipNorm !== undefined || clipValue !== undefined
    const g = this.section('g')
    const elsewhere = gradients.map(given => given.buffer !== g.buffer)
    // A parameter may be given as a gradient: it is taken before the update changes it.
    for (const [i, { start }] of this.entries.entries())
      if (!elsewhere[i] && gradients[i]!.byteOffset !== this.section('g', start).byteOffset) g.set(gradients[i]!, start)
    if (clips) for (const [i, { start }] of this.entries.entries()) if (elsewhere[i]) g.set(gradients[i]!, start)
    if (clipValue !== undefined)
      for (let i = 0; i < g.length; i++) g[i] = Math.min(Math.max(g[i]!, -clipValue), clipValue)
    let gradientScale = 1
    if (clipNorm !== undefined) {
      this.gradientNorm = Math.sqrt(this.sumSquares(this.sections.indexOf('g')))
      // PyTorch's guard against dividing by zero. What is not finite is not hidden: it shows in the next loss.
      gradientScale = clipNorm / Math.max(this.gradientNorm + 1e-6, clipNorm)
    }
    const hyper: Readonly<Record<string, number>> = this.hyperAt(this.updates + 1)
    const numbersOf = ({ group, decays }: Entry | Segment): number[] => {
      const weightDecay = decays ? this.groups[group]!.weightDecay : 0
      const own: Readonly<Record<string, number>> = { weightDecay, gradientScale }
      return this.hyperNames.map(name => own[name] ?? hyper[inGroup(name, group)]!)
    }
    if (clips || !elsewhere.includes(true)) {
      for (const segment of this.segments) this.kernel(segment.start, segment.length, numbersOf(segment))
    } else {
      for (const [i, entry] of this.entries.entries()) {
        const numbers = numbersOf(entry)
        if (elsewhere[i]) this.updateFrom(gradients[i]!, entry, numbers)
        else this.kernel(entry.start, entry.size, numbers)
      }
    }
    this.updates += 1
  }

  /** Takes a gradient from outside the arena in pieces that stay in the processor's cache until they are used. */
  private updateFrom(gradient: Float32Array, { start, size }: Entry, numbers: readonly number[]): void {
    const place = this.section('g', start, Math.min(size, gradientPiece))
    for (let from = 0; from < size; from += gradientPiece) {
      const piece = gradient.subarray(from, Math.min(from + gradientPiece, size))
      place.set(piece)
      this.kernel(start + from, piece.length, numbers, start)
    }
  }
}

/** Elements: 512 KiB, a whole number of cache lines. */
const gradientPiece = 131_072

const checkDistinct = (where: string, parameters: readonly (readonly [string, Parameter])[]): void => {
  const names = new Map<Parameter, string>()
  for (const [name, parameter] of parameters) {
    const before = names.get(parameter)
    if (before !== undefined) {
      throw new ArgumentError(
        `${where}: ${before} and ${name} are one parameter. Pass it once: it would be updated twice.`,
        { names: [before, name] },
      )
    }
    names.set(parameter, name)
  }
}
