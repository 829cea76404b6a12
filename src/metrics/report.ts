import { ArgumentError } from '../core/errors.ts'
import type { ClassReport } from './classification.ts'
import { encode, readClassList, type WeightOptions } from './classes.ts'
import { precisionRecallFscoreSupport } from './precision-recall.ts'
import type { Values } from './values.ts'

export interface ReportOptions extends WeightOptions {
  /** The classes to report, in this order; all that occur. */
  readonly labels?: ArrayLike<number | string | boolean>
  /** What the classes are called, in the order of `labels`. */
  readonly targetNames?: readonly string[]
  /** Digits after the point; 2. */
  readonly digits?: number
  /** What stands where nothing is to be divided by; 0. */
  readonly zeroDivision?: number
}

/** The measures of each class and their averages. */
export interface ClassificationReport {
  readonly classes: Readonly<Record<string, ClassReport>>
  /** The share of right predictions; left out where `labels` leaves out classes. */
  readonly accuracy?: number
  /** From sums over the classes, where `labels` leaves some out: else this is the accuracy. */
  readonly microAverage?: ClassReport
  /** The plain mean of the classes. */
  readonly macroAverage: ClassReport
  /** The mean of the classes weighted by their examples. */
  readonly weightedAverage: ClassReport
}

/** Precision, recall, F1 and number of examples of each class and on average, as an object. */
export const classificationReportOf = (
  yTrue: Values,
  yPred: Values,
  options: ReportOptions = {},
): ClassificationReport => {
  const where = 'classificationReport'
  const { sampleWeight, targetNames, zeroDivision = 0 } = options
  const given = options.labels && readClassList(where, options.labels)
  const { classes } = encode(where, yTrue, yPred, sampleWeight, given)
  const labels = given ?? classes
  if (targetNames && targetNames.length !== labels.length) {
    throw new ArgumentError(
      `${where}: there are ${targetNames.length} targetNames for ${labels.length} classes. There must be one for each.`,
    )
  }
  const names = targetNames ?? labels.map(String)
  const common = { labels, zeroDivision, ...(sampleWeight && { sampleWeight }) }
  const each = precisionRecallFscoreSupport(yTrue, yPred, common)
  const support = each.support.reduce((a, b) => a + b, 0)
  const average = (kind: 'micro' | 'macro' | 'weighted'): ClassReport => {
    const { precision, recall, fscore } = precisionRecallFscoreSupport(yTrue, yPred, { ...common, average: kind })
    return { precision, recall, f1: fscore, support }
  }
  const micro = average('micro')
  return {
    classes: Object.fromEntries(
      names.map((name, i) => [
        name,
        { precision: each.precision[i]!, recall: each.recall[i]!, f1: each.fscore[i]!, support: each.support[i]! },
      ]),
    ),
    ...(labels.length === classes.length ? { accuracy: micro.f1 } : { microAverage: micro }),
    macroAverage: average('macro'),
    weightedAverage: average('weighted'),
  }
}

/** A number with so many digits after the point; halves go to the even digit. */
const fixed = (x: number, digits: number): string => {
  if (Number.isNaN(x)) return 'nan'
  const exact = x.toFixed(100)
  const end = exact.indexOf('.') + 1 + digits
  const isHalf = /^50*$/.test(exact.slice(end).replace('.', ''))
  const cut = digits === 0 ? exact.slice(0, end - 1) : exact.slice(0, end)
  return isHalf && Number(cut.at(-1)) % 2 === 0 ? cut : x.toFixed(digits)
}

/**
 * Precision, recall, F1 and number of examples of each class and on average, as a table to read; as scikit-learn prints it.
 *
 * @throws ArgumentError for `targetNames` that do not fit the classes
 */
export const classificationReport = (yTrue: Values, yPred: Values, options: ReportOptions = {}): string => {
  const { digits = 2, targetNames, labels } = options
  if (!Number.isInteger(digits) || digits < 0 || digits > 20)
    throw new ArgumentError(`classificationReport: digits must be an integer from 0 to 20; got ${digits}.`, { digits })
  const report = classificationReportOf(yTrue, yPred, options)
  // Names may be numbers: an object would sort them.
  const shown = encode(
    'classificationReport',
    yTrue,
    yPred,
    undefined,
    labels && readClassList('classificationReport', labels),
  )
  const names = targetNames ?? (labels ? readClassList('classificationReport', labels) : shown.classes).map(String)
  const width = Math.max('weighted avg'.length, digits, ...names.map(name => name.length))
  const line = (name: string, cells: readonly string[]): string =>
    `${name.padStart(width)} ${cells.map(cell => ` ${cell.padStart(9)}`).join('')}`
  const row = (name: string, r: ClassReport): string =>
    line(name, [...[r.precision, r.recall, r.f1].map(x => fixed(x, digits)), String(r.support)])
  const total = String(report.macroAverage.support)
  return `${[
    line('', ['precision', 'recall', 'f1-score', 'support']),
    '',
    ...names.map(name => row(name, report.classes[name]!)),
    '',
    report.microAverage
      ? row('micro avg', report.microAverage)
      : line('accuracy', ['', '', fixed(report.accuracy!, digits), total]),
    row('macro avg', report.macroAverage),
    row('weighted avg', report.weightedAverage),
  ].join('\n')}\n`
}
