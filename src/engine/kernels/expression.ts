import type { Scalars } from '../../ops/scalars.ts'

/** One step of a scalar expression: an instruction on earlier steps, a literal, or an input. */
export type Step =
  | { readonly kind: 'input'; readonly name: string }
  | { readonly kind: 'literal'; readonly value: number }
  | { readonly kind: 'call'; readonly name: keyof Scalars<number>; readonly args: readonly number[] }

/** A scalar expression written down: steps in order, equal ones once, and which of them are results. */
export interface Expression {
  readonly steps: readonly Step[]
  readonly results: Readonly<Record<string, number>>
}

/** Values by name, in and out: what an optimizer's rule takes and gives. */
export type NamedValues<V> = Readonly<Record<string, V>>
export type ScalarRule = <V>(s: Scalars<V>, values: NamedValues<V>) => NamedValues<V>

/** Runs a rule on symbols and writes down what it does. */
export const traceRule = (rule: ScalarRule, inputs: readonly string[]): Expression => {
  const steps: Step[] = []
  const known = new Map<string, number>()
  const push = (key: string, step: Step): number => {
    const before = known.get(key)
    if (before !== undefined) return before
    known.set(key, steps.length)
    return steps.push(step) - 1
  }
  const symbols = new Proxy({} as Scalars<number>, {
    get: (_, name: keyof Scalars<number>) =>
      name === 'lit'
        ? (value: number) => push(`lit ${value}`, { kind: 'literal', value })
        : (...args: number[]) => push(`${name} ${args}`, { kind: 'call', name, args }),
  })
  const values = Object.fromEntries(inputs.map(name => [name, push(`input ${name}`, { kind: 'input', name })]))
  return { results: rule(symbols, values), steps }
}
