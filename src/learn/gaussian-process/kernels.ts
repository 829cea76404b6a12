import { ArgumentError } from '../../core/errors.ts'

// Covariance functions as plain records, which can be stored and sent: what they are worth is in kernel-values.ts.

/** The least and largest value that fitting may choose, or that it may choose none. */
export type KernelBounds = readonly [number, number] | 'fixed'
type Lengths = number | readonly number[]

export interface Rbf {
  readonly kind: 'rbf'
  readonly lengthScale: Lengths
  readonly lengthScaleBounds: KernelBounds
}
export interface Matern {
  readonly kind: 'matern'
  readonly lengthScale: Lengths
  readonly lengthScaleBounds: KernelBounds
  readonly nu: number
}
export interface RationalQuadratic {
  readonly kind: 'rationalQuadratic'
  readonly alpha: number
  readonly alphaBounds: KernelBounds
  readonly lengthScale: number
  readonly lengthScaleBounds: KernelBounds
}
export interface ExpSineSquared {
  readonly kind: 'expSineSquared'
  readonly lengthScale: number
  readonly lengthScaleBounds: KernelBounds
  readonly periodicity: number
  readonly periodicityBounds: KernelBounds
}
export interface DotProduct {
  readonly kind: 'dotProduct'
  readonly sigma0: number
  readonly sigma0Bounds: KernelBounds
}
export interface ConstantKernel {
  readonly kind: 'constantKernel'
  readonly constantValue: number
  readonly constantValueBounds: KernelBounds
}
export interface WhiteKernel {
  readonly kind: 'whiteKernel'
  readonly noiseLevel: number
  readonly noiseLevelBounds: KernelBounds
}
export type LeafKernel = Rbf | Matern | RationalQuadratic | ExpSineSquared | DotProduct | ConstantKernel | WhiteKernel
export interface ComposedKernel {
  readonly kind: 'sumKernel' | 'productKernel'
  readonly kernels: readonly Kernel[]
}
/** A covariance function of two rows. */
export type Kernel = LeafKernel | ComposedKernel

type KindOf = LeafKernel['kind']
/** What fitting chooses of each kind, in scikit-learn's order. */
export const parameterNames: Readonly<Record<KindOf, readonly string[]>> = {
  rbf: ['lengthScale'],
  matern: ['lengthScale'],
  rationalQuadratic: ['alpha', 'lengthScale'],
  expSineSquared: ['lengthScale', 'periodicity'],
  dotProduct: ['sigma0'],
  constantKernel: ['constantValue'],
  whiteKernel: ['noiseLevel'],
}
const smoothness = [0.5, 1.5, 2.5]

const isPositive = (value: unknown): boolean => typeof value === 'number' && value > 0 && value < Infinity
const isLengths = (value: unknown): boolean =>
  isPositive(value) || (Array.isArray(value) && value.length > 0 && value.every(isPositive))
const isBounds = (value: unknown): boolean =>
  value === 'fixed' || (Array.isArray(value) && value.length === 2 && value.every(isPositive) && value[0] <= value[1])
const isComposed = ({ kind }: { readonly kind: unknown }): boolean => kind === 'sumKernel' || kind === 'productKernel'

type Fields = Readonly<Record<string, unknown>>

/** What is wrong with a value of a kernel, as `name must be …`; nothing where all is right. */
const fault = (kernel: Fields): { readonly name: string; readonly expected: string } | undefined => {
  const kind = kernel.kind as KindOf
  for (const name of parameterNames[kind]) {
    const several = kind === 'rbf' || kind === 'matern'
    if (!(several ? isLengths : isPositive)(kernel[name]))
      return { name, expected: several ? 'a number above 0, or a list of them, one a column' : 'a number above 0' }
    if (!isBounds(kernel[`${name}Bounds`]))
      return { name: `${name}Bounds`, expected: '[least, largest], both above 0, or "fixed"' }
  }
  return kind === 'matern' && !smoothness.includes(kernel.nu as number)
    ? { name: 'nu', expected: '0.5, 1.5 or 2.5 (rbf is what it tends to)' }
    : undefined
}

export const isKernel = (value: unknown): value is Kernel => {
  if (typeof value !== 'object' || value === null || !('kind' in value)) return false
  if (isComposed(value)) {
    const { kernels } = value as { readonly kernels?: unknown }
    return Array.isArray(kernels) && kernels.length > 0 && kernels.every(isKernel)
  }
  return Object.hasOwn(parameterNames, value.kind as string) && fault(value as Fields) === undefined
}

const checked = <K extends LeafKernel>(kernel: K, given: object): K => {
  const options = parameterNames[kernel.kind].flatMap(name => [name, `${name}Bounds`])
  if (kernel.kind === 'matern') options.push('nu')
  const unknown = Object.keys(given).find(key => !options.includes(key))
  if (unknown !== undefined)
    throw new ArgumentError(
      `${kernel.kind}: there is no option ${JSON.stringify(unknown)}. The options are ${options.join(', ')}.`,
    )
  const wrong = fault(kernel as unknown as Fields)
  if (wrong) {
    const value = (kernel as unknown as Fields)[wrong.name]
    throw new ArgumentError(
      `${kernel.kind}: ${wrong.name} must be ${wrong.expected}; got ${typeof value === 'number' ? value : JSON.stringify(value)}.`,
    )
  }
  return kernel
}

type Options<K> = Partial<Omit<K, 'kind'>>
const wide: KernelBounds = [1e-5, 1e5]

/**
 * `exp(−½ Σ (xⱼ − yⱼ)² / ℓⱼ²)`: smooth functions. `lengthScale` ℓ (default 1) is one number, or one for each column.
 *
 * Bounds of this and other kernels are those of fitting, [1e-5, 1e5] by default; "fixed" keeps the value.
 *
 * @throws ArgumentError for a value that is not above 0
 * @example rbf({ lengthScale: [1, 10], lengthScaleBounds: [0.1, 100] })
 */
export const rbf = (options: Options<Rbf> = {}): Rbf =>
  checked({ kind: 'rbf', lengthScale: 1, lengthScaleBounds: wide, ...options }, options)

/**
 * Matérn's kernel of the distance d = |x − y| / ℓ: `e^−d` for `nu` 0.5 (rough), `(1 + √3 d) e^(−√3 d)` for 1.5 (once differentiable, the default),
 * `(1 + √5 d + 5/3 d²) e^(−√5 d)` for 2.5.
 *
 * @throws ArgumentError for a value that is not above 0, and another `nu`
 * @example matern({ nu: 2.5, lengthScale: 3 })
 */
export const matern = (options: Options<Matern> = {}): Matern =>
  checked({ kind: 'matern', lengthScale: 1, lengthScaleBounds: wide, nu: 1.5, ...options }, options)

/**
 * `(1 + |x − y|² / (2 α ℓ²))^−α`: functions that vary over many lengths at once.
 *
 * @throws ArgumentError for a value that is not above 0
 * @example rationalQuadratic({ alpha: 0.5, lengthScale: 2 })
 */
export const rationalQuadratic = (options: Options<RationalQuadratic> = {}): RationalQuadratic =>
  checked(
    {
      kind: 'rationalQuadratic',
      alpha: 1,
      alphaBounds: wide,
      lengthScale: 1,
      lengthScaleBounds: wide,
      ...options,
    },
    options,
  )

/**
 * `exp(−2 sin²(π |x − y| / p) / ℓ²)`: functions that repeat after the `periodicity` p.
 *
 * @throws ArgumentError for a value that is not above 0
 * @example expSineSquared({ periodicity: 12, periodicityBounds: 'fixed' })
 */
export const expSineSquared = (options: Options<ExpSineSquared> = {}): ExpSineSquared =>
  checked(
    {
      kind: 'expSineSquared',
      lengthScale: 1,
      lengthScaleBounds: wide,
      periodicity: 1,
      periodicityBounds: wide,
      ...options,
    },
    options,
  )

/**
 * `σ₀² + x·y`: linear functions.
 *
 * @throws ArgumentError for a value that is not above 0
 * @example dotProduct({ sigma0: 0.5 })
 */
export const dotProduct = (options: Options<DotProduct> = {}): DotProduct =>
  checked({ kind: 'dotProduct', sigma0: 1, sigma0Bounds: wide, ...options }, options)

/**
 * The same number `constantValue` for any two rows: a factor of a product, or an unknown mean in a sum.
 *
 * @throws ArgumentError for a value that is not above 0
 * @example productKernel(constantKernel({ constantValue: 2 }), rbf())
 */
export const constantKernel = (options: Options<ConstantKernel> = {}): ConstantKernel =>
  checked({ kind: 'constantKernel', constantValue: 1, constantValueBounds: wide, ...options }, options)

/**
 * `noiseLevel` (a variance) for a row with itself, else 0: noise of the targets.
 *
 * @throws ArgumentError for a value that is not above 0
 * @example sumKernel(rbf(), whiteKernel({ noiseLevel: 0.1 }))
 */
export const whiteKernel = (options: Options<WhiteKernel> = {}): WhiteKernel =>
  checked({ kind: 'whiteKernel', noiseLevel: 1, noiseLevelBounds: wide, ...options }, options)

const composed =
  (kind: ComposedKernel['kind']) =>
  (...kernels: readonly Kernel[]): ComposedKernel => {
    const wrong = kernels.findIndex(kernel => !isKernel(kernel))
    if (wrong >= 0)
      throw new ArgumentError(
        `${kind}: argument ${wrong} is no kernel. Make each with rbf(), matern(), constantKernel() and their like.`,
      )
    if (kernels.length === 0) throw new ArgumentError(`${kind}: takes at least one kernel; got none.`)
    return { kind, kernels }
  }

/**
 * The sum of kernels: functions that are sums of independent ones.
 *
 * @throws ArgumentError where an argument is no kernel
 * @example sumKernel(rbf(), whiteKernel())
 */
export const sumKernel = composed('sumKernel')

/**
 * The product of kernels.
 *
 * @throws ArgumentError where an argument is no kernel
 * @example productKernel(constantKernel(), matern())
 */
export const productKernel = composed('productKernel')
