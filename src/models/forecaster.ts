/** What comes next in a time series. Source: Ben Taieb, Bontempi, Atiya & Sorjamaa 2012 (recursive, direct, and blocks between them). */
import { ArgumentError, DataError, ShapeError } from '../core/errors.ts'
import { show } from '../core/shape.ts'
import { Linear } from '../nn/linear.ts'
import { Module } from '../nn/module.ts'
import { type RecurrentKind, recurrentLayerOf } from '../nn/recurrent/kinds.ts'
import type { RecurrentLayer } from '../nn/recurrent/recurrent-layer.ts'
import type { RecurrentState } from '../nn/recurrent/cell-rule.ts'
import { fromArray } from '../tensor/creation.ts'
import { concat, mse } from '../tensor/functions.ts'
import type { Tensor } from '../tensor/tensor.ts'

type Floats = Tensor<readonly number[], 'float32'>

export interface ForecasterConfig {
  /** Default lstm. */
  readonly cell?: RecurrentKind
  /** Values of the series at one time. Default 1. */
  readonly features?: number
  readonly hiddenSize: number
  /** Default 1. */
  readonly numLayers?: number
  /** Times that are foretold at once. Default 1: further ones recursively. As many as are wanted: directly. */
  readonly horizon?: number
  /** Mean and standard deviation of the values, in which the model computes. Default 0 and 1. */
  readonly mean?: number
  readonly std?: number
}

/**
 * Recurrent layers that read a series, and a head that says how the next `horizon` values differ from the last one: a new model that
 * knows nothing says that nothing changes.
 *
 * **Shape** x: `[B, T, features]` → `[B, horizon, features]`, in the units of x.
 *
 * @example
 * const model = new Forecaster({ hiddenSize: 16, horizon: 4, mean: 50, std: 40 })
 * const next = model.forecast(zeros([1, 24, 1]), 10) // [1, 10, 1]: three blocks of 4, of which 10 are kept
 */
export class Forecaster extends Module {
  readonly config: ForecasterConfig
  readonly rnn: RecurrentLayer
  readonly head: Linear

  constructor(config: ForecasterConfig) {
    super()
    const { cell = 'lstm', features = 1, hiddenSize, numLayers = 1, horizon = 1, mean = 0, std = 1 } = config
    for (const [key, value] of Object.entries({ features, horizon })) {
      if (Number.isSafeInteger(value) && value >= 1) continue
      throw new ArgumentError(`forecaster: ${key} must be a whole number of at least 1; got ${value}.`, {
        [key]: value,
      })
    }
    if (!Number.isFinite(mean) || !(std > 0) || !Number.isFinite(std)) {
      throw new ArgumentError(
        `forecaster: mean must be a finite number and std a finite one above 0; got ${mean} and ${std}.`,
        { mean, std },
      )
    }
    this.config = config
    this.rnn = recurrentLayerOf(cell)(features, hiddenSize, { numLayers })
    this.head = new Linear(hiddenSize, horizon * features)
  }

  /** The next `horizon` values after each series. */
  forward(x: Floats): Floats {
    return this.unscale(this.read(this.scale(x)).next)
  }

  /** So many values after each series: in blocks of `horizon`, each of which is read as if it had come true. */
  forecast(x: Floats, steps: number): Floats {
    if (!Number.isSafeInteger(steps) || steps < 1) {
      throw new ArgumentError(`forecast: steps must be a whole number of at least 1; got ${steps}.`, { steps })
    }
    let { next, state } = this.read(this.scale(x))
    const blocks = [next]
    for (let known = next.shape[1]!; known < steps; known += next.shape[1]!) {
      ;({ next, state } = this.read(next, state))
      blocks.push(next)
    }
    const all = concat(blocks as Floats[], 1) as Floats
    return this.unscale(all.slice(null, { end: steps }) as Floats)
  }

  /** Mean squared error in standard deviations; y `[B, horizon, features]`: what came after x. */
  loss(x: Floats, y: Floats): Tensor<readonly [], 'float32'> {
    return mse(this.read(this.scale(x)).next, this.scale(y)) as Tensor<readonly [], 'float32'>
  }

  private scale(x: Floats): Floats {
    const { features = 1, mean = 0, std = 1 } = this.config
    if (x.ndim !== 3 || x.shape[2] !== features) {
      throw new ShapeError(`forecaster: x is ${show(x.shape)}. Expected [B, T, ${features}].`, { shape: x.shape })
    }
    return x.sub(mean).div(std) as Floats
  }
  private unscale(y: Floats): Floats {
    const { mean = 0, std = 1 } = this.config
    return y.mul(std).add(mean) as Floats
  }

  /** The next block after scaled values, and the state after them. */
  private read(x: Floats, state?: RecurrentState): { next: Floats; state: RecurrentState } {
    const { features = 1, horizon = 1 } = this.config
    const B = x.shape[0]!
    const { output, state: after } = this.rnn.forward(x, state ? { state } : {})
    const change = this.head.forward(output.slice(null, -1) as Floats) as Floats
    const last = x.slice(null, { start: x.shape[1]! - 1 }) as Floats // [B, 1, F]
    return { next: change.reshape([B, horizon, features]).add(last) as Floats, state: after }
  }
}

export interface SeriesWindows {
  /** `[N, length, features]`. */
  readonly x: Floats
  /** `[N, horizon, features]`: what came after each. */
  readonly y: Floats
}

/**
 * All windows of a series, and what came after each.
 *
 * @param values time by time, `features` numbers each
 * @throws DataError for a series that is shorter than a window and its horizon
 * @example
 * const { x, y } = seriesWindows([1, 2, 3, 4, 5], { length: 3 }) // x [2, 3, 1], y [2, 1, 1]: 4 and 5
 */
export const seriesWindows = (
  values: ArrayLike<number>,
  options: { readonly length: number; readonly horizon?: number; readonly features?: number },
): SeriesWindows => {
  const { length, horizon = 1, features = 1 } = options
  const times = values.length / features
  const count = times - length - horizon + 1
  if (!Number.isInteger(times) || count < 1) {
    throw new DataError(
      `seriesWindows: ${values.length} numbers are ${times} times of ${features}, too few or uneven for windows of ${length} and the ${horizon} after each. Give a longer series, or shorter windows.`,
      { values: values.length, length, horizon, features },
    )
  }
  const all = Float32Array.from(values)
  const part = (from: number, size: number): Floats => {
    const out = new Float32Array(count * size * features)
    for (let i = 0; i < count; i++)
      out.set(all.subarray((i + from) * features, (i + from + size) * features), i * size * features)
    return fromArray(out, [count, size, features], 'float32')
  }
  return { x: part(0, length), y: part(length, horizon) }
}
