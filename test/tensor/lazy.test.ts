import { afterEach, describe, expect, test } from 'vitest'
import { ones, randn, setEngine, setSeed, type Shape, type Tensor, tensor } from '../../src/index.ts'
import { evaluate } from '../../src/index.ts'
import { Slot } from '../../src/engine/slot.ts'
import { programOf } from '../../src/graph/program.ts'
import { Tensor as TensorClass } from '../../src/tensor/tensor.ts'

afterEach(() => setEngine('native', { always: true }))

const instructionsOf = (...x: readonly Tensor[]): string[] =>
  programOf(x.map(t => t.node)).program.instructions.map(i => i.op?.name ?? 'input')

describe('evaluation', () => {
  test('happens only when a value is asked for', async () => {
    const x = tensor([1, 2])
    const y = x.mul(3)
    expect(y.node.op?.name).toBe('mul')
    expect(y.node.source).toBeNull()
    expect(`${y}`).toBe('Tensor float32 [2]')
    await y.data()
    expect(y.node.source?.kind).toBe('buffer')
  })

  test('makes a node forget its inputs, so that what it was computed from can be freed', async () => {
    const y = tensor([1, 2]).mul(3).add(1)
    await y.data()
    expect(y.node.op).toBeNull()
    expect(y.node.inputs).toEqual([])
    // What is computed from it later begins there.
    expect(instructionsOf(y.exp())).toEqual(['input', 'exp'])
  })

  test('forgets nothing of nodes that were only on the way', async () => {
    const middle = tensor([1, 2]).mul(3)
    await middle.add(1).data()
    expect(middle.node.op?.name).toBe('mul')
    expect(await middle.toArray()).toEqual([3, 6])
  })

  test('computes what several results share once', async () => {
    const shared = tensor([1, 2]).exp()
    expect(instructionsOf(shared.add(1), shared.mul(2)).filter(name => name === 'exp')).toHaveLength(1)
  })

  test('computes equal expressions once, however often they were written', () => {
    const x = tensor([1, 2])
    expect(instructionsOf(x.exp().add(x.exp()).mul(x.exp()))).toEqual(['input', 'exp', 'add', 'mul'])
  })

  test('keeps different options and different constants apart', () => {
    const x = tensor([1, 2])
    expect(instructionsOf(x.add(1).mul(x.add(2)))).toEqual(['input', 'constant', 'add', 'constant', 'add', 'mul'])
    expect(instructionsOf(x.sum(0).add(x.sum(0, { keepDims: true })))).toEqual(['input', 'sum', 'sum', 'add'])
  })

  test.each(['native', 'reference'])('keeps 0 and −0 apart on %s', async engine => {
    setEngine(engine, { always: true })
    const one = ones([1])
    const [up, down] = [one.div(0), one.div(-0)]
    await evaluate(up, down)
    expect([await up.item(), await down.item()]).toEqual([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
  })

  test('of several tensors gives each its value', async () => {
    const x = tensor([1, 2, 3])
    const [a, b, c] = [x.add(1), x.mul(2), x]
    await evaluate(a, b, c, a)
    expect(a.node.source?.kind).toBe('buffer')
    expect([await a.toArray(), await b.toArray(), await c.toArray()]).toEqual([
      [2, 3, 4],
      [2, 4, 6],
      [1, 2, 3],
    ])
  })

  test('of nothing does nothing', async () => {
    await expect(evaluate()).resolves.toBeUndefined()
  })

  test('may be asked for twice at the same time', async () => {
    const x = tensor([1, 2]).mul(5)
    expect(await Promise.all([x.toArray(), x.toArray(), x.add(1).toArray()])).toEqual([
      [5, 10],
      [5, 10],
      [6, 11],
    ])
  })

  test('reaches through a graph deeper than the call stack', async () => {
    setEngine('reference')
    let x: Tensor<Shape, 'float32'> = tensor([0])
    for (let i = 0; i < 20_000; i++) x = x.add(1)
    expect(await x.toArray()).toEqual([20_000])
  })

  test('gives a random tensor its values once, whatever is computed from it', async () => {
    setSeed(3)
    const x = randn([4])
    const y = x.mul(2)
    const doubled = await y.data()
    expect(Array.from(await x.data(), v => v * 2)).toEqual(Array.from(doubled))
  })
})

describe('the values that are handed out', () => {
  test.each(['native', 'reference'])('are a copy: changing them changes no tensor (%s)', async engine => {
    setEngine(engine, { always: true })
    const x = tensor([1, 2])
    const y = x.add(0)
    for (const t of [x, y]) (await t.data()).fill(9)
    expect([await x.toArray(), await y.toArray()]).toEqual([
      [1, 2],
      [1, 2],
    ])
  })

  test('do not change with the list or the shape that a tensor was made of', async () => {
    const list = [1, 2, 3, 4]
    const array = Float32Array.of(1, 2, 3, 4)
    const shape = [2, 2]
    const pads = [[1, 0]] as [number, number][]
    const tensors = [tensor(list).reshape(shape), tensor(array).reshape(shape), tensor([1]).broadcastTo(shape)]
    const padded = tensor([1]).pad(pads)
    list[0] = 9
    array[0] = 9
    shape[0] = 4
    pads[0]![0] = 5
    expect(await Promise.all(tensors.map(t => t.toArray()))).toEqual([
      [
        [1, 2],
        [3, 4],
      ],
      [
        [1, 2],
        [3, 4],
      ],
      [
        [1, 1],
        [1, 1],
      ],
    ])
    expect(await padded.toArray()).toEqual([0, 1])
  })

  test.each(['native', 'reference'])('do not change with a slot that they were read from (%s)', async engine => {
    setEngine(engine, { always: true })
    const slot = new Slot([2], { dtype: 'float32', array: Float32Array.of(1, 2) })
    const read = () => new TensorClass<readonly [2], 'float32'>(slot.read())
    const [through, product] = [read().stopGradient(), read().mul(1)]
    await evaluate(through, product)
    // Two updates come back to the buffer that was read.
    for (let i = 0; i < 2; i++) {
      slot.write(read().add(10).node)
      await evaluate()
    }
    expect(await read().toArray()).toEqual([21, 22])
    expect([await through.toArray(), await product.toArray()]).toEqual([
      [1, 2],
      [1, 2],
    ])
  })
})

describe('a slot', () => {
  const slotOf = (...values: number[]) =>
    new Slot([values.length], { dtype: 'float32', array: Float32Array.from(values) })
  const read = (slot: Slot) => new TensorClass<readonly [number], 'float32'>(slot.read())

  test('takes its new value with the next evaluation, which still reads the old one', async () => {
    const slot = slotOf(1, 2)
    const before = read(slot).mul(10)
    slot.write(read(slot).add(1).node)
    await before.data()
    expect(await before.toArray()).toEqual([10, 20])
    expect(Array.from(slot.buffer.array, Number)).toEqual([2, 3])
  })

  test('gives what was written last to whoever reads it before the evaluation', async () => {
    const slot = slotOf(1, 2)
    slot.write(read(slot).add(1).node)
    slot.write(read(slot).mul(10).node)
    expect(await read(slot).toArray()).toEqual([20, 30])
  })

  test('exchanges values with another in one evaluation', async () => {
    const [a, b] = [slotOf(1), slotOf(2)]
    const [x, y] = [read(a), read(b)]
    a.write(y.node)
    b.write(x.node)
    await evaluate()
    expect([Array.from(a.buffer.array, Number), Array.from(b.buffer.array, Number)]).toEqual([[2], [1]])
  })

  test('refuses another shape or dtype', () => {
    const slot = slotOf(1, 2)
    const messageOf = (x: Tensor): string => {
      try {
        slot.write(x.node)
      } catch (error) {
        return (error as Error).message
      }
      return 'nothing was thrown'
    }
    expect(messageOf(tensor([1]))).toBe(
      'write: the slot holds float32 [2]; got float32 [1]. Shape and dtype of a slot are fixed.',
    )
    expect(messageOf(tensor([1, 2], 'int32'))).toBe(
      'write: the slot holds float32 [2]; got int32 [2]. Shape and dtype of a slot are fixed.',
    )
  })
})
