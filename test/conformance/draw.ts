import { convert, type DType, isFloat, type TypedArray } from '../../src/core/dtype.ts'
import { fillUniform } from '../../src/core/philox.ts'
import { type Shape, sizeOf } from '../../src/core/shape.ts'
import type { InputSpec } from '../../src/graph/op.ts'
import { Generator } from '../../src/tensor/random.ts'

/** An input of a check: numbers that float32 holds exactly, so that every engine and dtype is given the same values. */
export interface Drawn {
  readonly shape: Shape
  /** `float` becomes the dtype that is under test. */
  readonly dtype: DType | 'float'
  readonly values: Float64Array
}

/** How far inputs of a gradient check keep from a kink: many times the step of the differences (6e-6). */
const kinkMargin = 0.01

/** 32 bits of FNV-1a: a name's own seed. */
const seedOf = (name: string): number => {
  let h = 0x811c9dc5
  for (const c of name) h = Math.imul(h ^ c.codePointAt(0)!, 0x01000193)
  return h >>> 0
}

/** A stream of numbers in [0, 1) that depends on the name only. */
export const stream = (name: string): (() => number) => {
  const source = new Generator(seedOf(name))
  const block = new Float64Array(4)
  let used = block.length
  return () => {
    if (used === block.length) {
      source.draw<Float64Array>(block.length, fillUniform)(block)
      used = 0
    }
    return block[used++]!
  }
}

/** 0 to n − 1 in random order. */
const shuffled = (n: number, next: () => number): number[] => {
  const order = Array.from({ length: n }, (_, i) => i)
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1))
    ;[order[i], order[j]] = [order[j]!, order[i]!]
  }
  return order
}

const defaultDomain: Readonly<Record<DType | 'float', readonly [number, number]>> = {
  float: [-2, 2],
  float32: [-2, 2],
  float64: [-2, 2],
  float16: [-2, 2],
  bfloat16: [-2, 2],
  int32: [-9, 9],
  int8: [-9, 9],
  int16: [-9, 9],
  uint16: [0, 9],
  uint32: [0, 9],
  uint64: [0, 9],
  int64: [-9, 9],
  uint8: [0, 9],
  bool: [0, 1],
}

/** Whether an element is on the diagonal of its matrix, where the spec adds to that. */
const onDiagonal = ({ shape, diagonal }: InputSpec, i: number): boolean => {
  if (diagonal === undefined) return false
  const [m, n] = shape.slice(-2) as [number, number]
  return Math.floor(i / n) % m === i % n
}

/** Values for an input, drawn by its rules and by the name alone. */
export const draw = (spec: InputSpec, name: string, kinks: readonly number[] = []): Drawn => {
  const next = stream(name)
  const dtype = spec.dtype ?? 'float'
  const [low, high] = spec.domain ?? defaultDomain[dtype]
  const size = sizeOf(spec.shape)
  const values = new Float64Array(size)
  const order = shuffled(size, next)
  for (let i = 0; i < size; i++) {
    if (dtype !== 'float' && !isFloat(dtype)) {
      if (spec.distinct && high - low + 1 < size) throw new Error(`${name}: ${size} distinct integers do not fit`)
      values[i] = spec.distinct ? low + order[i]! : low + Math.floor(next() * (high - low + 1))
      continue
    }
    const shift = onDiagonal(spec, i) ? spec.diagonal! : 0
    // Distinct values lie in cells of their own, each in the middle half of its cell.
    const unit = (): number => (spec.distinct ? (order[i]! + 0.25 + next() / 2) / size : next())
    for (let tries = 0; ; tries++) {
      const x = Math.fround(low + unit() * (high - low) + shift)
      values[i] = x
      if (kinks.every(k => Math.abs(x - k) > kinkMargin)) break
      if (tries > 1000) throw new Error(`${name}: no value in [${low}, ${high}] keeps away from the kinks`)
    }
  }
  return { shape: spec.shape, dtype, values }
}

/** The drawn values as an engine takes them, with `float` for the dtype under test. */
export const typed = (drawn: Drawn, float: DType): { dtype: DType; array: TypedArray } => {
  const dtype = drawn.dtype === 'float' ? float : drawn.dtype
  return { dtype, array: convert(drawn.values, dtype) }
}

/** Random numbers in [−1, 1) of a shape, such as a cotangent. */
export const drawUniform = (shape: Shape, name: string): Drawn => draw({ shape, domain: [-1, 1] }, name)
