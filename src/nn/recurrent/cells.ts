import { ArgumentError, ShapeError } from '../../core/errors.ts'
import { show } from '../../core/shape.ts'
import { zeros } from '../../tensor/creation.ts'
import { affine } from '../../tensor/functions.ts'
import type { Generator } from '../../tensor/random.ts'
import { uniformInit } from '../initializers.ts'
import { Module } from '../module.ts'
import { Parameter } from '../parameter.ts'
import {
  type CellRule,
  type Floats,
  gruRule,
  type LstmState,
  lstmRule,
  type RecurrentState,
  rnnRule,
} from './cell-rule.ts'
import { requireSizes, requireState } from './recurrent-layer.ts'

export interface CellOptions {
  /** Whether biases are added. Default true. */
  readonly bias?: boolean
  readonly generator?: Generator
}
export interface RnnCellOptions extends CellOptions {
  /** Default tanh. */
  readonly nonlinearity?: 'tanh' | 'relu'
}

/** A single step of a recurrent layer, for loops of one's own: what `RnnCell`, `GruCell` and `LstmCell` share. */
export abstract class RecurrentCell<S extends RecurrentState = RecurrentState> extends Module {
  readonly weight_ih: Parameter
  readonly weight_hh: Parameter
  readonly bias_ih: Parameter | null
  readonly bias_hh: Parameter | null
  readonly inputSize: number
  readonly hiddenSize: number
  readonly #rule: CellRule

  constructor(rule: CellRule, inputSize: number, hiddenSize: number, { bias = true, generator }: CellOptions) {
    super()
    requireSizes(`${rule.name}Cell`, { inputSize, hiddenSize })
    const bound = 1 / Math.sqrt(hiddenSize)
    const make = (...shape: number[]): Parameter => new Parameter(shape, uniformInit(-bound, bound), generator)
    const rows = rule.gates * hiddenSize
    this.weight_ih = make(rows, inputSize)
    this.weight_hh = make(rows, hiddenSize)
    this.bias_ih = bias ? make(rows) : null
    this.bias_hh = bias ? make(rows) : null
    this.inputSize = inputSize
    this.hiddenSize = hiddenSize
    this.#rule = rule
  }

  /** The state, `[B, hiddenSize]` each, after one more input, x `[B, inputSize]`; without a state it begins with zeros. */
  step(x: Floats, state?: S): S {
    const { name, states, step } = this.#rule
    const [B, width] = x.shape
    if (x.ndim !== 2 || width !== this.inputSize) {
      throw new ShapeError(`${name}Cell: x is ${show(x.shape)}. Expected [B, ${this.inputSize}].`, { shape: x.shape })
    }
    const given = state ?? this.startState(B!)
    const before = states.map(key => requireState(`${name}Cell`, key, given[key], [B!, this.hiddenSize]))
    const product = (input: Floats, weight: Parameter, bias: Parameter | null): Floats => {
      const turned = weight.value.transpose() as Floats
      return bias ? affine(input, turned, bias.value as Floats) : (input.matmul(turned) as Floats)
    }
    const share = product(before[0]!, this.weight_hh, this.bias_hh)
    const after = step(product(x, this.weight_ih, this.bias_ih), share, before)
    return Object.fromEntries(states.map((key, k) => [key, after[k]!])) as unknown as S
  }

  /** A state of zeros for `batchSize` rows. */
  startState(batchSize: number): S {
    const start = this.#rule.states.map(key => [key, zeros([batchSize, this.hiddenSize])])
    return Object.fromEntries(start) as unknown as S
  }
}

/** @throws ArgumentError for another name */
export const requireNonlinearity = (where: string, name: string = 'tanh'): 'tanh' | 'relu' => {
  if (name === 'tanh' || name === 'relu') return name
  throw new ArgumentError(`${where}: nonlinearity must be tanh or relu; got ${JSON.stringify(name)}.`, { name })
}

/**
 * One step of `Rnn`.
 *
 * **Shape** x: `[B, inputSize]`, state h `[B, hiddenSize]`; `weight_ih` `[hiddenSize, inputSize]`, `weight_hh` `[hiddenSize, hiddenSize]`.
 *
 * Source: Elman 1990; PyTorch's `RNNCell`.
 */
export class RnnCell extends RecurrentCell {
  constructor(inputSize: number, hiddenSize: number, options: RnnCellOptions = {}) {
    super(rnnRule(requireNonlinearity('rnnCell', options.nonlinearity)), inputSize, hiddenSize, options)
  }
}

/**
 * One step of `Gru`.
 *
 * **Shape** x: `[B, inputSize]`, state h `[B, hiddenSize]`; `weight_ih` `[3 · hiddenSize, inputSize]`, gates in the order r z n.
 *
 * Source: Cho et al. 2014; PyTorch's `GRUCell`.
 */
export class GruCell extends RecurrentCell {
  constructor(inputSize: number, hiddenSize: number, options: CellOptions = {}) {
    super(gruRule, inputSize, hiddenSize, options)
  }
}

/**
 * One step of `Lstm`.
 *
 * **Shape** x: `[B, inputSize]`, state h and c `[B, hiddenSize]`; `weight_ih` `[4 · hiddenSize, inputSize]`, gates in the order i f g o.
 *
 * @example
 * const cell = nn.lstmCell(8, 16)
 * const first = cell.step(randn([4, 8]))
 * const second = cell.step(randn([4, 8]), first) // h and c [4, 16]
 *
 * Source: Hochreiter & Schmidhuber 1997; PyTorch's `LSTMCell`.
 */
export class LstmCell extends RecurrentCell<LstmState> {
  constructor(inputSize: number, hiddenSize: number, options: CellOptions = {}) {
    super(lstmRule, inputSize, hiddenSize, options)
  }
}

/** One step of a plain recurrent layer. */
export const rnnCell = (inputSize: number, hiddenSize: number, options?: RnnCellOptions): RnnCell =>
  new RnnCell(inputSize, hiddenSize, options)
/** One step of a gated recurrent unit. */
export const gruCell = (inputSize: number, hiddenSize: number, options?: CellOptions): GruCell =>
  new GruCell(inputSize, hiddenSize, options)
/** One step of long short-term memory. */
export const lstmCell = (inputSize: number, hiddenSize: number, options?: CellOptions): LstmCell =>
  new LstmCell(inputSize, hiddenSize, options)
