import { strideOf } from './kernels.ts'

// The search for the best split of one feature's histogram, with scikit-learn's gains:
// gain = G²/(H + λ) of both sides, less that of the node (Chen & Guestrin 2016, equation 7).

/** What a node brings to the search. */
export interface SplitNode {
  readonly count: number
  readonly gradient: number
  readonly hessian: number
  /** Its value within its bounds, before shrinking. */
  readonly value: number
  readonly lower: number
  readonly upper: number
}

export interface SplitRules {
  readonly minSamplesLeaf: number
  readonly l2: number
  /** Whether hessians are 1 and the histogram has none. */
  readonly constant: boolean
  /** The bin of missing values. */
  readonly missingBin: number
}

/** One feature: where its histogram begins, and its nature. */
export interface SplitFeature {
  readonly at: number
  readonly bins: number
  readonly missing: boolean
  readonly direction: number
}

// A found split, in a row of numbers: gain, bin, whether missing values go left, and the left side's sums; 8 words of left categories.
export const [gainAt, binAt, missingAt, gradientAt, hessianAt, countAt, wordsAt] = [0, 1, 2, 3, 4, 5, 6]
export const width = 14

export const leastHessian = 1e-3

export const leafValue = (gradient: number, hessian: number, l2: number, lower: number, upper: number): number => {
  const value = -gradient / (hessian + l2 + 1e-15)
  return value < lower ? lower : value > upper ? upper : value
}

const gainOf = (
  leftG: number,
  leftH: number,
  rightG: number,
  rightH: number,
  loss: number,
  { lower, upper }: SplitNode,
  l2: number,
  direction: number,
): number => {
  const left = leafValue(leftG, leftH, l2, lower, upper)
  const right = leafValue(rightG, rightH, l2, lower, upper)
  if ((left - right) * direction > 0) return -1
  return loss - leftG * left - rightG * right
}

const almost = 1 - 1e-9

/** Bins in their order: missing values right, then, where there are any, left. */
export const findOrdered = (
  histogram: Float64Array,
  feature: SplitFeature,
  node: SplitNode,
  rules: SplitRules,
  out: Float64Array,
  to: number,
): void => {
  out[to + gainAt] = -1
  const { at, bins, missing, direction } = feature
  const { count, gradient, hessian } = node
  const { minSamplesLeaf, l2, constant } = rules
  const free = direction === 0 && node.lower === -Infinity && node.upper === Infinity
  const stride = strideOf(constant)
  const countPlace = constant ? 1 : 2
  const loss = gradient * node.value
  const ridge = l2 + 1e-15
  let best = -1
  let leftG = 0
  let leftH = 0
  let left = 0
  const end = bins - 1 + (missing ? 1 : 0)
  for (let bin = 0; bin < end; bin++) {
    const place = at + bin * stride
    leftG += histogram[place]!
    const n = histogram[place + countPlace]!
    left += n
    leftH += histogram[place + 1]!
    if (left < minSamplesLeaf) continue
    if (count - left < minSamplesLeaf) break
    if (leftH < leastHessian) continue
    const rightH = hessian - leftH
    if (rightH < leastHessian) break
    const rightG = gradient - leftG
    if (free) {
      // Most are far from the best: that is seen without a division.
      const a = leftH + ridge
      const b = rightH + ridge
      if (leftG * leftG * b + rightG * rightG * a < (best - loss) * a * b * almost) continue
    }
    const gain = free
      ? loss - leftG * (-leftG / (leftH + l2 + 1e-15)) - rightG * (-rightG / (rightH + l2 + 1e-15))
      : gainOf(leftG, leftH, rightG, rightH, loss, node, l2, direction)
    if (gain > best && gain > 0) {
      best = gain
      out[to + gainAt] = gain
      out[to + binAt] = bin
      out[to + missingAt] = 0
      out[to + gradientAt] = leftG
      out[to + hessianAt] = leftH
      out[to + countAt] = left
    }
  }
  if (!missing) return
  let rightG = 0
  let rightH = 0
  let right = 0
  for (let bin = bins - 2; bin >= 0; bin--) {
    const place = at + (bin + 1) * stride
    rightG += histogram[place]!
    const n = histogram[place + countPlace]!
    right += n
    rightH += histogram[place + 1]!
    if (right < minSamplesLeaf) continue
    if (count - right < minSamplesLeaf) break
    if (rightH < leastHessian) continue
    if (hessian - rightH < leastHessian) break
    const gain = gainOf(gradient - rightG, hessian - rightH, rightG, rightH, loss, node, l2, direction)
    if (gain > best && gain > 0) {
      best = gain
      out[to + gainAt] = gain
      out[to + binAt] = bin
      out[to + missingAt] = 1
      out[to + gradientAt] = gradient - rightG
      out[to + hessianAt] = hessian - rightH
      out[to + countAt] = count - right
    }
  }
}

const support = 10

/** Categories in the order of their mean gradients (Fisher 1958), from either end; rare ones stay right. */
export const findCategories = (
  histogram: Float64Array,
  feature: SplitFeature,
  node: SplitNode,
  rules: SplitRules,
  out: Float64Array,
  to: number,
): void => {
  out[to + gainAt] = -1
  const { at, bins, missing } = feature
  const { count, gradient, hessian } = node
  const { minSamplesLeaf, l2, constant, missingBin } = rules
  const stride = strideOf(constant)
  const countPlace = constant ? 1 : 2
  const hessianOf = (bin: number): number => histogram[at + bin * stride + 1]!
  const used: { readonly bin: number; readonly value: number }[] = []
  for (let bin = 0; bin <= bins; bin++) {
    if (bin === bins && !missing) break
    const own = bin === bins ? missingBin : bin
    const h = hessianOf(own)
    if ((h * count) / hessian >= support) used.push({ bin: own, value: histogram[at + own * stride]! / (h + support) })
  }
  if (used.length <= 1) return
  used.sort((a, b) => a.value - b.value)
  const loss = gradient * node.value
  let best = -1
  for (const forward of [true, false]) {
    const middle = ((used.length + 1) >> 1) - (forward ? 0 : 1)
    const words = new Uint32Array(8)
    let leftG = 0
    let leftH = 0
    let left = 0
    for (let i = 0; i < middle; i++) {
      const { bin } = used[forward ? i : used.length - 1 - i]!
      words[bin >>> 5]! |= 1 << (bin & 31)
      leftG += histogram[at + bin * stride]!
      left += histogram[at + bin * stride + countPlace]!
      leftH += hessianOf(bin)
      if (left < minSamplesLeaf || leftH < leastHessian) continue
      if (count - left < minSamplesLeaf || hessian - leftH < leastHessian) break
      const gain = gainOf(leftG, leftH, gradient - leftG, hessian - leftH, loss, node, l2, 0)
      if (gain <= best || gain <= 0) continue
      best = gain
      out[to + gainAt] = gain
      out[to + binAt] = 0
      out[to + missingAt] = missing ? (words[missingBin >>> 5]! >>> (missingBin & 31)) & 1 : 0
      out[to + gradientAt] = leftG
      out[to + hessianAt] = leftH
      out[to + countAt] = left
      out.set(words, to + wordsAt)
    }
  }
}
