import { ArgumentError, DataError } from '../core/errors.ts'
import type { AnyModel, Csr } from '../learn/index.ts'
import { csrSliceRows, csrToDense } from '../learn/numeric/csr.ts'
import { loadEstimator } from '../recipes/estimator-folder.ts'
import { writeEstimatorReport } from '../recipes/estimator-report.ts'
import { judgeTable, tableScores } from '../recipes/estimator-scores.ts'
import { readTableData } from '../recipes/table-data.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { Context } from './command.ts'
import type { EvalOptions } from './eval.ts'
import { NotMetError, UsageError } from './exit-codes.ts'

/** A table that the model cannot take is wrong data, not a wrong call. */
const ofTable = async <T>(data: string, work: () => Promise<T>): Promise<T> => {
  try {
    return await work()
  } catch (error) {
    if (error instanceof ArgumentError && !(error instanceof UsageError))
      throw new DataError(`${data}: ${error.message}`, error.details, error)
    if (error instanceof Error && error.name === 'ShapeError')
      throw new DataError(`${data}: ${error.message}`, {}, error)
    throw error
  }
}

/** Judges an estimator on a table that has the target. */
export const evalTable = async ({ options: o, note, result }: Context<EvalOptions>): Promise<void> => {
  for (const [name, given] of [
    ['--split', o.split !== undefined],
    ['--val-fraction', o.valFraction !== undefined],
    ['--batch-size', o.batchSize !== undefined],
    ['--max-loss', o.maxLoss !== undefined],
  ] as const) {
    if (given)
      throw new UsageError(`eval: ${name} is for other models, and ${o.model} is an estimator of tables. Leave it out.`)
  }
  const { model, config } = await loadEstimator(o.model)
  if (config.columns.target === undefined)
    throw new UsageError(`eval: ${o.model} predicts no column of a table, so there is nothing to judge it by.`)
  const { X, y, notes } = await readTableData({ ...config.columns, data: o.data }, { needTarget: true })
  for (const line of notes) note(line)
  const judgement = await ofTable(o.data, () => judgeTable(model, X as never, y!))
  const scores = tableScores(judgement)
  if (o.report !== undefined) {
    await writeEstimatorReport(
      o.report,
      { title: `${config.estimator} on ${o.data}`, judgement, importance: await importanceOf(model) },
      { overwrite: o.overwrite },
    )
    note(`report: ${o.report}/index.html`)
  }
  const text = Object.entries(scores).map(
    ([name, value]) => `${name.padEnd(18)} ${Number.isInteger(value) ? value : value.toPrecision(5)}`,
  )
  result({ ...scores, model: o.model }, text.join('\n'))
  if (o.minAccuracy !== undefined) {
    if (scores.accuracy === undefined)
      throw new UsageError('eval: --min-accuracy is for classifiers, and this model predicts numbers. Leave it out.')
    if (!(scores.accuracy >= o.minAccuracy))
      throw new NotMetError(
        `eval: the accuracy is ${scores.accuracy.toFixed(4)}, below --min-accuracy ${o.minAccuracy}.`,
      )
  }
}

/** How much each feature counts, where the model or its last step says. */
const importanceOf = async (model: AnyModel): Promise<(readonly [string, number])[]> => {
  const steps = (model as { readonly steps?: readonly AnyModel[] }).steps
  const last = (steps?.at(-1) ?? model) as AnyModel & { readonly featureImportances?: Tensor; readonly coef?: Tensor }
  const before = steps?.[0] as { featureNamesOut?: () => readonly string[] } | undefined
  const tensor = last.featureImportances ?? last.coef
  if (!tensor || typeof (tensor as Tensor).data !== 'function') return []
  const values = Array.from((await tensor.data()) as ArrayLike<number>)
  const width = tensor.shape.at(-1)!
  const names =
    (steps ? before?.featureNamesOut?.() : model.featureNamesIn) ?? Array.from({ length: width }, (_, j) => `x${j}`)
  // Of several classes the mean magnitude; of one row the weights themselves.
  const weight = (j: number): number =>
    values.length === width
      ? values[j]!
      : values.filter((_, i) => i % width === j).reduce((a, b) => a + Math.abs(b), 0) / (values.length / width)
  return names.map((name, j): [string, number] => [name, weight(j)]).sort((a, b) => Math.abs(b[1]) - Math.abs(a[1]))
}

interface PredictTable {
  readonly model: string
  readonly data?: string | undefined
  readonly top: number
}

/** Predicts every row of a table. */
export const predictTable = async ({ options: o, note, event, io, json }: Context<PredictTable>): Promise<void> => {
  if (o.data === undefined)
    throw new UsageError(`predict: ${o.model} is an estimator of tables. Give one with --data FILE.`)
  const { model, config } = await loadEstimator(o.model)
  const { X, rows, notes } = await readTableData(
    {
      ...config.columns,
      data: o.data,
      target: undefined,
      drop: config.columns.drop.concat(config.columns.target ?? []),
    } as never,
    { needTarget: false },
  )
  for (const line of notes) note(line)
  const verbs = model as unknown as {
    predict?: (X: unknown) => Promise<Tensor | readonly unknown[]>
    transform?: (X: unknown) => Promise<Tensor | Csr>
    predictProba?: (X: unknown) => Promise<Tensor>
    classes?: readonly unknown[]
  }
  if (!verbs.predict) {
    if (!verbs.transform)
      throw new UsageError(
        `predict: ${config.estimator} places no new rows. What it found for those it learned from is in ${o.model}/rows.csv.`,
      )
    const rows = await ofTable(o.data, () => verbs.transform!(X))
    const sparse = 'indptr' in rows
    const values = sparse ? undefined : await rows.data()
    const [count, width] = sparse ? [rows.rows, rows.columns] : (rows.shape as readonly [number, number])
    for (let i = 0; i < count; i++) {
      const row = sparse ? csrToDense(csrSliceRows(rows, i, i + 1)).data : values!.slice(i * width, (i + 1) * width)
      event({ type: 'row', index: i, values: Array.from(row as Float64Array) })
      if (!json) io.stdout.write(`${row.join(',')}\n`)
    }
    return
  }
  const found = await ofTable(o.data, () => verbs.predict!(X))
  const values = Array.isArray(found) ? found : Array.from((await (found as Tensor).data()) as ArrayLike<number>)
  const proba = verbs.predictProba ? await (await verbs.predictProba(X)).data() : undefined
  const K = verbs.classes?.length ?? 0
  for (let i = 0; i < rows; i++) {
    const own = proba
      ? Array.from({ length: K }, (_, k) => ({ class: verbs.classes![k], probability: Number(proba[i * K + k]) })).sort(
          (a, b) => b.probability - a.probability,
        )
      : undefined
    event({
      type: 'prediction',
      index: i,
      prediction: values[i],
      ...(own && { probability: own.find(one => one.class === values[i])?.probability }),
      ...(own && o.top > 1 && { top: own.slice(0, o.top) }),
    })
    const words =
      own && o.top > 1
        ? own
            .slice(0, o.top)
            .map(one => `${one.class} ${(100 * one.probability).toFixed(1)} %`)
            .join(', ')
        : String(values[i])
    if (!json) io.stdout.write(`${words}\n`)
  }
}
