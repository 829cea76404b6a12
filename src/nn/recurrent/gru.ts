import { gruRule } from './cell-rule.ts'
import { RecurrentLayer, type RecurrentOptions } from './recurrent-layer.ts'

/**
 * Gated recurrent units: `r, z = σ(W x + b + R h + c)`, `n = tanh(W x + b + r (R h + c))`, `h' = (1 − z) n + z h`.
 *
 * **Shape** x: `[B, T, inputSize]` → output `[B, T, D · hiddenSize]`, state h `[numLayers · D, B, hiddenSize]`, where D is 2 if
 * bidirectional; `weight_ih_l0` `[3 · hiddenSize, inputSize]`, `weight_hh_l0` `[3 · hiddenSize, hiddenSize]`, gates in the order r z n.
 * Everything begins uniform within ±1/√hiddenSize.
 *
 * @example
 * const { output, state } = nn.gru(8, 16, { bidirectional: true }).forward(randn([4, 10, 8]))
 * output.shape // [4, 10, 32]
 *
 * Source: Cho et al. 2014, with the reset gate after the product; checked against PyTorch 2.13's `GRU`.
 */
export class Gru extends RecurrentLayer {
  constructor(inputSize: number, hiddenSize: number, options: RecurrentOptions = {}) {
    super(gruRule, inputSize, hiddenSize, options)
  }
}

/** Layers of gated recurrent units. */
export const gru = (inputSize: number, hiddenSize: number, options?: RecurrentOptions): Gru =>
  new Gru(inputSize, hiddenSize, options)
