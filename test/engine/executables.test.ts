import { afterEach, describe, expect, test } from 'vitest'
import { cachedExecutables, loadEngine } from '../../src/engine/engine.ts'
import { leaf } from '../../src/graph/node.ts'
import { programOf } from '../../src/graph/program.ts'
import { compile, EngineError, ones, type Shape, setEngine, type Tensor, tensor, zeros } from '../../src/index.ts'

afterEach(() => setEngine('native'))

// First, while there is room in the cache.
test.each(['native', 'reference'])('the executables kept for %s are found again for an equal graph', async engine => {
  setEngine(engine)
  await tensor([1, 2, 3]).mul(7).data()
  const { size, limit } = cachedExecutables()
  expect(size).toBeLessThan(limit)
  await tensor([4, 5, 6]).mul(7).data()
  expect(cachedExecutables().size).toBe(size)
  await tensor([4, 5, 6]).mul(8).data()
  expect(cachedExecutables().size).toBe(size + 1)
})

describe.each(['native', 'reference'])('the executables kept for %s', engine => {
  test('are bounded, and what was dropped is made again when it is needed', async () => {
    setEngine(engine)
    const { limit } = cachedExecutables()
    const first = () => tensor([1, 2]).mul(-1000).toArray()
    expect(await first()).toEqual([-1000, -2000])
    for (let i = 0; i < limit + 10; i++)
      await tensor([1])
        .mul(i + 0.5)
        .data()
    expect(cachedExecutables().size).toBe(limit)
    expect(await first()).toEqual([-1000, -2000])
    expect(cachedExecutables().size).toBe(limit)
  })

  test('drop the one that was unused for longest', async () => {
    setEngine(engine)
    const { limit } = cachedExecutables()
    const favourite = () => tensor([1, 2, 3, 4]).mul(-2000).data()
    for (let i = 0; i < limit; i++) {
      await favourite()
      await tensor([1, 2])
        .mul(i + 0.25)
        .data()
    }
    const { size } = cachedExecutables()
    await favourite()
    // Still there: nothing had to be made.
    expect(cachedExecutables().size).toBe(size)
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
      "native: ONNX Runtime refused: Non-zero status code returned while running Gather node. Name:'gather_1' Status Message: indices element out of data bounds, idx=3 must be within the inclusive range [-3,2]. If the inputs are right, compare with the reference engine: GRADUS_ENGINE=reference.",
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
