export interface Row {
  readonly estimator: string
  readonly options: Readonly<Record<string, unknown>>
  readonly data: string
  readonly quantity: string
  /** The largest difference found, in terms of the largest magnitude. */
  readonly gap: number
  readonly tolerance: number
  /** Of random methods: the mean here and in the reference. */
  readonly means?: readonly [number, number]
}

/** A power of ten that a number is not above: differences in the last digits vary from machine to machine. */
const bound = (gap: number): string =>
  gap === 0 ? '0' : gap < 1e-15 ? '< 1e-15' : `< 1e${Math.floor(Math.log10(gap)) + 1}`
const cell = (text: string): string => text.replaceAll('|', '\\|')
const optionsText = (options: Row['options']): string =>
  Object.keys(options).length === 0 ? 'defaults' : `\`${JSON.stringify(options)}\``

/** Quantities of one fit in one line, with the largest difference of all. */
const joined = (rows: readonly Row[]): (Row & { readonly quantities: readonly string[] })[] => {
  const groups = new Map<string, Row[]>()
  for (const row of rows) {
    const key = JSON.stringify([row.estimator, row.options, row.data, row.tolerance])
    groups.set(key, [...(groups.get(key) ?? []), row])
  }
  return [...groups.values()].map(group => ({
    ...group[0]!,
    gap: Math.max(...group.map(row => row.gap)),
    quantities: group.map(row => row.quantity),
  }))
}

/** docs/agreement.md. */
export const agreementTable = (rows: readonly Row[]): string => {
  const exact = rows.filter(row => !row.means)
  const random = rows.filter(row => row.means)
  const sorted = (list: readonly Row[]): Row[] =>
    [...list].sort((a, b) => (a.estimator < b.estimator ? -1 : a.estimator > b.estimator ? 1 : 0))
  return [
    '# Agreement with scikit-learn',
    '',
    'Written by `GRADUS_WRITE_DOCS=1 npx vitest run test/learn/agreement`. Each estimator is fitted on the same rows as in scikit-learn',
    '(`tools/fixtures/learn_*.py` made the references), and what comes out is held together: the largest difference, in terms of the largest',
    'magnitude of the quantity or 1. `made-…` data comes from a formula, the rest are the classic tables.',
    '',
    `${exact.length} quantities of ${new Set(exact.map(row => row.estimator)).size} estimators:`,
    '',
    '| estimator | options | data | quantities | largest difference | allowed |',
    '|---|---|---|---|---|---|',
    ...joined(sorted(exact)).map(
      row =>
        `| ${row.estimator} | ${cell(optionsText(row.options))} | ${row.data} | ${row.quantities.join(', ')} | ${bound(row.gap)} | ${row.tolerance} |`,
    ),
    '',
    'Methods that draw: the mean over ten seeds, and how far it may be apart (two standard errors of the difference).',
    '',
    '| estimator | options | data | here | scikit-learn | apart | allowed |',
    '|---|---|---|---|---|---|---|',
    ...sorted(random).map(
      row =>
        `| ${row.estimator} | ${cell(optionsText(row.options))} | ${row.data} | ${row.means![0].toFixed(4)} | ${row.means![1].toFixed(4)} | ${row.gap.toFixed(4)} | ${row.tolerance.toFixed(4)} |`,
    ),
    '',
  ].join('\n')
}
