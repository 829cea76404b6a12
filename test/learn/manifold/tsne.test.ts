import { expect, test } from 'vitest'
import { Random } from '../../../src/learn/core/random.ts'
import { conditionalProbabilities } from '../../../src/learn/manifold/perplexity.ts'
import { SpaceTree } from '../../../src/learn/manifold/quad-tree.ts'
import { barnesHutGradient, exactGradient, joint } from '../../../src/learn/manifold/tsne-gradient.ts'
import { tsne, tsneSteps, umap } from '../../../src/learn/index.ts'
import { trustworthiness } from '../../../src/metrics/index.ts'
import { load } from '../agreement/data.ts'

const N = 60
const everyNeighbour = Int32Array.from({ length: N * (N - 1) }, (_, at) => {
  const [i, c] = [Math.floor(at / (N - 1)), at % (N - 1)]
  return c < i ? c : c + 1
})

const points = (d: number, seed: number): Float64Array => {
  const random = new Random(seed)
  return Float64Array.from({ length: N * d }, () => 3 * random.normal())
}

/** All pairs' probabilities, as a list of neighbours and as a matrix. */
const affinities = () => {
  const X = points(4, 1)
  const squared = Float64Array.from(everyNeighbour, (j, at) => {
    const i = Math.floor(at / (N - 1))
    let sum = 0
    for (let f = 0; f < 4; f++) sum += (X[4 * i + f]! - X[4 * j + f]!) ** 2
    return sum
  })
  const listed = joint(N, N - 1, everyNeighbour, conditionalProbabilities(squared, N - 1, 10))
  const P = new Float64Array(N * N).fill(Number.EPSILON)
  for (let i = 0; i < N; i++)
    for (let k = listed.start[i]!; k < listed.start[i + 1]!; k++) P[i * N + listed.neighbour[k]!] = listed.p[k]!
  return { listed, P }
}

test.each([
  [2, 1],
  [3, 2],
  [1, 1],
])('with every box opened the tree gives the exact gradient in %i dimensions', (d, degrees) => {
  const { listed, P } = affinities()
  const Y = points(d, 2)
  const [byTree, exact] = [new Float64Array(N * d), new Float64Array(N * d)]
  const shared = { exaggeration: 1, degrees, wantDivergence: true }
  const a = barnesHutGradient(new SpaceTree(d), listed, Y, { ...shared, gradient: byTree, angle: 0 })
  const b = exactGradient(P, Y, { ...shared, d, gradient: exact })
  expect(a.divergence).toBeCloseTo(b.divergence, 9)
  for (let i = 0; i < exact.length; i++) expect(byTree[i]).toBeCloseTo(exact[i]!, 11)
})

test('the exact gradient is that of finite differences', () => {
  const { P } = affinities()
  for (const [d, degrees] of [
    [2, 1],
    [3, 2],
  ] as const) {
    const Y = points(d, 3)
    const gradient = new Float64Array(N * d)
    const value = (at: number, step: number): number => {
      const moved = Y.slice()
      moved[at]! += step
      return exactGradient(P, moved, {
        d,
        gradient: new Float64Array(N * d),
        exaggeration: 1,
        degrees,
        wantDivergence: true,
      }).divergence
    }
    exactGradient(P, Y, { d, gradient, exaggeration: 1, degrees, wantDivergence: true })
    for (const at of [0, 7, 55]) expect(gradient[at]).toBeCloseTo((value(at, 1e-5) - value(at, -1e-5)) / 2e-5, 7)
  }
})

test('an angle of a half stays near the exact gradient', () => {
  const { listed, P } = affinities()
  const Y = points(2, 4)
  const [byTree, exact] = [new Float64Array(N * 2), new Float64Array(N * 2)]
  const shared = { exaggeration: 1, degrees: 1, wantDivergence: false }
  barnesHutGradient(new SpaceTree(2), listed, Y, { ...shared, gradient: byTree, angle: 0.5 })
  exactGradient(P, Y, { ...shared, d: 2, gradient: exact })
  const size = Math.hypot(...exact)
  expect(Math.hypot(...byTree.map((x, i) => x - exact[i]!)) / size).toBeLessThan(0.05)
})

test('each row has the perplexity asked for', () => {
  const random = new Random(6)
  const squared = Float64Array.from({ length: 20 * 40 }, () => 10 * random.uniform())
  const p = conditionalProbabilities(squared, 40, 12)
  for (let i = 0; i < 20; i++) {
    let entropy = 0
    for (let k = 0; k < 40; k++) entropy -= p[i * 40 + k]! * Math.log(Math.max(p[i * 40 + k]!, 1e-300))
    expect(Math.exp(entropy)).toBeCloseTo(12, 3)
  }
})

test('points in one place do not split for ever', () => {
  const tree = new SpaceTree(2)
  tree.build(Float64Array.from([1, 1, 1, 1, 1, 1, 5, 5]))
  expect(tree.boxes[2]).toBe(4)
  expect(tree.count).toBeLessThan(60)
})

test('neighbourhoods of digits survive, by t-SNE and by UMAP', async () => {
  const { X } = load({ name: 'made-classes', count: 200, width: 8 })
  const nested = Array.from({ length: X.rows }, (_, i) => Array.from(X.data.subarray(i * 8, (i + 1) * 8)))
  for (const estimator of [tsne({ perplexity: 15, maxIter: 500, randomState: 0 }), umap({ randomState: 0 })]) {
    const points = await estimator.fitTransform(X)
    expect(trustworthiness(nested, (await points.toArray()) as number[][], { nNeighbors: 12 })).toBeGreaterThan(0.9)
  }
})

test('what cannot be drawn is refused', async () => {
  const { X } = load({ name: 'made-classes', count: 20 })
  await expect(tsne({ perplexity: 20 }).fit(X)).rejects.toThrow(
    'tsne.fit: perplexity is 20, and there are 20 rows. It must be smaller.',
  )
  await expect(tsne({ nComponents: 4, perplexity: 5 }).fit(X)).rejects.toThrow(
    'tsne.fit: method "barnesHut" draws up to 3 axes; got 4. Take "exact".',
  )
  await expect(tsne({ metric: 'precomputed', perplexity: 5 }).fit(X)).rejects.toThrow(
    'tsne.fit: metric "precomputed" needs all distances, [N, N], and init "random".',
  )
  await expect(umap({ nNeighbors: 20 }).fit(X)).rejects.toThrow(
    'umap.fit: nNeighbors is 20, and there are 20 rows. It must be smaller.',
  )
})

test.each([
  ['barnesHut', 2],
  ['barnesHut', 3],
  ['exact', 2],
] as const)('steps one at a time give the points of fit to the last bit: %s, %i axes', async (method, nComponents) => {
  const X = Array.from({ length: N }, (_, i) => Array.from(points(4, 5).subarray(4 * i, 4 * i + 4)))
  const options = { method, nComponents, perplexity: 8, maxIter: 320, randomState: 3, init: 'random' } as const
  const model = await tsne(options).fit(X)
  const divergences: number[] = []
  let last: Float64Array = new Float64Array(0)
  for await (const step of tsneSteps(X, options)) {
    divergences.push(step.klDivergence)
    last = (await step.embedding.data()) as Float64Array
    expect(step.iteration).toBe(divergences.length)
    expect(step.exaggerated).toBe(step.iteration <= 250)
  }
  expect(divergences).toHaveLength(model.nIter)
  expect(last).toEqual(await model.embedding.data())
  expect(divergences.at(-1)).toBeCloseTo(model.klDivergence, 9)
  expect(divergences.at(-1)).toBeLessThan(divergences[0]!)
})

test('steps refuse what fit refuses, in their own name', async () => {
  await expect(tsneSteps([[0], [1], [2]], { perplexity: 5 }).next()).rejects.toThrow(
    'tsneSteps: perplexity is 5, and there are 3 rows. It must be smaller.',
  )
})

test.each(['barnesHut', 'exact'] as const)(
  'rounded: what differs in the last bit gives the same points, which would else part: %s',
  async method => {
    const X = Array.from({ length: N }, (_, i) => Array.from(points(4, 5).subarray(4 * i, 4 * i + 4)))
    const shaken = X.map((row, i) => row.map((x, j) => x * (1 + ((i + j) % 3) * Number.EPSILON)))
    const found = async (rows: number[][], rounded: boolean) =>
      (await tsne({ method, perplexity: 8, maxIter: 400, randomState: 3, rounded }).fit(rows)).embedding.data()
    expect(await found(shaken, true)).toEqual(await found(X, true))
    expect(await found(shaken, false)).not.toEqual(await found(X, false))
  },
)
