import { rnnRule } from './cell-rule.ts'
import { requireNonlinearity } from './cells.ts'
import { RecurrentLayer, type RecurrentOptions } from './recurrent-layer.ts'

export interface RnnOptions extends RecurrentOptions {
  /** Default tanh. */
  readonly nonlinearity?: 'tanh' | 'relu'
}

/**
 * The plain recurrent layer: `h' = tanh(W x + b + R h + c)`.
 *
 * **Shape** x: `[B, T, inputSize]` → output `[B, T, D · hiddenSize]`, state h `[numLayers · D, B, hiddenSize]`, where D is 2 if
 * bidirectional; `weight_ih_l0` `[hiddenSize, inputSize]`, `weight_hh_l0` `[hiddenSize, hiddenSize]`. Everything begins uniform within
 * ±1/√hiddenSize.
 *
 * @example
 * const { output } = nn.rnn(8, 16, { nonlinearity: 'relu' }).forward(randn([4, 10, 8]))
 * output.shape // [4, 10, 16]
 *
 * Source: Elman 1990; checked against PyTorch 2.13's `RNN`.
 */
export class Rnn extends RecurrentLayer {
  constructor(inputSize: number, hiddenSize: number, options: RnnOptions = {}) {
    super(rnnRule(requireNonlinearity('rnn', options.nonlinearity)), inputSize, hiddenSize, options)
  }
}

/** Plain recurrent layers. */
export const rnn = (inputSize: number, hiddenSize: number, options?: RnnOptions): Rnn =>
  new Rnn(inputSize, hiddenSize, options)
