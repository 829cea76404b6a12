import type { ClassificationReport } from '../metrics/index.ts'

/** Precision, recall and F1 of each class and their means as a table, and the accuracy. */
export const classTable = (report: ClassificationReport): string => {
  const rows = [
    ...Object.entries(report.classes),
    ['macro average', report.macroAverage] as const,
    ['weighted average', report.weightedAverage] as const,
  ]
  const width = Math.max(...rows.map(([name]) => name.length))
  const line = (name: string, cells: readonly string[]): string =>
    `${name.padEnd(width)}  ${cells.map(cell => cell.padStart(9)).join('  ')}`
  const lines = rows.map(([name, { precision, recall, f1, support }]) =>
    line(name, [precision.toFixed(4), recall.toFixed(4), f1.toFixed(4), support.toLocaleString('en')]),
  )
  const accuracy = report.accuracy === undefined ? [] : [`accuracy ${report.accuracy.toFixed(4)}`]
  return [line('', ['precision', 'recall', 'F1', 'texts']), ...lines, ...accuracy].join('\n')
}
