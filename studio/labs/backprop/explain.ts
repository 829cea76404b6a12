import { shown } from '../../kit/canvas/scale.ts'
import type { Explanation } from '../../kit/explain.tsx'
import type { BackpropShot, Edge } from './shot.ts'

const say = (value: number): string => shown(value, 4)
const factor = (value: number): string => (value < 0 ? `(${say(value)})` : say(value))

const infix = new Set(['+', '−', '×', '÷', '^'])
const local: Readonly<Record<string, readonly string[]>> = {
  '+': ['1', '1'],
  '−': ['1', '−1'],
  '×': ['b', 'a'],
  '÷': ['1 / b', '−a / b^2'],
  '^': ['b · a^{b−1}', 'a^b · log a'],
  abs: ['sign(a)'],
  cos: ['−sin a'],
  exp: ['e^a'],
  log: ['1 / a'],
  max: ['1 if a > b, else 0', '1 if b > a, else 0'],
  min: ['1 if a < b, else 0', '1 if b < a, else 0'],
  relu: ['1 if a > 0, else 0'],
  sigmoid: ['sigmoid(a) · (1 − sigmoid(a))'],
  sin: ['cos a'],
  softplus: ['sigmoid(a)'],
  sqrt: ['1 / (2 · √a)'],
  tanh: ['1 − tanh(a)^2'],
}

const operandsOf = ({ edges }: BackpropShot, at: number): Edge[] =>
  edges.filter(edge => edge.to === at).sort((a, b) => a.slot - b.slot)

/** `a + b`, `sigmoid(a)`, with letters or with numbers. */
const written = (label: string, of: readonly string[]): string =>
  of.length === 1
    ? label === '−'
      ? `−${of[0]}`
      : `${label}(${of[0]})`
    : infix.has(label)
      ? label === '^'
        ? `${of[0]}^{${of[1]}}`
        : `${of[0]} ${label} ${of[1]}`
      : `${label}(${of.join(', ')})`

/** Where a node's value comes from. */
export const explainValue = (shot: BackpropShot, at: number): Explanation => {
  const node = shot.nodes[at]!
  const operands = operandsOf(shot, at)
  const value = say(node.value!)
  if (operands.length === 0)
    return {
      what: node.kind === 'input' ? 'An input: you set it' : 'A constant of the expression',
      formula: node.text,
      numbers: `${node.label} = ${value}`,
    }
  const numbers = operands.map(({ from }) => factor(shot.nodes[from]!.value!))
  return {
    what: `The value of ${node.text}`,
    formula: written(node.label, operands.length === 1 ? ['a'] : ['a', 'b']),
    numbers: `${value} = ${written(node.label, numbers)}`,
  }
}

/** Where a node's gradient comes from: from every node that uses it, by the chain rule. */
export const explainGradient = (shot: BackpropShot, at: number): Explanation => {
  const node = shot.nodes[at]!
  const uses = shot.edges.filter(edge => edge.from === at)
  const result = say(node.gradient!)
  if (uses.length === 0)
    return { what: 'The result changes as much as itself', formula: '∂f/∂f = 1', numbers: `${result} = 1` }
  const sent = uses.filter(edge => edge.flow !== null)
  const parts = sent.map(edge => `${factor(shot.nodes[edge.to]!.gradient!)} · ${factor(edge.local!)}`)
  const formulas = sent.map(edge => localOf(shot, edge))
  const waiting = uses.length - sent.length
  const times = formulas.map(formula => `∂f/∂q · ∂q/∂a,   ∂q/∂a = ${formula}`)
  return {
    what: `How the result changes with ${node.text}${uses.length > 1 ? `: the sum over its ${uses.length} uses${waiting > 0 ? `, of which ${waiting} are still to come` : ''}` : ''}`,
    formula: sent.length === 1 ? `∂f/∂a = ${times[0]}` : `∂f/∂a = Σ ∂f/∂q · ∂q/∂a`,
    numbers: `${result} = ${parts.join(' + ')}`,
  }
}

/** The local derivative as it is written in tables. */
export const localOf = (shot: BackpropShot, edge: Edge): string => {
  const { label } = shot.nodes[edge.to]!
  const operands = operandsOf(shot, edge.to).length
  // A minus sign before one operand is another operation.
  if (label === '−' && operands === 1) return '−1'
  return local[label]?.[edge.slot] ?? ''
}

/** What the last step did, line by line. */
export const explainStep = (shot: BackpropShot): { readonly title: string; readonly lines: readonly string[] } => {
  const { current, phase, nodes, step } = shot
  if (step === 0)
    return {
      title: 'Before the first step only the inputs are known.',
      lines: ['Press Step: the first operation computes its value.'],
    }
  const node = nodes[current]!
  if (phase === 'forward') return { title: `Forward: ${node.text}`, lines: [explainValue(shot, current).numbers] }
  const sends = operandsOf(shot, current).filter(edge => edge.flow !== null)
  if (sends.length === 0) return { title: 'Backward begins at the result', lines: ['∂f/∂f = 1'] }
  return {
    title: `Backward through ${node.text}`,
    lines: sends.map(edge => {
      const { text } = nodes[edge.from]!
      return `${text} gets ${factor(node.gradient!)} · ${factor(edge.local!)} = ${say(edge.flow!)},   because ∂(${written(node.label, operandsOf(shot, current).length === 1 ? ['a'] : ['a', 'b'])})/∂${edge.slot === 0 ? 'a' : 'b'} = ${localOf(shot, edge)}`
    }),
  }
}
