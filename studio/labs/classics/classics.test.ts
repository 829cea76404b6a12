import { parseCsv } from 'gradus/data'
import { rocAucScore } from 'gradus/metrics'
import { expect, test } from 'vitest'
import { Drive } from '../../kit/drive.ts'
import { about, type Settings } from './about.ts'
import { core } from './core.ts'
import { type ClassicsShot, classifiers, type Reason, type Roc } from './shot.ts'

const started = (given: Partial<Settings>, own: Parameters<typeof core.prepare>[1] = null) =>
  Drive.start(core as never, about.options.validate('test', given) as never, own) as Promise<Drive<ClassicsShot>>
const fitted = async (given: Partial<Settings>): Promise<Drive<ClassicsShot>> => {
  const drive = await started(given)
  while ((await drive.next()).stop === null);
  return drive
}
const run = async (given: Partial<Settings>): Promise<ClassicsShot> => (await fitted(given)).run.shot()

/** The area under the points of a curve as they are drawn. */
const areaUnder = ({ fpr, tpr }: Roc): number => {
  let area = 0
  for (let i = 1; i < fpr.length; i++) area += ((fpr[i]! - fpr[i - 1]!) * (tpr[i]! + tpr[i - 1]!)) / 2
  return area
}

test('one neighbour is right on every training point', async () => {
  for (const dataSet of ['moons', 'spirals', 'blobs'] as const) {
    const { facts } = await run({ classifier: 'neighbours', k: 1, dataSet, noise: 0.4 })
    expect(facts.trainAccuracy).toBe(1)
    expect(facts.testAccuracy).toBeLessThan(1)
  }
})

test.each(classifiers.filter(name => name !== 'kMeans'))(
  '%s: the AUC is the library’s, and the area under the drawn curve',
  async classifier => {
    for (const scene of [{ dataSet: 'moons' }, { dataSet: 'blobs', groups: 4, positive: 3, noise: 0.4 }] as const) {
      const { facts, roc } = await run({ classifier, ...scene })
      expect(Math.abs(areaUnder(roc!) - (facts.auc as number))).toBeLessThan(1e-6)
      expect(facts.areaUnderPoints).toBeCloseTo(facts.auc as number, 12)
      expect(facts.testAccuracy).toBeGreaterThan(0.6)
    }
  },
)

test('the AUC is what rocAucScore says of the probabilities of the test points', async () => {
  const drive = await fitted({ classifier: 'bayes', count: 60 })
  const shot = await drive.run.shot()
  const [truth, scores]: [number[], number[]] = [[], []]
  for (let i = shot.trained; i < shot.y.length; i++) {
    truth.push(shot.y[i]!)
    const reason = (await drive.run.ask!({ at: [shot.x[2 * i]!, shot.x[2 * i + 1]!] })) as Reason
    scores.push(reason.chances[1]!)
  }
  expect(rocAucScore(truth, scores)).toBeCloseTo(shot.facts.auc as number, 12)
})

test('a threshold moves along the curve', async () => {
  const drive = await fitted({ classifier: 'neighbours', k: 15 })
  const { facts, roc } = await drive.run.shot()
  for (const threshold of [0.2, 0.5, 0.8]) {
    drive.set(about.options.validate('test', { classifier: 'neighbours', k: 15, threshold }))
    const now = (await drive.run.shot()).facts
    const at = roc!.thresholds.findLastIndex(value => value >= threshold)
    // Points on a straight line are left out of the curve: the rates lie between those of its neighbours.
    expect(now.tpr).toBeGreaterThanOrEqual(roc!.tpr[at]!)
    expect(now.tpr).toBeLessThanOrEqual(roc!.tpr[at + 1] ?? 1)
    expect((now.hits as number) / (facts.positives as number)).toBe(now.tpr)
  }
})

test('the inertia of k-means never rises, and it ends where no point moves', async () => {
  for (const start of ['random', 'k-means++'] as const) {
    const drive = await started({
      classifier: 'kMeans',
      dataSet: 'blobs',
      groups: 5,
      clusters: 5,
      noise: 0.3,
      start,
      seed: 4,
    })
    const losses: number[] = []
    for (;;) {
      const { metrics, stop } = await drive.next()
      if (metrics) losses.push(metrics.loss!)
      if (stop !== null) {
        expect(stop).toBe('ended')
        break
      }
    }
    expect(losses.length).toBeGreaterThan(2)
    for (let i = 1; i < losses.length; i++) expect(losses[i]).toBeLessThanOrEqual(losses[i - 1]! * (1 + 1e-12))
    expect((await drive.run.shot()).facts.inertia).toBe(losses.at(-1))
  }
})

test('the confusion matrix counts the test points', async () => {
  const { confusion, y, trained, predicted, facts } = await run({ classifier: 'tree', dataSet: 'blobs', noise: 0.4 })
  expect(confusion.flat().reduce((a, b) => a + b, 0)).toBe(y.length - trained)
  const right = Array.from(y.subarray(trained)).filter((k, i) => predicted[trained + i] === k).length
  expect(confusion.reduce((sum, row, k) => sum + row[k]!, 0)).toBe(right)
  expect(facts.testAccuracy).toBeCloseTo(right / (y.length - trained), 12)
})

const asked = async (given: Partial<Settings>): Promise<Reason> =>
  (await (
    await fitted(given)
  ).run.ask!({ at: [0.2, 0.1] })) as Reason

test('neighbours: those named are the nearest, and their votes make the probability', async () => {
  const drive = await fitted({ classifier: 'neighbours', k: 7, weights: 'distance' })
  const { x, y, trained } = await drive.run.shot()
  const reason = (await drive.run.ask!({ at: [0.2, 0.1] })) as Extract<Reason, { kind: 'neighbours' }>
  const distances = Array.from({ length: trained }, (_, i) => Math.hypot(x[2 * i]! - 0.2, x[2 * i + 1]! - 0.1)).sort(
    (a, b) => a - b,
  )
  expect(reason.neighbours.map(({ distance }) => distance)).toEqual(
    distances.slice(0, 7).map(d => expect.closeTo(d, 12)),
  )
  const total = reason.neighbours.reduce((sum, { weight }) => sum + weight, 0)
  for (const k of [0, 1]) {
    const votes = reason.neighbours.filter(({ point }) => y[point] === k).reduce((sum, { weight }) => sum + weight, 0)
    expect(votes / total).toBeCloseTo(reason.chances[k]!, 12)
  }
})

test('tree: the path obeys its rules, and its leaf decides', async () => {
  const reason = (await asked({ classifier: 'tree', depth: 5 })) as Extract<Reason, { kind: 'tree' }>
  expect(reason.rules.length).toBeGreaterThan(0)
  for (const { axis, threshold, left } of reason.rules) expect(reason.at[axis]! <= threshold).toBe(left)
  const points = reason.points.reduce((a, b) => a + b, 0)
  expect(reason.points[reason.predicted]! / points).toBeCloseTo(reason.chances[reason.predicted]!, 12)
  expect(points).toBe(reason.rules.at(-1)!.points)
})

test('naive Bayes: prior times densities is the joint probability', async () => {
  const { parts, chances } = (await asked({ classifier: 'bayes' })) as Extract<Reason, { kind: 'bayes' }>
  const sum = parts.reduce((total, { joint }) => total + joint, 0)
  for (const [k, { prior, densities, joint }] of parts.entries()) {
    expect(prior * densities[0] * densities[1]).toBeCloseTo(joint, 12)
    expect(joint / sum).toBeCloseTo(chances[k]!, 12)
  }
})

test('forest, kernel machine, linear models and k-means give their reasons', async () => {
  const forest = (await asked({ classifier: 'forest', trees: 20 })) as Extract<Reason, { kind: 'forest' }>
  expect(forest.votes.reduce((a, b) => a + b, 0)).toBe(20)
  for (const classifier of ['svm', 'logistic', 'lda'] as const) {
    const { scores, predicted } = (await asked({ classifier })) as Extract<Reason, { kind: 'scores' }>
    expect(scores).toHaveLength(1)
    expect(scores[0]! > 0 ? 1 : 0).toBe(predicted)
  }
  const means = (await asked({ classifier: 'kMeans' })) as Extract<Reason, { kind: 'kMeans' }>
  expect(means.distances.indexOf(Math.min(...means.distances))).toBe(means.predicted)
})

test.each([
  ['k', { classifier: 'neighbours', k: 1 }, { classifier: 'neighbours', k: 40 }],
  ['metric', { classifier: 'neighbours', metric: 'manhattan' }, { classifier: 'neighbours', metric: 'chebyshev' }],
  ['weights', { classifier: 'neighbours' }, { classifier: 'neighbours', weights: 'distance' }],
  ['depth', { classifier: 'tree', depth: 1 }, { classifier: 'tree', depth: 8 }],
  ['minLeaf', { classifier: 'tree', minLeaf: 1 }, { classifier: 'tree', minLeaf: 20 }],
  ['trees', { classifier: 'forest', trees: 2 }, { classifier: 'forest', trees: 40 }],
  ['kernel', { classifier: 'svm', kernel: 'linear' }, { classifier: 'svm', kernel: 'poly' }],
  ['C of a machine', { classifier: 'svm', C: 0.1 }, { classifier: 'svm', C: 100 }],
  ['gamma', { classifier: 'svm', gamma: 0.2 }, { classifier: 'svm', gamma: 30 }],
  ['C of a regression', { classifier: 'logistic', C: 0.01 }, { classifier: 'logistic', C: 100 }],
  ['clusters', { classifier: 'kMeans', clusters: 2 }, { classifier: 'kMeans', clusters: 5 }],
] as const)('%s changes the regions', async (_, one, other) => {
  const [a, b] = [await run(one as Partial<Settings>), await run(other as Partial<Settings>)]
  expect(Array.from(a.sure).concat(Array.from(a.map))).not.toEqual(Array.from(b.sure).concat(Array.from(b.map)))
})

const tableOf = (text: string) => ({ name: 'mine.csv', table: parseCsv(text) })

test('own points are used, and what is not is told', async () => {
  const lines = Array.from({ length: 30 }, (_, i) => `${i},${(i * 7) % 11},${i < 15 ? 'low' : 'high'}`)
  const drive = await started({ classifier: 'tree', depth: 2 }, tableOf(`a,b,class\n${lines.join('\n')}\n,3,low`))
  await drive.next()
  const { facts, axes } = await drive.run.shot()
  expect(facts.classes).toEqual(['high', 'low'])
  expect(axes).toEqual(['a', 'b'])
  expect(drive.run.report?.used).toBe(30)
  expect(drive.run.report?.dropped).toEqual([{ count: 1, why: 'a is no number' }])
})

test('more neighbours than training points are refused in words', async () => {
  const lines = Array.from({ length: 10 }, (_, i) => `${i},${i % 3},${i % 2}`)
  const drive = await started({ classifier: 'neighbours', k: 20 }, tableOf(`a,b,class\n${lines.join('\n')}`))
  await expect(drive.next()).rejects.toThrow(/kNeighborsClassifier\.fit: .*20/)
})
