import { ArgumentError } from '../core/errors.ts'
import { BertForMaskedLM, BertForPreTraining, BertForSequenceClassification } from '../models/bert.ts'
import { fillMask } from '../models/bert-fill.ts'
import { loadBert } from '../models/bert-folder.ts'
import { judgeTexts } from '../recipes/bert-classify.ts'
import { readTexts } from '../recipes/labelled-texts.ts'
import type { Context } from './command.ts'
import { UsageError } from './exit-codes.ts'

interface PredictTexts {
  readonly model: string
  readonly texts: readonly string[]
  readonly data?: string | undefined
  readonly top: number
  readonly invert: boolean
}

/** Tells the classes of texts, or what may stand at their `[MASK]`. */
export const predictBert = async (context: Context<PredictTexts>): Promise<void> => {
  const { options: o } = context
  if (o.invert) throw new UsageError(`predict: --invert is for images, and ${o.model} reads texts. Leave it out.`)
  const { model, tokenizer } = await loadBert(o.model)
  const classes = model instanceof BertForSequenceClassification ? model.classes : []
  const texts = o.data === undefined ? o.texts : await readTexts({ data: o.data }, classes)
  if (model instanceof BertForSequenceClassification) {
    const { probabilities } = await judgeTexts(model, tokenizer)(texts)
    const K = model.classes.length
    for (const [i, text] of texts.entries())
      tellClasses(context, { text, index: i, classes, probabilities: probabilities.subarray(i * K, (i + 1) * K) })
    return
  }
  if (!(model instanceof BertForMaskedLM || model instanceof BertForPreTraining)) {
    throw new UsageError(
      `predict: ${o.model} is a BERT without a head, so it predicts nothing. Give one that was trained to find tokens or classes.`,
    )
  }
  for (const [index, text] of texts.entries()) {
    const masks = await fillMask(model, tokenizer, text, { topK: o.top }).catch(error => {
      // What cannot be filled was given with the command.
      throw error instanceof ArgumentError ? new UsageError(error.message.replace(/^fillMask/, 'predict')) : error
    })
    context.event({ type: 'prediction', index, text, masks })
    const words = masks.map(best => best.map(f => `${f.token} ${percent(f.probability)}`).join(', '))
    if (!context.json) context.io.stdout.write(`${text}  ${words.join('  |  ')}\n`)
  }
}

const percent = (p: number): string => `${(100 * p).toFixed(1)} %`

interface Told {
  readonly text: string
  readonly index: number
  readonly classes: readonly string[]
  readonly probabilities: Float32Array
}

const tellClasses = (
  { options: o, event, json, io }: Context<PredictTexts>,
  { text, index, classes, probabilities }: Told,
): void => {
  const order = Array.from(probabilities.keys()).sort((a, b) => probabilities[b]! - probabilities[a]!)
  const best = order.slice(0, o.top).map(k => ({ class: classes[k]!, probability: probabilities[k]! }))
  event({
    type: 'prediction',
    index,
    text,
    ...best[0]!,
    probabilities: Object.fromEntries(classes.map((name, k) => [name, probabilities[k]!])),
  })
  const words = best.map(b => `${b.class} ${percent(b.probability)}`).join(', ')
  if (!json) io.stdout.write(`${words}  ${text}\n`)
}
