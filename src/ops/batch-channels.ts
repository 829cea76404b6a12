import type { Node } from '../graph/node.ts'
import { broadcastTo, reshape, transpose } from './broadcast.ts'

// What `vmap` does with a further first axis of `[B, N, C, ...]`: it goes into the batch, or into the channels.

/** `[B, N, ...]` → `[B · N, ...]`. */
export const intoBatch = (x: Node): Node => reshape(x, [x.shape[0]! * x.shape[1]!, ...x.shape.slice(2)])
/** The way back: `[B · N, ...]` → `[B, N, ...]`. */
export const outOfBatch = (y: Node, count: number): Node =>
  reshape(y, [count, y.shape[0]! / count, ...y.shape.slice(1)])

/** `[B, N, C, ...]` → `[N, B · C, ...]`; what has no such axis is repeated. */
export const intoChannels = (x: Node, batched: boolean, count: number): Node => {
  const wide = batched ? x : broadcastTo(x, [count, ...x.shape])
  const [, n, c, ...spatial] = wide.shape as readonly [number, number, number, ...number[]]
  return reshape(transpose(wide, [1, 0, 2, ...spatial.map((_, i) => i + 3)]), [n, count * c, ...spatial])
}
/** The way back: `[N, B · C, ...]` → `[B, N, C, ...]`. */
export const outOfChannels = (y: Node, count: number): Node => {
  const [n, c, ...spatial] = y.shape as readonly [number, number, ...number[]]
  const split = reshape(y, [n, count, c / count, ...spatial])
  return transpose(split, [1, 0, 2, ...spatial.map((_, i) => i + 3)])
}

/** The size of the further axis. */
export const countOf = (inputs: readonly Node[], batched: readonly boolean[]): number =>
  inputs[batched.indexOf(true)]!.shape[0]!
