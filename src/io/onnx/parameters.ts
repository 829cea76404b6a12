import type { TensorType } from '../../graph/node.ts'
import { subgraphs } from './check-graph.ts'
import type { GraphProto, NodeProto } from './parse.ts'

/** What becomes of an initializer: trained, state that is saved but not trained, or fixed. */
type Role = 'parameter' | 'state' | 'constant'

/** Operators whose result does not vary smoothly with their inputs: nothing is trained through them. */
const discrete = new Set(
  [
    'Shape Size ArgMax ArgMin NonZero Not And Or Xor Equal Less LessOrEqual Greater GreaterOrEqual IsNaN IsInf Sign Ceil Floor Round',
    'BitShift BitwiseAnd BitwiseOr BitwiseXor BitwiseNot BitCast Hardmax OneHot NonMaxSuppression Unique EyeLike ConstantOfShape',
    'QuantizeLinear DequantizeLinear DynamicQuantizeLinear QLinearConv QLinearMatMul ConvInteger MatMulInteger Multinomial Bernoulli',
    'RandomNormalLike RandomUniformLike Range',
  ]
    .join(' ')
    .split(' '),
)

/** Inputs that steer an operator rather than flow through it: their values are needed while the graph is built. */
const steering: Readonly<Record<string, readonly number[]>> = {
  Resize: [1, 2, 3],
  Upsample: [1],
  Pad: [1, 2, 3],
  Clip: [1, 2],
  Dropout: [1, 2],
  TopK: [1],
  Col2Im: [1, 2],
  MelWeightMatrix: [0, 1, 2, 3, 4],
}
/** Statistics of a normalisation: kept with the model, moved by training rather than by gradients. */
const statistics: Readonly<Record<string, readonly number[]>> = { BatchNormalization: [3, 4] }

/**
 * What each initializer is to somebody who trains the model on. A parameter is a float32 tensor of at least one axis that flows through
 * differentiable operators into an output.
 */
export const rolesOf = (
  graph: GraphProto,
  order: readonly NodeProto[],
  constants: ReadonlyMap<string, TensorType>,
): Map<string, Role> => {
  const trained = new Set<string>()
  const state = new Set<string>()
  const fixed = new Set<string>()
  const flowing = new Set(graph.outputs.map(v => v.name))
  for (const node of [...order].reverse()) markUses(node, flowing, { trained, state, fixed })
  for (const name of flowing) trained.add(name)
  const roles = new Map<string, Role>()
  for (const [name, { dtype, shape }] of constants) {
    const weight = dtype === 'float32' && shape.length >= 1 && !fixed.has(name)
    roles.set(name, weight && state.has(name) ? 'state' : weight && trained.has(name) ? 'parameter' : 'constant')
  }
  return roles
}

interface Marks {
  readonly trained: Set<string>
  readonly state: Set<string>
  readonly fixed: Set<string>
}

/** Whether gradients flow into a node, and then where they go on to. */
const markUses = (node: NodeProto, flowing: Set<string>, marks: Marks): void => {
  const flows = !discrete.has(node.opType) && node.outputs.some(name => flowing.has(name))
  for (const [i, name] of node.inputs.entries()) {
    if (name === '') continue
    if (steering[node.opType]?.includes(i)) marks.fixed.add(name)
    else if (statistics[node.opType]?.includes(i)) marks.state.add(name)
    else if (flows) flowing.add(name)
  }
  for (const graph of subgraphs(node)) {
    if (flows) for (const { name } of graph.outputs) flowing.add(name)
    for (const inner of [...graph.nodes].reverse()) markUses(inner, flowing, marks)
  }
}
