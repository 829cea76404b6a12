import { dataset, points } from 'gradus/data'
import { accuracyScore, adjustedRandScore, auc, confusionMatrix, rocAucScore, rocCurve } from 'gradus/metrics'
import type { Core, Metrics, Plain } from '../../kit/lab.ts'
import { type PlaneData, planeDataOf } from '../../kit/plane-data.ts'
import type { Settings } from './about.ts'
import { chancesOf, estimatorOf, type Fitted, numbers, type Rows } from './models.ts'
import { program } from './program.ts'
import { reasonFor } from './reasons.ts'
import { type ClassicsShot, type Roc, side } from './shot.ts'

const rowsOf = (x: Float32Array): Rows =>
  Array.from({ length: x.length / 2 }, (_, i) => [x[2 * i]!, x[2 * i + 1]!] as const)

/** The middle of each cell of the map. */
const plane = (reach: number): Rows =>
  Array.from({ length: side * side }, (_, i) => [
    -reach + (((i % side) + 0.5) * 2 * reach) / side,
    -reach + ((Math.floor(i / side) + 0.5) * 2 * reach) / side,
  ])

const drawn = (s: Settings): Pick<PlaneData, 'x' | 'y' | 'classes' | 'names'> => {
  const { x, y } = points(s.dataSet, { count: s.count, noise: s.noise, seed: s.seed, classes: s.groups })
  const K = s.dataSet === 'blobs' || s.dataSet === 'spirals' ? s.groups : 2
  return { x: x.data, y: y.data, classes: Array.from({ length: K }, (_, k) => `class ${k + 1}`), names: ['x', 'y'] }
}

/** What a fitted model says of the plane and of the points. */
interface Seen {
  readonly model: Fitted
  readonly map: Int32Array
  readonly sure: Float32Array
  readonly predicted: Int32Array
  readonly chances: Float64Array | null
  readonly support: Int32Array
  readonly centres: Float64Array
}

const look = async (model: Fitted, all: Rows, grid: Rows, K: number, votes: boolean): Promise<Seen> => {
  const predicted = Int32Array.from(await numbers(await model.predict(all)))
  const onGrid = await chancesOf(model, grid, K)
  const map = new Int32Array(grid.length)
  const sure = new Float32Array(grid.length).fill(0.5)
  // Support vectors vote in pairs, and the probabilities are made of other fits: the two may differ.
  if (!onGrid || votes) map.set(await numbers(await model.predict(grid)))
  if (onGrid) {
    for (let i = 0; i < grid.length; i++) {
      let best = 0
      for (let k = 1; k < K; k++) if (onGrid[i * K + k]! > onGrid[i * K + best]!) best = k
      if (!votes) map[i] = best
      sure[i] = Math.max(0, (onGrid[i * K + map[i]!]! - 1 / K) / (1 - 1 / K))
    }
  }
  return {
    model,
    map,
    sure,
    predicted,
    chances: await chancesOf(model, all, K),
    support: model.support ? Int32Array.from(await numbers(model.support)) : new Int32Array(0),
    centres: model.clusterCenters ? Float64Array.from(await numbers(model.clusterCenters)) : new Float64Array(0),
  }
}

/** The curve of one class against the rest, and where a threshold stands on it; null where the points are all of one kind. */
const rocOf = (isPositive: readonly number[], scores: readonly number[], threshold: number) => {
  const positives = isPositive.reduce((a, b) => a + b, 0)
  const negatives = isPositive.length - positives
  if (positives === 0 || negatives === 0) return null
  const { fpr, tpr, thresholds } = rocCurve(isPositive, scores)
  let [hits, falseAlarms] = [0, 0]
  for (const [i, score] of scores.entries()) {
    if (score < threshold) continue
    if (isPositive[i]) hits++
    else falseAlarms++
  }
  const facts: Record<string, Plain> = {
    auc: rocAucScore(isPositive, scores),
    areaUnderPoints: auc(fpr, tpr),
    positives,
    negatives,
    hits,
    falseAlarms,
    tpr: hits / positives,
    fpr: falseAlarms / negatives,
    precision: hits + falseAlarms > 0 ? hits / (hits + falseAlarms) : null,
  }
  return { roc: { fpr, tpr, thresholds } satisfies Roc, facts }
}

export const core: Core<Settings, ClassicsShot> = {
  program,
  async prepare(first, own) {
    let settings = first
    const { classifier, seed, testShare, weights } = settings
    const clusters = classifier === 'kMeans'
    const table = own ? planeDataOf(own) : null
    const data = table ?? drawn(settings)
    const K = data.classes.length
    const whole = dataset({ x: { data: data.x, shape: [data.y.length, 2] as const }, y: data.y })
    // Clusters are found without classes: nothing is kept back.
    const [train, test] = clusters ? [whole, whole.slice(0, 0)] : whole.split(1 - testShare, { seed })
    const x = Float32Array.from([...(train.x.data as Float32Array), ...(test.x.data as Float32Array)])
    const y = Int32Array.from([...(train.y.data as Int32Array), ...(test.y.data as Int32Array)])
    const trained = train.length
    const all = rowsOf(x)
    const reach = 1.08 * x.reduce((most, value) => Math.max(most, Math.abs(value)), 1)
    const grid = plane(reach)
    const trainY = Array.from(y.subarray(0, trained))
    const outcomes = clusters
      ? Array.from({ length: settings.clusters }, (_, k) => `cluster ${k + 1}`)
      : [...data.classes]
    let seen: Seen | null = null
    let iterations = 0

    const learn = async (steps: number): Promise<Fitted> =>
      estimatorOf(settings, steps).fit(all.slice(0, trained), trainY)

    const accuracies = ({ predicted }: Seen) => ({
      trainAccuracy: accuracyScore(trainY, predicted.slice(0, trained)),
      testAccuracy: accuracyScore(y.slice(trained), predicted.slice(trained)),
    })

    return {
      ...(table && { report: table.report }),
      set: next => {
        settings = next
      },
      async step() {
        if (seen && !clusters) return null
        const model = await learn(iterations + 1)
        // As many iterations as before: no point changes its cluster any more.
        if (clusters && model.nIter! <= iterations) return null
        iterations += 1
        seen = await look(model, all, grid, K, classifier === 'svm')
        return (clusters ? { loss: model.inertia! } : accuracies(seen)) as Metrics
      },
      async shot() {
        const facts: Record<string, Plain> = {
          classifier,
          classes: [...data.classes],
          trainPoints: trained,
          testPoints: y.length - trained,
        }
        const base = { x, y, trained, classes: data.classes, axes: data.names, reach, outcomes }
        if (!seen) {
          const none = { map: new Int32Array(0), sure: new Float32Array(0), predicted: new Int32Array(0) }
          const rest = { confusion: [], roc: null, support: new Int32Array(0), centres: new Float64Array(0) }
          return { facts, ...base, ...none, ...rest }
        }
        const { model, map, sure, predicted, chances, support, centres } = seen
        const from = clusters ? 0 : trained
        const size = Math.max(K, outcomes.length)
        const judged = { actual: y.slice(from), taken: predicted.slice(from) }
        const confusion = confusionMatrix(judged.actual, judged.taken, size)
          .slice(0, K)
          .map(row => row.slice(0, outcomes.length))
        let roc: Roc | null = null
        if (clusters) {
          facts.inertia = model.inertia!
          facts.iterations = iterations
          facts.adjustedRand = adjustedRandScore(judged.actual, judged.taken)
          facts.centres = Array.from({ length: centres.length / 2 }, (_, k) => [centres[2 * k]!, centres[2 * k + 1]!])
        } else {
          Object.assign(facts, accuracies(seen))
          const positive = Math.min(settings.positive, K) - 1
          const isPositive = Array.from(judged.actual, k => (k === positive ? 1 : 0))
          const scores = isPositive.map((_, i) => chances![(from + i) * K + positive]!)
          const found = rocOf(isPositive, scores, settings.threshold)
          Object.assign(facts, { positive: data.classes[positive], threshold: settings.threshold }, found?.facts)
          roc = found?.roc ?? null
        }
        if (support.length > 0) facts.supportVectors = support.length
        facts.confusion = confusion
        return { facts, ...base, map, sure, predicted, confusion, roc, support, centres }
      },
      async ask(question) {
        const { at } = question as { readonly at: readonly [number, number] }
        return seen ? reasonFor(seen.model, at, { K, weights }) : null
      },
    }
  },
}
