import { generator, rand, randn } from 'gradus'
import {
  decisionTreeRegressor,
  type ErrorParts,
  errorParts,
  kNeighborsRegressor,
  makePipeline,
  polynomialFeatures,
  ridge,
} from 'gradus/learn'
import type { Core, Metrics, Plain } from '../../kit/lab.ts'
import type { Settings } from './about.ts'
import { program } from './program.ts'
import { complexityName, mostFits, mostSets, places, type Split, type VarianceShot } from './shot.ts'

export const truths = {
  sine: (x: number): number => Math.sin(Math.PI * x),
  step: (x: number): number => (x < 0 ? -0.8 : 0.8),
  cubic: (x: number): number => 4 * x ** 3 - 3 * x,
} as const

type Rows = number[][]
interface Fitting {
  fit(X: Rows, y: readonly number[]): Promise<{ predict(X: Rows): Promise<{ data(): Promise<ArrayLike<number>> }> }>
}

const estimatorOf = ({ model, penalty }: Settings, complexity: number): Fitting => {
  if (model === 'neighbours') return kNeighborsRegressor({ nNeighbors: complexity, nJobs: 1 }) as unknown as Fitting
  if (model === 'tree') return decisionTreeRegressor({ maxDepth: complexity }) as unknown as Fitting
  const powers = polynomialFeatures({ degree: complexity, includeBias: complexity === 0 })
  return makePipeline(powers, ridge({ alpha: penalty })) as unknown as Fitting
}

/** Every complexity of the U curve. */
const complexitiesOf = ({ model }: Settings): number[] => {
  const [from, to] = { polynomial: [0, 12], neighbours: [1, 20], tree: [1, 10] }[model]!
  return Array.from({ length: to! - from! + 1 }, (_, i) => from! + i)
}
const chosenOf = (settings: Settings): number =>
  settings[({ polynomial: 'degree', neighbours: 'neighbours', tree: 'depth' } as const)[settings.model]]

const numbers = async (of: { data(): Promise<ArrayLike<number>> }): Promise<number[]> =>
  Array.from(await of.data(), Number)

/** The fits of one complexity: every other data set tells bias and variance, the ones between are judged. */
interface Kept {
  readonly estimator: Fitting
  readonly told: Float64Array[]
  readonly errors: number[]
}

const partsOf = ({ told, errors }: Kept, truth: Float64Array, noise: number): ErrorParts | null =>
  told.length < 2 || errors.length < 2 ? null : errorParts({ predictions: told, truth, noise, errors })

export const core: Core<Settings, VarianceShot> = {
  program,
  async prepare(first) {
    let settings = first
    const { samples, noise, model } = settings
    const f = truths[settings.truth]
    // A stream of its own: fits draw from the library's, and how many there are must not change the data.
    const options = { dtype: 'float64', generator: generator().fork(1) } as const
    const uniform = (count: number): Promise<number[]> => numbers(rand([count], options))
    const normal = (count: number): Promise<number[]> => numbers(randn([count], options))
    const x = Float64Array.from({ length: places }, (_, i) => (2 * i) / (places - 1) - 1)
    const rows: Rows = Array.from(x, value => [value])
    const truth = x.map(f)
    const kept = new Map(
      complexitiesOf(settings).map(c => [c, { estimator: estimatorOf(settings, c), told: [], errors: [] } as Kept]),
    )
    let sets = 0
    let sampleX: number[] = []
    let sampleY: number[] = []
    const parts = (): ErrorParts | null => partsOf(kept.get(chosenOf(settings))!, truth, noise)
    return {
      set: next => {
        settings = next
      },
      async step() {
        if (sets >= mostSets) return null
        sampleX = (await uniform(samples)).map(u => 2 * u - 1)
        const shaken = await normal(samples)
        sampleY = sampleX.map((value, i) => f(value) + noise * shaken[i]!)
        const tells = sets % 2 === 0
        // Fresh noisy targets for those that are judged: the same for every complexity.
        const fresh = tells ? [] : await normal(places)
        const X = sampleX.map(value => [value])
        for (const { estimator, told, errors } of kept.values()) {
          const fitted = await estimator.fit(X, sampleY)
          const predicted = Float64Array.from(await (await fitted.predict(rows)).data())
          if (tells) told.push(predicted)
          else errors.push(fresh.reduce((sum, e, i) => sum + (truth[i]! + noise * e - predicted[i]!) ** 2, 0) / places)
        }
        sets += 1
        const found = parts()
        if (!found) return {}
        const { error, expected, standardError, bias2, variance } = found
        return { error, expected, standardError, bias2, variance } as Metrics
      },
      async shot() {
        const chosen = chosenOf(settings)
        const { told, errors } = kept.get(chosen)!
        const found = parts()
        const curve: Split[] = []
        for (const [complexity, one] of kept) {
          const each = one === kept.get(chosen) ? found : partsOf(one, truth, noise)
          if (each)
            curve.push({
              complexity,
              bias2: each.bias2,
              variance: each.variance,
              expected: each.expected,
              error: each.error,
            })
        }
        const latest = told.slice(-mostFits)
        const fits = new Float64Array(latest.length * places)
        for (const [i, fit] of latest.entries()) fits.set(fit, i * places)
        const { mean = new Float64Array(0), deviation = new Float64Array(0), ...numbers } = found ?? {}
        const facts: Record<string, Plain> = {
          model,
          [complexityName[model]]: chosen,
          dataSets: sets,
          told: told.length,
          judged: errors.length,
          ...numbers,
          ...(found && { difference: found.error - found.expected }),
          ...(curve.length > 0 && { best: curve.reduce((a, b) => (b.expected < a.expected ? b : a)).complexity }),
          curve: curve.map(split => ({ ...split })),
        }
        return {
          facts,
          x,
          truth,
          mean,
          deviation,
          fits,
          sampleX: Float64Array.from(sampleX),
          sampleY: Float64Array.from(sampleY),
          curve,
        }
      },
    }
  },
}
