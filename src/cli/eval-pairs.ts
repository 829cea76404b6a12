import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DataError } from '../core/errors.ts'
import { isRecord } from '../io/json.ts'
import { loadTranslator } from '../models/translator.ts'
import { pairLoss, scoreTranslations, splitPairs } from '../recipes/translate.ts'
import { type Example, examplesOf, parsePairs } from '../text/pairs.ts'
import type { Context } from './command.ts'
import type { EvalOptions } from './eval.ts'
import { NotMetError, UsageError } from './exit-codes.ts'
import { readData } from './read-text.ts'

/** What decides in a run's train.json how its pairs were split; null where the model was not trained on pairs of a file. */
const splitOf = async (folder: string): Promise<{ seed: number; valFraction: number; maxPairs?: number } | null> => {
  const text = await readFile(join(folder, 'train.json'), 'utf8').catch(() => '{}')
  let found: unknown
  try {
    found = JSON.parse(text)
  } catch {
    return null
  }
  if (!isRecord(found) || typeof found.data !== 'string') return null
  const { seed, valFraction, maxPairs } = found
  if (typeof seed !== 'number' || typeof valFraction !== 'number') return null
  return { seed, valFraction, ...(typeof maxPairs === 'number' && { maxPairs }) }
}

const examplesFor = async ({
  options: o,
  io,
}: Context<EvalOptions>): Promise<{ examples: Example[]; split: string }> => {
  const content = await readData(io, o.data)
  const saved = await splitOf(o.model)
  const split = o.split ?? (saved && saved.valFraction > 0 ? 'val' : 'all')
  if (split === 'test') throw new UsageError('eval: pairs have no test split. Choose --split val, train or all.')
  if (split === 'all') return { examples: examplesOf(parsePairs(content, o.data)), split }
  if (!saved) {
    throw new UsageError(
      `eval: ${o.model} has no train.json that says how its pairs were split, so --split ${split} is unknown. Choose --split all.`,
    )
  }
  const { train, heldOut } = splitPairs(content, {
    ...saved,
    data: o.data,
    valFraction: o.valFraction ?? saved.valFraction,
  })
  const examples = split === 'val' ? heldOut : train
  if (examples.length === 0)
    throw new DataError(`${o.data}: the ${split} split has no pairs. Choose another --split, or --val-fraction.`)
  return { examples, split }
}

/** Measures an encoder-decoder on pairs of texts. */
export const evalPairs = async (context: Context<EvalOptions>): Promise<void> => {
  const { options: o, result } = context
  for (const [flag, given] of [
    ['--report', o.report !== undefined],
    ['--overwrite', o.overwrite],
  ] as const)
    if (given) throw new UsageError(`eval: ${flag} is not for ${o.model}, a model that translates. Leave it out.`)
  const translator = await loadTranslator(o.model)
  const { examples, split } = await examplesFor(context)
  const batchSize = o.batchSize ?? 32
  const loss = await pairLoss(translator, { batchSize, buckets: 4 })(examples)
  const { exact, bleu, sources } = await scoreTranslations(translator, examples, { batchSize })
  result(
    { loss, exact, bleu, sources, split, model: o.model },
    `loss ${loss.toFixed(4)} nats per token, ${(100 * exact).toFixed(1)} % translated exactly, BLEU ${bleu.toFixed(2)}, over ${sources.toLocaleString('en')} sources (${split}, greedy)`,
  )
  if (o.maxLoss !== undefined && !(loss <= o.maxLoss))
    throw new NotMetError(`eval: the loss is ${loss.toFixed(4)}, above --max-loss ${o.maxLoss}.`)
  if (o.minAccuracy !== undefined && !(exact >= o.minAccuracy))
    throw new NotMetError(
      `eval: ${exact.toFixed(4)} of the sources are translated exactly, below --min-accuracy ${o.minAccuracy}.`,
    )
}
