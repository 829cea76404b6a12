import { leb } from '../../../core/wasm.ts'

// Loops over rows in WebAssembly on memory that threads may share. Source of the encoding: WebAssembly Core Specification 2.0, chapter 5.

/** The code for one row, the k-th of those that one turn of the loop takes. */
export type Step = (k: number) => readonly number[]

const [i32, v128] = [0x7f, 0x7b] as const
const [localGet, setLocal, i32Const, i32Add, i32GtU, i32LeU] = [0x20, 0x21, 0x41, 0x6a, 0x4b, 0x4d] as const
const [loopStart, blockStart, end, branchIf, none] = [0x03, 0x02, 0x0b, 0x0d, 0x40] as const

export const local = (index: number): number[] => [localGet, ...leb(index)]
/** Alignment as a power of two, and an offset. */
export const localSet = (index: number): number[] => [setLocal, ...leb(index)]
export const localTee = (index: number): number[] => [0x22, ...leb(index)]
export const address = (align: number, offset: number): number[] => [align, ...leb(offset)]
export const f64Const = (x: number): number[] => [0x44, ...new Uint8Array(new Float64Array([x]).buffer)]

const addTo = (index: number, count: number): number[] => [
  ...local(index),
  i32Const,
  ...signed(count),
  i32Add,
  setLocal,
  ...leb(index),
]
/** A small whole number in signed LEB128. */
const signed = (n: number): number[] => {
  const bytes: number[] = []
  for (let rest = n; ; ) {
    const low = rest & 0x7f
    rest >>= 7
    if ((rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0)) return [...bytes, low]
    bytes.push(low | 0x80)
  }
}

interface Loop {
  /** The local that runs to that of `end`, and how far each local moves a row. */
  readonly pointer: number
  readonly end: number
  readonly moves: readonly (readonly [local: number, bytes: number])[]
  readonly step: Step
}

/** Several rows a turn, then the rest one by one. */
export const loop = ({ pointer, end: last, moves, step }: Loop, unrolled: number): number[] => {
  const size = moves.find(([index]) => index === pointer)![1]
  const turn = (rows: number): number[] => [
    ...[
      blockStart,
      none,
      ...local(pointer),
      i32Const,
      ...signed(rows * size),
      i32Add,
      ...local(last),
      i32GtU,
      branchIf,
      0,
    ],
    ...[loopStart, none, ...Array.from({ length: rows }, (_, k) => step(k)).flat()],
    ...moves.flatMap(([index, bytes]) => addTo(index, rows * bytes)),
    ...[...local(pointer), i32Const, ...signed(rows * size), i32Add, ...local(last), i32LeU, branchIf, 0, end, end],
  ]
  return [...(unrolled > 1 ? turn(unrolled) : []), ...turn(1)]
}

const vector = (items: readonly (readonly number[])[]): number[] => [...leb(items.length), ...items.flat()]
const section = (id: number, body: readonly number[]): number[] => [id, ...leb(body.length), ...body]
const name = (text: string): number[] => [...leb(text.length), ...new TextEncoder().encode(text)]
const pages = 65536

/** A module of one function `run` of 32-bit parameters, 32-bit and then 128-bit locals, on an imported memory; it gives a number back or nothing. */
export const sharedModule = (code: {
  readonly parameters: number
  readonly locals: readonly [words: number, vectors: number]
  readonly result?: true
  readonly shared: boolean
  readonly body: readonly number[]
}): Uint8Array => {
  const { parameters, locals, shared, body, result } = code
  const types = [0x60, ...vector(new Array<number[]>(parameters).fill([i32])), ...vector(result ? [[i32]] : [])]
  const limits = shared ? [0x03, ...leb(1), ...leb(pages)] : [0x00, ...leb(1)]
  const own = [
    ...vector([
      [...leb(locals[0]), i32],
      [...leb(locals[1]), v128],
    ]),
    ...body,
    end,
  ]
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, vector([types])),
    ...section(2, vector([[...name('env'), ...name('memory'), 0x02, ...limits]])),
    ...section(3, vector([[0]])),
    ...section(7, vector([[...name('run'), 0x00, 0]])),
    ...section(10, vector([[...leb(own.length), ...own]])),
  ])
}
