import { f32, f64, floatBytes, i32, leb, moduleOf, simd, v128 } from '../../core/wasm.ts'
import type { Scalars } from '../../ops/scalars.ts'
import { traceRule, type ScalarRule } from './expression.ts'

// A scalar rule as a WebAssembly module: one pass over memory, four float32 at a time.

/** Vector instructions by scalar instruction; what is missing here cannot be fused. */
const f32x4: Partial<Record<keyof Scalars<number>, number>> = {
  add: 0xe4,
  sub: 0xe5,
  mul: 0xe6,
  div: 0xe7,
  min: 0xe8,
  max: 0xe9,
  abs: 0xe0,
  neg: 0xe1,
  sqrt: 0xe3,
  floor: 0x68,
  ceil: 0x67,
  round: 0x6a,
  equal: 0x41,
  less: 0x43,
  // Conditions are lanes of all ones or all zeros.
  and: 0x4e,
  or: 0x50,
  not: 0x4d,
  select: 0x52,
}
const [v128Load, v128Store, v128Const, f32x4Splat] = [0x00, 0x0b, 0x0c, 0x13]

export interface RuleLayout {
  /** Values read from memory, in the order of their addresses. */
  readonly arrays: readonly string[]
  /** Values that are the same for all elements. */
  readonly scalars: readonly string[]
}

/**
 * The bytes of a module that imports `env.memory` and exports `run(...addresses, bytes, ...scalars)`. Arrays that the rule
 * returns are overwritten. Null if an instruction of the rule has no vector form.
 */
export const emitRule = (rule: ScalarRule, { arrays, scalars }: RuleLayout): Uint8Array | null => {
  const { steps, results } = traceRule(rule, [...arrays, ...scalars])
  if (steps.some(step => step.kind === 'call' && f32x4[step.name] === undefined)) return null

  const addressOf = (i: number): number => i
  const bytes = arrays.length
  const scalarOf = (i: number): number => arrays.length + 1 + i
  const position = arrays.length + 1 + scalars.length
  const local = (step: number): number => position + 1 + step
  const get = (i: number): number[] => [0x20, ...leb(i)]
  const set = (i: number): number[] => [0x21, ...leb(i)]
  const at = (array: number): number[] => [...get(addressOf(array)), ...get(position), 0x6a]
  const access = (code: number): number[] => [...simd(code), 4, 0]

  const before: number[] = []
  const loop: number[] = []
  for (const [i, step] of steps.entries()) {
    if (step.kind === 'literal') {
      const four = [
        ...floatBytes(step.value),
        ...floatBytes(step.value),
        ...floatBytes(step.value),
        ...floatBytes(step.value),
      ]
      before.push(...simd(v128Const), ...four, ...set(local(i)))
    } else if (step.kind === 'input') {
      const array = arrays.indexOf(step.name)
      if (array < 0) before.push(...get(scalarOf(scalars.indexOf(step.name))), ...simd(f32x4Splat), ...set(local(i)))
      else loop.push(...at(array), ...access(v128Load), ...set(local(i)))
    } else {
      // bitselect takes its mask last.
      const args = step.name === 'select' ? [step.args[1]!, step.args[2]!, step.args[0]!] : step.args
      loop.push(...args.flatMap(a => get(local(a))), ...simd(f32x4[step.name]!), ...set(local(i)))
    }
  }
  for (const [array, label] of arrays.entries()) {
    const result = results[label]
    if (result !== undefined) loop.push(...at(array), ...get(local(result)), ...access(v128Store))
  }
  const advance = [...get(position), 0x41, 16, 0x6a, 0x22, ...leb(position), ...get(bytes), 0x49, 0x0d, 0]
  const body = [...before, 0x03, 0x40, ...loop, ...advance, 0x0b, 0x0b]
  return moduleOf({
    parameters: [...arrays.map(() => i32), i32, ...scalars.map(() => f32)],
    results: [],
    locals: [i32, ...steps.map(() => v128)],
    body,
  })
}

/**
 * The bytes of a module that imports `env.memory` and exports `run(address, bytes)`: the sum of squares of float32 elements,
 * added in float64 (16 bytes, four elements, at a time).
 */
export const emitSumSquares = (): Uint8Array => {
  const [address, bytes, position, sums, pair] = [0, 1, 2, 3, 4]
  const get = (i: number): number[] => [0x20, i]
  const [load64Zero, promoteLow, multiply, plus, lane] = [0x5d, 0x5f, 0xf2, 0xf0, 0x21]
  const addPair = (offset: number): number[] => [
    ...[...get(address), ...get(position), 0x6a],
    ...[...simd(load64Zero), 3, offset, ...simd(promoteLow), 0x22, pair],
    ...[...get(pair), ...simd(multiply), ...get(sums), ...simd(plus), 0x21, sums],
  ]
  const advance = [...get(position), 0x41, 16, 0x6a, 0x22, position, ...get(bytes), 0x49, 0x0d, 0]
  const total = [...get(sums), ...simd(lane), 0, ...get(sums), ...simd(lane), 1, 0xa0]
  return moduleOf({
    parameters: [i32, i32],
    results: [f64],
    locals: [i32, v128, v128],
    body: [0x03, 0x40, ...addPair(0), ...addPair(8), ...advance, 0x0b, ...total, 0x0b],
  })
}
