import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { defineOptions, type Infer, integer, number, text, texts } from '../core/options.ts'
import { alignmentSvg } from '../draw/alignment.ts'
import { fileCause } from '../io/atomic.ts'
import { DataError, ModelError } from '../core/errors.ts'
import { loadTranslator, type Translation, type Translator } from '../models/translator.ts'
import { plainSpaces } from '../text/pairs.ts'
import { type Context, defineCommand } from './command.ts'
import { UsageError } from './exit-codes.ts'
import { readText } from './io.ts'

const options = defineOptions({
  model: text({ required: true, placeholder: 'DIR', help: 'run folder of train seq2seq or train transformer' }),
  texts: texts({ default: [], placeholder: 'TEXT', help: 'what to translate; without, each line of standard input' }),
  beams: integer({ default: 1, min: 1, max: 1000, help: 'hypotheses kept at each step; 1 is the greedy choice' }),
  nBest: integer({ default: 1, min: 1, help: 'translations of each text, the best first; at most --beams' }),
  lengthPenalty: number({ default: 0.6, min: 0, help: 'how much long translations are preferred among beams' }),
  maxLength: integer({ min: 1, help: 'most tokens of a translation; as in training unless given' }),
  batchSize: integer({ default: 32, min: 1, aliases: ['batch'], help: 'texts translated at once' }),
  alignment: text({ placeholder: 'FILE.svg', help: 'draw where the model looked for the first text' }),
  layer: integer({ min: 1, help: 'the layer that is drawn, the last unless given' }),
  head: integer({ min: 1, help: 'the head of it that is drawn; the mean of all unless given' }),
})
type Values = Infer<typeof options>

export const translateCommand = defineCommand({
  name: 'translate',
  summary: 'write the target of a text with a trained encoder-decoder',
  examples: [
    'gradus translate runs/french "Go on." --beams 4',
    'gradus translate runs/reverse 12345 --alignment alignment.svg',
    'gradus translate runs/french --beams 8 --n-best 3 --json < lines.txt',
  ],
  options,
  positionals: ['model', 'texts'],
  check: o => {
    if (o.nBest > o.beams)
      throw new UsageError(`translate: --n-best ${o.nBest} is more than --beams ${o.beams}. Keep more beams.`)
    if (o.alignment === undefined && (o.layer !== undefined || o.head !== undefined))
      throw new UsageError(
        'translate: --layer and --head say what --alignment draws. Give it a file, or leave them out.',
      )
  },
  async run(context) {
    const { options: o, io, json, event, stopSignal } = context
    const translator = await loadTranslator(o.model)
    const lines = await linesOf(context)
    const { beams, nBest, lengthPenalty, maxLength, batchSize } = o
    const found = await translator.translate(lines, {
      beams,
      nBest,
      lengthPenalty,
      batchSize,
      signal: stopSignal(),
      ...(maxLength !== undefined && { maxLength }),
    })
    if (found.length < lines.length || lines.some((_, i) => found[i] === undefined)) return
    for (const [i, source] of lines.entries()) {
      const all = found[i]!
      event({ type: 'translation', index: i, source, translations: all.map(plain) })
      if (!json)
        for (const one of all) io.stdout.write(nBest > 1 ? `${one.score.toFixed(4)}\t${one.text}\n` : `${one.text}\n`)
    }
    if (o.alignment !== undefined) await draw(context, translator, lines[0]!, found[0]![0]!)
  },
})

const plain = ({ text: words, score, logProbability, ended, alignment }: Translation) => ({
  text: words,
  score,
  logProbability,
  ended,
  alignment,
})

const linesOf = async ({ options: o, io }: Context<Values>): Promise<string[]> => {
  const given = o.texts.length > 0 ? o.texts : (await readText(io, '-')).replace(/\r?\n$/, '').split(/\r?\n/)
  const lines = given.map(plainSpaces)
  const empty = lines.indexOf('')
  if (empty >= 0)
    throw new DataError(
      `translate: text ${empty + 1} of ${lines.length} is empty. Give texts, or a line for each on standard input.`,
    )
  return lines
}

/** The drawing of the best translation of a text. */
const draw = async (
  { options: o, io, note }: Context<Values>,
  translator: Translator,
  source: string,
  best: Translation,
): Promise<void> => {
  const { layer, head } = o
  const alignment =
    layer === undefined && head === undefined
      ? best.alignment
      : await translator.alignment(source, best.text, {
          layer: (layer ?? translator.model.config.numLayers) - 1,
          head: head === undefined ? undefined : head - 1,
        })
  if (alignment === null)
    throw new ModelError(`${o.model}: has no attention to draw. Train with --attention additive, dot or general.`)
  const path = resolve(io.cwd, o.alignment!)
  await writeFile(path, `${alignmentSvg(alignment, { title: titleOf(o) })}\n`).catch(error => {
    const { cause, remedy } = fileCause(error)
    throw new DataError(`${o.alignment}: could not be written: ${cause}. ${remedy}`, { path }, error)
  })
  note(
    `drawn in ${o.alignment}: ${alignment.target.length} target tokens over ${alignment.source.length} source tokens`,
  )
}

const titleOf = ({ layer, head }: Values): string => {
  const part = [layer && `layer ${layer}`, head && `head ${head}`].filter(Boolean).join(', ')
  return `Where the model looked${part && `: ${part}`}`
}
