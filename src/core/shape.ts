import { ArgumentError, ShapeError } from './errors.ts'

/** Sizes of the axes, outermost first. A scalar is `[]`. */
export type Shape = readonly number[]

export const show = (shape: Shape): string => `[${shape.join(', ')}]`

/** Number of elements. */
export const sizeOf = (shape: Shape): number => {
  let size = 1
  for (const n of shape) size *= n
  return size
}

export const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((n, i) => n === b[i])

/** Row-major strides in elements. */
export const stridesOf = (shape: Shape): number[] => {
  const strides = new Array<number>(shape.length)
  let step = 1
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = step
    step *= shape[i]!
  }
  return strides
}

/** The shape that both broadcast to, axes aligned from the last (NumPy's rule). */
export const broadcastShapes = (where: string, a: Shape, b: Shape): Shape => {
  if (sameShape(a, b)) return a
  const ndim = Math.max(a.length, b.length)
  const out = new Array<number>(ndim)
  for (let i = 1; i <= ndim; i++) {
    const m = a[a.length - i] ?? 1
    const n = b[b.length - i] ?? 1
    if (m !== n && m !== 1 && n !== 1) {
      throw new ShapeError(
        `${where}: shapes ${show(a)} and ${show(b)} do not broadcast: ${m} meets ${n} on axis ${-i}. Sizes must be equal or 1, aligned from the last axis.`,
        { a, b },
      )
    }
    out[ndim - i] = m === 1 ? n : m
  }
  return out
}

/** Axis counted from the front; negative ones count from the back. */
export const normalizeAxis = (where: string, axis: number, ndim: number): number => {
  if (!Number.isInteger(axis) || axis < -ndim || axis >= ndim) {
    const allowed = ndim === 0 ? 'A scalar has no axes.' : `Allowed: ${-ndim} to ${ndim - 1}.`
    throw new ArgumentError(`${where}: axis ${axis} does not exist in a tensor of ${ndim} axes. ${allowed}`, {
      axis,
      ndim,
    })
  }
  return axis < 0 ? axis + ndim : axis
}

/** Sorted, distinct axes; all of them when none are given. */
export const normalizeAxes = (where: string, axes: number | readonly number[] | undefined, ndim: number): number[] => {
  if (axes === undefined) return Array.from({ length: ndim }, (_, i) => i)
  const list = (typeof axes === 'number' ? [axes] : [...axes]).map(a => normalizeAxis(where, a, ndim))
  list.sort((a, b) => a - b)
  const twice = list.find((a, i) => i > 0 && a === list[i - 1])
  if (twice !== undefined) {
    throw new ArgumentError(`${where}: axis ${twice} is named twice. Name each axis once.`, { axes: list })
  }
  return list
}

/** Throws unless every size is a whole number of at least 0. */
export const checkShape = (where: string, shape: Shape): void => {
  for (const n of shape) {
    if (!Number.isSafeInteger(n) || n < 0) {
      throw new ShapeError(
        `${where}: ${show(shape)} is not a shape. Sizes must be whole numbers of at least 0; got ${n}.`,
        {
          shape,
        },
      )
    }
  }
}
