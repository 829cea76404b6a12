import { sizeOf } from '../core/shape.ts'
import { bytesPerNumber, type LayerAccount, type ModelAccount, type Precision } from './account.ts'
import type { Chip } from './chips.ts'

/** What keeps a layer from being faster. */
export type Bound = 'compute' | 'memory'

export interface LayerRoofline {
  readonly name: string
  /** Bytes that it takes, hands on, and has as weights: each moved once. */
  readonly bytes: number
  /** Operations for each byte moved. */
  readonly intensity: number
  readonly bound: Bound
  /** What it takes at least. */
  readonly seconds: number
}

export interface Roofline {
  readonly chip: string
  readonly precision: Precision
  /** Operations for each byte at which a layer goes from being bound by memory to being bound by computing. */
  readonly ridge: number
  readonly layers: readonly LayerRoofline[]
  /** What bounds the model for most of the time, layer by layer. */
  readonly bound: Bound
  /** Time of a batch, at least, where layers run one after another, each moving what it takes and hands on once. */
  readonly seconds: number
  /** Time of a batch, at least, however layers are joined: only the weights, the input and the output are moved. */
  readonly fusedSeconds: number
  readonly memory: Memory
  /** Whether predicting, and training, find room in the chip's memory. */
  readonly fits: boolean
  readonly trainingFits: boolean
}

/** Bytes. */
export interface Memory {
  readonly weights: number
  /** Of all layers, which training keeps for the way back. */
  readonly activations: number
  /** Weights, and the largest input and output of a layer. */
  readonly prediction: number
  /** Activations in the given precision, and weights, gradients and Adam's two moments, in float32. */
  readonly training: number
}

/** Memory of a model for the account's batch. */
export const memoryOf = (account: ModelAccount, precision: Precision): Memory => {
  const bytes = bytesPerNumber[precision]
  const weights = account.parameters * bytes
  const activations = account.activations * bytes
  return {
    weights,
    activations,
    prediction: weights + account.largest * bytes,
    training: 4 * bytesPerNumber.float32 * account.parameters + activations,
  }
}

/**
 * How fast a chip can be at best, layer by layer: `seconds = max(FLOPs / peak, bytes / bandwidth)`. A precision that the chip has no figure
 * for is computed as fast as float32, and moved in its own size.
 *
 * Source: Williams, Waterman & Patterson 2009.
 */
export const roofline = (account: ModelAccount, chip: Chip, precision: Precision = 'float32'): Roofline => {
  const size = bytesPerNumber[precision]
  const peak = chip.peak[precision] ?? chip.peak.float32!
  const layers = account.layers.map((layer): LayerRoofline => {
    const bytes = size * (layer.reads + layer.writes + layer.parameters)
    return { name: layer.name, bytes, intensity: bytes > 0 ? layer.flops / bytes : 0, ...timeOf(layer, bytes) }
  })
  function timeOf({ flops }: LayerAccount, bytes: number): { bound: Bound; seconds: number } {
    const [compute, memory] = [flops / peak, bytes / chip.bandwidth]
    return { bound: compute >= memory ? 'compute' : 'memory', seconds: Math.max(compute, memory) }
  }
  const spent = (bound: Bound): number => layers.reduce((sum, l) => (l.bound === bound ? sum + l.seconds : sum), 0)
  const moved = size * (account.parameters + sizeOf(account.input) + sizeOf(account.output))
  const memory = memoryOf(account, precision)
  return {
    chip: chip.title,
    precision,
    ridge: peak / chip.bandwidth,
    layers,
    bound: spent('compute') >= spent('memory') ? 'compute' : 'memory',
    seconds: spent('compute') + spent('memory'),
    fusedSeconds: Math.max(account.flops / peak, moved / chip.bandwidth),
    memory,
    fits: memory.prediction <= chip.memory,
    trainingFits: memory.training <= chip.memory,
  }
}
