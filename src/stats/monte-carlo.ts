import { ArgumentError } from '../core/errors.ts'
import { defineOptions, integer, number } from '../core/options.ts'
import { fromArray } from '../tensor/creation.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { compile, valueAndGrad } from '../tensor/transforms.ts'
import { type Chain, type ChainDraws, collect } from './chains.ts'
import { openStream, type RandomSource, type RandomStream } from './random-stream.ts'
import { type Constraints, type Layout, layoutOf, type ModelParameters } from './transforms.ts'
import type { Values } from './values.ts'

/** ln of a density up to a constant, built of tensor operations; it is summed. */
export type TargetDensity = (parameters: ModelParameters) => Tensor

export interface ChainOptions extends RandomSource {
  /** Where the chains begin, by parameter's name. Each begins at a small random distance from it. */
  readonly init: Readonly<Record<string, Values>>
  readonly constraints?: Constraints
  /** Draws kept of each chain, by default 1000. */
  readonly draws?: number
  /** Steps before them, which adapt the step size and are thrown away; by default 1000. */
  readonly warmup?: number
  /** By default 4. */
  readonly chains?: number
}

const shared = {
  draws: integer({ min: 1, default: 1000, help: 'draws kept of each chain' }),
  warmup: integer({ min: 0, default: 1000, help: 'steps before them' }),
  chains: integer({ min: 1, default: 4, help: 'number of chains' }),
}
const metropolisOptions = defineOptions({
  ...shared,
  stepSize: number({ above: 0, default: 1, help: 'width of the first proposals' }),
  targetAcceptance: number({ above: 0, below: 1, default: 0.3, help: 'share of proposals to take' }),
})
const hamiltonianOptions = defineOptions({
  ...shared,
  stepSize: number({ above: 0, help: 'first step; found by itself if left out' }),
  steps: integer({ min: 1, default: 10, help: 'steps of a path' }),
  targetAcceptance: number({ above: 0, below: 1, default: 0.8, help: 'mean probability of taking a path' }),
})
const nutsOptions = defineOptions({
  ...shared,
  stepSize: number({ above: 0, help: 'first step; found by itself if left out' }),
  maxDepth: integer({ min: 1, max: 20, default: 10, help: 'doublings of a path' }),
  targetAcceptance: number({ above: 0, below: 1, default: 0.8, help: 'mean probability along a path' }),
})

interface Point {
  readonly q: Float64Array
  readonly logDensity: number
  readonly gradient: Float64Array
}
type Evaluate = (q: Float64Array) => Promise<Point>

/** The density of the free numbers, with what the constraints' change of variable does to it; its gradient where the method needs it. */
const densityOf = (layout: Layout, target: TargetDensity, needsGradient: boolean): Evaluate => {
  const density = (free: Tensor): Tensor =>
    (target(layout.unpack(free)).sum() as Tensor).add(layout.logJacobian(free)) as Tensor
  const both = compile((free: Tensor) => valueAndGrad(density)(free))
  const alone = compile(density)
  const none = new Float64Array(0)
  return async q => {
    const free = fromArray(q, [layout.size], 'float64') as Tensor
    const { value, gradient } = needsGradient ? await both(free) : { value: await alone(free), gradient: null }
    const logDensity = Number(await value.item())
    return {
      q,
      logDensity: Number.isNaN(logDensity) ? Number.NEGATIVE_INFINITY : logDensity,
      gradient: gradient ? ((await gradient.data()) as Float64Array) : none,
    }
  }
}

/** Runs chains one after the other, each with a stream of its own. */
const runChains = async (
  where: string,
  target: TargetDensity,
  options: ChainOptions,
  counts: { readonly draws: number; readonly chains: number; readonly needsGradient: boolean },
  run: (evaluate: Evaluate, start: Point, stream: RandomStream) => Promise<Chain>,
): Promise<ChainDraws> => {
  const layout = layoutOf(where, options.init, options.constraints)
  const evaluate = densityOf(layout, target, counts.needsGradient)
  const open = openStream(options)()
  const chains: Chain[] = []
  for (let i = 0; i < counts.chains; i++) {
    const stream = open.child()
    const start = await firstPoint(where, evaluate, layout, stream)
    chains.push(await run(evaluate, start, stream))
  }
  return collect(layout, chains, counts.draws)
}
const firstPoint = async (where: string, evaluate: Evaluate, layout: Layout, stream: RandomStream): Promise<Point> => {
  for (let tries = 0; tries < 20; tries++) {
    // Chains that begin apart show whether they come together; the last tries begin at init itself.
    const width = tries < 15 ? 0.1 : 0
    const point = await evaluate(layout.start.map(v => v + width * stream.normal()))
    if (Number.isFinite(point.logDensity) && point.gradient.every(Number.isFinite)) return point
  }
  throw new ArgumentError(
    `${where}: the log-density or its gradient is not finite where the chains begin. Pass an init at which they are.`,
  )
}

/** Nesterov's dual averaging of ln step, towards a mean acceptance (Hoffman & Gelman 2014, section 3.2). */
class StepSize {
  private readonly center: number
  private readonly target: number
  private error = 0
  private average = 0
  private round = 0
  current: number

  constructor(first: number, target: number) {
    this.current = first
    this.center = Math.log(10 * first)
    this.target = target
  }
  adapt(acceptance: number): void {
    this.round++
    const weight = 1 / (this.round + 10)
    this.error = (1 - weight) * this.error + weight * (this.target - acceptance)
    const log = this.center - (Math.sqrt(this.round) / 0.05) * this.error
    const forget = this.round ** -0.75
    this.average = forget * log + (1 - forget) * this.average
    this.current = Math.exp(log)
  }
  settle(): void {
    if (this.round > 0) this.current = Math.exp(this.average)
  }
}

/** Variance of each coordinate from the draws of a stretch of warm-up, drawn in towards 1 (Stan's reference, 15.2). */
class Spread {
  private count = 0
  private mean: Float64Array
  private squares: Float64Array
  constructor(size: number) {
    this.mean = new Float64Array(size)
    this.squares = new Float64Array(size)
  }
  add(q: Float64Array): void {
    this.count++
    for (const [i, v] of q.entries()) {
      const d = v - this.mean[i]!
      this.mean[i]! += d / this.count
      this.squares[i]! += d * (v - this.mean[i]!)
    }
  }
  variances(): Float64Array {
    const n = this.count
    return this.squares.map(s => (n > 1 ? (s / (n - 1)) * (n / (n + 5)) + 1e-3 * (5 / (n + 5)) : 1))
  }
}
/** Where a stretch of warm-up ends: each twice as long as the one before, the last half-ended by the draws. */
const stretches = (warmup: number): ReadonlySet<number> => {
  const ends = new Set<number>()
  const last = warmup - Math.max(10, Math.floor(warmup / 10))
  let length = Math.max(20, Math.floor(warmup / 20))
  for (let at = Math.floor(warmup * 0.075); at + length <= last; ) {
    at += length
    length *= 2
    ends.add(at + length > last ? last : at)
    if (at + length > last) break
  }
  return ends
}

/**
 * Metropolis' random walk: a normal step is taken with probability `min(1, p(new)/p(old))`. Its width adapts during warm-up to each
 * coordinate and to the share of steps taken. For few parameters. It takes no gradient.
 *
 * @param options.stepSize width of the first proposals, by default 1
 * @param options.targetAcceptance share of proposals to take, by default 0.3
 *
 * Source: Metropolis et al. 1953; Gelman, Roberts & Gilks 1996 (the share).
 */
export const metropolis = (
  target: TargetDensity,
  options: ChainOptions & { readonly stepSize?: number; readonly targetAcceptance?: number },
): Promise<ChainDraws> => {
  const o = metropolisOptions.validate('metropolis', own(options))
  return runChains('metropolis', target, options, { ...o, needsGradient: false }, async (evaluate, start, stream) => {
    const size = start.q.length
    const step = new StepSize(o.stepSize, o.targetAcceptance)
    const ends = stretches(o.warmup)
    let spread = new Spread(size)
    let scales: Float64Array = new Float64Array(size).fill(1)
    let at = start
    let taken = 0
    const draws = new Float64Array(o.draws * size)
    for (let t = 0; t < o.warmup + o.draws; t++) {
      if (t === o.warmup) step.settle()
      const next = await evaluate(at.q.map((v, i) => v + step.current * scales[i]! * stream.normal()))
      const acceptance = Math.min(1, Math.exp(next.logDensity - at.logDensity))
      const isTaken = stream.uniform() < acceptance
      if (isTaken) at = next
      if (t >= o.warmup) {
        draws.set(at.q, (t - o.warmup) * size)
        if (isTaken) taken++
        continue
      }
      step.adapt(acceptance)
      spread.add(at.q)
      if (!ends.has(t + 1)) continue
      scales = spread.variances().map(Math.sqrt)
      spread = new Spread(size)
    }
    return { draws, acceptance: taken / o.draws, stepSize: step.current, divergences: 0 }
  })
}
const own = ({ init: _, constraints: __, generator: ___, randomState: ____, ...rest }: ChainOptions): object => rest

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, v, i) => sum + v * b[i]!, 0)
/** Kinetic energy with the inverse masses `spread`. */
const energy = (p: Float64Array, spread: Float64Array): number =>
  p.reduce((sum, v, i) => sum + (v * v * spread[i]!) / 2, 0)
const momentum = (spread: Float64Array, stream: RandomStream): Float64Array =>
  spread.map(s => stream.normal() / Math.sqrt(s))

interface State extends Point {
  readonly p: Float64Array
}
const leapfrog = async (evaluate: Evaluate, from: State, step: number, spread: Float64Array): Promise<State> => {
  const half = from.p.map((v, i) => v + (step / 2) * from.gradient[i]!)
  const point = await evaluate(from.q.map((v, i) => v + step * spread[i]! * half[i]!))
  return { ...point, p: half.map((v, i) => v + (step / 2) * point.gradient[i]!) }
}
/** A step at which about half of the probability is kept: doubled or halved until that is crossed (Hoffman & Gelman 2014, algorithm 4). */
const firstStep = async (
  evaluate: Evaluate,
  at: Point,
  spread: Float64Array,
  stream: RandomStream,
): Promise<number> => {
  const p = momentum(spread, stream)
  let step = 1
  const kept = async (): Promise<number> => {
    const next = await leapfrog(evaluate, { ...at, p }, step, spread)
    const change = next.logDensity - energy(next.p, spread) - at.logDensity + energy(p, spread)
    return Number.isNaN(change) ? Number.NEGATIVE_INFINITY : change
  }
  const grows = (await kept()) > Math.log(0.5)
  for (let i = 0; i < 60; i++) {
    step *= grows ? 2 : 0.5
    if ((await kept()) > Math.log(0.5) !== grows) break
  }
  return step
}

interface Move {
  readonly point: Point
  readonly acceptance: number
  readonly divergent: boolean
}
/** Warm-up and draws of a method that moves along paths. */
const pathChain = async (
  evaluate: Evaluate,
  start: Point,
  stream: RandomStream,
  o: { readonly draws: number; readonly warmup: number; readonly stepSize?: number; readonly targetAcceptance: number },
  move: (at: Point, step: number, spread: Float64Array) => Promise<Move>,
): Promise<Chain> => {
  const size = start.q.length
  let spread: Float64Array = new Float64Array(size).fill(1)
  let step = new StepSize(o.stepSize ?? (await firstStep(evaluate, start, spread, stream)), o.targetAcceptance)
  const ends = stretches(o.warmup)
  let seen = new Spread(size)
  let at = start
  let [acceptance, divergences] = [0, 0]
  const draws = new Float64Array(o.draws * size)
  for (let t = 0; t < o.warmup + o.draws; t++) {
    if (t === o.warmup) step.settle()
    const moved = await move(at, step.current, spread)
    at = moved.point
    if (t >= o.warmup) {
      draws.set(at.q, (t - o.warmup) * size)
      acceptance += moved.acceptance / o.draws
      if (moved.divergent) divergences++
      continue
    }
    step.adapt(moved.acceptance)
    seen.add(at.q)
    if (!ends.has(t + 1)) continue
    spread = seen.variances()
    seen = new Spread(size)
    step = new StepSize(await firstStep(evaluate, at, spread, stream), o.targetAcceptance)
  }
  return { draws, acceptance, stepSize: step.current, divergences }
}

/**
 * Hamiltonian Monte Carlo: a path of leapfrog steps through the density, with a random momentum, taken with the probability that the
 * energy it lost leaves. Step size and the coordinates' masses adapt during warm-up.
 *
 * @param options.steps steps of a path, by default 10
 * @param options.targetAcceptance by default 0.8
 *
 * Source: Neal 2011, "MCMC using Hamiltonian dynamics", section 3.
 */
export const hamiltonian = (
  target: TargetDensity,
  options: ChainOptions & { readonly stepSize?: number; readonly steps?: number; readonly targetAcceptance?: number },
): Promise<ChainDraws> => {
  const o = hamiltonianOptions.validate('hamiltonian', own(options))
  return runChains('hamiltonian', target, options, { ...o, needsGradient: true }, (evaluate, start, stream) =>
    pathChain(evaluate, start, stream, o, async (at, step, spread) => {
      let state: State = { ...at, p: momentum(spread, stream) }
      const before = at.logDensity - energy(state.p, spread)
      // A step that varies keeps paths from closing on themselves.
      const length = step * (0.8 + 0.4 * stream.uniform())
      for (let i = 0; i < o.steps && Number.isFinite(state.logDensity); i++)
        state = await leapfrog(evaluate, state, length, spread)
      const change = state.logDensity - energy(state.p, spread) - before
      const acceptance = Number.isNaN(change) ? 0 : Math.min(1, Math.exp(change))
      const { q, logDensity, gradient } = state
      const point = stream.uniform() < acceptance ? { q, logDensity, gradient } : at
      return { point, acceptance, divergent: !(change > -1000) }
    }),
  )
}

/** Part of a path: its ends, a point drawn from it with the weight of its density, and what it adds up to. */
interface Tree {
  readonly left: State
  readonly right: State
  readonly chosen: Point
  /** ln Σ e^(−energy) over its points, less that of the start. */
  readonly logWeight: number
  /** Σ of momenta. */
  readonly rho: Float64Array
  readonly turned: boolean
  readonly divergent: boolean
  readonly acceptance: number
  readonly count: number
}
const logAdd = (a: number, b: number): number => {
  const top = Math.max(a, b)
  return top === Number.NEGATIVE_INFINITY ? top : top + Math.log(Math.exp(a - top) + Math.exp(b - top))
}

/**
 * The no-U-turn sampler: Hamiltonian paths that are doubled until they turn back, a point drawn from all of the path. Nothing is to be tuned:
 * step size (dual averaging) and the coordinates' masses adapt during warm-up.
 *
 * @param options.maxDepth doublings of a path at most, by default 10
 * @param options.targetAcceptance by default 0.8; nearer to 1 where there are divergences
 * @example
 * const draws = await stats.nuts(({ x }) => stats.normal({ loc: 3 }).logProb(x!), { init: { x: 0 }, draws: 200, randomState: 1 })
 * Math.round(draws.summary[0]!.mean) // 3
 *
 * Source: Hoffman & Gelman 2014; Betancourt 2017, appendix A (drawing by weights, and when a path has turned).
 */
export const nuts = (
  target: TargetDensity,
  options: ChainOptions & {
    readonly stepSize?: number
    readonly maxDepth?: number
    readonly targetAcceptance?: number
  },
): Promise<ChainDraws> => {
  const o = nutsOptions.validate('nuts', own(options))
  return runChains('nuts', target, options, { ...o, needsGradient: true }, (evaluate, start, stream) =>
    pathChain(evaluate, start, stream, o, async (at, step, spread) => {
      const first: State = { ...at, p: momentum(spread, stream) }
      const before = at.logDensity - energy(first.p, spread)
      const build = (from: State, depth: number, direction: number): Promise<Tree> =>
        subtree({ evaluate, stream, spread, step: direction * step, before }, from, depth)
      let tree: Tree = {
        left: first,
        right: first,
        chosen: at,
        logWeight: 0,
        rho: first.p,
        turned: false,
        divergent: false,
        acceptance: 0,
        count: 0,
      }
      for (let depth = 0; depth < o.maxDepth; depth++) {
        const forwards = stream.uniform() < 0.5
        const other = await build(forwards ? tree.right : tree.left, depth, forwards ? 1 : -1)
        const joined = join(tree, other, forwards, spread)
        // Towards the new half, so that draws move far.
        const moves = !other.turned && !other.divergent && Math.log(stream.uniform()) < other.logWeight - tree.logWeight
        tree = { ...joined, chosen: moves ? other.chosen : tree.chosen }
        if (tree.turned || tree.divergent) break
      }
      const { q, logDensity, gradient } = tree.chosen
      return { point: { q, logDensity, gradient }, acceptance: tree.acceptance / tree.count, divergent: tree.divergent }
    }),
  )
}

interface Path {
  readonly evaluate: Evaluate
  readonly stream: RandomStream
  readonly spread: Float64Array
  /** Below 0 backwards in time. */
  readonly step: number
  readonly before: number
}
const subtree = async (path: Path, from: State, depth: number): Promise<Tree> => {
  if (depth === 0) {
    const state = await leapfrog(path.evaluate, from, path.step, path.spread)
    const change = state.logDensity - energy(state.p, path.spread) - path.before
    const logWeight = Number.isNaN(change) ? Number.NEGATIVE_INFINITY : change
    const divergent = !(logWeight > -1000)
    const acceptance = Math.min(1, Math.exp(logWeight))
    return {
      left: state,
      right: state,
      chosen: state,
      logWeight,
      rho: state.p,
      turned: false,
      divergent,
      acceptance,
      count: 1,
    }
  }
  const forwards = path.step > 0
  const near = await subtree(path, from, depth - 1)
  if (near.turned || near.divergent) return near
  const far = await subtree(path, forwards ? near.right : near.left, depth - 1)
  const joined = join(near, far, forwards, path.spread)
  const moves = Math.log(path.stream.uniform()) < far.logWeight - joined.logWeight
  return { ...joined, chosen: moves ? far.chosen : near.chosen }
}
const join = (near: Tree, far: Tree, forwards: boolean, spread: Float64Array): Tree => {
  const [left, right] = forwards ? [near, far] : [far, near]
  const rho = left.rho.map((v, i) => v + right.rho[i]!)
  const turned = (r: Float64Array, a: State, b: State): boolean =>
    dot(
      r.map((v, i) => v * spread[i]!),
      a.p,
    ) <= 0 ||
    dot(
      r.map((v, i) => v * spread[i]!),
      b.p,
    ) <= 0
  const with1 = left.rho.map((v, i) => v + right.left.p[i]!)
  const with2 = right.rho.map((v, i) => v + left.right.p[i]!)
  return {
    left: left.left,
    right: right.right,
    chosen: near.chosen,
    logWeight: logAdd(near.logWeight, far.logWeight),
    rho,
    turned:
      near.turned ||
      far.turned ||
      turned(rho, left.left, right.right) ||
      turned(with1, left.left, right.left) ||
      turned(with2, left.right, right.right),
    divergent: near.divergent || far.divergent,
    acceptance: near.acceptance + far.acceptance,
    count: near.count + far.count,
  }
}
