import { numbers, chancesOf, type Fitted } from './models.ts'
import type { Density, Reason, Rule } from './shot.ts'

type Place = readonly [number, number]

/** Why a model gives a place its class, in the model's own terms. */
export const reasonFor = async (
  model: Fitted,
  at: Place,
  { K, weights }: { readonly K: number; readonly weights: string },
): Promise<Reason> => {
  const X = [at] as const
  const predicted = (await numbers(await model.predict(X)))[0]!
  const chances = Array.from((await chancesOf(model, X, K)) ?? [])
  const base = { at, predicted, chances }
  const known = model.classes ?? []
  /** By all classes, from what the model has for those it knows. */
  const spread = (values: readonly number[]): number[] => {
    const out = new Array<number>(K).fill(0)
    for (const [j, k] of known.entries()) out[k] = values[j]!
    return out
  }
  if (model.kneighbors)
    return { ...base, kind: 'neighbours', ...(await neighboursAt(model, at, weights)), votes: chances }
  if (model.tree && model.decisionPath) return { ...base, kind: 'tree', ...(await pathAt(model, at, spread)) }
  if (model.estimators) {
    const votes = new Array<number>(K).fill(0)
    const leaves = await numbers(await model.apply!(X))
    for (const [t, { value }] of model.estimators.entries()) {
      const shares = Array.from(value.data.subarray(leaves[t]! * value.columns, (leaves[t]! + 1) * value.columns))
      votes[known[shares.indexOf(Math.max(...shares))]!]!++
    }
    return { ...base, kind: 'forest', votes }
  }
  if (model.predictJointLogProba) return { ...base, kind: 'bayes', parts: await densitiesAt(model, at, K) }
  if (model.transform && model.clusterCenters)
    return { ...base, kind: 'kMeans', distances: await numbers(await model.transform(X)) }
  const scores = await numbers(await model.decisionFunction!(X))
  // Of two classes there is one score: the second's, when it is positive.
  return {
    ...base,
    kind: 'scores',
    scores: scores.length === 1 ? scores : spread(scores),
    of: model.support ? 'Σ α_i y_i K(x_i, x) + b' : 'w · x + b',
  }
}

const neighboursAt = async (model: Fitted, at: Place, weights: string) => {
  const found = await model.kneighbors!([at])
  const [distances, indices] = [await numbers(found.distances), await numbers(found.indices)]
  const touched = distances.includes(0)
  return {
    neighbours: indices.map((point, i) => ({
      point,
      distance: distances[i]!,
      weight: weights === 'uniform' ? 1 : touched ? (distances[i] === 0 ? 1 : 0) : 1 / distances[i]!,
    })),
  }
}

const pathAt = async (model: Fitted, at: Place, spread: (values: readonly number[]) => number[]) => {
  const { childrenLeft, feature, threshold, nNodeSamples, value } = model.tree!
  const nodes = Array.from((await model.decisionPath!([at])).indices).sort((a, b) => a - b)
  const rules: Rule[] = nodes.slice(0, -1).map((node, i) => ({
    axis: feature[node]!,
    threshold: threshold[node]!,
    left: nodes[i + 1] === childrenLeft[node],
    points: nNodeSamples[nodes[i + 1]!]!,
  }))
  const leaf = nodes.at(-1)!
  const shares = value.data.subarray(leaf * value.columns, (leaf + 1) * value.columns)
  return { rules, points: spread(Array.from(shares, share => Math.round(share * nNodeSamples[leaf]!))) }
}

const densitiesAt = async (model: Fitted, at: Place, K: number): Promise<Density[]> => {
  const [means, variances, priors] = [
    await numbers(model.theta!),
    await numbers(model.var!),
    await numbers(model.classPrior!),
  ]
  const joint = await numbers(await model.predictJointLogProba!([at]))
  const parts: Density[] = Array.from({ length: K }, () => ({ prior: 0, densities: [0, 0], joint: 0 }))
  for (const [j, k] of model.classes!.entries()) {
    const density = (axis: 0 | 1): number => {
      const s2 = variances[2 * j + axis]!
      return Math.exp(-((at[axis] - means[2 * j + axis]!) ** 2) / (2 * s2)) / Math.sqrt(2 * Math.PI * s2)
    }
    parts[k] = { prior: priors[j]!, densities: [density(0), density(1)], joint: Math.exp(joint[j]!) }
  }
  return parts
}
