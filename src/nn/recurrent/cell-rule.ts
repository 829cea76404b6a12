import type { Shape } from '../../core/shape.ts'
import type { Tensor } from '../../tensor/tensor.ts'

export type Floats = Tensor<Shape, 'float32'>

/** A state that is carried from step to step, by name: the output `h`, and in an LSTM the cell `c`. */
export interface RecurrentState {
  readonly h: Floats
  readonly c?: Floats
}
/** The state of an LSTM. */
export interface LstmState extends RecurrentState {
  readonly c: Floats
}

/**
 * What a kind of cell computes. Its matrix products are the same for all: of the input (`given`) and of the output before (`share`),
 * `[B, gates · H]` each; the rest is element by element.
 */
export interface CellRule {
  readonly name: 'rnn' | 'gru' | 'lstm'
  readonly gates: number
  /** What is carried; the first is the output. */
  readonly states: readonly ('h' | 'c')[]
  /** The state after a step. */
  readonly step: (given: Floats, share: Floats, state: readonly Floats[]) => readonly Floats[]
}

/** `h' = tanh(given + share)`, or with max(x, 0) for tanh. Source: Elman 1990; PyTorch's `RNN`. */
export const rnnRule = (nonlinearity: 'tanh' | 'relu'): CellRule => ({
  name: 'rnn',
  gates: 1,
  states: ['h'],
  step: (given, share) => [nonlinearity === 'relu' ? given.add(share).relu() : given.add(share).tanh()],
})

/**
 * Gates reset, update, candidate: `n = tanh(given + r · share)`, `h' = (1 − z) n + z h`. Source: Cho et al. 2014, with the reset after the
 * product, as PyTorch's `GRU`.
 */
export const gruRule: CellRule = {
  name: 'gru',
  gates: 3,
  states: ['h'],
  step: (given, share, [h]) => {
    const [xr, xz, xn] = given.split(3, 1) as [Floats, Floats, Floats]
    const [hr, hz, hn] = share.split(3, 1) as [Floats, Floats, Floats]
    const r = xr.add(hr).sigmoid()
    const z = xz.add(hz).sigmoid()
    const n = xn.add(r.mul(hn)).tanh()
    return [n.add(z.mul(h!.sub(n)))] // (1 − z) n + z h
  },
}

/** Gates input, forget, candidate, output. Source: Hochreiter & Schmidhuber 1997; forget gate: Gers et al. 2000; PyTorch's `LSTM`. */
export const lstmRule: CellRule = {
  name: 'lstm',
  gates: 4,
  states: ['h', 'c'],
  step: (given, share, [, c]) => {
    const [i, f, g, o] = given.add(share).split(4, 1) as [Floats, Floats, Floats, Floats]
    const next = f.sigmoid().mul(c!).add(i.sigmoid().mul(g.tanh()))
    return [o.sigmoid().mul(next.tanh()), next]
  },
}
