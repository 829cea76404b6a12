import type { Settings } from './about.ts'
import { writtenOf } from './models.ts'

const written = (options: Readonly<Record<string, unknown>>): string => {
  const parts = Object.entries(options).map(
    ([key, value]) => `${key}: ${typeof value === 'string' ? `'${value}'` : String(value)}`,
  )
  return parts.length === 0 ? '' : `{ ${parts.join(', ')} }`
}

const dataOf = (
  s: Settings,
): string => `const all = points('${s.dataSet}', { count: ${s.count}, noise: ${s.noise}, seed: ${s.seed}, classes: ${s.groups} })
const rows = ({ data }) => Array.from({ length: data.length / 2 }, (_, i) => [data[2 * i], data[2 * i + 1]])
`

/** The same model with the library alone. */
export const program = (s: Settings): string => {
  const [name, options] = writtenOf(s, 1)
  if (s.classifier === 'kMeans') {
    return `import { points } from 'gradus/data'
import { kMeans } from 'gradus/learn'

${dataOf(s)}const X = rows(all.x)

// The same start each time, and one iteration more.
for (let step = 1; step <= ${s.steps}; step++) {
  const model = await kMeans(${written({ ...options, maxIter: 'step' }).replace("'step'", 'step')}).fit(X)
  if (model.nIter < step) break
  console.log(step, model.inertia)
}
`
  }
  return `import { points } from 'gradus/data'
import { ${name} } from 'gradus/learn'

${dataOf(s)}const [train, test] = all.split(${1 - s.testShare}, { seed: ${s.seed} })
const model = await ${name}(${written(options)}).fit(rows(train.x), Array.from(train.y.data))
console.log('trainAccuracy', await model.score(rows(train.x), Array.from(train.y.data)))
console.log('testAccuracy', await model.score(rows(test.x), Array.from(test.y.data)))
`
}
