import type { SpaceTree } from './quad-tree.ts'

/** Joint probabilities of neighbours: those of row `i` stand from `start[i]` to `start[i + 1]`. */
export interface Affinities {
  readonly start: Int32Array
  readonly neighbour: Int32Array
  readonly p: Float64Array
}

/**
 * Makes conditional probabilities joint: `pᵢⱼ = (pⱼ|ᵢ + pᵢ|ⱼ) / 2N`, where either is known.
 */
export const joint = (rows: number, k: number, indices: Int32Array, conditional: Float64Array): Affinities => {
  const count = new Int32Array(rows + 1)
  const others = new Map<number, number>()
  const key = (i: number, j: number): number => i * rows + j
  for (let i = 0; i < rows; i++) {
    for (let c = 0; c < k; c++) {
      const j = indices[i * k + c]!
      const p = conditional[i * k + c]!
      others.set(key(i, j), (others.get(key(i, j)) ?? 0) + p)
      others.set(key(j, i), (others.get(key(j, i)) ?? 0) + p)
    }
  }
  for (const at of others.keys()) count[Math.floor(at / rows) + 1]!++
  for (let i = 0; i < rows; i++) count[i + 1]! += count[i]!
  const next = count.slice(0, rows)
  const neighbour = new Int32Array(others.size)
  const p = new Float64Array(others.size)
  let total = 0
  for (const value of others.values()) total += value
  for (const [at, value] of others) {
    const i = Math.floor(at / rows)
    const to = next[i]!++
    neighbour[to] = at - i * rows
    p[to] = Math.max(value / total, Number.EPSILON)
  }
  return { start: count, neighbour, p }
}

export interface Descent {
  /** Kullback and Leibler's divergence, where it was asked for; else NaN. */
  readonly divergence: number
  /** The divergence without exaggeration, where somebody watches; else NaN. */
  readonly watched: number
}

/** The divergence alone. It has a pass of its own, so that watching leaves the rounding of gradients as it is. */
const divergenceOf = (
  { start, neighbour, p }: Affinities,
  Y: Float64Array,
  { d, degrees, sumQ }: { readonly d: number; readonly degrees: number; readonly sumQ: number },
): number => {
  const power = (degrees + 1) / 2
  let total = 0
  for (let i = 0; i < start.length - 1; i++) {
    for (let k = start[i]!; k < start[i + 1]!; k++) {
      let distance = 0
      for (let a = 0; a < d; a++) distance += (Y[i * d + a]! - Y[neighbour[k]! * d + a]!) ** 2
      const q = (1 + distance / degrees) ** -power / sumQ
      total += p[k]! * Math.log(p[k]! / Math.max(q, Number.EPSILON))
    }
  }
  return total
}

/**
 * The gradient of the divergence of t-SNE by the positions, far points taken together (Barnes & Hut). `degrees` are those of Student's t.
 *
 * Source: van der Maaten 2014, section 4.
 */
export const barnesHutGradient = (
  tree: SpaceTree,
  { start, neighbour, p }: Affinities,
  Y: Float64Array,
  {
    gradient,
    angle,
    exaggeration,
    degrees,
    wantDivergence,
    watch = false,
  }: {
    readonly gradient: Float64Array
    readonly angle: number
    readonly exaggeration: number
    readonly degrees: number
    readonly wantDivergence: boolean
    readonly watch?: boolean
  },
): Descent => {
  const d = tree.dimensions
  const N = Y.length / d
  tree.build(Y)
  const sumQ =
    d === 2 && degrees === 1 ? repelPlane(tree, Y, gradient, angle) : repel(tree, Y, gradient, { angle, degrees })
  const power = (degrees + 1) / 2
  let divergence = 0
  for (let i = 0; i < N * d; i++) gradient[i]! *= -1 / sumQ
  if (d === 2 && degrees === 1 && !wantDivergence) attractPlane({ start, neighbour, p }, Y, gradient, exaggeration)
  else
    for (let i = 0; i < N; i++) {
      for (let k = start[i]!; k < start[i + 1]!; k++) {
        const j = neighbour[k]!
        let distance = 0
        for (let a = 0; a < d; a++) distance += (Y[i * d + a]! - Y[j * d + a]!) ** 2
        const base = 1 / (1 + distance / degrees)
        const q = degrees === 1 ? base : base ** power
        const own = exaggeration * p[k]!
        for (let a = 0; a < d; a++) gradient[i * d + a]! += own * base * (Y[i * d + a]! - Y[j * d + a]!)
        if (wantDivergence) divergence += own * Math.log(own / Math.max(q / sumQ, Number.EPSILON))
      }
    }
  const scale = (2 * (degrees + 1)) / degrees
  for (let i = 0; i < N * d; i++) gradient[i]! *= scale
  return {
    divergence: wantDivergence ? divergence : Number.NaN,
    watched: watch ? divergenceOf({ start, neighbour, p }, Y, { d, degrees, sumQ }) : Number.NaN,
  }
}

/** Adds what pulls each point to its neighbours. */
const attractPlane = (
  { start, neighbour, p }: Affinities,
  Y: Float64Array,
  gradient: Float64Array,
  exaggeration: number,
): void => {
  for (let i = 0; i < start.length - 1; i++) {
    const x = Y[2 * i]!
    const y = Y[2 * i + 1]!
    let fx = 0
    let fy = 0
    const end = start[i + 1]!
    for (let k = start[i]!; k < end; k++) {
      const j = 2 * neighbour[k]!
      const dx = x - Y[j]!
      const dy = y - Y[j + 1]!
      const pull = p[k]! / (1 + dx * dx + dy * dy)
      fx += pull * dx
      fy += pull * dy
    }
    gradient[2 * i]! += exaggeration * fx
    gradient[2 * i + 1]! += exaggeration * fy
  }
}

/** Adds up what pushes each point away; returns the sum of all similarities. */
const repelPlane = (
  { boxes, skip, count, order }: SpaceTree,
  Y: Float64Array,
  force: Float64Array,
  angle: number,
): number => {
  const limit = angle * angle
  let sum = 0
  // In the order of the boxes: what one point opens, the next most likely opens too.
  for (let n = 0; n < order.length; n++) {
    const i = 2 * order[n]!
    const x = Y[i]!
    const y = Y[i + 1]!
    let fx = 0
    let fy = 0
    let own = 0
    for (let box = 0; box < count; ) {
      const at = 4 * box
      const dx = x - boxes[at]!
      const dy = y - boxes[at + 1]!
      const distance = dx * dx + dy * dy
      const width2 = boxes[at + 3]!
      if (width2 < limit * distance || width2 === 0) {
        const q = 1 / (1 + distance)
        const weighted = boxes[at + 2]! * q
        own += weighted
        const pushed = weighted * q
        fx += pushed * dx
        fy += pushed * dy
        box = skip[box]!
      } else box++
    }
    // The point itself is in a box at distance 0.
    sum += own - 1
    force[i] = fx
    force[i + 1] = fy
  }
  return Math.max(sum, Number.EPSILON)
}

const repel = (
  { boxes, skip, count, order, dimensions: d, stride }: SpaceTree,
  Y: Float64Array,
  force: Float64Array,
  { angle, degrees }: { readonly angle: number; readonly degrees: number },
): number => {
  const limit = angle * angle
  const power = (degrees + 1) / 2
  const step = new Float64Array(d)
  const own = new Float64Array(d)
  let sum = 0
  for (const i of order) {
    own.fill(0)
    let near = 0
    for (let box = 0; box < count; ) {
      const at = box * stride
      let distance = 0
      for (let a = 0; a < d; a++) {
        step[a] = Y[i * d + a]! - boxes[at + a]!
        distance += step[a]! * step[a]!
      }
      const width2 = boxes[at + d + 1]!
      if (width2 < limit * distance || width2 === 0) {
        const base = 1 / (1 + distance / degrees)
        const weighted = boxes[at + d]! * (degrees === 1 ? base : base ** power)
        near += weighted
        for (let a = 0; a < d; a++) own[a]! += weighted * base * step[a]!
        box = skip[box]!
      } else box++
    }
    sum += near - 1
    for (let a = 0; a < d; a++) force[i * d + a] = own[a]!
  }
  return Math.max(sum, Number.EPSILON)
}

/** The same with every pair, [N, N] probabilities. */
export const exactGradient = (
  P: Float64Array,
  Y: Float64Array,
  {
    d,
    gradient,
    exaggeration,
    degrees,
    wantDivergence,
    watch = false,
  }: {
    readonly d: number
    readonly gradient: Float64Array
    readonly exaggeration: number
    readonly degrees: number
    readonly wantDivergence: boolean
    readonly watch?: boolean
  },
): Descent => {
  const N = Y.length / d
  const base = new Float64Array(N * N)
  const power = (degrees + 1) / 2
  let sum = 0
  for (let i = 0; i < N; i++) {
    for (let j = 0; j < i; j++) {
      let distance = 0
      for (let a = 0; a < d; a++) distance += (Y[i * d + a]! - Y[j * d + a]!) ** 2
      const q = 1 / (1 + distance / degrees)
      base[i * N + j] = q
      sum += 2 * q ** power
    }
  }
  gradient.fill(0)
  let divergence = 0
  let watched = 0
  const scale = (2 * (degrees + 1)) / degrees
  for (let i = 0; i < N; i++) {
    for (let j = 0; j < i; j++) {
      const b = base[i * N + j]!
      const q = Math.max(b ** power / sum, Number.EPSILON)
      const p = exaggeration * P[i * N + j]!
      const pull = scale * (p - q) * b
      for (let a = 0; a < d; a++) {
        const move = pull * (Y[i * d + a]! - Y[j * d + a]!)
        gradient[i * d + a]! += move
        gradient[j * d + a]! -= move
      }
      if (wantDivergence) divergence += 2 * p * Math.log(Math.max(p, Number.EPSILON) / q)
      if (watch) watched += 2 * P[i * N + j]! * Math.log(P[i * N + j]! / q)
    }
  }
  return { divergence: wantDivergence ? divergence : Number.NaN, watched: watch ? watched : Number.NaN }
}
