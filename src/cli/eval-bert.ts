import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DataError } from '../core/errors.ts'
import { isRecord } from '../io/json.ts'
import { BertForMaskedLM, BertForPreTraining, BertForSequenceClassification } from '../models/bert.ts'
import { loadBert } from '../models/bert-folder.ts'
import type { Tokenizer } from '../text/tokenizer.ts'
import { bertRowsOf, bertScore, type PretrainedBert } from '../recipes/bert.ts'
import { batchRules } from '../recipes/bert-batches.ts'
import { judgeTexts, scoreTexts } from '../recipes/bert-classify.ts'
import { type LabelledTexts, readLabelled, splitLabelled } from '../recipes/labelled-texts.ts'
import { splitText } from '../recipes/text-training.ts'
import { classTable } from './class-table.ts'
import type { Context } from './command.ts'
import type { EvalOptions } from './eval.ts'
import { NotMetError, UsageError } from './exit-codes.ts'
import { readData } from './read-text.ts'

/** What a run's train.json says of how it was trained; nothing where there is none. */
const trainingOf = async (folder: string): Promise<Record<string, unknown>> => {
  const text = await readFile(join(folder, 'train.json'), 'utf8').catch(() => '{}')
  try {
    const found: unknown = JSON.parse(text)
    return isRecord(found) ? found : {}
  } catch {
    return {}
  }
}
const share = (value: unknown, fallback: number): number =>
  typeof value === 'number' && value >= 0 && value < 1 ? value : fallback

/** Measures a BERT: a classifier on texts with labels, another by how well it finds hidden tokens of a text. */
export const evalBert = async (context: Context<EvalOptions>): Promise<void> => {
  const { options: o } = context
  for (const [flag, given] of [
    ['--report', o.report !== undefined],
    ['--overwrite', o.overwrite],
  ] as const)
    if (given) throw new UsageError(`eval: ${flag} is not for ${o.model}, a BERT. Leave it out.`)
  const { model, tokenizer } = await loadBert(o.model)
  if (model instanceof BertForSequenceClassification) return evalClasses(context, model, tokenizer)
  if (model instanceof BertForMaskedLM || model instanceof BertForPreTraining)
    return evalMasked(context, model, tokenizer)
  throw new UsageError(
    `eval: ${o.model} is a BERT without a head, so it says nothing that could be right or wrong. Give one that was trained to find tokens or classes.`,
  )
}

const evalClasses = async (
  { options: o, result }: Context<EvalOptions>,
  model: BertForSequenceClassification,
  tokenizer: Tokenizer,
): Promise<void> => {
  const { texts, labels, split } = await labelledFor(o)
  if (texts.length === 0)
    throw new DataError(`${o.data}: the ${split} split has no texts. Choose another --split, or give a longer file.`)
  const judge = judgeTexts(model, tokenizer, o.batchSize)
  const score = scoreTexts(await judge(texts), labels, model.classes)
  const accuracy = score.accuracy!
  result(
    { ...score, split, texts: texts.length, model: o.model },
    `${classTable(score)}\nloss ${score.loss.toFixed(4)} nats per text, over ${texts.length.toLocaleString('en')} texts (${split})`,
  )
  requireLoss(o, score.loss)
  if (o.minAccuracy !== undefined && !(accuracy >= o.minAccuracy))
    throw new NotMetError(`eval: the accuracy is ${accuracy.toFixed(4)}, below --min-accuracy ${o.minAccuracy}.`)
}

/** The texts of a split: those that training kept back for its test, unless said otherwise. */
const labelledFor = async (o: EvalOptions): Promise<LabelledTexts & { split: string }> => {
  const { seed, testFraction, valFraction, textColumn, labelColumn } = await trainingOf(o.model)
  const column = (name: unknown): string | undefined => (typeof name === 'string' ? name : undefined)
  const all = await readLabelled({
    data: o.data,
    textColumn: column(textColumn),
    labelColumn: column(labelColumn),
  })
  const known = typeof seed === 'number' && typeof testFraction === 'number'
  const split = o.split ?? (known ? 'test' : 'all')
  if (split === 'all') return { ...all, split }
  if (!known) {
    throw new UsageError(
      `eval: ${o.model} has no train.json that says how its texts were split, so --split ${split} is unknown. Choose --split all.`,
    )
  }
  const options = { seed, testFraction, valFraction: o.valFraction ?? share(valFraction, 0) }
  return { ...splitLabelled(all, options)[split], split }
}

const evalMasked = async (
  { options: o, io, result }: Context<EvalOptions>,
  model: PretrainedBert,
  tokenizer: Tokenizer,
): Promise<void> => {
  const split = o.split ?? 'val'
  if (split === 'test') throw new UsageError('eval: a text has no test split. Choose --split val, train or all.')
  if (o.minAccuracy !== undefined)
    throw new UsageError(`eval: --min-accuracy is for classifiers, and ${o.model} finds hidden tokens. Leave it out.`)
  const saved = await trainingOf(o.model)
  const { contextLength } = model.config
  const parts = splitText(await readData(io, o.data), o.valFraction ?? (share(saved.valFraction, 0) || 0.1))
  const content = split === 'all' ? parts.train + parts.val : parts[split]
  const maskShare = share(saved.maskShare, 0) || 0.15
  const rules = batchRules(tokenizer, { contextLength, maskShare, wholeWords: saved.wholeWords === true })
  const nsp = model instanceof BertForPreTraining
  const { rows } = bertRowsOf(`${o.data}: the ${split} split`, content, { tokenizer, rules, nsp })
  const score = await bertScore(model, rules, o.batchSize ?? 32)(rows)
  const { masked, nextAccuracy, tokens } = score
  const next =
    nextAccuracy === undefined ? '' : `, right about what follows what in ${(100 * nextAccuracy).toFixed(1)} % of pairs`
  result(
    { ...score, split, model: o.model },
    `${masked.toFixed(4)} nats per hidden token, over ${tokens.toLocaleString('en')} of them (${split})${next}`,
  )
  requireLoss(o, score.loss)
}

const requireLoss = (o: EvalOptions, loss: number): void => {
  if (o.maxLoss !== undefined && !(loss <= o.maxLoss))
    throw new NotMetError(`eval: the loss is ${loss.toFixed(4)}, above --max-loss ${o.maxLoss}.`)
}
