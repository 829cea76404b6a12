import { leb, simd } from '../../core/wasm.ts'
import { numberScalars } from '../../ops/scalars.ts'

// Instructions on four float32 or int32 at once, written down before they are code.

/** What a lane holds: a float32, an int32, or a condition (all ones or zeros). */
export type Kind = 'float' | 'int' | 'mask'

/** Vector instructions by name. A condition is a lane of all ones or all zeros. */
const codes = {
  add: 0xe4,
  sub: 0xe5,
  mul: 0xe6,
  div: 0xe7,
  min: 0xe8,
  max: 0xe9,
  /** b < a ? b : a, so that a NaN in a stays. */
  lesser: 0xea,
  /** a < b ? b : a. */
  greater: 0xeb,
  abs: 0xe0,
  neg: 0xe1,
  sqrt: 0xe3,
  floor: 0x68,
  ceil: 0x67,
  round: 0x6a,
  equal: 0x41,
  notEqual: 0x42,
  less: 0x43,
  and: 0x4e,
  or: 0x50,
  xor: 0x51,
  not: 0x4d,
  /** (whenTrue, whenFalse, condition): the mask comes last. */
  select: 0x52,
  addInt: 0xae,
  subInt: 0xb1,
  mulInt: 0xb5,
  negInt: 0xa1,
  absInt: 0xa0,
  minInt: 0xb6,
  maxInt: 0xb8,
  equalInt: 0x37,
  notEqualInt: 0x38,
  lessInt: 0x39,
  shiftLeft: 0xab,
  shiftRight: 0xac,
  /** Towards 0; what int32 cannot hold becomes its nearest number, NaN 0. */
  toInt: 0xf8,
  toFloat: 0xfa,
} as const
export type LaneInstruction = keyof typeof codes
export const codeOf = (name: LaneInstruction): number[] => simd(codes[name])

/** Functions without a vector form: called for each lane, in float64, exactly as the reference computes them. */
export const hostFunctions = {
  pow: numberScalars.pow,
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  fmod: (a: number, b: number): number => a % b,
} as const
export type HostFunction = keyof typeof hostFunctions

/** One value of a kernel. `fixed` ones are the same for all elements and are computed before the loop. */
export type LaneStep = { readonly fixed: boolean } & (
  | { readonly kind: 'literal'; readonly bits: number }
  | { readonly kind: 'operand'; readonly operand: number }
  | { readonly kind: 'call'; readonly name: LaneInstruction; readonly args: readonly number[] }
  | { readonly kind: 'shift'; readonly name: 'shiftLeft' | 'shiftRight'; readonly arg: number; readonly by: number }
  | { readonly kind: 'host'; readonly name: HostFunction; readonly args: readonly number[] }
)

const word = new DataView(new ArrayBuffer(4))
/** The word that holds a number as float32. */
export const bitsOf = (x: number): number => {
  word.setFloat32(0, x)
  return word.getInt32(0)
}
export const wordBytes = (bits: number): number[] => [bits, bits >> 8, bits >> 16, bits >> 24].map(b => b & 0xff)
export const getLocal = (i: number): number[] => [0x20, ...leb(i)]
export const setLocal = (i: number): number[] => [0x21, ...leb(i)]

/** Writes instructions down, equal ones once. A value is its place. */
export class Lanes {
  readonly steps: LaneStep[] = []
  private readonly known = new Map<string, number>()

  /** A number in every lane, rounded to float32. */
  number(x: number): number {
    return this.bits(bitsOf(x))
  }
  /** A 32-bit word in every lane. */
  bits(bits: number): number {
    return this.push(`bits ${bits}`, { kind: 'literal', bits, fixed: true })
  }
  operand(operand: number, fixed: boolean): number {
    return this.push(`operand ${operand}`, { kind: 'operand', operand, fixed })
  }
  call(name: LaneInstruction, ...args: number[]): number {
    return this.push(`${name} ${args}`, { kind: 'call', name, args, fixed: this.allFixed(args) })
  }
  shift(name: 'shiftLeft' | 'shiftRight', arg: number, by: number): number {
    return this.push(`${name} ${arg} ${by}`, { kind: 'shift', name, arg, by, fixed: this.allFixed([arg]) })
  }
  host(name: HostFunction, ...args: number[]): number {
    return this.push(`host ${name} ${args}`, { kind: 'host', name, args, fixed: this.allFixed(args) })
  }
  private allFixed(args: readonly number[]): boolean {
    return args.every(a => this.steps[a]!.fixed)
  }
  private push(key: string, step: LaneStep): number {
    const before = this.known.get(key)
    if (before !== undefined) return before
    this.known.set(key, this.steps.length)
    return this.steps.push(step) - 1
  }
}
