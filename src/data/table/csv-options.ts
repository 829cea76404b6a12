import { ArgumentError } from '../../core/errors.ts'
import { defineOptions, type Given, type Infer, integer, oneOf, type Rule, text, texts } from '../../core/options.ts'

/** What pandas 3 reads as missing. */
export const missingWords: readonly string[] = [
  '',
  '#N/A',
  '#N/A N/A',
  '#NA',
  '-1.#IND',
  '-1.#QNAN',
  '-NaN',
  '-nan',
  '1.#IND',
  '1.#QNAN',
  '<NA>',
  'N/A',
  'NA',
  'NULL',
  'NaN',
  'None',
  'n/a',
  'nan',
  'null',
]

const header: Rule<boolean | 'auto', 'default'> = {
  kind: 'choice',
  expected: "true, false or 'auto'",
  accepts: (value): value is boolean | 'auto' => typeof value === 'boolean' || value === 'auto',
  fromText: word => (word === 'true' ? true : word === 'false' ? false : word),
  presence: 'default',
  default: true,
  help: 'whether the first row holds the names; auto: where none of its cells is a number',
  placeholder: 'WHETHER',
  aliases: [],
}

/** How a CSV file is written. */
export const csvOptions = defineOptions({
  delimiter: text({ help: 'between fields, one ASCII character; found among , ; tab and | where it is not given' }),
  quote: text({ default: '"', help: 'around fields with delimiters or line breaks; doubled within' }),
  header,
  names: texts({ help: 'names of the columns, in place of those in the header' }),
  columns: texts({ help: 'the columns to read; all where it is not given' }),
  text: texts({ default: [], help: 'columns kept as text whatever they look like, such as codes with leading zeros' }),
  missing: texts({ default: missingWords, help: 'what stands for a missing value; an empty field always does' }),
  ragged: oneOf(['drop', 'error', 'fill'], {
    default: 'drop',
    help: 'rows with more or fewer fields than the header: left out and reported, refused, or filled up where fields lack',
  }),
  encoding: text({ default: 'utf-8', help: 'as TextDecoder names it: utf-8, latin1, utf-16le, ...' }),
  decimal: text({ default: '.', help: 'the decimal point' }),
  comment: text({ help: 'lines that begin with this character are left out' }),
  maxColumns: integer({ default: 100_000, min: 1, help: 'columns refused beyond this number' }),
  maxFieldBytes: integer({ default: 2 ** 26, min: 1, max: 2 ** 28, help: 'a longer field is refused' }),
  maxCells: integer({ default: 2 ** 28, min: 1, help: 'cells of a table; more are refused' }),
})

export type CsvOptions = Given<typeof csvOptions>

/** The options as the scanner wants them: characters as bytes. */
export interface CsvFormat extends Omit<Infer<typeof csvOptions>, 'delimiter' | 'quote' | 'decimal' | 'comment'> {
  readonly delimiter: number | undefined
  readonly quote: number
  readonly decimal: number
  /** -1 where there are no comments. */
  readonly comment: number
}

const byteOf = (where: string, key: string, value: string): number => {
  const code = value.charCodeAt(0)
  if (value.length === 1 && code > 0 && code < 128 && code !== 10 && code !== 13) return code
  throw new ArgumentError(
    `${where}: ${key} must be one ASCII character other than a line break; got ${JSON.stringify(value)}.`,
    { key, value },
  )
}

/** The name of an encoding as TextDecoder has it. */
const encodingOf = (where: string, encoding: string): string => {
  try {
    return new TextDecoder(encoding).encoding
  } catch {
    throw new ArgumentError(
      `${where}: encoding must be one that TextDecoder knows, such as utf-8, latin1 or utf-16le; got ${JSON.stringify(encoding)}.`,
      { encoding },
    )
  }
}

/** The given options, checked. */
export const csvFormat = (where: string, given: CsvOptions): CsvFormat => {
  const { delimiter, quote, decimal, comment, ...rest } = csvOptions.validate(where, given)
  const format = {
    ...rest,
    encoding: encodingOf(where, rest.encoding),
    delimiter: delimiter === undefined ? undefined : byteOf(where, 'delimiter', delimiter),
    quote: byteOf(where, 'quote', quote),
    decimal: byteOf(where, 'decimal', decimal),
    comment: comment === undefined ? -1 : byteOf(where, 'comment', comment),
  }
  const signs = [format.delimiter, format.quote, format.decimal, comment === undefined ? undefined : format.comment]
  const twice = signs.find((sign, i) => sign !== undefined && signs.indexOf(sign) !== i)
  if (twice === undefined) return format
  throw new ArgumentError(
    `${where}: ${JSON.stringify(String.fromCharCode(twice))} has two meanings among delimiter, quote, decimal and comment. Choose different characters.`,
  )
}
