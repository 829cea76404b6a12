import { ArgumentError } from 'gradus'
import { type Expression, namesIn, partsOf } from '../../kit/expression.ts'

/** A node in the order of computation: its operands stand before it. */
export interface Planned {
  readonly tree: Expression
  readonly operands: readonly number[]
}

/** Beyond this nobody finds anything in the picture. */
const most = 40

/** The nodes of an expression: a name is one node however often it is used, everything else stands for itself. */
export const plan = (expression: string, tree: Expression): readonly Planned[] => {
  const nodes: Planned[] = []
  const named = new Map<string, number>()
  const add = (part: Expression): number => {
    const known = part.kind === 'name' ? named.get(part.name) : undefined
    if (known !== undefined) return known
    const operands = partsOf(part).map(add)
    const at = nodes.push({ tree: part, operands }) - 1
    if (part.kind === 'name') named.set(part.name, at)
    return at
  }
  add(tree)
  if (nodes.length > most) {
    throw new ArgumentError(
      `backprop: ${JSON.stringify(expression)} has ${nodes.length} nodes; at most ${most} can be shown. Make it shorter.`,
      {
        nodes: nodes.length,
      },
    )
  }
  return nodes
}

/** `x=1,y=-2` by name. A name without a value is 1; a value without a name stays unused, so that an expression can be changed back. */
export const readInputs = (text: string, tree: Expression): Map<string, number> => {
  const given = new Map<string, number>()
  for (const part of text.split(',').filter(word => word.trim() !== '')) {
    const [name = '', word = ''] = part.split('=').map(piece => piece.trim())
    const value = word === '' ? Number.NaN : Number(word)
    if (!/^\p{L}[\p{L}\p{Nd}_]*$/u.test(name) || !Number.isFinite(value)) {
      throw new ArgumentError(
        `backprop: inputs has ${JSON.stringify(part.trim())}; expected a name and a number, such as x=1.5. Change it there.`,
        { part },
      )
    }
    given.set(name, value)
  }
  return new Map(namesIn(tree).map(name => [name, given.get(name) ?? 1]))
}

/** What a node is called in the picture. */
export const labelOf = (tree: Expression): string => {
  switch (tree.kind) {
    case 'number':
      return String(Number(tree.value.toPrecision(4))).replace('-', '−')
    case 'name':
      return tree.name
    case 'negate':
      return '−'
    case 'binary':
      return { '+': '+', '-': '−', '*': '×', '/': '÷', '^': '^' }[tree.operator]
    case 'call':
      return tree.name
  }
}
