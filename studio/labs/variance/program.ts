import type { Settings } from './about.ts'
import { mostSets, places } from './shot.ts'

const truths = {
  sine: 'Math.sin(Math.PI * x)',
  step: '(x < 0 ? -0.8 : 0.8)',
  cubic: '4 * x ** 3 - 3 * x',
} as const

const estimatorOf = ({
  model,
  degree,
  penalty,
  neighbours,
  depth,
}: Settings): readonly [names: string, made: string] => {
  if (model === 'neighbours')
    return ['kNeighborsRegressor', `kNeighborsRegressor({ nNeighbors: ${neighbours}, nJobs: 1 })`]
  if (model === 'tree') return ['decisionTreeRegressor', `decisionTreeRegressor({ maxDepth: ${depth} })`]
  const powers = `polynomialFeatures({ degree: ${degree}, includeBias: ${degree === 0} })`
  return ['makePipeline, polynomialFeatures, ridge', `makePipeline(${powers}, ridge({ alpha: ${penalty} }))`]
}

/** The same data sets, fits and split with the library alone. */
export const program = (s: Settings): string => {
  const [names, made] = estimatorOf(s)
  return `import { generator as ofTheLibrary, rand, randn, setSeed } from 'gradus'
import { errorParts, ${names} } from 'gradus/learn'

setSeed(${s.seed})
// A stream of its own: fits draw from the library's.
const options = { dtype: 'float64', generator: ofTheLibrary().fork(1) }
const noise = ${s.noise}
const f = x => ${truths[s.truth]}
const estimator = ${made}

const places = Array.from({ length: ${places} }, (_, i) => (2 * i) / ${places - 1} - 1)
const predictions = []
const errors = []
for (let set = 0; set < ${Math.min(s.steps, mostSets)}; set++) {
  const x = Array.from(await rand([${s.samples}], options).data(), u => 2 * u - 1)
  const shaken = await randn([${s.samples}], options).data()
  // Every other data set tells bias and variance; the ones between are judged on fresh noisy targets.
  const fresh = set % 2 === 0 ? null : await randn([${places}], options).data()
  const model = await estimator.fit(x.map(value => [value]), x.map((value, i) => f(value) + noise * shaken[i]))
  const predicted = Float64Array.from(await (await model.predict(places.map(value => [value]))).data())
  if (fresh === null) predictions.push(predicted)
  else errors.push(places.reduce((sum, x, i) => sum + (f(x) + noise * fresh[i] - predicted[i]) ** 2, 0) / ${places})
}

const parts = errorParts({ predictions, truth: Float64Array.from(places, f), noise, errors })
console.log('bias2', parts.bias2)
console.log('variance', parts.variance)
console.log('noise', parts.noise)
console.log('error', parts.error)
console.log('standardError', parts.standardError)
`
}
