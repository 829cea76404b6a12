import { expect, test } from 'vitest'
import { lbfgs, type Objective } from '../../../src/learn/numeric/lbfgs.ts'
import { expectClose, fixture as f } from './matrices.ts'

const rosenbrock: Objective = (x, g) => {
  g.fill(0)
  let total = 0
  for (let i = 0; i + 1 < x.length; i++) {
    const [a, b] = [x[i + 1]! - x[i]! ** 2, 1 - x[i]!]
    total += 100 * a * a + b * b
    g[i]! += -400 * a * x[i]! - 2 * b
    g[i + 1]! += 200 * a
  }
  return total
}
const exact = { maxIter: 500, tolerance: 1e-9, functionTolerance: 0 }

test('goes along Rosenbrock’s valley to its end', () => {
  const { x, value, converged, gradient, iterations, evaluations } = lbfgs(
    rosenbrock,
    Array.from({ length: 20 }, (_, i) => (i % 2 ? 1 : -1.2)),
    exact,
  )
  expect(converged).toBe(true)
  expectClose(x, new Float64Array(20).fill(1), 1e-8)
  expect(value).toBeLessThan(1e-16)
  expect(gradient.every(g => Math.abs(g) <= 1e-9)).toBe(true)
  expect(evaluations).toBeGreaterThanOrEqual(iterations)
  expect(evaluations).toBeLessThan(2 * iterations)
})

test('keeps to bounds, and finds the minimum within them that scipy finds', () => {
  const { x, value, converged } = lbfgs(rosenbrock, [0.1, 0.2, 0.3], {
    ...exact,
    lower: [-1, -Infinity, 0.4],
    upper: [0.5, Infinity, 2],
  })
  expect(converged).toBe(true)
  expectClose(x, f.rosenX, 1e-7)
  expect(value).toBeCloseTo(f.rosenValue, 12)
  const held = lbfgs(
    (v, g) => {
      g[0] = 2 * v[0]!
      return v[0]! ** 2
    },
    [5],
    { lower: [1] },
  )
  expect([...held.x]).toEqual([1])
  expect(held.converged).toBe(true)
})

test('stops after the steps it may take', () => {
  const { iterations, converged } = lbfgs(rosenbrock, [-1.2, 1], { ...exact, maxIter: 3 })
  expect([iterations, converged]).toEqual([3, false])
})

test('stops where a step gains next to nothing', () => {
  const loose = lbfgs(rosenbrock, [-1.2, 1], { tolerance: 0, functionTolerance: 1e-3, maxIter: 500 })
  expect(loose.converged).toBe(true)
  expect(loose.iterations).toBeLessThan(lbfgs(rosenbrock, [-1.2, 1], exact).iterations)
})

test('turns back where the function has no value, and starts where it is least', () => {
  const found = lbfgs(
    (x, g) => {
      g[0] = 1 - 1 / x[0]!
      return x[0]! - Math.log(x[0]!)
    },
    [30],
    exact,
  )
  expectClose(found.x, [1], 1e-8)
  const still = lbfgs(
    (x, g) => {
      g[0] = 2 * x[0]!
      return x[0]! ** 2
    },
    [0],
  )
  expect([still.iterations, still.evaluations, still.converged]).toEqual([0, 1, true])
})

test('what makes no sense is said', () => {
  expect(() => lbfgs(() => Number.NaN, [0])).toThrow(
    'lbfgs: the function is NaN at the start. It must be finite there.',
  )
  expect(() => lbfgs(rosenbrock, [0, 0], { lower: [1] })).toThrow(
    'lbfgs: lower has 1 elements and x 2. There must be one for each.',
  )
  expect(() => lbfgs(rosenbrock, [0, 0], { lower: [0, 2], upper: [1, 1] })).toThrow(
    'lbfgs: the bounds of element 1 are 2 and 1. The lower must not be above the upper.',
  )
})
