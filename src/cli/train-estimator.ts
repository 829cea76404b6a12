import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ArgumentError, DataError, ShapeError } from '../core/errors.ts'
import { type Declaration, defineOptions, flag, type Infer, parseJson, text } from '../core/options.ts'
import { fileCause, writeFileAtomic } from '../io/atomic.ts'
import { type AnyModel, type Description, definitions, type Estimator, type Grid } from '../learn/index.ts'
import { recreate } from '../learn/core/estimator.ts'
import { scorerOf } from '../learn/selection/scorers.ts'
import {
  checkedGrid,
  crossValidated,
  estimateOptions,
  heldBack,
  prepared,
  requireTarget,
  rowsOf,
  searched,
} from '../recipes/estimate.ts'
import { estimatorFiles, saveEstimator } from '../recipes/estimator-folder.ts'
import { judgeTable, tableScores } from '../recipes/estimator-scores.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { checkOwnFolder } from '../recipes/own-folder.ts'
import { readTableData, type TableData, tableOptions } from '../recipes/table-data.ts'
import { type Command, type Context, defineCommand } from './command.ts'
import { UsageError } from './exit-codes.ts'

const folder = {
  out: text({ placeholder: 'DIR', help: 'folder for the fitted model; runs/NAME unless given' }),
  overwrite: flag({ help: 'replace an earlier run in the output folder' }),
} as const
const shared = defineOptions({ ...tableOptions.declaration, ...estimateOptions, ...folder })
type Shared = Infer<typeof shared>

/** Estimators that a command line can name: not those made of others. */
const nameable = ({ kind, options }: Description): boolean =>
  kind !== undefined && options.fields.every(({ rule }) => rule.presence !== 'required')

/** A command for every estimator: `train ridge`. Its options are the estimator's own and those of tables. */
export const estimatorCommands = (): Command[] => definitions().filter(nameable).map(commandOf)

const commandOf = ({ name, summary, kind, options: own, target }: Description): Command => {
  const options = defineOptions({ ...shared.declaration, ...ownDeclaration(name, own) })
  const supervised = target !== 'none' && target !== 'any'
  return defineCommand({
    name: `train ${name}`,
    summary: `${kind}: ${summary.replace(/\.$/, '')}`,
    examples: supervised
      ? [
          `gradus train ${name} --data table.csv --target column --test 0.2`,
          `gradus train ${name} --data table.csv --target column --cv 5 --search grid.json`,
        ]
      : [`gradus train ${name} --data table.csv --out runs/${name}`],
    options,
    positionals: ['data'] as never,
    check: (values: Record<string, unknown>) => {
      const given = values as unknown as Shared
      if (supervised && given.target === undefined)
        throw new UsageError(`train ${name}: --target COLUMN is required: the column to predict.`)
      if (
        !supervised &&
        (given.test !== undefined || given.search !== undefined || given.cv !== undefined) &&
        given.scoring === undefined
      )
        throw new UsageError(
          `train ${name}: --test, --cv and --search need something to go by. Name it with --scoring, or leave them out.`,
        )
      if (given.draws !== undefined && given.search === undefined)
        throw new UsageError(
          `train ${name}: --draws is how many combinations of a search file to try. Give one with --search.`,
        )
      if (given.scoring !== undefined) asUsage(`train ${name}: --scoring: `, () => scorerOf(given.scoring!))
      estimatorOf(name, own, values)
    },
    run: (context: Context<Shared>) =>
      run(name, estimatorOf(name, own, context.options as Record<string, unknown>), context),
  } as never)
}

/** The estimator's own options; one that is called like one of ours stands under the estimator's name, as `oneHotEncoder.drop`. */
const ownDeclaration = (name: string, { declaration }: Description['options']): Declaration => {
  const own = Object.entries(declaration).filter(([key]) => key !== 'randomState' && key !== 'nJobs')
  const clashing = own.filter(([key]) => key in shared.declaration)
  return {
    ...Object.fromEntries(own.filter(([key]) => !(key in shared.declaration))),
    ...(clashing.length > 0 && { [name]: defineOptions(Object.fromEntries(clashing)) }),
  }
}

const estimatorOf = (name: string, own: Description['options'], values: Record<string, unknown>): Estimator => {
  const clashing = values[name] as Record<string, unknown> | undefined
  const given = Object.keys(own.declaration).flatMap(key => {
    const value = key in shared.declaration ? clashing?.[key] : values[key]
    return value === undefined ? [] : [[key, value]]
  })
  const keys = new Set(own.fields.map(({ key }) => key))
  return recreate(name, {
    ...Object.fromEntries(given),
    ...(keys.has('randomState') ? { randomState: values.seed } : {}),
    ...(keys.has('nJobs') ? { nJobs: values.threads } : {}),
  })
}

const asUsage = (before: string, work: () => unknown): void => {
  try {
    work()
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error
    throw new UsageError(before + error.message, undefined)
  }
}

/** A wrong combination of options is a mistake of the call; a wrong table is not. */
export const asData = (data: string, error: unknown): unknown =>
  (error instanceof ArgumentError || error instanceof ShapeError) && !(error instanceof UsageError)
    ? new DataError(`${data}: ${error.message}`, error.details, error)
    : error

const run = async (name: string, estimator: Estimator, context: Context<Shared>): Promise<void> => {
  const { options: o, note } = context
  const out = o.out ?? join('runs', name)
  await checkOwnFolder(out, { overwrite: o.overwrite, own: estimatorFiles, what: 'run' })
  note(`seed ${o.seed}`)
  requireTarget(estimator, o.target)
  const data = await readTableData(o, { needTarget: true })
  for (const line of data.notes) note(line)
  const ready = prepared(estimator, data, o)
  for (const line of ready.notes) note(line)
  const classifier = estimator.kind === 'classifier'
  const { train, test } =
    o.test === undefined
      ? { train: undefined, test: undefined }
      : heldBack(data, { test: o.test, seed: o.seed, classifier })
  const learn = train ? rowsOf(data, train) : data
  const rows = train?.length ?? data.rows
  note(
    `${name}: ${rows.toLocaleString('en')} rows to learn from${test ? `, ${test.length.toLocaleString('en')} kept back` : ''}`,
  )
  const grid = o.search === undefined ? undefined : await readGrid(o.search, ready.estimator, name)
  const document: Record<string, unknown> = { estimator: name, rows }
  try {
    const model = await fitted(ready.estimator, learn, { grid, context, document })
    const scores = data.y === undefined || estimator.kind === 'clusterer' ? undefined : await scoresOn(model, learn)
    if (scores) document.train = scores
    if (test && data.y) document.test = await scoresOn(model, rowsOf(data, test))
    await replace(out)
    await writeFileAtomic(
      join(out, 'train.json'),
      shared.toJson(
        Object.fromEntries(
          Object.keys(shared.declaration).flatMap(key =>
            (o as Record<string, unknown>)[key] === undefined ? [] : [[key, (o as Record<string, unknown>)[key]]],
          ),
        ) as Shared,
      ),
    )
    await writeFileAtomic(join(out, 'metrics.json'), `${JSON.stringify(document, undefined, 2)}\n`)
    const { data: _, ...columns } = tableOptions.validate(
      'train',
      Object.fromEntries(Object.keys(tableOptions.declaration).map(key => [key, (o as Record<string, unknown>)[key]])),
    )
    await saveRows(out, model)
    await saveEstimator(out, model, { estimator: name, kind: estimator.kind, columns })
  } catch (error) {
    throw asData(o.data, error)
  }
  document.model = out
  context.result(document, `${textOf(document, classifier)}\n${out}`)
}

const replace = async (out: string): Promise<void> => {
  for (const file of ['config.json', 'estimator.json', 'rows.csv', 'metrics.json', 'train.json'])
    await rm(join(out, file), { force: true })
}

/** What a model that places no new rows found for those it learned from, a line each: rows.csv. */
const saveRows = async (out: string, model: AnyModel): Promise<void> => {
  const steps = (model as { readonly steps?: readonly AnyModel[] }).steps
  const last = (steps?.at(-1) ?? model) as AnyModel & { readonly labels?: Tensor; readonly embedding?: Tensor }
  const found = last.labels ?? last.embedding
  if (!found || 'predict' in model || 'transform' in model) return
  const values = Array.from((await found.data()) as ArrayLike<number>)
  const width = found.shape.length === 2 ? found.shape[1]! : 1
  const header = last.labels ? 'label' : Array.from({ length: width }, (_, j) => `x${j}`).join(',')
  const lines = Array.from({ length: found.shape[0]! }, (_, i) => values.slice(i * width, (i + 1) * width).join(','))
  await writeFileAtomic(join(out, 'rows.csv'), `${[header, ...lines].join('\n')}\n`)
}

interface Fitting {
  readonly grid: Grid | undefined
  readonly context: Context<Shared>
  readonly document: Record<string, unknown>
}

const fitted = async (
  estimator: Estimator,
  learn: Pick<TableData, 'X' | 'y'>,
  { grid, context, document }: Fitting,
): Promise<AnyModel> => {
  const { options: o } = context
  let line: ReturnType<typeof context.progress> | undefined
  const onProgress = (done: number, total: number): void => {
    line ??= context.progress({ total })
    line.update(done)
  }
  const shared = { cv: o.cv ?? 5, scoring: o.scoring, seed: o.seed, threads: o.threads, onProgress }
  if (grid !== undefined) {
    const found = await searched(estimator, learn, { ...shared, grid, draws: o.draws })
    line?.done()
    Object.assign(document, {
      search: { best: found.bestParams, score: found.bestScore, tried: found.results.params.length },
    })
    return found.model
  }
  if (o.cv !== undefined) {
    const scores = await crossValidated(estimator, learn, shared)
    line?.done()
    Object.assign(document, { cv: { scores, mean: mean(scores), std: deviation(scores) } })
  }
  return estimator.fit(learn.X as never, learn.y as never)
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length
const deviation = (values: readonly number[]): number =>
  Math.sqrt(mean(values.map(value => (value - mean(values)) ** 2)))

const scoresOn = async (
  model: AnyModel,
  { X, y }: Pick<TableData, 'X' | 'y'>,
): Promise<Record<string, number> | undefined> => {
  if (y === undefined || !('predict' in model)) return undefined
  return tableScores(await judgeTable(model, X as never, y))
}

/** A file of values to try, each of which the estimator takes. */
const readGrid = async (path: string, estimator: Estimator, last: string): Promise<Grid> => {
  const json = await readFile(path, 'utf8').catch(error => {
    const { cause, remedy } = fileCause(error)
    throw new DataError(`${path}: could not be read: ${cause}. ${remedy}`, { path }, error)
  })
  try {
    return checkedGrid(path, parseJson(path, json), { estimator, last })
  } catch (error) {
    throw new DataError((error as Error).message, { path }, error)
  }
}

const line = (title: string, scores: Record<string, number>, shown: readonly string[]): string => {
  const parts = shown.flatMap(key => (scores[key] === undefined ? [] : [`${key} ${scores[key]!.toPrecision(4)}`]))
  return `${title.padEnd(6)} ${parts.join('  ')}`
}

const textOf = (document: Record<string, unknown>, classifier: boolean): string => {
  const shown = classifier ? ['accuracy', 'balancedAccuracy', 'f1', 'rocAuc', 'logLoss'] : ['r2', 'rmse', 'mae']
  const lines: string[] = []
  const search = document.search as { best: unknown; score: number; tried: number } | undefined
  if (search)
    lines.push(`search ${search.tried} tried, best ${JSON.stringify(search.best)} with ${search.score.toPrecision(4)}`)
  const cv = document.cv as { mean: number; std: number; scores: readonly number[] } | undefined
  if (cv) lines.push(`cv     ${cv.mean.toPrecision(4)} ± ${cv.std.toPrecision(2)} over ${cv.scores.length} folds`)
  if (document.train) lines.push(line('train', document.train as Record<string, number>, shown))
  if (document.test) lines.push(line('test', document.test as Record<string, number>, shown))
  return lines.length === 0 ? `fitted on ${document.rows} rows` : lines.join('\n')
}
