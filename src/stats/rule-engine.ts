import { ArgumentError } from '../core/errors.ts'

/** A statement: words and numbers, such as `['parent', 'ann', 'bob']`. In a pattern, a word that begins with `?` is a variable. */
export type Statement = readonly (string | number | boolean)[]
/** What follows from what: if all conditions hold, the conclusion holds, for any values of the variables. */
export interface Rule {
  /** For explanations; by default `rule 1`, … */
  readonly name?: string
  readonly conditions: readonly Statement[]
  readonly conclusion: Statement
}
export type Bindings = Readonly<Record<string, string | number | boolean>>
/** Why a statement holds: a fact that was given, or a rule and why its conditions hold. */
export interface Proof {
  readonly statement: Statement
  /** Null for a given fact. */
  readonly rule: string | null
  readonly because: readonly Proof[]
}
export interface Answer {
  /** Values of the question's variables. */
  readonly bindings: Bindings
  readonly proof: Proof
}

type Value = string | number | boolean
const isVariable = (x: Value): x is string => typeof x === 'string' && x.startsWith('?')
const keyOf = (statement: Statement): string => JSON.stringify(statement)

/** Bindings under which the pattern is the fact, added to those there are. */
const match = (pattern: Statement, fact: Statement, bindings: Bindings): Bindings | null => {
  if (pattern.length !== fact.length) return null
  const found: Record<string, Value> = { ...bindings }
  for (const [i, term] of pattern.entries()) {
    const value = isVariable(term) ? found[term] : term
    if (value === undefined) found[term as string] = fact[i]!
    else if (value !== fact[i]) return null
  }
  return found
}
const filled = (pattern: Statement, bindings: Bindings): Statement =>
  pattern.map(term => (isVariable(term) ? (bindings[term] ?? term) : term))

/** Facts and rules; see {@link ruleEngine}. */
export class RuleEngine {
  readonly facts: readonly Statement[]
  readonly rules: readonly Required<Rule>[]

  constructor(facts: readonly Statement[], rules: readonly Required<Rule>[]) {
    this.facts = facts
    this.rules = rules
  }

  /**
   * All that follows from the facts, by forward chaining: rules are applied until nothing new comes of it. Each statement carries its first
   * proof.
   *
   * @param options.maxFacts ends with an error where there are more: by default 100,000
   * @throws ArgumentError where more follow
   */
  infer({ maxFacts = 100_000 }: { readonly maxFacts?: number } = {}): Proof[] {
    const known = new Map<string, Proof>()
    for (const statement of this.facts) known.set(keyOf(statement), { statement, rule: null, because: [] })
    let fresh = new Set(known.keys())
    while (fresh.size > 0) {
      const next = new Set<string>()
      for (const rule of this.rules)
        for (const proof of this.applications(rule, known, fresh)) {
          const key = keyOf(proof.statement)
          if (known.has(key) || next.has(key)) continue
          known.set(key, proof)
          next.add(key)
          if (known.size > maxFacts)
            throw new ArgumentError(`infer: more than ${maxFacts} facts follow. Narrow the rules, or raise maxFacts.`)
        }
      fresh = next
    }
    return [...known.values()]
  }
  /** What a rule gives of known statements, at least one of them new since the last round. */
  private applications(rule: Required<Rule>, known: ReadonlyMap<string, Proof>, fresh: ReadonlySet<string>): Proof[] {
    const out: Proof[] = []
    const all = [...known.values()]
    const visit = (i: number, bindings: Bindings, because: readonly Proof[], hasNew: boolean): void => {
      if (i === rule.conditions.length) {
        if (hasNew) out.push({ statement: filled(rule.conclusion, bindings), rule: rule.name, because })
        return
      }
      for (const proof of all) {
        const found = match(rule.conditions[i]!, proof.statement, bindings)
        if (found) visit(i + 1, found, [...because, proof], hasNew || fresh.has(keyOf(proof.statement)))
      }
    }
    visit(0, {}, [], false)
    return out
  }

  /**
   * All answers to a question, by backward chaining: from the question to rules that conclude it, to their conditions, down to the facts.
   * A question that leads back to itself ends all the same, with all its answers.
   *
   * @example
   * const family = stats.ruleEngine({
   *   facts: [['parent', 'ann', 'bob'], ['parent', 'bob', 'cal']],
   *   rules: [{ conditions: [['parent', '?a', '?b'], ['parent', '?b', '?c']], conclusion: ['grandparent', '?a', '?c'] }],
   * })
   * family.ask(['grandparent', '?who', 'cal']).map(answer => answer.bindings['?who']).length // 1
   */
  ask(question: Statement): Answer[] {
    const search: Search = { tables: new Map(), expanded: new Set(), grew: true }
    // A question met again inside itself is answered by what is known of it so far: rounds go on until no table grows.
    while (search.grew) {
      search.grew = false
      search.expanded.clear()
      this.prove(question, search)
    }
    return this.prove(question, search).map(proof => ({ bindings: match(question, proof.statement, {})!, proof }))
  }
  /** All that is known to answer a question, one proof for each statement. */
  private prove(goal: Statement, search: Search): Proof[] {
    const key = questionKey(goal)
    const table = search.tables.get(key) ?? new Map<string, Proof>()
    search.tables.set(key, table)
    if (search.expanded.has(key)) return [...table.values()]
    search.expanded.add(key)
    const add = (proof: Proof): void => {
      if (table.has(keyOf(proof.statement)) || !match(goal, proof.statement, {})) return
      table.set(keyOf(proof.statement), proof)
      search.grew = true
    }
    for (const statement of this.facts) add({ statement, rule: null, because: [] })
    for (const rule of this.rules) {
      const start = head(rule.conclusion, goal)
      if (!start) continue
      for (const { bindings, because } of this.proveAll(rule.conditions, start, search))
        add({ statement: filled(rule.conclusion, bindings), rule: rule.name, because })
    }
    return [...table.values()]
  }
  private proveAll(goals: readonly Statement[], bindings: Bindings, search: Search): Conclusion[] {
    const [first, ...rest] = goals
    if (!first) return [{ bindings, because: [] }]
    return this.prove(filled(first, bindings), search).flatMap(proof => {
      const found = match(first, proof.statement, bindings)
      if (!found) return []
      return this.proveAll(rest, found, search).map(more => ({ ...more, because: [proof, ...more.because] }))
    })
  }
}

interface Conclusion {
  readonly bindings: Bindings
  readonly because: readonly Proof[]
}
interface Search {
  /** Answers by question. */
  readonly tables: Map<string, Map<string, Proof>>
  /** Questions gone into in this round. */
  readonly expanded: Set<string>
  /** Whether any table has gained an answer in this round. */
  grew: boolean
}
/** A question, whatever its variables are called. */
const questionKey = (goal: Statement): string => {
  const names = new Map<string, string>()
  return keyOf(
    goal.map(term => {
      if (!isVariable(term)) return term
      if (!names.has(term)) names.set(term, `?${names.size}`)
      return names.get(term)!
    }),
  )
}

/** What a question says of a conclusion's variables; null where the two can never be one. */
const head = (conclusion: Statement, goal: Statement): Bindings | null => {
  if (conclusion.length !== goal.length) return null
  const found: Record<string, Value> = {}
  for (const [i, term] of conclusion.entries()) {
    const asked = goal[i]!
    if (isVariable(asked)) continue
    if (!isVariable(term)) {
      if (term !== asked) return null
    } else if (found[term] !== undefined && found[term] !== asked) return null
    else found[term] = asked
  }
  return found
}

/** A proof as lines of text, each step under what it is for. */
export const explain = (proof: Proof, indent = ''): string =>
  [
    `${indent}${proof.statement.join(' ')}${proof.rule === null ? ' (fact)' : ` (${proof.rule})`}`,
    ...proof.because.map(p => explain(p, `${indent}  `)),
  ].join('\n')

/**
 * Facts and rules with variables, from which to draw conclusions, forwards or backwards, each with its proof.
 *
 * @throws ArgumentError for a fact with a variable, and for a rule whose conclusion has a variable that no condition has
 *
 * Source: Russell & Norvig 2021, sections 9.3 and 9.4.
 */
export const ruleEngine = (given: {
  readonly facts: readonly Statement[]
  readonly rules: readonly Rule[]
}): RuleEngine => {
  for (const fact of given.facts) {
    const variable = fact.find(isVariable)
    if (variable)
      throw new ArgumentError(
        `ruleEngine: the fact ${keyOf(fact)} has the variable ${variable}. A fact holds of something; make it a rule.`,
      )
  }
  const rules = given.rules.map((rule, i) => {
    const name = rule.name ?? `rule ${i + 1}`
    const bound = new Set(rule.conditions.flat().filter(isVariable))
    const loose = rule.conclusion.find(term => isVariable(term) && !bound.has(term))
    if (loose)
      throw new ArgumentError(
        `ruleEngine: ${name} concludes something of ${loose}, which none of its conditions names. Add one that does.`,
      )
    return { ...rule, name }
  })
  return new RuleEngine(given.facts, rules)
}
