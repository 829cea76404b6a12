import { readFile } from '#files'
import { DataError } from '../core/errors.ts'
import { nearest } from '../core/nearest.ts'
import { text } from '../core/options.ts'
import { readTable } from '../data/table/read-table.ts'
import { fileCause } from '../io/atomic.ts'
import { Generator, permutation } from '../tensor/random.ts'

/** Where texts with labels come from. */
export const labelledOptions = {
  data: text({
    required: true,
    placeholder: 'FILE',
    help: 'lines of a label, a tab and a text; or a CSV, TSV, JSON Lines or Parquet file with a column of each',
  }),
  textColumn: text({ placeholder: 'COLUMN', help: 'column of the texts in a table; text unless given' }),
  labelColumn: text({ placeholder: 'COLUMN', help: 'column of the labels in a table; label unless given' }),
} as const

export interface LabelledSource {
  readonly data: string
  readonly textColumn?: string | undefined
  readonly labelColumn?: string | undefined
}

export interface LabelledTexts {
  readonly texts: readonly string[]
  readonly labels: readonly string[]
}

/** Whether a source is a table with a row of names, and not lines of a label, a tab and a text. */
const isTable = ({ data, textColumn, labelColumn }: LabelledSource): boolean =>
  textColumn !== undefined || labelColumn !== undefined || /\.(csv|json|jsonl|ndjson|parquet)(\.gz)?$/i.test(data)

const cellsOf = async ({ data, ...columns }: LabelledSource, needLabels: boolean): Promise<LabelledTexts> => {
  const table = await readTable(data)
  const cells = (name: string, option: string): string[] => {
    if (table.has(name))
      return table
        .column(name)
        .toArray()
        .map(cell => String(cell ?? ''))
    const near = nearest(name, table.names)
    throw new DataError(
      `${data}: there is no column ${JSON.stringify(name)} (${option}). ${near ? `Did you mean ${near}?` : `Its columns are ${table.names.slice(0, 12).join(', ')}.`}`,
      { name },
    )
  }
  const label = columns.labelColumn ?? 'label'
  return {
    texts: cells(columns.textColumn ?? 'text', '--text-column'),
    labels: needLabels || table.has(label) ? cells(label, '--label-column') : [],
  }
}

/** @throws DataError where it cannot be read */
const readLines = async (path: string): Promise<string[]> => {
  const bytes = await readFile(path).catch(error => {
    const { cause, remedy } = fileCause(error)
    throw new DataError(`${path}: could not be read: ${cause}. ${remedy}`, { path }, error)
  })
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes).split(/\r?\n/)
  } catch {
    throw new DataError(`${path}: is not UTF-8 text. Convert it, such as with iconv -t utf-8.`, { path })
  }
}

const short = (line: string): string => JSON.stringify(line.length > 60 ? `${line.slice(0, 59)}…` : line)

const labelledLines = async (path: string): Promise<LabelledTexts> => {
  const texts: string[] = []
  const labels: string[] = []
  for (const [i, line] of (await readLines(path)).entries()) {
    if (line.trim() === '') continue
    const tab = line.indexOf('\t')
    if (tab < 1) {
      throw new DataError(
        `${path}: line ${i + 1} is ${short(line)}, which has no label. Expected a label, a tab and a text; name the columns of a table with --text-column and --label-column.`,
        { line: i + 1 },
      )
    }
    labels.push(line.slice(0, tab).trim())
    texts.push(line.slice(tab + 1))
  }
  // A row of names above the lines is no text.
  const named = heading.test(labels[0] ?? '') && labels.indexOf(labels[0]!, 1) < 0
  return named ? { texts: texts.slice(1), labels: labels.slice(1) } : { texts, labels }
}
const heading = /^(label|class|category|target)$/i

/**
 * Texts with labels, of a table or of lines. Rows without a label, or without a text, are left out.
 *
 * @throws DataError where there are none, or a line has no label
 */
export const readLabelled = async (source: LabelledSource): Promise<LabelledTexts> => {
  const all = isTable(source) ? await cellsOf(source, true) : await labelledLines(source.data)
  const kept = all.texts.map((_, i) => i).filter(i => all.texts[i]!.trim() !== '' && all.labels[i]!.trim() !== '')
  if (kept.length === 0) throw new DataError(`${source.data}: has no texts with labels. Give a file with some.`)
  return { texts: kept.map(i => all.texts[i]!), labels: kept.map(i => all.labels[i]!) }
}

/** Texts to judge: of a table its column of texts, of a text file its lines, where a label and a tab before a text do not count. */
export const readTexts = async (source: LabelledSource, classes: readonly string[]): Promise<readonly string[]> => {
  if (isTable(source)) return (await cellsOf(source, false)).texts
  return (await readLines(source.data))
    .filter(line => line.trim() !== '')
    .map(line => {
      const tab = line.indexOf('\t')
      return tab > 0 && classes.includes(line.slice(0, tab).trim()) ? line.slice(tab + 1) : line
    })
}

export const splitNames = ['train', 'val', 'test'] as const
export type LabelledSplit = Readonly<Record<(typeof splitNames)[number], LabelledTexts>>

/** How texts fall into what is learned from, what chooses the best weights, and what judges. */
export interface SplitOptions {
  readonly seed: number
  /** Of all. */
  readonly testFraction: number
  /** Of what is not for the test. */
  readonly valFraction: number
}

/** Texts in three parts, by chance: the same seed gives the same parts. */
export const splitLabelled = (
  { texts, labels }: LabelledTexts,
  { seed, testFraction, valFraction }: SplitOptions,
): LabelledSplit => {
  const order = permutation(texts.length, new Generator(seed).fork(2))
  const test = Math.round(texts.length * testFraction)
  const val = test + Math.round((texts.length - test) * valFraction)
  const part = (from: number, to?: number): LabelledTexts => {
    const places = Array.from(order.subarray(from, to))
    return { texts: places.map(i => texts[i]!), labels: places.map(i => labels[i]!) }
  }
  return { test: part(0, test), val: part(test, val), train: part(val) }
}
