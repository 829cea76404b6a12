import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  bincount,
  bucketize,
  compress,
  gatherND,
  grad,
  indexPut,
  maskedSelect,
  nonzero,
  scatterND,
  searchSorted,
  segmentMax,
  segmentMean,
  segmentMin,
  segmentProd,
  segmentSum,
  type Shape,
  setEngine,
  takeAt,
  type Tensor,
  tensor,
  unique,
  zeros,
} from '../../src/index.ts'
import { checkAgainstTorch, type Run } from './torch-cases.ts'

const segments = { segmentMax, segmentMean, segmentMin, segmentProd, segmentSum }
/** Index tensors in their places, null where the whole axis is taken. */
const placed = (pattern: readonly boolean[], given: readonly Tensor[]): (Tensor | null)[] => {
  const rest = [...given]
  return pattern.map(p => (p ? rest.shift()! : null))
}

const run = (op: string): Run => {
  switch (op) {
    case 'scatterAlongAxis':
      return ([x, i, u], o) => x!.scatterAlongAxis(i!, u!, o)
    case 'gatherND':
      return ([x, i], o) => gatherND(x!, i!, o.batchDims)
    case 'scatterND':
      return ([x, i, u], o) => scatterND(x!, i!, u!, o)
    case 'takeAt':
      return ([x, ...given], { pattern }) => takeAt(x!, placed(pattern, given))
    case 'indexPut':
      return ([x, v, ...given], { pattern, ...rest }) => indexPut(x!, placed(pattern, given), v!, rest)
    case 'maskedFill':
      return ([x, m], { value }) => x!.maskedFill(m as Tensor<Shape, 'bool'>, value)
    case 'segmentMax':
    case 'segmentMean':
    case 'segmentMin':
    case 'segmentProd':
    case 'segmentSum':
      return ([x, i], { numSegments }) => segments[op](x!, i!, numSegments)
    case 'bincount':
      return ([x, weights], { length }) => bincount(x!, weights ? { length, weights } : { length })
    case 'cumprod':
    case 'logCumsumExp':
      return ([x], { axis, ...rest }) => x![op](axis, rest)
    case 'cummax':
    case 'cummin':
      return ([x], { axis, ...rest }) => x![op](axis, rest).values
    case 'quantile':
      return ([x], { q, ...rest }) => x!.quantile(q, rest)
    case 'median':
      return ([x], o) => x!.median(o)
    case 'kthValue':
      return ([x], { k, axis }) => x!.kthValue(k, axis).values
    case 'mode':
      return ([x], { axis, ...rest }) => x!.mode(axis, rest)
    case 'searchSorted':
      return ([sorted, values], o) => searchSorted(sorted!, values!, o)
    case 'bucketize':
      return ([x, boundaries], o) => bucketize(x!, boundaries!, o)
    default:
      throw new Error(`the fixtures have an operation "${op}" that this test does not know`)
  }
}

checkAgainstTorch('indexing', run)

interface Placed {
  readonly op: 'cummax' | 'cummin' | 'kthValue'
  readonly title: string
  readonly inputs: readonly { readonly data: readonly (number | string)[]; readonly shape: Shape }[]
  readonly options: { readonly axis: number; readonly reverse?: boolean; readonly k?: number }
  readonly positions?: { readonly data: readonly number[] }
}
const { cases } = JSON.parse(readFileSync(new URL('../fixtures/indexing.json', import.meta.url), 'utf8')) as {
  cases: readonly Placed[]
}
const valuesOf = async (x: Tensor): Promise<number[]> => Array.from(await x.data(), Number)
type F = Tensor<Shape, 'float32'>
const ints = (values: number[]): Tensor<readonly [number], 'int32'> => tensor(values, 'int32')

describe.each(['native', 'reference'])('on %s', engine => {
  beforeAll(() => setEngine(engine, { always: true }))
  afterAll(() => setEngine('native', { always: true }))

  test.each(cases.filter(c => c.positions).map(c => [`${c.op}: ${c.title}`, c] as const))(
    'the positions of %s are PyTorch’s',
    async (_, c) => {
      const [given] = c.inputs
      const x = tensor(given!.data.map(Number)).reshape([...given!.shape])
      const { axis, k = 1, ...rest } = c.options
      const found = c.op === 'kthValue' ? x.kthValue(k, axis) : x[c.op](axis, rest)
      expect(await valuesOf(found.indices)).toEqual(c.positions!.data)
    },
  )

  test('of several updates of one place the last stays, and it alone has a gradient', async () => {
    const [x, i] = [tensor([1, 2, 3]), ints([1, 1, 0])]
    const put = (u: F) => x.scatterAlongAxis(i, u)
    const u: F = tensor([5, 6, 7])
    expect(await valuesOf(put(u))).toEqual([7, 6, 3])
    expect(await valuesOf(grad((u: F) => put(u).sum())(u))).toEqual([0, 1, 1])
  })

  test('an extremum meets NaN wherever it stands', async () => {
    const [x, i] = [tensor([Number.NaN, 1, 2]), ints([0, 0, 1, 1, 2])]
    for (const reduction of ['max', 'min'] as const) {
      const out = await valuesOf(x.scatterAlongAxis(i, tensor([7, -7, Number.NaN, 3, 2]), { reduction }))
      expect(out).toEqual([Number.NaN, Number.NaN, 2])
    }
  })

  test('nothing scattered, gathered, searched or cumulated stays nothing', async () => {
    const f = (...shape: number[]) => zeros(shape)
    expect(
      await valuesOf(
        f(2, 3)
          .add(1)
          .scatterAlongAxis(zeros([2, 0], 'int32'), f(2, 0)),
      ),
    ).toEqual(Array(6).fill(1))
    expect((await gatherND(f(2, 3), zeros([0, 2], 'int32')).data()).length).toBe(0)
    expect(await valuesOf(scatterND(f(2), zeros([0, 1], 'int32'), f(0)))).toEqual([0, 0])
    expect(await valuesOf(segmentMax(f(0, 2), zeros([0], 'int32'), 1))).toEqual(Array(2).fill(Number.NEGATIVE_INFINITY))
    expect(await valuesOf(segmentMean(f(0), zeros([0], 'int32'), 2))).toEqual([0, 0])
    expect(await valuesOf(searchSorted(f(0), f(3)))).toEqual([0, 0, 0])
    expect((await f(2, 0).cumprod(1).data()).length).toBe(0)
    expect((await f(2, 0).cummax(1).values.data()).length).toBe(0)
  })

  test('a position that does not exist on its own axis is refused, though the flattened axes have it', async () => {
    await expect(gatherND(zeros([2, 3]), tensor([[0, 3]], 'int32')).data()).rejects.toThrow('does not exist')
    await expect(segmentSum(zeros([2]), ints([0, -1]), 3).data()).rejects.toThrow('does not exist')
    const far = tensor([2n ** 32n])
    await expect(gatherND(zeros([2, 3]), far.reshape([1, 1])).data()).rejects.toThrow('does not exist')
    await expect(bincount(far, { length: 3 }).data()).rejects.toThrow('does not exist')
  })

  test('sorting puts NaN where ∞ stands', async () => {
    const x = tensor([2, Number.NaN, 1, Number.POSITIVE_INFINITY, 3])
    expect(await valuesOf(x.sort())).toEqual([1, 2, 3, Number.NaN, Number.POSITIVE_INFINITY])
    expect(await valuesOf(x.argsort(-1, { descending: true }))).toEqual([1, 3, 4, 0, 2])
    expect(await valuesOf(x.topK(2).indices)).toEqual([1, 3])
    const smallest = x.topK(2, -1, { largest: false })
    expect(await valuesOf(smallest.values)).toEqual([1, 2])
    expect(await valuesOf(smallest.indices)).toEqual([2, 0])
  })

  test('indices may be int64; counts are int32 all the same', async () => {
    const counts = bincount(tensor([2n, 0n, 2n]), { length: 3 })
    expect(counts.dtype).toBe('int32')
    expect(await valuesOf(counts)).toEqual([1, 0, 2])
    expect(await valuesOf(takeAt(tensor([5, 6, 7]), [tensor([-1n, 0n])]))).toEqual([7, 5])
  })

  test('integers cumulate, and segment extrema of none are the ends of their range', async () => {
    const x = ints([3, -1, 2, 5])
    expect(await valuesOf(x.cumprod())).toEqual([3, -3, -6, -30])
    expect(await valuesOf(x.cummin().values)).toEqual([3, -1, -1, -1])
    expect(await valuesOf(segmentMax(x, ints([0, 0, 2, 2]), 3))).toEqual([3, -(2 ** 31), 5])
    expect(await valuesOf(segmentMin(x, ints([0, 0, 2, 2]), 3))).toEqual([-1, 2 ** 31 - 1, 2])
  })

  test('nonzero finds indices in row-major order', async () => {
    const x = tensor([
      [0, 2, 0],
      [3, 0, 4],
    ])
    const found = await nonzero(x)
    expect(found.shape).toEqual([3, 2])
    expect(await found.toArray()).toEqual([
      [0, 1],
      [1, 0],
      [1, 2],
    ])
    expect((await nonzero(zeros([2, 0]))).shape).toEqual([0, 2])
  })

  test('maskedSelect and compress pick what the mask says, and pass gradients on', async () => {
    const x = tensor([
      [1, -2],
      [-3, 4],
    ])
    expect(await valuesOf(await maskedSelect(x, x.greater(0)))).toEqual([1, 4])
    const mask = x.greater(0)
    const places = await nonzero(mask)
    expect(await valuesOf(grad((x: Tensor<Shape, 'float32'>) => gatherND(x, places).square().sum())(x))).toEqual([
      2, 0, 0, 8,
    ])
    const kept = await compress(x, tensor([false, true]), 1)
    expect(await kept.toArray()).toEqual([[-2], [4]])
    expect((await compress(x, tensor([false, false]))).shape).toEqual([0, 2])
  })

  test('unique finds elements, where they are, and how many', async () => {
    const found = await unique(tensor([3, 1, Number.NaN, 3, -0, 0, Number.NaN]))
    expect(await valuesOf(found.values)).toEqual([-0, 1, 3, Number.NaN])
    expect(await valuesOf(found.indices)).toEqual([4, 1, 0, 2])
    expect(await valuesOf(found.inverse)).toEqual([2, 1, 3, 2, 0, 0, 3])
    expect(await valuesOf(found.counts)).toEqual([2, 1, 2, 2])
    const asMet = await unique(ints([5, 2, 5, 1]), { sorted: false })
    expect(await valuesOf(asMet.values)).toEqual([5, 2, 1])
  })

  test('unique compares slices along an axis', async () => {
    const x = tensor([
      [2, 1, 2],
      [0, 5, 0],
    ])
    const columns = await unique(x, { axis: 1 })
    expect(await columns.values.toArray()).toEqual([
      [1, 2],
      [5, 0],
    ])
    expect(await valuesOf(columns.inverse)).toEqual([1, 0, 1])
    expect((await unique(zeros([0, 3]), { axis: 0 })).values.shape).toEqual([0, 3])
    expect(await valuesOf((await unique(tensor([[1n, 2n ** 60n, 1n]]))).counts)).toEqual([2, 1])
  })
})
