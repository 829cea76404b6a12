import { join } from '#files'
import { confusionSvg } from '../draw/confusion.ts'
import { curvesSvg } from '../draw/curves.ts'
import { histogramSvg } from '../draw/histogram.ts'
import { scatterSvg } from '../draw/scatter.ts'
import { writeFileAtomic } from '../io/atomic.ts'
import * as metrics from '../metrics/index.ts'
import {
  type ClassifierJudgement,
  type RegressorJudgement,
  type TableJudgement,
  tableScores,
} from './estimator-scores.ts'
import { checkOwnFolder } from './own-folder.ts'
import { page, section, table } from './report-page.ts'

/** What a report of an estimator writes. */
const ownNames =
  /^(index\.html|(confusion|roc|precision-recall|calibration|importance|predicted|residuals|residual-histogram)\.svg)$/

export interface EstimatorReport {
  readonly title: string
  readonly judgement: TableJudgement
  /** How much each feature counts, where the model says. */
  readonly importance?: readonly (readonly [name: string, value: number])[]
}

interface Picture {
  readonly file: string
  readonly heading: string
  readonly words: string
  readonly svg: string
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`
const digits = (value: number): string =>
  Math.abs(value) >= 1000 || Number.isInteger(value) ? String(Math.round(value)) : value.toPrecision(4)

const confusionPicture = ({ truth, predicted, classes }: ClassifierJudgement): Picture => {
  const codes = (labels: readonly (number | string)[]): number[] => labels.map(label => classes.indexOf(label))
  const rows = codes(truth).flatMap((code, i) => (code >= 0 ? [i] : []))
  const counts = metrics.confusionMatrix(
    rows.map(i => codes([truth[i]!])[0]!),
    rows.map(i => codes([predicted[i]!])[0]!),
    classes.length,
  )
  return {
    file: 'confusion.svg',
    heading: 'Confusion matrix',
    words:
      'How often rows of each class (down) were taken for each class (across). What is right lies on the diagonal.',
    svg: confusionSvg(counts, { classes: classes.map(String) }),
  }
}

const pairs = (xs: ArrayLike<number>, ys: ArrayLike<number>): [number, number][] =>
  Array.from({ length: xs.length }, (_, i) => [xs[i]!, ys[i]!])
/** About three hundred points of many: a curve of more is only larger. */
const thinned = (points: [number, number][]): [number, number][] => {
  const every = Math.ceil(points.length / 300)
  return points.filter((_, i) => i % every === 0 || i === points.length - 1)
}

const curvePictures = ({ truth, classes, scores, probabilities }: ClassifierJudgement): Picture[] => {
  const K = classes.length
  const one = (k: number): { truth: number[]; scores: number[] } => ({
    truth: truth.map(label => (label === classes[k] ? 1 : 0)),
    scores: Array.from(truth, (_, i) => (scores && K === 2 ? scores[i]! : probabilities![i * K + k]!)),
  })
  if (!(scores && K === 2) && !probabilities) return []
  const shown = (K === 2 ? [1] : Array.from({ length: Math.min(K, 6) }, (_, k) => k)).filter(k => {
    const { truth: t } = one(k)
    return t.includes(1) && t.includes(0)
  })
  if (shown.length === 0) return []
  const roc = shown.map(k => {
    const own = one(k)
    const { fpr, tpr } = metrics.rocCurve(own.truth, own.scores)
    return {
      name: `${classes[k]} (${metrics.rocAucScore(own.truth, own.scores).toFixed(3)})`,
      points: thinned(pairs(fpr, tpr)),
    }
  })
  const precision = shown.map(k => {
    const own = one(k)
    const curve = metrics.precisionRecallCurve(own.truth, own.scores)
    return {
      name: `${classes[k]} (${metrics.averagePrecisionScore(own.truth, own.scores).toFixed(3)})`,
      points: thinned(pairs(curve.recall, curve.precision)),
    }
  })
  const few = K > 6 ? ' The first six classes are shown.' : ''
  const pictures: Picture[] = [
    {
      file: 'roc.svg',
      heading: 'ROC curve',
      words: `The share of a class that is found against the share of others that is taken for it, as the threshold falls; in brackets the area below. Chance is the diagonal, with an area of 0.5.${few}`,
      svg: curvesSvg(
        [
          ...roc,
          {
            name: 'chance',
            points: [
              [0, 0],
              [1, 1],
            ],
          },
        ],
        { title: 'ROC', xLabel: 'false positives (share)', yLabel: 'true positives (share)' },
      ),
    },
    {
      file: 'precision-recall.svg',
      heading: 'Precision and recall',
      words: `Of what is taken for a class, the share that is of it, against the share of the class that is found; in brackets the average precision.${few}`,
      svg: curvesSvg(precision, { title: 'Precision and recall', xLabel: 'recall', yLabel: 'precision' }),
    },
  ]
  if (probabilities) {
    const calibration = shown.map(k => {
      const t = one(k).truth
      const p = Array.from(t, (_, i) => probabilities[i * K + k]!)
      const { probTrue, probPred } = metrics.calibrationCurve(t, p, { nBins: 10 })
      return { name: String(classes[k]), points: pairs(probPred, probTrue) }
    })
    pictures.push({
      file: 'calibration.svg',
      heading: 'Calibration',
      words: `How often a class is true where the model gives it a probability: honest probabilities lie on the diagonal.${few}`,
      svg: curvesSvg(
        [
          ...calibration,
          {
            name: 'honest',
            points: [
              [0, 0],
              [1, 1],
            ],
          },
        ],
        { title: 'Calibration', xLabel: 'probability given', yLabel: 'share that is true' },
      ),
    })
  }
  return pictures
}

const regressionPictures = ({ truth, predicted }: RegressorJudgement): Picture[] => {
  const every = Math.ceil(truth.length / 4000)
  const rows = Array.from(truth.keys()).filter(i => i % every === 0)
  const some = every > 1 ? ` One row in ${every} is drawn.` : ''
  return [
    {
      file: 'predicted.svg',
      heading: 'Predicted and true',
      words: `Each row's prediction against its true value; what is right lies on the dashed line.${some}`,
      svg: scatterSvg(
        rows.map((i): [number, number] => [truth[i]!, predicted[i]!]),
        { title: 'Predicted and true', xLabel: 'true', yLabel: 'predicted', diagonal: true },
      ),
    },
    {
      file: 'residuals.svg',
      heading: 'Residuals',
      words: `What the prediction misses (true less predicted) against the prediction: a good model leaves no shape here.${some}`,
      svg: scatterSvg(
        rows.map((i): [number, number] => [predicted[i]!, truth[i]! - predicted[i]!]),
        { title: 'Residuals', xLabel: 'predicted', yLabel: 'true − predicted' },
      ),
    },
    {
      file: 'residual-histogram.svg',
      heading: 'How large residuals are',
      words: 'How often residuals fall into each range.',
      svg: histogramSvg(
        truth.map((t, i) => t - predicted[i]!),
        { title: 'Residuals', xLabel: 'true − predicted' },
      ),
    },
  ]
}

const classTable = ({ truth, predicted, classes }: ClassifierJudgement): string => {
  const { precision, recall, fscore, support } = metrics.precisionRecallFscoreSupport(truth, predicted, {
    labels: [...classes],
    zeroDivision: 0,
    average: null,
  }) as unknown as Record<'precision' | 'recall' | 'fscore' | 'support', number[]>
  return table(
    ['class', 'precision', 'recall', 'F1', 'rows'],
    classes.map((label, k) => [
      String(label),
      percent(precision[k]!),
      percent(recall[k]!),
      percent(fscore[k]!),
      String(support[k]!),
    ]),
  )
}

/** Writes a page of what a model does on rows: `index.html`, whole in itself, and its pictures beside it. @throws DataError as `checkOwnFolder` */
export const writeEstimatorReport = async (
  folder: string,
  { title, judgement, importance = [] }: EstimatorReport,
  { overwrite = false }: { readonly overwrite?: boolean } = {},
): Promise<void> => {
  await checkOwnFolder(folder, { overwrite, own: ownNames, what: 'report' })
  const scores = tableScores(judgement)
  const pictures =
    judgement.kind === 'classifier'
      ? [confusionPicture(judgement), ...curvePictures(judgement)]
      : regressionPictures(judgement)
  const sections = [
    ...(judgement.kind === 'classifier'
      ? [
          section(
            'classes',
            'Each class',
            'Precision: of what was taken for the class, the share that is. Recall: of the class, the share that was found.',
            [classTable(judgement)],
          ),
        ]
      : []),
    ...pictures.map(({ file, heading, words, svg }) =>
      section(file.replace('.svg', ''), heading, words, [`<div class="scroll">${svg}</div>`]),
    ),
    ...(importance.length > 0
      ? [
          section('importance', 'Features', 'How much each feature counts for the model, the most first.', [
            table(
              ['feature', 'weight'],
              importance.slice(0, 40).map(([name, value]) => [name, digits(value)]),
            ),
          ]),
        ]
      : []),
  ]
  for (const { file, svg } of pictures) await writeFileAtomic(join(folder, file), svg)
  const share = new Set(['accuracy', 'balancedAccuracy', 'precision', 'recall', 'f1'])
  const numbers = Object.entries(scores).map(([name, value]): [string, string] => [
    names[name] ?? name,
    share.has(name) ? percent(value) : digits(value),
  ])
  await writeFileAtomic(join(folder, 'index.html'), page(title, numbers, sections))
}

const names: Readonly<Record<string, string>> = {
  accuracy: 'right',
  balancedAccuracy: 'balanced accuracy',
  f1: 'F1',
  rocAuc: 'area under ROC',
  averagePrecision: 'average precision',
  logLoss: 'log loss',
  r2: 'R²',
  rmse: 'root mean squared error',
  mae: 'mean absolute error',
  medianAbsoluteError: 'median absolute error',
}
