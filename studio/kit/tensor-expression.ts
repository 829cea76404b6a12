import { ArgumentError, full, type Shape, type Tensor } from 'gradus'
import { type Expression, type FunctionName, type Operator, parseExpression } from './expression.ts'

// What the operations of a typed expression are: the library's, so that it knows their derivatives.

/** A number stays one as long as nothing but numbers is computed with. */
export type Value = Tensor<Shape, 'float32' | 'float64'> | number
type Values = Tensor<Shape, 'float64'>

const isNumber = (value: Value): value is number => typeof value === 'number'

/** A number in the place of a tensor, of the type of a tensor beside it. */
const lifted = (value: Value, beside: Value): Values =>
  isNumber(value) ? (full([], value, isNumber(beside) ? 'float64' : beside.dtype) as Values) : (value as Values)

const onTensors: Readonly<Record<Operator, (a: Values, b: Values) => Values>> = {
  '+': (a, b) => a.add(b) as Values,
  '-': (a, b) => a.sub(b) as Values,
  '*': (a, b) => a.mul(b) as Values,
  '/': (a, b) => a.div(b) as Values,
  '^': (a, b) => a.pow(b) as Values,
}
const onNumbers: Readonly<Record<Operator, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '^': (a, b) => a ** b,
}

/** `a operator b`. */
export const applyOperator = (operator: Operator, a: Value, b: Value): Value => {
  if (isNumber(a) && isNumber(b)) return onNumbers[operator](a, b)
  // A power whose exponent is a number needs no logarithm of its base, which may be negative.
  if (operator === '^' && isNumber(b)) return (a as Values).pow(b) as Value
  return onTensors[operator](lifted(a, b), lifted(b, a))
}

const calls: Readonly<Record<FunctionName, (a: Values, b: Values) => Values>> = {
  abs: a => a.abs(),
  cos: a => a.cos(),
  exp: a => a.exp(),
  log: a => a.log(),
  max: (a, b) => a.maximum(b) as Values,
  min: (a, b) => a.minimum(b) as Values,
  relu: a => a.relu(),
  sigmoid: a => a.sigmoid(),
  sin: a => a.sin(),
  softplus: a => a.softplus(),
  sqrt: a => a.sqrt(),
  tanh: a => a.tanh(),
}

const callsOnNumbers: Readonly<Record<FunctionName, (a: number, b: number) => number>> = {
  abs: Math.abs,
  cos: Math.cos,
  exp: Math.exp,
  log: Math.log,
  max: Math.max,
  min: Math.min,
  relu: a => Math.max(a, 0),
  sigmoid: a => 1 / (1 + Math.exp(-a)),
  sin: Math.sin,
  softplus: a => Math.max(a, 0) + Math.log1p(Math.exp(-Math.abs(a))),
  sqrt: Math.sqrt,
  tanh: Math.tanh,
}

/** A function's value. */
export const applyFunction = (name: FunctionName, of: readonly Value[]): Value => {
  if (of.every(isNumber)) return callsOnNumbers[name](of[0]!, of[1] ?? 0)
  const beside = of.find(value => !isNumber(value)) ?? 0
  const [a, b = a] = of.map(value => lifted(value, beside))
  return calls[name](a!, b!)
}

/** −a. */
export const applyMinus = (a: Value): Value => (isNumber(a) ? -a : (a.neg() as Value))

/** An expression's value, with tensors for its names: numbers, or whole grids of them at once. */
export const evaluateExpression = (tree: Expression, names: Readonly<Record<string, Value>>): Value => {
  const of = (part: Expression): Value => evaluateExpression(part, names)
  switch (tree.kind) {
    case 'number':
      return tree.value
    case 'name':
      return names[tree.name]!
    case 'negate':
      return applyMinus(of(tree.of))
    case 'binary':
      return applyOperator(tree.operator, of(tree.left), of(tree.right))
    case 'call':
      return applyFunction(tree.name, tree.of.map(of))
  }
}

/** The tree of an expression. @throws ArgumentError with the sentence that says what is wrong with it, and where */
export const readExpression = (where: string, text: string, names?: readonly string[]): Expression => {
  const parsed = parseExpression(text, names ? { names } : {})
  if (parsed.tree) return parsed.tree
  throw new ArgumentError(`${where}: ${parsed.problem} Change it there.`, { text, at: parsed.at })
}
