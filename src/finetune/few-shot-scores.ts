import { DataError } from '../core/errors.ts'
import { isRecord, quote } from '../io/json.ts'
import { fromArray } from '../tensor/creation.ts'
import { crossEntropy } from '../tensor/functions.ts'
import { Generator, permutation } from '../tensor/random.ts'
import { compile } from '../tensor/transforms.ts'
import { isRecurrent, type LanguageModel } from '../text/causal-model.ts'
import { type FewShot, type FewShotOptions, fewShot, type Shot } from '../text/few-shot.ts'
import { generateBatch } from '../text/generation/generate-batch.ts'
import { promptTokens } from '../text/generation/generate-text.ts'
import { StopStrings } from '../text/generation/stop-strings.ts'
import { streamDecoder } from '../text/stream-decoder.ts'
import type { Tokenizer } from '../text/tokenizer.ts'
import { notLearned } from './packing.ts'

/** A question with its answer and, where an answer is chosen, all there is to choose from. */
export interface FewShotItem extends Shot {
  readonly choices?: readonly string[]
}

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every(item => typeof item === 'string')

/**
 * Questions of JSON Lines: `{"input": "…", "output": "…"}`, with `"choices": ["…"]` where the answer is one of them.
 *
 * @throws DataError naming the line that is no such question
 */
export const parseFewShotItems = (text: string, from = 'data'): FewShotItem[] => {
  const items: FewShotItem[] = []
  for (const [i, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    const where = `${from}, line ${i + 1}`
    let value: unknown
    try {
      value = JSON.parse(line)
    } catch (error) {
      throw new DataError(`${where}: is not JSON. Expected {"input": "…", "output": "…"}.`, {}, error)
    }
    const { input, output, choices } = isRecord(value) ? value : {}
    if (typeof input !== 'string' || typeof output !== 'string' || output.trim() === '')
      throw new DataError(
        `${where}: input is ${quote(input)} and output ${quote(output)}. Expected two texts, the second not empty.`,
      )
    if (choices !== undefined && !(isTexts(choices) && choices.includes(output)))
      throw new DataError(
        `${where}: choices is ${quote(choices)}. Expected a list of texts with the output ${quote(output)} among them.`,
      )
    items.push({ input, output, ...(choices !== undefined && { choices: choices as string[] }) })
  }
  if (items.length === 0)
    throw new DataError(`${from}: has no questions. Expected {"input": "…", "output": "…"} on each line.`)
  return items
}

export interface FewShotScoreOptions extends Omit<FewShotOptions, 'examples'> {
  /** Solved ones before each question; several numbers are scored side by side. Default 0 and 4. */
  readonly shots?: readonly number[]
  /** Where these are drawn from, without the one that is asked. Default: the questions. */
  readonly examples?: readonly Shot[]
  /** Of the draws: each question has examples of its own, of which more shots show more. Default 0. */
  readonly seed?: number
  /** Texts computed at once. Default 16. */
  readonly batchSize?: number
  /** Tokens that end a text. */
  readonly stopTokens?: readonly number[]
}

export interface FewShotScore {
  readonly shots: number
  readonly items: number
  /** Mean −ln p of a token of the right answers, in nats. */
  readonly loss: number
  /** Share of the questions with choices whose right one is the likeliest, by the product over its tokens; null without any. */
  readonly accuracy: number | null
  /** Share of the questions that the likeliest tokens, one by one, answer to the letter. */
  readonly exactMatch: number
}

/** A text whose end is scored. */
interface Scored {
  readonly ids: Int32Array
  /** Where the end begins. */
  readonly start: number
}

const scoredOf = (tokenizer: Tokenizer, prompt: string, answer: string): Scored => {
  const [alone, ids] = [promptTokens(tokenizer, prompt), tokenizer.encode(prompt + answer)]
  let start = 0
  while (start < Math.min(alone.length, ids.length - 1) && alone[start] === ids[start]) start++
  return { ids, start }
}

/** ln p of the ends of texts. */
const logprobsWith = (model: LanguageModel, batchSize: number) => {
  const losses = compile((x: IdsOf, y: IdsOf) => {
    const logits = isRecurrent(model) ? model.read(x, model.startState(x.shape[0]!)).logits : model.forward(x)
    return crossEntropy(logits, y, { ignoreIndex: notLearned, reduction: 'none' }).sum(1)
  })
  return async (texts: readonly Scored[]): Promise<number[]> => {
    // One length, so that one graph serves.
    const length = Math.max(...texts.map(({ ids }) => ids.length - 1))
    const found: number[] = []
    for (let at = 0; at < texts.length; at += batchSize) {
      const part = texts.slice(at, at + batchSize)
      const [x, y] = [new Int32Array(batchSize * length), new Int32Array(batchSize * length).fill(notLearned)]
      for (const [row, { ids, start }] of part.entries()) {
        x.set(ids.subarray(0, -1), row * length)
        y.set(ids.subarray(start), row * length + start - 1)
      }
      const shape = [batchSize, length] as const
      const sums = await (await losses(fromArray(x, shape, 'int32'), fromArray(y, shape, 'int32'))).data()
      for (let row = 0; row < part.length; row++) found.push(-Number(sums[row]))
    }
    return found
  }
}
type IdsOf = ReturnType<typeof fromArray<readonly [number, number], 'int32'>>

const requireRoom = (model: LanguageModel, texts: readonly Scored[], shots: number): void => {
  if (isRecurrent(model)) return
  const longest = Math.max(...texts.map(({ ids }) => ids.length - 1))
  const { contextLength } = model.config
  if (longest <= contextLength) return
  throw new DataError(
    `fewShotScores: a prompt of ${shots} shots with its answer takes ${longest} tokens, and the model's context is ${contextLength}. Give fewer shots, or a shorter template.`,
    { longest, contextLength },
  )
}

/** Questions with prompts of their own. */
interface Asked {
  readonly item: FewShotItem
  readonly task: FewShot
  readonly prompt: string
}

const ask = (items: readonly FewShotItem[], shots: number, o: FewShotScoreOptions): Asked[] => {
  const { examples: pool, seed = 0, shots: _, batchSize: __, stopTokens: ___, ...form } = o
  return items.map((item, i) => {
    // A question among the examples is not shown its own answer.
    const others = (pool ?? items).filter(other => other !== item)
    if (others.length < shots)
      throw new DataError(
        `fewShotScores: ${shots} shots are asked for, and there are ${others.length} examples to show. Give more examples, or fewer shots.`,
        { shots, examples: others.length },
      )
    const order = permutation(others.length, new Generator(seed).fork(1 + (i % 255)))
    // What is nearest to the question stays there as shots are added before it.
    const examples = Array.from(order.subarray(0, shots), at => others[at]!).reverse()
    const task = fewShot({ ...form, examples })
    return { item, task, prompt: task.prompt(item.input) }
  })
}

/** Whether the likeliest tokens, one by one, give the answer. */
const answersWritten = async (
  model: LanguageModel,
  tokenizer: Tokenizer,
  asked: readonly Asked[],
  { stopTokens = [], batchSize = 16 }: FewShotScoreOptions,
): Promise<boolean[]> => {
  const longest = Math.max(
    ...asked.map(({ item, task, prompt }) => {
      const { ids, start } = scoredOf(tokenizer, prompt, task.answer(item.output) + task.separator)
      return ids.length - start
    }),
  )
  const right: boolean[] = []
  for (let at = 0; at < asked.length; at += batchSize) {
    const part = asked.slice(at, at + batchSize)
    const prompts = part.map(({ prompt }) => promptTokens(tokenizer, prompt))
    const written = await generateBatch(model, prompts, { maxNewTokens: longest, temperature: 0, stopTokens })
    for (const [row, { item, task }] of part.entries()) {
      const decoder = streamDecoder(tokenizer, prompts[row]!)
      const stops = new StopStrings([task.separator])
      let text = ''
      for (const { id } of written[row]!) if (!stopTokens.includes(id)) text += stops.push(decoder.push(id))
      text += stops.push(decoder.flush()) + stops.flush()
      right.push(text.trim() === item.output.trim())
    }
  }
  return right
}

/** The right answer of each question, and whether it is the likeliest of its choices. */
const answersScored = async (
  logprobs: (texts: readonly Scored[]) => Promise<number[]>,
  rows: readonly {
    readonly item: FewShotItem
    readonly texts: readonly Scored[]
    readonly outputs: readonly string[]
  }[],
): Promise<{ loss: number; accuracy: number | null }> => {
  const all = await logprobs(rows.flatMap(({ texts }) => texts))
  let [at, total, tokens, right, chosen] = [0, 0, 0, 0, 0]
  for (const { item, texts, outputs } of rows) {
    const own = all.slice(at, at + texts.length)
    at += texts.length
    const answer = outputs.indexOf(item.output)
    total -= own[answer]!
    tokens += texts[answer]!.ids.length - texts[answer]!.start
    if (item.choices === undefined) continue
    chosen += 1
    if (own.every((p, i) => i === answer || p < own[answer]!)) right += 1
  }
  return { loss: total / tokens, accuracy: chosen === 0 ? null : right / chosen }
}

/**
 * How well a model solves a task that it is shown: by the likelihood of the answers, and by what it writes, with no and with some examples
 * before each question.
 *
 * @throws DataError where there are too few examples, or prompts are longer than the model's context
 * Source: Brown et al. 2020, section 2.4 (choices by their likelihood, examples drawn for each question).
 */
export const fewShotScores = async (
  model: LanguageModel,
  tokenizer: Tokenizer,
  items: readonly FewShotItem[],
  options: FewShotScoreOptions = {},
): Promise<FewShotScore[]> => {
  const { shots = [0, 4], batchSize = 16 } = options
  model.eval()
  const logprobs = logprobsWith(model, batchSize)
  const scores: FewShotScore[] = []
  for (const count of shots) {
    const asked = ask(items, count, options)
    const rows = asked.map(({ item, task, prompt }) => {
      const outputs = item.choices ?? [item.output]
      return { item, outputs, texts: outputs.map(output => scoredOf(tokenizer, prompt, task.answer(output))) }
    })
    requireRoom(
      model,
      rows.flatMap(({ texts }) => texts),
      count,
    )
    const { loss, accuracy } = await answersScored(logprobs, rows)
    const written = await answersWritten(model, tokenizer, asked, options)
    const exactMatch = written.filter(Boolean).length / items.length
    scores.push({ shots: count, items: items.length, loss, accuracy, exactMatch })
  }
  return scores
}
