import type { Description } from '../../../src/learn/core/estimator.ts'

const headings: Readonly<Record<string, string>> = {
  classifier: 'Classifiers',
  regressor: 'Regressors',
  clusterer: 'Clustering',
  transformer: 'Transformers',
  embedding: 'Embeddings',
  densityEstimator: 'Densities',
  outlierDetector: 'Outlier detectors',
  composition: 'Compositions and searches',
}

const shown = (value: unknown): string => {
  if (value === undefined) return ''
  if (typeof value === 'object' && value !== null && 'toJSON' in value)
    return `\`${(value as unknown as { name: string }).name}()\``
  return `\`${typeof value === 'function' ? 'function' : JSON.stringify(value)}\``
}
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')
const traits = ({ input, missing, sampleWeight }: Description): string =>
  [
    input === 'sparse' && 'takes sparse rows',
    input === 'texts' && 'takes texts',
    input === 'table' && 'takes tables with words',
    missing === 'allowed' && 'takes NaN',
    sampleWeight && 'heeds sampleWeight',
  ]
    .filter(Boolean)
    .join(' · ')

const entry = (description: Description): string[] => {
  const { name, summary, source, options } = description
  const rows = options.fields.map(
    ({ key, rule }) => `| ${key} | ${shown(rule.default)} | ${cell(rule.expected)} | ${cell(rule.help)} |`,
  )
  const own = traits(description)
  return [
    `### ${name}`,
    '',
    summary,
    '',
    `Source: ${source}.${own ? ` ${own[0]!.toUpperCase()}${own.slice(1)}.` : ''}`,
    '',
    ...(rows.length > 0 ? ['| option | default | must be | what it does |', '|---|---|---|---|', ...rows, ''] : []),
  ]
}

/** docs/estimators.md, from the declarations. */
export const estimatorsDocument = (all: readonly Description[]): string => {
  const kinds = Object.keys(headings)
  const kindOf = ({ kind }: Description): string => kind ?? 'composition'
  const parts = kinds.flatMap(kind => {
    const own = all.filter(one => kindOf(one) === kind)
    return own.length === 0
      ? []
      : [
          `## ${headings[kind]}`,
          '',
          own.map(({ name }) => `[${name}](#${name.toLowerCase()})`).join(' · '),
          '',
          ...own.flatMap(entry),
        ]
  })
  return [
    '# Estimators',
    '',
    'Written from the declarations by `GRADUS_WRITE_DOCS=1 npx vitest run test/learn/docs`. Names, options and defaults are scikit-learn’s in',
    'camelCase. How near results are to scikit-learn’s: [agreement.md](agreement.md).',
    '',
    `${all.length} estimators and compositions.`,
    '',
    ...parts,
  ].join('\n')
}
