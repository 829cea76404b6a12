import { recreate } from '../../../src/learn/core/estimator.ts'
import { definitions } from '../../../src/learn/index.ts'
import { Tensor } from '../../../src/tensor/tensor.ts'
import { batteries } from './batteries.ts'
import { exampleFor } from './examples.ts'

const verbs = ['predict', 'predictProba', 'transform', 'scoreSamples'] as const

const numbers = async (value: unknown): Promise<(number | string)[]> => {
  if (value instanceof Tensor) return Array.from((await value.data()) as ArrayLike<number>).slice(0, 12)
  if (Array.isArray(value)) return value.slice(0, 12).map(String)
  if (typeof value === 'object' && value !== null && 'data' in value)
    return Array.from(value.data as Float64Array).slice(0, 12)
  return []
}

/** What an estimator makes of its example in short: the same wherever it runs. */
export const outline = async (name: string): Promise<Record<string, (number | string)[]>> => {
  const description = definitions().find(one => one.name === name)!
  const { options = {}, example } = batteries[name] ?? {}
  const keys = description.options.fields.map(({ key }) => key)
  const own = {
    ...(keys.includes('randomState') ? { randomState: 0 } : {}),
    ...(keys.includes('nJobs') ? { nJobs: 1 } : {}),
    ...options,
  }
  const estimator = recreate(name, own)
  const { X, y } = { ...exampleFor(estimator.definition), ...example }
  const model = (await estimator.fit(X as never, y as never)) as unknown as Record<string, unknown>
  const out: Record<string, (number | string)[]> = {}
  for (const key of ['embedding', 'labels', 'coef']) if (key in model) out[key] = await numbers(model[key])
  for (const verb of verbs)
    if (typeof model[verb] === 'function')
      out[verb] = await numbers(await (model[verb] as (X: unknown) => Promise<unknown>)(X))
  return out
}

export const outlined = (): string[] => definitions().map(({ name }) => name)
