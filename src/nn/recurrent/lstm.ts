import { ArgumentError } from '../../core/errors.ts'
import { type Initializer, uniformInit } from '../initializers.ts'
import { type LstmState, lstmRule } from './cell-rule.ts'
import { RecurrentLayer, type RecurrentOptions } from './recurrent-layer.ts'

export interface LstmOptions extends RecurrentOptions {
  /**
   * What is added to the forget gate's bias at the beginning: the cell then keeps about 1 + eᵇ steps before anything is learnt. Default 0, as
   * in PyTorch. Source: Gers et al. 2000; Jozefowicz, Zaremba & Sutskever 2015 take 1; ln of the delay: Tallec & Ollivier 2018.
   */
  readonly forgetBias?: number
}

/** Uniform within ±bound, and the second of four parts, the forget gate's, moved by so much. */
const withForgetBias =
  (forgetBias: number) =>
  (bound: number): Initializer =>
  (shape, source) => {
    const H = shape[0]! / 4
    return uniformInit(-bound, bound)(shape, source).map((b, i) => (i >= H && i < 2 * H ? b + forgetBias : b))
  }

/**
 * Long short-term memory: `i, f, o = σ(W x + b + R h + c)`, `g = tanh(…)`, `c' = f c + i g`, `h' = o tanh(c')`.
 *
 * **Shape** x: `[B, T, inputSize]` → output `[B, T, D · hiddenSize]`, state h and c `[numLayers · D, B, hiddenSize]`, where D is 2 if
 * bidirectional; `weight_ih_l0` `[4 · hiddenSize, inputSize]`, `weight_hh_l0` `[4 · hiddenSize, hiddenSize]`, gates in the order i f g o.
 * Everything begins uniform within ±1/√hiddenSize, and the forget gate's bias moved by `forgetBias`.
 *
 * @example
 * const lstm = nn.lstm(8, 16, { numLayers: 2 })
 * const { output, state } = lstm.forward(randn([4, 10, 8])) // [4, 10, 16]; h and c [2, 4, 16]
 * const next = lstm.forward(randn([4, 3, 8]), { state }) // reads on
 *
 * Source: Hochreiter & Schmidhuber 1997; forget gate: Gers, Schmidhuber & Cummins 2000; checked against PyTorch 2.13's `LSTM`.
 */
export class Lstm extends RecurrentLayer<LstmState> {
  constructor(inputSize: number, hiddenSize: number, options: LstmOptions = {}) {
    const { forgetBias = 0, ...others } = options
    if (!Number.isFinite(forgetBias) || (forgetBias !== 0 && options.bias === false)) {
      throw new ArgumentError(
        `lstm: forgetBias must be a finite number, and 0 where there is no bias; got ${forgetBias}.`,
        { forgetBias },
      )
    }
    super(lstmRule, inputSize, hiddenSize, { ...others, inputBiasInit: withForgetBias(forgetBias) })
  }
}

/** Layers of long short-term memory. */
export const lstm = (inputSize: number, hiddenSize: number, options?: LstmOptions): Lstm =>
  new Lstm(inputSize, hiddenSize, options)
