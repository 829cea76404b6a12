import { ModelError } from '../core/errors.ts'
import {
  answersIn,
  answerTokens,
  type ChatTemplateName,
  chatTemplates,
  parseSftExamples,
  type SftExample,
  type SftWindows,
  sftBatch,
  sftWindows,
} from '../finetune/index.ts'
import { Generator, permutation } from '../tensor/random.ts'
import type { Tokenizer } from '../text/tokenizer.ts'
import type { TokenBatch } from '../text/windows.ts'

/** A batch, and how many of its targets count. */
export interface CountedBatch extends TokenBatch {
  readonly count: number
}
/** What a language model is tuned on. */
export interface TuneData {
  /** Tokens of a window. */
  readonly window: number
  /** The batch that is drawn as this one, counted from 0. */
  readonly at: (draw: number) => TokenBatch
  /** What was kept back, or so many windows of it, evenly spread. */
  readonly heldOut: (limit?: number) => Iterable<CountedBatch>
  /** What a model is asked in one of the examples kept back. */
  readonly prompt?: Int32Array
  /** What there is, in words, a line each. */
  readonly notes: readonly string[]
}

export interface SftDataOptions {
  /** Where the examples are from, for messages. */
  readonly data: string
  readonly contextLength: number
  readonly batchSize: number
  readonly valFraction: number
  readonly packing: boolean
  readonly seed: number
  /** Jinja template of conversations. */
  readonly template: string | undefined
}

const templateNames = Object.keys(chatTemplates)

/** The template of a name, else the text of one. */
export const chatTemplateOf = (name: string): string | undefined =>
  templateNames.includes(name) ? chatTemplates[name as ChatTemplateName] : undefined

/** Rows of the examples before and after a cut that the seed chooses. */
const splitExamples = (
  examples: readonly SftExample[],
  valFraction: number,
  seed: number,
): { readonly train: readonly SftExample[]; readonly val: readonly SftExample[] } => {
  const order = permutation(examples.length, new Generator(seed))
  const shuffled = Array.from(order, i => examples[i]!)
  const kept = Math.max(1, Math.round(examples.length * valFraction))
  return { train: shuffled.slice(kept), val: shuffled.slice(0, kept) }
}

/** All windows in batches; rows of nothing fill the last one up, so that one graph serves. */
function* inBatches(windows: SftWindows, batchSize: number, limit: number): Iterable<CountedBatch> {
  const count = Math.min(windows.ids.length, limit)
  const places = Array.from({ length: count }, (_, i) => Math.floor((i * windows.ids.length) / count))
  for (let i = 0; i < count; i += batchSize) {
    const which = places.slice(i, i + batchSize)
    yield { ...sftBatch(windows, which, batchSize), count: answersIn(windows, which) }
  }
}

/**
 * Examples of JSON Lines as what a model is tuned on: a share is kept back by the seed; windows come in another order each epoch, which
 * depends on nothing but the number of the batch.
 *
 * @throws DataError for what are no examples, or too few; ModelError for conversations without a template
 */
export const sftData = (content: string, tokenizer: Tokenizer, o: SftDataOptions): TuneData => {
  const examples = parseSftExamples(content, o.data)
  if (o.template === undefined && examples.some(example => 'messages' in example))
    throw new ModelError(
      `${o.data}: has conversations, and the model no chat template. Give one with --chat-template: ${templateNames.join(', ')}, or a file.`,
    )
  if (examples.length < 2)
    throw new ModelError(`${o.data}: has one example, and one is kept for validation. Give at least two.`)
  const { train, val } = splitExamples(examples, o.valFraction, o.seed)
  const tokenized = (part: readonly SftExample[]) =>
    part.map(example => answerTokens(example, { tokenizer, template: o.template }))
  const [trained, kept] = [tokenized(train), tokenized(val)]
  // Without packing, a window longer than every example would be filled up with nothing.
  const longest = Math.max(...trained.concat(kept).map(({ ids }) => ids.length - 1))
  const length = o.packing ? o.contextLength : Math.max(1, Math.min(o.contextLength, longest))
  const windows = sftWindows(trained, { length, packing: o.packing })
  const valWindows = sftWindows(kept, { length, packing: o.packing })
  const perEpoch = windows.ids.length
  let epoch = -1
  let order: Int32Array = new Int32Array()
  const placeOf = (index: number): number => {
    const now = Math.floor(index / perEpoch)
    if (now !== epoch) {
      order = permutation(perEpoch, new Generator(o.seed + 1 + now))
      epoch = now
    }
    return order[index % perEpoch]!
  }
  const cut = windows.cut + valWindows.cut
  const dropped = windows.dropped + valWindows.dropped
  const answers = answersIn(windows, Array.from(windows.ids.keys()))
  return {
    window: length,
    at: draw =>
      sftBatch(
        windows,
        Array.from({ length: o.batchSize }, (_, i) => placeOf(draw * o.batchSize + i)),
      ),
    prompt: kept[0]!.ids.subarray(0, kept[0]!.answer.indexOf(1)),
    heldOut: (limit = Number.POSITIVE_INFINITY) => inBatches(valWindows, o.batchSize, limit),
    notes: [
      `${train.length.toLocaleString('en')} examples to train on in ${perEpoch.toLocaleString('en')} windows of ${length} tokens, ${answers.toLocaleString('en')} of them answers; ${val.length.toLocaleString('en')} examples to validate`,
      ...(cut > 0
        ? [
            `${cut} examples are longer than ${length} tokens and lost their end; ${dropped} of them are left out, as no answer was left`,
          ]
        : []),
    ],
  }
}
