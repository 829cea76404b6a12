import { type Attrs, Node, type TensorType } from './node.ts'
import type { Op } from './op.ts'

type PickAttrs = { readonly index: number }
const partOf = (tuple: TensorType, index: number): TensorType => (tuple as Node).parts![index]!

/** One result of an operation that has several. It moves nothing: engines know where the results are. */
const pickOp: Op<PickAttrs> = {
  name: 'pick',
  formula: 'result number index of an operation with several',
  infer: ([tuple], { index }) => partOf(tuple!, index),
  pick: true,
  checks: { samples: [] },
}

/** The result of a tuple node at `index`. */
export const pick = (tuple: Node, index: number): Node =>
  new Node(partOf(tuple, index), pickOp as unknown as Op, [tuple], { index } satisfies Attrs, null)

/** All results of a tuple node. */
export const picksOf = (tuple: Node): Node[] => tuple.parts!.map((_, i) => pick(tuple, i))
