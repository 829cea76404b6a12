import { describe, expect, test } from 'vitest'
import { Random } from '../../../src/learn/core/random.ts'
import {
  affinityPropagation,
  agglomerativeClustering,
  bisectingKMeans,
  dbscan,
  dendrogram,
  estimateBandwidth,
  hdbscan,
  kMeans,
  ridge,
  spectralClustering,
} from '../../../src/learn/index.ts'
import { lloyd, nearestCentres } from '../../../src/learn/cluster/lloyd.ts'
import type { Dense } from '../../../src/ops/matrix-kernels.ts'

const fails = (work: Promise<unknown>, message: string) => expect(work).rejects.toMatchObject({ message })
const made = (rows: number, columns: number, seed = 1): Dense => {
  const random = new Random(seed)
  return { rows, columns, data: Float64Array.from({ length: rows * columns }, () => random.normal()) }
}
const line = [[0], [1], [2], [10], [11], [12]]

describe('kMeans', () => {
  test('assigns each row to the nearest centre, of equally near ones the first', () => {
    const X = { rows: 300, columns: 2, data: made(300, 2).data.map(x => Math.round(2 * x)) }
    const centres = { rows: 5, columns: 2, data: Float64Array.of(0, 0, 2, 0, 0, 2, 2, 2, 1, 1) }
    const [{ labels, centres: after }] = lloyd(X, [centres], { maxIter: 1, tolerance: Infinity }) as unknown as [
      { labels: Int32Array; centres: Dense },
    ]
    const nearest = (row: number, of: Dense): number => {
      let [best, least] = [0, Infinity]
      for (let k = 0; k < 5; k++) {
        const apart = (X.data[2 * row]! - of.data[2 * k]!) ** 2 + (X.data[2 * row + 1]! - of.data[2 * k + 1]!) ** 2
        if (apart < least) [best, least] = [k, apart]
      }
      return best
    }
    const expected = (of: Dense): number[] => Array.from({ length: 300 }, (_, i) => nearest(i, of))
    expect(Array.from(nearestCentres(X, centres))).toEqual(expected(centres))
    expect(Array.from(labels)).toEqual(expected(after))
  })
  test('counts weights of rows as rows', async () => {
    const weighted = await kMeans({ nClusters: 2, init: [[0], [12]] }).fit(line, undefined, {
      sampleWeight: [3, 1, 1, 1, 1, 0],
    })
    const repeated = await kMeans({ nClusters: 2, init: [[0], [12]] }).fit([[0], [0], ...line.slice(0, 5)])
    expect(await weighted.labels.toArray()).toEqual([0, 0, 0, 1, 1, 1])
    expect(weighted.clusterCenters.shape).toEqual([2, 1])
    expect(weighted.inertia).toBeCloseTo(repeated.inertia, 12)
  })
  test('gives the same over threads', async () => {
    const X = made(4000, 40)
    const withThreads = (nJobs: number) => kMeans({ nClusters: 10, nInit: 8, maxIter: 8, randomState: 1, nJobs }).fit(X)
    const [one, two] = [await withThreads(1), await withThreads(2)]
    expect(two.inertia).toBe(one.inertia)
    expect(await two.labels.data()).toEqual(await one.labels.data())
  })
  test('keeps as many clusters as were asked for where rows allow it', async () => {
    const model = await kMeans({ nClusters: 3, init: [[0], [0], [0]] }).fit(line)
    expect(new Set((await model.labels.toArray()) as number[]).size).toBe(3)
  })
  test('says what does not fit', async () => {
    await fails(
      kMeans({ nClusters: 3 }).fit([[1], [2]]),
      'kMeans.fit: X has 2 rows, fewer than nClusters, 3. Pass at least as many rows as clusters.',
    )
    await fails(
      kMeans({ nClusters: 2, init: [[1, 2]] }).fit(line),
      'kMeans.fit: init is [1, 2]; it must have a row for each of 2 clusters and a column for each of 1 features.',
    )
  })
})

describe('bisectingKMeans', () => {
  test('predicts for its own rows the clusters that it found', async () => {
    const X = made(120, 3)
    const model = await bisectingKMeans({ nClusters: 7, randomState: 2 }).fit(X)
    expect(await (await model.predict(X)).toArray()).toEqual(await model.labels.toArray())
  })
})

describe('agglomerativeClustering', () => {
  test('merges with each linkage at the distance that it defines', async () => {
    const height = async (linkage: string) => {
      const model = await agglomerativeClustering({ linkage: linkage as 'ward' }).fit([[0], [2], [7]])
      return (await model.distances.toArray()) as number[]
    }
    expect(await height('single')).toEqual([2, 5])
    expect(await height('complete')).toEqual([2, 7])
    expect(await height('average')).toEqual([2, 6])
    const [first, last] = await height('ward')
    expect(first).toBe(2)
    expect(last).toBeCloseTo(Math.sqrt(4 / 3) * 6, 12)
  })
  test('takes distances that are given', async () => {
    const model = await agglomerativeClustering({ metric: 'precomputed', linkage: 'average' }).fit([
      [0, 1, 9],
      [1, 0, 8],
      [9, 8, 0],
    ])
    expect(await model.labels.toArray()).toEqual([0, 0, 1])
    expect(await model.distances.toArray()).toEqual([1, 8.5])
  })
  test('connects parts of a graph by the nearest of their rows', async () => {
    const connectivity = [
      [0, 0, 1, 0],
      [0, 0, 0, 1],
      [1, 0, 0, 0],
      [0, 1, 0, 0],
    ]
    const model = await agglomerativeClustering({ connectivity, linkage: 'single' }).fit([[0], [1], [5], [6]])
    expect(await model.labels.toArray()).toEqual([0, 0, 0, 1])
    expect(await model.distances.toArray()).toEqual([1, 5, 5])
  })
  test('says what does not fit', async () => {
    const where = 'agglomerativeClustering.fit'
    await fails(
      agglomerativeClustering({ distanceThreshold: 1 }).fit(line),
      `${where}: one of nClusters and distanceThreshold must be given, and the other null; got 2 and 1.`,
    )
    await fails(
      agglomerativeClustering({ metric: 'manhattan' }).fit(line),
      `${where}: linkage "ward" needs the metric "euclidean"; got "manhattan". Take another linkage.`,
    )
    await fails(
      agglomerativeClustering({ nClusters: 9 }).fit(line),
      `${where}: X has 6 rows, fewer than nClusters, 9. Pass at least as many rows as clusters.`,
    )
    await fails(
      agglomerativeClustering({ connectivity: [[1]] }).fit(line),
      `${where}: connectivity is [1, 1]; with 6 rows it must be [6, 6].`,
    )
    const given = { metric: 'precomputed', linkage: 'average' } as const
    await fails(
      agglomerativeClustering(given).fit(line),
      `${where}: X is [6, 1]; with metric "precomputed" it must be square, the distances of the rows to each other.`,
    )
    await fails(
      agglomerativeClustering({ ...given, connectivity: [[1]] }).fit(line),
      `${where}: connectivity cannot be had with metric "precomputed". Leave one of them out.`,
    )
  })
})

describe('dendrogram', () => {
  test('draws a bracket for each merge and a name for each row', async () => {
    const model = await agglomerativeClustering({ nClusters: 2 }).fit(line)
    const svg = dendrogram(model, { title: 'Lines & more', labels: ['a', 'b', 'c', 'd', 'e', 'f<'] })
    expect(svg.match(/<polyline/g)).toHaveLength(5)
    expect(svg).toContain('Lines &amp; more')
    expect(svg).toContain('f&lt;')
    // Both clusters have a colour of their own, and the last merge is grey.
    expect(svg.match(/stroke="#0072b2"/g)).toHaveLength(2)
    expect(svg.match(/stroke="#d55e00"/g)).toHaveLength(2)
    expect(svg.match(/stroke="#8a8f98"/g)).toHaveLength(1)
  })
  test('needs a tree and a name a row', async () => {
    const model = await agglomerativeClustering().fit(line)
    expect(() => dendrogram(model, { labels: ['a'] })).toThrow(
      'dendrogram: labels has 1 names, and the tree 6 rows. Pass one a row.',
    )
    const other = await ridge().fit([[0], [1]], [0, 1])
    expect(() => dendrogram(other)).toThrow(
      'dendrogram: a fitted model with a tree of at least two leaves is needed. Pass one of agglomerativeClustering or featureAgglomeration.',
    )
  })
})

describe('clusters of dense places', () => {
  test('hdbscan does not split below a distance, where it is like dbscan', async () => {
    const X = made(200, 2)
    const eps = 0.3
    const ours = await hdbscan({
      minClusterSize: 5,
      minSamples: 5,
      clusterSelectionEpsilon: eps,
      clusterSelectionMethod: 'leaf',
    }).fit(X)
    const plain = await hdbscan({ minClusterSize: 5, minSamples: 5, clusterSelectionMethod: 'leaf' }).fit(X)
    const count = async (model: { labels: { toArray(): Promise<unknown> } }) =>
      new Set(((await model.labels.toArray()) as number[]).filter(label => label >= 0)).size
    expect(await count(ours)).toBeLessThan(await count(plain))
    // Rows that are cores at eps and connected there are never in two clusters.
    const cores = await dbscan({ eps, minSamples: 5 }).fit(X)
    const labels = (await ours.labels.toArray()) as number[]
    const groups = (await cores.labels.toArray()) as number[]
    const found = new Map<number, Set<number>>()
    for (const i of (await cores.coreSampleIndices.toArray()) as number[]) {
      if (labels[i]! < 0) continue
      found.set(groups[i]!, (found.get(groups[i]!) ?? new Set()).add(labels[i]!))
    }
    expect(found.size).toBeGreaterThan(1)
    for (const own of found.values()) expect(own.size).toBe(1)
  })
  test('hdbscan needs as many rows as minSamples', async () => {
    await fails(
      hdbscan({ minSamples: 7 }).fit(line),
      'hdbscan.fit: minSamples is 7, and there are 6 rows to be found. Ask for at most 6, or fit more rows.',
    )
  })
  test('dbscan takes distances that are given', async () => {
    const distances = line.map(([x]) => line.map(([y]) => Math.abs(x! - y!)))
    const model = await dbscan({ eps: 1.5, minSamples: 2, metric: 'precomputed' }).fit(distances)
    expect(await model.labels.toArray()).toEqual([0, 0, 0, 1, 1, 1])
  })
  test('a bandwidth is the mean reach of the nearest share of rows', async () => {
    expect(await estimateBandwidth(line, { quantile: 0.5 })).toBeCloseTo((2 + 1 + 2 + 2 + 1 + 2) / 6, 12)
  })
})

describe('spectral clusters and exemplars', () => {
  test('say what does not fit', async () => {
    await fails(
      spectralClustering({ nClusters: 2, affinity: 'precomputed' }).fit(line),
      'spectralClustering.fit: X is [6, 1]; with affinity "precomputed" it must be square, the likeness of the rows to each other.',
    )
    await fails(
      spectralClustering({ nClusters: 1, affinity: 'precomputed' }).fit([[-1]]),
      'spectralClustering.fit: X has the value -1; likenesses must be at least 0.',
    )
    await fails(
      affinityPropagation({ affinity: 'precomputed' }).fit(line),
      'affinityPropagation.fit: X is [6, 1]; with affinity "precomputed" it must be square, the similarities of the rows to each other.',
    )
    await fails(
      affinityPropagation({ preference: [1] }).fit(line),
      'affinityPropagation.fit: preference has 1 values and X has 6 rows. Pass one number, or one a row.',
    )
  })
  test('take likenesses that are given', async () => {
    const alike = line.map(([x]) => line.map(([y]) => Math.exp(-((x! - y!) ** 2))))
    const model = await spectralClustering({
      nClusters: 2,
      affinity: 'precomputed',
      assignLabels: 'discretize',
      randomState: 0,
    }).fit(alike)
    const labels = (await model.labels.toArray()) as number[]
    expect(new Set(labels.slice(0, 3)).size).toBe(1)
    expect(new Set(labels.slice(3)).size).toBe(1)
    expect(labels[0]).not.toBe(labels[3])
    const given = line.map(([x]) => line.map(([y]) => -((x! - y!) ** 2)))
    const exemplars = await affinityPropagation({ affinity: 'precomputed' }).fit(given)
    expect(await exemplars.clusterCentersIndices.toArray()).toEqual([1, 4])
  })
  test('make one exemplar of rows that are all alike, unless each prefers itself', async () => {
    const one = await affinityPropagation().fit([[1], [1], [1]])
    expect(await one.labels.toArray()).toEqual([0, 0, 0])
    const each = await affinityPropagation({ preference: 1 }).fit([[1], [1], [1]])
    expect(await each.labels.toArray()).toEqual([0, 1, 2])
  })
})
