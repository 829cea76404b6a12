import type { Settings } from './about.ts'

const written = (value: unknown): string => (typeof value === 'string' ? `'${value}'` : String(value))

const dataOf = (s: Settings): readonly [imports: string, lines: string, columns: number] => {
  if (s.dataSet === 'digits') {
    return [
      `import { digits } from 'gradus/data'\n`,
      `const { train } = digits({ count: ${s.count}, testCount: 1, seed: ${s.seed} })
let X = { rows: ${s.count}, columns: 784, data: Float64Array.from(train.x.data) }`,
      784,
    ]
  }
  const tools = `import { rand, randn, setSeed } from 'gradus'\n`
  const start = `setSeed(${s.seed})\nconst normal = count => randn([count], { dtype: 'float64' }).data()`
  if (s.dataSet === 'blobs') {
    return [
      tools.replace('rand, ', ''),
      `${start}
const middles = await normal(60)
const shaken = await normal(${10 * s.count})
let X = { rows: ${s.count}, columns: 10, data: new Float64Array(${10 * s.count}) }
for (let i = 0; i < X.rows; i++) {
  for (let j = 0; j < 10; j++) X.data[10 * i + j] = 3 * middles[10 * (i % 6) + j] + shaken[10 * i + j]
}`,
      10,
    ]
  }
  return [
    tools,
    `${start}
const along = await rand([${s.count}], { dtype: 'float64' }).data()
const across = await rand([${s.count}], { dtype: 'float64' }).data()
const shaken = await normal(${3 * s.count})
let X = { rows: ${s.count}, columns: 3, data: new Float64Array(${3 * s.count}) }
for (let i = 0; i < X.rows; i++) {
  const angle = 1.5 * Math.PI * (1 + 2 * along[i])
  const at = [angle * Math.cos(angle), 21 * across[i], angle * Math.sin(angle)]
  for (let j = 0; j < 3; j++) X.data[3 * i + j] = at[j] + 0.2 * shaken[3 * i + j]
}`,
    3,
  ]
}

const tsneOf = (s: Settings, columns: number): string => {
  const most = Math.min(50, s.count, columns)
  const less = s.reduce > 0 && s.reduce < columns
  const options = Object.entries({
    nComponents: s.axes,
    perplexity: s.perplexity,
    learningRate: s.learningRate,
    earlyExaggeration: s.exaggeration,
    init: s.start,
    maxIter: s.steps + 250,
    randomState: s.seed,
    rounded: true,
  }).map(([key, value]) => `${key}: ${written(value)}`)
  return `${
    less
      ? `const scores = await pca({ nComponents: ${most}, randomState: ${s.seed} }).fitTransform(X)
X = scores.slice({}, { end: ${Math.min(s.reduce, most)} })
`
      : ''
  }for await (const { iteration, klDivergence } of tsneSteps(X, { ${options.join(', ')} })) {
  console.log(iteration, klDivergence)
  if (iteration === ${s.steps}) break
}
`
}

/** The same embedding with the library alone. */
export const program = (s: Settings): string => {
  const [imports, lines, columns] = dataOf(s)
  const tsne = s.method === 'tsne'
  const less = s.reduce > 0 && s.reduce < columns
  const names = [
    ...(!tsne || less ? ['pca'] : []),
    ...(s.standardise ? ['standardScaler'] : []),
    ...(tsne ? ['tsneSteps'] : []),
  ]
  const scaled = s.standardise ? '\nX = await standardScaler().fitTransform(X)' : ''
  return `${imports}import { ${names.join(', ')} } from 'gradus/learn'

${lines}${scaled}
${
  tsne
    ? tsneOf(s, columns)
    : `const model = await pca({ nComponents: ${Math.min(50, s.count, columns)}, randomState: ${s.seed} }).fit(X)
for (const [i, share] of (await model.explainedVarianceRatio.data()).entries()) console.log('component' + (i + 1), share)
`
}`
}
