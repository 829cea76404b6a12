import { sizeOf } from '../core/shape.ts'
import type { Node } from '../graph/node.ts'

/** Numbers in a window, or on average in a bin, times the elements that come out. */
const pooled = (node: Node): number => {
  const { kernelSize } = node.attrs as { readonly kernelSize: readonly number[] | null }
  return kernelSize ? sizeOf(node.shape) * sizeOf(kernelSize) : sizeOf(node.inputs[0]!.shape)
}
const perElement =
  (flops: number) =>
  (node: Node): number =>
    flops * sizeOf(node.shape)
const perInput = (node: Node): number => sizeOf(node.inputs[0]!.shape)
const nothing = (): number => 0

/** A sum of products over the last axis of the first input, for each element that comes out. */
const product = (node: Node): number => sizeOf(node.shape) * node.inputs[0]!.shape.at(-1)!
/** Each filter's numbers, for each element that comes out: `(ci/groups) · kh · kw · ho · wo · co` for each image. */
const filtered = (node: Node): number => {
  const weight = node.inputs[1]!.shape
  return sizeOf(node.shape) * sizeOf(weight.slice(1))
}
/** Transposed: each element that goes in meets each number of its filter. */
const spread = (node: Node): number => {
  const [x, weight] = [node.inputs[0]!.shape, node.inputs[1]!.shape]
  return sizeOf(x) * sizeOf(weight.slice(1))
}

/** Operations that multiply and add. */
const products: Readonly<Record<string, (node: Node) => number>> = {
  matmul: product,
  affine: product,
  convolution: filtered,
  convolutionInput: spread,
}

/** The rest, where it is not one operation for each element that comes out. */
const others: Readonly<Record<string, (node: Node) => number>> = {
  // Scale and shift of a channel, folded from its four numbers.
  batchNorm: perElement(2),
  batchNormTraining: perElement(8),
  // Mean, variance, scaling and shift.
  layerNorm: perElement(8),
  softmax: perElement(5),
  logSoftmax: perElement(5),
  maxPool: pooled,
  averagePool: pooled,
  mean: perInput,
  sum: perInput,
  max: perInput,
  ...Object.fromEntries(
    ['cast', 'concat', 'constant', 'arange', 'flip', 'gather', 'pad', 'slice', 'stopGradient'].map(name => [
      name,
      nothing,
    ]),
  ),
}

const views = new Set(['reshape', 'broadcastTo', 'transpose'])

/** Whether a node gives its input in another shape: no number is computed, and none need be kept. */
export const isView = (node: Node): boolean => node.op !== null && views.has(node.op.name)

/** Products with a sum, of one node. */
export const multiplyAddsOf = (node: Node): number => products[node.op?.name ?? '']?.(node) ?? 0

/** Floating-point operations of one node: a multiply-add counts as two, and an added bias is not counted. */
export const flopsOf = (node: Node): number => {
  if (!node.op || isView(node)) return 0
  const multiplyAdds = multiplyAddsOf(node)
  return multiplyAdds > 0 ? 2 * multiplyAdds : (others[node.op.name] ?? perElement(1))(node)
}
