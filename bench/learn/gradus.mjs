// Gradus's side: for each JSON line it does the workload once on the data in the file, and tells the time and a number to compare.
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import * as learn from '../../dist/learn/index.js'

const mean = values => values.reduce((a, b) => a + b, 0) / values.length
const sum = async tensor => (await tensor.data()).reduce((a, b) => a + Number(b), 0)

const work = {
  kmeans: async ({ X }, seed) => (await learn.kMeans({ nClusters: 10, nInit: 10, randomState: seed }).fit(X)).inertia,
  pca: async ({ X }) => mean(await (await learn.pca().fit(X)).explainedVariance.data()),
  pcaLarge: async ({ X }) => mean(await (await learn.pca().fit(X)).explainedVariance.data()),
  knn: async ({ X }) => {
    const model = await learn.nearestNeighbors({ nNeighbors: 5, algorithm: 'brute' }).fit(X)
    const { distances } = await model.kneighbors(X)
    return sum(distances)
  },
  forest: async ({ X, y }, seed) => (await learn.randomForestRegressor({ randomState: seed }).fit(X, y)).nFeaturesIn,
  boosting: async ({ X, y }) => {
    const model = await learn.histGradientBoostingRegressor({ maxIter: 200, earlyStopping: false }).fit(X, y)
    return model.nIter
  },
  boostingLarge: async ({ X, y }) =>
    (await learn.histGradientBoostingRegressor({ maxIter: 200, earlyStopping: false }).fit(X, y)).nIter,
  logistic: async ({ X, y }) => (await learn.logisticRegression().fit(X, y)).score(X, y),
  svc: async ({ X, y }) => (await learn.svc({ C: 10, gamma: 0.001 }).fit(X, y)).score(X, y),
  tsne: async ({ X }, seed) => (await learn.tsne({ randomState: seed }).fit(X)).klDivergence,
  dbscan: async ({ X }) =>
    Math.max(...(await (await learn.dbscan({ eps: 0.15, minSamples: 10 }).fit(X)).labels.data())),
}

const files = new Map()
const read = ({ path, rows, columns }) => {
  if (!files.has(path)) {
    const bytes = readFileSync(path)
    const all = new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength))
    files.set(path, { X: { rows, columns, data: all.slice(0, rows * columns) }, y: all.slice(rows * columns) })
  }
  return files.get(path)
}

console.log(JSON.stringify({ ready: true }))
for await (const line of createInterface({ input: process.stdin })) {
  const { name, data, seed } = JSON.parse(line)
  const { X, y } = read(data)
  // What is quick is done again and again: single calls are lost in the clock.
  const start = performance.now()
  let [value, calls] = [0, 0]
  do {
    value = await work[name]({ X, y }, seed)
    calls++
  } while (performance.now() - start < 300)
  console.log(JSON.stringify({ ms: (performance.now() - start) / calls, value }))
}
