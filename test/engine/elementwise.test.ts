import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Buffer } from '../../src/core/buffer.ts'
import { convert, type DType } from '../../src/core/dtype.ts'
import type { Shape } from '../../src/core/shape.ts'
import { erf } from '../../src/core/special.ts'
import { compileElementwise, elementwiseLoops } from '../../src/engine/kernels/elementwise.ts'
import { referenceEngine } from '../../src/engine/reference/reference.ts'
import { leaf, type Node } from '../../src/graph/node.ts'
import { programOf } from '../../src/graph/program.ts'
import * as ar from '../../src/ops/arithmetic.ts'
import { broadcastTo, reshape, sum } from '../../src/ops/broadcast.ts'
import { exp2 } from '../../src/ops/elementary.ts'
import { matmul } from '../../src/ops/linear-algebra.ts'
import * as math from '../../src/ops/math.ts'
import { clamp } from '../../src/ops/rounding.ts'
import { broadcasting, exactValues, holds } from '../tensor/properties.ts'

const argument = (shape: Shape, index: number, dtype: DType = 'float32'): Node =>
  leaf({ shape, dtype }, { kind: 'argument', index })
const program = (...outputs: Node[]) => programOf(outputs)
const isFused = (...outputs: Node[]): boolean => elementwiseLoops(program(...outputs).program) !== null

/** The values of nodes by the fused kernel and by the reference, from the same buffers. */
const both = async (outputs: readonly Node[], buffers: readonly Buffer[]): Promise<[Buffer[], Buffer[]]> => {
  const { program, leaves } = programOf(outputs)
  const inputs = leaves.map(n => buffers[(n.source as { readonly index: number }).index]!)
  const fused = await compileElementwise(program, elementwiseLoops(program)!)
  const reference = await referenceEngine.compile(program)
  return [await fused.run(inputs), await reference.run(inputs)]
}
const float = (values: readonly number[] | Float32Array): Buffer => ({
  dtype: 'float32',
  array: Float32Array.from(values),
})
const expectSame = async (outputs: readonly Node[], buffers: readonly Buffer[]): Promise<void> => {
  const [got, expected] = await both(outputs, buffers)
  expect(got.map(b => b.dtype)).toEqual(expected.map(b => b.dtype))
  expect(got.map(b => [...b.array])).toEqual(expected.map(b => [...b.array]))
}

/** Distance of neighbours among float32 numbers of the size of x. */
const unit = (x: number): number => 2 ** (Math.max(-126, Math.floor(Math.log2(Math.abs(x)))) - 23)

describe('in float32, units of the last place off the exact result at most', () => {
  const size = 200_000
  const between = (low: number, high: number): Float32Array =>
    Float32Array.from({ length: size }, (_, i) => low + ((high - low) * i) / size)
  /** Words spread over all of them: every exponent, denormal numbers, infinities, NaN. */
  const allWords = new Float32Array(Int32Array.from({ length: size }, (_, i) => Math.imul(i, 21_473)).buffer)
  type Case = readonly [string, number, (x: Node) => Node, (x: number) => number, readonly Float32Array[]]
  const cases: readonly Case[] = [
    ['exp', 1, math.exp, Math.exp, [between(-104, 89), between(-1, 1)]],
    ['exp2', 1, exp2, x => 2 ** x, [between(-150, 129), between(-1, 1)]],
    ['log', 1, ar.log, Math.log, [between(0.5, 2), between(0, 1e-37)]],
    ['tanh', 1.5, math.tanh, Math.tanh, [between(-10, 10), between(-1, 1)]],
    ['erf', 1.6, math.erf, erf, [between(-5, 5), between(-1.1, 1.1)]],
    ['expm1', 2.5, math.expm1, Math.expm1, [between(-20, 20), between(-1, 1)]],
    ['log1p', 2.5, math.log1p, Math.log1p, [between(-1, 5), between(0, 100)]],
    ['sqrt', 0.5, math.sqrt, Math.sqrt, [between(0, 10)]],
    ['sin', 0.5, math.sin, Math.sin, [between(-1e6, 1e6)]],
  ]
  test.each(cases)('%s: %f', async (_, most, f, exact, ranges) => {
    for (const values of [...ranges, allWords]) {
      const { program } = programOf([f(argument([size], 0))])
      const executable = await compileElementwise(program, elementwiseLoops(program)!)
      const [out] = await executable.run([float(values)])
      let worst = 0
      for (const [i, x] of values.entries()) {
        const [y, wanted] = [Number(out!.array[i]), exact(x)]
        if (Object.is(y, Math.fround(wanted))) continue
        worst = Math.max(worst, Math.abs(y - wanted) / unit(wanted))
        // NaN here: one of both has a number where the other has none.
        if (!(worst <= most)) expect.fail(`of ${x} it is ${y}, expected ${wanted}: ${worst} units`)
      }
    }
  })
})

describe('a fused kernel', () => {
  test('reads operands of every kind of broadcasting (property)', () =>
    holds(broadcasting(4), async shapes => {
      const [a, b, c, d] = shapes.map((shape, i) => argument(shape, i))
      const buffers = shapes.map((shape, i) => float(exactValues(shape, i)))
      const product = ar.mul(ar.add(a!, b!), ar.sub(c!, d!))
      const condition = ar.less(ar.add(a!, c!), ar.mul(b!, d!))
      const chosen = ar.where(condition, product, ar.add(b!, ar.constant(0.5, 'float32')))
      await expectSame([product, condition, chosen, ar.maximum(a!, d!)], buffers)
    }))

  test('is right around the ends of blocks, whatever repeats itself (property)', () => {
    const sizes = fc.tuple(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 70 }))
    return holds(
      sizes,
      async ([rows, columns]) => {
        const shapes = [[rows, columns], [columns], [rows, 1], [], [1, columns]]
        const [x, bias, scale, one, other] = shapes.map((shape, i) => argument(shape, i))
        const out = ar.add(ar.mul(ar.add(x!, bias!), scale!), ar.sub(one!, other!))
        await expectSame(
          [out, ar.less(x!, scale!)],
          shapes.map((shape, i) => float(exactValues(shape, i))),
        )
      },
      40,
    )
  })

  test.each([4095, 4096, 4097, 12_289])('of %i elements reads and writes each of them', async n => {
    const [a, b] = [argument([n], 0), argument([n], 1)]
    const values = Float32Array.from({ length: n }, (_, i) => i)
    await expectSame([ar.add(a, b), ar.greater(a, b)], [float(values), float(values.toReversed())])
  })

  test('takes periods that do not fit a block together', async () => {
    const shapes = [[7, 4093], [4093], [7, 1]]
    const [x, y, z] = shapes.map((shape, i) => argument(shape, i))
    await expectSame(
      [ar.mul(ar.add(x!, y!), z!)],
      shapes.map((shape, i) => float(exactValues(shape, i))),
    )
    const middle = [[50, 3, 41], [3, 1], [41], [50, 1, 41]]
    const [a, b, c, d] = middle.map((shape, i) => argument(shape, i))
    await expectSame(
      [ar.add(ar.mul(a!, b!), ar.mul(c!, d!))],
      middle.map((shape, i) => float(exactValues(shape, i))),
    )
  })

  test('computes integers, conditions and conversions as the reference does', async () => {
    const [x, n, c] = [argument([6], 0), argument([6], 1, 'int32'), argument([6], 2, 'bool')]
    const outputs = [
      ar.cast(x, 'int32'),
      ar.cast(x, 'bool'),
      ar.cast(n, 'float32'),
      ar.cast(n, 'bool'),
      ar.cast(c, 'float32'),
      ar.cast(c, 'int32'),
      ar.mul(n, ar.constant(-3, 'int32')),
      ar.add(n, ar.cast(c, 'int32')),
      math.abs(n),
      math.sign(n),
      clamp(n, { min: -1, max: 2 }),
      ar.less(n, ar.constant(0, 'int32')),
      ar.logicalXor(c, ar.less(n, ar.constant(2, 'int32'))),
      ar.equal(c, ar.logicalNot(c)),
      ar.where(c, n, ar.neg(n)),
    ]
    await expectSame(outputs, [
      float([0, -0, 1.9, -1.9, Number.NaN, 1e6]),
      { dtype: 'int32', array: Int32Array.of(0, 5, -7, 2, -1, 2 ** 30) },
      { dtype: 'bool', array: convert([0, 1, 1, 0, 1, 0], 'bool') },
    ])
  })

  test('passes reshapes on: of what it reads, of single numbers, and of whole results', async () => {
    const [x, bias, one] = [argument([2, 6], 0), argument([3], 1), argument([1, 1], 2)]
    const inner = math.square(ar.add(x, reshape(one, [])))
    const outer = ar.mul(reshape(inner, [4, 3]), bias)
    const channels = ar.add(reshape(x, [2, 3, 2]), reshape(reshape(bias, [1, 3]), [3, 1]))
    const repeated = broadcastTo(reshape(ar.neg(one), [1, 1, 1]), [2, 1, 5])
    await expectSame(
      [outer, channels, repeated],
      [[2, 6], [3], [1, 1]].map((shape, i) => float(exactValues(shape, i))),
    )
  })

  test('computes outputs of several shapes, empty ones and copies of inputs among them', async () => {
    const [x, y, none] = [argument([5], 0), argument([2, 3], 1), argument([0, 3], 2)]
    const buffers = [[5], [2, 3], [0, 3]].map((shape, i) => float(exactValues(shape, i)))
    const outputs = [ar.add(x, x), x, math.square(y), ar.mul(none, ar.constant(2, 'float32')), ar.constant(7, 'int32')]
    await expectSame(outputs, buffers)
    const [[, copy]] = await both(outputs, buffers)
    copy!.array.fill(0 as never)
    expect([...buffers[0]!.array]).toEqual([...exactValues([5], 0)])
  })

  test('writes where it is told to', async () => {
    const { program } = programOf([ar.add(argument([3], 0), ar.constant(1, 'float32'))])
    const executable = await compileElementwise(program, elementwiseLoops(program)!)
    const target = float([0, 0, 0])
    const [out] = await executable.run([float([1, 2, 3])], [target])
    expect(out).toBe(target)
    expect([...target.array]).toEqual([2, 3, 4])
    // What it returned before is not written again.
    const [first] = await executable.run([float([1, 2, 3])])
    await executable.run([float([5, 5, 5])])
    expect([...first!.array]).toEqual([2, 3, 4])
    await executable.dispose()
  })

  test('is compiled without blocking where the module is long', async () => {
    const x = argument([70], 0)
    let long = x
    for (let i = 1; i <= 60; i++) long = ar.add(math.tanh(long), math.exp(ar.mul(x, ar.constant(-i, 'float32'))))
    const [[got], [expected]] = await both([long], [float(exactValues([70], 0).map(Math.abs))])
    for (const [i, y] of Array.from(got!.array, Number).entries())
      expect(Math.abs(y - Number(expected!.array[i]))).toBeLessThan(2e-6)
  })
})

describe('there is no fused kernel', () => {
  test('of what is not computed element by element, or in other dtypes', () => {
    const x = argument([4, 4], 0)
    expect(isFused(ar.add(x, x))).toBe(true)
    expect(isFused(matmul(x, x))).toBe(false)
    expect(isFused(ar.add(x, sum(x, [0])))).toBe(false)
    for (const dtype of ['float64', 'float16', 'int64', 'uint8'] as const)
      expect(isFused(ar.add(argument([2], 0, dtype), argument([2], 1, dtype)))).toBe(false)
    expect(isFused(ar.cast(x, 'float64'))).toBe(false)
  })

  test('where a computed value is repeated after a reshape', () => {
    const [x, y] = [argument([4, 3], 0), argument([3], 1)]
    expect(isFused(ar.add(x, reshape(math.exp(y), [1, 3])))).toBe(false)
    expect(isFused(ar.add(x, reshape(y, [1, 3])))).toBe(true)
  })

  test('of long programs, and where more arrays meet than blocks fit', () => {
    let long = argument([300], 0)
    for (let i = 0; i < 2100; i++) long = ar.add(long, ar.constant(i, 'float32'))
    expect(isFused(long)).toBe(false)
    const many = Array.from({ length: 300 }, (_, i) => argument([300], i))
    expect(isFused(many.reduce((a, b) => ar.add(a, b)))).toBe(false)
    expect(isFused(many.slice(0, 200).reduce((a, b) => ar.add(a, b)))).toBe(true)
  })
})
