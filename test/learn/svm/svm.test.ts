import { expect, test } from 'vitest'
import { svc, svr } from '../../../src/learn/index.ts'
import { coupled, plattProbability, plattScale } from '../../../src/learn/svm/platt.ts'
import { kernelMatrix } from '../../../src/learn/numeric/kernels.ts'
import { logLoss } from '../../../src/metrics/index.ts'
import type { Dense } from '../../../src/ops/matrix-kernels.ts'
import { load } from '../agreement/data.ts'

const rings = load({ name: 'made-rings', holdout: true })
const classes = load({ name: 'made-classes', holdout: true })

test('a kernel of one’s own, and one that is given, do what the named one does', async () => {
  const gamma = 1.5
  const named = await svc({ gamma, tol: 1e-8 }).fit(rings.X, rings.y)
  const own = await svc({
    tol: 1e-8,
    kernel: (x, y) => Math.exp(-gamma * x.reduce((sum, value, i) => sum + (value - y[i]!) ** 2, 0)),
  }).fit(rings.X, rings.y)
  const settings = { kernel: 'rbf', gamma, degree: 3, coef0: 0 } as const
  const given = await svc({ kernel: 'precomputed', tol: 1e-8 }).fit(
    await kernelMatrix(rings.X, rings.X, settings),
    rings.y,
  )
  const expected = await (await named.decisionFunction(rings.testX)).data()
  const [a, b] = [
    await (await own.decisionFunction(rings.testX)).data(),
    await (await given.decisionFunction(await kernelMatrix(rings.testX, rings.X, settings))).data(),
  ]
  for (let i = 0; i < expected.length; i++) {
    expect(a[i]).toBeCloseTo(expected[i]!, 6)
    expect(b[i]).toBeCloseTo(expected[i]!, 6)
  }
  expect(await named.score(rings.testX, rings.testY)).toBe(1)
})

test('the conditions of the optimum hold: α between bounds lies on the margin', async () => {
  const model = await svc({ C: 2, gamma: 0.8, tol: 1e-9 }).fit(rings.X, rings.y)
  const scores = await (await model.decisionFunction(rings.X)).data()
  const [support, dual] = [await model.support.data(), (await model.dualCoef.data()) as Float64Array]
  const coef = new Map(Array.from(support, (row, s) => [row, dual[s]!]))
  expect(dual.reduce((a, b) => a + b, 0)).toBeCloseTo(0, 9)
  for (let i = 0; i < scores.length; i++) {
    const margin = (rings.y[i] === 1 ? 1 : -1) * scores[i]!
    const alpha = Math.abs(coef.get(i) ?? 0)
    expect(alpha).toBeLessThanOrEqual(2 + 1e-9)
    if (alpha === 0) expect(margin).toBeGreaterThan(1 - 1e-6)
    else if (alpha < 2 - 1e-9) expect(margin).toBeCloseTo(1, 6)
    else expect(margin).toBeLessThan(1 + 1e-6)
  }
})

test('probabilities are better than guessing, and rank as scores do', async () => {
  const model = await svc({ probability: true, randomState: 0 }).fit(classes.X, classes.y)
  const proba = (await (await model.predictProba(classes.testX)).toArray()) as number[][]
  expect(logLoss(classes.testY, proba)).toBeLessThan(0.6 * Math.log(3))
  const two = await svc({ probability: true, randomState: 0, gamma: 1 }).fit(rings.X, rings.y)
  const p = ((await (await two.predictProba(rings.testX)).toArray()) as number[][]).map(row => row[1]!)
  const scores = await (await two.decisionFunction(rings.testX)).data()
  const order = Array.from(p.keys()).sort((a, b) => scores[a]! - scores[b]!)
  for (let i = 1; i < order.length; i++) expect(p[order[i]!]!).toBeGreaterThanOrEqual(p[order[i - 1]!]! - 1e-12)
  expect('predictProba' in (await svc().fit(rings.X, rings.y))).toBe(false)
})

test('Platt’s line is where no small change betters it', () => {
  const scores = Array.from({ length: 60 }, (_, i) => (i - 30) / 10)
  const positive = scores.map((s, i) => s + (((i * 7) % 11) - 5) / 4 > 0)
  const [A, B] = plattScale(scores, positive)
  const above = positive.filter(Boolean).length
  const loss = (a: number, b: number): number =>
    scores.reduce((sum, s, i) => {
      const p = plattProbability(s, [a, b])
      const t = positive[i] ? (above + 1) / (above + 2) : 1 / (60 - above + 2)
      return sum - t * Math.log(p) - (1 - t) * Math.log(1 - p)
    }, 0)
  for (const [da, db] of [
    [1e-3, 0],
    [-1e-3, 0],
    [0, 1e-3],
    [0, -1e-3],
  ] as const)
    expect(loss(A + da, B + db)).toBeGreaterThan(loss(A, B))
})

test('pairs that agree with some probabilities give these back', () => {
  const p = [0.5, 0.3, 0.2]
  const r = p.map(a => Float64Array.from(p, b => a / (a + b)))
  const found = coupled(r)
  for (let k = 0; k < 3; k++) expect(found[k]).toBeCloseTo(p[k]!, 2)
})

test('more rows than are kept at once give the same machine', async () => {
  // 6,000 rows on a line are beyond what is held whole.
  const n = 6000
  const X: Dense = { rows: n, columns: 1, data: Float64Array.from({ length: n }, (_, i) => i / n) }
  const y = Float64Array.from({ length: n }, (_, i) => Math.sin((6 * i) / n))
  const model = await svr({ C: 1, epsilon: 0.2, gamma: 5 }).fit(X, y)
  expect(await model.score(X, y)).toBeGreaterThan(0.9)
  expect(model.nSupport).toBeLessThan(n / 3)
})

test('what cannot be fitted is refused', async () => {
  await expect(
    svc({ kernel: 'precomputed' }).fit(
      [
        [1, 2, 3],
        [1, 2, 4],
      ],
      [0, 1],
    ),
  ).rejects.toThrow('svc.fit: a kernel must be square; X is [2, 3].')
  await expect(svc({ kernel: () => Number.NaN }).fit([[1], [2]], [0, 1])).rejects.toThrow(
    'kernel: the function gave NaN for two rows. It must give a finite number.',
  )
})
