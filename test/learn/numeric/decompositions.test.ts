import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { leastSquares, pinv } from '../../../src/learn/numeric/least-squares.ts'
import { gramSync, productSync } from '../../../src/learn/numeric/product.ts'
import { qr } from '../../../src/learn/numeric/qr.ts'
import { randomizedSvd } from '../../../src/learn/numeric/randomized-svd.ts'
import { svd, svdFlip } from '../../../src/learn/numeric/svd.ts'
import { symmetricEigen } from '../../../src/learn/numeric/symmetric-eigen.ts'
import {
  cholesky,
  choleskyLogDeterminant,
  choleskySolve,
  logDeterminant,
  solveTriangular,
} from '../../../src/learn/numeric/triangular.ts'
import { type Dense, dense, identity, symmetricPart } from '../../../src/ops/matrix-kernels.ts'
import { Generator } from '../../../src/tensor/random.ts'
import { column, expectClose, fixture as f, fromIdentity, matrix, normal } from './matrices.ts'

const fill = (m: number, n: number, of: (i: number, j: number) => number): Dense =>
  dense(
    m,
    n,
    Float64Array.from({ length: m * n }, (_, k) => of(Math.floor(k / n), k % n)),
  )
const scaleColumns = (a: Dense, by: ArrayLike<number>): Dense => ({
  ...a,
  data: a.data.map((x, k) => x * by[k % a.columns]!),
})

/** Matrices that are hard in some way: n by n, symmetric. */
const symmetric: Record<string, (n: number) => Dense> = {
  'random elements': n => symmetricPart(normal(n, n)),
  'rank 3': n => gramSync(normal(3, n)),
  'the identity': identity,
  zeros: n => dense(n, n),
  ones: n => fill(n, n, () => 1),
  'a smooth kernel': n => fill(n, n, (i, j) => Math.exp(-10 * ((i - j) / n) ** 2)),
  "Wilkinson's pairs": n => fill(n, n, (i, j) => (i === j ? Math.abs((n - 1) / 2 - i) : Math.abs(i - j) === 1 ? 1 : 0)),
  'elements of 1e-200 and less': n => fill(n, n, (i, j) => 1e-200 * 10 ** (-((i + j) % 40) / 2)),
  'elements of 1e200': n => fill(n, n, (i, j) => 1e200 * Math.cos(i * j)),
}

describe('eigenvalues and vectors of a symmetric matrix', () => {
  test('are those of numpy, where the matrix is divided too', () => {
    expectClose(symmetricEigen(matrix(f.s)).values, f.sValues)
    expectClose(symmetricEigen(matrix(f.path)).values, f.pathValues)
  })
  for (const [name, make] of Object.entries(symmetric))
    test(`give the matrix back: ${name}`, () => {
      for (const n of [1, 2, 3, 7, 32, 33, 70, 131]) {
        const a = make(n)
        const { values, vectors } = symmetricEigen(a)
        const scale = values.reduce((most, x) => Math.max(most, Math.abs(x)), 0) || 1
        const back = productSync(
          scaleColumns(
            vectors,
            values.map(x => x / scale),
          ),
          vectors,
          { transposeB: true },
        )
        expectClose(
          back,
          a.data.map(x => x / scale),
          1e-13,
        )
        expect(fromIdentity(gramSync(vectors))).toBeLessThan(1e-13)
        expect([...values]).toEqual([...values].sort((x, y) => x - y))
        for (let j = 0; j < n; j++) {
          const own = Array.from({ length: n }, (_, i) => vectors.data[i * n + j]!)
          expect(Math.max(...own)).toBe(Math.max(...own.map(Math.abs)))
        }
      }
    })
  test('read the lower triangle only', () => {
    const a = matrix(f.s)
    const lower = fill(5, 5, (i, j) => (j > i ? 99 : a.data[i * 5 + j]!))
    expectClose(symmetricEigen(lower).values, f.sValues)
  })
})

describe('singular values and vectors', () => {
  test('are those of numpy, with scikit-learn’s signs', () => {
    const found = svd(matrix(f.a))
    expectClose(found.s, f.singular)
    expectClose(svdFlip(found).u, matrix(f.flipU))
    expectClose(svdFlip(found).vt, matrix(f.flipVt))
    expectClose(svdFlip(found, { byV: true }).u, matrix(f.flipByVU))
    expectClose(svdFlip(found, { byV: true }).vt, matrix(f.flipByVVt))
    expectClose(svd(matrix(f.hilbert)).s, f.hilbertSingular, 1e-15)
  })
  const kinds: Record<string, (m: number, n: number) => Dense> = {
    'random elements': (m, n) => normal(m, n),
    'rank 2': (m, n) => productSync(normal(m, 2, 1), normal(2, n, 2)),
    zeros: (m, n) => dense(m, n),
    ones: (m, n) => fill(m, n, () => 1),
    "Hilbert's": (m, n) => fill(m, n, (i, j) => 1 / (i + j + 1)),
    'columns from 1 to 1e-15': (m, n) =>
      scaleColumns(
        normal(m, n),
        Array.from({ length: n }, (_, j) => 10 ** ((-15 * j) / n)),
      ),
    'columns from 1 to 1e-300': (m, n) =>
      scaleColumns(
        normal(m, n),
        Array.from({ length: n }, (_, j) => 10 ** ((-300 * j) / n)),
      ),
  }
  for (const [name, make] of Object.entries(kinds))
    test(`give the matrix back: ${name}`, () => {
      for (const [m, n] of [
        [1, 1],
        [5, 3],
        [3, 5],
        [40, 40],
        [90, 33],
        [20, 70],
      ] as const) {
        const a = make(m, n)
        const { u, s, vt } = svd(a)
        expectClose(productSync(scaleColumns(u, s), vt), a, 1e-13)
        expect(fromIdentity(gramSync(u))).toBeLessThan(1e-13)
        expect(fromIdentity(productSync(vt, vt, { transposeB: true }))).toBeLessThan(1e-13)
        expect(s.every((x, k) => x >= 0 && (k === 0 || x <= s[k - 1]!))).toBe(true)
      }
    })
  test('the largest ones from a random subspace', async () => {
    const exact = fill(60, 40, (i, j) => Math.exp(-((i / 60 - j / 40) ** 2) * 20))
    const [whole, part] = [svdFlip(svd(exact)), await randomizedSvd(exact, 5, { generator: new Generator(1) })]
    expectClose(part.s, whole.s.slice(0, 5))
    expectClose(part.vt, whole.vt.data.slice(0, 5 * 40), 1e-9)
    expect([part.u.rows, part.u.columns]).toEqual([60, 5])
    const again = await randomizedSvd(exact, 5, { generator: new Generator(1) })
    expect(again.u.data).toEqual(part.u.data)
  })
})

test('Q and R give the matrix back, with LAPACK’s signs', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 90 }), fc.integer({ min: 1, max: 90 }), (m, n) => {
      const a = normal(m, n, m + n)
      const { q, r } = qr(a)
      expectClose(productSync(q, r), a, 1e-13)
      expect(fromIdentity(gramSync(q))).toBeLessThan(1e-13)
      for (let i = 0; i < r.rows; i++) for (let j = 0; j < Math.min(i, n); j++) expect(r.data[i * n + j]).toBe(0)
      expect(Math.sign(r.data[0]!)).toBe(-Math.sign(a.data[0]!) * (m === 1 ? -1 : 1))
    }),
    { numRuns: 30 },
  )
})

describe('least squares', () => {
  test('have the coefficients of a polynomial of degree 10 to 1e-6', () => {
    const x = Array.from({ length: 101 }, (_, i) => i / 100)
    const powers = fill(101, 11, (i, j) => x[i]! ** j)
    const y = column(x.map(v => Array.from({ length: 11 }, (_, j) => (j + 1) * v ** j).reduce((a, b) => a + b, 0)))
    const { x: found, rank } = leastSquares(powers, y)
    expect(rank).toBe(11)
    for (let j = 0; j < 11; j++) expect(Math.abs(found.data[j]! / (j + 1) - 1)).toBeLessThan(1e-6)
    expectClose(leastSquares(matrix(f.vandermonde), matrix(f.rhs)).x, matrix(f.vandermondeX), 1e-7)
  })
  test('are the shortest where columns depend on each other', () => {
    const { x, rank } = leastSquares(matrix(f.low), matrix(f.lowRhs), 1e-5)
    expect(rank).toBe(f.lowRank)
    expectClose(x, matrix(f.lowX))
    expectClose(leastSquares(dense(3, 2), normal(3, 1)).x, [0, 0])
  })
  test('agree with the pseudoinverse for any shape', () => {
    for (const [m, n] of [
      [4, 9],
      [9, 4],
      [60, 40],
    ] as const) {
      const [a, b] = [normal(m, n, 1), normal(m, 2, 2)]
      expectClose(leastSquares(a, b).x, productSync(pinv(a), b), 1e-11)
    }
    expectClose(pinv(matrix(f.a)), matrix(f.pinvA))
  })
})

test('triangular systems, factors and determinants are those of scipy', () => {
  const [s, spd, b] = [matrix(f.s), matrix(f.spd), matrix(f.lowRhs)]
  expectClose(solveTriangular(s, b), matrix(f.lowerX), 1e-11)
  expectClose(solveTriangular(s, b, { upper: true }), matrix(f.upperX), 1e-11)
  expectClose(solveTriangular(s, b, { transpose: true }), matrix(f.lowerTX), 1e-11)
  expectClose(solveTriangular(s, b, { upper: true, transpose: true }), matrix(f.upperTX), 1e-11)
  expectClose(choleskySolve(spd, b), matrix(f.spdX), 1e-11)
  const l = cholesky(spd)
  expectClose(productSync(l, l, { transposeB: true }), spd)
  expect(choleskyLogDeterminant(l)).toBeCloseTo(f.logDet, 12)
  const { sign, logAbs } = logDeterminant(matrix(f.logDetOf))
  expect(sign).toBe(f.slogdet[0])
  expect(logAbs).toBeCloseTo(f.slogdet[1], 12)
  expect(logDeterminant(dense(2, 2))).toEqual({ sign: 0, logAbs: -Infinity })
})

test('what has no answer is said', async () => {
  const bad = fill(2, 2, (i, j) => (i === 1 && j === 0 ? Number.NaN : 1))
  expect(() => symmetricEigen(dense(2, 3))).toThrow('symmetricEigen: the matrix is [2, 3]. It must be square.')
  for (const [name, run] of [
    ['symmetricEigen', () => symmetricEigen(bad)],
    ['svd', () => svd(bad)],
    ['qr', () => qr(bad)],
    ['leastSquares: A', () => leastSquares(bad, dense(2, 1))],
    ['leastSquares: B', () => leastSquares(dense(2, 1), bad)],
  ] as const)
    expect(run).toThrow(`${name}: element [1, 0] is NaN. All must be finite numbers.`)
  expect(() => leastSquares(dense(2, 2), dense(3, 1))).toThrow(
    'leastSquares: A has 2 rows and B has 3. There must be as many equations as right-hand sides.',
  )
  expect(() => solveTriangular(dense(2, 2), dense(2, 1))).toThrow(
    'solveTriangular: element 0 of the diagonal is 0: the matrix has no inverse. Use leastSquares for such systems.',
  )
  expect(() => solveTriangular(dense(2, 2), dense(3, 1))).toThrow(
    'solveTriangular: A is [2, 2] and B has 3 rows. B needs 2 rows.',
  )
  expect(() => choleskySolve(dense(2, 2), dense(2, 1))).toThrow(
    'choleskySolve: the matrix is not positive definite: pivot 0 is 0. Add a small number to its diagonal.',
  )
  await expect(randomizedSvd(dense(3, 2), 3, { generator: new Generator() })).rejects.toThrow(
    'randomizedSvd: nComponents must be an integer from 1 to 2, the smaller side of the matrix; got 3.',
  )
})
