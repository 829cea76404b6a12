import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import {
  type DType,
  eye,
  fromArray,
  grad,
  hessian,
  jvp,
  linalg,
  type Shape,
  setEngine,
  type Tensor,
  tensor,
  vmap,
} from '../../src/index.ts'
import { draw } from '../conformance/draw.ts'

type Doubles = Tensor<Shape, 'float64'>
const valuesOf = async (x: Tensor): Promise<number[]> => Array.from(await x.data(), Number)
const random = (shape: Shape, name: string): Doubles =>
  fromArray(draw({ shape, domain: [-1, 1] }, name).values, shape, 'float64')
const doubles = (rows: readonly (readonly number[])[]): Doubles => tensor(rows, 'float64') as Doubles
const identity = (n: number): Doubles => eye(n).to('float64')
const swap = (x: Doubles): Doubles => x.transpose() as Doubles
const times = (a: Doubles, b: Doubles): Doubles => a.matmul(b) as Doubles
/** Largest difference. */
const apart = async (a: Tensor, b: Tensor): Promise<number> => {
  expect(a.shape).toEqual(b.shape)
  const [x, y] = [await valuesOf(a), await valuesOf(b)]
  return Math.max(0, ...x.map((v, i) => Math.abs(v - y[i]!)))
}
const orthonormal = async (q: Doubles): Promise<number> => apart(times(swap(q), q), identity(q.shape.at(-1)!))

beforeEach(() => setEngine('native', { always: true }))
afterAll(() => setEngine('native', { always: true }))

describe('what a decomposition promises holds for hard matrices', () => {
  const hilbert = (n: number): Doubles =>
    doubles(Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => 1 / (i + j + 1))))
  const matrices: readonly (readonly [string, Doubles])[] = [
    [
      'zeros',
      doubles([
        [0, 0],
        [0, 0],
        [0, 0],
      ]),
    ],
    ['identity', identity(4)],
    [
      'ones',
      doubles([
        [1, 1, 1],
        [1, 1, 1],
      ]),
    ],
    ['of rank 2', times(random([5, 2], 'left'), random([2, 4], 'right'))],
    ['tiny', random([4, 4], 'tiny').mul(1e-200)],
    ['huge', random([4, 4], 'huge').mul(1e200)],
    ['hilbert', hilbert(9)],
    ['tall', random([30, 7], 'tall')],
    ['wide', random([7, 30], 'wide')],
    ['large', random([60, 60], 'large')],
    [
      'a row of zeros',
      doubles([
        [1, 2, 3],
        [0, 0, 0],
        [4, 5, 6],
      ]),
    ],
  ]
  const sizeOf = async (a: Doubles): Promise<number> => Math.max(...(await valuesOf(a)).map(Math.abs)) || 1

  test.each(matrices)('singular values of %s', async (_, a) => {
    const scale = await sizeOf(a)
    for (const fullMatrices of [false, true]) {
      const { u, s, vh } = linalg.svd(a, { fullMatrices })
      const k = s.shape[0]!
      const [left, right] = [u.slice(null, { end: k }) as Doubles, vh.slice({ end: k }) as Doubles]
      expect((await apart(times(left.mul(s as never) as Doubles, right), a)) / scale).toBeLessThan(1e-13)
      expect(await orthonormal(u)).toBeLessThan(1e-13)
      expect(await orthonormal(swap(vh))).toBeLessThan(1e-13)
      const values = await valuesOf(s)
      expect(values).toEqual([...values].sort((x, y) => y - x))
    }
  })
  test.each(matrices)('eigenvalues of %s made symmetric', async (_, a) => {
    const square = a.shape[0] === a.shape[1]
    const b = (square ? a.add(swap(a) as never) : times(a, swap(a))) as Doubles
    const scale = await sizeOf(b)
    const { values, vectors } = linalg.eigh(b)
    expect((await apart(times(vectors.mul(values as never) as Doubles, swap(vectors)), b)) / scale).toBeLessThan(1e-13)
    expect(await orthonormal(vectors)).toBeLessThan(1e-13)
    const found = await valuesOf(values)
    expect(found).toEqual([...found].sort((x, y) => x - y))
  })
  test.each(matrices)('q and r of %s', async (_, a) => {
    const scale = await sizeOf(a)
    for (const mode of ['reduced', 'complete'] as const) {
      const { q, r } = linalg.qr(a, { mode })
      expect((await apart(times(q, r), a)) / scale).toBeLessThan(1e-13)
      expect(await orthonormal(q)).toBeLessThan(1e-13)
      expect(await apart(r, r.triu())).toBe(0)
    }
  })
  test.each(matrices)('pseudoinverse of %s', async (_, a) => {
    const scale = await sizeOf(a)
    const unit = a.div(scale) as Doubles
    const p = linalg.pinv(unit, { rcond: 1e-10 })
    expect(await apart(times(times(unit, p), unit), unit)).toBeLessThan(1e-8)
    expect((await apart(times(times(p, unit), p), p)) / (await sizeOf(p))).toBeLessThan(1e-8)
  })

  test('axes may be empty', async () => {
    const shapes = (d: object): Shape[] => Object.values(d).map((x: Tensor) => x.shape)
    expect(shapes(linalg.svd(random([2, 0, 3], 'none')))).toEqual([
      [2, 0, 0],
      [2, 0],
      [2, 0, 3],
    ])
    expect(shapes(linalg.svd(random([0, 3], 'none'), { fullMatrices: true }))).toEqual([[0, 0], [0], [3, 3]])
    expect(await valuesOf(linalg.svd(random([0, 2], 'none'), { fullMatrices: true }).vh)).toEqual([1, 0, 0, 1])
    expect(await valuesOf(linalg.eigh(random([0, 0], 'none')).values)).toEqual([])
    expect(await valuesOf(linalg.cholesky(random([0, 3, 3], 'none')))).toEqual([])
    expect(await valuesOf(linalg.solve(random([0, 0], 'none'), random([0, 2], 'none')))).toEqual([])
    expect(await valuesOf(linalg.det(random([2, 0, 0], 'none')))).toEqual([1, 1])
    expect(await valuesOf(linalg.qr(random([3, 0], 'none'), { mode: 'complete' }).q)).toEqual([
      1, 0, 0, 0, 1, 0, 0, 0, 1,
    ])
    expect(await valuesOf(linalg.matrixRank(random([3, 0], 'none')))).toEqual([0])
    expect(await valuesOf(linalg.matrixExp(random([0, 0], 'none')))).toEqual([])
    expect(await valuesOf(grad((x: Doubles) => linalg.svd(x).u.sum())(random([2, 0], 'none')))).toEqual([])
  })
})

describe('only the lower triangle is read', () => {
  const lower = doubles([
    [4, 0],
    [1, 3],
  ])
  const whole = doubles([
    [4, 1],
    [1, 3],
  ])
  test('by cholesky and eigh', async () => {
    expect(await apart(linalg.cholesky(lower), linalg.cholesky(whole))).toBe(0)
    expect(await apart(linalg.eigh(lower).values, linalg.eigh(whole).values)).toBe(0)
  })
  test('whatever stands above it', async () => {
    const noise = doubles([
      [4, Number.NaN],
      [1, 3],
    ])
    expect(await apart(linalg.cholesky(noise), linalg.cholesky(whole))).toBe(0)
    expect(await apart(linalg.eigh(noise).vectors, linalg.eigh(whole).vectors)).toBe(0)
  })
  test('and the gradient is symmetric all the same', async () => {
    const f = (a: Doubles) => linalg.cholesky(a).sum()
    expect(await apart(grad(f)(lower), grad(f)(whole))).toBe(0)
    const g = grad(f)(whole)
    expect(await apart(g, swap(g))).toBeLessThan(1e-16)
  })
  test('by triangularSolve the triangle asked for', async () => {
    const b = doubles([[4], [2]])
    expect(await valuesOf(linalg.triangularSolve(whole, b, { upper: true }))).toEqual([(4 - 2 / 3) / 4, 2 / 3])
    expect(await valuesOf(linalg.triangularSolve(whole, b, { unitDiagonal: true }))).toEqual([4, -2])
  })
})

describe('gradients', () => {
  test('of a determinant of 0 are the cofactors, of rank n − 1 and below', async () => {
    const g = grad((a: Doubles) => linalg.det(a))
    const singular = doubles([
      [1, 2, 3],
      [4, 5, 6],
      [7, 8, 9],
    ])
    expect(
      await apart(
        g(singular),
        doubles([
          [-3, 6, -3],
          [6, -12, 6],
          [-3, 6, -3],
        ]),
      ),
    ).toBeLessThan(1e-13)
    expect(
      await apart(
        g(
          doubles([
            [1, 2, 3],
            [0, 0, 0],
            [7, 8, 9],
          ]),
        ),
        doubles([
          [0, 0, 0],
          [6, -12, 6],
          [0, 0, 0],
        ]),
      ),
    ).toBeLessThan(1e-13)
    expect(
      await apart(
        g(
          doubles([
            [1, 2, 3],
            [2, 4, 6],
            [3, 6, 9],
          ]),
        ),
        singular.mul(0),
      ),
    ).toBeLessThan(1e-13)
  })
  test('where eigenvalues are equal, of their sum, of the space they span, and NaN of a choice among their vectors', async () => {
    const total = (a: Doubles) => linalg.eigh(a).values.sum()
    expect(await apart(grad(total)(identity(3)), identity(3))).toBeLessThan(1e-15)
    const curvature = grad((a: Doubles) => (grad(total)(a) as Doubles).mul(random([3, 3], 'weights') as never).sum())
    expect(await apart(curvature(identity(3)), identity(3).mul(0))).toBe(0)
    const weights = random([3, 3], 'weights')
    const turned = linalg.qr(random([3, 3], 'turn')).q
    const double = times(turned.mul(tensor([1, 1, 4], 'float64') as never) as Doubles, swap(turned))
    const space = (a: Doubles) => {
      const v = linalg.eigh(a).vectors.slice(null, { end: 2 }) as Doubles
      return times(v, swap(v))
        .mul(weights as never)
        .sum()
    }
    // With two exactly equal eigenvalues and a third: a diagonal matrix has them without rounding.
    const diagonal = doubles([
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 4],
    ])
    const h = 1e-6
    const expected: number[] = []
    for (let i = 0; i < 9; i++) {
      const moved = (by: number) => {
        const change = Array.from(
          { length: 9 },
          (_, k) => (k === i ? by / 2 : 0) + (k === 3 * (i % 3) + Math.floor(i / 3) ? by / 2 : 0),
        )
        return space(diagonal.add(fromArray(Float64Array.from(change), [3, 3], 'float64') as never) as Doubles)
      }
      expected.push(((await moved(h).item()) - (await moved(-h).item())) / (2 * h))
    }
    const found = await valuesOf(grad(space)(diagonal))
    for (const [i, x] of expected.entries()) expect(found[i]).toBeCloseTo(x, 8)
    expect((await valuesOf(grad(space)(double))).every(Number.isFinite)).toBe(true)
    const chosen = (a: Doubles) => (linalg.eigh(a).vectors.mul(weights as never) as Doubles).sum()
    expect((await valuesOf(grad(chosen)(diagonal))).some(Number.isNaN)).toBe(true)
  })
  test('of singular values exist where they are equal', async () => {
    const nuclear = (a: Doubles) => linalg.matrixNorm(a, { ord: 'nuc' })
    expect(await apart(grad(nuclear)(identity(3)), identity(3))).toBeLessThan(1e-15)
  })
  test('of the full decomposition go through what A determines', async () => {
    const a = random([2, 3], 'full')
    const through = (full: boolean) =>
      grad((x: Doubles) => {
        const { u, s } = linalg.svd(x, { fullMatrices: full })
        return u.sum().add(s.square().sum())
      })(a)
    expect(await apart(through(true), through(false))).toBeLessThan(1e-14)
  })
  test('of the shortest least squares solution point along the rows of A', async () => {
    const a = random([2, 4], 'short')
    const x = linalg.lstsq(a, tensor([1, 2], 'float64'))
    expect(x.shape).toEqual([4])
    expect(await apart(times(a, x.reshape([4, 1]) as Doubles).reshape([2]), tensor([1, 2], 'float64'))).toBeLessThan(
      1e-14,
    )
  })
})

describe.each(['native', 'reference'])('on %s', engine => {
  beforeEach(() => setEngine(engine, { always: true }))

  test('the Hessian of ln det is −A⁻ᵀ ⊗ A⁻¹', async () => {
    const a = doubles([
      [3, 1],
      [0.5, 2],
    ])
    const h = hessian((x: Tensor<readonly [2, 2], 'float64'>) => linalg.logdet(x) as Tensor<readonly [], 'float64'>)(
      a as Tensor<readonly [2, 2], 'float64'>,
    )
    const inverse = await valuesOf(linalg.inv(a))
    const at = (i: number, j: number): number => inverse[2 * i + j]!
    const expected: number[] = []
    for (const i of [0, 1])
      for (const j of [0, 1]) for (const k of [0, 1]) for (const l of [0, 1]) expected.push(-at(l, i) * at(j, k))
    const found = await valuesOf(h as Tensor)
    for (const [i, x] of expected.entries()) expect(found[i]).toBeCloseTo(x, 12)
  })
  test('float32, float16 and bfloat16 are computed in float64 and rounded', async () => {
    for (const dtype of ['float32', 'float16', 'bfloat16'] as const) {
      const a = tensor(
        [
          [2, 1],
          [1, 4],
        ],
        dtype as DType,
      )
      expect(linalg.inv(a).dtype).toBe(dtype)
      expect(await apart(linalg.inv(a), linalg.inv(a.to('float64')).to(dtype))).toBe(0)
    }
  })
  test('examples are mapped over and pushed forward', async () => {
    const many = random([3, 2, 2], 'many').add(identity(2).mul(3) as never) as Doubles
    const each = vmap((a: Tensor) => linalg.slogdet(a as Doubles).logAbs)(many)
    expect(await apart(each as Tensor, linalg.slogdet(many).logAbs)).toBe(0)
    const one = random([2, 2], 'one').add(identity(2).mul(3) as never) as Doubles
    const direction = random([2, 2], 'direction')
    const { tangent } = jvp((a: Doubles) => linalg.inv(a), one, direction)
    const inverse = linalg.inv(one)
    expect(await apart(tangent, times(times(inverse, direction), inverse).neg())).toBeLessThan(1e-14)
  })
})
