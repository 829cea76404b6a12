/** A node of a tree that grows. */
export class Node {
  readonly id: number
  readonly from: number
  readonly to: number
  readonly count: number
  readonly depth: number
  readonly gradient: number
  readonly hessian: number
  value: number
  lower = -Infinity
  upper = Infinity
  histogram: Float64Array | undefined = undefined
  split: Float64Array | undefined = undefined
  feature = -2
  left: Node | undefined = undefined
  right: Node | undefined = undefined
  allowed: Uint8Array | undefined = undefined
  sets: readonly number[] | undefined = undefined
  missingLeft = false

  constructor(id: number, { from, to, depth, gradient, hessian, value }: Span) {
    this.id = id
    this.from = from
    this.to = to
    this.count = to - from
    this.depth = depth
    this.gradient = gradient
    this.hessian = hessian
    this.value = value
  }
}

/** The rows of a node, and what they sum to. */
export interface Span {
  readonly from: number
  readonly to: number
  readonly depth: number
  readonly gradient: number
  readonly hessian: number
  readonly value: number
}
