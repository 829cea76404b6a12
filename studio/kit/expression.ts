// Expressions that people type, such as `(x + y) * z` or `sigmoid(w1*x1 + b)`: read into a small tree. What the operations do is not known here:
// a lab computes with tensors, so that derivatives come from the library.

/** Functions that an expression may call, and how many arguments each takes. */
export const functions = {
  abs: 1,
  cos: 1,
  exp: 1,
  log: 1,
  max: 2,
  min: 2,
  relu: 1,
  sigmoid: 1,
  sin: 1,
  softplus: 1,
  sqrt: 1,
  tanh: 1,
} as const
export type FunctionName = keyof typeof functions
export type Operator = '+' | '-' | '*' | '/' | '^'

/** Where a part stands in the text, from 0: `start` is its first letter, `end` is behind its last. */
interface Place {
  readonly start: number
  readonly end: number
}
export type Expression = Place &
  (
    | { readonly kind: 'number'; readonly value: number }
    | { readonly kind: 'name'; readonly name: string }
    | { readonly kind: 'negate'; readonly of: Expression }
    | { readonly kind: 'binary'; readonly operator: Operator; readonly left: Expression; readonly right: Expression }
    | { readonly kind: 'call'; readonly name: FunctionName; readonly of: readonly Expression[] }
  )

/** A tree, or why there is none: a sentence, and where in the text the trouble begins. */
export type Parsed =
  | { readonly tree: Expression; readonly problem: null }
  | { readonly tree: null; readonly problem: string; readonly at: number }

/** Known numbers. */
const constants: Readonly<Record<string, number>> = { pi: Math.PI, π: Math.PI, e: Math.E }
/** Longer ones are refused: nobody reads them, and trees are walked by recursion. */
const longest = 500

interface Token extends Place {
  readonly kind: 'number' | 'name' | 'sign' | 'end'
  readonly text: string
}

class Problem extends Error {
  readonly at: number
  constructor(message: string, at: number) {
    super(message)
    this.at = at
  }
}

const signs: Readonly<Record<string, string>> = { '·': '*', '×': '*', '−': '-', '–': '-', '÷': '/', '**': '^' }
const raised: Readonly<Record<string, string>> = { '²': '2', '³': '3' }

const tokensOf = (text: string): Token[] => {
  const tokens: Token[] = []
  const pattern =
    /\s+|(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)|(\p{L}[\p{L}\p{Nd}_]*)|(\*\*|[-+*/^(),·×−–÷])|([²³])/uy
  let at = 0
  while (at < text.length) {
    pattern.lastIndex = at
    const found = pattern.exec(text)
    if (!found)
      throw new Problem(`${JSON.stringify(String.fromCodePoint(text.codePointAt(at)!))} means nothing here`, at)
    const [all, digits, name, sign, power] = found
    const place = { start: at, end: at + all.length }
    if (digits !== undefined) tokens.push({ kind: 'number', text: digits, ...place })
    else if (name !== undefined) tokens.push({ kind: 'name', text: name, ...place })
    else if (sign !== undefined) tokens.push({ kind: 'sign', text: signs[sign] ?? sign, ...place })
    else if (power !== undefined) {
      tokens.push({ kind: 'sign', text: '^', ...place }, { kind: 'number', text: raised[power]!, ...place })
    }
    at += all.length
  }
  tokens.push({ kind: 'end', text: '', start: text.length, end: text.length })
  return tokens
}

/** One grammar rule a method, the loosest first: sums, products, signs, powers, and what stands alone. */
class Reader {
  private readonly tokens: readonly Token[]
  private place = 0
  constructor(text: string) {
    this.tokens = tokensOf(text)
  }

  private get next(): Token {
    return this.tokens[this.place]!
  }
  private get ended(): boolean {
    return this.next.kind === 'end'
  }
  private is(...texts: readonly string[]): boolean {
    return this.next.kind === 'sign' && texts.includes(this.next.text)
  }
  private take(): Token {
    return this.tokens[this.place++]!
  }
  private expect(text: string, why: string): Token {
    if (this.is(text)) return this.take()
    throw new Problem(`${this.found()}, where ${why} was expected`, this.next.start)
  }
  private found(): string {
    return this.ended ? 'the expression ends' : `there is ${JSON.stringify(this.next.text)}`
  }

  whole(): Expression {
    if (this.ended) throw new Problem('it is empty', 0)
    const tree = this.sum()
    if (!this.ended) {
      const why = this.is(')') ? 'there is a ")" without its "("' : `${this.found()}, where an operation was expected`
      throw new Problem(why, this.next.start)
    }
    return tree
  }

  private sum(): Expression {
    let left = this.product()
    while (this.is('+', '-')) left = binary(this.take().text, left, this.product())
    return left
  }

  private product(): Expression {
    let left = this.signed()
    for (;;) {
      if (this.is('*', '/')) left = binary(this.take().text, left, this.signed())
      // `2x` and `3(x + 1)`: after a number the sign may be left out.
      else if (left.kind === 'number' && (this.next.kind === 'name' || this.is('(')))
        left = binary('*', left, this.power())
      else return left
    }
  }

  private signed(): Expression {
    if (!this.is('-', '+')) return this.power()
    const { text, start } = this.take()
    const of = this.signed()
    return text === '+' ? of : { kind: 'negate', of, start, end: of.end }
  }

  private power(): Expression {
    const base = this.atom()
    if (!this.is('^')) return base
    this.take()
    return binary('^', base, this.signed())
  }

  private atom(): Expression {
    const { kind, text, start, end } = this.next
    if (kind === 'number') {
      this.take()
      return { kind: 'number', value: Number(text), start, end }
    }
    if (kind === 'name') {
      this.take()
      return this.is('(') ? this.call(text, start) : named(text, start, end)
    }
    if (this.is('(')) {
      this.take()
      const inner = this.sum()
      const close = this.expect(')', '")"')
      return { ...inner, start, end: close.end }
    }
    throw new Problem(`${this.found()}, where a number, a name or "(" was expected`, start)
  }

  private call(given: string, start: number): Expression {
    const name = given === 'ln' ? 'log' : given === 'σ' ? 'sigmoid' : given
    if (!Object.hasOwn(functions, name)) {
      throw new Problem(
        `there is no function ${JSON.stringify(given)}; there are ${Object.keys(functions).join(', ')}`,
        start,
      )
    }
    this.take()
    const of = [this.sum()]
    while (this.is(',')) {
      this.take()
      of.push(this.sum())
    }
    const { end } = this.expect(')', '")"')
    const wanted = functions[name as FunctionName]
    if (of.length !== wanted) {
      throw new Problem(
        `${name} takes ${wanted === 1 ? 'one value' : `${wanted} values`}; here it has ${of.length}`,
        start,
      )
    }
    return { kind: 'call', name: name as FunctionName, of, start, end }
  }
}

const binary = (operator: string, left: Expression, right: Expression): Expression => ({
  kind: 'binary',
  operator: operator as Operator,
  left,
  right,
  start: left.start,
  end: right.end,
})

const named = (name: string, start: number, end: number): Expression => {
  const value = Object.hasOwn(constants, name) ? constants[name] : undefined
  return value === undefined ? { kind: 'name', name, start, end } : { kind: 'number', value, start, end }
}

/** Reads an expression. With `names`, any other name is a mistake. */
export const parseExpression = (text: string, { names }: { readonly names?: readonly string[] } = {}): Parsed => {
  try {
    if (text.length > longest) throw new Problem(`it has ${text.length} letters; at most ${longest} are read`, longest)
    const tree = new Reader(text).whole()
    if (names) checkNames(tree, names)
    return { tree, problem: null }
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    const { message, at } = error
    return { tree: null, problem: `${JSON.stringify(text)}: ${message} (letter ${at + 1}).`, at }
  }
}

const checkNames = (tree: Expression, names: readonly string[]): void => {
  if (tree.kind === 'name' && !names.includes(tree.name)) {
    const hint = Object.hasOwn(functions, tree.name)
      ? `${tree.name} is a function: write ${tree.name}(…)`
      : `the variables are ${names.join(' and ')}`
    throw new Problem(`there is no variable ${JSON.stringify(tree.name)}; ${hint}`, tree.start)
  }
  for (const part of partsOf(tree)) checkNames(part, names)
}

/** What an operation is done to, from left to right. */
export const partsOf = (tree: Expression): readonly Expression[] => {
  switch (tree.kind) {
    case 'number':
    case 'name':
      return []
    case 'negate':
      return [tree.of]
    case 'binary':
      return [tree.left, tree.right]
    case 'call':
      return tree.of
  }
}

/** Its variables, in the order in which they come. */
export const namesIn = (tree: Expression): string[] => {
  const found = new Set<string>()
  const walk = (part: Expression): void => {
    if (part.kind === 'name') found.add(part.name)
    partsOf(part).forEach(walk)
  }
  walk(tree)
  return [...found]
}
