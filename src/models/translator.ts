import { join, readFile } from '#files'
import { DataError, FormatError, ModelError } from '../core/errors.ts'
import { fileCause } from '../io/atomic.ts'
import { isRecord, quote } from '../io/json.ts'
import { readModelWeights } from '../io/model-weights.ts'
import { fromArray } from '../tensor/creation.ts'
import { specialCount, specialIds } from '../text/encoder-decoder.ts'
import { type Hypothesis, Searcher, type SearchOptions } from '../text/encoder-decoder-search.ts'
import { PieceTokenizer } from '../text/piece-tokenizer.ts'
import type { Tokenizer } from '../text/tokenizer.ts'
import { tokenizerFromJSON } from '../text/tokenizer-json.ts'
import type { Floats, Ids } from './encoder-decoder-parts.ts'
import { Seq2Seq } from './seq2seq.ts'
import { Transformer } from './transformer.ts'

export type TranslationModel = Seq2Seq | Transformer

/** Models that can be loaded here, by the `model_type` of their config.json. */
const kinds: Readonly<Record<string, { readonly fromJSON: (json: unknown, where: string) => TranslationModel }>> = {
  gradus_seq2seq: Seq2Seq,
  gradus_transformer: Transformer,
}
export const translationModelTypes: readonly string[] = Object.keys(kinds)

export interface TranslateOptions extends SearchOptions {
  /** Texts that are read together. Default 32. */
  readonly batchSize?: number
}

/** Where a model looked in the source for each token of the target. */
export interface Alignment {
  /** Tokens as they are written; the source's end is the last. */
  readonly source: readonly string[]
  readonly target: readonly string[]
  /** `[target][source]`; each row sums to 1. */
  readonly weights: readonly (readonly number[])[]
}

export interface Translation {
  readonly text: string
  /** ln p of the text and its end, in nats. */
  readonly logProbability: number
  /** The logarithm over the length penalty. */
  readonly score: number
  /** Whether the model ended it; false where it was cut at `maxLength`. */
  readonly ended: boolean
  /** Of a Transformer, the mean over the heads of the last layer; null without attention. */
  readonly alignment: Alignment | null
}

/** Ids as the model has them, behind those of padding, begin and end. */
export const modelIds = (tokenizer: Tokenizer, text: string): number[] =>
  Array.from(tokenizer.encode(text), id => id + specialCount)
/** What a model reads of a source: its ids and the end. */
export const sourceIds = (tokenizer: Tokenizer, text: string): number[] => [
  ...modelIds(tokenizer, text),
  specialIds.end,
]

const shown = (tokenizer: Tokenizer, id: number): string => {
  if (id === specialIds.end) return 'end'
  const own = id - specialCount
  return (tokenizer.tokenOf?.(own) ?? tokenizer.decode([own])).trim() || '␣'
}

/**
 * An encoder-decoder with its tokenizers: text in, text out.
 *
 * @example
 * const { Seq2Seq, Translator } = await import('gradus/models')
 * const symbols = CharTokenizer.train('0123456789')
 * const untrained = new Seq2Seq({ sourceVocabSize: 13, targetVocabSize: 13, embedDim: 8, hiddenSize: 16 })
 * const translator = new Translator(untrained, symbols, symbols, 20)
 * const [translations] = await translator.translate(['314'], { beams: 4 }) // of a trained one: loadTranslator('runs/reverse')
 * const { text, alignment } = translations![0]!
 */
export class Translator {
  readonly model: TranslationModel
  readonly source: Tokenizer
  readonly target: Tokenizer
  /** The most tokens of a target, unless told otherwise. */
  readonly maxLength: number
  private readonly searcher: Searcher

  constructor(model: TranslationModel, source: Tokenizer, target: Tokenizer, maxLength = 100) {
    this.model = model
    this.source = source
    this.target = target
    this.maxLength = maxLength
    this.searcher = new Searcher(model)
  }

  /** The best targets of each text, the best first. @throws DataError for a symbol that the source's tokenizer does not have */
  async translate(texts: readonly string[], options: TranslateOptions = {}): Promise<Translation[][]> {
    const { batchSize = 32, ...search } = { maxLength: this.maxLength, ...options }
    const sources = texts.map(text => sourceIds(this.source, text))
    // Texts of one length go together, in batches of one size: a graph is compiled once for each.
    const order = [...sources.keys()].sort((a, b) => sources[a]!.length - sources[b]!.length)
    const found: Translation[][] = new Array(texts.length)
    for (let at = 0; at < order.length && !search.signal?.aborted; at += batchSize) {
      const rows = order.slice(at, at + batchSize)
      const filled = rows.map(row => sources[row]!)
      while (filled.length < Math.min(batchSize, order.length)) filled.push(filled[0]!)
      const hypotheses = await this.searcher.search(filled, search)
      for (const [i, row] of rows.entries())
        found[row] = hypotheses[i]!.map(one => this.translationOf(sources[row]!, one))
    }
    return found
  }

  /**
   * Where one layer looks, and one of its heads or all of them together (a mean), when a target is read; both count from 0. For models
   * with layers of attention: a recurrent one has a single place where it looks.
   *
   * @throws ModelError for a layer or head that the model has not
   */
  async alignment(
    text: string,
    target: string,
    { layer = 0, head }: { readonly layer?: number; readonly head?: number | undefined } = {},
  ): Promise<Alignment> {
    const [from, to] = [sourceIds(this.source, text), modelIds(this.target, target)]
    const ids = (values: readonly number[]): Ids => fromArray(Int32Array.from(values), [1, values.length], 'int32')
    const lengths = fromArray(Int32Array.of(from.length), [1], 'int32') as Ids
    const training = this.model.training
    this.model.eval()
    const weights = this.crossWeights(ids(from), lengths, ids([specialIds.begin, ...to]), layer, head)
    this.model.train(training)
    const S = from.length
    const values = (await weights.data()) as Float32Array
    return {
      source: from.map(id => shown(this.source, id)),
      target: to.map(id => shown(this.target, id)),
      weights: to.map((_, t) => Array.from(values.subarray(t * S, (t + 1) * S))),
    }
  }

  private crossWeights(source: Ids, lengths: Ids, target: Ids, layer: number, head: number | undefined): Floats {
    const { cross } = this.model.attentions(source, lengths, target)
    if (cross === null)
      throw new ModelError(
        'alignment: the model has no attention. Train one with --attention additive, dot or general.',
      )
    const [T, S] = [target.shape[1]!, source.shape[1]!]
    const all = Array.isArray(cross)
      ? (cross as readonly Floats[])
      : [(cross as Floats).reshape([1, 1, T, S]) as Floats]
    const chosen = all[layer]
    const heads = chosen?.shape[1] ?? 0
    if (!chosen || (head !== undefined && !(head < heads))) {
      const wrong = chosen ? `head ${head! + 1}` : `layer ${layer + 1}`
      throw new ModelError(
        `alignment: there is no ${wrong}. The model has ${all.length} ${all.length === 1 ? 'layer' : 'layers'} of ${all[0]!.shape[1]} ${all[0]!.shape[1] === 1 ? 'head' : 'heads'}.`,
        { layer, head },
      )
    }
    return (head === undefined ? chosen.mean(1) : chosen.slice(null, head)) as Floats
  }

  private translationOf(source: readonly number[], { ids, alignment, ...rest }: Hypothesis): Translation {
    const found = alignment && {
      source: source.map(id => shown(this.source, id)),
      target: ids.map(id => shown(this.target, id)),
      weights: alignment,
    }
    return { text: this.target.decode(ids.map(id => id - specialCount)), ...rest, alignment: found }
  }
}

/** tokenizer.json of a model with two sides: a document for each. */
export const tokenizersJSON = (source: Tokenizer, target: Tokenizer): Record<string, unknown> => ({
  source: source.toJSON(),
  target: target.toJSON(),
})

const readDocument = async (folder: string, name: string): Promise<unknown> => {
  const path = join(folder, name)
  const text = await readFile(path, 'utf8').catch(error => {
    const { cause } = fileCause(error)
    throw new ModelError(
      `${path}: could not be read: ${cause}. Give a run folder of train seq2seq or train transformer.`,
      { path },
      error,
    )
  })
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new ModelError(`${path}: is not valid JSON. Save the model again.`, { path }, error)
  }
}

const tokenizerOf = (doc: unknown, where: string): Tokenizer =>
  PieceTokenizer.fromJSON(doc, where) ?? tokenizerFromJSON(doc, where)

/**
 * The encoder-decoder in a run or model folder: config.json, tokenizer.json with a document for each side, model.safetensors.
 *
 * @throws ModelError where there is none, or another kind of model
 */
export const loadTranslator = async (folder: string): Promise<Translator> => {
  const config = await readDocument(folder, 'config.json')
  const where = join(folder, 'config.json')
  const type = isRecord(config) ? config.model_type : undefined
  const kind = typeof type === 'string' && Object.hasOwn(kinds, type) ? kinds[type] : undefined
  if (!kind) {
    throw new ModelError(
      `${where}: model_type is ${quote(type)}. Models that translate have ${translationModelTypes.map(quote).join(' or ')}.`,
      { type },
    )
  }
  const model = kind.fromJSON(config, where)
  const documents = await readDocument(folder, 'tokenizer.json')
  const path = join(folder, 'tokenizer.json')
  if (!isRecord(documents))
    throw new ModelError(`${path}: has no documents for source and target. Save the model again.`)
  const generation = await readDocument(folder, 'generation_config.json').catch(() => null)
  const maxLength = isRecord(generation) && Number.isSafeInteger(generation.max_length) ? generation.max_length : 100
  try {
    model.loadState(await readModelWeights(folder), { from: folder })
    const source = tokenizerOf(documents.source, `${path}: source`)
    const target = tokenizerOf(documents.target, `${path}: target`)
    return new Translator(model, source, target, maxLength as number)
  } catch (error) {
    if (error instanceof FormatError || error instanceof DataError)
      throw new ModelError(error.message, error.details, error)
    throw error
  }
}
