import type { OnnxNode } from './format.ts'

// ONNX Runtime's product reads either matrix by columns as well. It finds that out by itself only where nothing has happened to the
// transpose: one after another it joins to a single one, which it then carries out.

const domain = 'com.microsoft'
/** Whether the operator swaps the last two axes and leaves the others. */
const swapsLast = ({ type, attrs }: OnnxNode): boolean => {
  if (type !== 'Transpose') return false
  const perm = attrs.perm as readonly number[]
  const n = perm.length
  return n > 1 && perm.every((axis, i) => axis === (i === n - 1 ? n - 2 : i === n - 2 ? n - 1 : i))
}
const isProduct = ({ type }: OnnxNode): boolean => type === 'MatMul' || type === 'FusedMatMul'
const flags = ({ attrs }: OnnxNode): [number, number] => [
  (attrs.transA as number | undefined) ?? 0,
  (attrs.transB as number | undefined) ?? 0,
]
const product = (node: OnnxNode, inputs: readonly string[], [transA, transB]: readonly [number, number]): OnnxNode => ({
  ...node,
  type: 'FusedMatMul',
  domain,
  inputs,
  attrs: { transA, transB, alpha: { float: 1 } },
})

/** The same operators without transposes of the last two axes before and after products of float32, where no one else reads them. */
export const foldTransposes = (nodes: readonly OnnxNode[]): OnnxNode[] => {
  const uses = new Map<string, number>()
  for (const node of nodes)
    for (const name of [...node.inputs, ...(node.implicit ?? [])]) uses.set(name, (uses.get(name) ?? 0) + 1)
  const made = new Map<string, OnnxNode>()
  const folded = nodes.map(node => {
    let now = node
    const from = made.get(node.inputs[0] ?? '')
    // (A B)ᵀ = Bᵀ Aᵀ
    if (swapsLast(node) && from && isProduct(from) && uses.get(node.inputs[0]!) === 1) {
      const [a, b] = flags(from)
      now = product(node, [from.inputs[1]!, from.inputs[0]!], [1 - b, 1 - a])
    } else if (isProduct(node)) {
      const turned = node.inputs.map(name => made.get(name)).map(n => (n && swapsLast(n) ? n : null))
      if (turned.some(n => n !== null)) {
        const [a, b] = flags(node)
        const inputs = node.inputs.map((name, i) => turned[i]?.inputs[0] ?? name)
        now = product(node, inputs, [turned[0] ? 1 - a : a, turned[1] ? 1 - b : b])
      }
    }
    for (const name of now.outputs) made.set(name, now)
    return now
  })
  return folded
}
