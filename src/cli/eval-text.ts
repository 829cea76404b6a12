import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DataError } from '../core/errors.ts'
import { loadLanguageModel } from '../models/language-folder.ts'
import { lossAlong } from '../recipes/stretches.ts'
import { splitText } from '../recipes/text-training.ts'
import { isRecurrent, textLoss } from '../text/index.ts'
import type { Context } from './command.ts'
import type { EvalOptions } from './eval.ts'
import { NotMetError, UsageError } from './exit-codes.ts'
import { readData } from './read-text.ts'

/** The share that a run kept for validation, from its train.json; another model's is nanoGPT's tenth. */
const valFractionOf = async (folder: string): Promise<number> => {
  const text = await readFile(join(folder, 'train.json'), 'utf8').catch(() => '{}')
  try {
    const { valFraction } = JSON.parse(text) as { valFraction?: unknown }
    return typeof valFraction === 'number' && valFraction > 0 && valFraction < 1 ? valFraction : 0.1
  } catch {
    return 0.1
  }
}

/** Measures a language model on a text. */
export const evalText = async ({ options: o, io, result }: Context<EvalOptions>): Promise<void> => {
  for (const [flag, given] of [
    ['--report', o.report !== undefined],
    ['--overwrite', o.overwrite],
    ['--min-accuracy', o.minAccuracy !== undefined],
  ] as const)
    if (given)
      throw new UsageError(
        `eval: ${flag} is for classifiers of images, and ${o.model} is a language model. Leave it out.`,
      )
  const split = o.split ?? 'val'
  if (split === 'test') throw new UsageError('eval: a text has no test split. Choose --split val, train or all.')
  const { model, tokenizer } = await loadLanguageModel(o.model, {
    ...(o.weights && { dtype: o.weights }),
    ...(o.tokenizer !== undefined && { tokenizer: o.tokenizer }),
  })
  const parts = splitText(await readData(io, o.data), o.valFraction ?? (await valFractionOf(o.model)))
  const content = split === 'all' ? parts.train + parts.val : parts[split]
  // A text's own begin and end do not stand amid a file.
  const ids = tokenizer.encode(content, { specialTokens: false })
  if (ids.length < 2)
    throw new DataError(
      `${o.data}: the ${split} split has ${ids.length} tokens, and a loss needs two. Give a longer text, or another --split.`,
      { tokens: ids.length },
    )
  if (isRecurrent(model) && o.stride !== undefined)
    throw new UsageError(
      `eval: --stride is for models that read windows; ${o.model} reads the text as one. Leave it out.`,
    )
  const { batchSize = 12, stride } = o
  if (stride !== undefined && stride > model.config.contextLength)
    throw new UsageError(
      `eval: --stride is ${stride}, and the model's context is ${model.config.contextLength}. Give at most that.`,
    )
  const { loss, tokens } = isRecurrent(model)
    ? await lossAlong(model)(ids)
    : await textLoss(model, ids, { batchSize, ...(stride !== undefined && { stride }) })
  // The first token is not predicted, so its bytes do not count.
  const bytes = new TextEncoder().encode(tokenizer.decode(ids.subarray(1))).length
  const bitsPerByte = (loss * tokens) / Math.LN2 / bytes
  const document = { loss, perplexity: Math.exp(loss), bitsPerByte, tokens, split, model: o.model }
  result(
    document,
    `loss ${loss.toFixed(4)} nats per token, perplexity ${Math.exp(loss).toFixed(3)}, ${bitsPerByte.toFixed(4)} bits per byte, over ${tokens.toLocaleString('en')} tokens (${split})`,
  )
  if (o.maxLoss !== undefined && !(loss <= o.maxLoss))
    throw new NotMetError(`eval: the loss is ${loss.toFixed(4)}, above --max-loss ${o.maxLoss}.`)
}
