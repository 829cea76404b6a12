import { compile, engineName, fromArray, hessian, type Shape, type Tensor, tensor, valueAndGrad } from 'gradus'
import * as nn from 'gradus/nn'
import { namesIn } from '../../kit/expression.ts'
import type { Core, Plain } from '../../kit/lab.ts'
import { evaluateExpression, readExpression, type Value } from '../../kit/tensor-expression.ts'
import type { Settings } from './about.ts'
import { sceneryOf } from './functions.ts'
import { optimizerOf } from './optimizers.ts'
import { program } from './program.ts'
import type { DescentShot, Track, Well } from './shot.ts'
import { type Verdict, verdictOf } from './verdict.ts'
import { type Bent, bottomNear, candidatesOf, type Grid, lowestFrom, middle } from './wells.ts'

type Float = Tensor<Shape, 'float64'>
interface Point {
  readonly step: number
  readonly x: number
  readonly y: number
  readonly value: number
  readonly slopeX: number
  readonly slopeY: number
}

/** Points of a way that are kept; beyond, every second of the older ones is left out. */
const longest = 1200
/** The last points, which are all kept: verdicts look at them. */
const kept = 100

/** The wells of the last function: whoever drags the start about begins many runs in one second. */
let surveyed: { readonly key: string; readonly wells: Well[]; readonly wellOf: Map<number, Well> } | null = null

export const core: Core<Settings, DescentShot> = {
  program,
  async prepare(first) {
    let settings = first
    const scenery = sceneryOf(settings)
    const tree = readExpression('descent', scenery.expression, ['x', 'y'])
    const variables = namesIn(tree).includes('y') ? 2 : 1
    const f = (x: Value, y: Value): Value => evaluateExpression(tree, { x, y })
    const wide = (engineName() === 'webgpu' ? 'float32' : 'float64') as 'float64'
    const start = [settings.startX ?? scenery.start[0], settings.startY ?? scenery.start[1]] as const
    const measuring = compile((at: Float) => {
      const scalar = (p: Float) =>
        asTensor(f(p.slice(0) as Float, p.slice(1) as Float), p.slice(0) as Float).sum() as Float
      return valueAndGrad(scalar)(at)
    })
    const curving = compile(
      (at: Float) =>
        hessian(
          (p: Float) => asTensor(f(p.slice(0) as Float, p.slice(1) as Float), p.slice(0) as Float).sum() as Float,
        )(at) as Tensor,
    )

    const measure = async (step: number, [x, y]: readonly [number, number]): Promise<Point> => {
      const { value, gradient } = await measuring(tensor([x, y], wide) as unknown as Float)
      const [slopeX = Number.NaN, slopeY = Number.NaN] = await gradient.data()
      return { step, x, y, value: Number(await value.item()), slopeX, slopeY }
    }
    const curvaturesAt = async ({ x, y }: Point): Promise<number[]> =>
      Array.from(await (await curving(tensor([x, y], wide) as unknown as Float)).data(), Number)
    /** The least curvature at a point: below 0 it is no minimum. */
    const leastCurvature = async (point: Point): Promise<number> => {
      const [a = 0, b = 0, , d = 0] = await curvaturesAt(point)
      return variables === 1 ? a : (a + d) / 2 - Math.hypot((a - d) / 2, b)
    }

    const racers = [settings.optimizer, ...settings.race.filter(name => name !== settings.optimizer)]
    const runners = await Promise.all(
      [...new Set(racers)].map(async name => {
        const x = new nn.Parameter([], nn.constantInit(start[0]))
        const y = new nn.Parameter([], nn.constantInit(start[1]))
        const optimizer = optimizerOf(name, variables === 2 ? [x, y] : [x], settings, () => settings.learningRate)
        const update = compile(() => {
          const loss = asTensor(f(x.value as Value, y.value as Value), x.value as unknown as Float)
          optimizer.step(optimizer.gradients(loss as Tensor))
          return loss
        })
        const place = async (): Promise<readonly [number, number]> => {
          await optimizer.fetch()
          return [Number(x.buffer.array[0]), Number(y.buffer.array[0])]
        }
        return { name, update, place, points: [await measure(0, await place())] as Point[], gone: false }
      }),
    )
    const lead = runners[0]!

    const grid = await gridOf(f, { ...scenery, variables, start }, wide)
    const finite = Array.from(grid.values).filter(Number.isFinite)
    const [low, high] = [Math.min(...finite), Math.max(...finite)]
    const width = grid.x[1] - grid.x[0]
    const bending = async (x: number, y: number): Promise<Bent> => {
      const point = await measure(0, [x, y])
      const [xx = 0, xy = 0, , yy = 0] = await curvaturesAt(point)
      // Of one variable: as if it bent evenly along the other.
      const curvatures = variables === 2 ? ([xx, xy, yy] as const) : ([xx, 0, 1] as const)
      return { value: point.value, slopes: [point.slopeX, variables === 2 ? point.slopeY : 0], curvatures }
    }
    // Two cells may lead to one bottom.
    const key = JSON.stringify([scenery.expression, grid.x, grid.y, wide])
    const { wells, wellOf } =
      surveyed?.key === key ? surveyed : { wells: [] as Well[], wellOf: new Map<number, Well>() }
    if (surveyed?.key !== key)
      for (const { cell, ...candidate } of candidatesOf(grid)) {
        const bottom = await bottomNear(candidate, width, bending)
        const known = wells.find(well => Math.hypot(well.x - bottom.x, well.y - bottom.y) < 1e-3 * width)
        if (!known) wells.push(bottom)
        wellOf.set(cell, known ?? bottom)
      }
    wells.sort((a, b) => a.value - b.value)
    surveyed = { key, wells, wellOf }
    const slicing = compile((x: Float, y: Float) => asTensor(f(x, y), x))
    const sliceX = fromArray(
      (wide === 'float64' ? middles(grid.x, grid.columns) : Float32Array.from(middles(grid.x, grid.columns))) as never,
      [grid.columns],
      wide,
    )

    const judge = async ({ points }: { readonly points: readonly Point[] }): Promise<Verdict> => {
      const last = points.at(-1)!
      const still = Math.hypot(last.slopeX, last.slopeY) < 1e-2 * ((high - low || 1) / (grid.x[1] - grid.x[0]))
      const curvature = still ? await leastCurvature(last) : 0
      // The last points stand one step apart; the start is needed too.
      const tail = points.length > kept ? [points[0]!, ...points.slice(-kept)] : points
      const columns = columnsOf(tail)
      return verdictOf({ ...columns, length: tail.length }, { width: grid.x[1] - grid.x[0], low, high, curvature })
    }

    let step = 0
    return {
      set: next => {
        settings = next
      },
      async step() {
        if (runners.every(runner => runner.gone)) return null
        step += 1
        for (const runner of runners) {
          if (runner.gone) continue
          await runner.update()
          const point = await measure(step, await runner.place())
          // Beyond what numbers can hold there is nothing to go on with; the way before is kept.
          if (!Number.isFinite(point.value) || !Number.isFinite(point.slopeX) || !Number.isFinite(point.slopeY))
            runner.gone = true
          else runner.points = thinned([...runner.points, point])
        }
        if (runners.every(runner => runner.gone)) return null
        const metrics: Record<string, number> = { loss: lead.points.at(-1)!.value }
        for (const { name, points } of runners.slice(1)) metrics[name] = points.at(-1)!.value
        return metrics
      },
      async shot() {
        const tracks: Track[] = []
        for (const runner of runners) {
          const verdict = runner.gone ? 'diverged' : await judge(runner)
          tracks.push({ optimizer: runner.name, ...columnsOf(runner.points), verdict })
        }
        const here = lead.points.at(-1)!
        const slice = Float64Array.from(
          await (await slicing(sliceX as Float, tensor(here.y, wide) as unknown as Float)).data(),
        )
        const told = (runner: (typeof runners)[number], verdict: Verdict): Record<string, Plain> => {
          const point = runner.points.at(-1)!
          const cell = lowestFrom(grid, point.x, point.y)
          const well = cell === null ? null : (wellOf.get(cell) ?? null)
          return {
            optimizer: runner.name,
            step: point.step,
            x: point.x,
            ...(variables === 2 && { y: point.y }),
            value: point.value,
            slopeX: point.slopeX,
            ...(variables === 2 && { slopeY: point.slopeY }),
            verdict,
            well: well && {
              x: well.x,
              ...(variables === 2 && { y: well.y }),
              kind: wells[0] && well.value > wells[0].value + 1e-3 * (high - low) ? 'shallow' : 'deepest',
            },
          }
        }
        const [main, ...others] = runners.map((runner, i) => told(runner, tracks[i]!.verdict))
        return {
          facts: {
            ...main!,
            expression: scenery.expression,
            variables,
            start: start.slice(0, variables),
            wells: wells.length,
            race: others,
          },
          expression: scenery.expression,
          variables,
          xEnds: grid.x,
          yEnds: grid.y,
          grid: grid.values,
          columns: grid.columns,
          rows: grid.rows,
          slice,
          wells,
          tracks,
        }
      },
      async ask(question) {
        // The value and the slope anywhere.
        const { x, y = 0 } = question as { readonly x: number; readonly y?: number }
        const { value, slopeX, slopeY } = await measure(step, [x, y])
        return { value, slopeX, slopeY }
      },
    }
  },
}

/** A value that may be a number as a tensor, still reaching the variable that it does not depend on. */
const asTensor = (value: Value, beside: Float): Float =>
  typeof value === 'number'
    ? ((beside.mul(0) as Float).add(value) as Float)
    : ((value as Float).add(beside.mul(0) as never) as Float)

const middles = (ends: readonly [number, number], cells: number): Float64Array =>
  Float64Array.from({ length: cells }, (_, i) => middle(ends, i, cells))

/** The function over its window, moved and widened where the start lies outside. */
const gridOf = async (
  f: (x: Value, y: Value) => Value,
  {
    x,
    y = [-1, 1],
    variables,
    start,
  }: {
    readonly x: readonly [number, number]
    readonly y?: readonly [number, number]
    readonly variables: 1 | 2
    readonly start: readonly [number, number]
  },
  dtype: 'float64',
): Promise<Grid & { readonly values: Float64Array }> => {
  const ends = { x: around(x, start[0]), y: variables === 2 ? around(y, start[1]) : y }
  const [rows, columns] = variables === 2 ? [72, 72] : [1, 401]
  const size = rows * columns
  const [xs, ys] = [middles(ends.x, columns), middles(ends.y, rows)]
  const wide = (values: Float64Array): Float =>
    fromArray((dtype === 'float64' ? values : Float32Array.from(values)) as never, [size], dtype)
  const gridX = wide(Float64Array.from({ length: size }, (_, i) => xs[i % columns]!))
  const gridY = wide(Float64Array.from({ length: size }, (_, i) => ys[Math.floor(i / columns)]!))
  const values = await asTensor(f(gridX, gridY), gridX).data()
  return { values: Float64Array.from(values), rows, columns, ...ends }
}

const around = ([low, high]: readonly [number, number], start: number): readonly [number, number] => {
  const room = (high - low) * 0.08
  return [Math.min(low, start - room), Math.max(high, start + room)]
}

const thinned = (points: Point[]): Point[] =>
  points.length <= longest ? points : points.filter((_, i) => i % 2 === 0 || i >= points.length - kept)

const columnsOf = (points: readonly Point[]) => ({
  steps: Int32Array.from(points, p => p.step),
  x: Float64Array.from(points, p => p.x),
  y: Float64Array.from(points, p => p.y),
  value: Float64Array.from(points, p => p.value),
  slopeX: Float64Array.from(points, p => p.slopeX),
  slopeY: Float64Array.from(points, p => p.slopeY),
})
