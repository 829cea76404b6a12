import type { Meaning } from '../../core/options.ts'
import { Estimator } from '../core/estimator.ts'

/** A named part of a composition: `['scale', standardScaler()]`. */
export type Step<E = Estimator> = readonly [name: string, estimator: E]

const isStep = (value: unknown): value is Step =>
  Array.isArray(value) &&
  value.length === 2 &&
  /^[^.\s]+$/.test(String(value[0])) &&
  typeof value[0] === 'string' &&
  value[1] instanceof Estimator

/** Named estimators, each name once. */
export const steps: Meaning<readonly Step[]> = {
  kind: 'value',
  expected: 'a list of [name, estimator] pairs, each name once and without dots',
  accepts: (value): value is readonly Step[] =>
    Array.isArray(value) &&
    value.length > 0 &&
    value.every(isStep) &&
    new Set(value.map(([name]) => name)).size === value.length,
  fromText: text => text,
  placeholder: 'STEPS',
}

/** Names for estimators that have none: theirs, numbered from the second of a kind on. */
export const named = (estimators: readonly Estimator[]): Step[] => {
  const seen = new Map<string, number>()
  return estimators.map(estimator => {
    const count = (seen.get(estimator.name) ?? 0) + 1
    seen.set(estimator.name, count)
    return [count === 1 ? estimator.name : `${estimator.name}${count}`, estimator]
  })
}

/** Changes options of named parts: `{ 'svc.C': 1 }`, or a part whole: `{ svc: linearSVC() }`. Gives back what names no part. */
export const changeSteps = (
  given: readonly Step[],
  changes: Readonly<Record<string, unknown>>,
): { readonly steps: readonly Step[]; readonly rest: Record<string, unknown> } => {
  const own = new Map(given)
  const inner = new Map<string, Record<string, unknown>>()
  const rest: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(changes)) {
    const dot = key.indexOf('.')
    const name = dot < 0 ? key : key.slice(0, dot)
    if (!own.has(name)) rest[key] = value
    else if (dot < 0) own.set(name, value as Estimator)
    else inner.set(name, { ...inner.get(name), [key.slice(dot + 1)]: value })
  }
  for (const [name, options] of inner) own.set(name, own.get(name)!.with(options))
  return { steps: [...own], rest }
}
