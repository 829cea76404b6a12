import { floatBytes, leb, simd } from '../../core/wasm.ts'
import { exp } from '../../engine/kernels/lane-functions.ts'
import { codeOf, getLocal, Lanes, type LaneStep, setLocal, wordBytes } from '../../engine/kernels/lanes.ts'
import { sharedModule } from '../../learn/ensemble/histogram/wasm-loop.ts'
import {
  contextPlace,
  dotsPlace,
  errorPlace,
  labelsPlace,
  meanPlace,
  ratePlace,
  type StepKernels,
  targetsPlace,
} from './step-layout.ts'

// The steps as WebAssembly, four float32 at a time. A module is written for a number of rows: they are worked through together, so
// that the input is read once for all of them, and the error stays in a register.

const [load, loadSplat, store, constant, shuffle, extract, replace, splat] = [0, 9, 0x0b, 0x0c, 0x0d, 0x1f, 0x20, 0x13]
const [plus, times, minus, divided] = [codeOf('add'), codeOf('mul'), codeOf('sub'), codeOf('div')]
const [i32Add, i32Load, i32Const, i32Sub, branchIf, loopStart, nothing, end] = [
  0x6a, 0x28, 0x41, 0x6b, 0x0d, 0x03, 0x40, 0x0b,
]
const tee = (i: number): number[] => [0x22, ...leb(i)]
/** A number that is not negative, in signed LEB128. */
const signed = (n: number): number[] => {
  const bytes: number[] = []
  for (let rest = n; ; ) {
    const low = rest & 0x7f
    rest >>= 7
    if (rest === 0 && (low & 0x40) === 0) return [...bytes, low]
    bytes.push(low | 0x80)
  }
}
const readAt = (pointer: number, offset: number): number[] => [...getLocal(pointer), ...simd(load), 2, ...leb(offset)]
const writeAt = (pointer: number, offset: number, value: readonly number[]): number[] => [
  ...getLocal(pointer),
  ...value,
  ...simd(store),
  2,
  ...leb(offset),
]
const fourTimes = (word: readonly number[]): number[] => [...simd(constant), ...word, ...word, ...word, ...word]
const lanesInOrder = (...order: number[]): number[] => [
  ...simd(shuffle),
  ...order.flatMap(lane => [0, 1, 2, 3].map(byte => 4 * lane + byte)),
]

/** Instructions per pass beyond which the vectors of a row are worked through in a loop. */
const longest = 700

interface Pass {
  readonly vectors: number
  readonly rows: number
  /** Locals that hold addresses, moved along the rows. */
  readonly pointers: readonly number[]
  readonly counter: number
  /** The work at an offset in bytes. */
  readonly body: (offset: number) => readonly number[]
}

/** The work for each vector of the rows: written out, or a loop over blocks of them and what is left. */
const pass = ({ vectors, rows, pointers, counter, body }: Pass): number[] => {
  const block = Math.min(vectors, Math.max(1, Math.floor(longest / rows)))
  const blocks = Math.floor(vectors / block)
  const written = (count: number): number[] => Array.from({ length: count }, (_, p) => [...body(16 * p)]).flat()
  if (blocks === 1 && block === vectors) return written(vectors)
  const advance = pointers.flatMap(pointer => [
    ...[...getLocal(pointer), i32Const, ...signed(16 * block), i32Add, ...setLocal(pointer)],
  ])
  return [
    ...[i32Const, ...signed(blocks), ...setLocal(counter), loopStart, nothing, ...written(block), ...advance],
    ...[...getLocal(counter), i32Const, 1, i32Sub, ...tee(counter), branchIf, 0, end],
    ...written(vectors - blocks * block),
  ]
}

/** σ(x) = 1 / (1 + e^−x) of the vector in the first of {@link sigmaLocals} locals, the operand. */
const sigmaSteps: readonly LaneStep[] = (() => {
  const lanes = new Lanes()
  exp(lanes, lanes.call('neg', lanes.operand(0, false)))
  return lanes.steps
})()
const sigmaLocals = sigmaSteps.length
const sigma = (first: number): number[] => {
  const get = (step: number): number[] => getLocal(first + step)
  const code = (step: LaneStep): number[] => {
    if (step.kind === 'literal') return fourTimes(wordBytes(step.bits))
    if (step.kind === 'call') return [...step.args.flatMap(get), ...codeOf(step.name)]
    if (step.kind === 'shift') return [...get(step.arg), i32Const, step.by, ...codeOf(step.name)]
    return get(0)
  }
  const one = fourTimes(floatBytes(1))
  return [
    ...sigmaSteps.flatMap((step, i) => [...code(step), ...setLocal(first + i)]),
    ...[...one, ...one, ...get(sigmaLocals - 1), ...plus, ...divided],
  ]
}

const addressesFrom = (place: number, scratch: number, first: number, rows: number): number[] =>
  Array.from({ length: rows }, (_, t) => [
    ...[...getLocal(scratch), i32Load, 2, ...leb(place + 4 * t), ...setLocal(first + t)],
  ]).flat()

interface Shape {
  readonly rows: number
  readonly vectors: number
  readonly shared: boolean
}

/** `run(input, scratch)`: the input row gets the error, or, with `kept`, the error's place does. */
const emitStep = ({ rows, vectors, shared }: Shape, kept: boolean): Uint8Array => {
  const [input, scratch] = [0, 1]
  const firstRow = 2
  const [x, error, counter] = [firstRow + rows, firstRow + rows + 1, firstRow + rows + 2]
  const gain = counter + 1
  const [own, sum, before] = [gain + rows, gain + rows + 1, gain + rows + 2]
  const sigmas = before + 1
  const each = <T>(work: (t: number) => readonly T[]): T[] =>
    Array.from({ length: rows }, (_, t) => [...work(t)]).flat()
  const start = [...addressesFrom(targetsPlace, scratch, firstRow, rows), ...getLocal(input), ...setLocal(x)]
  const pointers = [...Array.from({ length: rows }, (_, t) => firstRow + t), x]

  const products = pass({
    ...{ vectors, rows, pointers, counter },
    body: offset => [
      ...[...readAt(x, offset), ...setLocal(own)],
      ...each(t => [
        ...[...getLocal(own), ...readAt(firstRow + t, offset), ...times],
        ...[...getLocal(gain + t), ...plus, ...setLocal(gain + t)],
      ]),
    ],
  })
  // To all lanes, in two turns.
  const addLanes = (row: number, ...order: number[]): number[] => [
    ...[...getLocal(row), ...getLocal(row), ...getLocal(row), ...lanesInOrder(...order), ...plus, ...setLocal(row)],
  ]
  const addUp = each(t => [...addLanes(gain + t, 2, 3, 0, 1), ...addLanes(gain + t, 1, 0, 3, 2)])
  const judge = Array.from({ length: Math.ceil(rows / 4) }, (_, group) => {
    const members = Array.from({ length: Math.min(4, rows - 4 * group) }, (_, lane) => gain + 4 * group + lane)
    return [
      ...getLocal(members[0]!),
      ...members.slice(1).flatMap((member, i) => [...getLocal(member), ...simd(extract), 0, ...simd(replace), i + 1]),
      ...setLocal(sigmas),
      ...writeAt(scratch, dotsPlace + 16 * group, getLocal(sigmas)),
      ...[...readAt(scratch, labelsPlace + 16 * group), ...sigma(sigmas), ...minus],
      ...[...getLocal(scratch), ...simd(loadSplat), 2, ...leb(ratePlace), ...times, ...setLocal(own)],
      ...members.flatMap((member, lane) => [
        ...[...getLocal(own), ...simd(extract), lane, ...simd(splat), ...setLocal(member)],
      ]),
    ]
  }).flat()
  const updates = pass({
    ...{ vectors, rows, pointers: [...pointers, error], counter },
    body: offset => [
      ...[...readAt(x, offset), ...setLocal(own), ...fourTimes(floatBytes(0)), ...setLocal(sum)],
      ...each(t => [
        ...[...readAt(firstRow + t, offset), ...setLocal(before)],
        ...[...getLocal(sum), ...getLocal(gain + t), ...getLocal(before), ...times, ...plus, ...setLocal(sum)],
        ...writeAt(firstRow + t, offset, [
          ...[...getLocal(before), ...getLocal(gain + t), ...getLocal(own), ...times, ...plus],
        ]),
      ]),
      ...(kept
        ? writeAt(error, offset, getLocal(sum))
        : writeAt(x, offset, [...getLocal(own), ...getLocal(sum), ...plus])),
    ],
  })
  const errorStart = [...getLocal(scratch), i32Const, ...signed(errorPlace(16 * vectors)), i32Add, ...setLocal(error)]
  return sharedModule({
    parameters: 2,
    locals: [rows + 3, rows + 3 + sigmaLocals],
    shared,
    body: [...start, ...products, ...addUp, ...judge, ...start, ...errorStart, ...updates],
  })
}

/** `run(scratch)`: the mean of the rows, or the error added to each. */
const emitWindow = ({ rows, vectors, shared }: Shape, kind: 'mean' | 'spread'): Uint8Array => {
  const scratch = 0
  const firstRow = 1
  const [place, counter] = [firstRow + rows, firstRow + rows + 1]
  const value = counter + 1
  const each = (work: (t: number) => readonly number[]): number[] =>
    Array.from({ length: rows }, (_, t) => [...work(firstRow + t)]).flat()
  const mean = (offset: number): number[] =>
    writeAt(place, offset, [
      ...fourTimes(floatBytes(0)),
      ...each(row => [...readAt(row, offset), ...plus]),
      ...[...fourTimes(floatBytes(1 / rows)), ...times],
    ])
  const spread = (offset: number): number[] => [
    ...[...readAt(place, offset), ...setLocal(value)],
    ...each(row => writeAt(row, offset, [...readAt(row, offset), ...getLocal(value), ...plus])),
  ]
  const from = kind === 'mean' ? meanPlace : errorPlace(16 * vectors)
  return sharedModule({
    parameters: 1,
    locals: [rows + 2, 1],
    shared,
    body: [
      ...addressesFrom(contextPlace, scratch, firstRow, rows),
      ...[...getLocal(scratch), i32Const, ...signed(from), i32Add, ...setLocal(place)],
      ...pass({
        ...{ vectors, rows, counter, body: kind === 'mean' ? mean : spread },
        pointers: [...Array.from({ length: rows }, (_, t) => firstRow + t), place],
      }),
    ],
  })
}

type Run = (...addresses: number[]) => void

/** The steps with vector instructions, on rows of so many vectors in a memory; null where there are no such instructions. */
export const wasmSteps = (memory: WebAssembly.Memory, vectors: number): StepKernels | null => {
  const shared = typeof SharedArrayBuffer !== 'undefined' && memory.buffer instanceof SharedArrayBuffer
  const instance = (bytes: Uint8Array): Run =>
    new WebAssembly.Instance(new WebAssembly.Module(bytes as BufferSource), { env: { memory } }).exports.run as Run
  const byRows = (emit: (shape: Shape) => Uint8Array): ((rows: number) => Run) => {
    const made: (Run | undefined)[] = []
    return rows => {
      made[rows] ??= instance(emit({ rows, vectors, shared }))
      return made[rows]
    }
  }
  const add = byRows(shape => emitStep(shape, false))
  const keep = byRows(shape => emitStep(shape, true))
  const mean = byRows(shape => emitWindow(shape, 'mean'))
  const spread = byRows(shape => emitWindow(shape, 'spread'))
  try {
    add(1)
  } catch {
    return null
  }
  return {
    addStep: (count, input, scratch) => add(count)(input, scratch),
    meanStep: (count, scratch) => keep(count)(scratch + meanPlace, scratch),
    mean: (count, scratch) => mean(count)(scratch),
    spread: (count, scratch) => spread(count)(scratch),
  }
}
