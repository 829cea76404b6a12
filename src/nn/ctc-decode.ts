import { ArgumentError, ShapeError } from '../core/errors.ts'
import { type Shape, show } from '../core/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'

type Floats = Tensor<Shape, 'float32'>

export interface CtcDecodeOptions {
  /** The class that stands for no label. Default 0. */
  readonly blank?: number
  /** Steps of each row that count. Default all. */
  readonly lengths?: ArrayLike<number>
}
export interface CtcBeamOptions extends CtcDecodeOptions {
  /** How many beginnings are kept at each step. Default 10. */
  readonly beamWidth?: number
}
export interface CtcHypothesis {
  readonly labels: readonly number[]
  /** ln of the probability of all paths found that spell the labels. */
  readonly logProb: number
}

/** One row's ln p, step by step. */
interface Row {
  readonly data: Float32Array
  readonly steps: number
  readonly classes: number
  readonly blank: number
}

const rowsOf = async (where: string, logProbs: Floats, { blank = 0, lengths }: CtcDecodeOptions): Promise<Row[]> => {
  const [B, T, K] = logProbs.shape
  if (logProbs.ndim !== 3) {
    throw new ShapeError(`${where}: logProbs are ${show(logProbs.shape)}. Expected [B, T, K].`, {
      shape: logProbs.shape,
    })
  }
  if (!Number.isSafeInteger(blank) || blank < 0 || blank >= K!) {
    throw new ArgumentError(`${where}: blank must be one of the ${K} classes, from 0 to ${K! - 1}; got ${blank}.`, {
      blank,
    })
  }
  if (lengths && (lengths.length !== B || Array.from(lengths).some(n => !(n >= 0 && n <= T!)))) {
    throw new ArgumentError(
      `${where}: lengths are ${Array.from(lengths).join(', ')}. Expected ${B} of them, from 0 to ${T}.`,
      { lengths: Array.from(lengths) },
    )
  }
  const data = (await logProbs.data()) as Float32Array
  return Array.from({ length: B! }, (_, b) => ({
    data: data.subarray(b * T! * K!, (b + 1) * T! * K!),
    steps: lengths?.[b] ?? T!,
    classes: K!,
    blank,
  }))
}

/**
 * The labels that the likeliest path spells, row by row: of each step the likeliest class, repeats joined and blanks taken out. It need not be
 * the likeliest spelling.
 *
 * **Shape** logProbs: `[B, T, K]` → B lists of labels.
 *
 * Source: Graves et al. 2006, section 3.2 (best path decoding).
 */
export const ctcGreedy = async (logProbs: Floats, options: CtcDecodeOptions = {}): Promise<number[][]> =>
  (await rowsOf('ctcGreedy', logProbs, options)).map(({ data, steps, classes, blank }) => {
    const labels: number[] = []
    let before = blank
    for (let t = 0; t < steps; t++) {
      const row = data.subarray(t * classes, (t + 1) * classes)
      const best = row.indexOf(row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY))
      if (best !== before && best !== blank) labels.push(best)
      before = best
    }
    return labels
  })

/** What a beginning has: ln p of its paths that end in a blank, and of those that end in its last label. */
interface Beginning {
  readonly labels: readonly number[]
  blank: number
  label: number
}

const logAdd = (a: number, b: number): number => {
  const most = Math.max(a, b)
  return most === Number.NEGATIVE_INFINITY ? most : most + Math.log1p(Math.exp(Math.min(a, b) - most))
}
const totalOf = ({ blank, label }: Beginning): number => logAdd(blank, label)

const search = ({ data, steps, classes, blank }: Row, beamWidth: number): CtcHypothesis[] => {
  const none = Number.NEGATIVE_INFINITY
  let beam: Beginning[] = [{ labels: [], blank: 0, label: none }]
  for (let t = 0; t < steps; t++) {
    const found = new Map<string, Beginning>()
    const place = (labels: readonly number[]): Beginning => {
      const key = labels.join()
      const own = found.get(key) ?? { labels, blank: none, label: none }
      found.set(key, own)
      return own
    }
    for (const beginning of beam) {
      const { labels } = beginning
      const total = totalOf(beginning)
      for (let k = 0; k < classes; k++) {
        const p = data[t * classes + k]!
        if (k === blank) {
          const own = place(labels)
          own.blank = logAdd(own.blank, total + p)
          continue
        }
        const repeats = k === labels.at(-1)
        if (repeats) {
          const own = place(labels)
          own.label = logAdd(own.label, beginning.label + p)
        }
        // A label twice needs a blank between.
        const from = repeats ? beginning.blank : total
        if (from === none || p === none) continue
        const longer = place([...labels, k])
        longer.label = logAdd(longer.label, from + p)
      }
    }
    beam = [...found.values()].sort((a, b) => totalOf(b) - totalOf(a)).slice(0, beamWidth)
  }
  return beam.map(beginning => ({ labels: beginning.labels, logProb: totalOf(beginning) }))
}

/**
 * The likeliest spellings of each row, best first: beginnings are extended step by step, the paths of equal ones are added up, and `beamWidth`
 * of them are kept.
 *
 * **Shape** logProbs: `[B, T, K]` → B lists of at most `beamWidth` hypotheses.
 *
 * @example
 * const logProbs = tensor([[[0.6, 0.4], [0.6, 0.4]]]).log() // two steps of blank and one label
 * const [[best]] = (await nn.ctcBeamSearch(logProbs)) as [[nn.CtcHypothesis]]
 * best.labels // [1]
 *
 * Source: Graves et al. 2006, section 3.2 (prefix search); Hannun et al. 2014, algorithm 1, without a language model.
 */
export const ctcBeamSearch = async (logProbs: Floats, options: CtcBeamOptions = {}): Promise<CtcHypothesis[][]> => {
  const { beamWidth = 10 } = options
  if (!Number.isSafeInteger(beamWidth) || beamWidth < 1) {
    throw new ArgumentError(`ctcBeamSearch: beamWidth must be a whole number of at least 1; got ${beamWidth}.`, {
      beamWidth,
    })
  }
  return (await rowsOf('ctcBeamSearch', logProbs, options)).map(row => search(row, beamWidth))
}
