import { ArgumentError } from '../../core/errors.ts'
import { type Kernel, type KernelBounds, type LeafKernel, parameterNames } from './kernels.ts'

// What fitting chooses of a kernel, as one list of logarithms.

type Fields = Readonly<Record<string, number | readonly number[] | KernelBounds>>
const fieldsOf = (kernel: LeafKernel): Fields => kernel as unknown as Fields
const isComposed = (kernel: Kernel): kernel is Exclude<Kernel, LeafKernel> => 'kernels' in kernel

/** The names of what is not fixed. */
export const freeNames = (kernel: LeafKernel): readonly string[] =>
  parameterNames[kernel.kind].filter(name => fieldsOf(kernel)[`${name}Bounds`] !== 'fixed')

const valuesOf = (kernel: LeafKernel, name: string): readonly number[] => {
  const value = fieldsOf(kernel)[name] as number | readonly number[]
  return typeof value === 'number' ? [value] : value
}

/** The logarithms of all that is not fixed. */
export const thetaOf = (kernel: Kernel): number[] =>
  isComposed(kernel)
    ? kernel.kernels.flatMap(thetaOf)
    : freeNames(kernel).flatMap(name => valuesOf(kernel, name).map(Math.log))

/** The logarithms of the bounds of each element of {@link thetaOf}. */
export const boundsOf = (kernel: Kernel): (readonly [number, number])[] =>
  isComposed(kernel)
    ? kernel.kernels.flatMap(boundsOf)
    : freeNames(kernel).flatMap(name => {
        const [least, most] = fieldsOf(kernel)[`${name}Bounds`] as readonly [number, number]
        return valuesOf(kernel, name).map(() => [Math.log(least), Math.log(most)] as const)
      })

/** The kernel with other values of what is not fixed. */
export const withTheta = (kernel: Kernel, theta: ArrayLike<number>): Kernel => {
  let at = 0
  const next = (): number => Math.exp(theta[at++]!)
  const changed = (one: Kernel): Kernel => {
    if (isComposed(one)) return { ...one, kernels: one.kernels.map(changed) }
    const entries = freeNames(one).map(name => {
      const value = fieldsOf(one)[name]
      return [name, typeof value === 'number' ? next() : (value as readonly number[]).map(next)] as const
    })
    return { ...one, ...Object.fromEntries(entries) } as LeafKernel
  }
  return changed(kernel)
}

/** @throws ArgumentError where a kernel has lengths for another number of columns */
export const requireColumns = (kernel: Kernel, columns: number, where: string): void => {
  if (isComposed(kernel)) {
    for (const one of kernel.kernels) requireColumns(one, columns, where)
    return
  }
  if (!('lengthScale' in kernel) || typeof kernel.lengthScale === 'number') return
  if (kernel.lengthScale.length === columns) return
  throw new ArgumentError(
    `${where}: lengthScale of ${kernel.kind} has ${kernel.lengthScale.length} values and X has ${columns} columns. Pass one number, or one a column.`,
  )
}
