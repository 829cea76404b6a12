import { allocate, type DType } from '../core/dtype.ts'
import { ArgumentError } from '../core/errors.ts'
import { blocksFor, fillIntegers, fillNormal, fillUniform } from '../core/philox.ts'
import { checkShape, type Shape, sizeOf } from '../core/shape.ts'
import { advance, isTracing } from '../engine/run.ts'
import { leaf } from '../graph/node.ts'
import { Tensor } from './tensor.ts'

/** All that a generator remembers: enough to go on exactly from here. */
export interface GeneratorState {
  readonly seed: number
  readonly block: number
}

type FloatOptions<D extends DType> = { readonly dtype?: D; readonly generator?: Generator }

/**
 * A stream of random numbers that depends only on its seed and on how many were drawn: the same on every engine. Block `b` of
 * the stream is Philox4x32-10 of the counter `b` under the seed as key.
 *
 * Source: Salmon, Moraes, Dror & Shaw 2011, section 3.3.
 */
export class Generator {
  private seed = 0
  private block = 0

  constructor(seed = 0) {
    this.reset(seed)
  }

  /** Starts the stream of another seed, a whole number from 0 to 2^53 − 1. */
  reset(seed: number): void {
    if (!Number.isSafeInteger(seed) || seed < 0) {
      throw new ArgumentError(
        `setSeed: the seed must be a whole number from 0 to ${Number.MAX_SAFE_INTEGER}; got ${seed}.`,
        { seed },
      )
    }
    this.seed = seed
    this.block = 0
  }
  get state(): GeneratorState {
    return { seed: this.seed, block: this.block }
  }
  set state({ seed, block }: GeneratorState) {
    this.reset(seed)
    this.block = block
  }

  /** A generator of its own for another purpose, such as the order of data beside the weights: stream 1, 2, … of this seed. */
  fork(stream: number): Generator {
    if (!Number.isInteger(stream) || stream < 1 || stream > 255)
      throw new ArgumentError(`fork: the stream must be a whole number from 1 to 255; got ${stream}.`, { stream })
    // Streams differ in the key's upper bits, which seeds below 2^45 leave free.
    return new Generator((this.seed + stream * 2 ** 45) % 2 ** 53)
  }

  /** Takes `size` numbers off the stream: a function that fills an array with them when they are needed. */
  draw<A>(size: number, fill: (out: A, key: readonly [number, number], block: number) => void): (out: A) => void {
    const blocks = blocksFor(size)
    const at = { block: this.block }
    if (isTracing()) {
      // In a compiled function the stream's position is read at each run, just before it moves on.
      advance(() => {
        at.block = this.block
        this.block += blocks
      })
      return out => fill(out, this.key(), at.block)
    }
    this.block += blocks
    const key = this.key()
    return out => fill(out, key, at.block)
  }

  private key(): readonly [number, number] {
    return [this.seed >>> 0, Math.floor(this.seed / 2 ** 32)]
  }
}

const defaultGenerator = new Generator(0)

/** Seeds everything that is drawn without a generator of its own. The same seed gives the same numbers on every engine. */
export const setSeed = (seed: number): void => defaultGenerator.reset(seed)
/** The generator behind everything drawn without one. */
export const generator = (): Generator => defaultGenerator

const drawn = <S extends Shape, D extends DType>(
  where: string,
  shape: S,
  dtype: D,
  source: Generator,
  fill: (out: never, key: readonly [number, number], block: number) => void,
): Tensor<S, D> => {
  checkShape(where, shape)
  const size = sizeOf(shape)
  const into = source.draw(size, fill)
  const make = () => {
    const array = allocate(dtype, size)
    into(array as never)
    return { dtype, array }
  }
  return new Tensor(leaf({ shape: [...shape], dtype }, { kind: 'host', make }))
}

/** Uniform numbers in `[low, high)`, by default `[0, 1)`. */
export const rand = <const S extends Shape, D extends 'float32' | 'float64' = 'float32'>(
  shape: S,
  options: FloatOptions<D> & { readonly low?: number; readonly high?: number } = {},
): Tensor<S, NoInfer<D>> => {
  const { low = 0, high = 1 } = options
  const unit = drawn(
    'rand',
    shape,
    (options.dtype ?? 'float32') as D,
    options.generator ?? defaultGenerator,
    fillUniform,
  )
  if (low === 0 && high === 1) return unit
  return new Tensor(unit.mul(high - low).add(low).node)
}

/** Normal numbers of mean 0 and standard deviation 1, by Box and Muller's method. */
export const randn = <const S extends Shape, D extends 'float32' | 'float64' = 'float32'>(
  shape: S,
  options: FloatOptions<D> = {},
): Tensor<S, NoInfer<D>> =>
  drawn('randn', shape, (options.dtype ?? 'float32') as D, options.generator ?? defaultGenerator, fillNormal)

/** Whole numbers in `[low, high)` as int32. */
export const randint = <const S extends Shape>(
  low: number,
  high: number,
  shape: S,
  options: { readonly generator?: Generator } = {},
): Tensor<S, 'int32'> => {
  if (!Number.isInteger(low) || !Number.isInteger(high) || low >= high) {
    throw new ArgumentError(`randint: low and high must be whole numbers with low < high; got ${low} and ${high}.`, {
      low,
      high,
    })
  }
  return drawn('randint', shape, 'int32', options.generator ?? defaultGenerator, (out: Int32Array, key, block) =>
    fillIntegers(out, key, block, low, high),
  )
}

/** The numbers 0 to n − 1 in random order (Fisher and Yates), on the host. */
export const permutation = (n: number, source: Generator = defaultGenerator): Int32Array => {
  if (!Number.isInteger(n) || n < 0)
    throw new ArgumentError(`permutation: n must be a whole number of at least 0; got ${n}.`, { n })
  const order = Int32Array.from({ length: n }, (_, i) => i)
  const unit = new Float64Array(n)
  source.draw<Float64Array>(n, fillUniform)(unit)
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(unit[i]! * (i + 1))
    const held = order[i]!
    order[i] = order[j]!
    order[j] = held
  }
  return order
}
