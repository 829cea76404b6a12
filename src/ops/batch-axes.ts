import { broadcastTo, reshape, transpose } from './broadcast.ts'
import type { Node } from '../graph/node.ts'

// What rules for a further first axis (`Op.batch`) share.

/** Number of axes without the further one. */
const ndimOf = (x: Node, batched: boolean): number => x.shape.length - (batched ? 1 : 0)

/** Inputs that broadcast against each other, with axes of size 1 after the further one where they have fewer axes than the widest. */
export const alignBatched = (inputs: readonly Node[], batched: readonly boolean[]): Node[] => {
  const ndim = Math.max(...inputs.map((x, i) => ndimOf(x, batched[i]!)))
  return inputs.map((x, i) => {
    if (!batched[i]) return x
    const [size, ...rest] = x.shape
    return reshape(x, [size!, ...new Array<number>(ndim - rest.length).fill(1), ...rest])
  })
}

/** All inputs with the further axis: those without it are repeated. */
export const allBatched = (inputs: readonly Node[], batched: readonly boolean[]): Node[] => {
  const size = inputs[batched.indexOf(true)]!.shape[0]!
  return inputs.map((x, i) => (batched[i] ? x : broadcastTo(x, [size, ...x.shape])))
}

/** The axis at `from` moved to `to`. */
export const moveAxis = (x: Node, from: number, to: number): Node => {
  const order = x.shape.map((_, i) => i).filter(i => i !== from)
  order.splice(to, 0, from)
  return transpose(x, order)
}
