import { i32, leb, moduleOf, simd, v128 } from '../../core/wasm.ts'
import type { Loop } from './elementwise-layout.ts'
import {
  codeOf,
  getLocal,
  type HostFunction,
  hostFunctions,
  type Kind,
  type LaneStep,
  setLocal,
  wordBytes,
} from './lanes.ts'

/** Where a loop's blocks stand in memory, in bytes. */
export interface Addresses {
  readonly operands: readonly number[]
  readonly results: readonly number[]
}

const [load, loadByteSplat, loadWordSplat, loadWordZero, store, constant, storeWordLane] = [
  0, 7, 9, 0x5c, 0x0b, 0x0c, 0x5a,
]
const [extractLane, replaceLane, extendBytes, extendHalves, narrowWords, narrowHalves] = [
  0x1f, 0x20, 0x89, 0xa9, 0x86, 0x66,
]
const [promote, demote, call] = [0xbb, 0xb6, 0x10]
const lanes = [0, 1, 2, 3]

const splat = (bits: number): number[] => {
  const word = wordBytes(bits)
  return [...simd(constant), ...word, ...word, ...word, ...word]
}
const access = (code: number, address: number, ...rest: number[]): number[] => [
  ...simd(code),
  0,
  ...leb(address),
  ...rest,
]
/** Bools are bytes of 0 or 1 in memory. */
const toMask = [...splat(0), ...codeOf('notEqualInt')]

const readOperand = (
  kind: Kind,
  address: number,
  fixed: boolean,
  place: { element: number; byte: number },
): number[] => {
  if (fixed) {
    const code = access(kind === 'mask' ? loadByteSplat : loadWordSplat, address)
    return [0x41, 0, ...code, ...(kind === 'mask' ? toMask : [])]
  }
  if (kind !== 'mask') return [...getLocal(place.byte), ...access(load, address)]
  const widened = [...simd(extendBytes), ...simd(extendHalves)]
  return [...getLocal(place.element), ...access(loadWordZero, address), ...widened, ...toMask]
}

/**
 * The bytes of a module that imports `env.memory` and the host's functions and exports `run(count)`: the loop over the first `count`
 * elements of the blocks, four at a time; what is beyond them up to a multiple of four is undefined.
 */
export const emitLoop = (loop: Loop, addresses: Addresses): { bytes: Uint8Array; host: HostFunction[] } => {
  const { steps } = loop.lanes
  const host = [...new Set(steps.flatMap(s => (s.kind === 'host' ? [s.name] : [])))]
  const [count, element, byte, scratch] = [0, 1, 2, 3]
  const local = (step: number): number => scratch + 1 + step
  const get = (step: number): number[] => getLocal(local(step))

  const codeFor = (step: LaneStep, at: number): number[] => {
    switch (step.kind) {
      case 'literal':
        return splat(step.bits)
      case 'operand': {
        const { kind } = loop.operands[step.operand]!
        return readOperand(kind, addresses.operands[step.operand]!, step.fixed, { element, byte })
      }
      case 'call':
        return [...step.args.flatMap(get), ...codeOf(step.name)]
      case 'shift':
        return [...get(step.arg), 0x41, step.by, ...codeOf(step.name)]
      case 'host':
        return lanes.flatMap(lane => [
          ...(lane === 0 ? get(at) : []),
          ...step.args.flatMap(a => [...get(a), ...simd(extractLane), lane, promote]),
          ...[call, ...leb(host.indexOf(step.name)), demote, ...simd(replaceLane), lane],
        ])
    }
  }
  const write = (kind: Kind, value: number, address: number): number[] => {
    if (kind !== 'mask') return [...getLocal(byte), ...get(value), ...access(store, address)]
    const doubled = [...setLocal(scratch), ...getLocal(scratch), ...getLocal(scratch)]
    const bytes = [...splat(1), ...codeOf('and'), ...doubled, ...simd(narrowWords), ...doubled, ...simd(narrowHalves)]
    return [...getLocal(element), ...get(value), ...bytes, ...access(storeWordLane, address, 0)]
  }

  const code = (fixed: boolean): number[] => {
    const bytes: number[] = []
    for (const [i, step] of steps.entries())
      if (step.fixed === fixed) bytes.push(...codeFor(step, i), ...setLocal(local(i)))
    return bytes
  }
  const writes = loop.results.flatMap(({ kind, value }, i) => write(kind, value, addresses.results[i]!))
  const scale = [...getLocal(element), 0x41, 2, 0x74, ...setLocal(byte)]
  const advance = [...getLocal(element), 0x41, 4, 0x6a, 0x22, element, ...getLocal(count), 0x49, 0x0d, 0]
  const bytes = moduleOf({
    parameters: [i32],
    results: [],
    locals: [i32, i32, v128, ...steps.map(() => v128)],
    body: [...code(true), 0x03, 0x40, ...scale, ...code(false), ...writes, ...advance, 0x0b, 0x0b],
    host: host.map(name => ({ name, arguments: hostFunctions[name].length })),
  })
  return { bytes, host }
}
