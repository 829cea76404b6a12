/** Kernels to choose from; `own` is somebody's own. */
export const kernelNames = ['sobel-x', 'sobel-y', 'blur', 'sharpen', 'identity', 'edges', 'own'] as const
export type KernelName = (typeof kernelNames)[number]

/** A kernel: weights row by row, and a number that they are all divided by. */
interface Weights {
  readonly by?: number
  readonly of: readonly number[]
}

const outer = (column: readonly number[], row: readonly number[]): number[] => column.flatMap(a => row.map(b => a * b))
const only = (side: number, middle: number, others: number): number[] =>
  Array.from({ length: side * side }, (_, i) => (i === (side * side) >> 1 ? middle : others))

/** Sobel's kernels are a difference one way and a blur the other (Sobel and Feldman 1968); blurs are binomial, near to Gauss's bell. */
const known: Readonly<Record<Exclude<KernelName, 'own'>, Readonly<Record<'3' | '5', Weights>>>> = {
  'sobel-x': { 3: { of: outer([1, 2, 1], [-1, 0, 1]) }, 5: { of: outer([1, 4, 6, 4, 1], [-1, -2, 0, 2, 1]) } },
  'sobel-y': { 3: { of: outer([-1, 0, 1], [1, 2, 1]) }, 5: { of: outer([-1, -2, 0, 2, 1], [1, 4, 6, 4, 1]) } },
  blur: {
    3: { by: 16, of: outer([1, 2, 1], [1, 2, 1]) },
    5: { by: 256, of: outer([1, 4, 6, 4, 1], [1, 4, 6, 4, 1]) },
  },
  sharpen: {
    3: { of: [0, -1, 0, -1, 5, -1, 0, -1, 0] },
    5: { by: 256, of: outer([1, 4, 6, 4, 1], [1, 4, 6, 4, 1]).map((w, i) => (i === 12 ? 512 : 0) - w) },
  },
  identity: { 3: { of: only(3, 1, 0) }, 5: { of: only(5, 1, 0) } },
  edges: { 3: { of: only(3, 8, -1) }, 5: { of: only(5, 24, -1) } },
}

/** What a kernel's cells are now. One's own that has another size than was chosen is put into its middle, or cut to it. */
export const cellsOf = (kernel: KernelName, side: '3' | '5', own: readonly number[]): readonly number[] => {
  if (kernel !== 'own') {
    const { of, by = 1 } = known[kernel][side]
    return of.map(weight => weight / by)
  }
  const [to, from] = [Number(side), Math.sqrt(own.length)]
  const shift = (from - to) / 2
  return Array.from({ length: to * to }, (_, i) => {
    const [row, column] = [Math.floor(i / to) + shift, (i % to) + shift]
    return row < 0 || column < 0 || row >= from || column >= from ? 0 : own[row * from + column]!
  })
}

/** Cells of the output along one axis. */
export const outputSize = (size: number, kernel: number, stride: number, padding: number): number =>
  Math.floor((size + 2 * padding - kernel) / stride) + 1
