import { ArgumentError } from '../core/errors.ts'
import type { Shape } from '../core/shape.ts'
import { sizeOf } from '../core/shape.ts'
import { concat } from '../tensor/functions.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { tensorOf, type Values, valuesIn } from './values.ts'

/** Where a parameter lies: anywhere, above 0, between 0 and 1, or (its last axis) probabilities that add up to 1. */
export type Constraint = 'real' | 'positive' | 'unitInterval' | 'simplex'

/** How a constrained parameter is made of free numbers, so that any step of a search or a chain stays inside. */
interface Transform {
  /** Free numbers for a parameter of a shape. */
  readonly free: (shape: Shape) => Shape
  readonly to: (free: Tensor) => Tensor
  readonly from: (values: Float64Array, shape: Shape) => Float64Array
  /** ln of what the change of variable does to a density. */
  readonly logJacobian: (free: Tensor) => Tensor
}

const sumAll = (x: Tensor): Tensor => x.sum() as Tensor
const logit = (p: number): number => Math.log(p) - Math.log1p(-p)
/** ln(i) of the breaks still to come: equal parts where all free numbers are 0 (Stan's reference, 10.7). */
const offsets = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => Math.log(n - i))

const transforms: Readonly<Record<Constraint, Transform>> = {
  real: { free: shape => shape, to: x => x, from: v => v, logJacobian: x => sumAll(x.mul(0)) },
  positive: { free: shape => shape, to: x => x.exp(), from: v => v.map(Math.log), logJacobian: sumAll },
  unitInterval: {
    free: shape => shape,
    to: x => x.sigmoid(),
    from: v => v.map(logit),
    logJacobian: x => sumAll(x.logSigmoid().add(x.neg().logSigmoid())),
  },
  simplex: {
    free: shape => [...shape.slice(0, -1), shape.at(-1)! - 1],
    to: x => {
      const { logBreak, logRest } = sticks(x)
      return concat(
        [
          logBreak.add(logRest.slice(...leading(x), { end: -1 })) as Tensor,
          logRest.slice(...leading(x), { start: -1 }),
        ],
        -1,
      ).exp() as Tensor
    },
    from: (values, shape) => {
      const k = shape.at(-1)!
      const out: number[] = []
      for (let at = 0; at < values.length; at += k) {
        let rest = 1
        for (const [i, offset] of offsets(k - 1).entries()) {
          out.push(logit(values[at + i]! / rest) + offset)
          rest -= values[at + i]!
        }
      }
      return Float64Array.from(out)
    },
    logJacobian: x => {
      const { logBreak, logStay, logRest } = sticks(x)
      return sumAll(logBreak.add(logStay).add(logRest.slice(...leading(x), { end: -1 })) as Tensor)
    },
  },
}
const leading = (x: Tensor): null[] => new Array<null>(x.ndim - 1).fill(null)
/** Each part is a share of what is left of a stick of length 1. */
const sticks = (x: Tensor): { logBreak: Tensor; logStay: Tensor; logRest: Tensor } => {
  const moved = x.sub(tensorOf(offsets(x.shape.at(-1)!), x.dtype)) as Tensor
  const logStay = moved.neg().logSigmoid()
  const none = (x.slice(...leading(x), { end: 1 }) as Tensor).mul(0)
  return { logBreak: moved.logSigmoid(), logStay, logRest: concat([none, logStay.cumsum(-1)], -1) as Tensor }
}

/** Parameters by name, as a model takes them. */
export type ModelParameters = Readonly<Record<string, Tensor>>
export type Constraints = Readonly<Record<string, Constraint>>

/** Named, constrained parameters as one vector of free numbers. */
export interface Layout {
  readonly names: readonly string[]
  readonly shapes: Readonly<Record<string, Shape>>
  readonly size: number
  readonly start: Float64Array
  /** From a tensor `[size]`. */
  readonly unpack: (free: Tensor) => ModelParameters
  /** From a tensor `[n, size]`: parameters `[n, ...]`. */
  readonly unpackRows: (free: Tensor) => ModelParameters
  readonly logJacobian: (free: Tensor) => Tensor
}

/** Reads a starting point and the constraints on it. */
export const layoutOf = (
  where: string,
  init: Readonly<Record<string, Values>>,
  constraints: Constraints = {},
): Layout => {
  const names = Object.keys(init)
  if (names.length === 0) throw new ArgumentError(`${where}: init is empty. Name the parameters and where to begin.`)
  for (const [name, constraint] of Object.entries(constraints)) {
    if (!names.includes(name))
      throw new ArgumentError(
        `${where}: constraints name "${name}", which init has not. Its parameters are ${names.join(', ')}.`,
      )
    if (!Object.hasOwn(transforms, constraint))
      throw new ArgumentError(
        `${where}: the constraint of ${name} must be one of ${Object.keys(transforms).join(', ')}; got ${constraint}.`,
      )
  }
  const parts = names.map(name => {
    const value = tensorOf(init[name]!, 'float64')
    const transform = transforms[constraints[name] ?? 'real']
    const start = transform.from(valuesIn(where, name, value), value.shape)
    const wrong = start.findIndex(v => !Number.isFinite(v))
    if (wrong >= 0) {
      throw new ArgumentError(
        `${where}: init.${name} is not inside its constraint "${constraints[name] ?? 'real'}". Begin at finite values off the edge.`,
        { name },
      )
    }
    return { name, shape: value.shape, free: transform.free(value.shape), transform, start }
  })
  const size = parts.reduce((n, p) => n + p.start.length, 0)
  /** The last axis cut into parameters, an axis of rows before it kept. */
  const pieces = (x: Tensor): Tensor[] => {
    let at = 0
    return parts.map(p => {
      const from = at
      at += sizeOf(p.free)
      const part = x.slice(...leading(x), { start: from, end: at }) as Tensor
      return part.reshape([...x.shape.slice(0, -1), ...p.free]) as Tensor
    })
  }
  const unpack = (x: Tensor): ModelParameters =>
    Object.fromEntries(pieces(x).map((piece, i) => [parts[i]!.name, parts[i]!.transform.to(piece)]))
  return {
    names,
    shapes: Object.fromEntries(parts.map(p => [p.name, p.shape])),
    size,
    start: Float64Array.from(parts.flatMap(p => [...p.start])),
    unpack,
    unpackRows: unpack,
    logJacobian: x =>
      pieces(x)
        .map((piece, i) => parts[i]!.transform.logJacobian(piece))
        .reduce((a, b) => a.add(b) as Tensor),
  }
}
