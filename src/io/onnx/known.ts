import { convert, type DType, type TypedArray } from '../../core/dtype.ts'
import { FormatError } from '../../core/errors.ts'
import { type Shape, sizeOf } from '../../core/shape.ts'
import { toNdArray } from '../../engine/reference/reference.ts'
import { interpret } from '../../graph/interpret.ts'
import { leaf, type Node } from '../../graph/node.ts'
import type { NdArray } from '../../graph/op.ts'
import { programOf } from '../../graph/program.ts'

/** Elements that may be computed to learn one value while the graph is built. */
const maxKnownElements = 2 ** 26

/** What has been learned, so that a chain of shape arithmetic is walked once. Values of nodes never change. */
const learned = new WeakMap<Node, NdArray>()

/** Whether the values follow from the graph alone: no parameter, no random numbers, no argument of a compiled function below it. */
const followsFrom = (leaves: readonly Node[]): boolean =>
  leaves.every(n => learned.has(n) || n.source?.kind === 'buffer')

/** Nodes below `root`, not looking behind what is known; null where there is a leaf without values. */
const ancestry = (root: Node): { leaves: Node[]; elements: number } | null => {
  const seen = new Set<Node>([root])
  const stack = [root]
  const leaves: Node[] = []
  let elements = 0
  for (let node = stack.pop(); node; node = stack.pop()) {
    if (learned.has(node) || node.op === null) {
      leaves.push(node)
      if (!followsFrom([node])) return null
      continue
    }
    for (const part of node.parts ?? [node]) elements += sizeOf(part.shape)
    for (const input of node.inputs) {
      if (seen.has(input)) continue
      seen.add(input)
      stack.push(input)
    }
  }
  return { leaves, elements }
}

/**
 * The values of a node that are known while the graph is built, computed by the reference kernels; null when they depend on something
 * that is not known then.
 *
 * @throws FormatError when computing them would take more than `maxKnownElements` elements.
 */
export const knownArray = (node: Node, what: string): NdArray | null => {
  const done = learned.get(node)
  if (done) return done
  if (node.source?.kind === 'buffer') {
    const value = toNdArray(node.source.buffer, node.shape)
    learned.set(node, value)
    return value
  }
  const below = ancestry(node)
  if (below === null) return null
  if (below.elements > maxKnownElements) {
    throw new FormatError(
      `importOnnx: ${what} asks for values that take ${below.elements} elements to compute while the graph is built. At most ${maxKnownElements} are computed then.`,
      { elements: below.elements },
    )
  }
  const { program, leaves } = programOf([node], [], new Set(below.leaves))
  const [value] = interpret(
    program,
    leaves.map(n => knownArray(n, what)!),
  )
  learned.set(node, value!)
  return value!
}

/** The one number that a node holds, if it is known. */
export const knownNumber = (node: Node, what: string): number | null => {
  const array = knownArray(node, what)
  return array && array.data.length === 1 ? array.data[0]! : null
}

/** A leaf that holds values. */
export const held = (values: ArrayLike<number | bigint | boolean>, shape: Shape, dtype: DType): Node =>
  leaf({ shape, dtype }, { kind: 'buffer', buffer: { dtype, array: convert(values, dtype) } })

/** As `held`, of values that are stored as the dtype wants them. */
export const heldArray = (array: TypedArray, shape: Shape, dtype: DType): Node =>
  leaf({ shape, dtype }, { kind: 'buffer', buffer: { dtype, array } })

/** An int64 vector, as ONNX gives shapes. */
export const int64s = (values: readonly number[]): Node => held(values, [values.length], 'int64')
