import { nearestNeighbors, pca, standardScaler, tsneSteps } from 'gradus/learn'
import type { Core, Metrics, OutFile, Plain } from '../../kit/lab.ts'
import type { Settings } from './about.ts'
import { program } from './program.ts'
import { type Rows, sourceOf } from './rows.ts'
import type { Colouring, EmbeddingShot, RowAnswer } from './shot.ts'

/** Components whose share of variance is found; and of which as many are shown as pictures. */
const [mostComponents, shownComponents] = [50, 8]
/** Iterations between two counts of the neighbours that were kept. */
const between = 25

const floats = async (of: { data(): Promise<unknown> }): Promise<Float64Array> =>
  Float64Array.from((await of.data()) as Float64Array)

const standardised = async (X: Rows): Promise<Rows> => {
  const scaled = await standardScaler().fitTransform(X)
  return { ...X, data: await floats(scaled) }
}

/** The first columns of rows. */
const leading = ({ rows, columns, data }: Rows, count: number): Rows => {
  const out = new Float64Array(rows * count)
  for (let i = 0; i < rows; i++) out.set(data.subarray(i * columns, i * columns + count), i * count)
  return { rows, columns: count, data: out }
}

/** The numbers of the nearest other rows of each row, `[rows, k]`, with their distances. */
const neighboursOf = async (X: Rows, k: number) => {
  const { indices, distances } = await (await nearestNeighbors({ nNeighbors: k, nJobs: 1 }).fit(X)).ownNeighbors()
  return { indices: Int32Array.from((await indices.data()) as Int32Array), distances: await floats(distances) }
}

const labelOf = ({ values, classes }: Colouring, row: number): string =>
  classes ? classes[values[row]!]! : values[row]!.toPrecision(4)

export const core: Core<Settings, EmbeddingShot> = {
  program,
  async prepare(first, own) {
    let settings = first
    const { method, seed, reduce } = settings
    const axes = settings.axes as 2 | 3
    const source = await sourceOf(settings, own)
    const X = settings.standardise ? await standardised(source.X) : source.X
    const k = Math.min(settings.neighbours, X.rows - 1)
    const most = Math.min(mostComponents, X.rows, X.columns)
    const model = await pca({ nComponents: most, randomState: seed }).fit(X)
    const scores: Rows = { rows: X.rows, columns: most, data: await floats(await model.transform(X)) }
    const ratios = await floats(model.explainedVarianceRatio)
    const shownRows = Math.min(shownComponents, most)
    const components = Float32Array.from((await floats(model.components)).subarray(0, shownRows * X.columns))
    const given = reduce > 0 && reduce < X.columns ? leading(scores, Math.min(reduce, most)) : X
    const walk = tsneSteps(given, {
      nComponents: axes,
      perplexity: settings.perplexity,
      learningRate: settings.learningRate,
      earlyExaggeration: settings.exaggeration,
      init: settings.start,
      // The lab says when it is enough.
      maxIter: 1_000_000,
      randomState: seed,
      // The page and the command line give the same points.
      rounded: true,
    })
    let points: Float64Array = new Float64Array(0)
    let divergence: number | null = null
    let exaggerated = false
    let exaggeratedSteps = 0
    let iteration = 0
    let kept: { readonly share: number; readonly at: number } | null = null
    let true_: Awaited<ReturnType<typeof neighboursOf>> | null = null

    const inData = async () => {
      true_ ??= await neighboursOf(X, k)
      return true_
    }
    /** The share of neighbours in the data that are neighbours in the picture. */
    const keptNow = async (): Promise<number> => {
      const [theirs, here] = [
        (await inData()).indices,
        (await neighboursOf({ rows: X.rows, columns: axes, data: points }, k)).indices,
      ]
      let same = 0
      for (let i = 0; i < X.rows; i++) {
        const mine = new Set(theirs.subarray(i * k, (i + 1) * k))
        for (let c = 0; c < k; c++) if (mine.has(here[i * k + c]!)) same++
      }
      return same / (X.rows * k)
    }

    return {
      ...(source.report && { report: source.report }),
      set: next => {
        settings = next
      },
      async step() {
        if (method === 'pca') {
          if (points.length > 0) return null
          points = leading(scores, axes).data
          kept = { share: await keptNow(), at: 1 }
          return { explained: ratios.subarray(0, axes).reduce((a, b) => a + b, 0), kept: kept.share } as Metrics
        }
        const next = await walk.next()
        if (next.done) return null
        ;({ iteration, klDivergence: divergence, exaggerated } = next.value)
        if (exaggerated) exaggeratedSteps = iteration
        points = await floats(next.value.embedding)
        if (iteration % between !== 0) return { loss: divergence }
        kept = { share: await keptNow(), at: iteration }
        return { loss: divergence, kept: kept.share } as Metrics
      },
      async shot() {
        const colouring = source.colouring(settings.colour)
        const facts: Record<string, Plain> = {
          method,
          axes,
          rows: X.rows,
          total: source.total,
          columns: X.columns,
          explainedVarianceRatio: Array.from(ratios.subarray(0, 10)),
          colour: colouring.name,
          ...(method === 'tsne' && {
            iteration,
            klDivergence: divergence,
            exaggerated,
            exaggeratedSteps,
            columnsGiven: given.columns,
            varianceGiven: given === X ? 1 : ratios.subarray(0, given.columns).reduce((a, b) => a + b, 0),
          }),
          ...(kept && { neighbours: k, kept: kept.share, keptAt: kept.at }),
        }
        return {
          facts,
          positions: Float32Array.from(points),
          axes,
          colouring,
          colours: source.colours,
          ratios,
          components,
          columns: source.pixels > 0 ? [] : source.names,
          pixels: source.pixels,
        }
      },
      async ask(question) {
        const asked = question as { readonly row?: number; readonly points?: true }
        // The points as they are, to the last bit.
        if (asked.points) return Array.from(points)
        const row = asked.row!
        const { indices, distances } = await inData()
        const F = X.columns
        const near = points.length > 0 ? await nearestInPicture(points, axes, row, k) : []
        const colouring = source.colouring(settings.colour)
        const neighbours = Array.from(indices.subarray(row * k, (row + 1) * k))
        const pictures = new Float32Array(source.pixels > 0 ? k * F : 0)
        if (source.pixels > 0)
          for (const [c, i] of neighbours.entries()) pictures.set(source.X.data.subarray(i * F, (i + 1) * F), c * F)
        return {
          row,
          values: Array.from(source.X.data.subarray(row * F, (row + 1) * F)),
          label: labelOf(colouring, row),
          neighbours,
          distances: Array.from(distances.subarray(row * k, (row + 1) * k)),
          near,
          pictures,
          labels: neighbours.map(i => labelOf(colouring, i)),
        } satisfies RowAnswer
      },
      async files() {
        const { name, values, classes } = source.colouring(settings.colour)
        const head = [...['x', 'y', 'z'].slice(0, axes), name.replaceAll(/[",\n]/g, ' ')].join(',')
        const lines = Array.from({ length: points.length / axes }, (_, i) => {
          const word = classes ? JSON.stringify(classes[values[i]!]) : values[i]
          return [...points.subarray(i * axes, (i + 1) * axes), word].join(',')
        })
        const bytes = new TextEncoder().encode(`${[head, ...lines].join('\n')}\n`)
        return [{ name: 'points.csv', type: 'text/csv', bytes }] satisfies OutFile[]
      },
    }
  },
}

const nearestInPicture = async (points: Float64Array, axes: number, row: number, k: number): Promise<number[]> => {
  const picture: Rows = { rows: points.length / axes, columns: axes, data: points }
  const model = await nearestNeighbors({ nNeighbors: k + 1, nJobs: 1 }).fit(picture)
  const at = { rows: 1, columns: axes, data: points.slice(row * axes, (row + 1) * axes) }
  const { indices } = await model.kneighbors(at)
  return Array.from((await indices.data()) as Int32Array)
    .filter(i => i !== row)
    .slice(0, k)
}
