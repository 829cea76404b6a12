import { afterEach, describe, expect, test } from 'vitest'
import { advance, readFlag } from '../../src/engine/run.ts'
import { Slot } from '../../src/engine/slot.ts'
import {
  ArgumentError,
  compile,
  evaluate,
  Generator,
  GradusError,
  grad,
  ones,
  rand,
  randn,
  type Shape,
  setEngine,
  setSeed,
  type Tensor,
  tensor,
  zeros,
} from '../../src/index.ts'
import { Tensor as TensorClass } from '../../src/tensor/tensor.ts'

afterEach(() => setEngine('native', { always: true }))

/** A function that counts how often it is traced. */
const counted = <A extends readonly unknown[], R>(fn: (...args: A) => R) => {
  const count = { traces: 0 }
  const compiled = compile((...args: A) => {
    count.traces++
    return fn(...args)
  })
  return { compiled, count }
}
type F = Tensor<Shape, 'float32'>
const slotOf = (...values: number[]) =>
  new Slot([values.length], { dtype: 'float32', array: Float32Array.from(values) })
const read = (slot: Slot) => new TensorClass<readonly [number], 'float32'>(slot.read())
const valuesOf = (slot: Slot) => Array.from(slot.buffer.array, Number)

describe.each(['native', 'reference'])('a compiled function on %s', engine => {
  test('gives what the plain one gives', async () => {
    setEngine(engine, { always: true })
    const fn = (x: F, y: F) => ({ sum: x.add(y), list: [x.mul(y), y.sum()] })
    const [x, y] = [tensor([1, 2, 3]), tensor([4, 5, 6])]
    const compiled = await compile(fn)(x, y)
    const plain = fn(x, y)
    expect(await compiled.sum.toArray()).toEqual(await plain.sum.toArray())
    expect(await compiled.list[0]!.toArray()).toEqual(await plain.list[0]!.toArray())
    expect(await compiled.list[1]!.toArray()).toEqual(await plain.list[1]!.toArray())
  })

  test('gives back arguments and constants that it only passes on', async () => {
    setEngine(engine, { always: true })
    const x = tensor([1, 2])
    const result = await compile((x: F) => [x, x, ones([2]), 'text', 3] as const)(x)
    expect(await Promise.all([result[0], result[1], result[2]].map(t => t.toArray()))).toEqual([
      [1, 2],
      [1, 2],
      [1, 1],
    ])
    expect(result.slice(3)).toEqual(['text', 3])
  })
})

describe('tracing', () => {
  test('happens once for a signature, and again for a new shape or dtype', async () => {
    const { compiled, count } = counted((x: Tensor) => x.add(x))
    await compiled(ones([2]))
    await compiled(zeros([2]))
    expect(count.traces).toBe(1)
    await compiled(ones([3]))
    expect(count.traces).toBe(2)
    await compiled(ones([2], 'float64'))
    expect(count.traces).toBe(3)
    await compiled(ones([2]))
    await compiled(ones([3]))
    expect(count.traces).toBe(3)
  })

  test('happens again for other numbers, strings and structures: they are part of the signature', async () => {
    const { compiled, count } = counted((x: F, how: { by: number; name?: string }) => x.mul(how.by))
    expect(await (await compiled(ones([2]), { by: 2 })).toArray()).toEqual([2, 2])
    expect(await (await compiled(ones([2]), { by: 3 })).toArray()).toEqual([3, 3])
    expect(await (await compiled(ones([2]), { by: 2, name: 'x' })).toArray()).toEqual([2, 2])
    expect(count.traces).toBe(3)
    expect(await (await compiled(ones([2]), { by: 3 })).toArray()).toEqual([3, 3])
    expect(count.traces).toBe(3)
  })

  test('happens again when a flag that was read has changed', async () => {
    let training = true
    const { compiled, count } = counted((x: F) => (readFlag(() => training) ? x.mul(2) : x))
    expect(await (await compiled(ones([1]))).toArray()).toEqual([2])
    training = false
    expect(await (await compiled(ones([1]))).toArray()).toEqual([1])
    training = true
    expect(await (await compiled(ones([1]))).toArray()).toEqual([2])
    expect(count.traces).toBe(2)
  })

  test('computes arguments that are not computed yet', async () => {
    const { compiled } = counted((x: F) => x.add(1))
    const lazy = tensor([1, 2]).mul(10)
    expect(await (await compiled(lazy)).toArray()).toEqual([11, 21])
    expect(lazy.node.op).toBeNull()
  })

  test('leaves the surroundings as they were when the function throws', async () => {
    const slot = slotOf(1)
    const failing = compile((x: F) => {
      slot.write(read(slot).add(1).node)
      throw new Error(`no good: ${x.shape}`)
    })
    await expect(failing(ones([1]))).rejects.toThrow('no good: 1')
    await evaluate()
    expect(valuesOf(slot)).toEqual([1])
    // Nor is anything traced by mistake from here on.
    expect(await randn([2]).add(1).data()).toHaveLength(2)
  })

  test('keeps the gradient inside one program', async () => {
    const step = compile((x: F) => grad((x: F) => x.square().sum())(x))
    expect(await (await step(tensor([1, 2]))).toArray()).toEqual([2, 4])
    expect(await (await step(tensor([3, 4]))).toArray()).toEqual([6, 8])
  })
})

describe('asking for a value inside', () => {
  const asked =
    'compile: a value was asked for while the function was traced. Return tensors from a compiled function and read their values outside it.'
  const promised =
    'compile: the function returned a promise. A compiled function builds a graph and may not wait: return tensors and read their values outside it.'

  test('is an error, of an argument and of what is computed from it', async () => {
    const errors: unknown[] = []
    const waits: Promise<unknown>[] = []
    const peeking = compile((x: F) => {
      waits.push(x.data().catch(error => errors.push(error)))
      waits.push(
        x
          .add(1)
          .data()
          .catch(error => errors.push(error)),
      )
      return x
    })
    await peeking(ones([2]))
    await Promise.all(waits)
    expect(errors).toHaveLength(2)
    for (const error of errors) {
      expect(error).toBeInstanceOf(GradusError)
      expect((error as GradusError).code).toBe('trace')
      expect((error as GradusError).message).toBe(asked)
    }
  })

  test('makes the function return a promise, which is an error too', async () => {
    const unhandled: unknown[] = []
    const note = (error: unknown): void => void unhandled.push(error)
    process.on('unhandledRejection', note)
    const waiting = compile(async (x: F) => {
      await x.add(1).data()
      return x
    })
    const thrown = await waiting(ones([2])).catch(error => error)
    expect(thrown).toBeInstanceOf(ArgumentError)
    expect(thrown.message).toBe(promised)
    // The inner failure must not surface as an unhandled rejection, which would end the process.
    await new Promise(resolve => setTimeout(resolve, 10))
    process.off('unhandledRejection', note)
    expect(unhandled).toEqual([])
  })
})

describe('random numbers in a compiled function', () => {
  test('are drawn in the order of the calls, whenever the runs come', async () => {
    const step = compile((x: Tensor) => x.add(rand([1]) as Tensor))
    const zero = zeros([1]) as Tensor
    const drawn = async (later: boolean) => {
      setSeed(5)
      const first = step(zero)
      if (!later) await first
      const between = rand([1])
      return [...((await (await first).data()) as Float32Array), ...((await between.data()) as Float32Array)]
    }
    expect(await drawn(true)).toEqual(await drawn(false))
  })

  test('differ from call to call and are those that the plain function would have drawn', async () => {
    const fn = (x: F) => x.add(rand([3])).add(randn([2, 3]))
    const compiled = compile(fn)
    setSeed(11)
    const plain = [await fn(zeros([3])).toArray(), await rand([2]).toArray(), await fn(zeros([3])).toArray()]
    setSeed(11)
    const traced = [
      await (await compiled(zeros([3]))).toArray(),
      await rand([2]).toArray(),
      await (await compiled(zeros([3]))).toArray(),
    ]
    expect(traced).toEqual(plain)
    expect(traced[0]).not.toEqual(traced[2])
  })

  test('continue a generator of their own, from where its state was set', async () => {
    const own = new Generator(5)
    const compiled = compile(() => rand([4], { generator: own }))
    const first = await (await compiled()).toArray()
    const { state } = own
    const second = await (await compiled()).toArray()
    own.state = state
    expect(await (await compiled()).toArray()).toEqual(second)
    expect(second).not.toEqual(first)
    own.reset(5)
    expect(await (await compiled()).toArray()).toEqual(first)
  })
})

describe('slots in a compiled function', () => {
  test('are read and written anew at each call', async () => {
    const slot = slotOf(1, 2)
    const { compiled, count } = counted((x: F) => {
      const old = read(slot)
      slot.write(old.add(x).node)
      return old.mul(10)
    })
    expect(await (await compiled(ones([2]))).toArray()).toEqual([10, 20])
    expect(await (await compiled(ones([2]))).toArray()).toEqual([20, 30])
    expect(valuesOf(slot)).toEqual([3, 4])
    slot.set({ dtype: 'float32', array: Float32Array.of(7, 8) })
    expect(await (await compiled(ones([2]))).toArray()).toEqual([70, 80])
    expect(count.traces).toBe(1)
  })

  test('take what was written outside before the call', async () => {
    const slot = slotOf(1)
    const compiled = compile((x: F) => read(slot).mul(x))
    slot.write(read(slot).add(4).node)
    expect(await (await compiled(ones([1]))).toArray()).toEqual([5])
  })

  test('are updated in order when calls are not waited for', async () => {
    const slot = slotOf(0)
    const step = compile((x: F) => {
      const next = read(slot).mul(2).add(x)
      slot.write(next.node)
      return next
    })
    const x = ones([1])
    const results = await Promise.all(Array.from({ length: 5 }, () => step(x)))
    expect(await Promise.all(results.map(t => t.item()))).toEqual([1, 3, 7, 15, 31])
    expect(valuesOf(slot)).toEqual([31])
  })

  test('count with an action that is done once before each run', async () => {
    let step = 0
    const compiled = compile((x: F) => {
      advance(() => step++)
      return x.add(1)
    })
    for (let i = 0; i < 3; i++) await compiled(ones([1]))
    expect(step).toBe(3)
  })
})
