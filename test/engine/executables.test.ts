import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cachedExecutables, executableFor, loadEngine } from '../../src/engine/engine.ts'
import { leaf } from '../../src/graph/node.ts'
import { programOf } from '../../src/graph/program.ts'
import { compile, EngineError, grad, ones, type Shape, setEngine, type Tensor, tensor, zeros } from '../../src/index.ts'

afterAll(() => setEngine('native'))

/** The executable kept for what computes a tensor: the same object for as long as it is kept. */
const kept = (x: Tensor) => executableFor(programOf([x.node]).program)

describe.each(['native', 'reference'])('the executables kept for %s', engine => {
  beforeAll(() => setEngine(engine))

  test('are found again for an equal graph, and differ for another or on another engine', async () => {
    const first = await kept(tensor([1, 2, 3]).mul(7))
    expect(await kept(tensor([4, 5, 6]).mul(7))).toBe(first)
    expect(await kept(tensor([4, 5, 6]).mul(8))).not.toBe(first)
    expect(await kept(tensor([4, 5]).mul(7))).not.toBe(first)
    setEngine(engine === 'native' ? 'reference' : 'native')
    expect(await kept(tensor([4, 5, 6]).mul(7))).not.toBe(first)
    setEngine(engine)
    expect(await kept(tensor([4, 5, 6]).mul(7))).toBe(first)
  })

  test('are bounded: those unused for longest are dropped, and made again when they are needed', async () => {
    const { limit } = cachedExecutables()
    const [idle, busy] = [() => tensor([1, 2]).mul(-1000), () => tensor([1, 2]).mul(-2000)]
    const [idleOne, busyOne] = [await kept(idle()), await kept(busy())]
    for (let i = 0; i < limit; i++) {
      await kept(busy())
      await tensor([1])
        .mul(i + 0.5)
        .data()
      expect(cachedExecutables().size).toBeLessThanOrEqual(limit)
    }
    expect(cachedExecutables().size).toBe(limit)
    expect(await kept(busy())).toBe(busyOne)
    expect(await kept(idle())).not.toBe(idleOne)
    expect(await idle().toArray()).toEqual([-1000, -2000])
    expect(cachedExecutables().size).toBe(limit)
  })

  test('compute into a buffer that they are given, and nowhere else', async () => {
    const x = leaf({ shape: [2], dtype: 'float32' }, { kind: 'argument', index: 0 })
    const [doubled, passed] = [ones([2]).node, x]
    const { program, leaves } = programOf([passed, doubled])
    const executable = await (await loadEngine(engine)).compile(program)
    const target = new Float32Array(2)
    const inputs = leaves.map(() => ({ dtype: 'float32' as const, array: Float32Array.of(5, 6) }))
    const [out, made] = await executable.run(inputs, [{ dtype: 'float32', array: target }, null])
    expect(out!.array).toBe(target)
    expect([...target]).toEqual([5, 6])
    expect(Array.from(made!.array, Number)).toEqual([1, 1])
    // An output that only passes an input on is a copy of it.
    const [copy] = await executable.run(inputs)
    copy!.array.fill(0 as never)
    expect(Array.from(inputs[0]!.array)).toEqual([5, 6])
    await executable.dispose()
  })
})

describe('what native cannot do it says', () => {
  beforeAll(() => setEngine('native'))
  const messageOf = async (x: Tensor): Promise<string> => {
    const error: unknown = await x.data().catch(error => error)
    expect(error).toBeInstanceOf(EngineError)
    return (error as Error).message
  }

  test('where a kernel is missing for a dtype', async () => {
    expect(await messageOf(zeros([2], 'float64').erf())).toBe(
      "native: ONNX Runtime has no Erf kernel for the dtype that erf was given. Convert with x.to('float32'), or use the reference engine.",
    )
  })

  test('where an index does not exist', async () => {
    expect(await messageOf(ones([3, 2]).gather(tensor([3], 'int32')))).toBe(
      'native: gather: index 3 does not exist on an axis of size 3. Allowed: -3 to 2.',
    )
  })

  test('where an index does not exist in a gradient alone', async () => {
    const outside = grad((x: Tensor) => x.gather(tensor([3], 'int32')).sum())(ones([3, 2]))
    expect(await messageOf(outside)).toBe(
      'native: scatterAdd: index 3 does not exist on an axis of size 3. Allowed: -3 to 2.',
    )
  })

  test('and goes on after it', async () => {
    const failing = compile((x: Tensor<Shape, 'float64'>) => x.erf())
    await expect(failing(zeros([2], 'float64'))).rejects.toThrow(EngineError)
    expect(await tensor([1]).add(1).item()).toBe(2)
    setEngine('reference')
    expect(await (await failing(zeros([2], 'float64'))).toArray()).toEqual([0, 0])
  })
})

test('a product after a factor keeps the digits of float64', async () => {
  const x = tensor(Float64Array.from([1, 2, 3, 4])).reshape([2, 2])
  const values = [...(await x.mul(0.1).matmul(x).data())].map(Number)
  for (const [i, v] of [0.7, 1, 1.5, 2.2].entries()) expect(Math.abs(values[i]! - v)).toBeLessThan(1e-15)
})
