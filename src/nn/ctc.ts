import { ArgumentError, DTypeError, ShapeError } from '../core/errors.ts'
import { type Shape, sameShape, show } from '../core/shape.ts'
import type { Reduction } from '../ops/loss.ts'
import { scan } from '../tensor/control.ts'
import { arange, full } from '../tensor/creation.ts'
import { concat, stack, where } from '../tensor/functions.ts'
import type { Tensor } from '../tensor/tensor.ts'

type Floats = Tensor<Shape, 'float32'>
type Ids = Tensor<Shape, 'int32'>
type Mask = Tensor<Shape, 'bool'>

export interface CtcLossOptions {
  /** The class that stands for no label. Default 0. */
  readonly blank?: number
  /** Steps of each row that count: int32 `[B]`. Default all. */
  readonly inputLengths?: Ids
  /** Labels of each row that count: int32 `[B]`. Default all. */
  readonly targetLengths?: Ids
  /** Default mean: of each row's loss divided by its number of labels (at least 1), as PyTorch's. */
  readonly reduction?: Reduction
  /** Whether rows that no path can spell, whose loss is infinite, count as 0. Default false. */
  readonly zeroInfinity?: boolean
}

/** Stands for ln 0: far below every ln p, and finite, so that no gradient becomes NaN. */
const impossible = -1e30

/**
 * Connectionist temporal classification: −ln of the probability that a path through the classes spells the labels, once repeats are joined and
 * blanks are taken out, summed over all such paths.
 *
 * **Shape** logProbs: `[B, T, K]`, as `logSoftmax` gives them; targets: int32 `[B, S]`, none of them the blank → `[]`, or `[B]` with reduction
 * `none`.
 *
 * Computed with logarithms by a loop over the steps. A row that no path can spell (it has fewer steps than labels and the blanks between
 * repeated labels) has an infinite loss and a gradient of 0. The gradient is that of the formula; PyTorch's is by the numbers before
 * `logSoftmax` already, and the same behind it.
 *
 * @throws ShapeError, DTypeError, ArgumentError for arguments that do not go together
 * @example
 * const logProbs = randn([2, 12, 5]).logSoftmax() // 12 steps, 4 labels and the blank
 * const loss = nn.ctcLoss(logProbs, tensor([[1, 3, 3], [4, 2, 1]], 'int32'))
 *
 * Source: Graves, Fernández, Gomez & Schmidhuber 2006, equations 6 to 8; checked against PyTorch 2.13's `ctc_loss`.
 */
export const ctcLoss = (logProbs: Floats, targets: Ids, options: CtcLossOptions = {}): Floats => {
  const { blank = 0, reduction = 'mean', zeroInfinity = false } = options
  const [B, T, S] = checkArguments(logProbs, targets, options)
  const steps = options.inputLengths ?? (full([B], T, 'int32') as Ids)
  const labels = options.targetLengths ?? (full([B], S, 'int32') as Ids)
  const place = arange(0, 2 * S + 1, { dtype: 'int32' }) as Ids // [U]
  const spelled = withBlanks(targets, labels, blank) // [B, U], U = 2S + 1: − l₁ − l₂ − … l_S −
  const wanted = spelled.expandDims(1).broadcastTo([B, T, 2 * S + 1]) as Ids
  const emitted = logProbs.takeAlongAxis(wanted, 2).maximum(impossible).transpose([1, 0, 2]) as Floats // [T, B, U]
  const alive = arange(0, T, { dtype: 'int32' })
    .reshape([T, 1, 1])
    .less(steps.reshape([1, B, 1])) as Mask
  const skips = skipsOf(spelled, blank)
  // Before the first step every path is at the first blank, or about to leave it.
  const start = where(place.equal(0 as never) as Mask, full([B, 2 * S + 1], 0) as Floats, impossible) as Floats
  const [last] = scan(
    (alpha: Floats, [emission, on]: readonly [Floats, Mask]): readonly [Floats, null] => {
      const arrived = logSum([alpha, moved(alpha, 1), moved(alpha, 2).add(skips) as Floats])
      return [where(on, arrived.add(emission).maximum(impossible) as Floats, alpha as never) as Floats, null]
    },
    start,
    [emitted, alive] as never,
  ) as unknown as [Floats]
  // A path ends at the last label or at the blank behind it.
  const end = labels.mul(2).reshape([B, 1]) as Ids
  const ends = place.equal(end as never).logicalOr(place.equal(end.sub(1) as never) as never) as Mask
  const total = (where(ends, last, impossible) as Floats).logSumExp(1).neg() as Floats
  const possible = total.less((-impossible / 1e3) as never) as Mask
  const losses = where(possible, total, zeroInfinity ? 0 : Number.POSITIVE_INFINITY) as Floats
  if (reduction === 'none') return losses
  if (reduction === 'sum') return losses.sum() as Floats
  const counts = labels.maximum(1).to('float32')
  return losses.div(counts as never).mean() as Floats
}

/** `[B, S]` → `[B, 2S + 1]`: a blank before, between and behind; behind a row's end blanks only. */
const withBlanks = (targets: Ids, lengths: Ids, blank: number): Ids => {
  const [B, S] = targets.shape as [number, number]
  const blanks = (width: number): Ids => full([B, width], blank, 'int32') as Ids
  if (S === 0) return blanks(1)
  const inside = arange(0, S, { dtype: 'int32' }).less(lengths.reshape([B, 1]) as never) as Mask
  const own = where(inside, targets, blank) as Ids
  const pairs = stack([blanks(S), own], 2).reshape([B, 2 * S]) as Ids
  return concat([pairs, blanks(1)] as readonly Ids[], 1) as Ids
}

/** 0 where a path may come from two places back, over a blank between different labels; elsewhere as good as −∞. */
const skipsOf = (spelled: Ids, blank: number): Floats => {
  const [B, U] = spelled.shape as [number, number]
  const none = full([B, Math.min(2, U)], blank, 'int32') as Ids
  const before = U > 2 ? (concat([none, spelled.slice(null, { end: U - 2 })] as readonly Ids[], 1) as Ids) : none
  const from = before.slice(null, { end: U }) as Ids
  const may = spelled.notEqual(blank as never).logicalAnd(spelled.notEqual(from as never) as never) as Mask
  return where(may, full([B, U], 0) as Floats, impossible) as Floats
}

/** The values `by` places back. */
const moved = (alpha: Floats, by: number): Floats => {
  const [B, U] = alpha.shape as [number, number]
  const none = full([B, Math.min(by, U)], impossible) as Floats
  return U > by ? (concat([none, alpha.slice(null, { end: U - by })] as readonly Floats[], 1) as Floats) : none
}

const logSum = (terms: readonly Floats[]): Floats => {
  const most = terms.reduce((a, b) => a.maximum(b) as Floats).stopGradient() as Floats
  const sum = terms.map(term => term.sub(most).exp() as Floats).reduce((a, b) => a.add(b) as Floats)
  return most.add(sum.log()) as Floats
}

const checkArguments = (
  logProbs: Floats,
  targets: Ids,
  { blank = 0, inputLengths, targetLengths }: CtcLossOptions,
): readonly [B: number, T: number, S: number] => {
  const [B, T, K] = logProbs.shape
  if (logProbs.ndim !== 3 || T! < 1) {
    throw new ShapeError(`ctcLoss: logProbs are ${show(logProbs.shape)}. Expected [B, T, K] with at least one step.`, {
      shape: logProbs.shape,
    })
  }
  if (targets.ndim !== 2 || targets.shape[0] !== B) {
    throw new ShapeError(
      `ctcLoss: targets are ${show(targets.shape)}. Expected [${B}, S], a row of labels for each row of logProbs, filled up to the longest.`,
      { shape: targets.shape },
    )
  }
  if (!Number.isSafeInteger(blank) || blank < 0 || blank >= K!) {
    throw new ArgumentError(`ctcLoss: blank must be one of the ${K} classes, from 0 to ${K! - 1}; got ${blank}.`, {
      blank,
    })
  }
  for (const [key, given] of Object.entries({ inputLengths, targetLengths })) {
    if (given && !sameShape(given.shape, [B!])) {
      throw new ShapeError(`ctcLoss: ${key} are ${show(given.shape)}. Expected [${B}], one for each row.`, {
        shape: given.shape,
      })
    }
  }
  for (const [key, given] of Object.entries({ targets, inputLengths, targetLengths })) {
    if (!given || given.dtype === 'int32') continue
    throw new DTypeError(`ctcLoss: ${key} are ${given.dtype as string}. Convert them with .to('int32').`)
  }
  return [B!, T!, targets.shape[1]!]
}
