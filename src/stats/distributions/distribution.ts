import { convert, type DType, isFloat } from '../../core/dtype.ts'
import { ArgumentError, DTypeError } from '../../core/errors.ts'
import { broadcastShapes, checkShape, type Shape, sizeOf } from '../../core/shape.ts'
import { leaf } from '../../graph/node.ts'
import { problem, type Rule } from '../../core/options.ts'
import { Tensor } from '../../tensor/tensor.ts'
import { openStream, type RandomSource, type RandomStream } from '../random-stream.ts'
import { knownValues, tensorOf, type Values } from '../values.ts'

/** Parameters by name, as tensors of one float dtype. */
export type Parameters<K extends string = string> = Readonly<Record<K, Tensor>>

/** The float dtype that parameters are in: that of those that are tensors, float64 where all are numbers. */
export const dtypeOfParameters = (where: string, given: Readonly<Record<string, unknown>>): DType => {
  let found: { readonly name: string; readonly dtype: DType } | null = null
  for (const [name, value] of Object.entries(given)) {
    if (!(value instanceof Tensor) || !isFloat(value.dtype)) continue
    if (found && found.dtype !== value.dtype) {
      throw new DTypeError(
        `${where}: ${found.name} is ${found.dtype} and ${name} is ${value.dtype}. All parameters must have one dtype; convert one with to("${value.dtype}").`,
        { given: [found.dtype, value.dtype] },
      )
    }
    found = { name, dtype: value.dtype }
  }
  return found?.dtype ?? 'float64'
}

/** Throws for the first value that breaks the rule. What a tensor holds that is not computed yet is not known. */
export const checkParameter = (where: string, name: string, value: Tensor, rule: Rule): void => {
  const values = knownValues(value)
  if (!values) return
  for (let i = 0; i < values.length; i++) {
    const wrong = problem(rule, values[i]!)
    if (wrong) {
      const place = value.ndim === 0 ? name : `${name}[${i}]`
      throw new ArgumentError(`${where}: ${place} ${wrong}.`, { name, index: i, value: values[i]! })
    }
  }
}

/** Parameters as tensors of one dtype, checked, with defaults filled in. */
export const readParameters = <K extends string>(
  where: string,
  rules: Readonly<Record<K, Rule>>,
  given: Readonly<Partial<Record<K, Values | undefined>>>,
): Parameters<K> => {
  const names = Object.keys(rules) as K[]
  for (const name of Object.keys(given)) {
    if (names.includes(name as K)) continue
    throw new ArgumentError(`${where}: unknown parameter "${name}". The parameters are ${names.join(', ')}.`, { name })
  }
  const dtype = dtypeOfParameters(where, given)
  const read = names.map(name => {
    const value = given[name] ?? rules[name].default
    if (value === undefined) throw new ArgumentError(`${where}: ${name} is required: ${rules[name].help}.`, { name })
    const x = tensorOf(value as Values, dtype)
    checkParameter(where, name, x, rules[name])
    return [name, x] as const
  })
  return Object.fromEntries(read) as unknown as Parameters<K>
}

/** A random variable, or a batch of independent ones. All it gives is a tensor in the parameters' dtype. */
export abstract class Distribution {
  /** The family's name, as the function that makes it. */
  readonly name: string
  readonly parameters: Parameters
  /** Shape of the parameters together: so many distributions it is. */
  readonly batchShape: Shape
  /** Shape of one value: `[]` for a number. */
  readonly eventShape: Shape
  readonly dtype: DType

  constructor(name: string, parameters: Parameters, batchShape: Shape, eventShape: Shape) {
    this.name = name
    this.parameters = parameters
    this.batchShape = batchShape
    this.eventShape = eventShape
    this.dtype = Object.values(parameters)[0]!.dtype
  }

  /** Where the density is above 0, in words. */
  abstract get support(): string
  abstract get mean(): Tensor
  abstract get variance(): Tensor
  /** The most probable value; NaN where there is none or several. */
  abstract get mode(): Tensor
  /**
   * ln of the density (or probability) at x, differentiable in x and in the parameters; −∞ outside the support, where its gradient is 0.
   *
   * **Shape** x: anything that broadcasts with `[...batch, ...event]` → `[...batch]`.
   */
  abstract logProb(x: Values): Tensor
  /** −E ln p(X), in nats. */
  abstract entropy(): Tensor
  /** Standard deviation. */
  get stddev(): Tensor {
    return this.variance.sqrt()
  }
  /**
   * Independent draws, which no gradient passes. The generator moves on by one block, whatever their number.
   *
   * **Shape** `[...shape, ...batch, ...event]`.
   */
  abstract sample(shape?: Shape, source?: RandomSource): Tensor
  /**
   * Draws through which gradients flow to the parameters: a function of the parameters and of noise that does not depend on them.
   *
   * @throws ArgumentError for a family that has no such function here
   *
   * Source: Kingma & Welling 2014, section 2.4.
   */
  rsample(_shape: Shape = [], _source: RandomSource = {}): Tensor {
    throw new ArgumentError(
      `${this.name}.rsample: this family has no reparametrised sample. Use sample(), whose draws are constants, or the score function logProb.`,
      { name: this.name },
    )
  }
}

/** A distribution that is drawn from number by number, on the host; the parameters must have been evaluated. */
export abstract class Drawn extends Distribution {
  /** What fills `out` with one draw from each distribution of the batch. */
  protected abstract drawer(): (out: Float64Array, start: number, stream: RandomStream) => void

  sample(shape: Shape = [], source: RandomSource = {}): Tensor {
    checkShape(`${this.name}.sample`, shape)
    const draw = this.drawer()
    const each = sizeOf(this.batchShape) * sizeOf(this.eventShape)
    const count = sizeOf(shape)
    const dtype = this.sampleDType
    const open = openStream(source)
    const make = () => {
      const stream = open()
      const values = new Float64Array(count * each)
      for (let i = 0; i < count; i++) draw(values, i * each, stream)
      return { dtype, array: convert(values, dtype) }
    }
    return new Tensor(
      leaf({ shape: [...shape, ...this.batchShape, ...this.eventShape], dtype }, { kind: 'host', make }),
    )
  }
  protected get sampleDType(): DType {
    return this.dtype
  }
}

/** The shape that parameters broadcast to. */
export const batchShapeOf = (where: string, parameters: Parameters): Shape =>
  Object.values(parameters).reduce<Shape>((shape, p) => broadcastShapes(where, shape, p.shape), [])

/** Uniform numbers in (0, 1) or standard normal ones, as a tensor made when it is needed. */
export const noise = (kind: 'uniform' | 'normal', shape: Shape, dtype: DType, source: RandomSource): Tensor => {
  const open = openStream(source)
  const make = () => {
    const stream = open()
    const values = Float64Array.from({ length: sizeOf(shape) }, () =>
      kind === 'uniform' ? stream.uniform() : stream.normal(),
    )
    return { dtype, array: convert(values, dtype) }
  }
  return new Tensor(leaf({ shape: [...shape], dtype }, { kind: 'host', make }))
}
