import { grad, type Tensor, tensor } from 'gradus'
import { describe, expect, test } from 'vitest'
import { namesIn, parseExpression } from './expression.ts'
import { evaluateExpression, readExpression, type Value } from './tensor-expression.ts'

const problemOf = (text: string, names?: readonly string[]) => {
  const parsed = parseExpression(text, names ? { names } : {})
  return parsed.problem === null ? 'none' : parsed.problem
}
const computed = async (text: string, given: Readonly<Record<string, number>> = {}): Promise<number> => {
  const tensors = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, tensor(value, 'float64')]))
  const value = evaluateExpression(readExpression('test', text), tensors)
  return typeof value === 'number' ? value : Number(await value.item())
}

describe('expressions', () => {
  test('products bind closer than sums, powers closer than signs, and powers lean to the right', async () => {
    expect(await computed('2 + 3 * 4')).toBe(14)
    expect(await computed('-2^2')).toBe(-4)
    expect(await computed('2^3^2')).toBe(512)
    expect(await computed('2^-1')).toBe(0.5)
    expect(await computed('10 - 4 - 3')).toBe(3)
    expect(await computed('12 / 2 / 3')).toBe(2)
    expect(await computed('(1 - 4) * -2')).toBe(6)
  })

  test('mathematical writing is read as well', async () => {
    expect(await computed('3x² − 2·x', { x: 2 })).toBe(8)
    expect(await computed('2(x + 1)', { x: 3 })).toBe(8)
    expect(await computed('x**3', { x: -2 })).toBe(-8)
    expect(await computed('cos(pi)')).toBe(-1)
    expect(await computed('1.5e1 + .5')).toBe(15.5)
  })

  test('every function is the library’s', async () => {
    const { tanh, exp, log, sqrt, sin } = Math
    expect(await computed('tanh(x) + exp(x) + ln(x) + sqrt(x) + sin(x)', { x: 0.7 })).toBeCloseTo(
      tanh(0.7) + exp(0.7) + log(0.7) + sqrt(0.7) + sin(0.7),
      12,
    )
    expect(await computed('sigmoid(x) + softplus(x)', { x: 0.3 })).toBeCloseTo(
      1 / (1 + exp(-0.3)) + log(1 + exp(0.3)),
      12,
    )
    expect(await computed('max(x, 2) + min(x, 2) + abs(x) + relu(x)', { x: -3 })).toBe(2 - 3 + 3 + 0)
  })

  test('numbers among themselves take no dtype from anywhere', async () => {
    const tree = readExpression('test', 'min(2, 3) * x + sigmoid(0) + max(1, 2)')
    for (const dtype of ['float32', 'float64'] as const)
      expect(await (evaluateExpression(tree, { x: tensor(3, dtype) as Value }) as Tensor).item()).toBe(8.5)
  })

  test('derivatives come from the library, through a negative base too', async () => {
    const tree = readExpression('test', 'x^3 - 2x')
    const slope = grad((x: Tensor) => evaluateExpression(tree, { x: x as Value }) as Tensor)(
      tensor(-2, 'float64') as Tensor,
    )
    expect(await slope.item()).toBe(10)
  })

  test('mistakes are told with their place', () => {
    expect(problemOf('')).toBe('"": it is empty (letter 1).')
    expect(problemOf('x +')).toBe('"x +": the expression ends, where a number, a name or "(" was expected (letter 4).')
    expect(problemOf('(x + 1')).toBe('"(x + 1": the expression ends, where ")" was expected (letter 7).')
    expect(problemOf('x + 1)')).toBe('"x + 1)": there is a ")" without its "(" (letter 6).')
    expect(problemOf('x $ 2')).toBe('"x $ 2": "$" means nothing here (letter 3).')
    expect(problemOf('x y')).toBe('"x y": there is "y", where an operation was expected (letter 3).')
    expect(problemOf('max(x)')).toBe('"max(x)": max takes 2 values; here it has 1 (letter 1).')
    expect(problemOf('1 + arc(x)')).toContain('there is no function "arc"; there are abs, cos, exp')
    expect(problemOf('x + w', ['x', 'y'])).toBe(
      '"x + w": there is no variable "w"; the variables are x and y (letter 5).',
    )
    expect(problemOf('sin x', ['x'])).toBe('"sin x": there is "x", where an operation was expected (letter 5).')
    expect(problemOf('x'.repeat(501))).toContain('it has 501 letters; at most 500 are read')
    expect(() => readExpression('descent', 'x +')).toThrow(/^descent: "x \+": .* Change it there\.$/)
  })

  test('names come in the order in which they stand, once each', () => {
    const { tree } = parseExpression('w1*x1 + w2*x2 + b + w1')
    expect(namesIn(tree!)).toEqual(['w1', 'x1', 'w2', 'x2', 'b'])
  })
})
