import { ArgumentError } from '../../core/errors.ts'
import { numberScalars } from '../../ops/scalars.ts'
import { engineName } from '../engine.ts'
import type { ScalarRule } from './expression.ts'
import { emitRule, emitSumSquares, type RuleLayout } from './wasm.ts'

/** Cache lines: no two sections share one. */
const alignment = 16
const pageBytes = 65_536

/**
 * Float32 sections of equal length, one after another in WebAssembly memory: element i of every section belongs together. An
 * optimizer keeps parameters, gradients and moments so, and updates them in one pass.
 */
export class Arena {
  /** Null in a browser without WebAssembly, where plain memory does: only the reference computes there. */
  readonly memory: WebAssembly.Memory | null
  readonly buffer: ArrayBuffer
  /** Elements in a section, padded. */
  readonly length: number

  constructor(sections: number, length: number) {
    this.length = Arena.padded(length)
    const pages = Math.max(1, Math.ceil((sections * this.length * 4) / pageBytes))
    if (pages > 65_536) {
      const gigabytes = ((sections * this.length * 4) / 2 ** 30).toFixed(1)
      throw new ArgumentError(
        `optimizer: ${gigabytes} GiB of parameters, gradients and moments do not fit into one WebAssembly memory of 4 GiB. Train fewer parameters: freeze layers.`,
      )
    }
    const fast = typeof WebAssembly === 'object'
    this.memory = fast ? new WebAssembly.Memory({ initial: pages, maximum: pages }) : null
    this.buffer = (this.memory?.buffer as ArrayBuffer | undefined) ?? new ArrayBuffer(pages * pageBytes)
  }
  /** Room that `length` elements take, so that what follows is aligned. */
  static padded(length: number): number {
    return Math.ceil(length / alignment) * alignment
  }
  /** Address of an element in bytes. */
  address(section: number, element: number): number {
    return (section * this.length + element) * 4
  }
  view(section: number, element = 0, length = this.length - element): Float32Array<ArrayBuffer> {
    return new Float32Array(this.buffer, this.address(section, element), length)
  }
}

/**
 * Applies a rule to elements `start` to `start + count` of an arena whose sections are the layout's arrays. Those of `g` are read from
 * `gradients` on, if that is given.
 */
export type RuleKernel = (start: number, count: number, scalars: readonly number[], gradients?: number) => void

/** The rule with plain numbers in float64, rounded when stored: what the fused kernel must agree with. */
const numberKernel = (rule: ScalarRule, { arrays, scalars }: RuleLayout, arena: Arena): RuleKernel => {
  const views = arrays.map((_, i) => arena.view(i))
  const gradient = arrays.indexOf('g')
  return (start, count, given, gradients = start) => {
    const values: Record<string, number> = Object.fromEntries(scalars.map((name, i) => [name, given[i]!]))
    for (let i = start; i < start + count; i++) {
      for (const [k, name] of arrays.entries()) values[name] = views[k]![k === gradient ? i - start + gradients : i]!
      const results = rule(numberScalars, values)
      for (const [k, name] of arrays.entries()) if (results[name] !== undefined) views[k]![i] = results[name]
    }
  }
}

/** The function `run` of a module on the arena's memory. */
const instantiate = <R>(bytes: Uint8Array, { memory }: Arena): ((...args: number[]) => R) => {
  const module = new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>)
  return new WebAssembly.Instance(module, { env: { memory: memory! } }).exports.run as (...args: number[]) => R
}

/** A function for the sum of squares of a whole section, in float64. */
export const sumSquares = (arena: Arena): ((section: number) => number) => {
  if (!arena.memory) return section => arena.view(section).reduce((sum, x) => sum + x * x, 0)
  const run = instantiate<number>(emitSumSquares(), arena)
  return section => run(arena.address(section, 0), arena.length * 4)
}

const wasmKernel = (rule: ScalarRule, layout: RuleLayout, arena: Arena): RuleKernel | null => {
  const bytes = arena.memory && emitRule(rule, layout)
  if (!bytes) return null
  const run = instantiate<void>(bytes, arena)
  return (start, count, scalars, gradients = start) => {
    if (count === 0) return
    const addresses = layout.arrays.map((name, i) => arena.address(i, name === 'g' ? gradients : start))
    run(...addresses, Arena.padded(count) * 4, ...scalars)
  }
}

/** Both kernels of a rule; the chosen engine decides at each run: numbers for `reference`, WebAssembly for the others. */
export const ruleKernel = (rule: ScalarRule, layout: RuleLayout, arena: Arena): RuleKernel => {
  const plain = numberKernel(rule, layout, arena)
  const fused = wasmKernel(rule, layout, arena) ?? plain
  return (start, count, scalars, gradients) =>
    (engineName() === 'reference' ? plain : fused)(start, count, scalars, gradients)
}
