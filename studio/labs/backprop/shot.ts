import type { Shot } from '../../kit/lab.ts'

/** What a node is computed from. `slot` is its place among the operands: x − y is not y − x. */
export interface Edge {
  readonly from: number
  readonly to: number
  readonly slot: number
  /** How the value of `to` changes with that of `from`. Null before it is known. */
  readonly local: number | null
  /** The gradient that comes from `to`, times `local`: what `from` gets on this way. */
  readonly flow: number | null
}

export type NodeKind = 'input' | 'constant' | 'operation'

export interface GraphNode {
  readonly kind: NodeKind
  /** `x`, `4`, `+`, `sigmoid`. */
  readonly label: string
  /** The part of the expression that it stands for. */
  readonly text: string
  readonly value: number | null
  /** How the result changes with it; with several uses their sum, complete once all have come. */
  readonly gradient: number | null
}

/** Where the run is: computing values, computing gradients, or done. */
export type Phase = 'ready' | 'forward' | 'backward' | 'done'

export interface BackpropShot extends Shot {
  readonly expression: string
  readonly nodes: readonly GraphNode[]
  readonly edges: readonly Edge[]
  /** The node of the last step, or −1. */
  readonly current: number
  readonly phase: Phase
  readonly total: number
  readonly step: number
}
