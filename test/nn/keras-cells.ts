import { type Shape, scan, type Tensor, zeros } from '../../src/index.ts'

// Keras 2's recurrent layers as loops: what the comparison with Keras needs of them, written with `scan`.

export type Floats = Tensor<Shape, 'float32'>
export type Activation = (x: Floats) => Floats
/** Keras 2's, which is not PyTorch's: x/5 + 1/2 between 0 and 1. */
export const kerasHardSigmoid: Activation = x => x.hardSigmoid({ alpha: 0.2 })

export interface CellOptions {
  readonly activation?: Activation
  /** Of the gates. */
  readonly recurrent?: Activation
}
/** What is carried, of which the first is the output. */
type State = readonly Floats[]
/** One step from the input's share `x W + b` of all gates. */
export type Cell = (state: State, share: Floats, u: Floats, options: Required<CellOptions>) => State
/** Columns that belong to gate i. */
const gate = (all: Floats, i: number, units: number): Floats =>
  all.slice(null, { start: i * units, end: (i + 1) * units })

export const simpleCell: Cell = ([h], share, u, { activation }) => [activation(share.add(h!.matmul(u)))]
/** Gates in the order update, reset, candidate; the reset stands before the product, as in Cho et al. 2014. */
export const gruCell: Cell = ([h], share, u, { activation, recurrent }) => {
  const units = h!.shape[1]!
  const gates = (x: Floats, i: number): Floats => gate(x, i, units)
  const z = recurrent(gates(share, 0).add(h!.matmul(gates(u, 0))))
  const r = recurrent(gates(share, 1).add(h!.matmul(gates(u, 1))))
  const candidate = activation(gates(share, 2).add(r.mul(h!).matmul(gates(u, 2))))
  return [z.mul(h!).add(z.neg().add(1).mul(candidate))]
}
/** Gates in the order input, forget, candidate, output. */
export const lstmCell: Cell = ([h, c], share, u, { activation, recurrent }) => {
  const units = h!.shape[1]!
  const all = share.add(h!.matmul(u))
  const [i, f, o] = [0, 1, 3].map(k => recurrent(gate(all, k, units))) as [Floats, Floats, Floats]
  const next = f.mul(c!).add(i.mul(activation(gate(all, 2, units))))
  return [o.mul(activation(next)), next]
}
const carried = new Map<Cell, number>([
  [simpleCell, 1],
  [gruCell, 1],
  [lstmCell, 2],
])

export interface Recurrence extends CellOptions {
  readonly returnSequences?: boolean
  /** From the last step to the first; the outputs come in the order in which they are made. */
  readonly goBackwards?: boolean
  /** The state stays for the next call: the layer is called twice and the second answer counts. */
  readonly stateful?: boolean
}

/** A recurrent layer on a sequence `[T, inFeatures]`, with Keras's weights W `[in, gates]`, U `[units, gates]` and b `[gates]`. */
export const recurrent = (cell: Cell, x: Floats, weights: readonly Floats[], options: Recurrence = {}): Floats => {
  const [w, u, b] = weights as readonly [Floats, Floats, Floats?]
  const functions = {
    activation: options.activation ?? ((y: Floats): Floats => y.tanh()),
    recurrent: options.recurrent ?? kerasHardSigmoid,
  }
  const product = (options.goBackwards ? x.flip(0) : x).matmul(w)
  const share = (b ? product.add(b) : product).expandDims(1) // [T, 1, gates]
  const once = (start: Floats[]): [Floats[], Floats] =>
    scan(
      (state: Floats[], row: Floats) => {
        const next = [...cell(state, row, u, functions)]
        return [next, next[0]!]
      },
      start,
      share as Floats,
    )
  const units = u.shape[0]!
  const [state, first] = once(Array.from({ length: carried.get(cell)! }, () => zeros([1, units])))
  const outputs = options.stateful ? once(state)[1] : first
  return options.returnSequences ? outputs.squeeze(1) : outputs.slice(-1).reshape([units])
}
