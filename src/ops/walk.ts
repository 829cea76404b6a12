import { type Shape, stridesOf } from '../core/shape.ts'

/** Strides that read a tensor of `from` as if broadcast to `to`: 0 along repeated axes. */
export const broadcastStrides = (from: Shape, to: Shape): number[] => {
  const strides = stridesOf(from)
  const lead = to.length - from.length
  return to.map((_, i) => (i < lead || from[i - lead] === 1 ? 0 : strides[i - lead]!))
}

/** Visits every index of `shape` in row-major order with the element offset under each list of strides. */
export const walk = (
  shape: Shape,
  strides: readonly (readonly number[])[],
  visit: (offsets: readonly number[], position: number) => void,
): void => {
  const ndim = shape.length
  const offsets = strides.map(() => 0)
  const index = new Array<number>(ndim).fill(0)
  if (shape.includes(0)) return
  for (let position = 0; ; position++) {
    visit(offsets, position)
    let axis = ndim - 1
    for (; axis >= 0; axis--) {
      index[axis]!++
      for (let k = 0; k < strides.length; k++) offsets[k]! += strides[k]![axis]!
      if (index[axis]! < shape[axis]!) break
      for (let k = 0; k < strides.length; k++) offsets[k]! -= strides[k]![axis]! * shape[axis]!
      index[axis] = 0
    }
    if (axis < 0) return
  }
}

/** Sizes before, along and after an axis, to address `[outer, n, inner]`. */
export const splitAt = (shape: Shape, axis: number): { outer: number; n: number; inner: number } => {
  let outer = 1
  let inner = 1
  for (let i = 0; i < axis; i++) outer *= shape[i]!
  for (let i = axis + 1; i < shape.length; i++) inner *= shape[i]!
  return { outer, n: shape[axis]!, inner }
}
