import { ArgumentError } from './errors.ts'

/** Anything built of leaves by arrays and plain objects; other values are kept as they are. */
export type Tree<L> = L | readonly Tree<L>[] | { readonly [key: string]: Tree<L> } | unknown

const isPlain = (x: unknown): x is Record<string, unknown> => {
  if (typeof x !== 'object' || x === null) return false
  const prototype = Object.getPrototypeOf(x)
  return prototype === Object.prototype || prototype === null
}

/** The leaves of a tree in order, and its structure as text, in which other values stand as JSON. */
export const flatten = <L>(
  where: string,
  tree: unknown,
  isLeaf: (x: unknown) => x is L,
): { leaves: L[]; structure: string } => {
  const leaves: L[] = []
  const visit = (x: unknown): string => {
    if (isLeaf(x)) {
      leaves.push(x)
      return '*'
    }
    if (Array.isArray(x)) return `[${x.map(visit).join()}]`
    if (isPlain(x)) return `{${Object.entries(x).map(([k, v]) => `${JSON.stringify(k)}:${visit(v)}`)}}`
    if (x === null || ['undefined', 'number', 'string', 'boolean'].includes(typeof x))
      return typeof x === 'number' ? String(x) : (JSON.stringify(x) ?? 'undefined')
    throw new ArgumentError(
      `${where}: cannot look inside a ${typeof x === 'object' ? (x.constructor?.name ?? 'object') : typeof x}. Pass tensors, numbers, strings, booleans, and arrays or plain objects of them.`,
    )
  }
  return { structure: visit(tree), leaves }
}

/** The tree with each leaf replaced, in order. */
export const mapTree = <L>(tree: unknown, isLeaf: (x: unknown) => x is L, replace: (leaf: L) => unknown): unknown => {
  if (isLeaf(tree)) return replace(tree)
  if (Array.isArray(tree)) return tree.map(x => mapTree(x, isLeaf, replace))
  if (isPlain(tree)) return Object.fromEntries(Object.entries(tree).map(([k, v]) => [k, mapTree(v, isLeaf, replace)]))
  return tree
}
