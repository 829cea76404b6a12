import { expect, test } from 'vitest'
import { linearRegression } from '../../../src/learn/index.ts'
import { isHere, load } from '../agreement/data.ts'

test('the figures of every course: diabetes and California housing', async context => {
  if (!isHere({ name: 'diabetes' })) context.skip('sklearn_diabetes.csv is absent; set GRADUS_DATA')
  const diabetes = load({ name: 'diabetes' })
  const model = await linearRegression().fit(diabetes.X, diabetes.y)
  expect(await model.score(diabetes.X, diabetes.y)).toBeCloseTo(0.517749, 5)
  expect(model.intercept).toBeCloseTo(152.133484, 5)
  const housing = load({ name: 'california_housing' })
  expect(await (await linearRegression().fit(housing.X, housing.y)).score(housing.X, housing.y)).toBeCloseTo(
    0.606233,
    6,
  )
})

/** Least squares in exact fractions: the coefficients of a polynomial, from whole numbers. */
const exactPolynomial = (xs: readonly bigint[], ys: readonly bigint[], degree: number): number[] => {
  const n = degree + 1
  const rows = Array.from({ length: n }, (_, i) => [
    ...Array.from({ length: n }, (_, j) => xs.reduce((sum, x) => sum + x ** BigInt(i + j), 0n)),
    xs.reduce((sum, x, k) => sum + x ** BigInt(i) * ys[k]!, 0n),
  ])
  // Elimination in whole numbers; what a row has in common is divided out.
  for (let k = 0; k < n; k++) {
    for (let i = 0; i < n; i++) {
      if (i === k) continue
      const factor = rows[i]![k]!
      const row = rows[i]!.map((value, j) => value * rows[k]![k]! - factor * rows[k]![j]!)
      const common = row.reduce(gcd, 0n)
      rows[i] = row.map(value => value / common)
    }
  }
  return rows.map((row, i) => ratio(row[n]!, row[i]!))
}
const gcd = (a: bigint, b: bigint): bigint => {
  let [x, y] = [a < 0n ? -a : a, b < 0n ? -b : b]
  while (y > 0n) [x, y] = [y, x % y]
  return x
}
/** A quotient of whole numbers to all digits of a double. */
const ratio = (a: bigint, b: bigint): number => {
  const shift = 10n ** 40n
  const size = (x: bigint): bigint => (x < 0n ? -x : x)
  const scaled = (size(a) * shift) / size(b)
  return (a < 0n === b < 0n ? 1 : -1) * Number(scaled) * 1e-40
}

test.each([
  ['from 0 to 10', Array.from({ length: 81 }, (_, i) => BigInt(i)), 8],
  ['from 0 to 1', Array.from({ length: 129 }, (_, i) => BigInt(i)), 128],
])('polynomials of degree 10 keep 6 digits of every coefficient, x %s', async (_, whole, divisor) => {
  // x = whole / divisor, exact in doubles; y is a polynomial in whole numbers with noise.
  const ys = whole.map((x, i) => 7_000_000n + x ** 3n - 90n * x * x + 300n * x + BigInt((i * 7919) % 11) - 5n)
  const exact = exactPolynomial(whole, ys, 10).map((c, power) => c * divisor ** power)
  const X = whole.map(x => Array.from({ length: 10 }, (_, k) => (Number(x) / divisor) ** (k + 1)))
  const model = await linearRegression().fit(X, ys.map(Number))
  expect(model.rank).toBe(10)
  const found = [model.intercept as number, ...((await model.coef.toArray()) as number[])]
  for (const [k, c] of exact.entries()) {
    expect(Math.abs(found[k]! - c), `coefficient ${k}: ${found[k]} for ${c}`).toBeLessThan(1e-6 * Math.abs(c))
  }
})

test('of several solutions the shortest is taken', async () => {
  const model = await linearRegression({ fitIntercept: false }).fit(
    [
      [1, 1],
      [2, 2],
      [3, 3],
    ],
    [2, 4, 6],
  )
  expect(model.rank).toBe(1)
  for (const c of (await model.coef.toArray()) as number[]) expect(c).toBeCloseTo(1, 12)
})

test('several targets a row give a row of coefficients for each', async () => {
  const model = await linearRegression().fit(
    [[0], [1], [2]],
    [
      [0, 1],
      [1, 3],
      [2, 5],
    ],
  )
  expect(model.coef.shape).toEqual([2, 1])
  expect((await model.predict([[3]])).shape).toEqual([1, 2])
})
