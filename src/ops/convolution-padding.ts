import type { OnnxBuilder, Value } from '../graph/lowering.ts'
import { onnxPads, type Pair } from './window.ts'

/** Zeros around each axis. */
export const padded = (b: OnnxBuilder, x: Value, pads: readonly Pair[]): Value => {
  if (pads.flat().every(n => n === 0)) return x
  const shape = x.shape.map((n, i) => n + pads[i]![0] + pads[i]![1])
  return { name: b.op('Pad', [x.name, b.ints(onnxPads(pads)), b.constant([0], x.dtype, [])]), shape, dtype: x.dtype }
}

/** Cuts off what a negative padding asks to. */
export const cropped = (b: OnnxBuilder, x: Value, pads: readonly Pair[]): Value => {
  if (pads.every(([before, after]) => before >= 0 && after >= 0)) return x
  const starts = pads.map(([before]) => Math.max(-before, 0))
  const ends = pads.map(([, after], i) => x.shape[i + 2]! - Math.max(-after, 0))
  const axes = pads.map((_, i) => i + 2)
  return {
    name: b.op('Slice', [x.name, b.ints(starts), b.ints(ends), b.ints(axes)]),
    shape: [...x.shape.slice(0, 2), ...ends.map((e, i) => e - starts[i]!)],
    dtype: x.dtype,
  }
}
