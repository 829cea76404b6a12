import { isFloat, numericDTypes } from '../core/dtype.ts'
import { ArgumentError, ShapeError } from '../core/errors.ts'
import { show } from '../core/shape.ts'
import type { Node } from '../graph/node.ts'
import { cast, mul } from './arithmetic.ts'
import { requireDType, requireSameDType } from './apply.ts'
import { reshape, sum, transpose } from './broadcast.ts'
import { matmul } from './linear-algebra.ts'
import { diagonal } from './products.ts'

// A term is a tensor with a letter for each axis. Axes of an ellipsis get letters of their own: digits, aligned from the last.

interface Term {
  readonly node: Node
  /** One character for each axis, none twice. */
  readonly letters: string
}
interface Equation {
  readonly inputs: readonly string[]
  /** Null where the equation leaves it out. */
  readonly output: string | null
}

const parse = (equation: string, operands: number): Equation => {
  const compact = equation.replaceAll(/\s/g, '')
  const [left, output = null, ...more] = compact.split('->') as [string, ...string[]]
  const inputs = left.split(',')
  const part = /^[a-zA-Z]*(\.\.\.)?[a-zA-Z]*$/
  if (more.length > 0 || [...inputs, output ?? ''].some(p => !part.test(p))) {
    throw new ArgumentError(
      `einsum: "${equation}" is not an equation. Expected letters for the axes of each operand, such as "ij,jk->ik"; "..." stands for any axes.`,
      { equation },
    )
  }
  if (inputs.length !== operands) {
    throw new ArgumentError(
      `einsum: "${equation}" names ${inputs.length} operands, but got ${operands}. Pass one tensor for each part between commas.`,
      { equation, operands },
    )
  }
  return { inputs, output }
}

/** Characters that stand for the axes of an ellipsis, the last axis first. */
const ellipsisLetters = '0123456789'
const spelled = (part: string, hidden: number): string =>
  part.replace('...', [...ellipsisLetters.slice(0, hidden)].reverse().join(''))

/** How many axes the ellipsis of an operand stands for. */
const hiddenAxes = (equation: string, part: string, operand: Node, position: number): number => {
  const named = part.replace('...', '').length
  const hidden = operand.shape.length - named
  const open = part.includes('...')
  if (open ? hidden >= 0 && hidden <= ellipsisLetters.length : hidden === 0) return hidden
  throw new ShapeError(
    `einsum: "${part}" of "${equation}" names ${named} axes, but operand ${position} is ${show(operand.shape)}. Name each of its ${operand.shape.length} axes${open ? '' : ', or write "..." for the others'}.`,
    { equation, shape: operand.shape },
  )
}

/** Sizes of all letters; an axis of size 1 goes with any size. */
const sizesOf = (equation: string, terms: readonly Term[]): Map<string, number> => {
  const sizes = new Map<string, number>()
  for (const { node, letters } of terms) {
    for (const [axis, letter] of [...letters].entries()) {
      const n = node.shape[axis]!
      const known = sizes.get(letter) ?? 1
      if (known !== 1 && n !== 1 && known !== n) {
        const name = ellipsisLetters.includes(letter) ? `axis ${-1 - Number(letter)} of "..."` : `"${letter}"`
        throw new ShapeError(
          `einsum: ${name} of "${equation}" is ${known} in one place and ${n} in another. A letter must have one size, or 1.`,
          { equation, letter, sizes: [known, n] },
        )
      }
      sizes.set(letter, known === 1 ? n : known)
    }
  }
  return sizes
}

/** Diagonals of letters that stand twice. */
const withoutRepeats = (equation: string, { node, letters }: Term): Term => {
  const second = [...letters].findIndex((letter, i) => letters.indexOf(letter) !== i)
  if (second < 0) return { node, letters }
  const letter = letters[second]!
  const first = letters.indexOf(letter)
  if (node.shape[first] !== node.shape[second]) {
    throw new ShapeError(
      `einsum: "${letter}" of "${equation}" stands twice on ${show(node.shape)}, where it is ${node.shape[first]} and ${node.shape[second]}. For a diagonal both must be equal.`,
      { equation, letter, shape: node.shape },
    )
  }
  const rest = [...letters].filter((_, i) => i !== first && i !== second).join('')
  return withoutRepeats(equation, {
    node: diagonal(node, { axis1: first, axis2: second }),
    letters: rest + letter,
  })
}

const dropAxes = ({ node, letters }: Term, drop: (letter: string, axis: number) => boolean): Term => {
  const kept = [...letters].filter((letter, axis) => !drop(letter, axis)).join('')
  return {
    node: reshape(
      node,
      [...kept].map(l => node.shape[letters.indexOf(l)]!),
    ),
    letters: kept,
  }
}
/** Axes of size 1 whose letter is larger elsewhere: a product repeats them by itself. */
const withoutOnes = (term: Term, sizes: ReadonlyMap<string, number>): Term =>
  dropAxes(term, (letter, axis) => term.node.shape[axis] === 1 && sizes.get(letter) !== 1)

const sumOut = ({ node, letters }: Term, keep: (letter: string) => boolean): Term => {
  const axes = [...letters].flatMap((letter, i) => (keep(letter) ? [] : [i]))
  if (axes.length === 0) return { node, letters }
  // Sums of narrow integers are wide; here every term keeps its dtype.
  return { node: cast(sum(node, axes), node.dtype), letters: [...letters].filter(keep).join('') }
}

const arranged = ({ node, letters }: Term, order: string): Node =>
  transpose(
    node,
    [...order].map(l => letters.indexOf(l)),
  )

const product = (numbers: readonly number[]): number => numbers.reduce((p, n) => p * n, 1)

/** Sum of products of two terms over the letters that nothing else needs: a product of matrices, in a batch. */
const contract = (a: Term, b: Term, keep: (letter: string) => boolean, sizes: ReadonlyMap<string, number>): Term => {
  const size = (letters: string): number => product([...letters].map(l => sizes.get(l)!))
  const common = [...a.letters].filter(l => b.letters.includes(l))
  const batch = common.filter(keep).join('')
  const inner = common.filter(l => !keep(l)).join('')
  const only = (x: Term): string => [...x.letters].filter(l => !common.includes(l)).join('')
  const [m, n] = [only(a), only(b)]
  const letters = batch + m + n
  const shape = [...letters].map(l => sizes.get(l)!)
  if (inner === '' || !isFloat(a.node.dtype)) return elementwise(a, b, letters + inner, letters, sizes)
  const lead = [...batch].map(l => sizes.get(l)!)
  const left = reshape(arranged(a, batch + m + inner), [...lead, size(m), size(inner)])
  const right = reshape(arranged(b, batch + inner + n), [...lead, size(inner), size(n)])
  return { node: reshape(matmul(left, right), shape), letters }
}

/** Products of all pairs, summed afterwards: for letters that are kept anyway, and for integers. */
const elementwise = (a: Term, b: Term, all: string, kept: string, sizes: ReadonlyMap<string, number>): Term => {
  const spread = (x: Term): Node =>
    reshape(
      arranged(x, [...all].filter(l => x.letters.includes(l)).join('')),
      [...all].map(l => (x.letters.includes(l) ? sizes.get(l)! : 1)),
    )
  return sumOut({ node: mul(spread(a), spread(b)), letters: all }, l => kept.includes(l))
}

/** The two terms whose product adds least to memory: greedy, as NumPy's and opt_einsum's `greedy` path. */
const cheapestPair = (
  terms: readonly Term[],
  keepFor: (i: number, j: number) => (letter: string) => boolean,
  sizes: ReadonlyMap<string, number>,
): readonly [number, number] => {
  const cost = (letters: Iterable<string>): number => product([...letters].map(l => sizes.get(l)!))
  let best: readonly [number, number] = [0, 1]
  let least = Number.POSITIVE_INFINITY
  for (let i = 0; i < terms.length; i++) {
    for (let j = i + 1; j < terms.length; j++) {
      const [a, b] = [terms[i]!.letters, terms[j]!.letters]
      const result = new Set([...a, ...b].filter(keepFor(i, j)))
      const growth = cost(result) - cost(a) - cost(b)
      if (growth < least) [least, best] = [growth, [i, j]]
    }
  }
  return best
}

/** Letters of the output: those given, or by NumPy's rule the ellipsis, then those that stand once, in alphabetical order. */
const outputLetters = (
  equation: string,
  { inputs, output }: Equation,
  terms: readonly Term[],
  hidden: number,
): string => {
  const used = new Set(terms.flatMap(t => [...t.letters]))
  if (output === null) {
    const written = inputs.join('').replaceAll('.', '')
    const once = [...new Set(written)].filter(l => written.indexOf(l) === written.lastIndexOf(l))
    return spelled('...', hidden) + once.sort().join('')
  }
  const letters = spelled(output, hidden)
  for (const letter of letters) {
    if (letters.indexOf(letter) !== letters.lastIndexOf(letter))
      throw new ArgumentError(`einsum: "${letter}" stands twice in the output of "${equation}". Name it once.`, {
        equation,
      })
    if (!used.has(letter)) {
      throw new ArgumentError(
        `einsum: "${letter}" of the output of "${equation}" is in no operand. Its size must come from one of them.`,
        { equation },
      )
    }
  }
  return letters
}

/**
 * Sums of products by NumPy's notation: a letter for each axis; letters that the output leaves out are summed over, a letter that
 * stands twice on an operand takes its diagonal, "..." stands for any axes, which broadcast. Without "->" the output has the letters that
 * stand once, in alphabetical order. Operands are contracted two at a time, by matrix products.
 *
 * @throws {ArgumentError} if the equation does not fit the operands
 * @throws {ShapeError} if a letter has two sizes, neither of them 1
 */
export const einsum = (equation: string, operands: readonly Node[]): Node => {
  const parsed = parse(equation, operands.length)
  const hidden = parsed.inputs.map((part, i) => hiddenAxes(equation, part, operands[i]!, i))
  requireDType('einsum', operands[0]!.dtype, numericDTypes)
  for (const x of operands.slice(1)) requireSameDType('einsum', operands[0]!, x)
  const given = parsed.inputs.map((part, i) => ({ node: operands[i]!, letters: spelled(part, hidden[i]!) }))
  const sizes = sizesOf(equation, given)
  const output = outputLetters(equation, parsed, given, Math.max(...hidden))
  let terms = given.map(term => withoutOnes(withoutRepeats(equation, term), sizes))
  const neededBy = (others: readonly Term[]) => (letter: string) =>
    output.includes(letter) || others.some(t => t.letters.includes(letter))
  terms = terms.map(term => sumOut(term, neededBy(terms.filter(t => t !== term))))
  while (terms.length > 1) {
    const without = (i: number, j: number): Term[] => terms.filter((_, k) => k !== i && k !== j)
    const [i, j] = cheapestPair(terms, (p, q) => neededBy(without(p, q)), sizes)
    const rest = without(i, j)
    terms = [...rest, contract(terms[i]!, terms[j]!, neededBy(rest), sizes)]
  }
  return arranged(terms[0]!, output)
}
